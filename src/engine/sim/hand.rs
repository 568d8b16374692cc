//! What a test does to the simulated engine by hand, and what it sees inside the machines, past the engine's own methods.

use super::{EngineError, Result, SimEngine, Which};
use puerta_lab::names::TemplateRef;
use puerta_lab::plan::Vmid;

impl SimEngine {
    /// Whether it answers at all.
    pub fn set_away(&self, away: bool) {
        self.world().faults.away = away;
    }

    /// Whether archives and machines find no room.
    pub fn set_no_space(&self, no_space: bool) {
        self.world().faults.no_space = no_space;
    }

    /// What the next effect fails with, after its delay, having changed nothing.
    pub fn fail_next(&self, error: EngineError) {
        self.world().faults.next = Some(error);
    }

    /// Whether a node is down: its machines go on, unreachable.
    pub fn set_node_down(&self, node: &str, down: bool) {
        let offline = &mut self.world().faults.offline;
        offline.retain(|name| name != node);
        if down {
            offline.push(node.to_owned());
        }
    }

    /// Whether reading a machine's files does not end, as its root can bring about.
    pub fn set_stuck(&self, vmid: Vmid, stuck: bool) {
        let machines = &mut self.world().faults.stuck;
        machines.remove(&vmid);
        if stuck {
            machines.insert(vmid, 0);
        }
    }

    /// How many readings of that began since then.
    pub fn stuck(&self, vmid: Vmid) -> usize {
        self.world().faults.stuck.get(&vmid).copied().unwrap_or_default()
    }

    /// Replaces what is inside a machine.
    pub fn write(&self, vmid: Vmid, which: Which, content: &str) -> Result<()> {
        self.world().update((vmid, which), |machine| machine.content = content.to_owned())
    }

    /// What is inside a machine.
    pub fn read(&self, vmid: Vmid, which: Which) -> Result<String> {
        Ok(self.world().machine((vmid, which))?.content.clone())
    }

    /// Published templates that it has, in name order.
    pub fn published(&self) -> Vec<TemplateRef> {
        self.world().images.keys().cloned().collect()
    }

    /// What a machine is known by, as others are by their host keys: it is made with the machine.
    pub fn identity(&self, vmid: Vmid) -> Result<String> {
        Ok(self.world().machine((vmid, Which::Main))?.identity.clone())
    }

    /// The keys in it.
    pub fn authorized_keys(&self, vmid: Vmid) -> Result<Vec<String>> {
        Ok(self.world().machine((vmid, Which::Main))?.authorized_keys.clone())
    }

    /// The others that it knows by name.
    pub fn hosts(&self, vmid: Vmid) -> Result<Vec<String>> {
        Ok(self.world().machine((vmid, Which::Main))?.hosts.clone())
    }
}
