//! How many machines of a seat run: whether one more may is judged here, because the engine says what runs.

use crate::app::App;
use crate::app::error::Result;
use puerta_engine::{EngineError, Status};
use puerta_lab::model::{SeatId, VmId};
use std::collections::HashSet;
use std::sync::Arc;
use tokio::sync::Mutex;

impl App {
    /// The turn of who wants one more machine of the seat to run: to be held from
    /// [`App::room_to_run`] until the job is there.
    pub(in crate::app) fn turn_to_run(&self, seat: SeatId) -> Arc<Mutex<()>> {
        Arc::clone(&self.jobs.turns.entry(seat).or_default())
    }

    /// Whether one more machine of the seat may run. `vm` is one that is there already.
    pub(in crate::app) async fn room_to_run(self: &Arc<Self>, seat: SeatId, vm: Option<VmId>) -> Result<()> {
        let quotas = self.store.quotas_of(seat, self.config.quotas).await?.quotas;
        let vms = self.store.vms_of(&[seat]).await?;
        // With fewer machines than may run nobody needs to be asked.
        if vms.iter().filter(|other| Some(other.id) != vm).count() < quotas.running as usize {
            return Ok(());
        }
        let running = self.running(seat).await?;
        if vm.is_some_and(|vm| running.vms.contains(&vm)) {
            return Ok(());
        }
        quotas.run(running.vms.len() as u32)?;
        if running.unsure { Err(unknown().into()) } else { Ok(()) }
    }

    /// Machines of the seat that run or are about to.
    pub(in crate::app) async fn running(self: &Arc<Self>, seat: SeatId) -> Result<Running> {
        let vms = self.store.vms_of(&[seat]).await?;
        let mut running = Running::default();
        for (job, _) in self.store.running_jobs().await?.into_iter().filter(|(job, _)| job.seat == seat) {
            running.vms.extend(super::runs(self, &job).await?.then_some(job.vm));
        }
        let seen = self.seen(&vms).await.ok_or_else(unknown)?;
        for vm in &vms {
            match seen.get(&vm.vmid) {
                None => {}
                Some(found) if found.status == Status::Stopped => {}
                // Of a node that is gone nothing will be known for long: there it may run.
                Some(found)
                    if found.status == Status::Unreachable && self.nodes.silent(&found.node).is_none() =>
                {
                    running.unsure |= !running.vms.contains(&vm.id);
                }
                Some(_) => drop(running.vms.insert(vm.id)),
            }
        }
        Ok(running)
    }
}

/// What runs in a seat.
#[derive(Default)]
pub(in crate::app) struct Running {
    pub(in crate::app) vms: HashSet<VmId>,
    /// There are more that nobody can tell about now.
    pub(in crate::app) unsure: bool,
}

fn unknown() -> EngineError {
    EngineError::Away("what runs is not known".into())
}
