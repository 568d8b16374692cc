//! Courses: their names, their places in the address plan, and what their machines are made from.

use super::rows::{self, Row};
use super::{Changed, Connection, Result, Store, StoreError, What, places, rules};
use puerta_lab::model::{Course, CourseId, CourseState, PersonId, RuleId, SeatId, Timestamp};
use puerta_lab::names::{CourseName, TemplateRef};
use puerta_lab::plan::AddressPlan;
use sqlx::Row as _;

macro_rules! select {
    ($rest:literal) => {
        select!("", $rest)
    };
    ($more:literal, $rest:literal) => {
        concat!(
            "SELECT c.id, c.name, c.year, c.version, c.created, c.closed, c.archived, c.template ",
            $more,
            " FROM courses c ",
            $rest
        )
    };
}
pub(super) use select;

pub(super) fn read(row: &Row) -> Result<Course> {
    Ok(Course {
        id: CourseId(rows::number(row, "id")?),
        name: rows::word(row, "name")?,
        edition: rows::edition(row)?,
        created: rows::time(row, "created")?,
        state: state(row)?,
        template: rows::maybe_word(row, "template")?,
    })
}

/// Of a row with `closed` and `archived`.
pub(super) fn state(row: &Row) -> Result<CourseState> {
    Ok(match (rows::maybe_time(row, "closed")?, row.try_get("archived")?) {
        (None, _) => CourseState::Open,
        (Some(since), false) => CourseState::Closed(since),
        (Some(since), true) => CourseState::Archived(since),
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
        let (name, state) = (name.clone(), CourseState::Open);
        Ok(Course { id: CourseId(id), name, edition, created: now, state, template: None })
    }

    /// Every course with the number of its seats, in name order.
    pub async fn courses(&self) -> Result<Vec<(Course, u32)>> {
        let rows = sqlx::query(select!(
            ", (SELECT COUNT(*) FROM seats WHERE course = c.id) AS seats",
            "ORDER BY c.name"
        ))
        .fetch_all(&self.readers)
        .await?;
        rows::all(rows, |row| Ok((read(row)?, rows::number(row, "seats")?)))
    }

    /// One course.
    pub async fn course(&self, name: &CourseName) -> Result<Option<Course>> {
        let row = sqlx::query(select!("WHERE c.name = $1"))
            .bind(name.as_str())
            .fetch_optional(&self.readers)
            .await?;
        rows::maybe(row, read)
    }

    /// The course that a seat is in.
    pub async fn course_of(&self, seat: SeatId) -> Result<Option<Course>> {
        let row = sqlx::query(select!("JOIN seats s ON s.course = c.id WHERE s.id = $1"))
            .bind(seat.0)
            .fetch_optional(&self.readers)
            .await?;
        rows::maybe(row, read)
    }

    /// The archived courses that somebody sits in, in name order.
    pub async fn archived_courses_of(&self, person: PersonId) -> Result<Vec<CourseName>> {
        let rows = sqlx::query(
            "SELECT DISTINCT c.name FROM courses c JOIN seats s ON s.course = c.id
             JOIN members m ON m.seat = s.id
             WHERE m.person = $1 AND c.archived AND s.archived IS NULL ORDER BY c.name",
        )
        .bind(person.0)
        .fetch_all(&self.readers)
        .await?;
        rows::all(rows, |row| rows::word(row, "name"))
    }

    /// Gives a course another name, and the ready rules that name it with it; those. Everything else knows it by
    /// its number. `Taken` when another one is called so.
    pub async fn rename_course(&self, course: CourseId, name: &CourseName) -> Result<Changed<Vec<RuleId>>> {
        let mut tx = self.write().await?;
        let done = sqlx::query("UPDATE courses SET name = $1 WHERE id = $2")
            .bind(name.as_str())
            .bind(course.0)
            .execute(&mut *tx)
            .await
            .map_err(StoreError::insert("course"))?;
        if done.rows_affected() == 0 {
            return Err(StoreError::Gone);
        }
        let ruled = rules::follow(&mut tx, course, name).await?;
        tx.commit().await?;
        Ok(Changed::new(ruled, What { people: true, ..What::default() }))
    }

    /// What machines of a course are made from when nobody says; `None`: nothing of its own.
    pub async fn set_course_template(&self, course: CourseId, template: Option<&TemplateRef>) -> Result<()> {
        let mut tx = self.write().await?;
        let done = sqlx::query("UPDATE courses SET template = $1 WHERE id = $2")
            .bind(template.map(ToString::to_string))
            .bind(course.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Gone) }
    }
}

/// One course inside the caller's transaction.
pub(super) async fn find(connection: &mut Connection, course: CourseId) -> Result<Option<Course>> {
    let row = sqlx::query(select!("WHERE c.id = $1")).bind(course.0).fetch_optional(connection).await?;
    rows::maybe(row, read)
}

/// The course, if it is open: `Gone` when it is not there, `NotOpen` when it is closed or archived.
pub(super) async fn open(connection: &mut Connection, course: CourseId) -> Result<Course> {
    let course = find(connection, course).await?.ok_or(StoreError::Gone)?;
    match course.state {
        CourseState::Open => Ok(course),
        state => Err(StoreError::NotOpen { course: course.name, state }),
    }
}
