//! Whether machines run, as the engine says.

use crate::app::App;
use crate::app::clock;
use crate::app::error::{Cause, Error, Kind};
use crate::app::reply::{VmState, VmView};
use puerta_engine::{EngineError, Instance, Status, Which};
use puerta_lab::model::{Phase, Vm};
use puerta_lab::plan::Vmid;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// So many machines are asked for one by one, at once; more with one question for all there are,
/// which grows with the lab (ENGINE-NOTES: 25 ms each against 200 ms and more).
const FEW: usize = 16;

/// How long all of them may be waited for: an engine waits by itself for a node that it still believes in.
const ALL: Duration = Duration::from_secs(4);
/// How long one machine may be waited for.
const ONE: Duration = Duration::from_secs(5);
/// The same where its node did not answer just now.
const DOUBT: Duration = Duration::from_secs(1);

/// The main copies of machines by number.
pub(super) type Seen = HashMap<Vmid, Instance>;

impl App {
    /// An error about what is inside this machine says which it is, and leads to what there is for it.
    pub(super) async fn about(&self, error: Error, vm: &Vm) -> Error {
        if error.cause != Some(Cause::Spoiled) || error.args.iter().any(|(name, _)| *name == "vm") {
            return error;
        }
        let backups = self.store.backups_of(&[vm.seat]).await.unwrap_or_default();
        let backups = backups.iter().filter(|backup| backup.vm_name == vm.name).count();
        error.with("vm", &vm.name).with("backups", backups)
    }

    /// What the engine says of these machines; `None` when it does not answer. A node that does not
    /// answer holds up nobody: its machines are unreachable.
    pub(super) async fn seen(self: &Arc<Self>, vms: &[Vm]) -> Option<Seen> {
        let seen = if vms.len() <= FEW || self.nodes.unsettled() {
            self.each(vms).await
        } else {
            match timeout(ALL, self.all()).await {
                Ok(seen) => seen,
                Err(_) => self.each(vms).await,
            }
        };
        seen.inspect_err(|error| tracing::warn!(%error, "machines are shown without their state")).ok()
    }

    async fn each(self: &Arc<Self>, vms: &[Vm]) -> Result<Seen, EngineError> {
        let (turns, many) = (Arc::new(Semaphore::new(FEW)), vms.len() > FEW);
        let mut asked = JoinSet::new();
        for vm in vms {
            let (app, vm, turns) = (Arc::clone(self), vm.clone(), Arc::clone(&turns));
            asked.spawn(async move {
                let _turn = turns.acquire().await;
                if many && vm.node.as_deref().is_some_and(|node| app.nodes.doubtful(node)) {
                    return Ok(Some(silent(&vm)));
                }
                match app.instance(&vm).await {
                    Err(EngineError::Away(_)) => Ok(Some(silent(&vm))),
                    found => found,
                }
            });
        }
        let mut seen = Seen::new();
        while let Some(found) = asked.join_next().await {
            let found = found.unwrap_or_else(|panic| Err(EngineError::Other(panic.to_string())))?;
            seen.extend(found.map(|instance| (instance.vmid, instance)));
        }
        Ok(seen)
    }

    /// What the engine says of one machine, without waiting for long: one whose node does not answer
    /// in time is unreachable.
    pub(super) async fn instance(&self, vm: &Vm) -> Result<Option<Instance>, EngineError> {
        let doubt = vm.node.as_deref().is_some_and(|node| self.nodes.doubtful(node));
        let patience = if doubt { DOUBT } else { ONE };
        let found = timeout(patience, self.engine.find(vm.vmid, Which::Main)).await;
        found.unwrap_or_else(|_| Ok(Some(silent(vm))))
    }

