//! Jobs: the journal of what was asked for. A running job is the lock of its machine; the database
//! holds at most one of them a machine. Jobs outlive their machine, so they carry its names.

use super::backups::{self, NewBackup};
use super::rows::{self, Row};
use super::{Changed, Connection, Result, Store, StoreError, What, quotas, templates, vms};
use puerta_lab::even::Old;
use puerta_lab::model::{
    Backup, BackupId, BatchId, Job, JobId, JobKind, JobState, PersonId, SeatId, Timestamp, Vm, VmId,
};
use puerta_lab::names::{BackupName, SeatName};
use puerta_lab::quota::Quotas;
use sqlx::Row as _;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT j.id, j.number, j.kind, j.vm, j.vm_name, j.seat, j.seat_name, j.person, j.backup, j.batch,
                    j.state, j.reason, j.step, j.started, j.finished FROM jobs j ",
            $rest
        )
    };
}

fn read(row: &Row) -> Result<Job> {
    let kind = JobKind::from_stored(rows::text(row, "kind")?);
    let reason = row.try_get::<Option<String>, _>("reason")?.unwrap_or_default();
    let state = match row.try_get("state")? {
        "running" => JobState::Running,
        "done" => JobState::Done,
        "failed" => JobState::Failed(reason),
        "undone" => JobState::Undone(reason),
        other => return Err(StoreError::Corrupt(format!("state is `{other}`"))),
    };
    Ok(Job {
        id: JobId(rows::number(row, "id")?),
        number: rows::number(row, "number")?,
        kind,
        vm: VmId(rows::number(row, "vm")?),
        vm_name: rows::word(row, "vm_name")?,
        seat: SeatId(rows::number(row, "seat")?),
        seat_name: rows::word(row, "seat_name")?,
        person: row.try_get::<Option<i64>, _>("person")?.map(PersonId),
        backup: row.try_get::<Option<i64>, _>("backup")?.map(BackupId),
        batch: row.try_get::<Option<i64>, _>("batch")?.map(BatchId),
        state,
        started: rows::time(row, "started")?,
        finished: rows::maybe_time(row, "finished")?,
    })
}

impl Store {
    /// Starts a job and so locks its machine; `Busy` when another one runs, `Gone` without the
    /// machine.
    pub async fn start_job(
        &self,
        kind: JobKind,
        vm: VmId,
        person: Option<PersonId>,
        backup: Option<BackupId>,
        now: Timestamp,
    ) -> Result<Job> {
        let mut tx = self.write().await?;
        let job = take(&mut tx, kind, vm, person, backup, now).await?;
        tx.commit().await?;
        Ok(job)
    }

    /// Starts the job of a backup when one more fits: the seat's quota and what it has, and is making, are
    /// judged in one transaction, and so is which of the machine's backups are to go when it is made, so
    /// that `keep` are there then. `AllProtected` when none can; `WouldGo` when others than `may_go` names
    /// would (`None`: whichever).
    pub async fn start_backup(
        &self,
        kind: JobKind,
        (vm, person): (VmId, Option<PersonId>),
        keep: u32,
        may_go: Option<&[BackupName]>,
        quotas: Quotas,
        now: Timestamp,
    ) -> Result<(Job, Vec<Backup>)> {
        let mut tx = self.write().await?;
        let vm = vms::find(&mut tx, vm).await?.ok_or(StoreError::Gone)?;
        free(&mut tx, vm.id).await?;
        let quotas = quotas::effective(&mut tx, vm.seat, quotas).await?.quotas;
        let own = backups::of_vm(&mut tx, vm.id).await?;
        let going = backups::making_room(&own, keep).ok_or(StoreError::AllProtected)?;
        if may_go.is_some_and(|names| going.iter().any(|backup| !names.contains(&backup.name))) {
            return Err(StoreError::WouldGo(going.iter().map(|backup| backup.name.clone()).collect()));
        }
        quotas.backup(vms::usage(&mut tx, vm.seat).await?, going.len() as u32)?;
        let job = start(&mut tx, kind, &vm, person, None, now).await?;
        tx.commit().await?;
        Ok((job, going.into_iter().cloned().collect()))
    }

    /// Ends a running job; `Gone` when it does not run.
    pub async fn finish_job(&self, job: JobId, state: &JobState, now: Timestamp) -> Result<Changed<()>> {
        let mut tx = self.write().await?;
        finish(&mut tx, job, state, now).await?;
        let templates = templates::of_job(&mut tx, job).await?.is_some();
        tx.commit().await?;
        Ok(Changed::new((), What { templates, ..What::default() }))
    }

