//! SQLite: what a connection to it is, and all that it alone does. The rest of the store speaks SQL that other
//! databases take as well, through the names that are here; a second database is a folder like this one
//! with the same names.
//!
//! What only SQLite understands, and why it is so:
//! - `BEGIN IMMEDIATE` (`write`, `schema::migrate`): the write lock from the first statement on, so that what a
//!   transaction judged is still so when it writes. Elsewhere: a serializable one, or a lock on one row.
//! - `PRAGMA journal_mode`, `foreign_keys`, `busy_timeout`, `synchronous`, `query_only` (`open`,
//!   `schema::write_ahead`): how its file is written, and that readers do not write.
//! - `sqlite_master` (`schema::version`): whether the file is puerta's. Elsewhere: `information_schema.tables`.
//! - Codes (`trouble`, `damaged`), with what extends them left out: SQLITE_BUSY, SQLITE_FULL and others by name there.
//! - `InvalidSavePointStatement` (`write`): it ends a transaction by itself on a full disk.
//! - `VACUUM INTO` (`rescue`): a whole copy while it is used. Elsewhere there is no file to lose.
//! - `INTEGER PRIMARY KEY AUTOINCREMENT` (`migrations`, ten tables): ids are never given again. Elsewhere:
//!   `GENERATED ALWAYS AS IDENTITY`.
//! - `lower(hex(randomblob(8)))` (`migrations/0002_network.sql`): the lab's mark. Elsewhere: of `gen_random_uuid()`.
//! - `strftime('%s', 'now')` (`migrations/0016_clock.sql`): seconds since 1970. Elsewhere: `extract(epoch from now())`.
//! - `x'00'`, `ROLLBACK` and damaged files in `tests`: what a database of another hand, or a full disk, comes to.
//!
//! What others know too, and has to be looked at there: partial unique indexes, `ON CONFLICT ... DO`, `RETURNING`,
//! `$1`, `BOOLEAN` columns (tested as what they are, never as numbers), and text in order of its bytes
//! (`COLLATE "C"`).

mod file;
mod schema;

pub use file::Ground;
pub(crate) use file::Held;

use crate::{Result, StoreError, Trouble};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteSynchronous};
use std::path::Path;
use std::time::Duration;

/// The kind of database.
pub(crate) type Db = sqlx::Sqlite;
/// One connection, in a transaction or not.
pub(crate) type Connection = sqlx::SqliteConnection;
/// Several of them.
pub(crate) type Pool = sqlx::SqlitePool;
/// A row of an answer.
pub(crate) type Row = sqlx::sqlite::SqliteRow;
/// Undone when it is dropped.
pub(crate) type Transaction = sqlx::Transaction<'static, Db>;

/// How many connections read at once.
const READERS: u32 = 4;

/// How long a call waits for another program's transaction.
const BUSY: Duration = Duration::from_secs(5);
/// How long it waits behind others for its turn at all.
const TURN: Duration = Duration::from_secs(10);

/// The one connection that writes, those that read, and the file of the database at `path`, brought up to
/// date. One that is not there, or has nothing in it, is made when it may be (`new`), else refused.
pub(crate) async fn open(path: &Path, new: bool) -> Result<(Pool, Pool, Held)> {
    if new {
        file::make(path).await?;
    }
    file::private(path).await?;
    let options = SqliteConnectOptions::new().filename(path).foreign_keys(true).busy_timeout(BUSY);
    let corrupt = |error| match error {
        StoreError::Corrupt(why) => StoreError::Corrupt(format!("`{}`: {why}", path.display())),
        StoreError::Gone => StoreError::Absent(path.to_owned()),
        other => other,
    };
    schema::migrate(&options, new).await.map_err(corrupt)?;
    let held = Held::of(path)?;

    let pool = |connections| {
        SqlitePoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(TURN)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
    };
    // FULL: a code that was taken, or a number that was given, stays so after a power cut.
    let options = options.synchronous(SqliteSynchronous::Full);
    let writer = pool(1).connect_with(options.clone()).await?;
    let readers = pool(READERS).connect_with(options.pragma("query_only", "on")).await?;
    Ok((writer, readers, held))
}

