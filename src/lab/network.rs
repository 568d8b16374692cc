//! What goes in and out of the lab, as values: published ports and what machines may reach. It
//! knows no firewall and no store.

use crate::model::{PersonId, PublicationId, SeatId, Timestamp, VmId};
use crate::names::{CourseName, SeatName, VmName};
use crate::plan::Vmid;
use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What a published port carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl Protocol {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Tcp, Self::Udp];
    /// `tcp`, `udp`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Protocol {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|protocol| protocol.as_str() == text).ok_or(())
    }
}

/// A port of a machine and what it carries: `80`, `53/udp`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Service {
    /// What it carries.
    pub protocol: Protocol,
    /// Which port; never 0.
    pub port: u16,
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.protocol {
            Protocol::Tcp => write!(f, "{}", self.port),
            Protocol::Udp => write!(f, "{}/udp", self.port),
        }
    }
}

impl FromStr for Service {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (digits, protocol) = match text.split_once('/') {
            None => (text, Protocol::Tcp),
            Some((digits, protocol)) => (digits, protocol.parse()?),
        };
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(());
        }
        let port = digits.parse().ok().filter(|port| *port > 0).ok_or(())?;
        Ok(Self { protocol, port })
    }
}

/// The ports of puerta that may lead to machines. One number is one publication, whatever it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortRange {
    /// The first.
    pub first: u16,
    /// The last one, included.
    pub last: u16,
}

impl PortRange {
    /// Is it one of them?
    pub fn contains(self, port: u16) -> bool {
        (self.first..=self.last).contains(&port)
    }

    /// How many there are.
    pub fn count(self) -> usize {
        usize::from(self.last - self.first) + 1
    }

    /// The first free one after `last_given`, around the range: a port that was just given up rests,
    /// so that an old bookmark does not lead to somebody else. `taken` is in order. `None`: exhausted.
    pub fn next_free(self, taken: &[u16], last_given: Option<u16>) -> Option<u16> {
        let free = |port: &u16| taken.binary_search(port).is_err();
        let given = last_given.filter(|port| self.contains(*port)).unwrap_or(self.last);
        (given..=self.last).skip(1).chain(self.first..=given).find(free)
    }
}

/// A port of puerta that leads to a port of a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// Its id.
    pub id: PublicationId,
    /// The port of puerta.
    pub port: u16,
    /// What it carries.
    pub protocol: Protocol,
    /// The machine.
    pub vm: VmId,
    /// Its name.
    pub vm_name: VmName,
    /// Its number; the low 24 bits of its address.
    pub vmid: Vmid,
    /// Whose it is.
    pub seat: SeatId,
    /// The owner's name.
    pub seat_name: SeatName,
    /// The course that the seat belongs to.
    pub course: CourseName,
    /// The port of the machine.
    pub vm_port: u16,
    /// Who may reach it; `None` is the configuration's campus, whatever that is now.
    pub sources: Option<Vec<Ipv4Net>>,
    /// Who published it, for good; their login may be gone.
    pub person: Option<PersonId>,
    /// Their login then.
    pub publisher: String,
    /// When.
    pub created: Timestamp,
    /// What went through it since.
    pub traffic: Traffic,
}

/// What went through a publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Traffic {
    /// Connections (TCP), or flows (UDP).
    pub connections: u64,
    /// Bytes from outside to the machine, with headers.
    pub bytes_in: u64,
    /// Bytes from the machine to the outside, with headers.
    pub bytes_out: u64,
}

/// What machines may reach outside the lab. DNS goes to the configured servers only, whatever this says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Egress {
    /// Everything.
    Allow,
    /// Nothing, not even DNS.
    Deny,
    /// Only these.
    Only(Vec<Flow>),
}

/// A network, and perhaps ports of it: `192.0.2.0/24`, `192.0.2.7:443`, `192.0.2.0/24:5432-5433/udp`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Flow {
    /// Where to, without host bits.
    pub network: Ipv4Net,
    /// Which ports; `None` is every port and every protocol.
    pub ports: Option<(Protocol, u16, u16)>,
}

/// What is wrong with a word of an [`Egress`] or of a list of networks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not NETWORK or NETWORK:PORT[-PORT][/udp]")]
pub struct FlowError(pub String);

impl FromStr for Flow {
    type Err = FlowError;
    fn from_str(text: &str) -> Result<Self, FlowError> {
        let wrong = || FlowError(text.to_owned());
        let (network, ports) = match text.split_once(':') {
            Some((network, ports)) => (network, Some(ports)),
            None => (text, None),
        };
        let network = network_of(network).ok_or_else(wrong)?;
        let Some(ports) = ports else { return Ok(Self { network, ports: None }) };
        let (ports, protocol) = match ports.split_once('/') {
            Some((ports, word)) => (ports, word.parse().map_err(|()| wrong())?),
            None => (ports, Protocol::Tcp),
        };
        let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
        let port = |text: &str| match text.parse::<u16>() {
            Ok(port) if port > 0 && text.bytes().all(|b| b.is_ascii_digit()) => Ok(port),
            _ => Err(wrong()),
        };
        let (first, last) = (port(first)?, port(last)?);
        if first > last {
            return Err(wrong());
        }
        Ok(Self { network, ports: Some((protocol, first, last)) })
    }
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.network.fmt(f)?;
        if let Some((protocol, first, last)) = self.ports {
            write!(f, ":{first}")?;
            if last != first {
                write!(f, "-{last}")?;
            }
            if protocol == Protocol::Udp {
                f.write_str("/udp")?;
            }
        }
        Ok(())
    }
}

/// `192.0.2.0/24`, or one address. Bits after the prefix are dropped.
pub fn network_of(text: &str) -> Option<Ipv4Net> {
    let network: Ipv4Net = match text.contains('/') {
        true => text.parse().ok()?,
        false => text.parse::<std::net::Ipv4Addr>().ok()?.into(),
    };
    Some(network.trunc())
}

impl FromStr for Egress {
    type Err = FlowError;
    /// `allow`, `deny`, or flows with commas between.
    fn from_str(text: &str) -> Result<Self, FlowError> {
        match text {
            "allow" => Ok(Self::Allow),
            "deny" => Ok(Self::Deny),
            list => {
                let mut flows = list.split(',').map(str::parse).collect::<Result<Vec<Flow>, _>>()?;
                flows.sort_unstable();
                flows.dedup();
                Ok(Self::Only(flows))
            }
        }
    }
}

impl fmt::Display for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allow => f.write_str("allow"),
            Self::Deny => f.write_str("deny"),
            Self::Only(flows) => {
                let words: Vec<String> = flows.iter().map(ToString::to_string).collect();
                f.write_str(&words.join(","))
            }
        }
    }
}

#[cfg(test)]
mod tests;
