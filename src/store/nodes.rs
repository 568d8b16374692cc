//! What the registry knows of nodes: which are drained and which are silent, why machines are where
//! they are, and how far a move is. Which nodes there are is the engine's to say.

use super::rows::{self, Row};
use super::{Connection, Result, Store, StoreError, jobs};
use puerta_lab::model::{Chosen, Job, JobId, JobKind, PersonId, Placed, Timestamp, VmId};
use puerta_lab::names::NodeName;
use sqlx::Row as _;

/// What is remembered of one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeMark {
    /// Which.
    pub node: String,
    /// Since when no machine is placed there.
    pub drained: Option<Timestamp>,
    /// Login of who drained it.
    pub drained_by: String,
    /// What they gave as the reason.
    pub reason: String,
    /// Whether its machines are being moved away.
    pub emptying: bool,
    /// Since when it does not answer.
    pub silent: Option<Timestamp>,
}

/// What a move must know after a restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// Where the machine goes.
    pub target: String,
    /// Where it was and whether it ran, once that was looked at: before it was touched.
    pub origin: Option<(String, bool)>,
}

fn mark(row: &Row) -> Result<NodeMark> {
    Ok(NodeMark {
        node: rows::text(row, "name")?,
        drained: rows::maybe_time(row, "drained")?,
        drained_by: rows::text(row, "drained_by")?,
        reason: rows::text(row, "reason")?,
        emptying: row.try_get("emptying")?,
        silent: rows::maybe_time(row, "silent")?,
    })
}

impl Store {
    /// What is remembered of nodes, in name order.
    pub async fn node_marks(&self) -> Result<Vec<NodeMark>> {
        let query = "SELECT name, drained, drained_by, reason, emptying, silent FROM nodes ORDER BY name";
        rows::all(sqlx::query(query).fetch_all(&self.readers).await?, mark)
    }

