//! Parents of jobs: what somebody asked for at once is begun whole or not at all, and how it goes is how its jobs go.

use super::rows::{self, Row};
use super::{NewVm, Result, Store, StoreError, jobs, practices, vms};
use puerta_lab::model::{BatchId, Job, JobKind, Limits, PersonId, SeatId, Timestamp, Vm, VmId};
use puerta_lab::names::{TemplateRef, VmName};
use puerta_lab::plan::AddressPlan;
use puerta_lab::quota::Quotas;
use sqlx::Row as _;

/// What is asked for at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBatch {
    /// What is done: `practice-start`.
    pub kind: &'static str,
    /// With what: a practice's name.
    pub what: String,
    /// Where: a course, or a seat.
    pub place: String,
    /// Who asked.
    pub person: Option<PersonId>,
    /// Seats in which there was nothing to do it to.
    pub absent: Vec<String>,
}

/// One thing of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A new machine, perhaps one of a practice.
    Make(JobKind, Box<NewVm>, Option<practices::Member>),
    /// A job of a machine that is there.
    Do(JobKind, VmId),
    /// One that makes it anew: of this template, with these limits, as this one of a practice.
    Remake(JobKind, VmId, TemplateRef, Limits, practices::Member),
}

/// A parent, and how its jobs are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Its id.
    pub id: BatchId,
    /// Its number among those of its person, from 1.
    pub number: u32,
    /// What is done.
    pub kind: String,
    /// With what.
    pub what: String,
    /// Where.
    pub place: String,
    /// Who asked.
    pub person: Option<PersonId>,
    /// When.
    pub started: Timestamp,
    /// Seats in which there was nothing to do it to.
    pub absent: Vec<String>,
    /// When its last job ended; none: some run.
    pub finished: Option<Timestamp>,
    /// Its jobs, and those of them that ended well, or otherwise.
    pub total: u32,
    /// Ended well.
    pub done: u32,
    /// Ended otherwise.
    pub failed: u32,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT b.id, b.number, b.kind, b.what, b.place, b.person, b.started, b.absent, COUNT(j.id) AS total,
                    COUNT(CASE WHEN j.state = 'done' THEN 1 END) AS done,
                    COUNT(CASE WHEN j.state IN ('failed', 'undone') THEN 1 END) AS failed,
                    MAX(j.finished) AS finished
             FROM batches b JOIN jobs j ON j.batch = b.id ",
            $rest,
            " GROUP BY b.id, b.number, b.kind, b.what, b.place, b.person, b.started, b.absent ORDER BY b.id DESC"
        )
    };
}

fn read(row: &Row) -> Result<Batch> {
    let (total, done, failed): (u32, u32, u32) =
        (rows::number(row, "total")?, rows::number(row, "done")?, rows::number(row, "failed")?);
    let finished = rows::maybe_time(row, "finished")?.filter(|_| done + failed == total);
    Ok(Batch {
        id: BatchId(rows::number(row, "id")?),
        number: rows::number(row, "number")?,
        kind: rows::text(row, "kind")?,
        what: rows::text(row, "what")?,
        place: rows::text(row, "place")?,
        person: row.try_get::<Option<i64>, _>("person")?.map(PersonId),
        started: rows::time(row, "started")?,
        absent: rows::text(row, "absent")?.split_whitespace().map(str::to_owned).collect(),
        finished,
        total,
        done,
        failed,
    })
}

impl Store {
    /// Begins all of it in one transaction, each with its job, in this order. The error says at which machine it stopped;
    /// then nothing of it has begun. `Gone` of no items at all.
    pub async fn begin_batch(
        &self,
        new: NewBatch,
        items: Vec<Item>,
        plan: AddressPlan,
        quotas: Quotas,
        now: Timestamp,
    ) -> std::result::Result<(BatchId, Vec<(Vm, Job)>), (Option<(VmName, SeatId)>, StoreError)> {
        let mut at = None;
        let begun = async {
            let mut tx = self.write().await?;
            let id: i64 = sqlx::query_scalar(
                "INSERT INTO batches (kind, what, place, person, started, absent, number) VALUES ($1, $2, $3, $4, $5, $6,
                    (SELECT COALESCE(MAX(number), 0) + 1 FROM batches WHERE person = $4)) RETURNING id",
            )
            .bind(new.kind)
            .bind(&new.what)
            .bind(&new.place)
            .bind(new.person.map(|person| person.0))
            .bind(now.0)
            .bind(new.absent.join(" "))
            .fetch_one(&mut *tx)
            .await?;
            let mut begun = Vec::new();
            for item in items {
                at = match &item {
                    Item::Make(_, new, _) => Some((new.name.clone(), new.seat)),
                    Item::Do(_, vm) | Item::Remake(_, vm, ..) => {
                        vms::find(&mut tx, *vm).await?.map(|vm| (vm.name, vm.seat))
                    }
                };
                let (vm, mut job) = match item {
                    Item::Make(kind, vm, member) => {
                        let (vm, job) = vms::make(&mut tx, kind, *vm, plan, quotas, now).await?;
                        if let Some(member) = member {
                            practices::join(&mut tx, vm.id, &member).await?;
                        }
                        (vm, job)
                    }
                    Item::Remake(kind, vm, template, limits, member) => {
                        let job = jobs::take(&mut tx, kind, vm, new.person, None, now).await?;
                        vms::change(&mut tx, vm, &template, limits, quotas).await?;
                        practices::leave(&mut tx, vm).await?;
                        practices::join(&mut tx, vm, &member).await?;
                        (vms::find(&mut tx, vm).await?.ok_or(StoreError::Gone)?, job)
                    }
                    Item::Do(kind, vm) => {
                        let job = jobs::take(&mut tx, kind, vm, new.person, None, now).await?;
                        (vms::find(&mut tx, vm).await?.ok_or(StoreError::Gone)?, job)
                    }
                };
                let adopt = sqlx::query("UPDATE jobs SET batch = $1 WHERE id = $2");
                adopt.bind(id).bind(job.id.0).execute(&mut *tx).await?;
                job.batch = Some(BatchId(id));
                begun.push((vm, job));
            }
            if begun.is_empty() {
                return Err(StoreError::Gone);
            }
            tx.commit().await?;
            Ok((BatchId(id), begun))
        };
        begun.await.map_err(|error| (at, error))
    }

    /// One, as it is now.
    pub async fn batch(&self, id: BatchId) -> Result<Option<Batch>> {
        let row = sqlx::query(select!("WHERE b.id = $1")).bind(id.0).fetch_optional(&self.readers).await?;
        rows::maybe(row, read)
    }

    /// One by its person's number.
    pub async fn batch_of(&self, person: PersonId, number: u32) -> Result<Option<Batch>> {
        let row = sqlx::query(select!("WHERE b.person = $1 AND b.number = $2"));
        let row = row.bind(person.0).bind(i64::from(number)).fetch_optional(&self.readers).await?;
        rows::maybe(row, read)
    }

    /// The newest `most` that a person asked for, newest first.
    pub async fn batches_of(&self, person: PersonId, most: u32) -> Result<Vec<Batch>> {
        let rows = sqlx::query(select!(
            "WHERE b.id IN (SELECT n.id FROM batches n WHERE n.person = $1 ORDER BY n.id DESC LIMIT $2)"
        ));
        let rows = rows.bind(person.0).bind(i64::from(most)).fetch_all(&self.readers).await?;
        rows::all(rows, read)
    }
}
