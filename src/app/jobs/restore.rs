//! `vm restore`. The new instance is built beside the old one and swapped in at the end; the old one goes
//! only when the new one runs. Killed at any step, the names of the copies say how far it was, and the swap
//! goes on from there.

use super::begin;
use super::report::insist;
use super::swap::{replace, start_again, take_back};
use super::task::{Cut, TakenUp, Task, Work};
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::reply::{Reply, Step, VmReply, VmState};
use crate::app::{Outcome, archive, find};
use async_trait::async_trait;
use puerta_engine::{EngineError, Take, Which};
use puerta_lab::action::Action;
use puerta_lab::model::{Backup, BackupId, Vm};
use puerta_lab::names::{BackupName, VmRef};
use puerta_policy::decide::Decision;

pub(in crate::app) struct Restore;

/// `vm restore web1 [--backup B]`: the permits and the job. `over`: what it contains may be lost.
pub(in crate::app) async fn start(
    ctx: &Ctx<'_>,
    wanted: &VmRef,
    name: Option<BackupName>,
    over: bool,
) -> Result<Outcome> {
    let permit = find::permit(ctx, wanted, Action::VmRestore).await?;
    if !over {
        return Err(Error::new(Kind::Usage, "error-need-yes"));
    }
    find::ready(permit.target())?;
    let backup = choose(ctx, permit.target(), name).await?;
    begin(ctx, permit, Restore, Some(backup.id)).await
}

/// The named backup of this machine, or its newest. By its name also one of an earlier machine that was
/// called so.
pub(super) async fn choose(ctx: &Ctx<'_>, vm: &Vm, name: Option<BackupName>) -> Result<Backup> {
    let Some(name) = name else {
        let backups = ctx.app.store.backups_of_vm(vm.id).await?;
        let mut visible =
            backups.into_iter().filter_map(|backup| match ctx.decide(Action::BackupView, backup) {
                Decision::Allow(permit) => Some(permit.into_target()),
                Decision::Deny(_) => None,
            });
        return visible
            .next()
            .ok_or_else(|| Error::new(Kind::NotFound, "error-no-backups-of").with("vm", &vm.name));
    };
    let permit = find::permit_backup(ctx, &name, Some(&vm.seat_name), Action::BackupView).await?;
    let backup = permit.into_target();
    if backup.vm_name != vm.name {
        let error = Error::new(Kind::Usage, "error-backup-of-other").with("backup", &backup.name);
        return Err(error.with("vm", &vm.name).with("other", &backup.vm_name));
    }
    Ok(backup)
}

#[async_trait]
impl Task for Restore {
    fn word(&self) -> &'static str {
        "restore"
    }

    fn action(&self) -> Action {
        Action::VmRestore
    }

    fn starts_it(&self) -> bool {
        true
    }

    fn seen_as(&self) -> Option<VmState> {
        Some(VmState::Restoring)
    }

    fn comes_back(&self) -> bool {
        true
    }

    async fn run(self: Box<Self>, work: &Work) -> Result<Reply> {
        let mut reply = put_back(work).await?;
        // The backup has the keys of its day.
        let in_the_way = work.app.hand_keys(&work.permit).await;
        if let Reply::Vm(VmReply::Restored { vm, .. }) = &mut reply {
            vm.keys_blocked = in_the_way;
        }
        Ok(reply)
    }

    /// Until the swap the machine is the machine, and the copy beside it goes.
    async fn take_up(&self, cut: &Cut<'_>) -> Result<TakenUp> {
        if matches!(cut.step, Some(Step::Swap | Step::Rollback)) {
            return Ok(TakenUp::Again(Box::new(Restore)));
        }
        insist(|| cut.app.engine.remove(cut.permit, Which::New)).await?;
        Ok(TakenUp::Undone("error-undone-restore"))
    }
}

