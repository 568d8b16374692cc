//! What can be asked of the audit.

use super::needs::{Needs, Terminal, verbs};
use crate::app::error::{Error, Kind};
use ipnet::IpNet;
use puerta_lab::action::Action;
use puerta_lab::names::{CampusName, SeatName, VmRef};

/// `audit VERB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditCommand {
    /// `audit list`, `audit search`: lines, newest pages first.
    List(AuditPages),
    /// `audit mine`: one's own lines, and those about one's machines.
    Mine {
        /// Which.
        pages: AuditPages,
        /// Every line of each act, instead of one.
        all: bool,
    },
    /// `audit show`: one connection's whole story.
    Show(ConnectionId),
    /// `audit tail`: the last lines, and with `follow` those that come.
    Tail {
        /// Which.
        filter: AuditFilter,
        /// How many; 10 when not said.
        lines: Option<u32>,
        /// Go on until told otherwise.
        follow: bool,
    },
    /// `audit verify`
    Verify,
    /// `audit export`: a range of lines with its proof.
    Export {
        /// Not before, milliseconds since 1970.
        since: Option<i64>,
        /// Not after, milliseconds since 1970.
        until: Option<i64>,
    },
}

/// Which audit lines; every filter that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Who did it.
    pub person: Option<CampusName>,
    /// On a machine of which seat.
    pub seat: Option<SeatName>,
    /// On which machine.
    pub vm: Option<VmRef>,
    /// Which action, its first letters (`vm-`, `login`).
    pub action: Option<String>,
    /// How it came out.
    pub outcome: Option<AuditOutcome>,
    /// From where.
    pub network: Option<IpNet>,
    /// On which connection.
    pub connection: Option<ConnectionId>,
    /// Text that stands anywhere in the line.
    pub text: Option<String>,
}

/// Which lines, and which page of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditPages {
    /// Which.
    pub filter: AuditFilter,
    /// Not before, milliseconds since 1970.
    pub since: Option<i64>,
    /// Not after, milliseconds since 1970.
    pub until: Option<i64>,
    /// Which page, from 1, the newest; 1 when not said.
    pub page: Option<u32>,
    /// Lines of a page; 50 when not said, at most 1000.
    pub limit: Option<u32>,
    /// As comma-separated values instead of a table.
    pub csv: bool,
}

/// How something came out, as the audit has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditOutcome {
    /// The policy allowed it; it begins.
    Allowed,
    /// The policy did not.
    Denied,
    /// It happened.
    Done,
    /// It was allowed and failed.
    Failed,
}

impl AuditOutcome {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Allowed, Self::Denied, Self::Done, Self::Failed];

    /// The word in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

/// The id that is on every line of one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionId(String);

impl ConnectionId {
    /// Lower-case letters and digits, at most 32.
    pub fn parse(text: &str) -> Option<Self> {
        let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        ((1..=32).contains(&text.len()) && text.bytes().all(good)).then(|| Self(text.to_owned()))
    }

    /// As it stands in the log.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

verbs! { AuditCommand {
    "list", [Action::AuditList], Self::List(_) => Needs::nothing(),
    "mine", [Action::AuditMine], Self::Mine { .. } => Needs::nothing(),
    "show", [Action::AuditList], Self::Show(_) => Needs::nothing(),
    "tail", [Action::AuditList], Self::Tail { .. } => Needs::nothing(),
    "verify", [Action::AuditList], Self::Verify => Needs::nothing(),
    "export", [Action::AuditExport], Self::Export { .. } => Needs {
        // It is a file.
        terminal: Terminal::Refused(Error::new(Kind::Usage, "error-audit-export-terminal")),
        ..Needs::nothing()
    },
    also "search", [Action::AuditList]
} }
