//! Seats, their members and their numbers in the address plan.

use super::rows::{self, Row};
use super::{Changed, Connection, Result, Store, StoreError, courses, places, teams};
use puerta_lab::model::{Course, CourseId, Person, PersonId, Seat, SeatId, Timestamp};
use puerta_lab::names::{CourseName, Login, SeatName};
use puerta_lab::plan::SeatNumber;
use sqlx::Row as _;

/// A seat as professors see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatRow {
    /// Which.
    pub seat: Seat,
    /// Logins of its members, in order.
    pub members: Vec<Login>,
    /// How many machines it has.
    pub machines: u32,
    /// Whether it is a team's.
    pub team: bool,
    /// Since when its row is gone from the course's list, or its course is archived.
    pub archived: Option<Timestamp>,
    /// The group that the list says; may be empty.
    pub group: String,
    /// Whether it goes, once it holds nothing any more.
    pub leaving: bool,
}

macro_rules! select {
    ($rest:literal) => {
        select!("", $rest)
    };
    ($more:literal, $rest:literal) => {
        concat!(
            "SELECT s.id, s.name, s.number, s.course, s.year, s.version, c.name AS course_name ",
            $more,
            " FROM seats s JOIN courses c ON c.id = s.course ",
            $rest
        )
    };
}
pub(super) use select;

/// Whether the seat `s` is archived: it, or its course with all its seats.
macro_rules! archived {
    () => {
        "(s.archived IS NOT NULL OR EXISTS (SELECT 1 FROM courses its WHERE its.id = s.course AND its.archived))"
    };
}
pub(super) use archived;

/// Whether the member `m` of the seat `s` sits there: an archived seat is nobody's, and who has one in a
/// course is in no team of it either.
macro_rules! sits {
    () => {
        concat!(
            "(NOT ",
            $crate::seats::archived!(),
            " AND NOT (s.team AND EXISTS
            (SELECT 1 FROM members mine JOIN seats own ON own.id = mine.seat
             WHERE mine.person = m.person AND own.course = s.course AND NOT own.team
             AND own.archived IS NOT NULL)))"
        )
    };
}
pub(super) use sits;

