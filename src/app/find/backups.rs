//! Backups.

use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use puerta_lab::action::Action;
use puerta_lab::model::{Actor, Backup};
use puerta_lab::names::{BackupName, SeatName};
use puerta_policy::decide::Permit;
use puerta_store::Store;

fn no_backup(name: &BackupName) -> Error {
    Error::new(Kind::NotFound, "error-no-backup").with("backup", name)
}

/// The backup somebody means, in the seat they named or in one of theirs, and the permit.
pub(in crate::app) async fn permit_backup(
    ctx: &Ctx<'_>,
    name: &BackupName,
    seat: Option<&SeatName>,
    action: Action,
) -> Result<Permit<Backup>> {
    let backup = backup(&ctx.app.store, &ctx.actor, name, seat).await?;
    let subject = format!("{}.{}", backup.vm_name, backup.seat_name);
    ctx.permit(action, backup, Some(&subject), no_backup(name)).await
}

/// The backup that somebody would mean.
pub(in crate::app) async fn backup(
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
