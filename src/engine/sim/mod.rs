//! A whole engine that runs nothing: for tests without root, and for as many seats as one likes.
//! It keeps the trait's promises as Incus does, is slow and broken on demand, and remembers its
//! machines in a file, so that a puerta that was killed finds them as it left them.
//!
//! A machine's content is one text ([`SimEngine::write`], [`SimEngine::read`]): enough to see that
//! a restore brought the old one back. A file beside its memory, `sim.down`, names the nodes that are down,
//! one a line: a test breaks the engine of a whole program with it. Its network is a few ports on the loopback address that has
//! the machine's number ([`ECHO_PORT`] and those after it).

mod archive;
mod copies;
mod echo;
mod hand;
mod journal;
mod shell;
mod world;

use super::{
    Engine, EngineError, Figures, Handed, HostKeys, Inside, Instance, Node, NodeState, Progress, Ran, Result,
    Size, Spec, Sum, Take, Template, Terminal, TerminalWord, Usage, Which,
};
use crate::Spoiled;
use crate::copies::{self as by_name, Copies};
use async_trait::async_trait;
use echo::Echo;
use journal::Journal;
use puerta_lab::model::Vm;
use puerta_lab::names::{TemplateName, TemplateRef};
use puerta_lab::plan::Vmid;
use puerta_policy::decide::{Lab, Permit};
use sha2::{Digest as _, Sha256};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use world::{Image, Key, Machine, World, tags};

pub use echo::{DEAF_PORT, ECHO_PORT, GREETING, GREETING_PORT, SOURCE_PORT};
pub use shell::{HOSTILE, PROMPT};

/// Its nodes.
pub const NODES: [&str; 3] = ["sim01", "sim02", "sim03"];
/// Its templates.
pub const TEMPLATES: [&str; 2] = ["debian-12", "mini"];

/// How it behaves.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Where its machines are remembered; nowhere: in memory only.
    pub state: Option<PathBuf>,
    /// Whether running machines listen.
    pub listen: bool,
    /// How long every effect takes.
    pub delay: Duration,
}

/// The simulated engine.
#[derive(Debug)]
pub struct SimEngine {
    world: Mutex<World>,
    listen: bool,
    delay: Duration,
}

impl SimEngine {
    /// One without listeners and delays, which remembers its machines in `state` if there is one.
    pub fn new(state: Option<PathBuf>) -> Result<Self> {
        Self::with(Options { state, ..Options::default() })
    }

    /// One made to order. With `listen` it wants to be called inside a runtime.
    pub fn with(options: Options) -> Result<Self> {
        let Options { state, listen, delay } = options;
        let mut world = World::default();
        if let Some(file) = state {
            world.down = Some(file.with_extension("down"));
            (world.journal, (world.machines, world.images)) = Journal::open(&file)?;
        }
        if listen {
            let running = world.machines.iter().filter(|(_, machine)| machine.running);
            let echoes = running.map(|((vmid, _), _)| Ok((*vmid, Echo::start(*vmid)?)));
            world.echoes = echoes.collect::<Result<_>>()?;
        }
        Ok(Self { world: Mutex::new(world), listen, delay })
    }

    /// Never held across an await. A poisoned world is still a world.
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The world for a question.
    fn asked(&self) -> Result<MutexGuard<'_, World>> {
        tracing::trace!(target: "puerta::asked", "engine");
        let mut world = self.world();
        world.read_down();
        if world.faults.away { Err(EngineError::Away("simulated".into())) } else { Ok(world) }
    }

    /// The world for an effect, after the time that it takes.
    async fn effect(&self, progress: Option<Progress<'_>>) -> Result<MutexGuard<'_, World>> {
        const STEPS: u32 = 10;
        drop(self.asked()?);
        for step in 1..=STEPS {
            if !self.delay.is_zero() {
                tokio::time::sleep(self.delay / STEPS).await;
            }
            if let Some(progress) = progress {
                progress(u64::from(step), None);
            }
        }
        let mut world = self.asked()?;
        match world.faults.next.take() {
            Some(error) => Err(error),
            None => Ok(world),
        }
    }
}

#[async_trait]
impl Engine for SimEngine {
    async fn published(&self) -> Result<Vec<TemplateRef>> {
        Ok(self.asked()?.images.keys().cloned().collect())
    }

    async fn nodes(&self) -> Result<Vec<Node>> {
        let world = self.asked()?;
        let state = |name| if world.online(name).is_ok() { NodeState::Online } else { NodeState::Offline };
        Ok(NODES.map(|name| Node { name: name.into(), state: state(name), address: None }).into())
    }

