//! Who helps in a machine that is not theirs. Their keys are in it for as long as they are connected to it, and not
//! longer, whatever ends in between: the visit stands in the registry before a key goes in, and goes from there once
//! the keys were written without theirs. Who is there now is known here alone: after a restart every visit is over.

use crate::app::ctx::Visitor;
use crate::app::error::Result;
use crate::app::{App, clock, find};
use puerta_audit::{Event, Outcome, Phase};
use puerta_lab::action::Action;
use puerta_lab::model::{PersonId, Vm, VmId};
use puerta_policy::decide::Permit;
use puerta_store as store;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The port behind which keys are asked for.
pub(super) const SSH: u16 = 22;
/// How long somebody waits for their keys to be in: then they go in while the machine asks already.
const DEADLINE: Duration = Duration::from_secs(10);

/// Who is in which machine, and who writes keys there.
#[derive(Default)]
pub(super) struct Visits {
    there: Mutex<BTreeMap<String, There>>,
    writers: Mutex<BTreeMap<VmId, usize>>,
    next: AtomicU64,
}

struct There {
    vm: VmId,
    person: PersonId,
    /// The registry has it, so that their keys may go in.
    known: bool,
}

/// Somebody is in a machine: their keys go when this is dropped.
pub(super) struct Visit {
    app: Arc<App>,
    id: String,
    vm: VmId,
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.app.visits.there().remove(&self.id);
        self.app.hand_soon(self.vm);
    }
}

/// Keys are being written into a machine.
pub(super) struct Writing<'a> {
    visits: &'a Visits,
    vm: VmId,
}

impl Writing<'_> {
    /// Whether nobody else writes there: what was written last is what stands in the machine.
    pub(super) fn alone(&self) -> bool {
        self.visits.writers().get(&self.vm).is_some_and(|writers| *writers == 1)
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        let mut writers = self.visits.writers();
        let left = writers.get(&self.vm).map_or(0, |writers| writers.saturating_sub(1));
        match left {
            0 => drop(writers.remove(&self.vm)),
            left => drop(writers.insert(self.vm, left)),
        }
    }
}

impl Visits {
    fn there(&self) -> MutexGuard<'_, BTreeMap<String, There>> {
        self.there.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writers(&self) -> MutexGuard<'_, BTreeMap<VmId, usize>> {
        self.writers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody begins to write keys into a machine.
    pub(super) fn writing(&self, vm: VmId) -> Writing<'_> {
        *self.writers().entry(vm).or_default() += 1;
        Writing { visits: self, vm }
    }

    /// Who is there, and may have their keys in it.
    fn people(&self, vm: VmId) -> Vec<PersonId> {
        let there = self.there();
        let mut people: Vec<_> =
            there.values().filter(|one| one.vm == vm && one.known).map(|one| one.person).collect();
        people.sort_unstable();
        people.dedup();
        people
    }

    fn lasts(&self, id: &str) -> bool {
        self.there().contains_key(id)
    }
}

impl App {
    /// Puts the keys of whoever helps into a machine that is not theirs; `None` when they have none. It is in the
    /// registry and the audit before.
    pub(super) async fn visit(
        self: &Arc<Self>,
        visitor: &Visitor,
        permit: Permit<Vm>,
    ) -> Result<Option<Visit>> {
        if self.store.keys(visitor.person).await?.is_empty() {
            return Ok(None);
        }
        let (vm, person) = (permit.target(), visitor.person);
        let id = format!("{}-{}", visitor.connection, self.visits.next.fetch_add(1, Ordering::Relaxed));
        let there = There { vm: vm.id, person, known: false };
        self.visits.there().insert(id.clone(), there);
        // From here on leaving takes back whatever was done.
        let visit = Visit { app: Arc::clone(self), id: id.clone(), vm: vm.id };
        let row = store::Visit {
            id: id.clone(),
            vm: vm.id,
            person,
            login: visitor.login.clone(),
            connection: visitor.connection.clone(),
            begun: clock::now(),
        };
        self.store.begin_visit(&row).await?;
        let begin = Event {
            action: Some(Action::VmEnter.as_str()),
            vm: Some(find::subject(vm)),
            outcome: Some(Outcome::Allowed),
            policies: permit.policies().to_vec(),
            ..visitor.event(Phase::Begin, "visit")
        };
        self.audit.begin(begin.with("visit", id.clone())).await?;
        if let Some(there) = self.visits.there().get_mut(&id) {
            there.known = true;
        }
        let (app, vm) = (Arc::clone(self), vm.id);
        // It is not cut off: what is half written is nobody's to know.
        let writing = self.tasks.spawn(async move { app.hand_now(vm).await });
        if tokio::time::timeout(DEADLINE, writing).await.is_err() {
            tracing::warn!(vm = vm.0, login = %visitor.login, "keys of who helps are late");
        }
        Ok(Some(visit))
    }

    /// Keys of who is in a machine now.
    pub(super) async fn lines_of_visitors(&self, vm: VmId) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        for person in self.visits.people(vm) {
            lines.extend(self.store.keys(person).await?.into_iter().map(|key| key.line));
        }
        Ok(lines)
    }

    /// Who helps in a machine now, as its owner sees it.
    pub(super) async fn visitors(&self, vm: VmId) -> Result<Vec<store::Visit>> {
        let mut visits = self.store.visits(Some(vm)).await?;
        visits.retain(|visit| self.visits.lasts(&visit.id));
        visits.dedup_by(|later, first| later.person == first.person);
        Ok(visits)
    }

    /// Visits to a machine that are over, and whose keys may still be in it.
    pub(super) async fn ended_visits(&self, vm: VmId) -> Result<Vec<store::Visit>> {
        let mut visits = self.store.visits(Some(vm)).await?;
        visits.retain(|visit| !self.visits.lasts(&visit.id));
        Ok(visits)
    }

    /// The keys of these are out.
    pub(super) async fn visits_over(&self, vm: &Vm, ended: Vec<store::Visit>) -> Result<()> {
        for visit in ended {
            if !self.store.end_visit(&visit.id).await? {
                continue;
            }
            let mut event = Event::finish("visit");
            event.action = Some(Action::VmEnter.as_str());
            event.actor = Some(visit.login.to_string());
            event.connection = Some(visit.connection);
            event.vm = Some(find::subject(vm));
            event.outcome = Some(Outcome::Done);
            let seconds = (clock::now().0 - visit.begun.0).max(0) as f64 / 1000.0;
            self.audit.finish(event.with("visit", visit.id).with("seconds", seconds)).await;
        }
        Ok(())
    }

    /// What the last puerta left, and what could not be written since, is owed.
    pub(super) async fn owe_ended_visits(&self) {
        match self.store.visits(None).await {
            Ok(visits) => {
                let ended = visits.iter().filter(|visit| !self.visits.lasts(&visit.id));
                ended.for_each(|visit| self.owed.add(visit.vm));
            }
            Err(error) => tracing::warn!(%error, "who helped in which machine is not known yet"),
        }
    }
}
