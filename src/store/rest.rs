//! Machines that archiving stops, so that who comes back can have them started again. What is known of one is
//! kept until it runs again.

use super::{Connection, Result, Store, rows, seats, vms};
use puerta_lab::model::{CourseId, Vm, VmId};
use sqlx::Row as _;

impl Store {
    /// Archiving is about to stop the machine.
    pub async fn lay_to_rest(&self, vm: VmId) -> Result<()> {
        self.set_rest(vm, Some("stopped")).await
    }

    /// It runs, or is not to be started any more.
    pub async fn forget_rest(&self, vm: VmId) -> Result<()> {
        self.set_rest(vm, None).await
    }

    async fn set_rest(&self, vm: VmId, rest: Option<&str>) -> Result<()> {
        let mut tx = self.write().await?;
        sqlx::query("UPDATE vms SET rest = $1 WHERE id = $2").bind(rest).bind(vm.0).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(())
    }

    /// What archiving stopped of seats that are open again, and whether it is to be started.
    pub async fn resting(&self) -> Result<Vec<(Vm, bool)>> {
        let rows = sqlx::query(concat!(
            vms::select!(", v.rest = 'waking' AS waking", "WHERE v.rest IS NOT NULL AND NOT "),
            seats::shut!(),
            " ORDER BY s.name, v.name"
        ))
        .fetch_all(&self.readers)
        .await?;
        rows::all(rows, |row| Ok((vms::read(row)?, row.try_get("waking")?)))
    }
}

/// Machines of a course's shut seats.
pub(super) async fn shut_in(connection: &mut Connection, course: CourseId) -> Result<Vec<Vm>> {
    let rows = sqlx::query(concat!(
        vms::select!("", "WHERE s.course = $1 AND "),
        seats::shut!(),
        " ORDER BY s.name, v.name"
    ))
    .bind(course.0)
    .fetch_all(connection)
    .await?;
    rows::all(rows, vms::read)
}

/// What archiving stopped of a course's seats that are open again.
pub(super) async fn resting_in(connection: &mut Connection, course: CourseId) -> Result<Vec<Vm>> {
    let rows = sqlx::query(concat!(
        vms::select!("", "WHERE s.course = $1 AND v.rest IS NOT NULL AND NOT "),
        seats::shut!(),
        " ORDER BY s.name, v.name"
    ))
    .bind(course.0)
    .fetch_all(connection)
    .await?;
    rows::all(rows, vms::read)
}

/// They are to be started.
pub(super) async fn wake(connection: &mut Connection, vms: &[Vm]) -> Result<()> {
    for vm in vms {
        let asked = sqlx::query("UPDATE vms SET rest = 'waking' WHERE id = $1").bind(vm.id.0);
        asked.execute(&mut *connection).await?;
    }
    Ok(())
}
