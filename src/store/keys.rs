//! Authorized keys: which persons a key opens the door for, and which keys a seat's machines take.

use super::rows::{self, Row};
use super::{Changed, Connection, Result, Store, StoreError, What, seats};
use puerta_lab::model::{AuthorizedKey, KeyId, PersonId, SeatId, Timestamp};

/// A key that was read from a line of `authorized_keys`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// `ssh-ed25519`, ...
    pub algorithm: String,
    /// `SHA256:...`.
    pub fingerprint: String,
    /// The comment, printable characters only.
    pub comment: String,
    /// The line: algorithm, base64, comment.
    pub line: String,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT k.id AS key_id, k.person, k.algorithm, k.fingerprint, k.comment, k.line, k.added ",
            $rest
        )
    };
}

fn read(row: &Row) -> Result<AuthorizedKey> {
    Ok(AuthorizedKey {
        id: KeyId(rows::number(row, "key_id")?),
        person: PersonId(rows::number(row, "person")?),
        algorithm: rows::text(row, "algorithm")?,
        fingerprint: rows::text(row, "fingerprint")?,
        comment: rows::text(row, "comment")?,
        line: rows::text(row, "line")?,
        added: rows::time(row, "added")?,
    })
}

impl Store {
    /// A person's keys in the order in which they were added.
    pub async fn keys(&self, person: PersonId) -> Result<Vec<AuthorizedKey>> {
        let rows = sqlx::query(select!("FROM authorized_keys k WHERE k.person = $1 ORDER BY k.id"))
            .bind(person.0)
            .fetch_all(&self.readers)
            .await?;
        rows::all(rows, read)
    }

    /// Adds a key; `Taken("key")` when the person has it. Two persons may share one.
    pub async fn add_key(
        &self,
        person: PersonId,
        key: NewKey,
        now: Timestamp,
    ) -> Result<Changed<AuthorizedKey>> {
        let mut tx = self.write().await?;
        let key = add(&mut tx, person, key, now).await?;
        let keys = seats::of_person(&mut tx, person).await?;
        tx.commit().await?;
        Ok(Changed::new(key, What { keys, ..What::default() }))
    }

    /// Removes a key; `false` when the person has no such key.
    pub async fn remove_key(&self, person: PersonId, key: KeyId) -> Result<Changed<bool>> {
        let mut tx = self.write().await?;
        let done = sqlx::query("DELETE FROM authorized_keys WHERE id = $1 AND person = $2")
            .bind(key.0)
            .bind(person.0)
            .execute(&mut *tx)
            .await?;
        let keys = seats::of_person(&mut tx, person).await?;
        tx.commit().await?;
        Ok(Changed::new(done.rows_affected() == 1, What { people: true, keys, ..What::default() }))
    }

    /// Keys of everybody who sits in a seat, in login order.
    pub async fn keys_of_seat(&self, seat: SeatId) -> Result<Vec<AuthorizedKey>> {
        let rows = sqlx::query(concat!(
            select!(
                "FROM members m JOIN persons p ON p.id = m.person JOIN seats s ON s.id = m.seat
                 JOIN authorized_keys k ON k.person = p.id WHERE m.seat = $1 AND "
            ),
            seats::sits!(),
            " ORDER BY p.login, k.id"
        ))
        .bind(seat.0)
        .fetch_all(&self.readers)
        .await?;
        rows::all(rows, read)
    }
}

/// Keys of one person. They are read at each login, and written into machines.
pub(super) const MAX_KEYS: i64 = 32;

/// Adds a key inside the caller's transaction.
pub(super) async fn add(
    connection: &mut Connection,
    person: PersonId,
    key: NewKey,
    now: Timestamp,
) -> Result<AuthorizedKey> {
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO authorized_keys (person, algorithm, fingerprint, comment, line, added)
         VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
    )
    .bind(person.0)
    .bind(&key.algorithm)
    .bind(&key.fingerprint)
    .bind(&key.comment)
    .bind(&key.line)
    .bind(now.0)
    .fetch_one(&mut *connection)
    .await
    .map_err(StoreError::insert("key"))?;
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM authorized_keys WHERE person = $1")
        .bind(person.0)
        .fetch_one(connection)
        .await?;
    if count > MAX_KEYS {
        // The caller's transaction ends without it.
        return Err(StoreError::KeysFull { max: MAX_KEYS });
    }
    Ok(AuthorizedKey {
        id: KeyId(id),
        person,
        algorithm: key.algorithm,
        fingerprint: key.fingerprint,
        comment: key.comment,
        line: key.line,
        added: now,
    })
}
