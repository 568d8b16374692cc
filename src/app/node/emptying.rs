//! `node drain --move`: the machines of a drained node leave it one after the other, each by a job of
//! its own. It goes on without whoever asked, and after a restart.

use crate::app::error::{Error, Result};
use crate::app::jobs::moving;
use crate::app::{App, find, nodes};
use puerta_audit::Event;
use puerta_lab::model::{Vm, VmId};
use puerta_lab::names::NodeName;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// How long to wait for the job that a machine is busy with, before asking again.
const BUSY: Duration = Duration::from_secs(2);

/// Carries on with what the last puerta was emptying.
pub(in crate::app) async fn start(app: &Arc<App>) -> Result<()> {
    for mark in app.store.node_marks().await? {
        if mark.emptying {
            begin(app, mark.node);
        }
    }
    Ok(())
}

/// Empties a node that was marked so, in a task of its own.
pub(super) fn begin(app: &Arc<App>, node: String) {
    let app = Arc::clone(app);
    app.tasks.clone().spawn(async move {
        let (moved, left) = empty(&app, &node).await.unwrap_or_else(|error| {
            tracing::error!(node, ?error, "a node could not be emptied");
            (0, 0)
        });
        match app.store.emptied_node(&node).await {
            // Somebody put it back meanwhile: that is in the audit.
            Ok(false) => return,
            Ok(true) => {}
            Err(error) => tracing::error!(node, %error, "that a node is empty is not written down"),
        }
        tracing::info!(node, moved, left, "a drained node was emptied");
        let event = Event::note("node").with("node", node).with("what", "emptied");
        app.audit.finish(event.with("moved", moved).with("left", left)).await;
    });
}

/// How many machines left and how many stayed. Each is tried once.
async fn empty(app: &Arc<App>, node: &str) -> Result<(u32, u32)> {
    let (mut moved, mut tried) = (0, HashSet::new());
    while wanted(app, node).await? {
        // What is away now, after a power cut too, is waited for: nothing can leave it, and it may be back.
        if app.nodes.silent(node).is_some() || app.engine.nodes().await.is_err() {
            tokio::time::sleep(BUSY).await;
            continue;
        }
        let Some(vm) = next(app, node, &tried).await? else { break };
        match away(app, &vm).await {
            Ok(true) => moved += 1,
            Ok(false) => {
                tokio::time::sleep(BUSY).await;
                continue;
            }
            Err(error) => tracing::warn!(node, vm = vm.vmid.get(), ?error, "a machine did not leave"),
        }
        tried.insert(vm.id);
    }
    Ok((moved, tried.len() as u32 - moved))
}

async fn wanted(app: &App, node: &str) -> Result<bool> {
    Ok(app.store.node_marks().await?.iter().any(|mark| mark.node == node && mark.emptying))
}

async fn next(app: &App, node: &str, tried: &HashSet<VmId>) -> Result<Option<Vm>> {
    let all = app.store.vms().await?;
    Ok(all.into_iter().find(|vm| vm.node.as_deref() == Some(node) && !tried.contains(&vm.id)))
}

/// One machine, to wherever there is room, and until it is there. `false`: another job has it.
async fn away(app: &Arc<App>, vm: &Vm) -> Result<bool> {
    find::ready(vm)?;
    let fits = |node: &NodeName| nodes::room(app, vm, node).is_ok();
    let (target, _) = nodes::choose(app, &mut *app.nodes.turn().await, fits).await?;
    let Some(mut watch) = moving::start_itself(app, vm, &target).await? else { return Ok(false) };
    let now = watch.now.wait_for(|now| now.end.is_some()).await.map_err(|gone| Error::internal(&gone))?;
    match &now.end {
        Some(Err(error)) => Err(error.clone()),
        _ => Ok(true),
    }
}
