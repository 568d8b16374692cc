//! What the engine says of a machine's host keys, bounded. A machine's root can make this reading hang (a file system of
//! their own stands where the files are), so a machine is asked once at a time, whoever waits; a seat holds few of the
//! places, and one that was slow is left alone for a while.

use crate::app::App;
use crate::app::error::{Error, Kind, Result};
use crate::app::reply::HostKeyView;
use crate::app::{clock, find};
use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use puerta_engine::{EngineError, HostKeys};
use puerta_keys::machine::MachineKey;
use puerta_lab::model::{SeatId, Vm, VmId};
use puerta_policy::decide::Permit;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

/// How long a client that wants to connect waits for them.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// How long one that was slow is not asked again.
const REST: Duration = Duration::from_secs(60);
/// Machines that the engine is asked about at once.
const AT_ONCE: usize = 16;
/// The same, of one seat.
pub(super) const OF_A_SEAT: usize = 2;

type Answer = Option<Result<Vec<HostKeyView>>>;

/// Whose keys are asked for now, and who was slow.
pub(super) struct Asking {
    machines: DashMap<VmId, State>,
    seats: DashMap<SeatId, Arc<Semaphore>>,
    all: Arc<Semaphore>,
}

enum State {
    Asked(watch::Receiver<Answer>),
    Slow(Instant),
}

impl Default for Asking {
    fn default() -> Self {
        let (machines, seats) = Default::default();
        Self { machines, seats, all: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

fn late(vm: &Vm) -> Error {
    Error::new(Kind::Unavailable, "error-host-keys-late").with("vm", &vm.name)
}

impl App {
    /// The keys that a machine has now; none before it has made any.
    pub(super) async fn host_keys(
        self: &Arc<Self>,
        permit: Permit<Vm>,
        patience: Duration,
    ) -> Result<Vec<HostKeyView>> {
        let vm = permit.target().clone();
        find::ready(&vm)?;
        let mut answer = self.asked(permit)?;
        // The sender goes unheard only when the task that has it panics.
        let said = timeout(patience, answer.wait_for(Option::is_some)).await;
        said.ok().and_then(|said| said.ok()?.clone()).unwrap_or_else(|| Err(late(&vm)))
    }

    /// Asks, or joins who does.
    fn asked(self: &Arc<Self>, permit: Permit<Vm>) -> Result<watch::Receiver<Answer>> {
        let vm = permit.target();
        let entry = self.asking.machines.entry(vm.id);
        match &entry {
            Entry::Occupied(there) => match there.get() {
                // Whoever asked may have panicked.
                State::Asked(answer) if answer.has_changed().is_ok() => return Ok(answer.clone()),
                State::Asked(_) => {}
                State::Slow(since) if since.elapsed() < REST => return Err(late(vm)),
                State::Slow(_) => {}
            },
            Entry::Vacant(_) => {}
        }
        let (sender, answer) = watch::channel(None);
        entry.insert(State::Asked(answer.clone()));
        let app = Arc::clone(self);
        self.tasks.spawn(async move {
            let (said, slow) = app.ask(&permit).await;
            let machine = permit.target().id;
            match slow {
                true => drop(app.asking.machines.insert(machine, State::Slow(Instant::now()))),
                false => drop(app.asking.machines.remove(&machine)),
            }
            sender.send_replace(Some(said));
            app.asking.forget();
        });
        Ok(answer)
    }

    /// What the engine says, once there is a place to ask it; and whether it was slow.
    async fn ask(&self, permit: &Permit<Vm>) -> (Result<Vec<HostKeyView>>, bool) {
        let vm = permit.target();
        let of_seat = self.asking.seats.entry(vm.seat).or_insert_with(|| Arc::new(Semaphore::new(OF_A_SEAT)));
        let of_seat = Arc::clone(&of_seat);
        let places = async { (of_seat.acquire().await, self.asking.all.acquire().await) };
        // Whoever asked has gone by then.
        let Ok(_places) = timeout(PATIENCE, places).await else { return (Err(late(vm)), false) };
        let begun = Instant::now();
        let keys = self.engine.host_keys(permit).await.map_err(|error| match error {
            EngineError::NotFound => Error::new(Kind::Conflict, "error-vm-missing").with("vm", &vm.name),
            other => other.into(),
        });
        (keys.map(|keys| views(&keys)), begun.elapsed() >= PATIENCE)
    }
}

/// Over a delete, for the clients that keep what they have seen.
impl App {
    /// What the machine is known by is for the next one of its name. What cannot be read is not kept: it holds nothing up.
    pub(super) async fn keep_host_keys(&self, permit: &Permit<Vm>) {
        let vm = permit.target();
        let keys = match self.engine.take_host_keys(permit).await {
            Ok(keys) if !keys.is_empty() => keys,
            Ok(_) | Err(EngineError::NotFound) => return,
            Err(error) => return tracing::warn!(vm = vm.vmid.get(), %error, "its host keys are not kept"),
        };
        let kept = async {
            let text = serde_json::to_string(&keys).map_err(|error| Error::internal(&error))?;
            Ok::<_, Error>(self.store.keep_host_keys(vm.seat, &vm.name, &text, clock::now()).await?)
        };
        if let Err(error) = kept.await {
            tracing::warn!(vm = vm.vmid.get(), ?error, "its host keys are not kept");
        }
    }

    /// The machine has them: another one of its name, beside it, is another machine.
    pub(super) async fn used_host_keys(&self, vm: &Vm) {
        if let Err(error) = self.store.forget_host_keys(vm.seat, &vm.name).await {
            tracing::warn!(vm = vm.vmid.get(), %error, "its host keys are kept a while longer");
        }
    }

    /// What the last one of its name was known by.
    pub(super) async fn kept_host_keys(&self, vm: &Vm) -> Result<HostKeys> {
        let kept = self.store.kept_host_keys(vm.seat, &vm.name).await?;
        // What an older puerta wrote otherwise is no reason to make no machine.
        Ok(kept.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }
}

impl Asking {
    /// What is of no use any more.
    fn forget(&self) {
        self.machines.retain(|_, state| !matches!(state, State::Slow(since) if since.elapsed() >= REST));
        self.seats.retain(|_, places| Arc::strong_count(places) > 1);
    }
}

fn views(keys: &[Vec<u8>]) -> Vec<HostKeyView> {
    let keys = keys.iter().filter_map(|key| MachineKey::parse(key));
    keys.map(|MachineKey { algorithm, fingerprint, line }| HostKeyView { algorithm, fingerprint, line })
        .collect()
}
