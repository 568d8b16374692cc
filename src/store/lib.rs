//! The registry: who there is, what they own, what was asked for and how it went. Gives policy's
//! nouns, never rows. Knows no engine, no SSH and no clock: the caller passes `now`.
//!
//! One connection writes, in transactions that hold every check and the change it allows, so a race
//! cannot pass between them. Others read, and never wait for the writer. Which database it is,
//! `sqlite` knows alone.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic"))]

mod actors;
mod anew;
mod backups;
mod batches;
mod changed;
mod clock;
mod closing;
mod courses;
mod egress;
mod error;
mod factors;
mod host_keys;
mod jobs;
mod keys;
mod lang;
mod leaving;
mod nodes;
mod persons;
mod places;
mod practices;
mod publications;
mod quotas;
mod recordings;
mod rest;
mod roster;
mod rows;
mod rules;
mod seats;
mod sqlite;
mod teams;
mod templates;
mod visits;
mod vms;

#[cfg(test)]
mod tests;

pub use actors::KeyHolder;
pub use anew::{Anew, AnewBackup, AnewCourse, AnewPerson, AnewSeat, AnewVm};
pub use backups::{NewBackup, making_room};
pub use batches::{Batch, Item, NewBatch};
pub use changed::{Changed, What};
pub use closing::{CourseGone, CourseLeft, Turn, Turned};
pub use database::Ground;
pub use egress::Place;
pub use error::{Result, StoreError, Trouble};
pub use factors::{NewFactor, SecondFactor};
pub use keys::NewKey;
pub use leaving::Held as Holding;
pub use nodes::{Move, NodeMark};
pub use persons::{Credentials, NewCode, NewPerson, PersonEdit, PersonRow};
pub use practices::{Member, Practice};
pub use publications::NewPublication;
pub use quotas::{Effective, Origin, Scope};
pub use recordings::Recording;
pub use roster::{Enrolled, Enrolment, Intake, RosterPlan, RosterRow};
pub use seats::SeatRow;
pub use templates::{NewTemplate, Template};
pub use visits::Visit;
pub use vms::{NewVm, Source};

// The database is that folder's; nothing else in this crate names it.
use database::{Connection, Db, Held, Pool, Row, Transaction};
use sqlite as database;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The registry. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Store {
    writer: Pool,
    readers: Pool,
    file: Arc<Held>,
}

impl Store {
    /// Opens the database at `path` and brings it up to date. `Absent` where there is none, or an empty one:
    /// what was lost is not made anew by looking for it. One that a newer puerta wrote is refused untouched.
    pub async fn open(path: &Path) -> Result<Self> {
        Self::with(path, false).await
    }

    /// The same for a lab that begins: made (mode 0600) when there is none.
    pub async fn make(path: &Path) -> Result<Self> {
        Self::with(path, true).await
    }

    async fn with(path: &Path, new: bool) -> Result<Self> {
        let (writer, readers, file) = database::open(path, new).await?;
        Ok(Self { writer, readers, file: Arc::new(file) })
    }

    /// Whether the file is still where it was opened. Looks at the disk, and may wait for it.
    pub fn ground(&self) -> Ground {
        self.file.ground()
    }

    /// Writes all of it to a new file at `path` (mode 0600): of a registry whose file was removed it is what
    /// is left.
    pub async fn rescue(&self, path: &Path) -> Result<()> {
        database::rescue(&self.writer, path).await
    }

    /// Ends every connection; calls after it fail.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Returns when the registry's connections answer.
    pub async fn ping(&self) -> Result<()> {
        sqlx::query("SELECT 1").execute(&self.readers).await?;
        Ok(())
    }

    /// A transaction that may write: it has the write lock from its first statement on, and is
    /// undone when it is dropped.
    async fn write(&self) -> Result<Transaction> {
        loop {
            match database::write(&self.writer).await {
                Err(StoreError::Away { trouble: Trouble::Busy, error }) if PATIENT.try_get().is_ok() => {
                    tracing::warn!(%error, "waiting for the registry, which another program has");
                    tokio::time::sleep(PAUSE).await;
                }
                begun => return begun,
            }
        }
    }
}

/// Between two tries of who is patient: each waits for some seconds itself.
const PAUSE: Duration = Duration::from_millis(500);

tokio::task_local! {
    static PATIENT: ();
}

/// What `work` writes waits for its turn for as long as another program has the registry. For work that nobody
/// stands and waits for, and that would be lost otherwise.
pub async fn patiently<T>(work: impl Future<Output = T>) -> T {
    PATIENT.scope((), work).await
}
