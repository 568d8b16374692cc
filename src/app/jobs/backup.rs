//! `vm backup`. An archive is written under another name, verified, renamed and only then recorded: what is
//! not verified is not a backup and is never listed.

use super::report::Reporter;
use super::task::{Cut, TakenUp, Task, Work};
use super::{begun, busy};
use crate::app::archive::{self, name_at, view};
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::reply::{BackupReply, Reply, Step, VmState};
use crate::app::{App, Outcome, clock, find};
use async_trait::async_trait;
use puerta_engine::{EngineError, Sum, Which};
use puerta_lab::action::Action;
use puerta_lab::model::{self, Job, SeatId, Vm};
use puerta_lab::names::{VmName, VmRef};
use puerta_policy::decide::Permit;
use puerta_store::NewBackup;
use std::path::Path;
use std::time::Duration;

pub(in crate::app) struct Backup;

/// The permit, the quota, the job.
pub(in crate::app) async fn start(ctx: &Ctx<'_>, wanted: &VmRef) -> Result<Outcome> {
    let permit = find::permit(ctx, wanted, Action::VmBackup).await?;
    let (app, vm) = (ctx.app, permit.target());
    find::ready(vm)?;
    app.reachable(vm).await?;
    // A name is one second long, and what had a name keeps it.
    while app.store.backup_by_name(vm.seat, &name_at(&vm.name, clock::now())?).await?.is_some() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let (keep, quotas) = (app.config.backup.keep as u32, app.config.quotas);
    let person = ctx.actor.person;
    let started = app.store.start_backup(Backup.kind(), vm.id, person, keep, quotas, clock::now()).await;
    let job = begun(vm, started)?;
    Ok(Outcome::Job(app.launch(job, Some(ctx.visitor), permit, Backup)))
}

#[async_trait]
impl Task for Backup {
    fn word(&self) -> &'static str {
        "backup"
    }

    fn action(&self) -> Action {
        Action::VmBackup
    }

    fn seen_as(&self) -> Option<VmState> {
        Some(VmState::BackingUp)
    }

    async fn run(self: Box<Self>, work: &Work) -> Result<Reply> {
        let app = &work.app;
        // Away from the first word on: nothing is begun, and nothing will have to be put away.
        app.engine.find(work.vm().vmid, Which::Main).await?;
        let made = make(work).await;
        if let Err(error) = &made {
            archive::remove(&app.part(&work.job)).await?;
            // The machine goes on, and nothing of it stays in the engine, before another job may have it.
            if let Err(other) = work.report.put_away(error, || app.engine.settle(&work.permit)).await {
                tracing::error!(vm = work.vm().vmid.get(), %other, "a backup left something behind");
            }
        }
        made
    }

    async fn take_up(&self, cut: &Cut<'_>) -> Result<TakenUp> {
        let Cut { app, job, .. } = cut;
        archive::remove(&app.part(job)).await?;
        // A name is one second long: another backup of this second may have it.
        let name = app.name_of(job)?;
        if app.store.backup_by_name(job.seat, &name).await?.is_none() {
            archive::remove(&app.archive(job.seat, &name)).await?;
        }
        Ok(TakenUp::Undone("error-undone-backup"))
    }
}

/// The machine into an archive at `part`, in place of what an earlier try left there, and verified.
pub(super) async fn export(app: &App, part: &Path, permit: &Permit<Vm>, report: &Reporter) -> Result<Sum> {
    let limits = &app.config.backup;
    archive::remove(part).await?;
    report.step(Step::Export).await?;
    let progress = |bytes, total| report.bytes(Step::Export, bytes, total);
    let export = app.engine.export(permit, part, limits.max_bytes, &progress);
    archive::deadline(limits.deadline, export).await??;
    report.step(Step::Verify).await?;
    let judged =
        archive::deadline(limits.deadline, app.engine.judge(part, limits.max_unpacked_bytes)).await?;
    judged.map_err(|error| match error {
        EngineError::BadArchive(cause) => {
            tracing::error!(cause, "an archive that was just made is not usable");
            Error::new(Kind::Unavailable, "error-archive-unreadable").with("vm", &permit.target().name)
        }
        other => other.into(),
    })
}

async fn make(work: &Work) -> Result<Reply> {
    let (app, job) = (&work.app, &work.job);
    let name = app.name_of(job)?;
    let (part, done) = (app.part(job), app.archive(job.seat, &name));
    if app.store.backup_by_name(job.seat, &name).await?.is_some() {
        return Err(busy(job));
    }
    archive::prepare(app, &done).await?;
    let sum = export(app, &part, &work.permit, &work.report).await?;
    archive::publish(&part, &done).await?;
    let now = clock::now();
    let took_ms = (now.0 - job.started.0).max(0) as u64;
    // The job has it as it is: it may have got another name since it was judged.
    let (seat, vm_name) = (job.seat, job.vm_name.clone());
    let new = NewBackup { name, seat, vm_name, size: sum.size, sha256: sum.sha256, took_ms };
    let backup = match app.store.finish_backup(job.id, new, now).await {
        Ok(backup) => backup,
        Err(error) => {
            archive::remove(&done).await?;
            return Err(error.into());
        }
    };
    let removed = rotate(app, job).await;
    Ok(Reply::Backup(BackupReply::Made { backup: view(&backup), removed }))
}

/// Lets go what is beyond the newest that are kept, and gives their names.
async fn rotate(app: &App, job: &Job) -> Vec<String> {
    let mut removed = Vec::new();
    for old in beyond_keep(app, job.seat, &job.vm_name).await.unwrap_or_default() {
        match app.discard(&old).await {
            Ok(()) => removed.push(old.name.to_string()),
            // The new backup is made all the same; the next one tries again.
            Err(error) => tracing::warn!(backup = %old.name, ?error, "an old backup could not be removed"),
        }
    }
    removed
}

/// A machine's backups that `keep` lets go, oldest first.
async fn beyond_keep(app: &App, seat: SeatId, vm: &VmName) -> Result<Vec<model::Backup>> {
    let all = app.store.backups_of(&[seat]).await?;
    let newest_first = all.into_iter().filter(|backup| backup.vm_name == *vm);
    let mut beyond: Vec<_> = newest_first.skip(app.config.backup.keep).collect();
    beyond.reverse();
    Ok(beyond)
}
