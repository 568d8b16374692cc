//! The nodes as the house knows them: which of them answer, and where a machine goes. The verbs of
//! `node ...` are elsewhere.

mod place;
mod watch;

pub(super) use watch::{Nodes, start};

use crate::app::App;
use crate::app::error::{Error, Kind, Result};
use place::Candidate;
use puerta_engine::EngineError;
use puerta_lab::model::{Placed, Vm};
use puerta_lab::names::NodeName;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// puerta's own address in the lab: slot 1 of the seat that is never given out.
pub(super) const PUERTA: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);

/// The node for the next machine of those that it fits on, and why that one. `turn` is held until the
/// machine is in the registry.
pub(super) async fn choose(
    app: &App,
    turn: &mut usize,
    fits: impl Fn(&NodeName) -> bool,
) -> Result<(NodeName, Placed)> {
    Placing::new(app).await?.next(app, turn, fits).await.map(|(name, placed, _)| (name, placed))
}

/// The same for several machines at once, by the memory of each: what goes to a node counts there for the next.
pub(super) async fn choose_each(
    app: &App,
    turn: &mut usize,
    memory_mib: &[u32],
) -> Result<Vec<(NodeName, Placed)>> {
    let mut placing = Placing::new(app).await?;
    let mut chosen = Vec::new();
    for memory_mib in memory_mib {
        let (name, placed, index) = placing.next(app, turn, |_| true).await?;
        placing.candidates[index].machines += 1;
        placing.candidates[index].reserved_mib += u64::from(*memory_mib);
        chosen.push((name, placed));
    }
    Ok(chosen)
}

/// Nodes while machines are placed on them.
struct Placing {
    candidates: Vec<Candidate>,
    /// Those that answered just now.
    answered: BTreeSet<usize>,
}

impl Placing {
    async fn new(app: &App) -> Result<Self> {
        Ok(Self { candidates: candidates(app).await?, answered: BTreeSet::new() })
    }

    async fn next(
        &mut self,
        app: &App,
        turn: &mut usize,
        fits: impl Fn(&NodeName) -> bool,
    ) -> Result<(NodeName, Placed, usize)> {
        let candidates = &mut self.candidates;
        let mut first = None;
        while let Some((index, placed)) = place::place(candidates, app.config.placement, *turn) {
            *turn = turn.wrapping_add(1);
            let candidate = &mut candidates[index];
            let name = candidate.name.parse().map_err(|error| Error::internal(&error))?;
            if !fits(&name) {
                candidate.online = false;
                continue;
            }
            // One that died since the last look would hold up whoever is sent there.
            if self.answered.contains(&index) || app.node_answers(&candidate.name).await {
                self.answered.insert(index);
                return Ok((name, placed, index));
            }
            candidate.online = false;
            first.get_or_insert((name, placed, index));
        }
        first.ok_or_else(|| match candidates.iter().any(|node| node.doubted && !node.drained) {
            // One that was there a moment ago: it may be the way to all of them that is lost.
            true => EngineError::Away("its nodes do not answer".into()).into(),
            false => Error::new(Kind::Unavailable, "error-no-node-free"),
        })
    }
}

/// The nodes as placement sees them, in name order.
async fn candidates(app: &App) -> Result<Vec<Candidate>> {
    if app.nodes.known().is_empty() {
        // Before the first look, or with an engine that was away until now.
        app.look_at_nodes().await;
    }
    let loads = app.store.node_loads().await?;
    let marks = app.store.node_marks().await?;
    let drained = |node: &str| marks.iter().any(|mark| mark.node == node && mark.drained.is_some());
    let known = app.nodes.known();
    if known.is_empty() {
        return Err(EngineError::Away("it never named its nodes".into()).into());
    }
    Ok(known
        .into_iter()
        .map(|(name, known)| {
            let (machines, reserved_mib) = loads.get(&name).copied().unwrap_or_default();
            Candidate {
                online: known.takes_machines(),
                doubted: known.is_doubted(),
                drained: drained(&name),
                machines,
                reserved_mib,
                figures: known.figures,
                name,
            }
        })
        .collect())
}

/// A node where a machine can be moved to now: there, answering, not drained.
pub(super) async fn target(app: &App, node: &NodeName) -> Result<()> {
    let candidates = candidates(app).await?;
    let refused = |kind, id| Err(Error::new(kind, id).with("node", node));
    match candidates.iter().find(|candidate| candidate.name == node.as_str()) {
        None => Err(no_node(node, candidates.into_iter().map(|candidate| candidate.name))),
        Some(found) if !found.online => refused(Kind::Unavailable, "error-node-silent"),
        Some(found) if found.drained => refused(Kind::Conflict, "error-node-drained"),
        Some(_) => Ok(()),
    }
}

fn no_node(node: &NodeName, known: impl Iterator<Item = String>) -> Error {
    let known: Vec<_> = known.map(|name| format!("`{name}`")).collect();
    let error = Error::new(Kind::NotFound, "error-no-node").with("node", node);
    error.with("known", known.join(", "))
}

/// There must be room for what the machine may use, as far as the node says how much it has.
pub(super) fn room(app: &App, vm: &Vm, target: &NodeName) -> Result<()> {
    let Some(figures) = app.nodes.figures(target.as_str()) else { return Ok(()) };
    let free = |used: Option<u64>, total: Option<u64>| Some(total?.saturating_sub(used?) >> 20);
    let memory = ("memory", vm.limits.memory_mib, free(figures.memory_used, figures.memory_total));
    let disk = ("disk", vm.limits.disk_mib, free(figures.disk_used, figures.disk_total));
    for (what, wanted, free) in [memory, disk] {
        if let Some(free) = free.filter(|free| *free < u64::from(wanted)) {
            let error = Error::new(Kind::Limited, "error-node-room").with("node", target);
            return Err(error.with("what", what).with("free", free).with("wanted", wanted));
        }
    }
    Ok(())
}

/// How many nodes take machines now.
pub(super) async fn open(app: &App) -> Result<u32> {
    Ok(candidates(app).await?.iter().filter(|node| node.online && !node.drained).count() as u32)
}

/// Refuses a node that is not there.
pub(super) async fn exists(app: &App, node: &NodeName) -> Result<()> {
    let candidates = candidates(app).await?;
    if candidates.iter().any(|candidate| candidate.name == node.as_str()) {
        return Ok(());
    }
    Err(no_node(node, candidates.into_iter().map(|candidate| candidate.name)))
}
