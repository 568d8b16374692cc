//! Persons, and what they log in with besides keys.

use super::keys::{self, NewKey};
use super::rows::{self, Row};
use super::{Changed, Connection, Holding, Result, Store, StoreError, What, leaving, seats};
use puerta_lab::model::{CourseId, Person, PersonId, Role, Seat, Timestamp};
use puerta_lab::names::{CampusName, Login, SeatName};
use sqlx::Row as _;

/// Somebody to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPerson {
    /// What they log in with.
    pub login: Login,
    /// Their name as people write it; may be empty.
    pub name: String,
    /// What they are.
    pub role: Role,
    /// The course to give them a seat in.
    pub course: Option<CourseId>,
    /// Their first key.
    pub key: Option<NewKey>,
    /// Their one-time code.
    pub code: Option<NewCode>,
}

/// A one-time code as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCode {
    /// Its hash.
    pub hash: String,
    /// From when on it opens nothing; the caller compares, the store has no clock.
    pub expires: Timestamp,
}

/// What is to be written of a person; what is not said stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonEdit {
    /// Their name as people write it.
    pub name: Option<String>,
    /// Where to write to them.
    pub email: Option<String>,
    /// Their number at the school.
    pub idnumber: Option<String>,
    /// What the campus calls them; `Some(None)`: nothing else.
    pub campus: Option<Option<CampusName>>,
}

/// What a person has besides keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    /// The password's hash.
    pub password: Option<String>,
    /// The one-time code that was not used yet.
    pub code: Option<NewCode>,
}

/// A person as professors see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// Who.
    pub person: Person,
    /// Names of their seats, in order.
    pub seats: Vec<SeatName>,
    /// How many keys they have.
    pub keys: u32,
    /// Whether they have a password.
    pub password: bool,
    /// What the campus calls them, where that is another name.
    pub campus: Option<CampusName>,
    /// Where to write to them; may be empty.
    pub email: String,
    /// Their number at the school; may be empty.
    pub idnumber: String,
    /// Their groups in their courses, those that are known.
    pub groups: Vec<String>,
    /// An alumno all of whose seats are archived does not come in.
    pub archived: bool,
    /// Whether they have a second factor.
    pub second_factor: bool,
}

pub(super) fn read(row: &Row) -> Result<Person> {
    Ok(Person {
        id: PersonId(rows::number(row, "id")?),
        login: rows::word(row, "login")?,
        name: rows::text(row, "name")?,
        role: rows::word(row, "role")?,
        suspended: row.try_get("suspended")?,
        created: rows::time(row, "created")?,
    })
}

macro_rules! listing {
    ($filter:literal) => {
        concat!(
            "SELECT p.id, p.login, p.name, p.role, p.suspended, p.created, p.campus, p.email, p.idnumber,
                    s.name AS seat_name, s.class_group, ",
            seats::sits!(),
            " AS sits, c.password IS NOT NULL AS password,
                    EXISTS (SELECT 1 FROM second_factors f WHERE f.person = p.id) AS second_factor,
                    (SELECT COUNT(*) FROM authorized_keys k WHERE k.person = p.id) AS keys
             FROM persons p LEFT JOIN credentials c ON c.person = p.id
             LEFT JOIN members m ON m.person = p.id LEFT JOIN seats s ON s.id = m.seat ",
            $filter,
            " ORDER BY p.login, s.name"
        )
    };
}

/// One row a seat (or one without) becomes one entry a person.
fn grouped(rows: &[Row]) -> Result<Vec<PersonRow>> {
    let mut persons: Vec<PersonRow> = Vec::new();
    for row in rows {
        let seat: Option<SeatName> = rows::maybe_word(row, "seat_name")?;
        let id = PersonId(rows::number(row, "id")?);
        let sits: Option<bool> = row.try_get("sits")?;
        let group: Option<String> = row.try_get("class_group")?;
        let group = group.filter(|group| !group.is_empty());
        match persons.last_mut() {
            Some(last) if last.person.id == id => {
                last.seats.extend(seat);
                last.groups.extend(group);
                last.archived &= sits == Some(false);
            }
            _ => {
                let person = read(row)?;
                let archived = person.role == Role::Alumno && seat.is_some() && sits == Some(false);
                persons.push(PersonRow {
                    person,
                    seats: seat.into_iter().collect(),
                    keys: rows::number(row, "keys")?,
                    password: row.try_get("password")?,
                    second_factor: row.try_get("second_factor")?,
                    campus: rows::maybe_word(row, "campus")?,
                    email: rows::text(row, "email")?,
                    idnumber: rows::text(row, "idnumber")?,
                    groups: group.into_iter().collect(),
                    archived,
                });
            }
        }
    }
    Ok(persons)
}

