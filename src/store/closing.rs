//! The end of a course, and the way back: closed, archived, open again, removed.

use super::{Changed, Connection, Result, Store, StoreError, What, courses, rest, rows, seats, teams};
use puerta_lab::model::{Course, CourseId, CourseState, RuleId, Timestamp, Vm};
use puerta_lab::names::{Login, SeatName, TemplateName, TemplateRef};

/// How a course is to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// Which.
    pub course: CourseId,
    /// So, unless it stands so already.
    pub to: CourseState,
    /// What archiving stopped is to be started, where the course is open then.
    pub start: bool,
}

/// What that comes to, or came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turned {
    /// The course as it stands then.
    pub course: Course,
    /// As it stood before.
    pub before: CourseState,
    /// Seats that are shut by it.
    pub seats: Vec<SeatName>,
    /// Their machines.
    pub vms: Vec<Vm>,
    /// What archiving stopped once, of the seats that are open then.
    pub resting: Vec<Vm>,
    /// It was agreed to, and is so now.
    pub taken: bool,
}

/// Why a course cannot go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CourseLeft {
    /// Seats with how many machines and backups they have.
    pub seats: Vec<(SeatName, u32, u32)>,
    /// Ready rules that name it.
    pub rules: Vec<RuleId>,
}

/// What went with a course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourseGone {
    /// Its seats.
    pub seats: Vec<SeatName>,
    /// Its templates, which are retired.
    pub templates: Vec<TemplateRef>,
    /// Who sits nowhere any more, in login order.
    pub unseated: Vec<Login>,
}

impl Store {
    /// Changes how a course stands, if what that comes to is agreed to; otherwise nothing changes, and it finds the
    /// same. What is not changed keeps its moment.
    pub async fn turn_course(
        &self,
        Turn { course, to, start }: Turn,
        agreed: impl Fn(&Turned) -> bool + Send,
    ) -> Result<Changed<Turned>> {
        let mut tx = self.write().await?;
        let mut course = courses::find(&mut tx, course).await?.ok_or(StoreError::Gone)?;
        let before = course.state;
        if before.as_str() != to.as_str() {
            course.state = to;
        }
        let (was_shut, were) =
            (shut_seats(&mut tx, course.id).await?, rest::shut_in(&mut tx, course.id).await?);
        sqlx::query("UPDATE courses SET closed = $1, archived = $2 WHERE id = $3")
            .bind(course.state.since().map(|since| since.0))
            .bind(matches!(course.state, CourseState::Archived(_)))
            .bind(course.id.0)
            .execute(&mut *tx)
            .await?;
        let mut seats = shut_seats(&mut tx, course.id).await?;
        seats.retain(|seat| !was_shut.contains(seat));
        let mut vms = rest::shut_in(&mut tx, course.id).await?;
        vms.retain(|vm| !were.contains(vm));
        let resting = rest::resting_in(&mut tx, course.id).await?;
        let mut turned = Turned { course, before, seats, vms, resting, taken: false };
        turned.taken = agreed(&turned);
        if !turned.taken {
            return Ok(Changed::new(turned, What::default()));
        }
        if start && turned.course.state.is_open() {
            rest::wake(&mut tx, &turned.resting).await?;
        }
        let keys = teams::of_course(&mut tx, turned.course.id).await?;
        tx.commit().await?;
        let what = What { people: true, seats: true, keys, publications: true, ..What::default() };
        Ok(Changed::new(turned, what))
    }

    /// Removes a course with its seats, whose numbers its place may give again, and retires its templates. `Left`
    /// while a seat has machines or backups, or a ready rule names it.
    pub async fn remove_course(&self, course: CourseId, now: Timestamp) -> Result<Changed<CourseGone>> {
        let mut tx = self.write().await?;
        courses::find(&mut tx, course).await?.ok_or(StoreError::Gone)?;
        let left = left(&mut tx, course).await?;
        if left != CourseLeft::default() {
            return Err(StoreError::Left(left));
        }
        let unseated = unseated(&mut tx, course).await?;
        for statement in [
            "DELETE FROM quotas WHERE scope = 'seat'
             AND subject IN (SELECT CAST(id AS TEXT) FROM seats WHERE course = $1)",
            "DELETE FROM quotas WHERE scope = 'course' AND subject = CAST($1 AS TEXT)",
        ] {
            sqlx::query(statement).bind(course.0).execute(&mut *tx).await?;
        }
        let rows = sqlx::query("DELETE FROM seats WHERE course = $1 RETURNING name").bind(course.0);
        let mut seats: Vec<SeatName> =
            rows::all(rows.fetch_all(&mut *tx).await?, |row| rows::word(row, "name"))?;
        seats.sort();
        let rows = sqlx::query(
            "UPDATE templates SET retired = $1 WHERE course = $2 AND retired IS NULL RETURNING name, version",
        );
        let rows = rows.bind(now.0).bind(course.0).fetch_all(&mut *tx).await?;
        let templates = rows::all(rows, |row| {
            let name: TemplateName = rows::word(row, "name")?;
            Ok(TemplateRef { name, version: Some(rows::number(row, "version")?) })
        })?;
        sqlx::query("DELETE FROM courses WHERE id = $1").bind(course.0).execute(&mut *tx).await?;
        tx.commit().await?;
        let what = What {
            people: true,
            seats: true,
            publications: true,
            templates: !templates.is_empty(),
            ..What::default()
        };
        Ok(Changed::new(CourseGone { seats, templates, unseated }, what))
    }
}

/// The seats of a course that are shut, in name order.
async fn shut_seats(connection: &mut Connection, course: CourseId) -> Result<Vec<SeatName>> {
    let rows = sqlx::query(concat!(
        "SELECT s.name FROM seats s WHERE s.course = $1 AND ",
        seats::shut!(),
        " ORDER BY s.name"
    ))
    .bind(course.0)
    .fetch_all(connection)
    .await?;
    rows::all(rows, |row| rows::word(row, "name"))
}

async fn left(connection: &mut Connection, course: CourseId) -> Result<CourseLeft> {
    let rows = sqlx::query(
        "SELECT name, machines, backups FROM
             (SELECT s.name, (SELECT COUNT(*) FROM vms v WHERE v.seat = s.id) AS machines,
                     (SELECT COUNT(*) FROM backups b WHERE b.seat = s.id) AS backups
              FROM seats s WHERE s.course = $1) held
         WHERE machines + backups > 0 ORDER BY name",
    )
    .bind(course.0)
    .fetch_all(&mut *connection)
    .await?;
    let seats = rows::all(rows, |row| {
        Ok((rows::word(row, "name")?, rows::number(row, "machines")?, rows::number(row, "backups")?))
    })?;
    let rules: Vec<i64> = sqlx::query_scalar("SELECT id FROM rules WHERE course = $1 ORDER BY id")
        .bind(course.0)
        .fetch_all(connection)
        .await?;
    Ok(CourseLeft { seats, rules: rules.into_iter().map(RuleId).collect() })
}

/// Whose seats are all of this course.
async fn unseated(connection: &mut Connection, course: CourseId) -> Result<Vec<Login>> {
    let rows = sqlx::query(
        "SELECT DISTINCT p.login FROM persons p JOIN members m ON m.person = p.id
         JOIN seats s ON s.id = m.seat WHERE s.course = $1 AND NOT EXISTS
         (SELECT 1 FROM members other JOIN seats o ON o.id = other.seat
          WHERE other.person = p.id AND o.course <> $1) ORDER BY p.login",
    )
    .bind(course.0)
    .fetch_all(connection)
    .await?;
    rows::all(rows, |row| rows::word(row, "login"))
}