    /// Made up, and the same each time: what runs there takes an eighth of what it may.
    async fn figures(&self, node: &str) -> Result<Figures> {
        let world = self.asked()?;
        world.online(node)?;
        let running = |machine: &&Machine| machine.node == node && machine.running;
        let running = world.machines.values().filter(running).count() as u64;
        Ok(Figures {
            load: Some([running as f64 / 4.0; 3]),
            memory_used: Some((1 << 30) + running * (32 << 20)),
            memory_total: Some(16 << 30),
            disk_used: Some(8 << 30),
            disk_total: Some(256 << 30),
        })
    }

    async fn templates(&self) -> Result<Vec<Template>> {
        drop(self.asked()?);
        let template = |name: &str| {
            let name: TemplateName = name.parse().ok()?;
            Some(Template { description: format!("{name}, simulated"), name, size: 1 << 20 })
        };
        Ok(TEMPLATES.into_iter().filter_map(template).collect())
    }

    async fn list(&self) -> Result<Vec<Instance>> {
        let world = self.asked()?;
        Ok(world.machines.iter().map(|(key, machine)| world.instance(*key, machine)).collect())
    }

    async fn find(&self, vmid: Vmid, which: Which) -> Result<Option<Instance>> {
        let world = self.asked()?;
        let key = (vmid, which);
        Ok(world.machines.get(&key).map(|machine| world.instance(key, machine)))
    }

    fn dial_address(&self, address: Ipv4Addr) -> Ipv4Addr {
        Vmid::from_address(address).map_or(address, echo::loopback)
    }

    async fn usage(&self, vm: &Permit<Vm>) -> Result<Usage> {
        let world = self.asked()?;
        let machine = world.reachable((vm.target().vmid, Which::Main))?;
        Ok(Usage {
            memory_bytes: machine.running.then_some(8 << 20),
            disk_bytes: Some(machine.content.len() as u64),
            processes: machine.running.then_some(3),
        })
    }

    async fn settle(&self, _vm: &Permit<Vm>) -> Result<()> {
        drop(self.asked()?);
        Ok(())
    }

    async fn create(&self, vm: &Permit<Vm>, spec: &Spec) -> Result<()> {
        let mut world = self.effect(None).await?;
        let vm = vm.target();
        let key = (vm.vmid, Which::Main);
        world.online(&spec.node)?;
        if world.machines.contains_key(&key) {
            return Err(EngineError::Exists);
        }
        let content = match vm.template.version {
            None if TEMPLATES.contains(&vm.template.name.as_str()) => String::new(),
            None => return Err(EngineError::NoTemplate),
            Some(_) => world.images.get(&vm.template).ok_or(EngineError::NoTemplate)?.content.clone(),
        };
        if world.faults.no_space {
            return Err(EngineError::NoSpace);
        }
        let machine = Machine {
            node: spec.node.clone(),
            running: false,
            tags: tags(vm),
            authorized_keys: spec.handed.keys.clone(),
            hosts: spec.handed.lines_of_hosts(),
            identity: archive::kept(&spec.host_keys).unwrap_or_else(|| vm.id.to_string()),
            content,
        };
        world.set(key, machine)
    }

    async fn hand(&self, vm: &Permit<Vm>, handed: &Handed) -> Result<Option<Spoiled>> {
        let mut world = self.asked()?;
        let key = (vm.target().vmid, Which::Main);
        world.reachable(key)?;
        world.update(key, |machine| {
            machine.authorized_keys.clone_from(&handed.keys);
            machine.hosts = handed.lines_of_hosts();
        })?;
        Ok(None)
    }