    /// Takes a node out of placement; `false` when it was out already, and stays as it was.
    pub async fn drain_node(&self, node: &NodeName, by: &str, reason: &str, now: Timestamp) -> Result<bool> {
        let mut tx = self.write().await?;
        row_of(&mut tx, node.as_str()).await?;
        let done = sqlx::query(
            "UPDATE nodes SET drained = $1, drained_by = $2, reason = $3 WHERE name = $4 AND drained IS NULL",
        )
        .bind(now.0)
        .bind(by)
        .bind(reason)
        .bind(node.as_str())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// Puts a node back; `false` when it was not out.
    pub async fn resume_node(&self, node: &NodeName) -> Result<bool> {
        self.change_node(
            "UPDATE nodes SET drained = NULL, drained_by = '', reason = '', emptying = FALSE
             WHERE name = $1 AND drained IS NOT NULL",
            node.as_str(),
        )
        .await
    }

    /// Notes that a drained node's machines are to be moved away; `false` when that was noted already.
    pub async fn empty_node(&self, node: &NodeName) -> Result<bool> {
        let update = "UPDATE nodes SET emptying = TRUE
                      WHERE name = $1 AND drained IS NOT NULL AND NOT emptying";
        self.change_node(update, node.as_str()).await
    }

    /// They are, or cannot be: nothing more is moved away.
    pub async fn emptied_node(&self, node: &str) -> Result<bool> {
        self.change_node("UPDATE nodes SET emptying = FALSE WHERE name = $1 AND emptying", node).await
    }

    /// Notes since when a node does not answer, or that it does; `false` when that was known.
    pub async fn node_silent(&self, node: &str, since: Option<Timestamp>) -> Result<bool> {
        let Some(since) = since else {
            let update = "UPDATE nodes SET silent = NULL WHERE name = $1 AND silent IS NOT NULL";
            return self.change_node(update, node).await;
        };
        let mut tx = self.write().await?;
        row_of(&mut tx, node).await?;
        let done = sqlx::query("UPDATE nodes SET silent = $1 WHERE name = $2 AND silent IS NULL")
            .bind(since.0)
            .bind(node)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    async fn change_node(&self, update: &'static str, node: &str) -> Result<bool> {
        let mut tx = self.write().await?;
        let done = sqlx::query(update).bind(node).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// Why a machine is on its node, when that is known.
    pub async fn placed(&self, vm: VmId) -> Result<Option<Placed>> {
        let row = sqlx::query("SELECT chosen, nodes, free_mib FROM placements WHERE vm = $1")
            .bind(vm.0)
            .fetch_optional(&self.readers)
            .await?;
        rows::maybe(row, |row| {
            let word: &str = row.try_get("chosen")?;
            let chosen = Chosen::ALL.into_iter().find(|chosen| chosen.as_str() == word);
            let free = row.try_get::<Option<i64>, _>("free_mib")?;
            Ok(Placed {
                chosen: chosen.ok_or_else(|| StoreError::Corrupt(format!("chosen is `{word}`")))?,
                nodes: rows::number(row, "nodes")?,
                free_mib: free.and_then(|free| free.try_into().ok()),
            })
        })
    }

    /// Starts the job that takes a machine to another node; errors as of `start_job`.
    pub async fn start_move(
        &self,
        kind: JobKind,
        vm: VmId,
        target: &NodeName,
        person: Option<PersonId>,
        now: Timestamp,
    ) -> Result<Job> {
        let mut tx = self.write().await?;
        let job = jobs::take(&mut tx, kind, vm, person, None, now).await?;
        sqlx::query("INSERT INTO moves (job, target) VALUES ($1, $2)")
            .bind(job.id.0)
            .bind(target.as_str())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(job)
    }

    /// What is known of a move.
    pub async fn move_of(&self, job: JobId) -> Result<Option<Move>> {
        let row = sqlx::query("SELECT target, origin, ran FROM moves WHERE job = $1")
            .bind(job.0)
            .fetch_optional(&self.readers)
            .await?;
        rows::maybe(row, |row| {
            let origin: Option<String> = row.try_get("origin")?;
            let ran: Option<bool> = row.try_get("ran")?;
            Ok(Move { target: rows::text(row, "target")?, origin: origin.zip(ran) })
        })
    }

    /// Notes where the machine is and whether it runs, before it is touched.
    pub async fn set_origin(&self, job: JobId, node: &str, ran: bool) -> Result<()> {
        let mut tx = self.write().await?;
        sqlx::query("UPDATE moves SET origin = $1, ran = $2 WHERE job = $3")
            .bind(node)
            .bind(ran)
            .bind(job.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// The machine is on another node now, because it was moved there.
    pub async fn moved(&self, vm: VmId, node: &str) -> Result<()> {
        let mut tx = self.write().await?;
        sqlx::query("UPDATE vms SET node = $1 WHERE id = $2").bind(node).bind(vm.0).execute(&mut *tx).await?;
        let placed = Placed { chosen: Chosen::Moved, nodes: 0, free_mib: None };
        write_placed(&mut tx, vm, placed).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// A row to write on.
async fn row_of(connection: &mut Connection, node: &str) -> Result<()> {
    let insert = "INSERT INTO nodes (name) VALUES ($1) ON CONFLICT (name) DO NOTHING";
    sqlx::query(insert).bind(node).execute(connection).await?;
    Ok(())
}

/// Writes down why a machine is on its node, inside the caller's transaction.
pub(super) async fn write_placed(connection: &mut Connection, vm: VmId, placed: Placed) -> Result<()> {
    sqlx::query(
        "INSERT INTO placements (vm, chosen, nodes, free_mib) VALUES ($1, $2, $3, $4)
         ON CONFLICT (vm) DO UPDATE SET chosen = $2, nodes = $3, free_mib = $4",
    )
    .bind(vm.0)
    .bind(placed.chosen.as_str())
    .bind(i64::from(placed.nodes))
    .bind(placed.free_mib.map(i64::from))
    .execute(connection)
    .await?;
    Ok(())
}
