//! Seats that are removed with all that they hold. Nobody sits in one any more from the moment on at which that was
//! decided; its row stays until its machines and backups are gone, so that what is left to do is known after a restart.

use super::rows;
use super::{Changed, Connection, Result, Store, StoreError, What, seats, teams, vms};
use puerta_lab::model::{Seat, SeatId, Timestamp};
use sqlx::Row as _;

/// What seats hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Held {
    /// Machines.
    pub machines: u32,
    /// Backups, those that are being made too.
    pub backups: u32,
}

impl Held {
    /// All of it together.
    pub fn total(self) -> u32 {
        self.machines.saturating_add(self.backups)
    }
}

impl Store {
    /// Removes a seat, whoever sits there. One that holds something goes only with the number of all that it holds
    /// (`all`), and once that is gone: `Holds` otherwise.
    pub async fn remove_seat(&self, seat: SeatId, all: Option<u32>, now: Timestamp) -> Result<Changed<Held>> {
        let mut tx = self.write().await?;
        if seats::find(&mut tx, seat).await?.is_none() {
            return Err(StoreError::Gone);
        }
        if is_leaving(&mut tx, seat).await? {
            return Err(StoreError::Leaving);
        }
        let held = end(&mut tx, &[seat], all, now).await?;
        tx.commit().await?;
        Ok(Changed::new(held, teams::sat(seat)))
    }

    /// Seats that go once they hold nothing any more.
    pub async fn leaving_seats(&self) -> Result<Vec<Seat>> {
        let rows = sqlx::query(seats::select!("", "WHERE s.leaving IS NOT NULL ORDER BY s.leaving, s.id"))
            .fetch_all(&self.readers)
            .await?;
        rows::all(rows, seats::read)
    }

    /// Whether a seat is one of those.
    pub async fn is_leaving(&self, seat: SeatId) -> Result<bool> {
        is_leaving(&mut *self.readers.acquire().await?, seat).await
    }

    /// Forgets a seat that is to go; `false` while it holds something, or when it is none of those.
    pub async fn forget_seat(&self, seat: SeatId) -> Result<Changed<bool>> {
        let mut tx = self.write().await?;
        let empty = held(&mut tx, seat).await? == Held::default();
        let gone = empty && is_leaving(&mut tx, seat).await?;
        if gone {
            sqlx::query("DELETE FROM seats WHERE id = $1").bind(seat.0).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        // Whoever gets its number begins without its egress.
        Ok(Changed::new(gone, What { publications: gone, ..What::default() }))
    }
}

/// Machines and backups of a seat.
pub(super) async fn held(connection: &mut Connection, seat: SeatId) -> Result<Held> {
    let usage = vms::usage(connection, seat).await?;
    Ok(Held { machines: usage.machines, backups: usage.backups })
}

/// Whether a seat is to go.
pub(super) async fn is_leaving(connection: &mut Connection, seat: SeatId) -> Result<bool> {
    let row = sqlx::query("SELECT leaving IS NOT NULL AS leaving FROM seats WHERE id = $1")
        .bind(seat.0)
        .fetch_optional(connection)
        .await?;
    row.map_or(Ok(false), |row| Ok(row.try_get("leaving")?))
}

/// These seats are nobody's from now on; those that hold nothing are gone. `Holds` when they hold something and its
/// number was not said.
pub(super) async fn end(
    connection: &mut Connection,
    seats: &[SeatId],
    all: Option<u32>,
    now: Timestamp,
) -> Result<Held> {
    let (mut total, mut each) = (Held::default(), Vec::new());
    for seat in seats {
        let held = held(connection, *seat).await?;
        total.machines = total.machines.saturating_add(held.machines);
        total.backups = total.backups.saturating_add(held.backups);
        each.push((*seat, held));
    }
    if total != Held::default() && all != Some(total.total()) {
        return Err(StoreError::Holds(total));
    }
    for (seat, held) in each {
        let statements: &[&'static str] = match held == Held::default() {
            true => &["DELETE FROM seats WHERE id = $1"],
            false => &["DELETE FROM members WHERE seat = $1", "UPDATE vms SET rest = NULL WHERE seat = $1"],
        };
        for statement in statements {
            sqlx::query(*statement).bind(seat.0).execute(&mut *connection).await?;
        }
        sqlx::query("UPDATE seats SET leaving = $1 WHERE id = $2")
            .bind(now.0)
            .bind(seat.0)
            .execute(&mut *connection)
            .await?;
    }
    Ok(total)
}
