//! `job VERB`.

use super::needs::{Needs, verbs};
use puerta_lab::action::Action;
use puerta_lab::model::JobId;

/// `job VERB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobCommand {
    /// Those of the machines one sees, newest first.
    List,
    /// Follow one to its end.
    Watch(JobId),
}

verbs! { JobCommand {
    "list", [Action::VmView], Self::List => Needs::nothing(),
    "watch", [Action::VmView], Self::Watch(_) => Needs::nothing(),
} }
