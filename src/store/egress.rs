//! What machines may reach outside, where it is not the configuration's default; and the lab's own
//! mark.

use super::rows::{self, Row};
use super::{Changed, Result, Store, StoreError, What, courses, seats};
use puerta_lab::model::{Course, CourseId, Seat, SeatId};
use puerta_lab::network::Egress;

/// Whose machines an egress rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Those of every seat of a course that has no rule of its own.
    Course(CourseId),
    /// Those of one seat.
    Seat(SeatId),
}

impl Place {
    fn columns(self) -> (Option<i64>, Option<i64>) {
        match self {
            Self::Course(course) => (Some(course.0), None),
            Self::Seat(seat) => (None, Some(seat.0)),
        }
    }
}

fn rule(row: &Row) -> Result<Egress> {
    rows::word(row, "rule")
}

impl Store {
    /// Which puerta this is: sixteen hexadecimal digits, for good.
    pub async fn owner(&self) -> Result<String> {
        let row = sqlx::query("SELECT owner FROM lab").fetch_one(&self.readers).await?;
        rows::text(&row, "owner")
    }

    /// Sets the rule of a place, or with `None` removes it; the one that was there.
    pub async fn set_egress(&self, place: Place, egress: Option<&Egress>) -> Result<Changed<Option<Egress>>> {
        let (course, seat) = place.columns();
        let mut tx = self.write().await?;
        let before = sqlx::query("SELECT rule FROM egress WHERE course = $1 OR seat = $2")
            .bind(course)
            .bind(seat)
            .fetch_optional(&mut *tx)
            .await?;
        sqlx::query("DELETE FROM egress WHERE course = $1 OR seat = $2")
            .bind(course)
            .bind(seat)
            .execute(&mut *tx)
            .await?;
        if let Some(egress) = egress {
            sqlx::query("INSERT INTO egress (course, seat, rule) VALUES ($1, $2, $3)")
                .bind(course)
                .bind(seat)
                .bind(egress.to_string())
                .execute(&mut *tx)
                .await
                .map_err(StoreError::insert("egress"))?;
        }
        tx.commit().await?;
        Ok(Changed::new(rows::maybe(before, rule)?, What { publications: true, ..What::default() }))
    }

    /// Rules of courses, in name order.
    pub async fn egress_of_courses(&self) -> Result<Vec<(Course, Egress)>> {
        let rows =
            sqlx::query(courses::select!(", e.rule", "JOIN egress e ON e.course = c.id ORDER BY c.name"))
                .fetch_all(&self.readers)
                .await?;
        rows::all(rows, |row| Ok((courses::read(row)?, rule(row)?)))
    }

    /// Rules of seats, in name order.
    pub async fn egress_of_seats(&self) -> Result<Vec<(Seat, Egress)>> {
        let rows = sqlx::query(seats::select!(", e.rule", "JOIN egress e ON e.seat = s.id ORDER BY s.name"))
            .fetch_all(&self.readers)
            .await?;
        rows::all(rows, |row| Ok((seats::read(row)?, rule(row)?)))
    }
}
