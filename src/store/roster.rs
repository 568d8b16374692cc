//! A course's people as a list says them. What differs is found and put right in one transaction, so
//! that two lists at once come one after the other, and a list is taken whole or not at all.

use super::persons::{self, NewCode, NewPerson, PersonRow};
use super::rows::{self, Row};
use super::{Changed, Connection, Result, Store, StoreError, What, courses, leaving, rest, seats, teams};
use puerta_lab::model::{CourseId, Person, PersonId, Role, Seat, SeatId, Timestamp, Vm};
use puerta_lab::names::{CampusName, Login, SeatName};
use sqlx::Row as _;
use std::collections::{HashMap, HashSet};
use unicode_normalization::UnicodeNormalization as _;

/// Somebody of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterRow {
    /// What they log in with.
    pub login: Login,
    /// What the campus calls them, where that is another name.
    pub campus: Option<CampusName>,
    /// Their name as people write it.
    pub name: String,
    /// Where to write to them.
    pub email: String,
    /// Their group; `None`: what is known stays.
    pub group: Option<String>,
    /// Their number at the school; `None`: what is known stays.
    pub idnumber: Option<String>,
    /// The one-time code that they get if nobody knows them.
    pub code: NewCode,
}

/// What a row of the list came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enrolment {
    /// A new person, with a seat and the row's code.
    New,
    /// Known already; they got a seat.
    Seated,
    /// Their archived seat is theirs again.
    Back,
    /// What is known of them changed.
    Changed,
    /// As it was.
    Same,
    /// Staff: a list changes nothing of theirs.
    Staff,
    /// Their login is that of somebody whom the campus calls otherwise. Never to be agreed to.
    Another,
}

/// Somebody's row and what it came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// Who.
    pub login: Login,
    /// What it came to.
    pub what: Enrolment,
    /// Their seat; none for staff.
    pub seat: Option<SeatName>,
}

/// Which course a list is for, and how it is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Intake {
    /// The course.
    pub course: CourseId,
    /// Who has no row stays as they are.
    pub add: bool,
    /// What archiving stopped of who sits there is to be started.
    pub start: bool,
    /// When it is.
    pub now: Timestamp,
}

/// What a list changes, or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterPlan {
    /// An entry a row, in the list's order.
    pub people: Vec<Enrolled>,
    /// Who has no row any more, and the seat that is archived; in name order.
    pub archived: Vec<(Person, SeatName)>,
    /// How many rows of the course's list sat there before.
    pub class: u32,
    /// Machines of the seats that are shut by it.
    pub shut: Vec<Vm>,
    /// What archiving stopped once, of the seats that are open then.
    pub resting: Vec<Vm>,
    /// It was agreed to, and is so now.
    pub taken: bool,
}

/// What the registry knows of somebody.
struct Known {
    person: Person,
    campus: Option<CampusName>,
    email: String,
    idnumber: String,
    /// Their own seat in the course.
    own: Option<Own>,
}

struct Own {
    seat: SeatId,
    name: SeatName,
    group: String,
    roster: bool,
    archived: bool,
}

impl Own {
    /// Whether it is a row of the list that is in force.
    fn listed(&self) -> bool {
        self.roster && !self.archived
    }
}

impl Store {
    /// Makes a course's people those of the list, whose logins differ, if what that comes to is agreed to;
    /// otherwise nothing changes, and it finds and fails the same. `NotOpen` when the course is not,
    /// `PlaceFull` when its place has no room.
    pub async fn enrol(
        &self,
        intake: Intake,
        list: &[RosterRow],
        agreed: impl Fn(&RosterPlan) -> bool + Send,
    ) -> Result<Changed<RosterPlan>> {
        let Intake { course, add, start, now } = intake;
        let mut tx = self.write().await?;
        courses::open(&mut tx, course).await?;
        let mut known = known(&mut tx, course).await?;
        let class = known.values().filter(|known| known.own.as_ref().is_some_and(Own::listed)).count() as u32;
        let was_shut = rest::shut_in(&mut tx, course).await?;
        let mut people = Vec::with_capacity(list.len());
        for row in list {
            people.push(match known.remove(&row.login) {
                None => stranger(&mut tx, course, row, now).await?,
                Some(known) => acquaintance(&mut tx, course, row, known, now).await?,
            });
        }
        let archived = if add { Vec::new() } else { archive(&mut tx, known, now).await? };
        let mut shut = rest::shut_in(&mut tx, course).await?;
        shut.retain(|vm| !was_shut.contains(vm));
        let resting = rest::resting_in(&mut tx, course).await?;
        let mut plan = RosterPlan { people, archived, class, shut, resting, taken: false };
        plan.taken = agreed(&plan);
        if !plan.taken {
            return Ok(Changed::new(plan, What::default()));
        }
        let seated = |entry: &Enrolled| matches!(entry.what, Enrolment::New | Enrolment::Seated);
        // The firewall goes by seat: a new one has what its course has.
        let publications = plan.people.iter().any(seated);
        let mut what = What { people: true, publications, ..What::default() };
        if !plan.archived.is_empty() || plan.people.iter().any(|entry| entry.what == Enrolment::Back) {
            // Who went was in teams, whose machines go on.
            let keys = teams::of_course(&mut tx, course).await?;
            what = What { seats: true, keys, publications: true, ..what };
        }
        if start {
            rest::wake(&mut tx, &plan.resting).await?;
            what.seats = true;
        }
        tx.commit().await?;
        Ok(Changed::new(plan, what))
    }