async fn put_back(work: &Work) -> Result<Reply> {
    let (app, job, permit, report) = (&work.app, &work.job, &work.permit, &work.report);
    let backup = app.store.backup(job.backup.unwrap_or(BackupId(0))).await?;
    if work.resumed.is_none() {
        let absent = || Error::new(Kind::NotFound, "error-no-backups-of").with("vm", &job.vm_name);
        build_beside(work, backup.as_ref().ok_or_else(absent)?).await?;
    }
    let mut error = Error::new(Kind::Unavailable, "error-job-undone").with("job", job.id);
    if work.resumed != Some(Step::Rollback) {
        report.step(Step::Swap).await?;
        match swap(work).await {
            Ok(()) => {
                if let Err(error) = insist(|| app.engine.remove(permit, Which::Old)).await {
                    // The machine is the new one and runs; the next restore removes this first.
                    tracing::warn!(vm = work.vm().vmid.get(), %error, "the copy before a restore is still there");
                }
                let backup = backup.map_or_else(String::new, |backup| backup.name.to_string());
                return Ok(Reply::Vm(VmReply::Restored { vm: work.shown().await, backup }));
            }
            Err(EngineError::Spoiled(spoiled)) => {
                tracing::warn!(%spoiled, "what a backup brings back does not start");
                let name = backup.map_or_else(String::new, |backup| backup.name.to_string());
                error = Error::new(Kind::Conflict, "error-spoiled-backup").with("vm", &job.vm_name);
                error = error.with("backup", name);
            }
            Err(cause) => error = cause.into(),
        }
    }
    report.step(Step::Rollback).await?;
    report.put_away(&error, || roll_back(work)).await?;
    Err(error)
}

/// The new copy, whole, or nothing of it.
async fn build_beside(work: &Work, backup: &Backup) -> Result<()> {
    let (app, permit) = (&work.app, &work.permit);
    // Away from the first word on: nothing is begun, and nothing will have to be put away.
    app.engine.find(work.vm().vmid, Which::New).await?;
    let Err(error) = build(work, backup, Take::All).await else { return Ok(()) };
    if let Err(other) = work.report.put_away(&error, || app.engine.remove(permit, Which::New)).await {
        tracing::error!(vm = work.vm().vmid.get(), %other, "a restore left its copy behind");
    }
    Err(error)
}

/// Verifies the archive and builds the new copy from it, beside the machine if there is one.
pub(super) async fn build(work: &Work, backup: &Backup, take: Take) -> Result<()> {
    let (app, vm, report) = (&work.app, work.vm(), &work.report);
    let limits = &app.config.backup;
    let bad = |error| match error {
        error @ EngineError::BadArchive(_) => Error::from(error).with("backup", &backup.name),
        other => other.into(),
    };
    app.archives_there().await?;
    let file = app.archive(backup.seat, &backup.name);
    report.step(Step::Verify).await?;
    let judged = archive::deadline(limits.deadline, app.engine.judge(&file, limits.max_unpacked_bytes));
    if judged.await?.map_err(bad)?.sha256 != backup.sha256 {
        return Err(bad(EngineError::BadArchive(format!(
            "the sum of {} is not the recorded one",
            file.display()
        ))));
    }
    report.step(Step::Import).await?;
    // An old copy that is there now is an earlier restore's; during the swap it is this one's.
    for left in [Which::New, Which::Old] {
        app.engine.remove(&work.permit, left).await?;
    }
    let now = app.engine.find(vm.vmid, Which::Main).await?;
    let node = now.map(|main| main.node).or_else(|| vm.node.clone()).unwrap_or_default();
    let progress = |bytes, total| report.bytes(Step::Import, bytes, total);
    let import = app.engine.import(&work.permit, (&file, take), &node, &progress);
    archive::deadline(limits.deadline, import).await?.map_err(bad)
}

/// The machine is the new one, and runs; the old one stays for the caller.
async fn swap(work: &Work) -> puerta_engine::Result<()> {
    let (engine, permit) = (&work.app.engine, &work.permit);
    replace(work).await?;
    insist(|| engine.start(permit, Which::Main)).await
}

/// The old machine is the machine again, and runs.
async fn roll_back(work: &Work) -> puerta_engine::Result<()> {
    let (engine, permit) = (&work.app.engine, &work.permit);
    take_back(work).await?;
    engine.remove(permit, Which::New).await?;
    start_again(work).await
}