    /// Refuses at once what a node that is gone would have to do.
    pub(super) async fn reachable(&self, vm: &Vm) -> crate::app::error::Result<()> {
        let Some(node) = vm.node.as_deref().filter(|node| self.nodes.silent(node).is_some()) else {
            return Ok(());
        };
        match self.instance(vm).await {
            // The technician may have taken it elsewhere.
            Ok(Some(found)) if found.status != Status::Unreachable && found.node != node => {
                Ok(self.store.set_node(vm.id, &found.node).await?)
            }
            Ok(Some(found)) if found.status != Status::Unreachable => Ok(()),
            Ok(None) => Ok(()),
            _ => Err(self.unreachable(vm)),
        }
    }

    /// Why nobody can be let into a machine that is seen like this, in words that help; `None` when it
    /// runs.
    pub(super) fn not_running(&self, found: Option<&Instance>, vm: &Vm) -> Option<Error> {
        let id = match found.map(|instance| instance.status) {
            Some(Status::Running) => return None,
            Some(Status::Unreachable) => return Some(self.unreachable(vm)),
            Some(Status::Stopped | Status::Busy) => "error-vm-stopped",
            None => "error-vm-missing",
        };
        Some(Error::new(Kind::Unavailable, id).with("vm", &vm.name))
    }

    /// A machine's node does not answer.
    pub(super) fn unreachable(&self, vm: &Vm) -> Error {
        let gone = vm.node.as_deref().and_then(|node| Some((node, self.nodes.silent(node)?)));
        let error = match gone {
            Some((node, since)) => Error::new(Kind::Unavailable, "error-vm-node-silent")
                .with("node", node)
                .with("since", clock::rfc3339(since)),
            None => Error::new(Kind::Unavailable, "error-vm-unreachable"),
        };
        error.with("vm", &vm.name)
    }

    /// A machine as people see it now.
    pub(super) async fn current(self: &Arc<Self>, vm: &Vm, as_what: Option<VmState>) -> VmView {
        view(vm, self.seen(std::slice::from_ref(vm)).await.as_ref(), as_what)
    }

    async fn all(&self) -> Result<Seen, EngineError> {
        let instances = self.engine.list().await?;
        let main = instances.into_iter().filter(|instance| instance.which == Which::Main);
        Ok(main.map(|instance| (instance.vmid, instance)).collect())
    }
}

/// A machine whose node does not answer.
fn silent(vm: &Vm) -> Instance {
    Instance {
        vmid: vm.vmid,
        which: Which::Main,
        node: vm.node.clone().unwrap_or_default(),
        status: Status::Unreachable,
        tags: BTreeMap::new(),
        limits: None,
    }
}

/// A machine as people see it. `seen` is `None` when the engine does not answer; `as_what` is how the job that
/// has it makes it look.
pub(super) fn view(vm: &Vm, seen: Option<&Seen>, as_what: Option<VmState>) -> VmView {
    let instance = seen.map(|seen| seen.get(&vm.vmid));
    let state = match (vm.phase, as_what, instance) {
        (Phase::Creating, _, _) => VmState::Creating,
        (Phase::Deleting, _, _) => VmState::Deleting,
        (Phase::Ready, Some(state), _) => state,
        (Phase::Ready, None, None) => VmState::Unreachable,
        (Phase::Ready, None, Some(None)) => VmState::Missing,
        (Phase::Ready, None, Some(Some(instance))) => instance.status.into(),
    };
    let node = instance.flatten().map(|instance| instance.node.clone()).or_else(|| vm.node.clone());
    VmView {
        name: vm.name.to_string(),
        said: vm.name.to_string(),
        seat: vm.seat_name.to_string(),
        state,
        address: vm.address(),
        template: vm.template.to_string(),
        node: node.filter(|node| !node.is_empty()),
        placed: None,
        cpus: vm.limits.cpus,
        memory_mib: vm.limits.memory_mib,
        disk_mib: vm.limits.disk_mib,
        processes: vm.limits.processes,
        usage: None,
        visitors: Vec::new(),
        host_keys: Vec::new(),
        keys_blocked: None,
        created: clock::rfc3339(vm.created),
    }
}
