//! `vm restore`. The new instance is built beside the old one and swapped in at the end; the old
//! one goes only when the new one runs. Killed at any step, the names of the copies say how far it
//! was, and the swap goes on from there.

use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::jobs::Reporter;
use crate::app::reply::{Reply, VmReply};
use crate::app::vm_jobs::Work;
use crate::app::{App, Outcome, archive, backup, vm};
use puerta_engine::{EngineError, Which};
use puerta_lab::action::Action;
use puerta_lab::model::{Backup, BackupId, Job, JobKind, Phase, Vm};
use puerta_lab::names::{BackupName, VmRef};
use puerta_policy::decide::{Decision, Permit};
use std::time::Duration;

/// `vm restore web1 [--backup B]`: the permits and the job.
pub(super) async fn start(ctx: &Ctx<'_>, wanted: &VmRef, name: Option<BackupName>) -> Result<Outcome> {
    let permit = vm::permit(ctx, wanted, Action::VmRestore).await?;
    let (app, vm) = (ctx.app, permit.target());
    if vm.phase != Phase::Ready {
        return Err(Error::new(Kind::Conflict, "error-vm-not-ready").with("vm", &vm.name));
    }
    let backup = choose(ctx, vm, name).await?;
    app.reachable(vm).await?;
    let job = app.begin_job(JobKind::Restore, vm, ctx.actor.person, Some(backup.id)).await?;
    Ok(Outcome::Job(app.launch(job, Some(ctx.visitor), Work::new(permit))))
}

/// The named backup of this machine, or its newest.
async fn choose(ctx: &Ctx<'_>, vm: &Vm, name: Option<BackupName>) -> Result<Backup> {
    let Some(name) = name else {
        let backups = ctx.app.store.backups_of(&[vm.seat]).await?;
        let mine = backups.into_iter().filter(|backup| backup.vm_name == vm.name);
        let mut visible = mine.filter_map(|backup| match ctx.decide(Action::BackupView, backup) {
            Decision::Allow(permit) => Some(permit.into_target()),
            Decision::Deny(_) => None,
        });
        return visible
            .next()
            .ok_or_else(|| Error::new(Kind::NotFound, "error-no-backups-of").with("vm", &vm.name));
    };
    let permit = backup::permit(ctx, &name, Some(&vm.seat_name), Action::BackupView).await?;
    let backup = permit.into_target();
    if backup.vm_name != vm.name {
        let error = Error::new(Kind::Usage, "error-backup-of-other").with("backup", &backup.name);
        return Err(error.with("vm", &vm.name).with("other", &backup.vm_name));
    }
    Ok(backup)
}

/// The job. `resumed` is the step at which a puerta before this one was cut.
pub(super) async fn put_back(
    app: &App,
    job: &Job,
    permit: &Permit<Vm>,
    resumed: Option<&str>,
    report: &Reporter,
) -> Result<Reply> {
    let backup = app.store.backup(job.backup.unwrap_or(BackupId(0))).await?;
    if resumed.is_none() {
        let absent = || Error::new(Kind::NotFound, "error-no-backups-of").with("vm", &job.vm_name);
        let backup = backup.as_ref().ok_or_else(absent)?;
        // Away from the first word on: nothing is begun, and nothing will have to be put away.
        app.engine.find(permit.target().vmid, Which::New).await?;
        if let Err(error) = build(app, permit, backup, report).await {
            if let Err(other) = report.put_away(&error, || app.engine.remove(permit, Which::New)).await {
                tracing::error!(vm = permit.target().vmid.get(), %other, "a restore left its copy behind");
            }
            return Err(match error.id {
                "error-bad-archive" => error.with("backup", &backup.name),
                _ => error,
            });
        }
    }
    let mut error = Error::new(Kind::Unavailable, "error-job-undone").with("job", job.id);
    if resumed != Some(ROLLBACK) {
        report.step(SWAP).await?;
        match swap(app, permit, true).await {
            Ok(()) => {
                if let Err(error) = insist(|| app.engine.remove(permit, Which::Old)).await {
                    // The machine is the new one and runs; the next restore removes this first.
                    tracing::warn!(vm = permit.target().vmid.get(), %error, "the copy before a restore is still there");
                }
                let backup = backup.map_or_else(String::new, |backup| backup.name.to_string());
                return Ok(Reply::Vm(VmReply::Restored { vm: app.after(permit).await, backup }));
            }
            Err(cause) => error = cause.into(),
        }
    }
    report.step(ROLLBACK).await?;
    report.put_away(&error, || roll_back(app, permit)).await?;
    Err(error)
}

