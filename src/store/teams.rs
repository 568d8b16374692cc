//! Seats of several: made by name, with members who come and go.

use super::{Changed, Connection, Result, Store, StoreError, What, courses, leaving, rows, seats};
use puerta_lab::model::{CourseId, PersonId, Seat, SeatId, Timestamp};
use puerta_lab::names::SeatName;
use sqlx::Row as _;

impl Store {
    /// A team's seat in an open course with these members. `Taken("seat")` when a seat or a person has
    /// the name, `Archived` when a member is not in the course any more.
    pub async fn create_team(
        &self,
        course: CourseId,
        name: &SeatName,
        members: &[PersonId],
        now: Timestamp,
    ) -> Result<Changed<Seat>> {
        let mut tx = self.write().await?;
        let course = courses::open(&mut tx, course).await?;
        let person = sqlx::query("SELECT 1 FROM persons WHERE login = $1")
            .bind(name.as_str())
            .fetch_optional(&mut *tx)
            .await?;
        if person.is_some() {
            return Err(StoreError::Taken("login"));
        }
        let seat = seats::make(&mut tx, &course, name.clone(), true, now).await?;
        for member in members {
            enter(&mut tx, seat.id, *member).await?;
        }
        tx.commit().await?;
        let what = sat(seat.id);
        Ok(Changed::new(seat, what))
    }

    /// Adds members to a team of an open course, all or none. `NotATeam` for a person's own seat, `Taken("member")` when
    /// one is a member already, `Archived` when one is not in the course any more.
    pub async fn add_members(&self, seat: SeatId, members: &[PersonId]) -> Result<Changed<()>> {
        let mut tx = self.write().await?;
        let course = is_team(&mut tx, seat).await?;
        courses::open(&mut tx, course).await?;
        for member in members {
            enter(&mut tx, seat, *member).await?;
        }
        tx.commit().await?;
        Ok(Changed::new((), sat(seat)))
    }

    /// Drops a member of a team; `Gone` when they are none, `Holds` when they are the last one and
    /// the team still has something.
    pub async fn drop_member(&self, seat: SeatId, member: PersonId) -> Result<Changed<()>> {
        let mut tx = self.write().await?;
        is_team(&mut tx, seat).await?;
        let done = sqlx::query("DELETE FROM members WHERE seat = $1 AND person = $2")
            .bind(seat.0)
            .bind(member.0)
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::Gone);
        }
        let other = sqlx::query("SELECT 1 FROM members WHERE seat = $1 LIMIT 1")
            .bind(seat.0)
            .fetch_optional(&mut *tx)
            .await?;
        let held = leaving::held(&mut tx, seat).await?;
        if other.is_none() && held.total() > 0 {
            return Err(StoreError::Holds(held));
        }
        tx.commit().await?;
        Ok(Changed::new((), sat(seat)))
    }
}

/// Who sits in a seat changed.
pub(super) fn sat(seat: SeatId) -> What {
    What { people: true, seats: true, keys: vec![seat], publications: true, ..What::default() }
}

/// The teams of a course, inside the caller's transaction.
pub(super) async fn of_course(connection: &mut Connection, course: CourseId) -> Result<Vec<SeatId>> {
    let seats: Vec<i64> = sqlx::query_scalar("SELECT id FROM seats WHERE course = $1 AND team ORDER BY name")
        .bind(course.0)
        .fetch_all(connection)
        .await?;
    Ok(seats.into_iter().map(SeatId).collect())
}

/// The team's course.
async fn is_team(connection: &mut Connection, seat: SeatId) -> Result<CourseId> {
    let row = sqlx::query("SELECT team, course FROM seats WHERE id = $1")
        .bind(seat.0)
        .fetch_optional(&mut *connection)
        .await?
        .ok_or(StoreError::Gone)?;
    let course = CourseId(rows::number(&row, "course")?);
    if !row.try_get::<bool, _>("team")? {
        return Err(StoreError::NotATeam);
    }
    if leaving::is_leaving(connection, seat).await? { Err(StoreError::Leaving) } else { Ok(course) }
}

async fn enter(connection: &mut Connection, seat: SeatId, person: PersonId) -> Result<()> {
    seats::join(connection, seat, person).await?;
    let sits = sqlx::query(concat!(
        "SELECT 1 FROM members m JOIN seats s ON s.id = m.seat WHERE m.seat = $1 AND m.person = $2 AND ",
        seats::sits!()
    ))
    .bind(seat.0)
    .bind(person.0)
    .fetch_optional(connection)
    .await?;
    if sits.is_some() { Ok(()) } else { Err(StoreError::Archived) }
}
