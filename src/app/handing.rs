//! The keys inside machines follow those of the people who sit in the seat: a member who comes, a key
//! that goes. Best effort: what cannot be written now is written at the machine's next start. Until
//! then a key of somebody who left opens nothing, because puerta does not let them through.

use crate::app::error::Result;
use crate::app::{App, itself};
use puerta_engine::Status;
use puerta_lab::action::Action;
use puerta_lab::model::{Phase, SeatId, Vm};
use puerta_policy::decide::Permit;
use std::sync::Arc;

impl App {
    /// Writes the seat's keys into one machine. A machine may keep whoever writes waiting, so nobody
    /// waits for a turn: who writes looks again afterwards, and the last one has written what is so.
    pub(super) async fn hand_keys(&self, permit: &Permit<Vm>) {
        let vm = permit.target();
        let handed = async {
            let mut lines = self.lines_of(vm.seat).await?;
            loop {
                self.engine.set_keys(permit, &lines).await?;
                let now = self.lines_of(vm.seat).await?;
                if now == lines {
                    return Result::Ok(());
                }
                lines = now;
            }
        };
        if let Err(error) = handed.await {
            tracing::warn!(vm = %vm.name, seat = %vm.seat_name, ?error, "its keys are written at its next start");
        }
    }

    async fn lines_of(&self, seat: SeatId) -> Result<Vec<String>> {
        let keys = self.store.keys_of_seat(seat).await?;
        Ok(keys.into_iter().map(|key| key.line).collect())
    }

    /// Writes the keys of these seats into their machines, while the caller goes on.
    pub(super) fn hand_keys_of(self: &Arc<Self>, seats: Vec<SeatId>) {
        let app = Arc::clone(self);
        self.tasks.spawn(async move {
            if let Err(error) = app.hand_all(&seats).await {
                tracing::warn!(?error, "keys are written at the machines' next start");
            }
        });
    }

    async fn hand_all(self: &Arc<Self>, seats: &[SeatId]) -> Result<()> {
        let vms = self.store.vms_of(seats).await?;
        let Some(seen) = self.seen(&vms).await else { return Ok(()) };
        for vm in vms.into_iter().filter(|vm| vm.phase == Phase::Ready) {
            let status = seen.get(&vm.vmid).map(|instance| instance.status);
            let still = matches!(status, Some(Status::Running | Status::Stopped));
            // A job has the machine, and may be putting another one in its place.
            if still && self.store.running_job_of(vm.id).await?.is_none() {
                let permit = itself::permit(self, Action::VmStart, vm)?;
                self.hand_keys(&permit).await;
            }
        }
        Ok(())
    }
}
