//! What there is in the simulated engine: machines, templates, listeners, and what is broken. Each change goes into the
//! journal first. Knows no permit and no delay.

use super::NODES;
use super::echo::Echo;
use super::journal::Journal;
use crate::{EngineError, Instance, Result, Status, Which};
use puerta_lab::model::{Limits, Vm};
use puerta_lab::names::TemplateRef;
use puerta_lab::plan::Vmid;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use tokio::task::JoinSet;

/// What is broken now.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults {
    pub(super) away: bool,
    pub(super) no_space: bool,
    pub(super) next: Option<EngineError>,
    pub(super) offline: Vec<String>,
    /// Machines whose files nobody can read, and how many times they were asked for.
    pub(super) stuck: BTreeMap<Vmid, usize>,
}

/// One simulated machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Machine {
    pub(super) node: String,
    pub(super) running: bool,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) authorized_keys: Vec<String>,
    #[serde(default)]
    pub(super) hosts: Vec<String>,
    #[serde(default)]
    pub(super) identity: String,
    pub(super) content: String,
}

/// A published template: what a machine of it begins with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Image {
    pub(super) description: String,
    pub(super) content: String,
}

pub(super) type Key = (Vmid, Which);

#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) machines: BTreeMap<Key, Machine>,
    pub(super) images: BTreeMap<TemplateRef, Image>,
    pub(super) echoes: BTreeMap<Vmid, Echo>,
    /// Shells in terminals; they end with their machine.
    pub(super) shells: BTreeMap<Vmid, JoinSet<()>>,
    pub(super) faults: Faults,
    pub(super) journal: Journal,
    /// The file that names the nodes that are down, and what it said when the engine was asked last.
    pub(super) down: Option<PathBuf>,
    pub(super) down_now: String,
}

impl World {
    pub(super) fn read_down(&mut self) {
        let read = self.down.as_ref().and_then(|file| std::fs::read_to_string(file).ok());
        self.down_now = read.unwrap_or_default();
    }

    pub(super) fn machine(&self, key: Key) -> Result<&Machine> {
        self.machines.get(&key).ok_or(EngineError::NotFound)
    }

    /// A machine that an effect can reach.
    pub(super) fn reachable(&self, key: Key) -> Result<&Machine> {
        let machine = self.machine(key)?;
        self.online(&machine.node)?;
        Ok(machine)
    }

    pub(super) fn online(&self, node: &str) -> Result<()> {
        if !NODES.contains(&node) {
            return Err(EngineError::Other("there is no such node".into()));
        }
        let mut down = self.faults.offline.iter().map(String::as_str).chain(self.down_now.lines());
        if down.any(|name| name == node) {
            return Err(EngineError::Away("the machine's node does not answer".into()));
        }
        Ok(())
    }

    pub(super) fn set(&mut self, key: Key, machine: Machine) -> Result<()> {
        self.journal.set(key, &machine)?;
        self.machines.insert(key, machine);
        Ok(())
    }

    pub(super) fn unset(&mut self, key: Key) -> Result<Option<Machine>> {
        self.journal.unset(key)?;
        Ok(self.machines.remove(&key))
    }

    pub(super) fn update(&mut self, key: Key, change: impl FnOnce(&mut Machine)) -> Result<()> {
        let mut machine = self.machine(key)?.clone();
        change(&mut machine);
        self.set(key, machine)
    }

    pub(super) fn halt(&mut self, key: Key) -> Result<()> {
        if self.machine(key)?.running {
            self.echoes.remove(&key.0);
            self.shells.remove(&key.0);
            self.update(key, |machine| machine.running = false)?;
        }
        Ok(())
    }

    pub(super) fn instance(&self, (vmid, which): Key, machine: &Machine) -> Instance {
        let status = match machine.running {
            _ if self.online(&machine.node).is_err() => Status::Unreachable,
            true => Status::Running,
            false => Status::Stopped,
        };
        let limits = machine.tags.get(LIMITS).and_then(|text| limits(text));
        Instance { vmid, which, node: machine.node.clone(), status, tags: machine.tags.clone(), limits }
    }
}

/// Where a machine's limits are kept.
const LIMITS: &str = "limits";

fn limits(text: &str) -> Option<Limits> {
    let numbers: Vec<u32> = text.split(' ').map(str::parse).collect::<std::result::Result<_, _>>().ok()?;
    let [cpus, memory_mib, disk_mib, processes] = numbers.try_into().ok()?;
    Some(Limits { cpus, memory_mib, disk_mib, processes })
}

pub(super) fn tags(vm: &Vm) -> BTreeMap<String, String> {
    [
        ("vm", vm.id.to_string()),
        ("name", vm.name.to_string()),
        ("seat", vm.seat_name.to_string()),
        ("template", vm.template.to_string()),
        (LIMITS, {
            let Limits { cpus, memory_mib, disk_mib, processes } = vm.limits;
            format!("{cpus} {memory_mib} {disk_mib} {processes}")
        }),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into()
}