/// Whether the seat `s` is shut: archived, or a team's of whom all are, or about to go.
macro_rules! shut {
    () => {
        concat!(
            "(",
            $crate::seats::archived!(),
            " OR s.leaving IS NOT NULL OR (s.team AND EXISTS (SELECT 1 FROM members m WHERE m.seat = s.id)
              AND NOT EXISTS (SELECT 1 FROM members m WHERE m.seat = s.id AND ",
            $crate::seats::sits!(),
            ")))"
        )
    };
}
pub(super) use shut;

pub(super) fn read(row: &Row) -> Result<Seat> {
    Ok(Seat {
        id: SeatId(rows::number(row, "id")?),
        name: rows::word(row, "name")?,
        number: rows::checked(row, "number", |n: u16| SeatNumber::new(n).ok())?,
        course: CourseId(rows::number(row, "course")?),
        course_name: rows::word(row, "course_name")?,
        edition: rows::edition(row)?,
    })
}

macro_rules! listing {
    ($filter:literal) => {
        concat!(
            select!(
                ", s.team, COALESCE(s.archived, CASE WHEN c.archived THEN c.closed END) AS archived,
                 s.class_group, s.leaving IS NOT NULL AS leaving, p.login,
                 (SELECT COUNT(*) FROM vms v WHERE v.seat = s.id) AS machines",
                "LEFT JOIN members m ON m.seat = s.id LEFT JOIN persons p ON p.id = m.person "
            ),
            $filter,
            " ORDER BY s.name, p.login"
        )
    };
}

/// One row a member (or a seat without) becomes one entry a seat.
fn grouped(rows: &[Row]) -> Result<Vec<SeatRow>> {
    let mut seats: Vec<SeatRow> = Vec::new();
    for row in rows {
        let member: Option<Login> = rows::maybe_word(row, "login")?;
        let id = SeatId(rows::number(row, "id")?);
        match seats.last_mut() {
            Some(last) if last.seat.id == id => last.members.extend(member),
            _ => seats.push(SeatRow {
                seat: read(row)?,
                members: member.into_iter().collect(),
                machines: rows::number(row, "machines")?,
                team: row.try_get("team")?,
                archived: rows::maybe_time(row, "archived")?,
                group: rows::text(row, "class_group")?,
                leaving: row.try_get("leaving")?,
            }),
        }
    }
    Ok(seats)
}

impl Store {
    /// The seats that a person sits in: their own in name order, then those of teams.
    pub async fn seats_of(&self, person: PersonId) -> Result<Vec<Seat>> {
        let rows = sqlx::query(concat!(
            select!("JOIN members m ON m.seat = s.id WHERE m.person = $1 AND "),
            sits!(),
            " ORDER BY s.team, s.name"
        ))
        .bind(person.0)
        .fetch_all(&self.readers)
        .await?;
        rows::all(rows, read)
    }

    /// Gives somebody a seat of their own in an open course; `Taken("own seat")` when they have one there.
    pub async fn give_seat(
        &self,
        course: CourseId,
        person: &Person,
        now: Timestamp,
    ) -> Result<Changed<Seat>> {
        let mut tx = self.write().await?;
        if sits_in(&mut tx, person.id, course).await? {
            return Err(StoreError::Taken("own seat"));
        }
        let seat = give(&mut tx, course, (person.id, &person.login), now).await?;
        tx.commit().await?;
        let what = teams::sat(seat.id);
        Ok(Changed::new(seat, what))
    }

    /// The seats of a course, in name order.
    pub async fn seats_of_course(&self, course: CourseId) -> Result<Vec<Seat>> {
        let rows = sqlx::query(select!("WHERE s.course = $1 ORDER BY s.name"))
            .bind(course.0)
            .fetch_all(&self.readers)
            .await?;
        rows::all(rows, read)
    }

    /// One seat.
    pub async fn seat(&self, seat: SeatId) -> Result<Option<Seat>> {
        let row = sqlx::query(select!("WHERE s.id = $1")).bind(seat.0).fetch_optional(&self.readers).await?;
        rows::maybe(row, read)
    }

    /// The seat of that name.
    pub async fn seat_by_name(&self, name: &SeatName) -> Result<Option<Seat>> {
        let row = sqlx::query(select!("WHERE s.name = $1"))
            .bind(name.as_str())
            .fetch_optional(&self.readers)
            .await?;
        rows::maybe(row, read)
    }

    /// Every seat, in name order.
    pub async fn seats(&self) -> Result<Vec<SeatRow>> {
        grouped(&sqlx::query(listing!("")).fetch_all(&self.readers).await?)
    }

    /// One entry of [`Store::seats`].
    pub async fn seat_row(&self, seat: SeatId) -> Result<Option<SeatRow>> {
        let rows = sqlx::query(listing!("WHERE s.id = $1")).bind(seat.0).fetch_all(&self.readers).await?;
        Ok(grouped(&rows)?.pop())
    }

    /// A seat's members, in login order.
    pub async fn members(&self, seat: SeatId) -> Result<Vec<Person>> {
        let rows = sqlx::query(
            "SELECT p.id, p.login, p.name, p.role, p.suspended, p.created
             FROM members m JOIN persons p ON p.id = m.person
             WHERE m.seat = $1 ORDER BY p.login",
        )
        .bind(seat.0)
        .fetch_all(&self.readers)
        .await?;
        rows::all(rows, super::persons::read)
    }
}

/// One seat inside the caller's transaction.
pub(super) async fn find(connection: &mut Connection, seat: SeatId) -> Result<Option<Seat>> {
    let row = sqlx::query(select!("WHERE s.id = $1")).bind(seat.0).fetch_optional(connection).await?;
    rows::maybe(row, read)
}

/// Whether the person has a seat of their own in the course.
pub(super) async fn sits_in(connection: &mut Connection, person: PersonId, course: CourseId) -> Result<bool> {
    let row = sqlx::query(
        "SELECT s.id FROM members m JOIN seats s ON s.id = m.seat
         WHERE m.person = $1 AND s.course = $2 AND NOT s.team LIMIT 1",
    )
    .bind(person.0)
    .bind(course.0)
    .fetch_optional(connection)
    .await?;
    Ok(row.is_some())
}

/// A seat of their own in an open course.
pub(super) async fn give(
    connection: &mut Connection,
    course: CourseId,
    (person, login): (PersonId, &Login),
    now: Timestamp,
) -> Result<Seat> {
    let course = courses::open(connection, course).await?;
    let name = free_name(connection, login, &course.name).await?;
    let seat = make(connection, &course, name, false, now).await?;
    join(connection, seat.id, person).await?;
    Ok(seat)
}

/// A new seat without members.
pub(super) async fn make(
    connection: &mut Connection,
    course: &Course,
    name: SeatName,
    team: bool,
    now: Timestamp,
) -> Result<Seat> {
    let edition = course.edition;
    let number = places::next_number(connection, edition).await?;
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO seats (name, course, year, version, number, created, team)
         VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
    )
    .bind(name.as_str())
    .bind(course.id.0)
    .bind(i64::from(edition.year))
    .bind(i64::from(edition.version))
    .bind(i64::from(number.get()))
    .bind(now.0)
    .bind(team)
    .fetch_one(connection)
    .await
    .map_err(StoreError::insert("seat"))?;
    let (course, course_name) = (course.id, course.name.clone());
    Ok(Seat { id: SeatId(id), name, number, course, course_name, edition })
}

