//! Backups: finished, verified archives. One that is not finished has no row.

use super::rows::{self, Row};
use super::{Connection, Result, Store, StoreError};
use puerta_lab::model::{Backup, BackupId, SeatId, Timestamp};
use puerta_lab::names::{BackupName, VmName};

/// An archive that was just verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBackup {
    /// Its name.
    pub name: BackupName,
    /// Whose it is.
    pub seat: SeatId,
    /// The machine it was made of.
    pub vm_name: VmName,
    /// Bytes of the archive.
    pub size: u64,
    /// SHA-256 of the archive, lower-case hex.
    pub sha256: String,
    /// How long it took, milliseconds.
    pub took_ms: u64,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT b.id, b.seat, s.name AS seat_name, c.name AS course, b.name, b.vm_name, b.size, b.sha256,
                    b.created, b.took_ms FROM backups b
             JOIN seats s ON s.id = b.seat JOIN courses c ON c.id = s.course ",
            $rest
        )
    };
}

fn read(row: &Row) -> Result<Backup> {
    Ok(Backup {
        id: BackupId(rows::number(row, "id")?),
        name: rows::word(row, "name")?,
        seat: SeatId(rows::number(row, "seat")?),
        seat_name: rows::word(row, "seat_name")?,
        course: rows::word(row, "course")?,
        vm_name: rows::word(row, "vm_name")?,
        size: rows::number(row, "size")?,
        sha256: rows::text(row, "sha256")?,
        created: rows::time(row, "created")?,
        took_ms: rows::number(row, "took_ms")?,
    })
}

impl Store {
    /// Whether there is any backup at all.
    pub async fn has_backups(&self) -> Result<bool> {
        let one = sqlx::query("SELECT 1 AS one FROM backups LIMIT 1").fetch_optional(&self.readers).await?;
        Ok(one.is_some())
    }

    /// Backups of these seats, newest first.
    pub async fn backups_of(&self, seats: &[SeatId]) -> Result<Vec<Backup>> {
        let rows = self.of_seats(select!("WHERE b.seat"), seats, "", None).await?;
        let mut backups = rows::all(rows, read)?;
        backups.sort_by_key(|backup| std::cmp::Reverse((backup.created, backup.id)));
        Ok(backups)
    }

    /// Every backup, newest first.
    pub async fn backups(&self) -> Result<Vec<Backup>> {
        let rows =
            sqlx::query(select!("ORDER BY b.created DESC, b.id DESC")).fetch_all(&self.readers).await?;
        rows::all(rows, read)
    }

    /// The backup of that name in the seat.
    pub async fn backup_by_name(&self, seat: SeatId, name: &BackupName) -> Result<Option<Backup>> {
        let row = sqlx::query(select!("WHERE b.seat = $1 AND b.name = $2"))
            .bind(seat.0)
            .bind(name.as_str())
            .fetch_optional(&self.readers)
            .await?;
        rows::maybe(row, read)
    }

    /// One backup.
    pub async fn backup(&self, backup: BackupId) -> Result<Option<Backup>> {
        let row =
            sqlx::query(select!("WHERE b.id = $1")).bind(backup.0).fetch_optional(&self.readers).await?;
        rows::maybe(row, read)
    }

    /// Forgets a backup; `false` when it was not there. The archive is the caller's to remove.
    pub async fn delete_backup(&self, backup: BackupId) -> Result<bool> {
        let mut tx = self.write().await?;
        let done = sqlx::query("DELETE FROM backups WHERE id = $1").bind(backup.0).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(done.rows_affected() == 1)
    }
}

/// How many a machine of that name has, inside the caller's transaction.
pub(super) async fn count(connection: &mut Connection, seat: SeatId, vm: &VmName) -> Result<u32> {
    let row = sqlx::query("SELECT COUNT(*) AS backups FROM backups WHERE seat = $1 AND vm_name = $2")
        .bind(seat.0)
        .bind(vm.as_str())
        .fetch_one(connection)
        .await?;
    rows::number(&row, "backups")
}

/// Records a backup inside the transaction that ends its job.
pub(super) async fn insert(connection: &mut Connection, new: NewBackup, now: Timestamp) -> Result<Backup> {
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO backups (seat, name, vm_name, size, sha256, created, took_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
    )
    .bind(new.seat.0)
    .bind(new.name.as_str())
    .bind(new.vm_name.as_str())
    .bind(rows::stored(new.size)?)
    .bind(&new.sha256)
    .bind(now.0)
    .bind(rows::stored(new.took_ms)?)
    .fetch_one(&mut *connection)
    .await
    .map_err(StoreError::insert("backup"))?;
    let row = sqlx::query(select!("WHERE b.id = $1")).bind(id).fetch_one(connection).await?;
    read(&row)
}
