//! NFLOG: the kernel tells of the first packet of a new connection to a published port (a `log group`
//! rule; linux/netfilter/nfnetlink_log.h). The packets in its messages are strangers' bytes: they are
//! parsed defensively, and only addresses and ports are taken from them.

use super::{FirewallError, NewConnection, Result};
use puerta_lab::network::Protocol;
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::net::{self, AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::{Duration, Instant};

/// `NFNL_SUBSYS_ULOG`: the high byte of every message type here.
const SUBSYSTEM: u16 = 4 << 8;
/// `NFULNL_MSG_PACKET`.
const PACKET: u16 = SUBSYSTEM;
/// `NFULNL_MSG_CONFIG`.
const CONFIG: u16 = SUBSYSTEM | 1;
/// `NLMSG_ERROR`, which an acknowledgement is as well.
const ERROR: u16 = 2;
/// `NLM_F_REQUEST | NLM_F_ACK`.
const REQUEST_AND_ACK: u16 = 1 | 4;
/// `NFULA_PAYLOAD`.
const PAYLOAD: u16 = 9;
/// `NFULA_CFG_CMD`, with `NFULNL_CFG_CMD_BIND`.
const COMMAND: (u16, u8) = (1, 1);
/// `NFULA_CFG_MODE`, with `NFULNL_COPY_PACKET`.
const MODE: (u16, u8) = (2, 2);
/// `NFULA_CFG_QTHRESH`: how many packets make a message.
const THRESHOLD: u16 = 5;
/// What is copied of each packet: an IPv4 header with options is 60 bytes, the ports are four more.
const SNAPLEN: u32 = 64;
/// More than a reconcile takes.
const PATIENCE: Duration = Duration::from_secs(5);

/// A place in a group of NFLOG.
pub struct Listener(OwnedFd);

impl Listener {
    /// Joins a group, which one process at a time may. The helper of a puerta that was killed has it
    /// until what it does is finished: that is waited for.
    pub fn join(group: u16) -> Result<Self> {
        let begun = Instant::now();
        loop {
            match Self::try_join(group) {
                // EPERM as well, to one who may (nfulnl_recv_config); the rules were tried before.
                Err(Errno::BUSY | Errno::PERM) if begun.elapsed() < PATIENCE => {
                    std::thread::sleep(Duration::from_millis(100));
                }
                result => return result.map_err(|error| failure(error, group)),
            }
        }
    }

    fn try_join(group: u16) -> rustix::io::Result<Self> {
        let flags = SocketFlags::CLOEXEC;
        let protocol = Some(netlink::NETFILTER);
        let listener = Self(net::socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, protocol)?);
        listener.configure(group)?;
        Ok(listener)
    }

    fn configure(&self, group: u16) -> rustix::io::Result<()> {
        net::bind(&self.0, &netlink::SocketAddrNetlink::new(0, 0))?;
        net::send(&self.0, &request(group), SendFlags::empty())?;
        // The kernel answers within the call; a packet cannot come before the acknowledgement.
        let mut answer = [0; 4096];
        let (length, _) = net::recv(&self.0, &mut answer, RecvFlags::empty())?;
        match acknowledged(&answer[..length]) {
            Some(0) => Ok(()),
            Some(code) => Err(Errno::from_raw_os_error(code)),
            None => Err(Errno::PROTO),
        }
    }

    /// Waits for the next ones. When they come faster than they are read the kernel leaves some out.
    pub fn wait(&self) -> rustix::io::Result<Vec<NewConnection>> {
        let mut datagram = [0; 32 << 10];
        match net::recv(&self.0, &mut datagram, RecvFlags::empty()) {
            Ok((length, _)) => Ok(parse(&datagram[..length])),
            Err(Errno::NOBUFS | Errno::INTR) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}

fn failure(error: Errno, group: u16) -> FirewallError {
    match error {
        Errno::PERM | Errno::BUSY => FirewallError::Other(format!(
            "NFLOG group {group} is taken by another program: another puerta, or choose another `firewall.log_group`"
        )),
        Errno::PROTONOSUPPORT | Errno::AFNOSUPPORT | Errno::INVAL | Errno::OPNOTSUPP => {
            FirewallError::Kernel(format!("NFLOG, module `nfnetlink_log` ({error})"))
        }
        error => FirewallError::Other(format!("NFLOG group {group}: {error}")),
    }
}

/// Bind to the group, copy so much of each packet, tell of each at once.
fn request(group: u16) -> Vec<u8> {
    let mut mode = SNAPLEN.to_be_bytes().to_vec();
    mode.extend([MODE.1, 0]);
    let mut body = vec![0, 0];
    body.extend(group.to_be_bytes());
    for (kind, value) in
        [(COMMAND.0, vec![COMMAND.1]), (MODE.0, mode), (THRESHOLD, 1_u32.to_be_bytes().to_vec())]
    {
        body.extend((value.len() as u16 + 4).to_ne_bytes());
        body.extend(kind.to_ne_bytes());
        body.extend(&value);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    let mut message = (body.len() as u32 + 16).to_ne_bytes().to_vec();
    message.extend(CONFIG.to_ne_bytes());
    message.extend(REQUEST_AND_ACK.to_ne_bytes());
    message.extend([0; 8]);
    message.extend(body);
    message
}

/// The error number of the first acknowledgement.
fn acknowledged(datagram: &[u8]) -> Option<i32> {
    let (_, body) = messages(datagram).find(|(kind, _)| *kind == ERROR)?;
    let code = i32::from_ne_bytes(*body.first_chunk()?);
    code.checked_neg()
}

/// The new connections of one datagram; whatever is not one is passed over.
pub fn parse(datagram: &[u8]) -> Vec<NewConnection> {
    messages(datagram)
        .filter(|(kind, _)| *kind == PACKET)
        // `struct nfgenmsg` comes before the attributes.
        .filter_map(|(_, body)| attributes(body.get(4..)?).find(|(kind, _)| *kind == PAYLOAD))
        .filter_map(|(_, payload)| packet(payload))
        .collect()
}

/// Type and body of each netlink message.
fn messages(mut rest: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let length = u32::from_ne_bytes(*rest.first_chunk()?) as usize;
        let kind = u16::from_ne_bytes([*rest.get(4)?, *rest.get(5)?]);
        let body = rest.get(16..length)?;
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((kind, body))
    })
}

/// Type and value of each attribute.
fn attributes(mut rest: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let length = usize::from(u16::from_ne_bytes(*rest.first_chunk()?));
        let kind = u16::from_ne_bytes([*rest.get(2)?, *rest.get(3)?]);
        let value = rest.get(4..length)?;
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        // The two high bits are flags (NLA_F_NESTED, NLA_F_NET_BYTEORDER).
        Some((kind & 0x3fff, value))
    })
}

