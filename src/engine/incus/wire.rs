//! What Incus says and wants to hear, as far as we read or write it. Fields we do not use are left
//! out, so that newer servers stay readable.

use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

/// The envelope around every JSON answer.
#[derive(Debug, Deserialize)]
pub(super) struct Envelope<T> {
    /// `sync`, `async` or `error`.
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) operation: String,
    #[serde(default)]
    pub(super) error_code: u16,
    #[serde(default)]
    pub(super) error: String,
    pub(super) metadata: Option<T>,
}

/// Go writes an empty map or list as `null` where it has none, as for a machine on a lost member.
fn or_null<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(input: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(input)?.unwrap_or_default())
}

/// `metadata` of an answer whose content does not matter.
pub(super) type Ignored = serde::de::IgnoredAny;

/// `GET /1.0`.
#[derive(Debug, Deserialize)]
pub(super) struct Server {
    pub(super) environment: Environment,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Environment {
    #[serde(default)]
    pub(super) server_name: String,
    #[serde(default)]
    pub(super) server_clustered: bool,
    /// Where it listens, `10.0.0.65:8443`.
    #[serde(default, deserialize_with = "or_null")]
    pub(super) addresses: Vec<String>,
}

/// A line of `GET /1.0/cluster/members?recursion=1`.
#[derive(Debug, Deserialize)]
pub(super) struct Member {
    pub(super) server_name: String,
    pub(super) url: String,
    pub(super) status: String,
}

/// `GET /1.0/storage-pools/X`.
#[derive(Debug, Deserialize)]
pub(super) struct Pool {
    #[serde(default)]
    pub(super) driver: String,
}

/// `GET /1.0/resources`.
#[derive(Debug, Deserialize)]
pub(super) struct Resources {
    pub(super) memory: Option<NodeMemory>,
    pub(super) load: Option<Load>,
}

#[derive(Debug, Deserialize)]
pub(super) struct NodeMemory {
    pub(super) used: u64,
    pub(super) total: u64,
}

/// Go's own names; its "10" is the third of getloadavg(3), which is fifteen minutes.
#[derive(Debug, Deserialize)]
pub(super) struct Load {
    #[serde(rename = "Average1Min")]
    pub(super) one: f64,
    #[serde(rename = "Average5Min")]
    pub(super) five: f64,
    #[serde(rename = "Average10Min")]
    pub(super) fifteen: f64,
}

/// `GET /1.0/storage-pools/X/resources`.
#[derive(Debug, Deserialize)]
pub(super) struct Room {
    pub(super) space: Option<Space>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Space {
    pub(super) used: u64,
    pub(super) total: u64,
}

/// A line of `GET /1.0/images?recursion=1`.
#[derive(Debug, Deserialize)]
pub(super) struct Image {
    #[serde(default)]
    pub(super) fingerprint: String,
    #[serde(default, deserialize_with = "or_null")]
    pub(super) aliases: Vec<Alias>,
    #[serde(default, deserialize_with = "or_null")]
    pub(super) properties: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) size: u64,
    #[serde(rename = "type", default)]
    pub(super) kind: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Alias {
    pub(super) name: String,
    #[serde(default)]
    pub(super) description: String,
}

/// A machine, in a list or alone.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Instance {
    pub(super) name: String,
    pub(super) status_code: u16,
    #[serde(default)]
    pub(super) location: String,
    #[serde(default)]
    pub(super) architecture: String,
    #[serde(rename = "type", default)]
    pub(super) kind: String,
    #[serde(default, deserialize_with = "or_null")]
    pub(super) profiles: Vec<String>,
    #[serde(default, deserialize_with = "or_null")]
    pub(super) config: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "or_null")]
    pub(super) devices: Devices,
}

/// Devices by name, each a flat map.
pub(super) type Devices = BTreeMap<String, BTreeMap<String, String>>;

/// Status codes of instances and operations (`shared/api/status_code.go`).
pub(super) mod code {
    pub(in super::super) const STOPPED: u16 = 102;
    pub(in super::super) const RUNNING: u16 = 103;
    pub(in super::super) const FREEZING: u16 = 109;
    pub(in super::super) const FROZEN: u16 = 110;
    pub(in super::super) const ERROR: u16 = 112;
    pub(in super::super) const SUCCESS: u16 = 200;
    /// From here on an operation has ended badly.
    pub(in super::super) const FAILURE: u16 = 400;
}

/// An operation while it runs or as it ended.
#[derive(Debug, Deserialize)]
pub(super) struct Operation {
    pub(super) status_code: u16,
    #[serde(default)]
    pub(super) err: String,
    pub(super) metadata: Option<serde_json::Map<String, serde_json::Value>>,
}

/// `metadata` of the operation of a program that has ended.
#[derive(Debug, Deserialize)]
pub(super) struct Executed {
    #[serde(rename = "return")]
    pub(super) status: i64,
}

/// The operation of a program that waits for its websockets.
#[derive(Debug, Deserialize)]
pub(super) struct Awaiting {
    pub(super) metadata: Descriptors,
}

/// What opens each websocket: `0`, `1`, `2` and `control`.
#[derive(Debug, Deserialize)]
pub(super) struct Descriptors {
    pub(super) fds: BTreeMap<String, String>,
}

/// A line of `GET /1.0/operations?recursion=1`.
#[derive(Debug, Deserialize)]
pub(super) struct AtWork {
    #[serde(default)]
    pub(super) class: String,
    #[serde(default)]
    pub(super) description: String,
    pub(super) status_code: u16,
    #[serde(default, deserialize_with = "or_null")]
    pub(super) resources: BTreeMap<String, Vec<String>>,
}

impl AtWork {
    /// Whether it makes a backup.
    pub(super) fn exports(&self) -> bool {
        self.description.starts_with("Backing up")
    }
}

/// `GET /1.0/instances/X/state`.
#[derive(Debug, Deserialize)]
pub(super) struct State {
    #[serde(default)]
    pub(super) processes: i64,
    pub(super) memory: Option<Memory>,
    pub(super) disk: Option<BTreeMap<String, Disk>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Memory {
    #[serde(default)]
    pub(super) usage: i64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Disk {
    #[serde(default)]
    pub(super) usage: i64,
}

/// `POST /1.0/instances`.
#[derive(Debug, Serialize)]
pub(super) struct NewInstance<'a> {
    pub(super) name: &'a str,
    #[serde(rename = "type")]
    pub(super) kind: &'a str,
    /// Of an image it is the image's; of a copy it must be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) architecture: Option<&'a str>,
    pub(super) start: bool,
    pub(super) source: &'a serde_json::Value,
    pub(super) profiles: [&'a str; 1],
    pub(super) config: BTreeMap<String, String>,
    pub(super) devices: Devices,
}
