//! puerta's firewall: what should be (desired), what the kernel has (observed), the way from one to
//! the other (a plan, pure), and the two languages it is written in. It knows no person and no store;
//! only `run` executes anything.
//!
//! A [`Backend`] turns [`Desired`] into a [`Ruleset`]: a fixed text (chains, which change with
//! configuration and with lists of egress), and members of named collections (a published port, a
//! seat's egress), which come and go one by one. What the kernel has is read back into the same shape, and
//! the [`plan`] is their difference: members are added and removed; a fixed part that is not the wanted one,
//! or not as we left it, is replaced whole, in one transaction with everything else.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic"))]

pub mod client;
pub mod helper;
pub mod iptables;
pub mod nflog;
pub mod nftables;
pub mod node;
pub mod pipe;
pub mod plan;
pub mod probe;
pub mod reconcile;
mod run;

use ipnet::{IpNet, Ipv4Net};
use puerta_lab::network::{Egress, PortRange, Protocol, Traffic};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// What configuration says; fixed for the life of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Interfaces of the campus side.
    pub outside: Vec<String>,
    /// The interface of the lab's side.
    pub inside: String,
    /// The lab: every machine and node.
    pub lab: Ipv4Net,
    /// Ports that the SSH server listens on.
    pub ssh_ports: Vec<u16>,
    /// Who may reach the SSH port and the publications at all; empty is everybody.
    pub admission: Vec<IpNet>,
    /// Who may reach a publication that does not say; empty is everybody.
    pub campus: Vec<Ipv4Net>,
    /// DNS servers that machines may ask.
    pub dns: Vec<Ipv4Addr>,
    /// puerta's own ports that machines may reach.
    pub machine_services: Vec<(Protocol, u16)>,
    /// Ports of publications.
    pub ports: PortRange,
    /// The NFLOG group that new connections to publications are reported to.
    pub log_group: u16,
}

impl Site {
    /// Source ports for what machines begin outside: the largest run that has no port of a publication and none of
    /// the door. From one of those, a machine's own connection would be taken for an answer of theirs.
    pub fn masquerade_ports(&self) -> (u16, u16) {
        let taken = |port: &u16| self.ports.contains(*port) || self.ssh_ports.contains(port);
        let longest = |first: u16| {
            let (mut best, mut begin) = ((first, first), None);
            for port in first..=u16::MAX {
                begin = if taken(&port) { None } else { begin.or(Some(port)) };
                if let Some(begin) = begin
                    && port - begin > best.1 - best.0
                {
                    best = (begin, port);
                }
            }
            best
        };
        // Where hosts take theirs from, if there is room; services of the host listen below.
        const ROOM: u16 = 4096;
        let (first, last) = longest(32_768);
        if last - first >= ROOM { (first, last) } else { longest(1024) }
    }
}

/// Where a published port leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// What it carries.
    pub protocol: Protocol,
    /// The machine.
    pub address: Ipv4Addr,
    /// Its port.
    pub port: u16,
    /// Who may reach it, without host bits; `None` is [`Site::campus`].
    pub sources: Option<Vec<Ipv4Net>>,
}

/// What machines may reach outside: what is said of their seat, else the default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EgressTable {
    /// For who has no other.
    pub default: Egress,
    /// By the /26 of a seat: its own rule, or its course's.
    #[serde(with = "by_rule")]
    pub seats: BTreeMap<Ipv4Net, Egress>,
}

/// On its way through a pipe: a rule, and whose it is. A whole course has one, which may be long.
mod by_rule {
    use super::{BTreeMap, Egress, Ipv4Net};
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(
        seats: &BTreeMap<Ipv4Net, Egress>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let mut rules: BTreeMap<String, Vec<Ipv4Net>> = BTreeMap::new();
        for (seat, egress) in seats {
            rules.entry(egress.to_string()).or_default().push(*seat);
        }
        rules.serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<BTreeMap<Ipv4Net, Egress>, D::Error> {
        let mut seats = BTreeMap::new();
        for (rule, of) in BTreeMap::<String, Vec<Ipv4Net>>::deserialize(from)? {
            let egress: Egress = rule.parse().map_err(D::Error::custom)?;
            seats.extend(of.into_iter().map(|seat| (seat, egress.clone())));
        }
        Ok(seats)
    }
}

/// What should be, out of the registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desired {
    /// Which puerta this is: 16 lower-case hexadecimal digits, made once a registry.
    pub owner: String,
    /// Published ports.
    pub publications: BTreeMap<u16, Target>,
    /// Egress.
    pub egress: EgressTable,
}

/// Members of one collection: key, and value where it is a map (else empty).
pub type Members = BTreeMap<String, String>;

/// The same, written in a backend's language.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ruleset {
    /// Everything but members.
    pub fixed: String,
    /// Collection, and its members.
    pub members: BTreeMap<String, Members>,
}

/// How the fixed part was left, kept in the kernel beside it, so that any later process can tell
/// whether it still is so without knowing how this kernel and this tool print rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// Digest of [`Ruleset::fixed`] that was applied, 16 hexadecimal digits.
    pub wanted: String,
    /// Digest of how the kernel listed it right after, 16 hexadecimal digits.
    pub listed: String,
}