/// Makes somebody a member; `Taken("member")` when they are.
pub(super) async fn join(connection: &mut Connection, seat: SeatId, person: PersonId) -> Result<()> {
    sqlx::query("INSERT INTO members (seat, person) VALUES ($1, $2)")
        .bind(seat.0)
        .bind(person.0)
        .execute(connection)
        .await
        .map_err(StoreError::insert("member"))?;
    Ok(())
}

/// The login, or `LOGIN-COURSE` when another seat has that name.
async fn free_name(connection: &mut Connection, login: &Login, course: &CourseName) -> Result<SeatName> {
    for name in [login.to_string(), format!("{login}-{course}")] {
        // A long login and a long course do not fit one name together.
        let Ok(name) = name.parse::<SeatName>() else {
            continue;
        };
        let other = sqlx::query("SELECT id FROM seats WHERE name = $1")
            .bind(name.as_str())
            .fetch_optional(&mut *connection)
            .await?;
        if other.is_none() {
            return Ok(name);
        }
    }
    Err(StoreError::Taken("seat"))
}

/// Seats that have this person as their only member.
pub(super) async fn only_of(connection: &mut Connection, person: PersonId) -> Result<Vec<SeatId>> {
    let seats: Vec<i64> = sqlx::query_scalar(
        "SELECT m.seat FROM members m WHERE m.person = $1 AND NOT EXISTS
         (SELECT 1 FROM members other WHERE other.seat = m.seat AND other.person <> $1)",
    )
    .bind(person.0)
    .fetch_all(connection)
    .await?;
    Ok(seats.into_iter().map(SeatId).collect())
}

/// The seats that somebody is a member of, inside the caller's transaction.
pub(super) async fn of_person(connection: &mut Connection, person: PersonId) -> Result<Vec<SeatId>> {
    let seats: Vec<i64> = sqlx::query_scalar("SELECT seat FROM members WHERE person = $1 ORDER BY seat")
        .bind(person.0)
        .fetch_all(connection)
        .await?;
    Ok(seats.into_iter().map(SeatId).collect())
}
