//! `vm backup` and `backup ...`. An archive is written under another name, verified, renamed and
//! only then recorded: what is not verified is not a backup and is never listed.

use crate::app::command::BackupCommand;
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::jobs::Reporter;
use crate::app::reply::{BackupReply, BackupView, Reply};
use crate::app::vm_jobs::Work;
use crate::app::{App, Outcome, archive, clock, jobs, vm};
use puerta_engine::Which;
use puerta_lab::action::Action;
use puerta_lab::model::{Actor, Backup, Job, Phase, SeatId, Timestamp, Vm};
use puerta_lab::names::{BackupName, SeatName, VmName, VmRef};
use puerta_policy::decide::{Decision, Permit};
use puerta_store::{NewBackup, Store};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(super) async fn run(ctx: &Ctx<'_>, command: BackupCommand) -> Result<Reply> {
    match command {
        BackupCommand::List { vm, seat, all } => list(ctx, vm, seat, all).await,
        BackupCommand::Show { backup, seat } => {
            let permit = permit(ctx, &backup, seat.as_ref(), Action::BackupView).await?;
            Ok(Reply::Backup(BackupReply::One(view(permit.target()))))
        }
        BackupCommand::Delete { backup, seat } => {
            let permit = permit(ctx, &backup, seat.as_ref(), Action::BackupDelete).await?;
            let backup = permit.into_target();
            let running = ctx.app.store.running_jobs().await?;
            if let Some((job, _)) = running.iter().find(|(job, _)| job.backup == Some(backup.id)) {
                return Err(jobs::busy(job));
            }
            ctx.app.discard(&backup).await?;
            Ok(Reply::Backup(BackupReply::Deleted { backup: backup.name.to_string() }))
        }
    }
}

fn no_backup(name: &BackupName) -> Error {
    Error::new(Kind::NotFound, "error-no-backup").with("backup", name)
}

/// The backup somebody means, in the seat they named or in one of theirs, and the permit.
pub(super) async fn permit(
    ctx: &Ctx<'_>,
    name: &BackupName,
    seat: Option<&SeatName>,
    action: Action,
) -> Result<Permit<Backup>> {
    let backup = find(&ctx.app.store, &ctx.actor, name, seat).await?;
    let subject = format!("{}.{}", backup.vm_name, backup.seat_name);
    ctx.permit(action, backup, Some(&subject), no_backup(name)).await
}

/// The backup that somebody would mean.
pub(super) async fn find(
    store: &Store,
    actor: &Actor,
    name: &BackupName,
    seat: Option<&SeatName>,
) -> Result<Backup> {
    let seats = match seat {
        Some(seat) => vec![store.seat_by_name(seat).await?.ok_or_else(|| no_backup(name))?.id],
        None => actor.seats.clone(),
    };
    for seat in seats {
        if let Some(backup) = store.backup_by_name(seat, name).await? {
            return Ok(backup);
        }
    }
    Err(no_backup(name))
}

async fn list(ctx: &Ctx<'_>, vm: Option<VmName>, seat: Option<SeatName>, all: bool) -> Result<Reply> {
    let store = &ctx.app.store;
    let backups = match vm::seats_asked(ctx, all, seat).await? {
        Some(seats) => store.backups_of(&seats).await?,
        None => store.backups().await?,
    };
    let visible = backups.into_iter().filter_map(|backup| match ctx.decide(Action::BackupView, backup) {
        Decision::Allow(permit) => Some(permit.into_target()),
        Decision::Deny(_) => None,
    });
    let wanted = visible.filter(|backup| vm.as_ref().is_none_or(|vm| *vm == backup.vm_name));
    Ok(Reply::Backup(BackupReply::List(wanted.map(|backup| view(&backup)).collect())))
}

fn view(backup: &Backup) -> BackupView {
    BackupView {
        name: backup.name.to_string(),
        vm: backup.vm_name.to_string(),
        seat: backup.seat_name.to_string(),
        size: backup.size,
        sha256: backup.sha256.clone(),
        created: clock::rfc3339(backup.created),
        took_ms: backup.took_ms,
    }
}

/// `vm backup web1`: the permit, the quota, the job.
pub(super) async fn start(ctx: &Ctx<'_>, wanted: &VmRef) -> Result<Outcome> {
    let permit = vm::permit(ctx, wanted, Action::VmBackup).await?;
    let (app, vm) = (ctx.app, permit.target());
    if vm.phase != Phase::Ready {
        return Err(Error::new(Kind::Conflict, "error-vm-not-ready").with("vm", &vm.name));
    }
    app.reachable(vm).await?;
    // A name is one second long, and what had a name keeps it.
    while app.store.backup_by_name(vm.seat, &name_at(&vm.name, clock::now())?).await?.is_some() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let keep = app.config.backup.keep as u32;
    let begun = app.store.start_backup(vm.id, ctx.actor.person, keep, app.config.quotas, clock::now()).await;
    let job = jobs::begun(vm, begun)?;
    Ok(Outcome::Job(app.launch(job, Some(ctx.visitor), Work::new(permit))))
}

