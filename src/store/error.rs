//! Why the store did not do it. Refusals are data for `app`, which has the sentences.

use super::closing::CourseLeft;
use super::{Holding, database};
use puerta_lab::model::{CourseState, JobKind, Timestamp};
use puerta_lab::names::{BackupName, CourseName};
use puerta_lab::plan::{Edition, PlanError};
use puerta_lab::quota::QuotaExceeded;
use std::path::PathBuf;

/// Result of a store call.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Why the store did not do it. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A newer puerta wrote the database.
    #[error(
        "the database is of a newer puerta (schema {found}, this one knows {known}): install that version, or restore an older copy"
    )]
    Newer {
        /// The schema of the database.
        found: i64,
        /// The newest schema of this program.
        known: i64,
    },
    /// There is no database at that path, or nothing is in it.
    #[error("`{}` is not there, or empty", .0.display())]
    Absent(PathBuf),
    /// There is one already: `course`, `login`, `seat`, `key`, `vm`, `vmid`, `backup` or `port`.
    #[error("the {0} is taken")]
    Taken(&'static str),
    /// Every seat of a place of the address plan is given.
    #[error("no seat is free in {}/{}", place.year, place.version)]
    PlaceFull {
        /// Which place.
        place: Edition,
        /// Another one that has room, if one was found.
        free: Option<Edition>,
    },
    /// Nothing begins in the course.
    #[error("the course {course} is {}", state.as_str())]
    NotOpen {
        /// Which.
        course: CourseName,
        /// How it stands.
        state: CourseState,
    },
    /// The course still has something.
    #[error("the course still has something")]
    Left(CourseLeft),
    /// Their row is gone from the course's list.
    #[error("they are not in the course any more")]
    Archived,
    /// It is one person's own, or has no other member.
    #[error("nobody can be added to it or dropped from it")]
    NotATeam,
    /// The backup stays until it is unprotected.
    #[error("the backup is protected")]
    Protected,
    /// The backup that a job is to read is not there.
    #[error("the backup is gone")]
    BackupGone,
    /// As many of the machine's backups are protected as may be there.
    #[error("all its backups are protected")]
    AllProtected,
    /// For one more backup these would go, and that was not said.
    #[error("older backups would go")]
    WouldGo(Vec<BackupName>),
    /// Another job holds the machine, or reads the backup.
    #[error("the machine is busy: {} since {}", kind.as_str(), since.0)]
    Busy {
        /// What that job does.
        kind: JobKind,
        /// When it began.
        since: Timestamp,
    },
    /// The person has as many keys as there may be.
    #[error("they have {max} keys already")]
    KeysFull {
        /// So many.
        max: i64,
    },
    /// Every slot of the seat has a machine.
    #[error("no slot is free in the seat")]
    SlotsFull,
    /// That port of the machine is published already, at `port`.
    #[error("it is published already, at {port}")]
    Published {
        /// There.
        port: u16,
    },
    /// Every port of the range is given.
    #[error("no port is free")]
    PortsExhausted,
    /// The template is retired, or was never there.
    #[error("the template is not offered")]
    NotOffered,
    /// A quota has no room.
    #[error(transparent)]
    Quota(#[from] QuotaExceeded),
    /// The address plan has no such place.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// What is to go holds this, and its number was not said.
    #[error("there are {} machines and {} backups", .0.machines, .0.backups)]
    Holds(Holding),
    /// The seat is to go, once it holds nothing any more.
    #[error("the seat is being removed")]
    Leaving,
    /// What the call is about is not there, or no longer.
    #[error("it is not there any more")]
    Gone,
    /// The database cannot do it now, by no fault of what was asked.
    #[error("database: {error}")]
    Away {
        /// What it lacks.
        trouble: Trouble,
        /// What it said.
        error: sqlx::Error,
    },
    /// The database did not do it.
    #[error("database: {0}")]
    Sql(sqlx::Error),
    /// The file is not a puerta database, or holds what puerta never wrote.
    #[error("the database is not usable: {0}")]
    Corrupt(String),
}

/// Why a database cannot do anything now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Another program has it, or more wait for it than it can serve.
    Busy,
    /// Its disk is full.
    Full,
    /// It may not be written to.
    ReadOnly,
    /// Its disk, or its file, does not do what it is asked.
    Disk,
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match database::trouble(&error) {
            Some(trouble) => Self::Away { trouble, error },
            None if database::damaged(&error) => Self::Corrupt(error.to_string()),
            None => Self::Sql(error),
        }
    }
}

impl StoreError {
    /// Reads an insert's failure: somebody has the name already, or what it refers to is gone.
    pub(super) fn insert(what: &'static str) -> impl Fn(sqlx::Error) -> Self {
        move |error| match error.as_database_error() {
            Some(e) if e.is_unique_violation() => Self::Taken(what),
            Some(e) if e.is_foreign_key_violation() => Self::Gone,
            _ => error.into(),
        }
    }
}
