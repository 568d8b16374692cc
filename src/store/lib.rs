//! The registry: who there is, what they own, what was asked for and how it went. Gives policy's
//! nouns, never rows. Knows no engine, no SSH and no clock: the caller passes `now`.
//!
//! One connection writes, in `BEGIN IMMEDIATE` transactions that hold every check and the change it
//! allows, so a race cannot pass between them. Others read, and never wait for the writer (WAL).
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic"))]

mod backups;
mod courses;
mod egress;
mod error;
mod factors;
mod jobs;
mod keys;
mod nodes;
mod persons;
mod publications;
mod quotas;
mod recordings;
mod roster;
mod rows;
mod rules;
mod seats;
mod teams;
mod templates;
mod vms;

#[cfg(test)]
mod tests;

pub use backups::NewBackup;
pub use egress::Place;
pub use error::{Result, StoreError};
pub use factors::{NewFactor, SecondFactor};
pub use keys::NewKey;
pub use nodes::{Move, NodeMark};
pub use persons::{Credentials, NewCode, NewPerson, PersonRow};
pub use publications::NewPublication;
pub use quotas::{Effective, Origin, Scope};
pub use recordings::Recording;
pub use roster::{Enrolled, Enrolment, RosterPlan, RosterRow};
pub use seats::SeatRow;
pub use templates::{NewTemplate, Template};
pub use vms::NewVm;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqlSafeStr, Sqlite, SqliteConnection, SqlitePool, Transaction};
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

/// How many connections read at once.
const READERS: u32 = 4;

/// How long a call waits for another program's transaction.
const BUSY: Duration = Duration::from_secs(5);

/// The registry. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Store {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl Store {
    /// Opens the database at `path`, makes it (mode 0600) when there is none, and brings it up to
    /// date. One that a newer puerta wrote is refused untouched.
    pub async fn open(path: &Path) -> Result<Self> {
        private(path).await?;
        let options = SqliteConnectOptions::new().filename(path).foreign_keys(true).busy_timeout(BUSY);
        let corrupt = |error| match error {
            StoreError::Corrupt(why) => StoreError::Corrupt(format!("`{}`: {why}", path.display())),
            other => other,
        };
        migrate(&options).await.map_err(corrupt)?;

        let pool = |connections| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .idle_timeout(None)
                .max_lifetime(None)
                .test_before_acquire(false)
        };
        // FULL: a code that was taken, or a number that was given, stays so after a power cut.
        let options = options.synchronous(SqliteSynchronous::Full);
        let writer = pool(1).connect_with(options.clone()).await?;
        let readers = pool(READERS).connect_with(options.pragma("query_only", "on")).await?;
        Ok(Self { writer, readers })
    }

    /// Ends every connection; calls after it fail.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// A transaction that may write: it has the write lock from its first statement on, and is
    /// undone when it is dropped.
    async fn write(&self) -> Result<Transaction<'static, Sqlite>> {
        let begin = || self.writer.begin_with("BEGIN IMMEDIATE");
        match begin().await {
            // On a full disk SQLite undoes a transaction that sqlx goes on to count: its connection would
            // never take another, and gives way to a new one.
            Err(sqlx::Error::InvalidSavePointStatement) => {
                self.writer.acquire().await?.close().await?;
                Ok(begin().await?)
            }
            begun => Ok(begun?),
        }
    }
}

/// Makes the file with mode 0600 before SQLite does; `-wal` and `-shm` copy its mode. One that
/// others may read (a copy put back with `cp`) is closed to them: it holds password hashes.
async fn private(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    // To close a database file drops every lock this process has on it (fcntl(2)), so a new one is
    // closed before another call sees it, and one that is there is not opened here.
    static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _turn = TURN.lock().await;
    let made = tokio::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).await;
    match made {
        Ok(file) => drop(file.into_std().await),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(sqlx::Error::Io(error).into()),
    }
    let metadata = tokio::fs::metadata(path).await.map_err(sqlx::Error::Io)?;
    if !metadata.is_file() {
        return Err(sqlx::Error::Io(ErrorKind::IsADirectory.into()).into());
    }
    let mut permissions = metadata.permissions();
    if permissions.mode() & 0o077 != 0 {
        permissions.set_mode(0o600);
        tokio::fs::set_permissions(path, permissions).await.map_err(sqlx::Error::Io)?;
    }
    Ok(())
}

fn migrator() -> Migrator {
    let all = [
        (1, "first", include_str!("migrations/0001_first.sql")),
        (2, "network", include_str!("migrations/0002_network.sql")),
        (3, "roster", include_str!("migrations/0003_roster.sql")),
        (4, "template", include_str!("migrations/0004_template.sql")),
        (5, "session", include_str!("migrations/0005_session.sql")),
        (6, "node", include_str!("migrations/0006_node.sql")),
        (7, "policy", include_str!("migrations/0007_policy.sql")),
        (8, "factor", include_str!("migrations/0008_factor.sql")),
    ];
    let all = all.map(|(version, name, sql)| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    });
    Migrator::with_migrations(all.into())
}

/// Brings the database up to date in one transaction, so that two programs that start together
/// do not meet half a schema.
async fn migrate(options: &SqliteConnectOptions) -> Result<()> {
    let migrator = migrator();
    let known = migrator.iter().map(|m| m.version).max().unwrap_or(0);
    let mut connection = options.connect().await?;
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
    let found = version(&mut tx).await?;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    match migrator.run_direct(None, &mut *tx, false).await {
        Ok(()) => tx.commit().await?,
        Err(MigrateError::VersionMismatch(version) | MigrateError::VersionMissing(version)) => {
            let why = format!("its migration {version} is not one of ours");
            return Err(StoreError::Corrupt(why));
        }
        Err(error) => return Err(sqlx::Error::from(error).into()),
    }
    write_ahead(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

/// Switches a new database to WAL, which it then stays in. SQLite does not wait for its turn here,
/// whatever `busy_timeout` says, so a program that starts together with another one asks again.
async fn write_ahead(connection: &mut SqliteConnection) -> Result<()> {
    for _ in 0..BUSY.as_millis() / 20 {
        let mode = sqlx::query_scalar("PRAGMA journal_mode = WAL").fetch_one(&mut *connection).await;
        match mode {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok::<String, _>(_) => break,
            // SQLITE_BUSY
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("5") => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    let why = "the folder cannot hold a database in WAL mode, or another program keeps it locked";
    Err(sqlx::Error::Configuration(why.into()).into())
}

/// The newest migration that the database has had; 0 for an empty one.
async fn version(connection: &mut SqliteConnection) -> Result<i64> {
    let tables: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'table'")
        .fetch_all(&mut *connection)
        .await?;
    if tables.is_empty() {
        return Ok(0);
    }
    if !tables.iter().any(|table| table == "_sqlx_migrations") {
        return Err(StoreError::Corrupt("a database, but not puerta's".into()));
    }
    let newest: Option<i64> =
        sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations").fetch_one(connection).await?;
    Ok(newest.unwrap_or(0))
}
