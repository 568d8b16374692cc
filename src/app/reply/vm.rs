//! What is answered about machines.

use super::{HostKeyView, PlacedView, PublishedView, UnpublishedView};
use puerta_engine::Status;
use serde::Serialize;
use std::net::Ipv4Addr;

/// `vm ...`
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "result", content = "value", rename_all = "kebab-case")]
pub enum VmReply {
    /// `vm list`
    List(Vec<VmView>),
    /// `vm show`
    One(Box<VmView>),
    /// A machine was made and runs.
    Created {
        /// It.
        #[serde(flatten)]
        vm: Box<VmView>,
        /// Whether nobody of its seat has a key yet.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        keyless: bool,
        /// Ports of it that its template wants published, and are.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        ports: Vec<PublishedView>,
        /// Those that are not.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        unpublished: Vec<UnpublishedView>,
    },
    /// It runs.
    Started(Box<VmView>),
    /// It is stopped; `forced` when it did not stop by itself.
    Stopped(Box<VmView>),
    /// It was stopped and runs again.
    Restarted(Box<VmView>),
    /// It has another name.
    Renamed {
        /// The machine.
        vm: Box<VmView>,
        /// What it was called before.
        was: String,
    },
    /// It is gone; its backups stay.
    Deleted {
        /// Its name.
        vm: String,
        /// Backups of it that stay.
        backups_kept: u32,
        /// Published ports of it that were given up.
        ports_closed: u32,
    },
    /// It is on another node, and runs again if it ran.
    Moved {
        /// The machine.
        vm: Box<VmView>,
        /// The node it was on.
        from: String,
        /// Whether it was stopped for it, and started again.
        ran: bool,
    },
    /// A backup was put back and the machine runs as it did before.
    Restored {
        /// The machine.
        vm: Box<VmView>,
        /// The backup.
        backup: String,
    },
    /// A machine was made of a backup and runs.
    Remade {
        /// The machine.
        vm: Box<VmView>,
        /// The backup.
        backup: String,
        /// Whether it is a copy beside the machine that the backup is of, and not that one again.
        copy: bool,
    },
}

/// A machine as people see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VmView {
    /// Its name.
    pub name: String,
    /// How whoever reads it says it: with its seat, where the name alone may mean another.
    #[serde(skip)]
    pub said: String,
    /// Its seat's name.
    pub seat: String,
    /// Whether it runs, or what puerta does with it.
    pub state: VmState,
    /// Its address, also inside it.
    pub address: Ipv4Addr,
    /// What it was made from.
    pub template: String,
    /// Where it is.
    pub node: Option<String>,
    /// Why it is there, only in `vm show`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placed: Option<PlacedView>,
    /// CPU cores it may use.
    pub cpus: u32,
    /// Memory it may use.
    pub memory_mib: u32,
    /// Disk it may use.
    pub disk_mib: u32,
    /// Processes it may have.
    pub processes: u32,
    /// Live figures, only in `vm show` of a running machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<UsageView>,
    /// Who helps in it now, only in `vm show`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub visitors: Vec<VisitView>,
    /// By which keys its SSH server is known, only in `vm show`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub host_keys: Vec<HostKeyView>,
    /// What in it keeps its people's keys from being written, only after a start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys_blocked: Option<String>,
    /// When it was made.
    pub created: String,
}

/// The state a person sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum VmState {
    /// It runs.
    Running,
    /// It does not.
    Stopped,
    /// It is being made.
    Creating,
    /// It is being removed.
    Deleting,
    /// A backup of it is being made.
    #[serde(rename = "backup")]
    BackingUp,
    /// A backup is being put back.
    Restoring,
    /// A template of it is being made.
    Publishing,
    /// It is on its way to another node.
    Moving,
    /// The engine is changing it.
    Busy,
    /// Its node or the engine does not answer; it may well be running.
    Unreachable,
    /// The registry knows it and the engine does not.
    Missing,
}

impl From<Status> for VmState {
    fn from(status: Status) -> Self {
        match status {
            Status::Running => Self::Running,
            Status::Stopped => Self::Stopped,
            Status::Busy => Self::Busy,
            Status::Unreachable => Self::Unreachable,
        }
    }
}

/// Live figures of a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UsageView {
    /// Memory in use.
    pub memory_bytes: Option<u64>,
    /// Disk in use.
    pub disk_bytes: Option<u64>,
    /// Processes.
    pub processes: Option<u64>,
}

/// Somebody who helps in a machine that is not theirs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VisitView {
    /// Who.
    pub login: String,
    /// Since when.
    pub since: String,
}