/// What the kernel has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Observed {
    /// Whose our table or chains are; `None`: there are none.
    pub owner: Option<String>,
    /// As it was left.
    pub stamp: Option<Stamp>,
    /// Digest of how it is listed now.
    pub listed: String,
    /// Collection, and its members.
    pub members: BTreeMap<String, Members>,
    /// What went through each published port since its counters were made.
    pub traffic: BTreeMap<u16, Traffic>,
    /// Foreign tables or chains that may drop what ours lets through, a line each; reported, never touched.
    pub foreign: Vec<String>,
}

/// One difference of a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Missing in the kernel.
    Add {
        /// Where.
        collection: String,
        /// Its key.
        key: String,
        /// Its value.
        value: String,
    },
    /// In the kernel and not wanted.
    Remove {
        /// Where.
        collection: String,
        /// Its key.
        key: String,
        /// Its value there.
        value: String,
    },
}

/// The way from observed to desired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// There is nothing to do.
    Nothing,
    /// Only members differ; removals come first.
    Members(Vec<Change>),
    /// Everything is written anew, in one transaction; the word says why.
    Whole(Why),
}

/// Why everything is written anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Why {
    /// There was nothing.
    Absent,
    /// Configuration or a list of egress changed.
    Changed,
    /// Somebody else changed it.
    Drift,
}

/// Why the firewall did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum FirewallError {
    /// A program is missing.
    #[error("`{0}` is not installed")]
    Missing(String),
    /// The process may not change the firewall.
    #[error("no permission: CAP_NET_ADMIN is needed ({0})")]
    Permission(String),
    /// The kernel lacks something.
    #[error("the kernel lacks something: {0}")]
    Kernel(String),
    /// Another puerta's table or chains are there.
    #[error("the table belongs to another puerta ({0})")]
    Foreign(String),
    /// What was asked for does not fit the configuration (a port out of range, an address out of the lab).
    #[error("refused: {0}")]
    Refused(String),
    /// The helper that holds the permission is gone.
    #[error("the firewall's helper is gone: {0}")]
    Away(String),
    /// `backend = "off"`.
    #[error("there is no firewall: `firewall.backend` is \"off\"")]
    Off,
    /// Anything else; text for the log.
    #[error("{0}")]
    Other(String),
}

/// Result of a firewall call.
pub type Result<T> = std::result::Result<T, FirewallError>;

/// One program to run, with what goes into its standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its name, found in the system's own folders.
    pub program: &'static str,
    /// Its arguments; nothing of them came from a person.
    pub arguments: Vec<String>,
    /// Its standard input.
    pub input: String,
}

/// A language of rules. All but [`Backend::observe`] and [`Backend::listing`] is pure.
pub trait Backend: Send + Sync {
    /// What should be, in this language.
    fn render(&self, site: &Site, desired: &Desired) -> Ruleset;
    /// The programs that carry a plan out, each one transaction, in an order in which no moment is more open
    /// than before and after.
    fn script(&self, desired: &Desired, wanted: &Ruleset, plan: &Plan) -> Vec<Step>;
    /// What writes the stamp, after the fixed part was written and listed.
    fn stamp(&self, desired: &Desired, stamp: &Stamp) -> Vec<Step>;
    /// Programs that try the rules and change nothing; they fail where `wanted` could not be written.
    fn probe(&self, wanted: &Ruleset) -> Vec<Step>;
    /// What the kernel has.
    fn observe(&self) -> Result<Observed>;
    /// What the kernel has of ours, as its own tool prints it, for people. There is something.
    fn listing(&self) -> Result<String>;
    /// Takes away everything of ours.
    fn remove(&self) -> Vec<Step>;
}

/// The language that a word of the configuration names.
pub fn backend(word: &str) -> Result<Box<dyn Backend>> {
    match word {
        "nftables" => Ok(Box::new(nftables::Nftables)),
        "iptables-nft" => Ok(Box::new(iptables::Iptables::new(iptables::Flavour::Nft))),
        "iptables-legacy" => Ok(Box::new(iptables::Iptables::new(iptables::Flavour::Legacy))),
        _ => Err(FirewallError::Other(format!("`{word}` is not a backend of the firewall"))),
    }
}

/// What a reconcile did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// What had to be done.
    pub done: Done,
    /// [`Observed::traffic`], from before anything was written anew.
    pub traffic: BTreeMap<u16, Traffic>,
    /// [`Observed::foreign`].
    pub foreign: Vec<String>,
}

/// What had to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "done")]
pub enum Done {
    /// Nothing: the kernel had what is wanted.
    Nothing,
    /// Members were added and removed.
    Members {
        /// How many came.
        added: usize,
        /// How many went.
        removed: usize,
    },
    /// Everything was written anew.
    Whole {
        /// Why.
        why: Why,
    },
}

/// What a look without a change saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// What a reconcile would do.
    pub would: Done,
    /// The same, a line each, in the backend's language.
    pub plan: Vec<String>,
    /// What the kernel has of ours, as its own tool prints it; empty when there is nothing.
    pub listing: String,
    /// [`Observed::foreign`].
    pub foreign: Vec<String>,
}

/// The first packet of a connection to a published port, as the kernel reported it. Under a flood it
/// reports a sample; the counters have them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewConnection {
    /// What it is.
    pub protocol: Protocol,
    /// The client's own address.
    pub source: std::net::SocketAddrV4,
    /// The port of puerta.
    pub port: u16,
}