    /// Alumnos who sit in a course and have neither key nor password, in login order.
    pub async fn without_key(&self, course: CourseId) -> Result<Vec<PersonRow>> {
        let rows = sqlx::query(concat!(
            "SELECT DISTINCT p.login FROM persons p JOIN members m ON m.person = p.id
             JOIN seats s ON s.id = m.seat
             WHERE s.course = $1 AND p.role = 'alumno' AND NOT p.suspended AND ",
            seats::sits!()
        ))
        .bind(course.0)
        .fetch_all(&self.readers)
        .await?;
        let sitting: HashSet<Login> =
            rows.iter().map(|row| rows::word(row, "login")).collect::<Result<_>>()?;
        let without = |row: &PersonRow| row.keys == 0 && !row.password;
        let all = self.persons().await?.into_iter();
        Ok(all.filter(|row| without(row) && sitting.contains(&row.person.login)).collect())
    }

    /// New one-time codes in place of the last, all or none. Who is gone meanwhile is passed over.
    pub async fn set_codes(&self, codes: &[(PersonId, NewCode)]) -> Result<()> {
        let mut tx = self.write().await?;
        for (person, code) in codes {
            match persons::put_code(&mut tx, *person, code).await {
                Ok(()) | Err(StoreError::Gone) => {}
                Err(error) => return Err(error),
            }
        }
        tx.commit().await?;
        Ok(())
    }

    /// Archives a seat, or takes it out of the archive, as a list would; with `start` what archiving stopped is
    /// to be started then. `false` when it was so already.
    pub async fn set_archived(
        &self,
        seat: SeatId,
        archived: Option<Timestamp>,
        start: bool,
    ) -> Result<Changed<bool>> {
        let mut tx = self.write().await?;
        let course = seats::find(&mut tx, seat).await?.ok_or(StoreError::Gone)?.course;
        if leaving::is_leaving(&mut tx, seat).await? {
            return Err(StoreError::Leaving);
        }
        let done = sqlx::query(
            "UPDATE seats SET archived = $1 WHERE id = $2 AND (archived IS NULL) <> ($1 IS NULL)",
        )
        .bind(archived.map(|archived| archived.0))
        .bind(seat.0)
        .execute(&mut *tx)
        .await?;
        if start {
            let resting = rest::resting_in(&mut tx, course).await?;
            let own: Vec<_> = resting.into_iter().filter(|vm| vm.seat == seat).collect();
            rest::wake(&mut tx, &own).await?;
        }
        // Who sits there is in its course's teams, or is not.
        let mut keys = teams::of_course(&mut tx, course).await?;
        keys.push(seat);
        tx.commit().await?;
        let what = What { people: true, seats: true, keys, publications: true, ..What::default() };
        Ok(Changed::new(done.rows_affected() == 1, what))
    }

    /// Machines of the seats that are shut and stay: archived, or a team's of whom all are.
    pub async fn vms_of_shut_seats(&self) -> Result<Vec<Vm>> {
        // What is to go with its seat is not stopped first.
        let going = self.leaving_seats().await?;
        let shut = self.shut_seats().await?.into_iter().filter(|seat| !going.contains(seat));
        let seats: Vec<_> = shut.map(|seat| seat.id).collect();
        self.vms_of(&seats).await
    }

    /// The seats that are shut, in name order.
    pub async fn shut_seats(&self) -> Result<Vec<Seat>> {
        let rows = sqlx::query(concat!(seats::select!("", "WHERE "), seats::shut!(), " ORDER BY s.name"))
            .fetch_all(&self.readers)
            .await?;
        rows::all(rows, seats::read)
    }

    /// Whether a seat is shut.
    pub async fn is_shut(&self, seat: SeatId) -> Result<bool> {
        let row = sqlx::query(concat!("SELECT 1 FROM seats s WHERE s.id = $1 AND ", seats::shut!()))
            .bind(seat.0)
            .fetch_optional(&self.readers)
            .await?;
        Ok(row.is_some())
    }
}

/// Everybody, with their own seat in the course.
async fn known(connection: &mut Connection, course: CourseId) -> Result<HashMap<Login, Known>> {
    let rows = sqlx::query(
        "SELECT p.id, p.login, p.name, p.role, p.suspended, p.created, p.campus, p.email, p.idnumber,
                s.id AS seat, s.name AS seat_name, s.class_group, s.roster, s.archived
         FROM persons p LEFT JOIN
             (members m JOIN seats s ON s.id = m.seat AND s.course = $1 AND NOT s.team) ON m.person = p.id",
    )
    .bind(course.0)
    .fetch_all(connection)
    .await?;
    let mut all = HashMap::with_capacity(rows.len());
    for row in &rows {
        let person = persons::read(row)?;
        let own = own(row)?;
        let (email, idnumber) = (rows::text(row, "email")?, rows::text(row, "idnumber")?);
        let campus = rows::maybe_word(row, "campus")?;
        all.insert(person.login.clone(), Known { person, campus, email, idnumber, own });
    }
    Ok(all)
}