    /// One, which goes where its content goes.
    async fn host_keys(&self, vm: &Permit<Vm>) -> Result<Vec<Vec<u8>>> {
        let vmid = vm.target().vmid;
        if let Some(begun) = self.world().faults.stuck.get_mut(&vmid) {
            *begun += 1;
        }
        while self.world().faults.stuck.contains_key(&vmid) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let world = self.asked()?;
        let identity = &world.reachable((vm.target().vmid, Which::Main))?.identity;
        let key = Sha256::digest(["host key of ", identity].concat());
        let part = |bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes(), bytes].concat();
        Ok(vec![[part(b"ssh-ed25519"), part(&key)].concat()])
    }

    async fn take_host_keys(&self, vm: &Permit<Vm>) -> Result<HostKeys> {
        let world = self.asked()?;
        let identity = world.reachable((vm.target().vmid, Which::Main))?.identity.clone();
        Ok(HostKeys::of([(archive::IDENTITY.to_owned(), identity.into_bytes())]))
    }

    async fn start(&self, vm: &Permit<Vm>, which: Which) -> Result<()> {
        let mut world = self.effect(None).await?;
        let key = (vm.target().vmid, which);
        if world.reachable(key)?.running {
            return Ok(());
        }
        let others = [Which::Main, Which::New, Which::Old].map(|other| world.machines.get(&(key.0, other)));
        if others.into_iter().flatten().any(|other| other.running) {
            return Err(EngineError::AddressInUse);
        }
        if self.listen {
            let echo = Echo::start(key.0)?;
            world.echoes.insert(key.0, echo);
        }
        world.update(key, |machine| machine.running = true)
    }

    async fn stop(&self, vm: &Permit<Vm>, which: Which, grace: Duration) -> Result<()> {
        Copies::halt(self, vm.target().vmid, which, grace).await
    }

    async fn remove(&self, vm: &Permit<Vm>, which: Which) -> Result<()> {
        Copies::remove(self, vm.target().vmid, which).await
    }

    async fn replace(&self, vm: &Permit<Vm>, grace: Duration) -> Result<()> {
        by_name::replace(self, vm.target().vmid, grace).await
    }

    async fn take_back(&self, vm: &Permit<Vm>) -> Result<()> {
        by_name::take_back(self, vm.target().vmid).await
    }

    async fn copy(&self, vm: &Permit<Vm>, node: &str) -> Result<()> {
        let mut world = self.effect(None).await?;
        let vmid = vm.target().vmid;
        world.online(node)?;
        let machine = world.reachable((vmid, Which::Main))?;
        if machine.running {
            return Err(EngineError::Running);
        }
        if world.machines.contains_key(&(vmid, Which::New)) {
            return Err(EngineError::Exists);
        }
        if world.faults.no_space {
            return Err(EngineError::NoSpace);
        }
        let copy = Machine { node: node.to_owned(), ..machine.clone() };
        world.set((vmid, Which::New), copy)
    }

    async fn export(
        &self,
        vm: &Permit<Vm>,
        file: &Path,
        max_bytes: u64,
        progress: Progress<'_>,
    ) -> Result<u64> {
        let machine = {
            let world = self.effect(Some(progress)).await?;
            if world.faults.no_space {
                return Err(EngineError::NoSpace);
            }
            world.reachable((vm.target().vmid, Which::Main))?.clone()
        };
        let bytes = archive::write(file, &machine, max_bytes)?;
        progress(bytes, Some(bytes));
        Ok(bytes)
    }

    async fn judge(&self, file: &Path, max_unpacked: u64) -> Result<Sum> {
        crate::archive::judge(file, max_unpacked, archive::check).await
    }

    async fn exec(&self, _vm: &Permit<Vm>, _words: &[String], _deadline: Duration) -> Result<Ran> {
        Err(EngineError::Refused("simulated machines run no programs".into()))
    }

    async fn console(&self, vm: &Permit<Vm>, _term: Option<&str>, size: Size) -> Result<Terminal> {
        let mut world = self.effect(None).await?;
        let vmid = vm.target().vmid;
        if !world.reachable((vmid, Which::Main))?.running {
            return Err(EngineError::Refused("the machine does not run".into()));
        }
        let (terminal, inside) = Terminal::pair();
        let shells = world.shells.entry(vmid).or_default();
        while shells.try_join_next().is_some() {}
        shells.spawn(shell::run(inside, size));
        Ok(terminal)
    }

    async fn import(
        &self,
        vm: &Permit<Vm>,
        (file, take): (&Path, Take),
        node: &str,
        progress: Progress<'_>,
    ) -> Result<()> {
        let content = archive::read(file)?;
        let mut world = self.effect(Some(progress)).await?;
        let vm = vm.target();
        let key = (vm.vmid, Which::New);
        world.online(node)?;
        if world.machines.contains_key(&key) {
            return Err(EngineError::Exists);
        }
        if world.faults.no_space {
            return Err(EngineError::NoSpace);
        }
        let archive::Content { text, authorized_keys, identity } = content;
        let identity = match take {
            Take::All | Take::Moved { .. } => identity,
            Take::Copy { .. } => vm.id.to_string(),
        };
        let (node, tags) = (node.to_owned(), tags(vm));
        world.set(
            key,
            Machine { node, running: false, tags, authorized_keys, hosts: vec![], identity, content: text },
        )
    }

    async fn publish(
        &self,
        _vm: &Permit<Vm>,
        file: &Path,
        (template, description): (&TemplateRef, &str),
        progress: Progress<'_>,
    ) -> Result<u64> {
        // Its keys stay out, and what it is known by.
        let archive::Content { text, authorized_keys: _, identity: _ } = archive::read(file)?;
        let mut world = self.effect(Some(progress)).await?;
        if world.faults.no_space {
            return Err(EngineError::NoSpace);
        }
        let size = text.len() as u64;
        let image = Image { description: description.to_owned(), content: text };
        world.journal.set_image(template, Some(&image))?;
        world.images.insert(template.clone(), image);
        Ok(size)
    }

    async fn unpublish(&self, _lab: &Permit<Lab>, template: &TemplateRef) -> Result<()> {
        let mut world = self.effect(None).await?;
        world.journal.set_image(template, None)?;
        world.images.remove(template);
        Ok(())
    }
}
