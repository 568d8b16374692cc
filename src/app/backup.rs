//! `backup ...`: the archives that there are. They are made by a job.

use crate::app::archive::view;
use crate::app::command::BackupCommand;
use crate::app::ctx::Ctx;
use crate::app::error::Result;
use crate::app::reply::{BackupReply, Reply};
use crate::app::{find, jobs};
use puerta_lab::action::Action;
use puerta_lab::names::{SeatName, VmName};
use puerta_policy::decide::Decision;

pub(super) async fn run(ctx: &Ctx<'_>, command: BackupCommand) -> Result<Reply> {
    match command {
        BackupCommand::List { vm, seat, all } => list(ctx, vm, seat, all).await,
        BackupCommand::Show { backup, seat } => {
            let permit = find::permit_backup(ctx, &backup, seat.as_ref(), Action::BackupView).await?;
            Ok(Reply::Backup(BackupReply::One(view(permit.target()))))
        }
        BackupCommand::Delete { backup, seat } => {
            let permit = find::permit_backup(ctx, &backup, seat.as_ref(), Action::BackupDelete).await?;
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

async fn list(ctx: &Ctx<'_>, vm: Option<VmName>, seat: Option<SeatName>, all: bool) -> Result<Reply> {
    let store = &ctx.app.store;
    let backups = match find::seats_asked(ctx, all, seat).await? {
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
