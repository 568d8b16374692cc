//! What was seen of the clock, so that the next start knows whether it jumped meanwhile.

use super::rows;
use super::{Result, Store};
use puerta_lab::even::Seen;
use sqlx::Row as _;

impl Store {
    /// What was seen of it last; `None` before the first time.
    pub async fn clock(&self) -> Result<Option<Seen>> {
        let row = sqlx::query("SELECT wall, even FROM clock").fetch_optional(&self.readers).await?;
        rows::maybe(row, |row| Ok(Seen { wall: rows::time(row, "wall")?, even: row.try_get("even")? }))
    }

    /// This was seen of it.
    pub async fn set_clock(&self, seen: Seen) -> Result<()> {
        let mut tx = self.write().await?;
        sqlx::query(
            "INSERT INTO clock (one, wall, even) VALUES (1, $1, $2)
             ON CONFLICT (one) DO UPDATE SET wall = excluded.wall, even = excluded.even",
        )
        .bind(seen.wall.0)
        .bind(seen.even)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }
}
