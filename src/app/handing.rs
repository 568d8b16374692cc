//! What puerta keeps inside machines follows what is so: the keys of the people who sit in the seat, and of whoever helps
//! there now (a member who comes, a key that goes), and where the other machines of a practice are. What cannot be written
//! now (a job has the machine, its node is away) is owed: it is written when the job ends, and tried each minute. A machine
//! that starts gets it as it is.

use crate::app::error::{Cause, Error, Result};
use crate::app::{App, itself};
use puerta_engine::{EngineError, Handed, Spoiled, Status};
use puerta_lab::action::Action;
use puerta_lab::model::{Phase, SeatId, Vm, VmId};
use puerta_policy::decide::Permit;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How often what is owed is tried again.
const MINUTE: Duration = Duration::from_secs(60);
/// How often, and after how long, somebody comes again who was not the only one to write.
const TRIES: usize = 5;
const TURN: Duration = Duration::from_millis(200);

/// Machines that others' keys may still open. A restart forgets them, but for those that a job has.
#[derive(Default)]
pub(super) struct Owed(Mutex<BTreeSet<VmId>>);

impl Owed {
    pub(super) fn add(&self, vm: VmId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(vm);
    }

    /// Whether it was owed; now it is the caller's to write.
    fn take(&self, vm: VmId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&vm)
    }

    pub(super) fn all(&self) -> Vec<VmId> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect()
    }
}

/// Tries what is owed again, for as long as puerta runs.
pub async fn mind(app: Arc<App>) {
    loop {
        app.owe_ended_visits().await;
        app.hand_owed().await;
        tokio::time::sleep(MINUTE).await;
    }
}

impl App {
    /// Writes the seat's keys into one machine, or says what in it is in their way.
    pub(super) async fn hand_keys(&self, permit: &Permit<Vm>) -> Option<String> {
        let vm = permit.target();
        let error = match self.try_keys(permit).await {
            Ok(in_the_way) => Error::from(EngineError::Spoiled(in_the_way?)),
            Err(error) => error,
        };
        tracing::warn!(vm = %vm.name, seat = %vm.seat_name, ?error, "its keys are written later");
        let spoiled = error.cause == Some(Cause::Spoiled);
        error.args.into_iter().find(|(name, _)| spoiled && *name == "file").map(|(_, file)| file)
    }

    /// A machine may keep whoever writes waiting, so nobody waits for a turn: who writes looks again afterwards,
    /// and the last one has written what is so. What cannot be written now is owed.
    /// Gives what is in the way of names, which are worth less than keys.
    async fn try_keys(&self, permit: &Permit<Vm>) -> Result<Option<Spoiled>> {
        let vm = permit.target();
        let writing = self.visits.writing(vm.id);
        let handed = async {
            loop {
                let handed = self.handed_to(vm).await?;
                let in_the_way = self.engine.hand(permit, &handed).await?;
                // Who has left by now is not in what is so afterwards.
                let ended = self.ended_visits(vm.id).await?;
                if self.handed_to(vm).await? != handed {
                    continue;
                }
                // Another one may be about to write what was so before.
                if writing.alone() {
                    self.visits_over(vm, ended).await?;
                }
                return Result::Ok(in_the_way);
            }
        };
        handed.await.inspect_err(|_| self.owed.add(vm.id))
    }

    /// What belongs in it: the keys of who sits in its seat and of who helps there now, and where those of its practice are.
    pub(super) async fn handed_to(&self, vm: &Vm) -> Result<Handed> {
        Ok(Handed { keys: self.lines_of(vm).await?, hosts: self.names_known_to(vm).await? })
    }

