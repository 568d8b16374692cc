//! What runs the machines, behind one trait. The engine knows machines, nodes and templates; it
//! knows no person, no SSH and no store.
//!
//! Every effect borrows a [`Permit`] and reads its machine from it: an act that nobody judged does
//! not compile, and a judged one cannot hit another machine. Instances are named by number
//! (`vm-3149763`), never by joining what people typed; the human names travel as metadata.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic"))]

mod archive;
mod copies;
mod host_keys;
pub mod incus;
mod marked;
pub mod sim;
mod spoiled;
mod terminal;
mod ustar;

pub use host_keys::HostKeys;
pub use spoiled::Spoiled;
pub use terminal::{Ended, Inside, Size, Terminal, TerminalWord};

use async_trait::async_trait;
use puerta_lab::model::{Limits, Vm};
use puerta_lab::names::{TemplateName, TemplateRef};
use puerta_lab::plan::Vmid;
use puerta_policy::decide::{Lab, Permit};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

/// Which of the copies of a machine: the one in use, or one of the two that exist during a restore or a move.
///
/// How an engine keeps its copies is its own: as names of instances ([`Which::instance`]), or as numbers and
/// marks where a machine keeps its number for good. Who calls it says the word only to look at one, to
/// remove it, or to start and stop the machine; which copy is which changes by [`Engine::replace`] and
/// [`Engine::take_back`] alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Which {
    /// The machine.
    Main,
    /// Being built beside it by a restore, or on another node by a move.
    New,
    /// What a restore or a move replaced, until the new one runs.
    Old,
}

impl Which {
    /// The instance's name in an engine that knows copies by name: `vm-N`, `vm-N-new`, `vm-N-old`.
    pub fn instance(self, vmid: Vmid) -> String {
        match self {
            Self::Main => format!("vm-{vmid}"),
            Self::New => format!("vm-{vmid}-new"),
            Self::Old => format!("vm-{vmid}-old"),
        }
    }

    /// The reverse of [`Which::instance`]; `None` for an instance that is not puerta's.
    pub fn parse(instance: &str) -> Option<(Vmid, Self)> {
        let rest = instance.strip_prefix("vm-")?;
        let (digits, which) = match rest.split_once('-') {
            None => (rest, Self::Main),
            Some((digits, "new")) => (digits, Self::New),
            Some((digits, "old")) => (digits, Self::Old),
            Some(_) => return None,
        };
        let vmid = Vmid::from_stored(digits.parse().ok()?)?;
        (which.instance(vmid) == instance).then_some((vmid, which))
    }
}

/// Whether a machine runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It runs.
    Running,
    /// It does not.
    Stopped,
    /// The engine has it paused, or is changing it.
    Busy,
    /// Its node does not answer; the machine may well be running.
    Unreachable,
}

/// An instance as the engine sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Whose copy.
    pub vmid: Vmid,
    /// Which copy.
    pub which: Which,
    /// Where it is: a name of [`Engine::nodes`].
    pub node: String,
    /// Whether it runs.
    pub status: Status,
    /// `user.puerta.*` metadata without the prefix: `name`, `seat`, `template`, `vm` (registry id). From these, and
    /// [`Instance::limits`], a registry that was lost is made again.
    pub tags: BTreeMap<String, String>,
    /// What it may use, where the engine says all of it.
    pub limits: Option<Limits>,
}

/// Live figures of one running machine; `None` is unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// Memory in use, bytes.
    pub memory_bytes: Option<u64>,
    /// Disk in use, bytes (only pools that count).
    pub disk_bytes: Option<u64>,
    /// Processes.
    pub processes: Option<u64>,
}

/// A node of the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name; an engine of one host has that host's.
    pub name: String,
    /// Whether it answers, and takes machines.
    pub state: NodeState,
    /// Where it answers on the lab's side, when the engine knows.
    pub address: Option<Ipv4Addr>,
}

impl Node {
    /// Whether machines may be placed there now.
    pub fn online(&self) -> bool {
        self.state == NodeState::Online
    }
}

