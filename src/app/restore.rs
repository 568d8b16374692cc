//! `vm restore`. The new instance is built beside the old one and swapped in at the end; the old
//! one goes only when the new one runs. Killed at any step, the names of the copies say how far it
//! was, and [`swap`] goes on from there.

use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::jobs::Reporter;
use crate::app::reply::Reply;
use crate::app::vm_jobs::Work;
use crate::app::{App, Outcome, archive, backup, vm};
use crate::engine::{EngineError, Which};
use puerta_policy::action::Action;
use puerta_policy::decide::Permit;
use puerta_policy::model::{Backup, BackupId, Job, JobKind, Phase, Vm};
use puerta_policy::names::{BackupName, VmRef};
use std::time::Duration;

/// `vm restore web1 [--backup B]`: the permits and the job.
pub(super) async fn start(ctx: &Ctx<'_>, wanted: &VmRef, name: Option<BackupName>) -> Result<Outcome> {
    let permit = vm::permit(ctx, wanted, Action::VmRestore).await?;
    let (app, vm) = (ctx.app, permit.target());
    if vm.phase != Phase::Ready {
        return Err(Error::new(Kind::Conflict, "error-vm-not-ready").with("vm", &vm.name));
    }
    let backup = choose(ctx, vm, name).await?;
    let job = app.begin_job(JobKind::Restore, vm, ctx.actor.person, Some(backup.id)).await?;
    Ok(Outcome::Job(app.launch(job, Some(ctx.visitor), Work::new(permit))))
}

/// The named backup of this machine, or its newest.
async fn choose(ctx: &Ctx<'_>, vm: &Vm, name: Option<BackupName>) -> Result<Backup> {
    let Some(name) = name else {
        let backups = ctx.app.store.backups_of(&[vm.seat]).await?;
        let newest = backups.into_iter().find(|backup| backup.vm_name == vm.name);
        return newest.ok_or_else(|| Error::new(Kind::NotFound, "error-no-backups-of").with("vm", &vm.name));
    };
    let permit = backup::permit(ctx, &name, Some(&vm.seat_name), Action::BackupView).await?;
    let backup = permit.into_target();
    if backup.vm_name != vm.name {
        let error = Error::new(Kind::Usage, "error-backup-of-other").with("backup", &backup.name);
        return Err(error.with("vm", &vm.name).with("other", &backup.vm_name));
    }
    Ok(backup)
}

/// The job. `resumed` means that a puerta before this one had begun to swap.
pub(super) async fn put_back(
    app: &App,
    job: &Job,
    permit: &Permit<Vm>,
    resumed: bool,
    report: &Reporter,
) -> Result<Reply> {
    let Some(backup) = app.store.backup(job.backup.unwrap_or(BackupId(0))).await? else {
        return Err(Error::new(Kind::NotFound, "error-no-backups-of").with("vm", &job.vm_name));
    };
    if !resumed {
        // Away from the first word on: nothing is begun, and nothing will have to be put away.
        app.engine.find(permit.target().vmid, Which::New).await?;
    }
    if !resumed && let Err(error) = build(app, permit, &backup, report).await {
        if let Err(other) = report.put_away(&error, || app.engine.remove(permit, Which::New)).await {
            tracing::error!(vm = permit.target().vmid.get(), %other, "a restore left its copy behind");
        }
        return Err(match error.id {
            "error-bad-archive" => error.with("backup", &backup.name),
            _ => error,
        });
    }
    report.step("swap").await?;
    if let Err(error) = swap(app, permit).await {
        back_out(app, permit).await;
        return Err(error);
    }
    Ok(Reply::VmRestored { vm: app.after(permit).await, backup: backup.name.to_string() })
}

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
    app.engine.remove(permit, Which::New).await?;
    let now = app.engine.find(vm.vmid, Which::Main).await?;
    let node = now.map(|main| main.node).or_else(|| vm.node.clone()).unwrap_or_default();
    let progress = |bytes, total| report.bytes("import", bytes, total);
    let import = app.engine.import(permit, &file, &node, &progress);
    archive::deadline(limits.deadline, import).await??;
    Ok(())
}

/// From "new beside the machine" to "the machine is the new one and runs", from wherever the names
/// of the copies say that it was. A new copy that does not start gives way to the old one.
pub(super) async fn swap(app: &App, permit: &Permit<Vm>) -> Result<()> {
    let engine = &app.engine;
    let vmid = permit.target().vmid;
    let grace = app.config.machine.stop_grace;
    let there = async |which| insist(|| engine.find(vmid, which)).await.map(|found| found.is_some());
    if there(Which::New).await? {
        if there(Which::Main).await? {
            insist(|| engine.stop(permit, Which::Main, grace)).await?;
            insist(|| engine.remove(permit, Which::Old)).await?;
            insist(|| engine.rename(permit, Which::Main, Which::Old)).await?;
        }
        insist(|| engine.rename(permit, Which::New, Which::Main)).await?;
    }
    if let Err(error) = insist(|| engine.start(permit, Which::Main)).await {
        if there(Which::Old).await? {
            insist(|| engine.remove(permit, Which::Main)).await?;
            insist(|| engine.rename(permit, Which::Old, Which::Main)).await?;
            insist(|| engine.start(permit, Which::Main)).await?;
        }
        return Err(error.into());
    }
    insist(|| engine.remove(permit, Which::Old)).await?;
    Ok(())
}

/// A swap that the engine refused: the old machine is the machine again. What cannot be done now is
/// left for the next job, which begins with the same removals.
async fn back_out(app: &App, permit: &Permit<Vm>) {
    let engine = &app.engine;
    let vmid = permit.target().vmid;
    let done = async {
        if insist(|| engine.find(vmid, Which::Main)).await?.is_none() {
            insist(|| engine.rename(permit, Which::Old, Which::Main)).await?;
        }
        insist(|| engine.remove(permit, Which::New)).await?;
        insist(|| engine.start(permit, Which::Main)).await
    };
    if let Err(error) = done.await {
        tracing::error!(vm = vmid.get(), %error, "the machine before the restore could not be put back");
    }
}

/// Where giving up would leave half, an engine that does not answer is waited for. The machine stays
/// reserved by its job meanwhile, and a restart of puerta takes up the same wait.
pub(super) async fn insist<T, F>(call: impl Fn() -> F) -> crate::engine::Result<T>
where
    F: Future<Output = crate::engine::Result<T>>,
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