    async fn lines_of(&self, vm: &Vm) -> Result<Vec<String>> {
        let keys = self.store.keys_of_seat(vm.seat).await?;
        let mut lines: Vec<String> = keys.into_iter().map(|key| key.line).collect();
        for line in self.lines_of_visitors(vm.id).await? {
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        Ok(lines)
    }

    /// Writes the keys into one machine, or owes them to it. Where somebody else writes too, nobody may know yet that
    /// a visit is over: then it comes again.
    pub(super) async fn hand_now(self: &Arc<Self>, id: VmId) {
        for _ in 0..TRIES {
            self.owed.add(id);
            let handed = async {
                let Some(vm) = self.writable(id).await? else { return Result::Ok(true) };
                // Also when somebody else has just begun to: who waits for it waits for this.
                self.owed.take(id);
                self.write(vm).await?;
                Ok(self.ended_visits(id).await?.is_empty())
            };
            match handed.await {
                Ok(true) => return,
                Ok(false) => tokio::time::sleep(TURN).await,
                Err(error) => {
                    tracing::warn!(vm = id.0, ?error, "keys are still owed to a machine");
                    self.owed.add(id);
                    return;
                }
            }
        }
        self.owed.add(id);
    }

    /// The same, while the caller goes on.
    pub(super) fn hand_soon(self: &Arc<Self>, id: VmId) {
        let app = Arc::clone(self);
        self.tasks.spawn(async move { app.hand_now(id).await });
    }

    /// Writes the keys of these seats into their machines, while the caller goes on.
    pub(super) fn hand_keys_of(self: &Arc<Self>, seats: Vec<SeatId>) {
        let app = Arc::clone(self);
        self.tasks.spawn(async move {
            match app.store.vms_of(&seats).await {
                Ok(vms) => vms.iter().for_each(|vm| app.owed.add(vm.id)),
                Err(error) => tracing::warn!(%error, "keys are written at the machines' next start"),
            }
            app.hand_owed().await;
        });
    }

    /// It is written once its job has ended.
    pub(super) fn owe(&self, id: VmId) {
        self.owed.add(id);
    }

    /// A job of the machine ended: what it kept from being written.
    pub(super) fn hand_after_job(self: &Arc<Self>, id: VmId) {
        if self.owed.all().contains(&id) {
            self.hand_soon(id);
        }
    }

    /// The others of its practice, which know it by name.
    pub(super) async fn knowing(&self, vm: &Vm) -> Result<Vec<VmId>> {
        let members = self.store.members_of(&[vm.seat]).await?;
        let own = members.get(&vm.id).map(|member| member.practice);
        let others = members.iter().filter(|(id, member)| Some(member.practice) == own && **id != vm.id);
        Ok(others.map(|(id, _)| *id).collect())
    }

    pub(super) async fn hand_owed(self: &Arc<Self>) {
        for id in self.owed.all() {
            if let Err(error) = self.hand_one(id).await {
                tracing::warn!(vm = id.0, ?error, "keys are still owed to a machine");
                self.owed.add(id);
            }
        }
    }

    async fn hand_one(self: &Arc<Self>, id: VmId) -> Result<()> {
        match self.writable(id).await? {
            Some(vm) if self.owed.take(id) => self.write(vm).await,
            _ => Ok(()),
        }
    }

    /// The machine, when its keys can be written now.
    async fn writable(self: &Arc<Self>, id: VmId) -> Result<Option<Vm>> {
        let Some(vm) = self.store.vm(id).await?.filter(|vm| vm.phase != Phase::Deleting) else {
            self.owed.take(id);
            return Ok(None);
        };
        if vm.node.as_deref().is_some_and(|node| self.nodes.doubtful(node)) {
            return Ok(None);
        }
        // A job has the machine, and may be putting another one in its place: it comes here at its end.
        if self.store.running_job_of(id).await?.is_some() {
            return Ok(None);
        }
        let found = self.instance(&vm).await?.map(|found| found.status);
        Ok(matches!(found, Some(Status::Running | Status::Stopped)).then_some(vm))
    }

    async fn write(&self, vm: Vm) -> Result<()> {
        match self.try_keys(&itself::permit(self, Action::VmStart, vm)?).await {
            // Theirs to mend, and said when it was started; until then it is looked at again in silence.
            Err(error) if error.cause == Some(Cause::Spoiled) => Ok(()),
            tried => tried.map(drop),
        }
    }
}
