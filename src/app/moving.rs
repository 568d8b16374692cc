//! `vm move`: a machine to another node, stopped for it if it runs. Where it was and whether it ran is
//! written down before it is touched; killed at any moment, the engine says where it is, and it goes on
//! from there. A machine that does not start over there goes back.

use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::jobs::{self, Reporter};
use crate::app::reply::Reply;
use crate::app::restore::insist;
use crate::app::vm_jobs::Work;
use crate::app::{App, Outcome, clock, node, vm};
use crate::engine::{EngineError, Status, Which};
use puerta_policy::action::Action;
use puerta_policy::decide::Permit;
use puerta_policy::model::{Job, Phase, Vm};
use puerta_policy::names::{NodeName, VmRef};
use std::time::Duration;

/// It is on its way there.
const THERE: &str = "move";
/// It did not start there, and goes back.
const BACK: &str = "rollback";

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
    let mut error = Error::new(Kind::Unavailable, "error-job-undone").with("job", job.id);
    if resumed != Some(BACK) {
        match there(app, permit, target, ran, grace, report).await {
            Ok(()) => {
                app.store.moved(vm.id, target).await?;
                return Ok(Reply::VmMoved { vm: app.after(permit).await, from: origin, ran });
            }
            Err(cause) => error = cause,
        }
    }
    report.step(BACK).await?;
    report.put_away(&error, || back(app, permit, &origin, ran)).await?;
    Err(error)
}

/// From wherever it is, to running (if it ran) on the target.
async fn there(
    app: &App,
    permit: &Permit<Vm>,
    target: &str,
    ran: bool,
    grace: Duration,
    report: &Reporter,
) -> Result<()> {
    let engine = &app.engine;
    if ran {
        report.step("stop").await?;
        // One that was carried on may run there already.
        let found = insist(|| engine.find(permit.target().vmid, Which::Main)).await?;
        if found.is_none_or(|found| found.node != target) {
            engine.stop(permit, Which::Main, grace).await?;
        }
    }
    report.step(THERE).await?;
    if let Err(error) = carried(app, permit, target, grace).await {
        // The engine may go on with it without us; what it says afterwards stays.
        report.put_away(&error.clone().into(), || engine.settle(permit)).await?;
        let found = insist(|| engine.find(permit.target().vmid, Which::Main)).await?;
        if found.is_none_or(|found| found.node != target) {
            return Err(error.into());
        }
    }
    if ran {
        report.step("start").await?;
        insist(|| engine.start(permit, Which::Main)).await?;
    }
    Ok(())
}

/// An engine that comes back in between starts what ran when it went.
async fn carried(app: &App, permit: &Permit<Vm>, target: &str, grace: Duration) -> crate::engine::Result<()> {
    const TRIES: u32 = 5;
    for _ in 1..TRIES {
        match app.engine.move_to(permit, target).await {
            Err(EngineError::Running) => app.engine.stop(permit, Which::Main, grace).await?,
            done => return done,
        }
    }
    app.engine.move_to(permit, target).await
}

/// As it was: on the node that it came from, running if it ran.
async fn back(app: &App, permit: &Permit<Vm>, origin: &str, ran: bool) -> crate::engine::Result<()> {
    let engine = &app.engine;
    engine.settle(permit).await?;
    let found = engine.find(permit.target().vmid, Which::Main).await?.ok_or(EngineError::NotFound)?;
    if found.node != origin {
        engine.stop(permit, Which::Main, Duration::ZERO).await?;
        engine.move_to(permit, origin).await?;
    }
    if ran {
        engine.start(permit, Which::Main).await?;
    }
    Ok(())
}
