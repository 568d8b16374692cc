//! `[firewall]`: which backend, the two sides, who may come in, and what machines may reach.

use super::reader::Reader;
use ipnet::{IpNet, Ipv4Net};
use puerta_lab::network::{Egress, PortRange, Protocol, network_of};
use std::net::Ipv4Addr;
use std::str::FromStr;

/// Which language the rules are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Driver {
    /// None: nothing is published, and seats are not kept apart here.
    Off,
    /// `nft`.
    Nftables,
    /// `iptables-nft`, with `ipset`.
    IptablesNft,
    /// `iptables-legacy`, with `ipset`.
    IptablesLegacy,
}

impl Driver {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Off, "off"),
        (Self::Nftables, "nftables"),
        (Self::IptablesNft, "iptables-nft"),
        (Self::IptablesLegacy, "iptables-legacy"),
    ];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(driver, _)| *driver == self).map_or("", |(_, word)| word)
    }
}

/// `[firewall]`.
#[derive(Debug, Clone)]
pub struct Firewall {
    /// The backend.
    pub driver: Driver,
    /// Interfaces of the campus side.
    pub outside: Vec<String>,
    /// The interface of the lab's side.
    pub inside: String,
    /// Who may reach the SSH port and the publications at all; empty is everybody.
    pub admission: Vec<IpNet>,
    /// Who may reach a publication that does not say; empty is everybody.
    pub campus: Vec<Ipv4Net>,
    /// Ports of publications.
    pub ports: PortRange,
    /// What machines may reach when neither their seat nor their course says.
    pub egress: Egress,
    /// DNS servers that machines may ask.
    pub dns: Vec<Ipv4Addr>,
    /// puerta's own ports that machines may reach.
    pub machine_services: Vec<(Protocol, u16)>,
    /// The NFLOG group that new connections are reported to.
    pub log_group: u16,
}

pub(super) fn read(r: &mut Reader) -> Firewall {
    const TABLE: &str = "firewall";
    let outside = r.strings(TABLE, "outside", &[]);
    let inside = r.string(TABLE, "inside", "");
    let named = !outside.is_empty() || !inside.is_empty();
    let word = r.string(TABLE, "backend", if named { "nftables" } else { "off" });
    let driver = Driver::ALL.iter().find(|(_, known)| *known == word).map(|(driver, _)| *driver);
    if driver.is_none() {
        let words = Driver::ALL.map(|(_, word)| format!("\"{word}\"")).join(", ");
        r.wrong(TABLE, "backend", &format!("must be one of {words}"));
    }
    let driver = driver.unwrap_or(Driver::Off);
    if driver != Driver::Off && outside.is_empty() {
        let what =
            "`firewall.outside` names the interfaces of the campus side, and is needed with this backend";
        r.clash(&[(TABLE, "outside"), (TABLE, "backend"), (TABLE, "inside")], what.to_owned());
    }
    if driver != Driver::Off && inside.is_empty() {
        let what = "`firewall.inside` names the interface of the lab's side, and is needed with this backend";
        r.clash(&[(TABLE, "inside"), (TABLE, "backend"), (TABLE, "outside")], what.to_owned());
    }
    for (key, name) in outside.iter().map(|name| ("outside", name)).chain([("inside", &inside)]) {
        if !name.is_empty() && !is_interface(name) {
            r.wrong(TABLE, key, &format!("`{name}` is not the name of an interface"));
        }
    }
    if outside.contains(&inside) {
        r.wrong(TABLE, "inside", &format!("`{inside}` is outside as well"));
    }
    let first = r.integer(TABLE, "first_port", 50_000, 1024, 65_535) as u16;
    let last = r.integer(TABLE, "last_port", 65_000, 1024, 65_535) as u16;
    if last < first {
        let what = format!("`firewall.last_port`, {last}, is below `firewall.first_port`, {first}");
        r.clash(&[(TABLE, "last_port"), (TABLE, "first_port")], what);
    }
    let egress = r.string(TABLE, "egress", "allow");
    let egress = egress.parse().unwrap_or_else(|error| {
        r.wrong(TABLE, "egress", &format!("must be \"allow\", \"deny\" or a list: {error}"));
        Egress::Deny
    });
    Firewall {
        driver,
        outside,
        inside,
        admission: list(r, "admission", "a network", |text| match text.contains('/') {
            true => text.parse::<IpNet>().ok().map(|net| net.trunc()),
            false => text.parse::<std::net::IpAddr>().ok().map(IpNet::from),
        }),
        campus: list(r, "campus", "an IPv4 network", network_of),
        ports: PortRange { first, last: last.max(first) },
        egress,
        dns: list(r, "dns", "an IPv4 address", |text| text.parse().ok()),
        machine_services: list(r, "machine_services", "PORT/tcp or PORT/udp", service),
        log_group: r.integer(TABLE, "log_group", 27, 0, 65_535) as u16,
    }
}

fn list<T>(r: &mut Reader, key: &str, what: &str, parse: impl Fn(&str) -> Option<T>) -> Vec<T> {
    let mut values = Vec::new();
    for text in r.strings("firewall", key, &[]) {
        match parse(&text) {
            Some(value) => values.push(value),
            None => r.wrong("firewall", key, &format!("`{text}` is not {what}")),
        }
    }
    values
}

fn service(text: &str) -> Option<(Protocol, u16)> {
    let (port, protocol) = text.split_once('/')?;
    let protocol = Protocol::from_str(protocol).ok()?;
    port.parse().ok().filter(|port| *port > 0).map(|port| (protocol, port))
}

/// What Linux calls an interface, less what a rule would read as something else.
pub(super) fn is_interface(name: &str) -> bool {
    (1..=15).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b))
        && !name.starts_with(['.', '-'])
}