fn own(row: &Row) -> Result<Option<Own>> {
    let Some(seat) = row.try_get::<Option<i64>, _>("seat")? else { return Ok(None) };
    Ok(Some(Own {
        seat: SeatId(seat),
        name: rows::word(row, "seat_name")?,
        group: rows::text(row, "class_group")?,
        roster: row.try_get("roster")?,
        archived: rows::maybe_time(row, "archived")?.is_some(),
    }))
}

/// Somebody whom nobody knows.
async fn stranger(
    connection: &mut Connection,
    course: CourseId,
    row: &RosterRow,
    now: Timestamp,
) -> Result<Enrolled> {
    let new = NewPerson {
        login: row.login.clone(),
        name: row.name.clone(),
        role: Role::Alumno,
        course: None,
        key: None,
        code: Some(row.code.clone()),
    };
    let person = persons::insert(connection, &new, now).await?;
    describe(connection, person.id, row, "").await?;
    let seat = seat(connection, course, row, person.id, now).await?;
    Ok(Enrolled { login: row.login.clone(), what: Enrolment::New, seat: Some(seat) })
}

/// Somebody who is there already: what opens their door is not touched.
async fn acquaintance(
    connection: &mut Connection,
    course: CourseId,
    row: &RosterRow,
    known: Known,
    now: Timestamp,
) -> Result<Enrolled> {
    let Known { person, campus, email, idnumber, own } = known;
    let login = row.login.clone();
    if person.role != Role::Alumno {
        return Ok(Enrolled { login, what: Enrolment::Staff, seat: None });
    }
    if row.campus.is_some() && campus.is_some() && row.campus != campus {
        return Ok(Enrolled { login, what: Enrolment::Another, seat: None });
    }
    let other = |said: &Option<String>, known: &str| said.as_deref().is_some_and(|said| differ(said, known));
    let mut changed =
        differ(&person.name, &row.name) || differ(&email, &row.email) || other(&row.idnumber, &idnumber);
    changed |= row.campus.is_some() && campus.is_none();
    if changed {
        describe(connection, person.id, row, &idnumber).await?;
    }
    let Some(own) = own else {
        let seat = seat(connection, course, row, person.id, now).await?;
        return Ok(Enrolled { login, what: Enrolment::Seated, seat: Some(seat) });
    };
    if other(&row.group, &own.group) || !own.roster || own.archived {
        changed = true;
        mark(connection, own.seat, row.group.as_deref().unwrap_or(&own.group)).await?;
    }
    let what = match (own.archived, changed) {
        (true, _) => Enrolment::Back,
        (false, true) => Enrolment::Changed,
        (false, false) => Enrolment::Same,
    };
    Ok(Enrolled { login, what, seat: Some(own.name) })
}

/// Whether two texts are more than two forms of Unicode of one.
fn differ(one: &str, other: &str) -> bool {
    one != other && !one.nfc().eq(other.nfc())
}

/// Writes down what the row says of a person.
async fn describe(
    connection: &mut Connection,
    person: PersonId,
    row: &RosterRow,
    idnumber: &str,
) -> Result<()> {
    sqlx::query("UPDATE persons SET name = $1, email = $2, idnumber = $3, campus = COALESCE($4, campus) WHERE id = $5")
        .bind(&row.name)
        .bind(&row.email)
        .bind(row.idnumber.as_deref().unwrap_or(idnumber))
        .bind(row.campus.as_ref().map(CampusName::as_str))
        .bind(person.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// A seat of their own, as the list has it.
async fn seat(
    connection: &mut Connection,
    course: CourseId,
    row: &RosterRow,
    person: PersonId,
    now: Timestamp,
) -> Result<SeatName> {
    let seat = seats::give(connection, course, (person, &row.login), now).await?;
    mark(connection, seat.id, row.group.as_deref().unwrap_or("")).await?;
    Ok(seat.name)
}

/// The seat is a row of the list, and nothing is archived any more.
async fn mark(connection: &mut Connection, seat: SeatId, group: &str) -> Result<()> {
    sqlx::query("UPDATE seats SET roster = TRUE, archived = NULL, class_group = $1 WHERE id = $2")
        .bind(group)
        .bind(seat.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// Archives the seats of those who are left over.
async fn archive(
    connection: &mut Connection,
    left: HashMap<Login, Known>,
    now: Timestamp,
) -> Result<Vec<(Person, SeatName)>> {
    let mut archived = Vec::new();
    for Known { person, own, .. } in left.into_values() {
        let Some(own) = own.filter(Own::listed) else { continue };
        sqlx::query("UPDATE seats SET archived = $1 WHERE id = $2")
            .bind(now.0)
            .bind(own.seat.0)
            .execute(&mut *connection)
            .await?;
        archived.push((person, own.name));
    }
    archived.sort_by(|(_, a), (_, b)| a.cmp(b));
    Ok(archived)
}
