//! Practices: their files by version, and which machine is of which. A machine goes on with the version that it was made of.

use super::rows::{self, Row};
use super::{Connection, Result, Store, StoreError};
use puerta_lab::model::{CourseId, PracticeId, SeatId, Timestamp, VmId};
use puerta_lab::names::{CourseName, PracticeName, VmName};
use std::collections::BTreeMap;

/// Versions that nobody runs are kept up to so many.
const KEPT: i64 = 3;

/// One version of a practice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Practice {
    /// Its id.
    pub id: PracticeId,
    /// Whose it is.
    pub course: CourseId,
    /// That course's name.
    pub course_name: CourseName,
    /// Its name in the course.
    pub name: PracticeName,
    /// Its version, from 1.
    pub version: u32,
    /// The file.
    pub file: String,
    /// Login of who published it.
    pub publisher: String,
    /// When.
    pub published: Timestamp,
    /// Since when it is not begun any more.
    pub retired: Option<Timestamp>,
}

/// A machine of a practice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Which version.
    pub practice: PracticeId,
    /// Its name in the practice.
    pub role: VmName,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT p.id, p.course, c.name AS course_name, p.name, p.version, p.file, p.publisher, p.published, p.retired
             FROM practices p JOIN courses c ON c.id = p.course ",
            $rest
        )
    };
}

fn read(row: &Row) -> Result<Practice> {
    Ok(Practice {
        id: PracticeId(rows::number(row, "id")?),
        course: CourseId(rows::number(row, "course")?),
        course_name: rows::word(row, "course_name")?,
        name: rows::word(row, "name")?,
        version: rows::number(row, "version")?,
        file: rows::text(row, "file")?,
        publisher: rows::text(row, "publisher")?,
        published: rows::time(row, "published")?,
        retired: rows::maybe_time(row, "retired")?,
    })
}

impl Store {
    /// The next version of a practice of the course; the same file again is no new one (`Taken`).
    pub async fn publish_practice(
        &self,
        course: CourseId,
        name: &PracticeName,
        file: &str,
        publisher: &str,
        now: Timestamp,
    ) -> Result<u32> {
        let mut tx = self.write().await?;
        let newest =
            sqlx::query(select!("WHERE p.course = $1 AND p.name = $2 ORDER BY p.version DESC LIMIT 1"));
        let newest = newest.bind(course.0).bind(name.as_str()).fetch_optional(&mut *tx).await?;
        let newest = rows::maybe(newest, read)?;
        if newest.as_ref().is_some_and(|newest| newest.file == file && newest.retired.is_none()) {
            return Err(StoreError::Taken("practice"));
        }
        let version = newest.map_or(1, |newest| newest.version + 1);
        sqlx::query(
            "INSERT INTO practices (course, name, version, file, publisher, published)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(course.0)
        .bind(name.as_str())
        .bind(i64::from(version))
        .bind(file)
        .bind(publisher)
        .bind(now.0)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::insert("practice"))?;
        // Of those that nobody has a machine of the newest few stay.
        sqlx::query(
            "DELETE FROM practices WHERE course = $1 AND name = $2 AND version <= $3
             AND NOT EXISTS (SELECT 1 FROM practice_vms m WHERE m.practice = practices.id)",
        )
        .bind(course.0)
        .bind(name.as_str())
        .bind(i64::from(version) - KEPT)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(version)
    }

    /// No version of it is begun any more; how many that were. Their machines stay.
    pub async fn retire_practice(
        &self,
        course: CourseId,
        name: &PracticeName,
        now: Timestamp,
    ) -> Result<u64> {
        let mut tx = self.write().await?;
        let done = sqlx::query(
            "UPDATE practices SET retired = $1 WHERE course = $2 AND name = $3 AND retired IS NULL",
        )
        .bind(now.0)
        .bind(course.0)
        .bind(name.as_str())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(done.rows_affected())
    }

    /// All versions of all practices, by course and name, the newest version first.
    pub async fn practices(&self) -> Result<Vec<Practice>> {
        let rows = sqlx::query(select!("ORDER BY c.name, p.name, p.version DESC"));
        rows::all(rows.fetch_all(&self.readers).await?, read)
    }

    /// One version.
    pub async fn practice(&self, id: PracticeId) -> Result<Option<Practice>> {
        let row = sqlx::query(select!("WHERE p.id = $1")).bind(id.0).fetch_optional(&self.readers).await?;
        rows::maybe(row, read)
    }

    /// Machines of practices in these seats.
    pub async fn members_of(&self, seats: &[SeatId]) -> Result<BTreeMap<VmId, Member>> {
        let query =
            "SELECT m.vm, m.practice, m.role FROM practice_vms m JOIN vms v ON v.id = m.vm WHERE v.seat";
        let rows = self.of_seats(query, seats, "", None).await?;
        let read = |row: &Row| {
            let (practice, role) = (PracticeId(rows::number(row, "practice")?), rows::word(row, "role")?);
            Ok((VmId(rows::number(row, "vm")?), Member { practice, role }))
        };
        rows.iter().map(read).collect()
    }
}

/// The machine is one of none any more, inside the caller's transaction.
pub(super) async fn leave(connection: &mut Connection, vm: VmId) -> Result<()> {
    sqlx::query("DELETE FROM practice_vms WHERE vm = $1").bind(vm.0).execute(connection).await?;
    Ok(())
}

/// The machine is one of a practice from now on, inside the caller's transaction.
pub(super) async fn join(connection: &mut Connection, vm: VmId, member: &Member) -> Result<()> {
    sqlx::query("INSERT INTO practice_vms (vm, practice, role) VALUES ($1, $2, $3)")
        .bind(vm.0)
        .bind(member.practice.0)
        .bind(member.role.as_str())
        .execute(connection)
        .await
        .map_err(StoreError::insert("practice"))?;
    Ok(())
}
