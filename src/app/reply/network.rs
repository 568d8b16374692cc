//! What is answered about published ports, egress and the firewall.

use super::Scope;
use super::word::words;
use serde::Serialize;

/// `port ...`
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "result", content = "value", rename_all = "kebab-case")]
pub enum PortReply {
    /// `port list`
    List(Vec<PortView>),
    /// A port leads to a machine.
    Published(PublishedView),
    /// It leads nowhere any more.
    Unpublished(PortView),
}

/// `egress ...`
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "result", content = "value", rename_all = "kebab-case")]
pub enum EgressReply {
    /// `egress list`
    List(Vec<EgressView>),
    /// A rule of egress was set.
    Set {
        /// Which.
        #[serde(flatten)]
        rule: EgressView,
        /// Whether a firewall heeds it.
        active: bool,
    },
    /// A rule of egress is no more.
    Cleared(EgressView),
}

/// `firewall ...`
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "result", content = "value", rename_all = "kebab-case")]
pub enum FirewallReply {
    /// `firewall show`
    Shown(FirewallView),
    /// `firewall plan`
    Plan(FirewallView),
    /// `firewall apply`
    Applied {
        /// What had to be done.
        #[serde(flatten)]
        done: FirewallDone,
        /// Foreign rules that may drop what ours let through.
        foreign: Vec<String>,
    },
    /// `firewall check`, and all is as it should be.
    Checked {
        /// Foreign rules that may drop what ours let through.
        foreign: Vec<String>,
    },
}

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
    /// Everybody, a course or a seat.
    pub place: Scope,
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
    /// What.
    pub done: FirewallWork,
    /// Entries that come.
    pub added: usize,
    /// Entries that go.
    pub removed: usize,
}

words! {
    /// What there is to do at the firewall.
    FirewallWork {
        /// Nothing.
        Nothing = "nothing",
        /// Entries come and go.
        Members = "members",
        /// Everything is written: there was nothing.
        Absent = "absent",
        /// Everything is written anew: it is to be another.
        Changed = "changed",
        /// Everything is written anew: somebody else changed it.
        Drift = "drift",
    }
}
