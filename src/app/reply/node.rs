//! What is answered about nodes, and about where machines are.

use super::word::words;
use serde::Serialize;
use std::net::Ipv4Addr;

/// `node ...`
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "result", content = "value", rename_all = "kebab-case")]
pub enum NodeReply {
    /// `node list`
    List(Vec<NodeView>),
    /// A node takes no new machines.
    Drained(DrainView),
    /// It takes them again.
    Resumed {
        /// Which.
        node: String,
        /// Whether it had been drained.
        changed: bool,
    },
}

/// A node as professors see it. What the engine does not tell us is `null`; sizes are bytes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NodeView {
    /// Its name.
    pub name: String,
    /// How it stands.
    pub state: NodeStands,
    /// Whether it answers and its engine lets machines in.
    pub online: bool,
    /// Since when it does not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silent_since: Option<String>,
    /// Who took it out of placement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drained: Option<DrainedView>,
    /// Its address in the lab.
    pub address: Option<Ipv4Addr>,
    /// Load over 1, 5 and 15 minutes.
    pub load: Option<[f64; 3]>,
    /// Memory in use.
    pub memory_used: Option<u64>,
    /// Memory it has.
    pub memory_total: Option<u64>,
    /// Used of the pool that machines are in.
    pub disk_used: Option<u64>,
    /// Size of that pool.
    pub disk_total: Option<u64>,
    /// Machines on it.
    pub machines: u32,
    /// Those that run.
    pub running: Option<u32>,
    /// The rules that keep seats apart.
    pub rules: RulesView,
}

/// Who took a node out of placement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DrainedView {
    /// Login.
    pub by: String,
    /// When.
    pub since: String,
    /// Why, if they said.
    pub reason: Option<String>,
    /// Whether its machines are being moved away.
    pub emptying: bool,
}

/// The rules of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RulesView {
    /// Which.
    pub state: RulesState,
    /// Their version, when it is known.
    pub version: Option<u32>,
}

/// A node that was just taken out of placement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DrainView {
    /// Which.
    pub node: String,
    /// Whether it was not out before.
    pub changed: bool,
    /// Machines on it.
    pub machines: u32,
    /// Whether they are moved away now.
    pub moving: bool,
    /// Whether it does not answer: then they leave it when it does.
    pub silent: bool,
    /// Nodes that still take machines.
    pub others: u32,
}

/// Why a machine is on its node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlacedView {
    /// `round-robin`, `least-load` or `moved`.
    pub chosen: &'static str,
    /// Nodes there were to choose from; 0 when somebody chose.
    pub nodes: u32,
    /// Memory that was free there, neither in use nor promised, when it was known.
    pub free_mib: Option<u32>,
}

words! {
    /// How a node stands.
    NodeStands {
        /// It answers and takes machines.
        Online = "online",
        /// Somebody took it out of placement.
        Drained = "drained",
        /// It does not answer.
        Offline = "offline",
        /// Its engine keeps machines away.
        Closed = "closed",
    }
}

words! {
    /// The rules that a node has.
    RulesState {
        /// Those of this puerta.
        Current = "current",
        /// Older ones.
        Old = "old",
        /// None, or newer than this puerta.
        None = "none",
        /// It does not answer.
        Unknown = "unknown",
    }
}
