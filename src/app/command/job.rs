//! `job VERB`.

use super::needs::{Needs, verbs};
use puerta_lab::action::Action;
use puerta_lab::job::JobRef;

/// `job VERB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobCommand {
    /// Those of the machines one sees, newest first.
    List,
    /// Follow one to its end.
    Watch(JobRef),
}

verbs! { JobCommand {
    "list", [Action::VmView], Self::List => Needs::nothing(),
    "watch", [Action::VmView], Self::Watch(_) => Needs::nothing(),
} }
