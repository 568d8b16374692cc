//! Recordings of consoles: whose they are and of what. The files are the caller's.

use super::rows::{self, Row};
use super::{Result, Store};
use puerta_lab::even::Old;
use puerta_lab::model::{Person, PersonId, Timestamp};
use sqlx::Row as _;

/// A recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// The console's id, which also names the file.
    pub id: String,
    /// Whose console it was, as they were then.
    pub person: Person,
    /// The machine, `web1.alumno1`.
    pub vm: String,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// Bytes of the file, once it ended.
    pub bytes: u64,
}

fn read(row: &Row) -> Result<Recording> {
    let started = rows::time(row, "started")?;
    let person = Person {
        id: PersonId(rows::number(row, "person")?),
        login: rows::word(row, "login")?,
        name: String::new(),
        role: rows::word(row, "role")?,
        suspended: false,
        created: started,
    };
    Ok(Recording {
        id: rows::text(row, "id")?,
        person,
        vm: rows::text(row, "vm")?,
        started,
        finished: rows::maybe_time(row, "finished")?,
        bytes: rows::number(row, "bytes")?,
    })
}

impl Store {
    /// A recording begins.
    pub async fn add_recording(&self, new: &Recording) -> Result<()> {
        let mut tx = self.write().await?;
        sqlx::query(
            "INSERT INTO recordings (id, person, login, role, vm, started, bytes, number)
             SELECT $1, $2, $3, $4, $5, $6, 0, COALESCE(MAX(number), 0) + 1 FROM recordings",
        )
        .bind(&new.id)
        .bind(new.person.id.0)
        .bind(new.person.login.as_str())
        .bind(new.person.role.as_str())
        .bind(&new.vm)
        .bind(new.started.0)
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// It ended.
    pub async fn finish_recording(&self, id: &str, bytes: u64, now: Timestamp) -> Result<()> {
        let mut tx = self.write().await?;
        sqlx::query("UPDATE recordings SET finished = $2, bytes = $3 WHERE id = $1")
            .bind(id)
            .bind(now.0)
            .bind(i64::try_from(bytes).unwrap_or(i64::MAX))
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// One.
    pub async fn recording(&self, id: &str) -> Result<Option<Recording>> {
        let row = sqlx::query("SELECT * FROM recordings WHERE id = $1")
            .bind(id)
            .fetch_optional(&self.readers)
            .await?;
        rows::maybe(row, read)
    }

    /// The newest, newest first.
    pub async fn recordings(&self, most: u32) -> Result<Vec<Recording>> {
        let rows = sqlx::query("SELECT * FROM recordings ORDER BY number DESC LIMIT $1")
            .bind(i64::from(most))
            .fetch_all(&self.readers)
            .await?;
        rows::all(rows, read)
    }

    /// Ids of those that have not ended.
    pub async fn unfinished_recordings(&self) -> Result<Vec<String>> {
        let rows =
            sqlx::query("SELECT id FROM recordings WHERE finished IS NULL").fetch_all(&self.readers).await?;
        rows.iter().map(|row| Ok(row.try_get("id")?)).collect()
    }

    /// Ids of those that are old.
    pub async fn old_recordings(&self, old: &Old) -> Result<Vec<String>> {
        let rows = sqlx::query(
            "SELECT r.id FROM recordings r WHERE r.started < $1 AND NOT EXISTS
                (SELECT 1 FROM recordings o WHERE o.number < r.number AND o.started >= $1 AND o.started <= $2)",
        )
        .bind(old.before().0)
        .bind(old.now().0)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(|row| Ok(row.try_get("id")?)).collect()
    }

    /// Forgets one.
    pub async fn remove_recording(&self, id: &str) -> Result<()> {
        let mut tx = self.write().await?;
        sqlx::query("DELETE FROM recordings WHERE id = $1").bind(id).execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }
}
