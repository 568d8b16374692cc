//! What is answered about published ports, egress and the firewall.

use serde::Serialize;

/// A published port as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PortView {
    /// The port of puerta.
    pub port: u16,
    /// `tcp` or `udp`.
    pub protocol: &'static str,
    /// The machine.
    pub vm: String,
    /// Its seat.
    pub seat: String,
    /// The machine's port.
    pub vm_port: u16,
    /// Networks that may reach it; none: everybody may.
    pub from: Option<Vec<String>>,
    /// Login of who published it.
    pub publisher: String,
    /// When.
    pub created: String,
    /// Connections (TCP) or flows (UDP) so far.
    pub connections: u64,
    /// Bytes to the machine.
    pub bytes_in: u64,
    /// Bytes from the machine.
    pub bytes_out: u64,
    /// When that was counted last; none: it is not counted.
    pub counted: Option<String>,
}

/// A port that was just published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublishedView {
    /// Which.
    #[serde(flatten)]
    pub port: PortView,
    /// Whether it leads there: without a firewall it is only reserved.
    pub active: bool,
}

/// A rule of egress as professors see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EgressView {
    /// `default`, `course` or `seat`.
    pub place: &'static str,
    /// Its name.
    pub name: Option<String>,
    /// `allow`, `deny`, or networks and ports.
    pub egress: String,
}

/// The firewall as professors see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FirewallView {
    /// What a reconcile would do.
    pub would: FirewallDone,
    /// The same in the firewall's language.
    pub plan: Vec<String>,
    /// The rules as the kernel has them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub listing: Vec<String>,
    /// Foreign rules that may drop what ours let through.
    pub foreign: Vec<String>,
}

/// What had, or has, to be done to the firewall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FirewallDone {
    /// `nothing`; `members`: entries come and go; or everything is written anew, because it was `absent`,
    /// is to be `changed`, or somebody else changed it (`drift`).
    pub done: &'static str,
    /// Entries that come.
    pub added: usize,
    /// Entries that go.
    pub removed: usize,
}
