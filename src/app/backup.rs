//! `backup ...`: the archives that there are. They are made by a job.

use crate::app::command::{BackupCommand, Whose};
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::reply::{BackupReply, BackupView, Reply};
use crate::app::{App, archive, clock, find, jobs};
use puerta_lab::action::Action;
use puerta_lab::model::{Backup, BackupId, VmId};
use puerta_lab::names::VmName;
use puerta_policy::decide::Decision;
use puerta_store::{StoreError, making_room};
use std::collections::{BTreeMap, BTreeSet};

pub(super) async fn run(ctx: &Ctx<'_>, command: BackupCommand) -> Result<Reply> {
    Ok(Reply::Backup(match command {
        BackupCommand::List { vm, whose } => list(ctx, vm, &whose).await?,
        BackupCommand::Show { backup, seat } => {
            let permit = find::permit_backup(ctx, &backup, seat.as_ref(), Action::BackupView).await?;
            BackupReply::One(ctx.app.seen_backup(permit.target()).await?)
        }
        BackupCommand::Delete { backup, seat } => {
            let permit = find::permit_backup(ctx, &backup, seat.as_ref(), Action::BackupDelete).await?;
            ctx.app.discard(permit.target()).await?;
            BackupReply::Deleted { backup: permit.target().name.to_string() }
        }
        BackupCommand::Protect { backup, seat, protected } => {
            let permit = find::permit_backup(ctx, &backup, seat.as_ref(), Action::BackupProtect).await?;
            ctx.app.store.protect_backup(permit.target().id, protected).await?;
            let now = Backup { protected, ..permit.into_target() };
            BackupReply::Protected(ctx.app.seen_backup(&now).await?)
        }
    }))
}

async fn list(ctx: &Ctx<'_>, vm: Option<VmName>, whose: &Whose) -> Result<BackupReply> {
    let store = &ctx.app.store;
    let (backups, vms) = match find::seats_asked(ctx, whose).await? {
        Some(seats) => (store.backups_of(&seats).await?, store.vms_of(&seats).await?),
        None => (store.backups().await?, store.vms().await?),
    };
    let there = vms.into_iter().map(|vm| vm.id).collect();
    let wanted = |backup: &Backup| vm.as_ref().is_none_or(|vm| *vm == backup.vm_name);
    let machines = by_machine(backups.into_iter().filter(wanted));
    let views = machines.iter().flat_map(|own| views(own, &there, ctx.app.config.backup.keep));
    let visible = views.filter(|(backup, _)| {
        matches!(ctx.decide(Action::BackupView, (*backup).clone()), Decision::Allow(_))
    });
    Ok(BackupReply::List(visible.map(|(_, view)| view).collect()))
}

/// Each machine's, newest first: by seat and name, of two that are called so the later machine first.
fn by_machine(newest_first: impl Iterator<Item = Backup>) -> Vec<Vec<Backup>> {
    let mut machines: BTreeMap<VmId, Vec<Backup>> = BTreeMap::new();
    for backup in newest_first {
        machines.entry(backup.vm).or_default().push(backup);
    }
    let mut machines: Vec<_> = machines.into_values().rev().collect();
    let name = |own: &Vec<Backup>| own.first().map(|one| (one.seat_name.clone(), one.vm_name.clone()));
    machines.sort_by_key(name);
    machines
}

/// All backups of one machine as people see them.
fn views<'a>(own: &'a [Backup], there: &BTreeSet<VmId>, keep: usize) -> Vec<(&'a Backup, BackupView)> {
    let is_there = own.first().is_some_and(|backup| there.contains(&backup.vm));
    // Of a machine that is gone no more are made, and so none goes.
    let going = if is_there { making_room(own, keep as u32) } else { None };
    let going: BTreeSet<BackupId> = going.unwrap_or_default().iter().map(|backup| backup.id).collect();
    own.iter().map(|backup| (backup, view(backup, is_there, going.contains(&backup.id)))).collect()
}

fn view(backup: &Backup, is_there: bool, goes_next: bool) -> BackupView {
    BackupView {
        name: backup.name.to_string(),
        vm: backup.vm_name.to_string(),
        deleted: !is_there,
        seat: backup.seat_name.to_string(),
        size: backup.size,
        sha256: backup.sha256.clone(),
        created: clock::rfc3339(backup.created),
        took_ms: backup.took_ms,
        protected: backup.protected,
        goes_next,
        note: backup.note.clone(),
    }
}

impl App {
    /// One backup as people see it.
    pub(super) async fn seen_backup(&self, backup: &Backup) -> Result<BackupView> {
        let own = self.store.backups_of_vm(backup.vm).await?;
        let there = self.store.vm(backup.vm).await?.map(|vm| vm.id).into_iter().collect();
        let seen = views(&own, &there, self.config.backup.keep);
        let found = seen.into_iter().find(|(one, _)| one.id == backup.id).map(|(_, view)| view);
        // It may have gone in between.
        Ok(found.unwrap_or_else(|| view(backup, !there.is_empty(), false)))
    }

    /// Forgets a backup, then removes its archive: a crash between leaves a file, never a lie.
    pub(super) async fn discard(&self, backup: &Backup) -> Result<()> {
        self.archives_there().await?;
        match self.store.delete_backup(backup.id).await {
            Err(StoreError::Protected) => {
                return Err(Error::new(Kind::Conflict, "error-backup-protected").with("backup", &backup.name));
            }
            Err(StoreError::Busy { kind, since }) => {
                return Err(jobs::taken(&backup.vm_name, &kind, since));
            }
            forgotten => forgotten?,
        };
        archive::remove(&self.archive(backup.seat, &backup.name)).await
    }
}
