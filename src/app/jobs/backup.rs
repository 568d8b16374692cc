//! `vm backup`. An archive is written under another name, verified, renamed and only then recorded: what is
//! not verified is not a backup and is never listed.

use super::report::Reporter;
use super::task::{Cut, TakenUp, Task, Work};
use super::{begun, launched};
use crate::app::archive::{self, names_of};
use crate::app::command::MayGo;
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::reply::{BackupReply, Reply, Step, VmState};
use crate::app::{App, Outcome, clock, find};
use async_trait::async_trait;
use puerta_engine::{EngineError, Sum, Which};
use puerta_lab::action::Action;
use puerta_lab::model::{self, BackupId, Vm};
use puerta_lab::names::{BackupName, VmRef};
use puerta_policy::decide::Permit;
use puerta_store::{NewBackup, StoreError};
use std::path::Path;
use std::time::Instant;

/// Longest note, characters.
const LONGEST: usize = 200;

/// One with what was asked for; a restart undoes it, and so it need not be kept.
pub(in crate::app) struct Backup {
    pub(super) note: String,
    /// Those that go when it is there, and no others: these were said.
    pub(super) going: Vec<BackupId>,
}

/// The permit, what goes for it, the quota, the job.
pub(in crate::app) async fn start(
    ctx: &Ctx<'_>,
    wanted: &VmRef,
    note: Option<String>,
    may_go: MayGo,
) -> Result<Outcome> {
    let note = note.map(|note| note.trim().to_owned()).unwrap_or_default();
    if note.chars().count() > LONGEST {
        return Err(Error::new(Kind::Usage, "error-note-long").with("max", LONGEST));
    }
    let permit = find::permit(ctx, wanted, Action::VmBackup).await?;
    let (app, vm) = (ctx.app, permit.target());
    find::ready(vm)?;
    app.reachable(vm).await?;
    let may_go = match &may_go {
        MayGo::Any => None,
        MayGo::Only(names) => Some(names.as_slice()),
    };
    let (keep, quotas) = (app.config.backup.keep as u32, app.config.quotas);
    let (kind, who) = (Backup { note: String::new(), going: Vec::new() }.kind(), (vm.id, ctx.actor.person));
    let (job, going) = match app.store.start_backup(kind, who, keep, may_go, quotas, clock::now()).await {
        Err(StoreError::AllProtected) => return Err(all_protected(app, vm).await?),
        Err(StoreError::WouldGo(names)) => return Err(would_go(vm, &names)),
        started => begun(vm, started)?,
    };
    let going = going.into_iter().map(|backup| backup.id).collect();
    Ok(launched(ctx, job, permit, Backup { note, going }).await)
}

fn would_go(vm: &Vm, names: &[BackupName]) -> Error {
    let error = Error::new(Kind::Conflict, "error-backup-would-go").with("vm", &vm.name);
    let oldest = names.first().map(ToString::to_string).unwrap_or_default();
    error.with("backups", find::listed(names)).with("backup", oldest)
}

async fn all_protected(app: &App, vm: &Vm) -> Result<Error> {
    let own = app.store.backups_of_vm(vm.id).await?;
    let oldest = own.iter().rev().find(|backup| backup.protected).map(|backup| backup.name.to_string());
    let error = Error::new(Kind::Conflict, "error-backups-protected").with("vm", &vm.name);
    Ok(error.with("keep", app.config.backup.keep).with("backup", oldest.unwrap_or_default()))
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
        let made = make(work, *self).await;
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
        // No other job of this machine can have begun, so what has one of its names and is known to nobody is its own.
        for name in names_of(job)? {
            if app.store.backup_by_name(job.seat, &name).await?.is_none() {
                archive::remove(&app.archive(job.seat, &name)).await?;
            }
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

async fn make(work: &Work, asked: Backup) -> Result<Reply> {
    let (app, job) = (&work.app, &work.job);
    let name = app.name_for(job).await?;
    let (part, done) = (app.part(job), app.archive(job.seat, &name));
    archive::prepare(app, job.seat).await?;
    let began = Instant::now();
    let sum = export(app, &part, &work.permit, &work.report).await?;
    archive::publish(&part, &done).await?;
    let took_ms = began.elapsed().as_millis() as u64;
    let Backup { note, going } = asked;
    let new = NewBackup { name, vm: job.vm, note, size: sum.size, sha256: sum.sha256, took_ms };
    let backup = match app.store.finish_backup(job.id, new, clock::now()).await {
        Ok(backup) => backup,
        Err(error) => {
            archive::remove(&done).await?;
            return Err(error.into());
        }
    };
    let removed = let_go(app, &backup, &going).await;
    Ok(Reply::Backup(BackupReply::Made { backup: app.seen_backup(&backup).await?, removed }))
}

/// Lets go what made room, and gives the names: the oldest, as many as there are too many now. One that was
/// protected meanwhile, or is read, stays.
async fn let_go(app: &App, new: &model::Backup, going: &[BackupId]) -> Vec<String> {
    let own = match app.store.backups_of_vm(new.vm).await {
        Ok(own) => own,
        Err(error) => {
            tracing::warn!(%error, "old backups could not be looked up");
            return Vec::new();
        }
    };
    let beyond = own.len().saturating_sub(app.config.backup.keep);
    let mut removed = Vec::new();
    for old in own.iter().rev().filter(|old| going.contains(&old.id)).take(beyond) {
        removed.extend(gone(app, old).await.then(|| old.name.to_string()));
    }
    removed
}

/// The new backup is made all the same; the next one tries again.
async fn gone(app: &App, old: &model::Backup) -> bool {
    let discarded = app.discard(old).await;
    if let Err(error) = &discarded {
        tracing::warn!(backup = %old.name, ?error, "an old backup stays");
    }
    discarded.is_ok()
}
