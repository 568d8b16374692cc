//! `node ...`: the nodes, which of them keep seats apart, and which take new machines.

mod emptying;

use crate::app::command::NodeCommand;
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Result};
use crate::app::nodes::{self, PUERTA};
use crate::app::reply::{
    DrainView, DrainedView, NodeReply, NodeStands, NodeView, Reply, RulesState, RulesView,
};
use crate::app::{App, clock};
use puerta_engine::{Figures, Node, NodeState, Status, Which};
use puerta_firewall::node::VERSION;
use puerta_firewall::probe::{self, Carried};
use puerta_lab::action::Action;
use puerta_lab::names::NodeName;
use puerta_policy::decide::Lab;
use puerta_store::NodeMark;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// How long one node may hold up the list of all.
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) async fn run(ctx: &Ctx<'_>, command: NodeCommand) -> Result<Reply> {
    match command {
        NodeCommand::List => list(ctx).await,
        NodeCommand::Drain { node, reason, empty } => drain(ctx, &node, reason.as_deref(), empty).await,
        NodeCommand::Resume(node) => resume(ctx, &node).await,
    }
}

/// Begins to look at the nodes, and carries on with what the last puerta was emptying.
pub async fn start(app: &Arc<App>) -> Result<()> {
    nodes::start(app).await;
    emptying::start(app).await
}

async fn list(ctx: &Ctx<'_>) -> Result<Reply> {
    let _lab = ctx.permit(Action::NodeList, Lab, None, Error::denied()).await?;
    let app = ctx.app;
    let nodes = app.engine.nodes().await?;
    let marks = app.store.node_marks().await?;
    let machines = machines(app).await?;
    // All at once: a node that is silent costs the time of one.
    let asked: Vec<_> = nodes.into_iter().map(|node| tokio::spawn(asked(Arc::clone(app), node))).collect();
    let mut views = Vec::new();
    for node in asked {
        let (node, figures, carried) = node.await.map_err(|panic| Error::internal(&panic))?;
        let mark = marks.iter().find(|mark| mark.node == node.name);
        let silent = app.nodes.silent(&node.name).or_else(|| mark.and_then(|mark| mark.silent));
        let (all, running) = machines.get(&node.name).copied().unwrap_or((0, Some(0)));
        views.push(NodeView {
            state: state(&node, mark, silent.is_some()),
            online: node.online() && silent.is_none(),
            silent_since: silent.map(clock::rfc3339),
            drained: mark.and_then(drained),
            address: node.address,
            load: figures.load,
            memory_used: figures.memory_used,
            memory_total: figures.memory_total,
            disk_used: figures.disk_used,
            disk_total: figures.disk_total,
            machines: all,
            running,
            rules: rules(carried),
            name: node.name,
        });
    }
    Ok(Reply::Node(NodeReply::List(views)))
}

fn state(node: &Node, mark: Option<&NodeMark>, silent: bool) -> NodeStands {
    match node.state {
        _ if silent => NodeStands::Offline,
        NodeState::Offline => NodeStands::Offline,
        _ if mark.is_some_and(|mark| mark.drained.is_some()) => NodeStands::Drained,
        NodeState::Closed => NodeStands::Closed,
        NodeState::Online => NodeStands::Online,
    }
}

fn drained(mark: &NodeMark) -> Option<DrainedView> {
    Some(DrainedView {
        by: mark.drained_by.clone(),
        since: clock::rfc3339(mark.drained?),
        reason: (!mark.reason.is_empty()).then(|| mark.reason.clone()),
        emptying: mark.emptying,
    })
}

/// Machines of each node, and how many of them run; that is unknown while the engine waits for a node.
async fn machines(app: &App) -> Result<BTreeMap<String, (u32, Option<u32>)>> {
    let Ok(Ok(instances)) = timeout(PATIENCE, app.engine.list()).await else {
        let loads = app.store.node_loads().await?.into_iter();
        return Ok(loads.map(|(node, (machines, _))| (node, (machines, None))).collect());
    };
    let mut counts: BTreeMap<String, (u32, Option<u32>)> = BTreeMap::new();
    for instance in instances.into_iter().filter(|instance| instance.which == Which::Main) {
        let (all, running) = counts.entry(instance.node).or_insert((0, Some(0)));
        *all += 1;
        *running = match instance.status {
            Status::Unreachable => None,
            Status::Running => running.map(|count| count + 1),
            Status::Stopped | Status::Busy => *running,
        };
    }
    Ok(counts)
}

/// What a node says of itself: what it does not say in time is unknown.
async fn asked(app: Arc<App>, node: Node) -> (Node, Figures, Carried) {
    let carried = async {
        match node.address {
            Some(address) => probe::carried(PUERTA, address).await,
            None => Carried::Unknown,
        }
    };
    let figures = async {
        if node.state == NodeState::Offline || app.nodes.silent(&node.name).is_some() {
            return Figures::default();
        }
        let said = timeout(PATIENCE, app.engine.figures(&node.name)).await;
        said.unwrap_or_else(|_| Ok(Figures::default())).unwrap_or_default()
    };
    let (figures, carried) = tokio::join!(figures, carried);
    (node, figures, carried)
}

fn rules(carried: Carried) -> RulesView {
    let (state, version) = match carried {
        Carried::Version(VERSION) => (RulesState::Current, Some(VERSION)),
        Carried::Version(version) => (RulesState::Old, Some(version)),
        Carried::None => (RulesState::None, None),
        Carried::Unknown => (RulesState::Unknown, None),
    };
    RulesView { state, version }
}

/// No machine is placed there from now on; with `empty` those that are there leave, one after the other.
async fn drain(ctx: &Ctx<'_>, node: &NodeName, reason: Option<&str>, empty: bool) -> Result<Reply> {
    let _lab = ctx.permit(Action::NodeDrain, Lab, None, Error::denied()).await?;
    let app = ctx.app;
    // Whoever is choosing a node has done so when this is written.
    let turn = app.nodes.turn().await;
    nodes::exists(app, node).await?;
    let login = ctx.visitor.login.as_str();
    let changed = app.store.drain_node(node, login, reason.unwrap_or_default(), clock::now()).await?;
    drop(turn);
    let loads = app.store.node_loads().await?;
    let machines = loads.get(node.as_str()).map_or(0, |(machines, _)| *machines);
    let others = nodes::open(app).await?;
    if empty && others > 0 && app.store.empty_node(node).await? {
        emptying::begin(app, node.to_string());
    }
    Ok(Reply::Node(NodeReply::Drained(DrainView {
        node: node.to_string(),
        changed,
        machines,
        moving: empty && others > 0,
        silent: app.nodes.silent(node.as_str()).is_some(),
        others,
    })))
}

async fn resume(ctx: &Ctx<'_>, node: &NodeName) -> Result<Reply> {
    let _lab = ctx.permit(Action::NodeDrain, Lab, None, Error::denied()).await?;
    nodes::exists(ctx.app, node).await?;
    let changed = ctx.app.store.resume_node(node).await?;
    Ok(Reply::Node(NodeReply::Resumed { node: node.to_string(), changed }))
}