/// The new copy is whole, and takes the machine's place.
pub(super) const SWAP: &str = "swap";
/// It did not run, or the engine refused: the old copy takes its place again.
pub(super) const ROLLBACK: &str = "rollback";

/// Verifies the archive and builds the new copy from it, beside the machine.
async fn build(app: &App, permit: &Permit<Vm>, backup: &Backup, report: &Reporter) -> Result<()> {
    let limits = &app.config.backup;
    let vm = permit.target();
    let file = app.archive(backup.seat, &backup.name);
    report.step("verify").await?;
    let sum = archive::deadline(limits.deadline, archive::verify(&file, limits.max_unpacked_bytes)).await??;
    if sum.sha256 != backup.sha256 {
        tracing::error!(file = %file.display(), "the archive's sum is not the recorded one");
        return Err(Error::new(Kind::Conflict, "error-bad-archive"));
    }
    report.step("import").await?;
    // An old copy that is there now is an earlier restore's; during the swap it is this one's.
    for left in [Which::New, Which::Old] {
        app.engine.remove(permit, left).await?;
    }
    let now = app.engine.find(vm.vmid, Which::Main).await?;
    let node = now.map(|main| main.node).or_else(|| vm.node.clone()).unwrap_or_default();
    let progress = |bytes, total| report.bytes("import", bytes, total);
    let import = app.engine.import(permit, &file, &node, &progress);
    archive::deadline(limits.deadline, import).await??;
    Ok(())
}

/// From "new beside the machine" to "the machine is the new one" (and with `start` runs), from wherever
/// the names of the copies say that it was. The old one stays for the caller.
pub(super) async fn swap(app: &App, permit: &Permit<Vm>, start: bool) -> puerta_engine::Result<()> {
    let engine = &app.engine;
    let vmid = permit.target().vmid;
    if insist(|| engine.find(vmid, Which::New)).await?.is_some() {
        if insist(|| engine.find(vmid, Which::Main)).await?.is_some() {
            set_aside(app, permit).await?;
        }
        insist(|| engine.rename(permit, Which::New, Which::Main)).await?;
    }
    if start { insist(|| engine.start(permit, Which::Main)).await } else { Ok(()) }
}

/// Stops the machine and gives it the old one's name. An engine that comes back in between starts what
/// ran when it went.
async fn set_aside(app: &App, permit: &Permit<Vm>) -> puerta_engine::Result<()> {
    const TRIES: u32 = 5;
    let engine = &app.engine;
    for _ in 1..TRIES {
        engine.stop(permit, Which::Main, app.config.machine.stop_grace).await?;
        match insist(|| engine.rename(permit, Which::Main, Which::Old)).await {
            Err(EngineError::Running) => tokio::time::sleep(Duration::from_secs(1)).await,
            done => return done,
        }
    }
    engine.stop(permit, Which::Main, Duration::ZERO).await?;
    insist(|| engine.rename(permit, Which::Main, Which::Old)).await
}

/// The old machine is the machine again. While there is an old copy, the main one is a new one that
/// did not run.
async fn roll_back(app: &App, permit: &Permit<Vm>) -> puerta_engine::Result<()> {
    let engine = &app.engine;
    let vmid = permit.target().vmid;
    if engine.find(vmid, Which::Old).await?.is_some() {
        engine.remove(permit, Which::Main).await?;
        engine.rename(permit, Which::Old, Which::Main).await?;
    }
    engine.remove(permit, Which::New).await?;
    engine.start(permit, Which::Main).await
}

/// Where giving up would leave half, an engine that does not answer is waited for. The machine stays
/// reserved by its job meanwhile, and a restart of puerta takes up the same wait.
pub(super) async fn insist<T, F>(call: impl Fn() -> F) -> puerta_engine::Result<T>
where
    F: Future<Output = puerta_engine::Result<T>>,
{
    let mut pause = Duration::from_millis(250);
    loop {
        match call().await {
            Err(EngineError::Away(cause)) => {
                tracing::warn!(cause, "waiting for the engine to finish what was begun");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(15));
            }
            other => return other,
        }
    }
}