impl Store {
    /// Adds a person, with a seat of their own when a course is given. Somebody who is there and
    /// has no seat in that course gets only the seat and the key: name, role and code stay theirs.
    pub async fn add_person(
        &self,
        new: NewPerson,
        now: Timestamp,
    ) -> Result<Changed<(Person, Option<Seat>)>> {
        let mut tx = self.write().await?;
        let known = by_login(&mut tx, &new.login).await?;
        let person = match &known {
            None => insert(&mut tx, &new, now).await?,
            Some(person) => match new.course {
                Some(course) if !seats::sits_in(&mut tx, person.id, course).await? => person.clone(),
                _ => return Err(StoreError::Taken("login")),
            },
        };
        let seat = match new.course {
            None => None,
            Some(course) => Some(seats::give(&mut tx, course, (person.id, &person.login), now).await?),
        };
        // What opens the door of somebody who is there already is theirs alone to change.
        if let (None, Some(key)) = (&known, new.key) {
            keys::add(&mut tx, person.id, key, now).await?;
        }
        tx.commit().await?;
        // The firewall goes by seat: a new one has what its course has.
        let publications = seat.is_some();
        Ok(Changed::new((person, seat), What { people: true, publications, ..What::default() }))
    }

    /// The person with that login.
    pub async fn person_by_login(&self, login: &Login) -> Result<Option<Person>> {
        by_login(&mut *self.readers.acquire().await?, login).await
    }

    /// Whom somebody means who types this: by login, or as their campus calls them.
    pub async fn person_typed(&self, typed: &CampusName) -> Result<Option<Person>> {
        let row = sqlx::query(
            "SELECT id, login, name, role, suspended, created FROM persons WHERE login = $1 OR campus = $1",
        )
        .bind(typed.as_str())
        .fetch_optional(&self.readers)
        .await?;
        rows::maybe(row, read)
    }

    /// The person.
    pub async fn person(&self, person: PersonId) -> Result<Option<Person>> {
        let row = sqlx::query("SELECT id, login, name, role, suspended, created FROM persons WHERE id = $1")
            .bind(person.0)
            .fetch_optional(&self.readers)
            .await?;
        rows::maybe(row, read)
    }

    /// Everybody, in login order.
    pub async fn persons(&self) -> Result<Vec<PersonRow>> {
        let rows = sqlx::query(listing!("")).fetch_all(&self.readers).await?;
        grouped(&rows)
    }

    /// Whether an admin may come in.
    pub async fn has_admin(&self) -> Result<bool> {
        let row = sqlx::query("SELECT 1 FROM persons WHERE role = $1 AND NOT suspended LIMIT 1")
            .bind(Role::Admin.as_str())
            .fetch_optional(&self.readers)
            .await?;
        Ok(row.is_some())
    }

    /// One entry of [`Store::persons`].
    pub async fn person_row(&self, login: &Login) -> Result<Option<PersonRow>> {
        let rows =
            sqlx::query(listing!("WHERE p.login = $1")).bind(login.as_str()).fetch_all(&self.readers).await?;
        Ok(grouped(&rows)?.pop())
    }

