//! `node VERB`.

use super::needs::{Needs, Sentence, verbs};
use puerta_lab::action::Action;
use puerta_lab::names::NodeName;

/// `node VERB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeCommand {
    /// All.
    List,
    /// Place no new machine there.
    Drain {
        /// Which.
        node: NodeName,
        /// Why, for whoever looks at the list.
        reason: Option<String>,
        /// Move those that are there away.
        empty: bool,
    },
    /// Place machines there again.
    Resume(NodeName),
}

verbs! { NodeCommand {
    "list", [Action::NodeList], Self::List => Needs::nothing(),
    "drain", [Action::NodeDrain], Self::Drain { node, empty, .. } => match empty {
        true => Needs::a_yes(Sentence::new("ask-node-empty").with("node", node)),
        false => Needs::nothing(),
    },
    "resume", [Action::NodeDrain], Self::Resume(_) => Needs::nothing(),
} }
