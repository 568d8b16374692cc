//! Whether machines run, as the engine says.

use crate::app::App;
use crate::app::clock;
use crate::app::error::{Error, Kind};
use crate::app::reply::{VmState, VmView};
use crate::engine::{EngineError, Instance, Status, Which};
use puerta_policy::model::{Job, JobKind, Phase, Vm};
use puerta_policy::names::VmName;
use puerta_policy::plan::Vmid;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::task::JoinSet;

/// So many machines are asked for one by one, at once; more with one question for all there are,
/// which grows with the lab (ENGINE-NOTES: 25 ms each against 200 ms and more).
const FEW: usize = 16;

/// The main copies of machines by number.
pub(super) type Seen = HashMap<Vmid, Instance>;

/// Why nobody can be let into a machine that is seen like this, in words that help; `None` when it runs.
pub(super) fn not_running(found: Option<&Instance>, name: &VmName) -> Option<Error> {
    let id = match found.map(|instance| instance.status) {
        Some(Status::Running) => return None,
        Some(Status::Unreachable) => "error-vm-unreachable",
        Some(Status::Stopped | Status::Busy) => "error-vm-stopped",
        None => "error-vm-missing",
    };
    Some(Error::new(Kind::Unavailable, id).with("vm", name))
}

impl App {
    /// What the engine says of these machines; `None` when it does not answer.
    pub(super) async fn seen(&self, vms: &[Vm]) -> Option<Seen> {
        let seen = if vms.len() <= FEW { self.each(vms).await } else { self.all().await };
        seen.inspect_err(|error| tracing::warn!(%error, "machines are shown without their state")).ok()
    }

    async fn each(&self, vms: &[Vm]) -> Result<Seen, EngineError> {
        let mut asked = JoinSet::new();
        for vm in vms {
            let (engine, vmid) = (Arc::clone(&self.engine), vm.vmid);
            asked.spawn(async move { engine.find(vmid, Which::Main).await });
        }
        let mut seen = Seen::new();
        while let Some(found) = asked.join_next().await {
            let found = found.unwrap_or_else(|panic| Err(EngineError::Other(panic.to_string())))?;
            seen.extend(found.map(|instance| (instance.vmid, instance)));
        }
        Ok(seen)
    }

    async fn all(&self) -> Result<Seen, EngineError> {
        let instances = self.engine.list().await?;
        let main = instances.into_iter().filter(|instance| instance.which == Which::Main);
        Ok(main.map(|instance| (instance.vmid, instance)).collect())
    }
}

/// A machine as people see it. `seen` is `None` when the engine does not answer.
pub(super) fn view(vm: &Vm, seen: Option<&Seen>, job: Option<&Job>) -> VmView {
    let instance = seen.map(|seen| seen.get(&vm.vmid));
    let state = match (vm.phase, job.map(|job| job.kind), instance) {
        (Phase::Creating, _, _) => VmState::Creating,
        (Phase::Deleting, _, _) => VmState::Deleting,
        (Phase::Ready, Some(JobKind::Backup), _) => VmState::BackingUp,
        (Phase::Ready, Some(JobKind::Restore), _) => VmState::Restoring,
        (Phase::Ready, Some(JobKind::Publish), _) => VmState::Publishing,
        (Phase::Ready, _, None) => VmState::Unreachable,
        (Phase::Ready, _, Some(None)) => VmState::Missing,
        (Phase::Ready, _, Some(Some(instance))) => instance.status.into(),
    };
    let node = instance.flatten().map(|instance| instance.node.clone()).or_else(|| vm.node.clone());
    VmView {
        name: vm.name.to_string(),
        seat: vm.seat_name.to_string(),
        state,
        address: vm.address(),
        template: vm.template.to_string(),
        node: node.filter(|node| !node.is_empty()),
        cpus: vm.limits.cpus,
        memory_mib: vm.limits.memory_mib,
        disk_mib: vm.limits.disk_mib,
        processes: vm.limits.processes,
        usage: None,
        created: clock::rfc3339(vm.created),
    }
}
