//! Whether machines run, as the engine says; read at most once a second however many ask.

use crate::app::App;
use crate::app::clock;
use crate::app::reply::{VmState, VmView};
use crate::engine::{EngineError, Instance, Which};
use puerta_policy::model::{Job, JobKind, Phase, Vm};
use puerta_policy::plan::Vmid;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// One answer may serve everybody for this long.
const FRESH: Duration = Duration::from_secs(1);

/// The engine's machines by number; the main copies only.
pub type Seen = Arc<HashMap<Vmid, Instance>>;

#[derive(Default)]
pub(super) struct Statuses(Mutex<Option<(Instant, Seen)>>);

impl App {
    /// All machines as the engine sees them.
    pub async fn seen(&self) -> Result<Seen, EngineError> {
        let mut cached = self.statuses.0.lock().await;
        if let Some((at, seen)) = &*cached
            && at.elapsed() < FRESH
        {
            return Ok(Arc::clone(seen));
        }
        let instances = self.engine.list().await?;
        let main = instances.into_iter().filter(|instance| instance.which == Which::Main);
        let seen: Seen = Arc::new(main.map(|instance| (instance.vmid, instance)).collect());
        *cached = Some((Instant::now(), Arc::clone(&seen)));
        Ok(seen)
    }

    /// A job changed a machine: the next reader asks the engine.
    pub(super) async fn forget_seen(&self) {
        *self.statuses.0.lock().await = None;
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
