//! Backups: finished, verified archives. One that is not finished has no row.

use super::rows::{self, Row};
use super::{Connection, Result, Store, StoreError, jobs};
use puerta_lab::model::{Backup, BackupId, Limits, SeatId, Timestamp, Vm, VmId, Was};
use puerta_lab::names::{BackupName, SeatName};
use puerta_lab::plan::Vmid;
use sqlx::Row as _;

/// An archive that was just verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBackup {
    /// Its name.
    pub name: BackupName,
    /// The machine it was made of.
    pub vm: VmId,
    /// What somebody wrote about it.
    pub note: String,
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
            "SELECT b.id, b.seat, s.name AS seat_name, c.name AS course, b.name, b.vm, b.vm_name, b.size, b.sha256,
                    b.created, b.took_ms, b.protected, b.note, b.template, b.vmid, b.cpus, b.memory_mib,
                    b.disk_mib, b.processes FROM backups b
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
        vm: VmId(rows::number(row, "vm")?),
        vm_name: rows::word(row, "vm_name")?,
        was: was(row)?,
        protected: row.try_get("protected")?,
        note: rows::text(row, "note")?,
        size: rows::number(row, "size")?,
        sha256: rows::text(row, "sha256")?,
        created: rows::time(row, "created")?,
        took_ms: rows::number(row, "took_ms")?,
    })
}

/// All of it was written, or nothing.
fn was(row: &Row) -> Result<Option<Was>> {
    let Some(template) = rows::maybe_word(row, "template")? else { return Ok(None) };
    let limits = Limits {
        cpus: rows::number(row, "cpus")?,
        memory_mib: rows::number(row, "memory_mib")?,
        disk_mib: rows::number(row, "disk_mib")?,
        processes: rows::number(row, "processes")?,
    };
    Ok(Some(Was { template, vmid: rows::checked(row, "vmid", Vmid::from_stored)?, limits }))
}

/// Of a machine's backups, newest first: those that one more lets go when `keep` may be there, the oldest
/// first. `None`: so many are protected that a new one would have no place.
pub fn making_room(own: &[Backup], keep: u32) -> Option<Vec<&Backup>> {
    let keep = keep as usize;
    let protected = own.iter().filter(|backup| backup.protected).count();
    let beyond = (own.len() + 1).saturating_sub(keep);
    let free = own.iter().rev().filter(|backup| !backup.protected);
    (protected < keep).then(|| free.take(beyond).collect())
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
        backups.sort_by_key(|backup| std::cmp::Reverse(backup.id));
        Ok(backups)
    }

    /// Every backup, newest first.
    pub async fn backups(&self) -> Result<Vec<Backup>> {
        let rows = sqlx::query(select!("ORDER BY b.id DESC")).fetch_all(&self.readers).await?;
        rows::all(rows, read)
    }

    /// Backups of one machine, which may be gone, newest first.
    pub async fn backups_of_vm(&self, vm: VmId) -> Result<Vec<Backup>> {
        of_vm(&mut *self.readers.acquire().await?, vm).await
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

    /// The backup of that name in the seat of that name.
    pub async fn backup_of_seat(&self, seat: &SeatName, name: &BackupName) -> Result<Option<Backup>> {
        let row = sqlx::query(select!("WHERE s.name = $1 AND b.name = $2"))
            .bind(seat.as_str())
            .bind(name.as_str())
            .fetch_optional(&self.readers)
            .await?;
        rows::maybe(row, read)
    }

    /// One backup.
    pub async fn backup(&self, backup: BackupId) -> Result<Option<Backup>> {
        find(&mut *self.readers.acquire().await?, backup).await
    }

    /// Whether a backup stays until somebody says otherwise; `Gone` when it is not there.
    pub async fn protect_backup(&self, backup: BackupId, protected: bool) -> Result<()> {
        let mut tx = self.write().await?;
        let query = sqlx::query("UPDATE backups SET protected = $1 WHERE id = $2");
        let done = query.bind(protected).bind(backup.0).execute(&mut *tx).await?;
        tx.commit().await?;
        if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Gone) }
    }

    /// Forgets a backup; `false` when it was not there, `Protected`, or `Busy` while a job reads it. The archive
    /// is the caller's to remove.
    pub async fn delete_backup(&self, backup: BackupId) -> Result<bool> {
        let mut tx = self.write().await?;
        let Some(found) = find(&mut tx, backup).await? else { return Ok(false) };
        if found.protected {
            return Err(StoreError::Protected);
        }
        if let Some(job) = jobs::reading(&mut tx, backup).await? {
            return Err(StoreError::Busy { kind: job.kind, since: job.started });
        }
        sqlx::query("DELETE FROM backups WHERE id = $1").bind(backup.0).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// One backup inside the caller's transaction.
pub(super) async fn find(connection: &mut Connection, backup: BackupId) -> Result<Option<Backup>> {
    let row = sqlx::query(select!("WHERE b.id = $1")).bind(backup.0).fetch_optional(connection).await?;
    rows::maybe(row, read)
}

/// Backups of one machine inside the caller's transaction, newest first.
pub(super) async fn of_vm(connection: &mut Connection, vm: VmId) -> Result<Vec<Backup>> {
    let query = sqlx::query(select!("WHERE b.vm = $1 ORDER BY b.id DESC"));
    rows::all(query.bind(vm.0).fetch_all(connection).await?, read)
}

/// Records a backup of the machine inside the transaction that ends its job.
pub(super) async fn insert(
    connection: &mut Connection,
    vm: &Vm,
    new: NewBackup,
    now: Timestamp,
) -> Result<Backup> {
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO backups (seat, name, vm, vm_name, note, size, sha256, created, took_ms, template, vmid,
                              cpus, memory_mib, disk_mib, processes)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING id",
    )
    .bind(vm.seat.0)
    .bind(new.name.as_str())
    .bind(vm.id.0)
    .bind(vm.name.as_str())
    .bind(&new.note)
    .bind(rows::stored(new.size)?)
    .bind(&new.sha256)
    .bind(now.0)
    .bind(rows::stored(new.took_ms)?)
    .bind(vm.template.to_string())
    .bind(i64::from(vm.vmid.get()))
    .bind(i64::from(vm.limits.cpus))
    .bind(i64::from(vm.limits.memory_mib))
    .bind(i64::from(vm.limits.disk_mib))
    .bind(i64::from(vm.limits.processes))
    .fetch_one(&mut *connection)
    .await
    .map_err(StoreError::insert("backup"))?;
    find(connection, BackupId(id)).await?.ok_or(StoreError::Gone)
}
