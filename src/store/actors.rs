//! Persons as policy sees them, with the seats that they sit in: one question each.

use super::rows::{self, Row};
use super::{Result, Store, seats};
use puerta_lab::model::{Actor, PersonId, Role, SeatId};
use puerta_lab::names::{CampusName, CourseName, Login};
use sqlx::Row as _;

/// Whose key it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyHolder {
    /// The person.
    pub person: PersonId,
    /// Their login, whatever they typed for it.
    pub login: Login,
    /// Whether they have a second factor as well.
    pub second_factor: bool,
    /// As policy sees them.
    pub actor: Actor,
}

macro_rules! select {
    ($more:literal, $from:literal) => {
        concat!(
            "SELECT p.id, p.login, p.role, p.suspended, s.id AS seat, s.team, c.name AS course, ",
            $more,
            seats::sits!(),
            " AS sits FROM persons p ",
            $from,
            " LEFT JOIN members m ON m.person = p.id LEFT JOIN seats s ON s.id = m.seat
              LEFT JOIN courses c ON c.id = s.course "
        )
    };
}

/// Of a person's rows, one a seat.
fn read(person: PersonId, first: &Row, rows: &[Row]) -> Result<Actor> {
    let mut actor = Actor {
        person: Some(person),
        login: rows::text(first, "login")?,
        role: rows::word(first, "role")?,
        seats: Vec::new(),
        teams: Vec::new(),
        courses: Vec::new(),
        suspended: first.try_get("suspended")?,
    };
    let mut archived = false;
    for row in rows {
        let Some(seat) = row.try_get::<Option<i64>, _>("seat")? else { continue };
        if !row.try_get::<bool, _>("sits")? {
            archived = true;
            continue;
        }
        actor.seats.push(SeatId(seat));
        if row.try_get("team")? {
            actor.teams.push(SeatId(seat));
        }
        actor.courses.extend(rows::maybe_word::<CourseName>(row, "course")?);
    }
    actor.courses.sort_unstable();
    actor.courses.dedup();
    // Taken out of every list: as closed as with a suspension.
    actor.suspended |= archived && actor.seats.is_empty() && actor.role == Role::Alumno;
    Ok(actor)
}

impl Store {
    /// The person as policy sees them.
    pub async fn actor(&self, person: PersonId) -> Result<Option<Actor>> {
        let rows = sqlx::query(concat!(select!("", ""), "WHERE p.id = $1 ORDER BY s.team, s.name"))
            .bind(person.0)
            .fetch_all(&self.readers)
            .await?;
        rows.first().map(|first| read(person, first, &rows)).transpose()
    }

    /// Whose login it is, when that person has the key: all that a login by key asks.
    pub async fn key_of(&self, login: &CampusName, fingerprint: &str) -> Result<Option<KeyHolder>> {
        let rows = sqlx::query(concat!(
            select!(
                "EXISTS (SELECT 1 FROM second_factors f WHERE f.person = p.id) AS second_factor, ",
                "JOIN authorized_keys k ON k.person = p.id"
            ),
            "WHERE (p.login = $1 OR p.campus = $1) AND k.fingerprint = $2 ORDER BY s.team, s.name"
        ))
        .bind(login.as_str())
        .bind(fingerprint)
        .fetch_all(&self.readers)
        .await?;
        let Some(first) = rows.first() else { return Ok(None) };
        let person = PersonId(rows::number(first, "id")?);
        Ok(Some(KeyHolder {
            person,
            login: rows::word(first, "login")?,
            second_factor: first.try_get("second_factor")?,
            actor: read(person, first, &rows)?,
        }))
    }
}