    /// Removes the machine and ends the job as done, both or neither.
    pub async fn finish_delete(&self, job: JobId, vm: VmId, now: Timestamp) -> Result<Changed<()>> {
        let mut tx = self.write().await?;
        finish(&mut tx, job, &JobState::Done, now).await?;
        vms::delete(&mut tx, vm).await?;
        tx.commit().await?;
        Ok(Changed::new((), What { templates: true, ..What::default() }))
    }

    /// Records the backup and ends the job as done, both or neither: a backup is known exactly
    /// when it is finished.
    pub async fn finish_backup(&self, job: JobId, backup: NewBackup, now: Timestamp) -> Result<Backup> {
        let mut tx = self.write().await?;
        finish(&mut tx, job, &JobState::Done, now).await?;
        let vm = vms::find(&mut tx, backup.vm).await?.ok_or(StoreError::Gone)?;
        let backup = backups::insert(&mut tx, &vm, backup, now).await?;
        tx.commit().await?;
        Ok(backup)
    }

    /// Notes how far a running job is, for whoever takes it up after a restart; `Gone` when it
    /// does not run.
    pub async fn set_step(&self, job: JobId, step: &str) -> Result<()> {
        let mut tx = self.write().await?;
        let done = sqlx::query("UPDATE jobs SET step = $1 WHERE id = $2 AND state = 'running'")
            .bind(step)
            .bind(job.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Gone) }
    }

    /// Jobs that run, oldest first, each with its last step (empty before the first).
    pub async fn running_jobs(&self) -> Result<Vec<(Job, String)>> {
        // Sorted here: asked for an order, SQLite reads the whole journal instead of the index.
        let rows = sqlx::query(select!("WHERE j.state = 'running'")).fetch_all(&self.readers).await?;
        let mut jobs = rows::all(rows, |row| Ok((read(row)?, rows::text(row, "step")?)))?;
        jobs.sort_by_key(|(job, _)| job.id);
        Ok(jobs)
    }

    /// One job.
    pub async fn job(&self, job: JobId) -> Result<Option<Job>> {
        let row = sqlx::query(select!("WHERE j.id = $1")).bind(job.0).fetch_optional(&self.readers).await?;
        rows::maybe(row, read)
    }

    /// The job of that number in a seat of that name, the newest where another seat had the name before.
    pub async fn job_of_seat(&self, seat: &SeatName, number: u32) -> Result<Option<Job>> {
        let rows =
            sqlx::query(select!("WHERE j.seat_name = $1 AND j.number = $2 ORDER BY j.id DESC LIMIT 1"))
                .bind(seat.as_str())
                .bind(i64::from(number))
                .fetch_optional(&self.readers)
                .await?;
        rows::maybe(rows, read)
    }

    /// The jobs of that number in these seats.
    pub async fn jobs_numbered(&self, seats: &[SeatId], number: u32) -> Result<Vec<Job>> {
        let mut rows = Vec::new();
        for seat in seats {
            let row = sqlx::query(select!("WHERE j.seat = $1 AND j.number = $2"))
                .bind(seat.0)
                .bind(i64::from(number))
                .fetch_optional(&self.readers)
                .await?;
            rows.extend(row);
        }
        rows::all(rows, read)
    }

    /// The newest jobs of these seats, newest first.
    pub async fn jobs_of(&self, seats: &[SeatId], limit: u32) -> Result<Vec<Job>> {
        let rows = self.of_seats(select!("WHERE j.seat"), seats, "ORDER BY j.id DESC", Some(limit)).await?;
        let mut jobs = rows::all(rows, read)?;
        jobs.sort_by_key(|job| std::cmp::Reverse(job.id));
        jobs.truncate(limit as usize);
        Ok(jobs)
    }

    /// The newest jobs of all, newest first.
    pub async fn jobs(&self, limit: u32) -> Result<Vec<Job>> {
        let rows = sqlx::query(select!("ORDER BY j.id DESC LIMIT $1"))
            .bind(i64::from(limit))
            .fetch_all(&self.readers)
            .await?;
        rows::all(rows, read)
    }

    /// Those of a parent, in the order in which they were begun.
    pub async fn jobs_of_batch(&self, batch: BatchId) -> Result<Vec<Job>> {
        let rows = sqlx::query(select!("WHERE j.batch = $1 ORDER BY j.id"));
        rows::all(rows.bind(batch.0).fetch_all(&self.readers).await?, read)
    }

    /// The job that holds the machine.
    pub async fn running_job_of(&self, vm: VmId) -> Result<Option<Job>> {
        running(&mut *self.readers.acquire().await?, vm).await
    }

    /// Forgets jobs that are old, and says how many.
    pub async fn prune_jobs(&self, old: &Old) -> Result<u64> {
        let mut tx = self.write().await?;
        let done = sqlx::query(
            "DELETE FROM jobs WHERE finished < $1 AND NOT EXISTS
                (SELECT 1 FROM jobs o WHERE o.id < jobs.id AND o.started >= $1 AND o.started <= $2)",
        )
        .bind(old.before().0)
        .bind(old.now().0)
        .execute(&mut *tx)
        .await?;
        sqlx::query("DELETE FROM batches WHERE NOT EXISTS (SELECT 1 FROM jobs j WHERE j.batch = batches.id)")
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(done.rows_affected())
    }
}

