//! From whatever is in the file to the schema of this program. Knows no table of the registry but through its
//! migrations.

use super::{BUSY, Connection, trouble};
use crate::{Result, StoreError, Trouble};
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection as _, SqlSafeStr};
use std::time::Duration;

pub(super) fn migrator() -> Migrator {
    let all = [
        (1, "first", include_str!("migrations/0001_first.sql")),
        (2, "network", include_str!("migrations/0002_network.sql")),
        (3, "roster", include_str!("migrations/0003_roster.sql")),
        (4, "template", include_str!("migrations/0004_template.sql")),
        (5, "session", include_str!("migrations/0005_session.sql")),
        (6, "node", include_str!("migrations/0006_node.sql")),
        (7, "policy", include_str!("migrations/0007_policy.sql")),
        (8, "factor", include_str!("migrations/0008_factor.sql")),
        (9, "places", include_str!("migrations/0009_places.sql")),
        (10, "backup", include_str!("migrations/0010_backup.sql")),
        (11, "rest", include_str!("migrations/0011_rest.sql")),
        (12, "campus", include_str!("migrations/0012_campus.sql")),
        (13, "numbers", include_str!("migrations/0013_numbers.sql")),
        (14, "courses", include_str!("migrations/0014_courses.sql")),
        (15, "lang", include_str!("migrations/0015_lang.sql")),
        (16, "clock", include_str!("migrations/0016_clock.sql")),
        (17, "leaving", include_str!("migrations/0017_leaving.sql")),
        (18, "visits", include_str!("migrations/0018_visits.sql")),
        (19, "host_keys", include_str!("migrations/0019_host_keys.sql")),
        (20, "practices", include_str!("migrations/0020_practices.sql")),
    ];
    let all = all.map(|(version, name, sql)| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    });
    Migrator::with_migrations(all.into())
}

/// Brings the database up to date in one transaction, so that two programs that start together
/// do not meet half a schema. With nothing in it, it is `Gone` unless it may be `new`.
pub(super) async fn migrate(options: &SqliteConnectOptions, new: bool) -> Result<()> {
    let migrator = migrator();
    let known = migrator.iter().map(|m| m.version).max().unwrap_or(0);
    let mut connection = options.connect().await?;
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
    let found = version(&mut tx).await?;
    if found == 0 && !new {
        return Err(StoreError::Gone);
    }
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
async fn write_ahead(connection: &mut Connection) -> Result<()> {
    for _ in 0..BUSY.as_millis() / 20 {
        let mode = sqlx::query_scalar("PRAGMA journal_mode = WAL").fetch_one(&mut *connection).await;
        match mode {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok::<String, _>(_) => break,
            Err(error) if trouble(&error) == Some(Trouble::Busy) => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    let why = "the folder cannot hold a database in WAL mode, or another program keeps it locked";
    Err(sqlx::Error::Configuration(why.into()).into())
}

/// The newest migration that the database has had; 0 for an empty one.
async fn version(connection: &mut Connection) -> Result<i64> {
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
