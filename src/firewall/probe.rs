//! Asking a node which rules it carries, without a word to anybody on it: the rules answer a datagram
//! themselves (`node.nft`), so an answer proves that the kernel has them.
//!
//! The kernel gives what ICMP says to a connected socket (icmp(7), `icmp_err_convert` in net/ipv4/icmp.c):
//! port unreachable is ECONNREFUSED, administratively prohibited EHOSTUNREACH. A host that is not
//! there is not reported to it, and stays silence.

use super::node::{PROBE, VERSION, probe_port};
use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::time::timeout;

/// How long an answer may take; a datagram may be lost, so there is a second one.
const PATIENCE: Duration = Duration::from_millis(400);

/// What a node said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried {
    /// Rules of this version.
    Version(u32),
    /// None, or of a version after ours.
    None,
    /// It does not answer, or something else on it does.
    Unknown,
}

/// Which rules the node at `node` carries. `puerta` is our own address in the lab: the rules answer no other.
pub async fn carried(puerta: Ipv4Addr, node: Ipv4Addr) -> Carried {
    newest(puerta, node, VERSION).await
}

async fn newest(puerta: Ipv4Addr, node: Ipv4Addr, known: u32) -> Carried {
    // Another firewall may call everything prohibited; ours does not do it to this one.
    if ask(puerta, node, PROBE).await != Some(ErrorKind::ConnectionRefused) {
        return Carried::Unknown;
    }
    for version in (1..=known).rev() {
        match ask(puerta, node, probe_port(version)).await {
            Some(ErrorKind::HostUnreachable) => return Carried::Version(version),
            Some(ErrorKind::ConnectionRefused) => {}
            _ => return Carried::Unknown,
        }
    }
    Carried::None
}

/// What comes back for a datagram; `None` is nothing, or an answer from a program.
async fn ask(puerta: Ipv4Addr, node: Ipv4Addr, port: u16) -> Option<ErrorKind> {
    let socket = UdpSocket::bind((puerta, 0)).await.ok()?;
    socket.connect((node, port)).await.ok()?;
    for _ in 0..2 {
        // The answer to the first datagram may be the error of sending the second.
        let answer = async {
            socket.send(&[]).await?;
            socket.recv(&mut [0]).await
        };
        match timeout(PATIENCE, answer).await {
            Ok(Ok(_)) => return None,
            Ok(Err(error)) => return Some(error.kind()),
            Err(_) => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Loopback answers as a node without rules does.
    #[tokio::test]
    async fn none_and_unknown() {
        let (puerta, node) = (Ipv4Addr::new(127, 0, 77, 1), Ipv4Addr::new(127, 0, 77, 65));
        assert_eq!(newest(puerta, node, 3).await, Carried::None);
        // Something that takes the datagram and says nothing.
        let deaf = UdpSocket::bind((node, probe_port(2))).await.unwrap();
        assert_eq!(newest(puerta, node, 3).await, Carried::Unknown);
        drop(deaf);
        let _deaf = UdpSocket::bind((node, PROBE)).await.unwrap();
        assert_eq!(newest(puerta, node, 3).await, Carried::Unknown);
        // No address of this machine to ask from.
        assert_eq!(newest(Ipv4Addr::new(192, 0, 2, 1), node, 3).await, Carried::Unknown);
    }
}
