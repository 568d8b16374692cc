//! Rules that are members: they come and go one by one, in chains of which nothing else changes. Pure.

use super::parse::{OURS, Rule};
use super::render::BUCKET;
use crate::Target;
use puerta_lab::network::Protocol;
use std::net::Ipv4Addr;

/// A kind of them.
pub(super) struct Kind {
    /// Begins the names of its collections.
    pub(super) collection: &'static str,
    /// Where its chains are.
    pub(super) table: &'static str,
    /// Begins their names.
    pub(super) chain: &'static str,
    /// A rule's text from a member's key, which is a port, and value, which is `tcp ADDRESS:PORT`.
    pub(super) write: fn(&str, &str) -> String,
    /// And back.
    pub(super) read: fn(&str) -> Option<(String, String)>,
}

/// Where ports lead, a chain for every 256 ports.
pub(super) const DNAT: Kind = Kind {
    collection: "dnat:",
    table: "nat",
    chain: "D-",
    write: |port, value| {
        let (protocol, to) = value.split_once(' ').unwrap_or_default();
        format!("-p {protocol} -m {protocol} --dport {port} -j DNAT --to-destination {to}")
    },
    read: |rule| {
        let words: Vec<&str> = rule.split(' ').collect();
        let ["-p", protocol, "-m", again, "--dport", port, "-j", "DNAT", "--to-destination", to] = words[..]
        else {
            return None;
        };
        let plain = protocol == again && port.parse::<u16>().is_ok();
        plain.then(|| (port.to_owned(), format!("{protocol} {to}")))
    },
};

/// Who answers for a port, a chain for every 64th seat: an answer has no port of puerta yet where it is judged.
/// Looked up by the connection and by who sends, so that errors about it are judged as it is.
pub(super) const BACK: Kind = Kind {
    collection: "back:",
    table: "filter",
    chain: "B-",
    write: |port, value| judged("-s", port, value),
    read: |rule| read_judged("-s", rule),
};

/// The same for what comes to a machine: a connection that is older than where its port leads now goes nowhere.
pub(super) const FORTH: Kind = Kind {
    collection: "forth:",
    table: "filter",
    chain: "F-",
    write: |port, value| judged("-d", port, value),
    read: |rule| read_judged("-d", rule),
};

/// All, by their tables.
pub(super) const KINDS: [Kind; 3] = [BACK, FORTH, DNAT];

fn judged(machine: &str, port: &str, value: &str) -> String {
    let (protocol, to) = value.split_once(' ').unwrap_or_default();
    let (address, there) = to.split_once(':').unwrap_or_default();
    let number = protocol.parse().map_or(0, number);
    let connection = format!("--ctproto {number} --ctreplsrc {address} --ctorigdstport {port}");
    format!("{machine} {address}/32 -m conntrack {connection} --ctreplsrcport {there} -j RETURN")
}

fn read_judged(machine: &str, rule: &str) -> Option<(String, String)> {
    let rule = rule.strip_prefix(machine)?.strip_prefix(' ')?.strip_suffix(" -j RETURN")?;
    let (address, connection) = rule.split_once("/32 -m conntrack ")?;
    let words: Vec<&str> = connection.split(' ').collect();
    let ["--ctproto", n, "--ctreplsrc", again, "--ctorigdstport", port, "--ctreplsrcport", there] = words[..]
    else {
        return None;
    };
    let protocol = Protocol::ALL.into_iter().find(|protocol| number(*protocol).to_string() == n)?;
    let plain = address == again && port.parse::<u16>().is_ok() && there.parse::<u16>().is_ok();
    plain.then(|| (port.to_owned(), format!("{protocol} {address}:{there}")))
}

/// As rules about connections are printed.
pub(super) fn number(protocol: Protocol) -> u8 {
    match protocol {
        Protocol::Tcp => 6,
        Protocol::Udp => 17,
    }
}

impl Kind {
    /// Which of its chains this is.
    pub(super) fn number<'a>(&self, table: &str, chain: &'a str) -> Option<&'a str> {
        chain.strip_prefix(OURS)?.strip_prefix(self.chain).filter(|_| table == self.table)
    }

    /// A rule that is a member of it.
    pub(super) fn member(&self, rule: &Rule) -> Option<(String, String)> {
        (self.read)(&rule.text)
    }
}

/// The collections of a publication's rules, and the value in all of them.
pub(super) fn of(port: u16, target: &Target) -> ([String; 3], String) {
    let Target { protocol, address, port: there, .. } = target;
    let (bucket, seat) = (u32::from(port / BUCKET), seat(*address));
    let collections = [(&DNAT, bucket), (&BACK, seat), (&FORTH, seat)];
    let collections = collections.map(|(kind, number)| format!("{}{number}", kind.collection));
    (collections, format!("{protocol} {address}:{there}"))
}

/// The low six bits of a seat's number.
fn seat(address: Ipv4Addr) -> u32 {
    u32::from(address) >> 6 & 63
}
