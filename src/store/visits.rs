//! Who helps in a machine that is not theirs: as long as a visit stands here, their keys may be in it.

use super::rows::{self, Row};
use super::{Result, Store, StoreError};
use puerta_lab::model::{PersonId, Timestamp, VmId};
use puerta_lab::names::Login;

/// One visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// Which, by the caller's own word for it.
    pub id: String,
    /// Where.
    pub vm: VmId,
    /// Who.
    pub person: PersonId,
    /// Their login.
    pub login: Login,
    /// The connection's id.
    pub connection: String,
    /// When it began.
    pub begun: Timestamp,
}

fn read(row: &Row) -> Result<Visit> {
    Ok(Visit {
        id: rows::text(row, "id")?,
        vm: VmId(rows::number(row, "vm")?),
        person: PersonId(rows::number(row, "person")?),
        login: rows::word(row, "login")?,
        connection: rows::text(row, "connection")?,
        begun: rows::time(row, "begun")?,
    })
}

impl Store {
    /// A visit begins; `Gone` when the machine is.
    pub async fn begin_visit(&self, visit: &Visit) -> Result<()> {
        let mut tx = self.write().await?;
        sqlx::query(
            "INSERT INTO visits (id, vm, person, login, connection, begun) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(&visit.id)
        .bind(visit.vm.0)
        .bind(visit.person.0)
        .bind(visit.login.as_str())
        .bind(&visit.connection)
        .bind(visit.begun.0)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::insert("visit"))?;
        tx.commit().await?;
        Ok(())
    }

    /// Visits whose keys may be in machines, oldest first: all of them, or one machine's.
    pub async fn visits(&self, vm: Option<VmId>) -> Result<Vec<Visit>> {
        let rows = match vm {
            Some(vm) => sqlx::query("SELECT * FROM visits WHERE vm = $1 ORDER BY begun, id").bind(vm.0),
            None => sqlx::query("SELECT * FROM visits ORDER BY begun, id"),
        };
        rows::all(rows.fetch_all(&self.readers).await?, read)
    }

    /// Its keys are out; `false` when that was known.
    pub async fn end_visit(&self, id: &str) -> Result<bool> {
        let mut tx = self.write().await?;
        let done = sqlx::query("DELETE FROM visits WHERE id = $1").bind(id).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(done.rows_affected() == 1)
    }
}
