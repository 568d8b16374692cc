//! `vm move`: a machine to another node, stopped for it if it runs. A copy is built over there and takes
//! its place as a restore's does; the old one goes only when the new one runs, and comes back when it does
//! not. Whether it ran is written down before it is touched; killed at any step, the names of the copies
//! say how far it was.

use super::report::{JobWatch, insist};
use super::swap::{replace, start_again, take_back};
use super::task::{Cut, TakenUp, Task, Work};
use super::{begun, launched};
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::reply::{Reply, Step, VmReply, VmState};
use crate::app::{App, Outcome, clock, find, nodes};
use async_trait::async_trait;
use puerta_engine::{EngineError, Status, Which};
use puerta_lab::action::Action;
use puerta_lab::model::{Job, Vm};
use puerta_lab::names::{NodeName, VmRef};
use puerta_store::StoreError;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// How long a node that went in the middle may hold up the machine when all else is done.
const SOON: Duration = Duration::from_secs(60);

pub(in crate::app) struct Move;

/// `vm move web1.alumno1 nodo02`: the permit, what can be known beforehand, and the job.
pub(in crate::app) async fn start(ctx: &Ctx<'_>, wanted: &VmRef, target: &NodeName) -> Result<Outcome> {
    let permit = find::permit(ctx, wanted, Action::VmMove).await?;
    let (app, vm) = (ctx.app, permit.target());
    find::ready(vm)?;
    app.reachable(vm).await?;
    if app.instance(vm).await?.is_some_and(|found| found.node == target.as_str()) {
        let error = Error::new(Kind::Conflict, "error-vm-there").with("vm", &vm.name);
        return Err(error.with("node", target));
    }
    nodes::target(app, target).await?;
    nodes::room(app, vm, target)?;
    let started = app.store.start_move(Move.kind(), vm.id, target, ctx.actor.person, clock::now()).await;
    let job = begun(vm, started)?;
    Ok(launched(ctx, job, permit, Move).await)
}

/// The same by puerta itself, which has chosen the node; `Busy` while another job has the machine.
pub(in crate::app) async fn start_itself(
    app: &Arc<App>,
    vm: &Vm,
    target: &NodeName,
) -> Result<Option<JobWatch>> {
    let permit = Move.permit(app, vm.clone()).await?;
    let started = app.store.start_move(Move.kind(), vm.id, target, None, clock::now()).await;
    if matches!(started, Err(StoreError::Busy { .. })) {
        return Ok(None);
    }
    Ok(Some(app.launch(begun(vm, started)?, permit, Move)))
}

#[async_trait]
impl Task for Move {
    fn word(&self) -> &'static str {
        "move"
    }

    fn action(&self) -> Action {
        Action::VmMove
    }

    /// One that ran is stopped only for that.
    async fn runs(&self, app: &App, job: &Job) -> Result<bool> {
        let known = app.store.move_of(job.id).await?;
        Ok(known.and_then(|known| known.origin).is_none_or(|(_, ran)| ran))
    }

    fn seen_as(&self) -> Option<VmState> {
        Some(VmState::Moving)
    }

    fn comes_back(&self) -> bool {
        true
    }

    async fn run(self: Box<Self>, work: &Work) -> Result<Reply> {
        let lost = || Error::internal(&"a move without its row");
        let known = work.app.store.move_of(work.job.id).await?.ok_or_else(lost)?;
        let (origin, ran) = match known.origin {
            Some(origin) => origin,
            None => set_out(work).await?,
        };
        match go(work, &known.target, ran).await {
            Ok(()) => {
                work.app.store.moved(work.vm().id, &known.target).await?;
                put_away(work, Which::Old).await;
                Ok(Reply::Vm(VmReply::Moved { vm: work.shown().await, from: origin, ran }))
            }
            Err(failed) => Err(undo(work, failed, ran).await?),
        }
    }

    async fn untouched(&self, app: &App, job: &Job) -> Result<Option<&'static str>> {
        let known = app.store.move_of(job.id).await?;
        let untouched = known.is_none_or(|known| known.origin.is_none());
        Ok(untouched.then_some("error-undone-move"))
    }

    async fn take_up(&self, _cut: &Cut<'_>) -> Result<TakenUp> {
        Ok(TakenUp::Again(Box::new(Move)))
    }
}

