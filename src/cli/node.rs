//! `puerta node rules`: the static rules of a node, for `contrib/node/install`.

use crate::config::Engine;
use puerta_firewall::node;

/// The rules for this configuration's nodes.
pub(super) fn rules(engine: &Engine) -> anyhow::Result<String> {
    match engine {
        Engine::Incus { parent, .. } => Ok(node::rules(parent)),
        Engine::Sim { .. } => anyhow::bail!("simulated machines have no node to put rules on"),
    }
}