/// Writes all that is in it to a new file at `path`, readable by nobody else: the file it was in is gone.
pub(crate) async fn rescue(writer: &Pool, path: &Path) -> Result<()> {
    let part = path.with_extension("part");
    let whole = async {
        file::make(&part).await?;
        let text = part.to_str().ok_or_else(|| StoreError::Corrupt("its path is not UTF-8".into()))?;
        sqlx::query("VACUUM INTO $1").bind(text).execute(writer).await?;
        file::published(&part, path).await
    };
    let done = whole.await;
    if done.is_err() {
        // Half a copy would be taken for a whole one.
        drop(tokio::fs::remove_file(&part).await);
    }
    done
}

/// Ids of this table are beyond this one from now on, whatever is in it.
pub(crate) async fn beyond(connection: &mut Connection, table: &str, id: i64) -> Result<()> {
    let raise = "UPDATE sqlite_sequence SET seq = MAX(seq, $2) WHERE name = $1";
    let raised = sqlx::query(raise).bind(table).bind(id).execute(&mut *connection).await?;
    if raised.rows_affected() == 0 {
        let begin = "INSERT INTO sqlite_sequence (name, seq) VALUES ($1, $2)";
        sqlx::query(begin).bind(table).bind(id).execute(connection).await?;
    }
    Ok(())
}

/// A transaction that has the write lock from its first statement on.
pub(crate) async fn write(writer: &Pool) -> Result<Transaction> {
    let begin = || writer.begin_with("BEGIN IMMEDIATE");
    match begin().await {
        // On a full disk SQLite undoes a transaction that sqlx goes on to count: its connection would
        // never take another, and gives way to a new one.
        Err(sqlx::Error::InvalidSavePointStatement) => {
            writer.acquire().await?.close().await?;
            Ok(begin().await?)
        }
        begun => Ok(begun?),
    }
}

/// Whether it says that its file is damaged, or no database: SQLITE_CORRUPT and SQLITE_NOTADB
/// (<https://sqlite.org/rescode.html>).
pub(crate) fn damaged(error: &sqlx::Error) -> bool {
    matches!(code(error), Some(11 | 26))
}

/// What keeps it from doing anything: SQLITE_BUSY and SQLITE_LOCKED, or no connection that is free; SQLITE_FULL;
/// SQLITE_READONLY and SQLITE_PERM; SQLITE_IOERR and SQLITE_CANTOPEN.
pub(crate) fn trouble(error: &sqlx::Error) -> Option<Trouble> {
    match code(error) {
        Some(5 | 6) => Some(Trouble::Busy),
        Some(13) => Some(Trouble::Full),
        Some(3 | 8) => Some(Trouble::ReadOnly),
        Some(10 | 14) => Some(Trouble::Disk),
        None if matches!(error, sqlx::Error::PoolTimedOut) => Some(Trouble::Busy),
        _ => None,
    }
}

/// The code without its extension, which is in the higher bits: SQLITE_BUSY_SNAPSHOT is SQLITE_BUSY here.
fn code(error: &sqlx::Error) -> Option<u32> {
    let code = error.as_database_error()?.code()?.parse::<u32>().ok()?;
    Some(code & 0xff)
}

/// A database of another hand, for tests: made when there is none, and nothing is in it.
#[cfg(test)]
pub(crate) async fn bare(path: &Path) -> Result<Connection> {
    use sqlx::ConnectOptions as _;
    Ok(SqliteConnectOptions::new().filename(path).create_if_missing(true).connect().await?)
}

/// A database of an earlier puerta, which had so many migrations, for tests.
#[cfg(test)]
pub(crate) async fn earlier(path: &Path, migrations: usize) -> Result<Connection> {
    let mut connection = bare(path).await?;
    let first = schema::migrator().iter().take(migrations).cloned().collect::<Vec<_>>();
    let first = sqlx::migrate::Migrator::with_migrations(first);
    first.run_direct(None, &mut connection, false).await.map_err(sqlx::Error::from)?;
    Ok(connection)
}