/// Writes down where the machine is and whether it runs.
async fn set_out(work: &Work) -> Result<(String, bool)> {
    let vm = work.vm();
    let missing = || Error::new(Kind::Conflict, "error-vm-missing").with("vm", &vm.name);
    let found = work.app.engine.find(vm.vmid, Which::Main).await?.ok_or_else(missing)?;
    let ran = match found.status {
        Status::Stopped => false,
        Status::Running | Status::Busy => true,
        Status::Unreachable => return Err(EngineError::Away("its node is silent".into()).into()),
    };
    work.app.store.set_origin(work.job.id, &found.node, ran).await?;
    Ok((found.node, ran))
}

/// What a move failed at. Until the swap the machine is the machine, and an old copy that is there is not
/// of this move; from then on the old copy is the machine that was.
enum Failed {
    Building(Error),
    Swapping(Error),
}

/// To the target, from wherever a restart found it.
async fn go(work: &Work, target: &str, ran: bool) -> std::result::Result<(), Failed> {
    let undone = || Error::new(Kind::Unavailable, "error-job-undone").with("job", work.job.id);
    match work.resumed {
        // It was only stopped for a move that came to nothing.
        Some(Step::Start) => return Err(Failed::Building(undone())),
        Some(Step::Rollback) => return Err(Failed::Swapping(undone())),
        Some(Step::Swap) => {}
        _ => build(work, target, ran).await.map_err(Failed::Building)?,
    }
    swap(work, ran).await.map_err(Failed::Swapping)
}

/// The machine stopped, and a whole copy of it on the target.
async fn build(work: &Work, target: &str, ran: bool) -> Result<()> {
    const TRIES: u32 = 5;
    let (engine, permit, grace) = (&work.app.engine, &work.permit, work.app.config.machine.stop_grace);
    if ran {
        work.report.step(Step::Stop).await?;
        engine.stop(permit, Which::Main, grace).await?;
    }
    work.report.step(Step::Move).await?;
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

/// The copy is the machine, and runs if that ran; what was stays for the caller.
async fn swap(work: &Work, ran: bool) -> Result<()> {
    let (engine, permit) = (&work.app.engine, &work.permit);
    work.report.step(Step::Swap).await?;
    replace(work).await?;
    if ran {
        insist(|| engine.start(permit, Which::Main)).await?;
    }
    Ok(())
}

/// The machine as it was, and why.
async fn undo(work: &Work, failed: Failed, ran: bool) -> Result<Error> {
    // A registry that cannot be written now must not keep the machine down.
    let error = match failed {
        Failed::Building(error) => {
            drop(work.report.step(Step::Start).await);
            work.report.put_away(&error, || again(work, ran)).await?;
            error
        }
        Failed::Swapping(error) => {
            drop(work.report.step(Step::Rollback).await);
            work.report.put_away(&error, || back(work, ran)).await?;
            error
        }
    };
    put_away(work, Which::New).await;
    Ok(error)
}

/// The machine was only stopped: it runs again if it ran.
async fn again(work: &Work, ran: bool) -> puerta_engine::Result<()> {
    work.app.engine.settle(&work.permit).await?;
    if ran { start_again(work).await } else { Ok(()) }
}

/// As it was: on the node that it came from, running if it ran.
async fn back(work: &Work, ran: bool) -> puerta_engine::Result<()> {
    take_back(work).await?;
    if ran { start_again(work).await } else { Ok(()) }
}

/// Removes a copy that is not needed any more. Its node may be the one that died: the machine is not
/// held up by that for long, and its next move, restore or removal tries again.
async fn put_away(work: &Work, which: Which) {
    let removed = timeout(SOON, insist(|| work.app.engine.remove(&work.permit, which))).await;
    if !matches!(removed, Ok(Ok(()))) {
        tracing::warn!(vm = work.vm().vmid.get(), ?which, "a copy that a move made is still there");
    }
}
