//! `vm move`: a machine to another node, stopped for it if it runs. A copy is built over there and takes
//! its place as a restore's does; the old one goes only when the new one runs, and comes back when it does
//! not. Whether it ran is written down before it is touched; killed at any step, the names of the copies
//! say how far it was.

use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::jobs::{self, Reporter};
use crate::app::reply::{Reply, VmReply};
use crate::app::restore::{ROLLBACK as BACK, SWAP, insist, swap};
use crate::app::vm_jobs::Work;
use crate::app::{App, Outcome, clock, node, vm};
use puerta_engine::{EngineError, Status, Which};
use puerta_lab::action::Action;
use puerta_lab::model::{Job, Phase, Vm};
use puerta_lab::names::{NodeName, VmRef};
use puerta_policy::decide::Permit;
use std::time::Duration;
use tokio::time::timeout;

/// It was only stopped for a move that came to nothing, and is started again.
const AGAIN: &str = "start";
/// How long a node that went in the middle may hold up the machine when all else is done.
const SOON: Duration = Duration::from_secs(60);

/// `vm move web1.alumno1 nodo02`: the permit, what can be known beforehand, and the job.
pub(super) async fn start(ctx: &Ctx<'_>, wanted: &VmRef, target: &NodeName) -> Result<Outcome> {
    let permit = vm::permit(ctx, wanted, Action::VmMove).await?;
    let (app, vm) = (ctx.app, permit.target());
    if vm.phase != Phase::Ready {
        return Err(Error::new(Kind::Conflict, "error-vm-not-ready").with("vm", &vm.name));
    }
    app.reachable(vm).await?;
    if app.instance(vm).await?.is_some_and(|found| found.node == target.as_str()) {
        let error = Error::new(Kind::Conflict, "error-vm-there").with("vm", &vm.name);
        return Err(error.with("node", target));
    }
    node::target(app, target).await?;
    room(app, vm, target)?;
    let started = app.store.start_move(vm.id, target, ctx.actor.person, clock::now()).await;
    let job = started.map_err(|error| jobs::not_begun(error, vm))?;
    Ok(Outcome::Job(app.launch(job, Some(ctx.visitor), Work::new(permit))))
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

/// The job, from wherever a restart found it.
pub(super) async fn carry(
    app: &App,
    job: &Job,
    permit: &Permit<Vm>,
    resumed: Option<&str>,
    grace: Duration,
    report: &Reporter,
) -> Result<Reply> {
    let (vm, engine) = (permit.target(), &app.engine);
    let lost = || Error::internal(&"a move without its row");
    let known = app.store.move_of(job.id).await?.ok_or_else(lost)?;
    let (origin, ran) = match known.origin {
        Some(origin) => origin,
        None => {
            let missing = || Error::new(Kind::Conflict, "error-vm-missing").with("vm", &vm.name);
            let found = engine.find(vm.vmid, Which::Main).await?.ok_or_else(missing)?;
            let ran = match found.status {
                Status::Stopped => false,
                Status::Running | Status::Busy => true,
                Status::Unreachable => return Err(EngineError::Away("its node is silent".into()).into()),
            };
            app.store.set_origin(job.id, &found.node, ran).await?;
            (found.node, ran)
        }
    };
    let target = known.target.as_str();
    let undone = || Error::new(Kind::Unavailable, "error-job-undone").with("job", job.id);
    let forward = async {
        if resumed != Some(SWAP) {
            build(app, permit, target, ran, grace, report).await.map_err(Failed::Building)?;
        }
        let swapped = async {
            report.step(SWAP).await?;
            Ok(swap(app, permit, ran).await?)
        };
        swapped.await.map_err(Failed::Swapping)
    };
    let failed = match resumed {
        Some(AGAIN) => Failed::Building(undone()),
        Some(BACK) => Failed::Swapping(undone()),
        _ => match forward.await {
            Err(failed) => failed,
            Ok(()) => {
                app.store.moved(vm.id, target).await?;
                put_away(app, permit, Which::Old).await;
                return Ok(Reply::Vm(VmReply::Moved { vm: app.after(permit).await, from: origin, ran }));
            }
        },
    };
    // A registry that cannot be written now must not keep the machine down.
    let error = match failed {
        Failed::Building(error) => {
            drop(report.step(AGAIN).await);
            report.put_away(&error, || again(app, permit, ran)).await?;
            error
        }
        Failed::Swapping(error) => {
            drop(report.step(BACK).await);
            report.put_away(&error, || back(app, permit, ran)).await?;
            error
        }
    };
    put_away(app, permit, Which::New).await;
    Err(error)
}

/// What a move failed at. Until the swap the machine is the machine, and an old copy that is there is not
/// of this move; from then on the old copy is the machine that was.
enum Failed {
    Building(Error),
    Swapping(Error),
}

/// The machine stopped, and a whole copy of it on the target.
async fn build(
    app: &App,
    permit: &Permit<Vm>,
    target: &str,
    ran: bool,
    grace: Duration,
    report: &Reporter,
) -> Result<()> {
    const TRIES: u32 = 5;
    let engine = &app.engine;
    if ran {
        report.step("stop").await?;
        engine.stop(permit, Which::Main, grace).await?;
    }
    report.step("move").await?;
    // Of an earlier restore or move, or of this one before a restart.
    for left in [Which::New, Which::Old] {
        engine.remove(permit, left).await?;
    }
    for _ in 1..TRIES {
        match engine.copy(permit, target).await {
            // An engine that comes back in between starts what ran when it went.
            Err(EngineError::Running) => engine.stop(permit, Which::Main, grace).await?,
            done => return Ok(done?),
        }
    }
    Ok(engine.copy(permit, target).await?)
}

/// The machine was only stopped: it runs again if it ran.
async fn again(app: &App, permit: &Permit<Vm>, ran: bool) -> puerta_engine::Result<()> {
    app.engine.settle(permit).await?;
    if ran { app.engine.start(permit, Which::Main).await } else { Ok(()) }
}

/// As it was: on the node that it came from, running if it ran. While there is an old copy, the main
/// one is a new one that did not run.
async fn back(app: &App, permit: &Permit<Vm>, ran: bool) -> puerta_engine::Result<()> {
    let engine = &app.engine;
    engine.settle(permit).await?;
    if engine.find(permit.target().vmid, Which::Old).await?.is_some() {
        engine.remove(permit, Which::Main).await?;
        engine.rename(permit, Which::Old, Which::Main).await?;
    }
    if ran { engine.start(permit, Which::Main).await } else { Ok(()) }
}

/// Removes a copy that is not needed any more. Its node may be the one that died: the machine is not
/// held up by that for long, and its next move, restore or removal tries again.
async fn put_away(app: &App, permit: &Permit<Vm>, which: Which) {
    let removed = timeout(SOON, insist(|| app.engine.remove(permit, which))).await;
    if !matches!(removed, Ok(Ok(()))) {
        tracing::warn!(vm = permit.target().vmid.get(), ?which, "a copy that a move made is still there");
    }
}