/// How a node stands with its engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeState {
    /// It answers and takes machines.
    Online,
    /// It answers, and its engine keeps machines away from it (evacuated).
    Closed,
    /// It does not answer.
    Offline,
}

/// Live figures of one node; `None` is unknown. Sizes are bytes, loads as in getloadavg(3).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    /// Over the last 1, 5 and 15 minutes.
    pub load: Option<[f64; 3]>,
    /// Memory in use, without what is only cached.
    pub memory_used: Option<u64>,
    /// Memory it has.
    pub memory_total: Option<u64>,
    /// Used of the pool that machines are in.
    pub disk_used: Option<u64>,
    /// Size of that pool.
    pub disk_total: Option<u64>,
}

/// What a program that was run in a machine came to. The machine is its owner's: what it says is
/// data, and may be anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// Its exit status.
    pub status: i64,
    /// The beginning of its standard output, at most [`Ran::MOST`] bytes.
    pub output: String,
}

impl Ran {
    /// More output than this is not read.
    pub const MOST: usize = 64 << 10;
}

/// Something machines are made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Its name (an image alias).
    pub name: TemplateName,
    /// A line about it.
    pub description: String,
    /// Bytes of the image.
    pub size: u64,
}

/// What an archive that was read whole is recognised by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    /// Bytes of its file.
    pub size: u64,
    /// SHA-256 of them, in lower-case hex.
    pub sha256: String,
}

/// What of the machine in an archive goes into the one that is built of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    /// All of it: it is that machine.
    All,
    /// It is that machine, with another address: what configures the old one stays out.
    Moved {
        /// The old one.
        from: Ipv4Addr,
    },
    /// It is another machine beside that one: what that one is known by (host keys, machine-id, its name, its
    /// address) stays out, and is made new. What people have in it comes along.
    Copy {
        /// That one's address, when it is known.
        of: Option<Ipv4Addr>,
    },
}

/// What puerta keeps in a machine, in its own lines of two files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Handed {
    /// Lines of root's `authorized_keys`.
    pub keys: Vec<String>,
    /// Names by which it knows others (`/etc/hosts`).
    pub hosts: Vec<(Ipv4Addr, String)>,
}

impl Handed {
    /// Lines of `hosts(5)`.
    pub(crate) fn lines_of_hosts(&self) -> Vec<String> {
        self.hosts.iter().map(|(address, name)| format!("{address} {name}")).collect()
    }
}

/// What a new machine is made of, beside what the permit's [`Vm`] says (address, limits, template).
#[derive(Debug, Clone)]
pub struct Spec {
    /// The node it goes to.
    pub node: String,
    /// What puerta keeps in it.
    pub handed: Handed,
    /// By what it is to be known, where one of its name was there before.
    pub host_keys: HostKeys,
}

/// Why an engine did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// There is no such instance.
    #[error("no such instance")]
    NotFound,
    /// An instance with that name is there already.
    #[error("the instance exists already")]
    Exists,
    /// Another instance uses the address.
    #[error("the address is in use")]
    AddressInUse,
    /// It runs, and this takes a stopped one.
    #[error("the instance runs")]
    Running,
    /// There is no such template.
    #[error("no such template")]
    NoTemplate,
    /// The machine's own disk quota is full.
    #[error("the machine's disk is full")]
    DiskFull,
    /// The node's pool, or our own backup folder, is full.
    #[error("no space left for it")]
    NoSpace,
    /// An archive grew over its cap, or took longer than its deadline.
    #[error("larger or slower than allowed: {0}")]
    Bounds(String),
    /// An archive the engine does not take back.
    #[error("the archive is not usable: {0}")]
    BadArchive(String),
    /// What somebody did inside the machine is in the way.
    #[error("the machine is spoiled: {0}")]
    Spoiled(Spoiled),
    /// The engine refuses what we are (certificate, project restriction).
    #[error("the engine refuses: {0}")]
    Refused(String),
    /// No answer: refused, timed out, no quorum, node down. The state is unknown: read it again.
    #[error("the engine does not answer: {0}")]
    Away(String),
    /// Anything else it said; text for the log.
    #[error("engine: {0}")]
    Other(String),
}

