//! What a machine that was deleted was known by, until the next one of its name: text of the engine's, which it alone
//! reads.

use super::{Result, Store};
use puerta_lab::model::{SeatId, Timestamp};
use puerta_lab::names::VmName;

/// As many names of a seat are remembered as it may have machines.
const MOST: i64 = 63;

impl Store {
    /// Keeps them; of more names than a seat has machines the oldest go.
    pub async fn keep_host_keys(
        &self,
        seat: SeatId,
        name: &VmName,
        keys: &str,
        now: Timestamp,
    ) -> Result<()> {
        let mut tx = self.write().await?;
        sqlx::query(
            "INSERT INTO host_keys (seat, name, keys, kept) VALUES ($1, $2, $3, $4)
             ON CONFLICT (seat, name) DO UPDATE SET keys = excluded.keys, kept = excluded.kept",
        )
        .bind(seat.0)
        .bind(name.as_str())
        .bind(keys)
        .bind(now.0)
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "DELETE FROM host_keys WHERE seat = $1 AND name NOT IN
             (SELECT name FROM host_keys WHERE seat = $1 ORDER BY kept DESC, name LIMIT $2)",
        )
        .bind(seat.0)
        .bind(MOST)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Those of the last machine of that name.
    pub async fn kept_host_keys(&self, seat: SeatId, name: &VmName) -> Result<Option<String>> {
        let found = sqlx::query_scalar("SELECT keys FROM host_keys WHERE seat = $1 AND name = $2");
        Ok(found.bind(seat.0).bind(name.as_str()).fetch_optional(&self.readers).await?)
    }

    /// The next one is another.
    pub async fn forget_host_keys(&self, seat: SeatId, name: &VmName) -> Result<()> {
        let mut tx = self.write().await?;
        sqlx::query("DELETE FROM host_keys WHERE seat = $1 AND name = $2")
            .bind(seat.0)
            .bind(name.as_str())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }
}
