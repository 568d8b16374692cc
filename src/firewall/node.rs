//! The static rules of a node: seats kept apart, and machines kept off the node. One text for any
//! number of seats, which needs no puerta to be alive; `node.nft` says how it works. Pure.

use std::fmt::Write;
use std::net::Ipv4Addr;

/// Which rules these are. It goes up with every change of `node.nft`.
pub const VERSION: u32 = 1;

/// The UDP port of nodes that rules of any version refuse as a closed port does. The port that
/// tells version N is N above it.
pub const PROBE: u16 = 64_000;

/// The port that rules of this version, and no others, refuse as prohibited.
pub fn probe_port(version: u32) -> u16 {
    PROBE.saturating_add(u16::try_from(version).unwrap_or(u16::MAX))
}

/// The rules as `nft -f` reads them. `parent` is the node's interface towards the lab.
pub fn rules(parent: &str) -> String {
    let any = |place: fn(u8) -> Ipv4Addr| pairs((0..=u8::MAX).map(place));
    include_str!("node.nft")
        .replace("SECOND", &any(|byte| Ipv4Addr::new(0, byte, 0, 0)))
        .replace("THIRD", &any(|byte| Ipv4Addr::new(0, 0, byte, 0)))
        .replace("FOURTH", &pairs([0, 64, 128, 192].map(|byte| Ipv4Addr::new(0, 0, 0, byte)).into_iter()))
        .replace("VERSION", &VERSION.to_string())
        .replace("PROBED", &probe_port(VERSION).to_string())
        .replace("PROBE", &PROBE.to_string())
        .replace("PARENT", parent)
}

/// Each address beside itself, as elements of a set.
fn pairs(addresses: impl Iterator<Item = Ipv4Addr>) -> String {
    let mut lines = String::new();
    for (index, address) in addresses.enumerate() {
        let before = match index {
            0 => "\t\t\t",
            _ if index % 4 == 0 => ",\n\t\t\t",
            _ => ", ",
        };
        // Writing to a string does not fail.
        let _ = write!(lines, "{before}{address} . {address}");
    }
    lines
}

#[cfg(test)]
#[path = "node_tests.rs"]
mod tests;
