//! `node` and `vm move`, from clap's words to commands.

use super::grammar;
use crate::app::command::NodeCommand;
use crate::app::error::{Error, Kind, Result};
use puerta_lab::names::NodeName;

/// Longest reason that is kept, in characters.
const MAX_REASON: usize = 200;

pub(super) fn node(verb: grammar::Node, said: &mut bool) -> Result<NodeCommand> {
    Ok(match verb {
        grammar::Node::List => NodeCommand::List,
        grammar::Node::Drain { node, empty, reason, yes } => {
            *said = yes.said;
            let reason = reason.map(|text| text.chars().take(MAX_REASON).collect());
            NodeCommand::Drain { node: name(&node)?, reason, empty }
        }
        grammar::Node::Resume { node } => NodeCommand::Resume(name(&node)?),
    })
}

/// What cannot be a node's name is no node.
pub(super) fn name(text: &str) -> Result<NodeName> {
    text.parse().map_err(|_| Error::new(Kind::Usage, "error-bad-node").with("node", text))
}
