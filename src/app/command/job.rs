//! `job VERB`.

use super::needs::{Needs, verbs};
use super::whose::Whose;
use puerta_lab::action::Action;
use puerta_lab::job::JobName;

/// `job VERB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobCommand {
    /// Those of one's own machines, or (professor) of others', newest first.
    List(Whose),
    /// Follow one, or many under their parent, to the end.
    Watch(JobName),
}

verbs! { JobCommand {
    "list", [Action::VmView], Self::List(_) => Needs::nothing(),
    "watch", [Action::VmView], Self::Watch(_) => Needs::nothing(),
} }