/// Result of an engine call.
pub type Result<T> = std::result::Result<T, EngineError>;

/// How far a long call is: bytes done, and of how many if that is known.
pub type Progress<'a> = &'a (dyn Fn(u64, Option<u64>) + Send + Sync);

/// What runs the machines. Every method may be called again after a lost answer: the wished result,
/// already there, is success. One job a machine at a time is the caller's to keep.
#[async_trait]
pub trait Engine: Send + Sync {
    /// Templates that puerta published, and whose images are there, in order.
    async fn published(&self) -> Result<Vec<TemplateRef>>;
    /// Nodes in name order.
    async fn nodes(&self) -> Result<Vec<Node>>;
    /// Live figures of one node. What we may not read of it is unknown; `Away` when it does not answer.
    async fn figures(&self, node: &str) -> Result<Figures>;
    /// Templates that the engine itself has, in name order; those that were published are the registry's to
    /// list.
    async fn templates(&self) -> Result<Vec<Template>>;
    /// Every instance that is puerta's, in one call, without live figures. A node that is down
    /// makes its machines `Unreachable`, never the call fail.
    async fn list(&self) -> Result<Vec<Instance>>;
    /// One instance, or `None`.
    async fn find(&self, vmid: Vmid, which: Which) -> Result<Option<Instance>>;
    /// Where to connect for a machine's address. The engine that has no network of its own says
    /// another one; all others the same.
    fn dial_address(&self, address: Ipv4Addr) -> Ipv4Addr {
        address
    }
    /// Live figures.
    async fn usage(&self, vm: &Permit<Vm>) -> Result<Usage>;

