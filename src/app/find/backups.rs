//! Backups.

use super::hidden::Named;
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use puerta_lab::action::Action;
use puerta_lab::model::{Actor, Backup};
use puerta_lab::names::{BackupName, SeatName};
use puerta_policy::decide::Permit;
use puerta_store::Store;

/// The backup somebody means, in the seat they named or in one of theirs, and the permit.
pub(in crate::app) async fn permit_backup(
    ctx: &Ctx<'_>,
    name: &BackupName,
    seat: Option<&SeatName>,
    action: Action,
) -> Result<Permit<Backup>> {
    let found = backup(&ctx.app.store, &ctx.actor, name, seat).await?;
    let absent = || Error::new(Kind::NotFound, "error-no-backup").with("backup", name);
    let named = Named {
        subject: found.as_ref().map(|backup| format!("{}.{}", backup.vm_name, backup.seat_name)),
        found,
        nobodys: Backup::nobodys(name.clone(), seat.cloned()),
        absent: absent(),
        unseen: absent(),
    };
    named.permit(ctx, Action::BackupView, action).await
}

/// The backup that somebody would mean, if there is one. Of several of one name (a second, two seats) their own.
pub(in crate::app) async fn backup(
    store: &Store,
    actor: &Actor,
    name: &BackupName,
    seat: Option<&SeatName>,
) -> Result<Option<Backup>> {
    if let Some(seat) = seat {
        return Ok(store.backup_of_seat(seat, name).await?);
    }
    for seat in &actor.seats {
        if let Some(backup) = store.backup_by_name(*seat, name).await? {
            return Ok(Some(backup));
        }
    }
    Ok(None)
}

/// Names for a sentence.
pub(in crate::app) fn listed(names: &[BackupName]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
