//! `node list`: the nodes, and which of them keep seats apart.

use crate::app::ctx::Ctx;
use crate::app::error::{Error, Result};
use crate::app::reply::{NodeView, Reply, RulesView};
use crate::engine::{Node, Which};
use crate::firewall::node::VERSION;
use crate::firewall::probe::{self, Carried};
use puerta_policy::action::Action;
use puerta_policy::decide::Lab;
use std::collections::HashMap;
use std::net::Ipv4Addr;

/// puerta's own address in the lab: slot 1 of the seat that is never given out.
pub(super) const PUERTA: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);

pub(super) async fn list(ctx: &Ctx<'_>) -> Result<Reply> {
    let _lab = ctx.permit(Action::NodeList, Lab, None, Error::denied()).await?;
    let engine = &ctx.app.engine;
    let nodes = engine.nodes().await?;
    let mut machines: HashMap<String, u32> = HashMap::new();
    for instance in engine.list().await?.into_iter().filter(|instance| instance.which == Which::Main) {
        *machines.entry(instance.node).or_default() += 1;
    }
    // All at once: a node that is silent costs the time of one.
    let asked: Vec<_> = nodes.into_iter().map(|node| tokio::spawn(asked(node))).collect();
    let mut views = Vec::new();
    for node in asked {
        let (node, carried) = node.await.map_err(|panic| Error::internal(&panic))?;
        views.push(NodeView {
            machines: machines.get(&node.name).copied().unwrap_or(0),
            rules: rules(carried),
            name: node.name,
            online: node.online,
            address: node.address,
        });
    }
    Ok(Reply::Nodes(views))
}

async fn asked(node: Node) -> (Node, Carried) {
    let carried = match node.address {
        Some(address) => probe::carried(PUERTA, address).await,
        None => Carried::Unknown,
    };
    (node, carried)
}

fn rules(carried: Carried) -> RulesView {
    let (state, version) = match carried {
        Carried::Version(VERSION) => ("current", Some(VERSION)),
        Carried::Version(version) => ("old", Some(version)),
        Carried::None => ("none", None),
        Carried::Unknown => ("unknown", None),
    };
    RulesView { state, version }
}