    /// Makes the machine, stopped, with address, limits, metadata and keys. On an error nothing is left.
    async fn create(&self, vm: &Permit<Vm>, spec: &Spec) -> Result<()>;
    /// Makes these the lines of puerta in root's `authorized_keys` and in `/etc/hosts`, running or not; what else stands
    /// there stays. `Spoiled`, soon, where no plain file may be written for keys: nothing but one is opened. Names that could
    /// not be written for that reason are said: what is in their way.
    async fn hand(&self, vm: &Permit<Vm>, handed: &Handed) -> Result<Option<Spoiled>>;
    /// Public keys of its SSH server in SSH's own form (RFC 4253, section 6.6), running or not, as its files have them: what
    /// its root wrote. None before it has made any.
    async fn host_keys(&self, vm: &Permit<Vm>) -> Result<Vec<Vec<u8>>>;
    /// The same with what is private, for [`Spec::host_keys`].
    async fn take_host_keys(&self, vm: &Permit<Vm>) -> Result<HostKeys>;
    /// Starts it; already running is success. `AddressInUse` leaves it stopped, and so does `Spoiled`: its own
    /// content does not let it start.
    async fn start(&self, vm: &Permit<Vm>, which: Which) -> Result<()>;
    /// Asks it to stop, and after `grace` forces it; `Duration::ZERO` forces at once. Already stopped is success.
    async fn stop(&self, vm: &Permit<Vm>, which: Which, grace: Duration) -> Result<()>;
    /// Removes a copy, running or not. Absent is success.
    async fn remove(&self, vm: &Permit<Vm>, which: Which) -> Result<()>;
    /// Builds [`Which::New`] from the stopped machine, stopped, on `node`, with its content and with the
    /// permit's address, limits and metadata; `Running` when the machine runs.
    async fn copy(&self, vm: &Permit<Vm>, node: &str) -> Result<()>;
    /// The copy that was built beside the machine ([`Which::New`]) takes its place, stopped. The machine is stopped as
    /// by [`Engine::stop`], also when its node comes back in between and starts it again, and stays as
    /// [`Which::Old`] until it is removed. Without a copy nothing changes, and that is success. Goes on from
    /// wherever an earlier call was cut: after a lost answer it is called again. `Exists`, with nothing changed,
    /// while both a machine and one that was ([`Which::Old`]) are there beside the copy.
    async fn replace(&self, vm: &Permit<Vm>, grace: Duration) -> Result<()>;
    /// The machine that was ([`Which::Old`]) is the machine again, stopped; what had its place is removed, running
    /// or not, and a copy that never had it ([`Which::New`]) stays. Without one that was nothing changes, and that
    /// is success. Goes on from wherever an earlier call, of this or of [`Engine::replace`], was cut: after a
    /// lost answer it is called again.
    async fn take_back(&self, vm: &Permit<Vm>) -> Result<()>;
    /// Waits until nothing that was begun for the machine is still at work in the engine, thaws it if an
    /// export left it frozen, and removes what an export left there: what is seen afterwards stays.
    async fn settle(&self, vm: &Permit<Vm>) -> Result<()>;
    /// Writes an archive of the machine, in the engine's own format, to `file`, which is made new, at most
    /// `max_bytes` long. Gives the bytes written. Leaves nothing of its own in the engine. `Spoiled` names what in
    /// the machine no archive can hold.
    async fn export(
        &self,
        vm: &Permit<Vm>,
        file: &Path,
        max_bytes: u64,
        progress: Progress<'_>,
    ) -> Result<u64>;
    /// Reads an archive whole, by the rules of the engine's own format, and gives the sum of its file, which is on
    /// the disk to stay. `BadArchive` when it cannot be read to its end or nothing is in it, `Bounds` when it
    /// unpacks to more than `max_unpacked` bytes. It changes nothing, and may be called again.
    async fn judge(&self, file: &Path, max_unpacked: u64) -> Result<Sum>;
    /// Runs a program in the running machine, as its root, and waits for its end at most `deadline`;
    /// then it goes on without us (`Away`). An engine that cannot says `Refused`.
    async fn exec(&self, vm: &Permit<Vm>, words: &[String], deadline: Duration) -> Result<Ran>;
    /// Opens a terminal in the running machine: its root's login shell, with no sshd and no network in the
    /// machine. `term` is its `TERM`, when the client said a plain one. `NotFound` and `Refused` when
    /// there is none to have; a terminal that ends as `Spoiled` never had a shell. Dropping the terminal ends what runs in it.
    async fn console(&self, vm: &Permit<Vm>, term: Option<&str>, size: Size) -> Result<Terminal>;
    /// Builds [`Which::New`] from an archive, or from what of it is to be taken, stopped, on `node`, with the
    /// permit's address, limits and metadata.
    async fn import(
        &self,
        vm: &Permit<Vm>,
        (file, take): (&Path, Take),
        node: &str,
        progress: Progress<'_>,
    ) -> Result<()>;
    /// Makes a template of an archive of the machine, with a description: cleaned of what makes it this
    /// machine (host keys, machine-id, its address), of who may come in, and of what was typed. What was there
    /// under that name and version goes. Gives the bytes of its image; on an error some of it may be left,
    /// which [`Engine::unpublish`] removes.
    async fn publish(
        &self,
        vm: &Permit<Vm>,
        file: &Path,
        new: (&TemplateRef, &str),
        progress: Progress<'_>,
    ) -> Result<u64>;
    /// Removes what was published under that name and version. Absent is success; machines made from it stay.
    async fn unpublish(&self, lab: &Permit<Lab>, template: &TemplateRef) -> Result<()>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instance_names_go_there_and_back() {
        let vmid = Vmid::from_stored(3_149_763).unwrap();
        for which in [Which::Main, Which::New, Which::Old] {
            assert_eq!(Which::parse(&which.instance(vmid)), Some((vmid, which)));
        }
        for foreign in ["web1", "vm-", "vm-16777216", "vm-03", "vm-3-older", "vm-3-new-new", "xvm-3"] {
            assert_eq!(Which::parse(foreign), None, "{foreign}");
        }
    }
}