/// A first fragment of TCP or UDP over IPv4. It is seen before its destination is changed, so its
/// destination port is puerta's.
fn packet(bytes: &[u8]) -> Option<NewConnection> {
    let header = bytes.first_chunk::<20>()?;
    let length = usize::from(header[0] & 15) * 4;
    let first = u16::from_be_bytes([header[6], header[7]]) & 0x1fff == 0;
    if header[0] >> 4 != 4 || length < 20 || !first {
        return None;
    }
    let protocol = match header[9] {
        6 => Protocol::Tcp,
        17 => Protocol::Udp,
        _ => return None,
    };
    let source = Ipv4Addr::new(header[12], header[13], header[14], header[15]);
    let ports = bytes.get(length..)?.first_chunk::<4>()?;
    Some(NewConnection {
        protocol,
        source: SocketAddrV4::new(source, u16::from_be_bytes([ports[0], ports[1]])),
        port: u16::from_be_bytes([ports[2], ports[3]]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ip(first: u8, protocol: u8) -> Vec<u8> {
        let mut bytes = vec![first, 0, 0, 60, 0, 1, 0x40, 0, 64, protocol, 0, 0];
        bytes.extend([192, 0, 2, 7, 192, 0, 2, 1]);
        bytes.resize(usize::from(first & 15) * 4, 1);
        bytes.extend([0xc0, 0x01, 0xc3, 0x50, 9, 9]);
        bytes
    }

    fn message(kind: u16, attribute: u16, value: &[u8]) -> Vec<u8> {
        let mut body = vec![2, 0, 0, 27, 8, 0, 1, 0, 8, 0, 3, 0];
        body.extend((value.len() as u16 + 4).to_ne_bytes());
        body.extend(attribute.to_ne_bytes());
        body.extend(value);
        body.resize(body.len().next_multiple_of(4), 0);
        let mut message = (body.len() as u32 + 16).to_ne_bytes().to_vec();
        message.extend(kind.to_ne_bytes());
        message.extend([0; 10]);
        message.extend(body);
        message
    }

    #[test]
    fn a_datagram_may_hold_several_and_what_is_not_one_is_passed_over() {
        let mut datagram = message(PACKET, PAYLOAD, &ip(0x45, 6));
        datagram.extend(message(PACKET, PAYLOAD, &ip(0x45, 1)));
        datagram.extend(message(PACKET, PAYLOAD, &ip(0x65, 6)));
        datagram.extend(message(3, PAYLOAD, &ip(0x45, 6)));
        datagram.extend(message(PACKET, 8, &ip(0x45, 6)));
        datagram.extend(message(PACKET, PAYLOAD, &ip(0x4f, 17)));
        let source: SocketAddrV4 = "192.0.2.7:49153".parse().unwrap();
        let wanted =
            [Protocol::Tcp, Protocol::Udp].map(|protocol| NewConnection { protocol, source, port: 50_000 });
        assert_eq!(parse(&datagram), wanted);
    }

    #[test]
    fn a_later_fragment_has_no_ports() {
        let mut later = ip(0x45, 17);
        later[7] = 1;
        assert_eq!(packet(&later), None);
        assert_eq!(packet(&ip(0x41, 17)), None, "a header shorter than a header");
        assert_eq!(packet(&ip(0x4f, 17)[..61]), None, "cut before its ports");
    }

    #[test]
    fn an_acknowledgement_has_its_error_number() {
        let mut refused = 36_u32.to_ne_bytes().to_vec();
        refused.extend(ERROR.to_ne_bytes());
        refused.extend([0; 10]);
        refused.extend((-16_i32).to_ne_bytes());
        refused.extend([0; 16]);
        assert_eq!(acknowledged(&refused), Some(16));
        assert_eq!(acknowledged(&refused[..20]), None);
        assert_eq!(acknowledged(&request(27)), None);
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            parse(&bytes);
            acknowledged(&bytes);
            packet(&bytes);
            parse(&message(PACKET, PAYLOAD, &bytes));
        }

        #[test]
        fn a_changed_byte_is_not_too_strange(at in 0_usize..80, to in any::<u8>(), cut in 0_usize..80) {
            let mut bytes = message(PACKET, PAYLOAD, &ip(0x45, 6));
            if let Some(byte) = bytes.get_mut(at) { *byte = to; }
            parse(&bytes);
            parse(&bytes[..cut.min(bytes.len())]);
        }
    }
}
