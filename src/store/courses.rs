//! Courses and their places in the address plan.

use super::rows::{self, Row};
use super::{Result, Store, StoreError, places};
use puerta_lab::model::{Course, CourseId, Timestamp};
use puerta_lab::names::CourseName;
use puerta_lab::plan::AddressPlan;

pub(super) fn read(row: &Row) -> Result<Course> {
    Ok(Course {
        id: CourseId(rows::number(row, "id")?),
        name: rows::word(row, "name")?,
        edition: rows::edition(row)?,
        created: rows::time(row, "created")?,
        closed: rows::maybe_time(row, "closed")?,
    })
}

impl Store {
    /// A new course in `year`; without `version`, in the first place of the year that has room.
    pub async fn create_course(
        &self,
        name: &CourseName,
        year: u16,
        version: Option<u8>,
        plan: AddressPlan,
        now: Timestamp,
    ) -> Result<Course> {
        let mut tx = self.write().await?;
        let edition = places::choose(&mut tx, plan, year, version).await?;
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO courses (name, year, version, created) VALUES ($1, $2, $3, $4) RETURNING id",
        )
        .bind(name.as_str())
        .bind(i64::from(edition.year))
        .bind(i64::from(edition.version))
        .bind(now.0)
        .fetch_one(&mut *tx)
        .await
        .map_err(StoreError::insert("course"))?;
        tx.commit().await?;
        Ok(Course { id: CourseId(id), name: name.clone(), edition, created: now, closed: None })
    }

    /// Every course with the number of its seats, in name order.
    pub async fn courses(&self) -> Result<Vec<(Course, u32)>> {
        let rows = sqlx::query(
            "SELECT id, name, year, version, created, closed,
                    (SELECT COUNT(*) FROM seats WHERE course = courses.id) AS seats
             FROM courses ORDER BY name",
        )
        .fetch_all(&self.readers)
        .await?;
        rows::all(rows, |row| Ok((read(row)?, rows::number(row, "seats")?)))
    }

    /// One course.
    pub async fn course(&self, name: &CourseName) -> Result<Option<Course>> {
        let row = sqlx::query("SELECT id, name, year, version, created, closed FROM courses WHERE name = $1")
            .bind(name.as_str())
            .fetch_optional(&self.readers)
            .await?;
        rows::maybe(row, read)
    }
}
