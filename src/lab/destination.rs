//! Where a forward may go: the text of a direct-tcpip open (RFC 4254, section 7.2) becomes a
//! machine's name or an address of the plan, or is refused. Nothing here asks a resolver; whether
//! the machine exists is the store's to say, and the address that is dialled comes out of a permit.
//!
//! An address has one spelling, the canonical dotted quad. Every other way that `inet_aton(3)`
//! and its heirs read one (`0x0a.1`, `10.1`, `167772161`, `::ffff:10.0.0.2`) is refused.

use crate::names::VmRef;
use std::net::Ipv4Addr;

/// Where somebody wants to go. Only parsed: neither found nor permitted yet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Destination {
    /// A machine, by name, and its port.
    Name(VmRef, u16),
    /// An address inside 10.0.0.0/8, and a port.
    Address(Ipv4Addr, u16),
}

/// Why a text is no destination. [`Refusal::code`] is stable: the audit keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{}", self.code())]
pub enum Refusal {
    /// There was nothing.
    Empty,
    /// Longer than 255 bytes, what a DNS name may have (RFC 1035, section 2.3.4).
    TooLong,
    /// Something that neither names nor addresses are made of.
    Characters,
    /// Port 0, or above 65535.
    Port,
    /// An address, or nearly, in another spelling than `10.0.0.2`; also all of IPv6.
    AddressSpelling,
    /// A well-written address outside 10.0.0.0/8.
    OutsideLab,
    /// `localhost`: the client's, puerta's or the machine's, it is never what was meant.
    Localhost,
    /// No name that a machine can have.
    NotAName,
}

impl Refusal {
    /// Every refusal, for tables.
    pub const ALL: [Self; 8] = [
        Self::Empty,
        Self::TooLong,
        Self::Characters,
        Self::Port,
        Self::AddressSpelling,
        Self::OutsideLab,
        Self::Localhost,
        Self::NotAName,
    ];

    /// Its stable word.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong => "too-long",
            Self::Characters => "characters",
            Self::Port => "port",
            Self::AddressSpelling => "address-spelling",
            Self::OutsideLab => "outside-lab",
            Self::Localhost => "localhost",
            Self::NotAName => "not-a-name",
        }
    }
}

impl Destination {
    /// Reads the host and port of an open. `domain` is the lab's configured domain.
    pub fn parse(host: &str, port: u32, domain: &str) -> Result<Self, Refusal> {
        if host.is_empty() {
            return Err(Refusal::Empty);
        }
        if host.len() > 255 {
            return Err(Refusal::TooLong);
        }
        let expected = |b: u8| b.is_ascii_alphanumeric() || b"-_.:[]%".contains(&b);
        if !host.bytes().all(expected) {
            return Err(Refusal::Characters);
        }
        let port = u16::try_from(port).map_err(|_| Refusal::Port)?;
        if port == 0 {
            return Err(Refusal::Port);
        }
        // Names begin with a letter and have no colon: what does not is an address or nothing.
        if host.contains([':', '[', ']', '%']) {
            return Err(Refusal::AddressSpelling);
        }
        if host.starts_with(|c: char| c.is_ascii_digit()) {
            return address(host).map(|address| Self::Address(address, port));
        }
        let name = VmRef::parse(host, domain).map_err(|_| Refusal::NotAName)?;
        if name.name.as_str() == "localhost" {
            return Err(Refusal::Localhost);
        }
        Ok(Self::Name(name, port))
    }

    /// The port, of either.
    pub fn port(&self) -> u16 {
        match self {
            Self::Name(_, port) | Self::Address(_, port) => *port,
        }
    }
}

fn address(text: &str) -> Result<Ipv4Addr, Refusal> {
    match text.parse::<Ipv4Addr>() {
        // Written back and compared, so that the parser's generosity is never ours.
        Ok(address) if address.to_string() == text => match address.octets() {
            [10, ..] => Ok(address),
            _ => Err(Refusal::OutsideLab),
        },
        _ => {
            let numeric = |b: u8| b.is_ascii_hexdigit() || b"xX.".contains(&b);
            match text.bytes().all(numeric) {
                true => Err(Refusal::AddressSpelling),
                false => Err(Refusal::NotAName),
            }
        }
    }
}

#[cfg(test)]
#[path = "destination_tests.rs"]
mod tests;