    /// Closes a person's door, or opens it again.
    pub async fn set_suspended(&self, person: PersonId, suspended: bool) -> Result<Changed<()>> {
        let mut tx = self.write().await?;
        let done = sqlx::query("UPDATE persons SET suspended = $1 WHERE id = $2")
            .bind(suspended)
            .bind(person.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::Gone);
        }
        Ok(Changed::new((), What { people: true, publications: true, ..What::default() }))
    }

    /// Writes something else of a person; `Taken("campus")` when the campus calls somebody else so.
    pub async fn edit_person(&self, person: PersonId, edit: PersonEdit) -> Result<Changed<()>> {
        let mut tx = self.write().await?;
        let clear = edit.campus == Some(None);
        let done = sqlx::query(
            "UPDATE persons SET name = COALESCE($1, name), email = COALESCE($2, email),
                    idnumber = COALESCE($3, idnumber),
                    campus = CASE WHEN $4 THEN NULL ELSE COALESCE($5, campus) END
             WHERE id = $6",
        )
        .bind(edit.name)
        .bind(edit.email)
        .bind(edit.idnumber)
        .bind(clear)
        .bind(edit.campus.flatten().map(|campus| campus.to_string()))
        .bind(person.0)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::insert("campus"))?;
        if done.rows_affected() == 0 {
            return Err(StoreError::Gone);
        }
        tx.commit().await?;
        Ok(Changed::new((), What { people: true, ..What::default() }))
    }

    /// Removes a person with keys, credentials, memberships and the seats that nobody else is a member of. Where
    /// those hold something they go as in [`Store::remove_seat`]: only with the number of all of it.
    pub async fn remove_person(
        &self,
        person: PersonId,
        all: Option<u32>,
        now: Timestamp,
    ) -> Result<Changed<Holding>> {
        let mut tx = self.write().await?;
        // Of those that stay, the keys that open their machines are others from now on.
        let keys = seats::of_person(&mut tx, person).await?;
        let own = seats::only_of(&mut tx, person).await?;
        let held = leaving::end(&mut tx, &own, all, now).await?;
        let done = sqlx::query("DELETE FROM persons WHERE id = $1").bind(person.0).execute(&mut *tx).await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::Gone);
        }
        tx.commit().await?;
        let what = What { people: true, seats: true, keys, publications: true, ..What::default() };
        Ok(Changed::new(held, what))
    }

    /// Password and code; empty for somebody who has neither, or is not there.
    pub async fn credentials(&self, person: PersonId) -> Result<Credentials> {
        let row = sqlx::query("SELECT password, code, code_expires FROM credentials WHERE person = $1")
            .bind(person.0)
            .fetch_optional(&self.readers)
            .await?;
        let Some(row) = row else {
            return Ok(Credentials::default());
        };
        let code: Option<String> = row.try_get("code")?;
        let expires = rows::maybe_time(&row, "code_expires")?;
        Ok(Credentials {
            password: row.try_get("password")?,
            code: code.zip(expires).map(|(hash, expires)| NewCode { hash, expires }),
        })
    }

    /// A new password; a code that was not used yet goes.
    pub async fn set_password(&self, person: PersonId, hash: &str) -> Result<()> {
        let mut tx = self.write().await?;
        sqlx::query(
            "INSERT INTO credentials (person, password) VALUES ($1, $2)
             ON CONFLICT (person) DO UPDATE
             SET password = excluded.password, code = NULL, code_expires = NULL",
        )
        .bind(person.0)
        .bind(hash)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::insert("login"))?;
        tx.commit().await?;
        Ok(())
    }

    /// A new one-time code instead of the last; the password stays.
    pub async fn set_code(&self, person: PersonId, code: NewCode) -> Result<()> {
        let mut tx = self.write().await?;
        put_code(&mut tx, person, &code).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Uses the code with that hash up: `true` for exactly one caller. Whether it has expired is
    /// the caller's to see first.
    pub async fn take_code(&self, person: PersonId, hash: &str) -> Result<bool> {
        let mut tx = self.write().await?;
        let done = sqlx::query(
            "UPDATE credentials SET code = NULL, code_expires = NULL
             WHERE person = $1 AND code = $2",
        )
        .bind(person.0)
        .bind(hash)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// Whoever has a seat in the course, in login order.
    pub async fn people_of_course(&self, course: CourseId) -> Result<Vec<Person>> {
        let rows = sqlx::query(
            "SELECT DISTINCT p.id, p.login, p.name, p.role, p.suspended, p.created
             FROM persons p JOIN members m ON m.person = p.id JOIN seats s ON s.id = m.seat
             WHERE s.course = $1 ORDER BY p.login",
        )
        .bind(course.0)
        .fetch_all(&self.readers)
        .await?;
        rows::all(rows, read)
    }
}

async fn by_login(connection: &mut Connection, login: &Login) -> Result<Option<Person>> {
    let row = sqlx::query("SELECT id, login, name, role, suspended, created FROM persons WHERE login = $1")
        .bind(login.as_str())
        .fetch_optional(connection)
        .await?;
    rows::maybe(row, read)
}

pub(super) async fn insert(connection: &mut Connection, new: &NewPerson, now: Timestamp) -> Result<Person> {
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO persons (login, name, role, suspended, created)
         VALUES ($1, $2, $3, FALSE, $4) RETURNING id",
    )
    .bind(new.login.as_str())
    .bind(&new.name)
    .bind(new.role.as_str())
    .bind(now.0)
    .fetch_one(&mut *connection)
    .await
    .map_err(StoreError::insert("login"))?;
    let id = PersonId(id);
    if let Some(code) = &new.code {
        put_code(connection, id, code).await?;
    }
    Ok(Person {
        id,
        login: new.login.clone(),
        name: new.name.clone(),
        role: new.role,
        suspended: false,
        created: now,
    })
}

/// `Gone` when the person is: asked for in the statement itself, since a statement that fails may end its
/// whole transaction.
pub(super) async fn put_code(connection: &mut Connection, person: PersonId, code: &NewCode) -> Result<()> {
    let done = sqlx::query(
        "INSERT INTO credentials (person, code, code_expires) SELECT id, $2, $3 FROM persons WHERE id = $1
         ON CONFLICT (person) DO UPDATE
         SET code = excluded.code, code_expires = excluded.code_expires",
    )
    .bind(person.0)
    .bind(&code.hash)
    .bind(code.expires.0)
    .execute(connection)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Gone) }
}
