//! Second factors and their recovery codes. What is used up is used up by exactly one caller,
//! however many connections try at once.

use super::rows;
use super::{Connection, Result, Store, StoreError};
use puerta_lab::model::{PersonId, Timestamp};

/// Steps that are remembered of a person: of more than those the lowest go, and nothing is taken any more that
/// is as low.
const REMEMBERED: i64 = 1000;

/// A second factor that is to be kept.
#[derive(Clone, PartialEq, Eq)]
pub struct NewFactor {
    /// The secret, base32.
    pub secret: String,
    /// The step of the code that confirmed it: it is taken.
    pub step: u64,
    /// Hashes of its recovery codes.
    pub recovery: Vec<String>,
}

/// A person's second factor.
#[derive(Clone, PartialEq, Eq)]
pub struct SecondFactor {
    /// The secret, base32.
    pub secret: String,
    /// When it was set up.
    pub added: Timestamp,
    /// Recovery codes that were not used yet.
    pub recovery_left: u32,
}

impl Store {
    /// The person's second factor.
    pub async fn second_factor(&self, person: PersonId) -> Result<Option<SecondFactor>> {
        let row = sqlx::query(
            "SELECT secret, added,
                    (SELECT COUNT(*) FROM recovery_codes r WHERE r.person = f.person) AS recovery_left
             FROM second_factors f WHERE person = $1",
        )
        .bind(person.0)
        .fetch_optional(&self.readers)
        .await?;
        rows::maybe(row, |row| {
            Ok(SecondFactor {
                secret: rows::text(row, "secret")?,
                added: rows::time(row, "added")?,
                recovery_left: rows::number(row, "recovery_left")?,
            })
        })
    }

    /// Adds one; `Taken("second factor")` when there is one.
    pub async fn add_second_factor(&self, person: PersonId, new: NewFactor, now: Timestamp) -> Result<()> {
        let mut tx = self.write().await?;
        sqlx::query("INSERT INTO second_factors (person, secret, last_step, added) VALUES ($1, $2, $3, $4)")
            .bind(person.0)
            .bind(&new.secret)
            .bind(rows::stored(new.step)?)
            .bind(now.0)
            .execute(&mut *tx)
            .await
            .map_err(StoreError::insert("second factor"))?;
        remember(&mut tx, person, rows::stored(new.step)?).await?;
        put_recovery(&mut tx, person, &new.recovery).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Removes it with its recovery codes; `false` when there is none.
    pub async fn remove_second_factor(&self, person: PersonId) -> Result<bool> {
        let mut tx = self.write().await?;
        let done = sqlx::query("DELETE FROM second_factors WHERE person = $1")
            .bind(person.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// Takes the first of these steps of this secret that can be taken, none of which is later than `newest`, the
    /// last one that may be typed now: `true` for exactly one caller. It must be later than the step that was
    /// taken last; or that one is yet to come, because the clock was ahead then, and it is any that was never
    /// taken. None is taken twice, whatever the clock does.
    pub async fn take_step(
        &self,
        person: PersonId,
        secret: &str,
        steps: &[u64],
        newest: u64,
    ) -> Result<bool> {
        let mut tx = self.write().await?;
        for step in steps {
            let step = rows::stored(*step)?;
            let done = sqlx::query(
                "UPDATE second_factors SET last_step = $1
                 WHERE person = $2 AND secret = $3 AND floor < $1 AND (last_step < $1 OR last_step > $4)
                   AND NOT EXISTS (SELECT 1 FROM taken_steps t WHERE t.person = $2 AND t.step = $1)",
            )
            .bind(step)
            .bind(person.0)
            .bind(secret)
            .bind(rows::stored(newest)?)
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() == 1 {
                remember(&mut tx, person, step).await?;
                tx.commit().await?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Uses the recovery code with that hash up: `true` for exactly one caller.
    pub async fn take_recovery_code(&self, person: PersonId, hash: &str) -> Result<bool> {
        let mut tx = self.write().await?;
        let done = sqlx::query("DELETE FROM recovery_codes WHERE person = $1 AND hash = $2")
            .bind(person.0)
            .bind(hash)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// New recovery codes in place of all that are left; `Gone` without a second factor.
    pub async fn set_recovery_codes(&self, person: PersonId, hashes: &[String]) -> Result<()> {
        let mut tx = self.write().await?;
        sqlx::query("DELETE FROM recovery_codes WHERE person = $1").bind(person.0).execute(&mut *tx).await?;
        put_recovery(&mut tx, person, hashes).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// The step was taken.
async fn remember(connection: &mut Connection, person: PersonId, step: i64) -> Result<()> {
    sqlx::query("INSERT INTO taken_steps (person, step) VALUES ($1, $2)")
        .bind(person.0)
        .bind(step)
        .execute(&mut *connection)
        .await?;
    let oldest: Option<i64> = sqlx::query_scalar(
        "SELECT step FROM taken_steps WHERE person = $1 ORDER BY step DESC LIMIT 1 OFFSET $2",
    )
    .bind(person.0)
    .bind(REMEMBERED)
    .fetch_optional(&mut *connection)
    .await?;
    let Some(oldest) = oldest else { return Ok(()) };
    for forget in [
        "DELETE FROM taken_steps WHERE person = $1 AND step <= $2",
        "UPDATE second_factors SET floor = $2 WHERE person = $1 AND floor < $2",
    ] {
        sqlx::query(forget).bind(person.0).bind(oldest).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn put_recovery(connection: &mut Connection, person: PersonId, hashes: &[String]) -> Result<()> {
    for hash in hashes {
        sqlx::query("INSERT INTO recovery_codes (person, hash) VALUES ($1, $2)")
            .bind(person.0)
            .bind(hash)
            .execute(&mut *connection)
            .await
            .map_err(StoreError::insert("recovery code"))?;
    }
    Ok(())
}