async fn running(connection: &mut Connection, vm: VmId) -> Result<Option<Job>> {
    let row = sqlx::query(select!("WHERE j.vm = $1 AND j.state = 'running'"))
        .bind(vm.0)
        .fetch_optional(connection)
        .await?;
    rows::maybe(row, read)
}

/// The running job that reads a backup.
pub(super) async fn reading(connection: &mut Connection, backup: BackupId) -> Result<Option<Job>> {
    let row = sqlx::query(select!("WHERE j.backup = $1 AND j.state = 'running'"))
        .bind(backup.0)
        .fetch_optional(connection)
        .await?;
    rows::maybe(row, read)
}

/// `Busy` when a job holds the machine.
pub(super) async fn free(connection: &mut Connection, vm: VmId) -> Result<()> {
    match running(connection, vm).await? {
        Some(other) => Err(StoreError::Busy { kind: other.kind, since: other.started }),
        None => Ok(()),
    }
}

/// Starts a job inside the caller's transaction, if the machine is there and free.
pub(super) async fn take(
    connection: &mut Connection,
    kind: JobKind,
    vm: VmId,
    person: Option<PersonId>,
    backup: Option<BackupId>,
    now: Timestamp,
) -> Result<Job> {
    let vm = vms::find(connection, vm).await?.ok_or(StoreError::Gone)?;
    free(connection, vm.id).await?;
    start(connection, kind, &vm, person, backup, now).await
}

/// Starts a job inside the caller's transaction, which has seen that the machine is free. The backup that it
/// reads is there and stays: `BackupGone` without it.
pub(super) async fn start(
    connection: &mut Connection,
    kind: JobKind,
    vm: &Vm,
    person: Option<PersonId>,
    backup: Option<BackupId>,
    now: Timestamp,
) -> Result<Job> {
    if let Some(backup) = backup {
        backups::find(connection, backup).await?.ok_or(StoreError::BackupGone)?;
    }
    let number: i64 =
        sqlx::query_scalar("UPDATE seats SET last_job = last_job + 1 WHERE id = $1 RETURNING last_job")
            .bind(vm.seat.0)
            .fetch_one(&mut *connection)
            .await?;
    let number = u32::try_from(number).map_err(|_| StoreError::Corrupt(format!("last_job is `{number}`")))?;
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO jobs (kind, vm, vm_name, seat, seat_name, person, backup, state, started, number)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'running', $8, $9) RETURNING id",
    )
    .bind(kind.as_str())
    .bind(vm.id.0)
    .bind(vm.name.as_str())
    .bind(vm.seat.0)
    .bind(vm.seat_name.as_str())
    .bind(person.map(|person| person.0))
    .bind(backup.map(|backup| backup.0))
    .bind(now.0)
    .bind(i64::from(number))
    .fetch_one(&mut *connection)
    .await?;
    Ok(Job {
        id: JobId(id),
        number,
        kind,
        vm: vm.id,
        vm_name: vm.name.clone(),
        seat: vm.seat,
        seat_name: vm.seat_name.clone(),
        person,
        backup,
        batch: None,
        state: JobState::Running,
        started: now,
        finished: None,
    })
}

pub(super) async fn finish(
    connection: &mut Connection,
    job: JobId,
    state: &JobState,
    now: Timestamp,
) -> Result<()> {
    let (word, reason) = match state {
        JobState::Running => {
            return Err(StoreError::Corrupt("a job cannot end as running".into()));
        }
        JobState::Done => ("done", None),
        JobState::Failed(reason) => ("failed", Some(reason)),
        JobState::Undone(reason) => ("undone", Some(reason)),
    };
    let done = sqlx::query(
        "UPDATE jobs SET state = $1, reason = $2, finished = $3
         WHERE id = $4 AND state = 'running'",
    )
    .bind(word)
    .bind(reason)
    .bind(now.0)
    .bind(job.0)
    .execute(connection)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Gone) }
}