fn name_at(vm: &VmName, begun: Timestamp) -> Result<BackupName> {
    Ok(format!("{vm}-{}", clock::stamp(begun)).parse()?)
}

/// The job: export beside, verify, rename, record, and let older ones go.
pub(super) async fn make(app: &App, job: &Job, permit: &Permit<Vm>, report: &Reporter) -> Result<Reply> {
    let part = app.part(job);
    // Away from the first word on: nothing is begun, and nothing will have to be put away.
    app.engine.find(permit.target().vmid, Which::Main).await?;
    let made = make_at(app, job, permit, report).await;
    if let Err(error) = &made {
        archive::remove(&part).await?;
        // The machine goes on, and nothing of it stays in the engine, before another job may have it.
        if let Err(other) = report.put_away(error, || app.engine.settle(permit)).await {
            tracing::error!(vm = permit.target().vmid.get(), %other, "a backup left something behind");
        }
    }
    made
}

/// The machine into an archive at `part`, in place of what an earlier try left there, and verified.
pub(super) async fn export(
    app: &App,
    part: &Path,
    permit: &Permit<Vm>,
    report: &Reporter,
) -> Result<archive::Sum> {
    let limits = &app.config.backup;
    archive::remove(part).await?;
    report.step("export").await?;
    let progress = |bytes, total| report.bytes("export", bytes, total);
    let export = app.engine.export(permit, part, limits.max_bytes, &progress);
    archive::deadline(limits.deadline, export).await??;
    report.step("verify").await?;
    archive::deadline(limits.deadline, archive::verify(part, limits.max_unpacked_bytes)).await?
}

async fn make_at(app: &App, job: &Job, permit: &Permit<Vm>, report: &Reporter) -> Result<Reply> {
    let vm = permit.target();
    let (part, done) = (app.part(job), app.archive(job.seat, &app.name_of(job)?));
    if app.store.backup_by_name(job.seat, &app.name_of(job)?).await?.is_some() {
        return Err(jobs::busy(job));
    }
    archive::prepare(&done).await?;
    let sum = export(app, &part, permit, report).await?;
    archive::publish(&part, &done).await?;
    let now = clock::now();
    let new = NewBackup {
        name: app.name_of(job)?,
        seat: vm.seat,
        vm_name: vm.name.clone(),
        size: sum.size,
        sha256: sum.sha256,
        took_ms: (now.0 - job.started.0).max(0) as u64,
    };
    let backup = match app.store.finish_backup(job.id, new, now).await {
        Ok(backup) => backup,
        Err(error) => {
            archive::remove(&done).await?;
            return Err(error.into());
        }
    };
    let mut removed = Vec::new();
    for old in app.beyond_keep(vm.seat, &vm.name).await.unwrap_or_default() {
        match app.discard(&old).await {
            Ok(()) => removed.push(old.name.to_string()),
            // The new backup is made all the same; the next one tries again.
            Err(error) => tracing::warn!(backup = %old.name, ?error, "an old backup could not be removed"),
        }
    }
    Ok(Reply::Backup(BackupReply::Made { backup: view(&backup), removed }))
}

impl App {
    /// Where a seat's archive of that name is kept.
    pub(super) fn archive(&self, seat: SeatId, name: &BackupName) -> PathBuf {
        self.config.backup.dir.join(seat.to_string()).join(format!("{name}.tar.zst"))
    }

    /// Where a job writes before its archive has a name.
    pub(super) fn part(&self, job: &Job) -> PathBuf {
        self.config.backup.dir.join(job.seat.to_string()).join(format!(".part-{}", job.id))
    }

    /// The name a backup job's archive gets: the machine's, and when the job began.
    pub(super) fn name_of(&self, job: &Job) -> Result<BackupName> {
        name_at(&job.vm_name, job.started)
    }

    /// A machine's backups that `keep` lets go, oldest first.
    async fn beyond_keep(&self, seat: SeatId, vm: &VmName) -> Result<Vec<Backup>> {
        let all = self.store.backups_of(&[seat]).await?;
        let newest_first = all.into_iter().filter(|backup| backup.vm_name == *vm);
        let mut beyond: Vec<_> = newest_first.skip(self.config.backup.keep).collect();
        beyond.reverse();
        Ok(beyond)
    }

    /// Forgets a backup, then removes its archive: a crash between leaves a file, never a lie.
    async fn discard(&self, backup: &Backup) -> Result<()> {
        self.store.delete_backup(backup.id).await?;
        archive::remove(&self.archive(backup.seat, &backup.name)).await
    }
}
