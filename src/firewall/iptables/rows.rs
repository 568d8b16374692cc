//! Rules that are members: they come and go one by one, in chains of which nothing else changes. Pure.

use super::parse::{OURS, Rule};
use super::render::BUCKET;
use crate::firewall::Target;
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
pub(super) const BACK: Kind = Kind {
    collection: "back:",
    table: "filter",
    chain: "B-",
    write: |port, value| {
        let (protocol, from) = value.split_once(' ').unwrap_or_default();
        let (address, there) = from.split_once(':').unwrap_or_default();
        let from = format!("-s {address}/32 -p {protocol} -m {protocol} --sport {there}");
        format!("{from} -m conntrack --ctorigdstport {port} -j RETURN")
    },
    read: |rule| {
        let (from, port) = rule.strip_suffix(" -j RETURN")?.split_once(" -m conntrack --ctorigdstport ")?;
        let words: Vec<&str> = from.split(' ').collect();
        let ["-s", from, "-p", protocol, "-m", again, "--sport", there] = words[..] else { return None };
        let plain = protocol == again && port.parse::<u16>().is_ok();
        let value = format!("{protocol} {}:{there}", from.strip_suffix("/32")?);
        plain.then(|| (port.to_owned(), value))
    },
};

/// Both.
pub(super) const KINDS: [Kind; 2] = [BACK, DNAT];

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

/// The collections of a publication's two rules, and the value in both.
pub(super) fn of(port: u16, target: &Target) -> ([String; 2], String) {
    let Target { protocol, address, port: there, .. } = target;
    let dnat = format!("{}{}", DNAT.collection, port / BUCKET);
    let back = format!("{}{}", BACK.collection, seat(*address));
    ([dnat, back], format!("{protocol} {address}:{there}"))
}

/// The low six bits of a seat's number.
fn seat(address: Ipv4Addr) -> u32 {
    u32::from(address) >> 6 & 63
}
