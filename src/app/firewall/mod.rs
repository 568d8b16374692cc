//! The firewall's side of the registry: what should be, the reconcile that makes the kernel have it,
//! and what is said when it did not. Everything that touches the rules goes one after another, the
//! change of the registry that it belongs to included.

mod commands;
mod courses;
mod traffic;

pub(super) use commands::run;
pub(super) use courses::may_publish;
pub use traffic::count;

use crate::app::App;
use crate::app::error::{Error, Kind, Result as AppResult};
use crate::config::Config;
use ipnet::Ipv4Net;
use puerta_audit::{Event, Outcome};
use puerta_firewall::{Desired, Done, EgressTable, FirewallError, Report, Target, Why};
use puerta_lab::model::{Course, Seat, SeatId, Timestamp};
use puerta_lab::network::{Egress, Publication};
use puerta_lab::plan::AddressPlan;
use puerta_policy::decide::Policy;
use puerta_store::{self as store, Store, StoreError};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Mutex as Turns, MutexGuard};
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use traffic::Tallies;

/// How often the kernel is looked at.
const MINUTE: Duration = Duration::from_secs(60);

/// What should be, out of the registry and of what policy says to courses. Also for the technician's
/// commands.
pub async fn desired(store: &Store, config: &Config, policy: &Policy) -> store::Result<Desired> {
    let plan = AddressPlan { first_year: config.first_year };
    let closed = courses::closed(store, policy).await?;
    let mut publications = BTreeMap::new();
    for publication in store.publications_in_force().await? {
        if closed.publications.contains(&publication.course) {
            continue;
        }
        // Given when the range was another one: kept, and leads nowhere.
        if config.firewall.ports.contains(publication.port) {
            publications.insert(publication.port, target(&publication));
        }
    }
    let egress = EgressTable {
        default: config.firewall.egress.clone(),
        seats: egress_of_seats(store, plan, &closed.egress).await?,
    };
    Ok(Desired { owner: store.owner().await?, publications, egress })
}

/// What is said of seats: the firewall knows no course. A course's rule is each of its seats', which may have
/// one of their own, unless policy closes the course.
async fn egress_of_seats(
    store: &Store,
    plan: AddressPlan,
    closed: &[Course],
) -> store::Result<BTreeMap<Ipv4Net, Egress>> {
    let network = |seat: &Seat| plan.seat_network(seat.edition, seat.number);
    let mut seats = BTreeMap::new();
    for (course, rule) in store.egress_of_courses().await? {
        for seat in store.seats_of_course(course.id).await? {
            seats.insert(network(&seat)?, rule.clone());
        }
    }
    for (seat, rule) in store.egress_of_seats().await? {
        seats.insert(network(&seat)?, rule);
    }
    for course in closed {
        for seat in store.seats_of_course(course.id).await? {
            seats.insert(network(&seat)?, Egress::Deny);
        }
    }
    for seat in store.shut_seats().await? {
        seats.insert(network(&seat)?, Egress::Deny);
    }
    Ok(seats)
}

fn target(publication: &Publication) -> Target {
    Target {
        protocol: publication.protocol,
        address: publication.vmid.address(),
        port: publication.vm_port,
        sources: publication.sources.clone(),
    }
}

/// What the reconciles of this process remember.
#[derive(Default)]
pub(super) struct Wall {
    turn: Turns<Turn>,
    tallies: Mutex<Tallies>,
}

/// Whose turn it is to touch the rules.
#[derive(Default)]
pub(super) struct Turn {
    /// What the kernel was left with; `None` until the first reconcile.
    left: Option<Desired>,
    /// The last call went well: the short way may be taken.
    sure: bool,
    /// The helper that it was made by, in number: another one knows nothing of it.
    helper: u64,
    /// Why the last try failed.
    trouble: Option<String>,
    /// Foreign rules that were reported last.
    foreign: Vec<String>,
}

impl Wall {
    pub(super) async fn turn(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().await
    }

    /// When the counters were read last.
    pub(super) fn counted(&self) -> Option<Timestamp> {
        self.tallies.lock().unwrap_or_else(PoisonError::into_inner).read
    }
}

/// Makes the rules what they should be, and keeps them so; before anybody is told that we are ready.
/// What fails now is in log and audit, and is tried again each minute; only another puerta's rules are
/// an error, because neither could mend what the other one wants.
pub async fn start(app: &Arc<App>) -> Result<(), FirewallError> {
    if app.firewall.is_off() {
        tracing::warn!("there is no firewall: ports that are published lead nowhere");
        return Ok(());
    }
    if let Err(error @ FirewallError::Foreign(_)) = app.reconcile().await {
        return Err(error);
    }
    let minding = Arc::clone(app);
    app.keep("who minds the firewall", async move {
        let mut minute = interval_at(Instant::now() + MINUTE, MINUTE);
        minute.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = minute.tick() => {}
                // What was wanted meanwhile, and what the last one left half done.
                () = minding.firewall.renewed() => {}
            }
            drop(minding.reconcile().await);
        }
    });
    let listening = Arc::clone(app);
    app.keep("who hears of connections to ports", async move {
        loop {
            let connection = listening.firewall.connection().await;
            listening.connected(connection).await;
        }
    });
    Ok(())
}

/// The last reading of the counters, and what is owed to the audit.
pub async fn stop(app: &Arc<App>) {
    if !app.firewall.is_off() {
        drop(app.reconcile().await);
        app.leave_out(&BTreeMap::new()).await;
    }
}

impl App {
    /// Makes the kernel have what should be, and says what was not so. A failure leaves the old rules.
    pub async fn reconcile(&self) -> Result<Report, FirewallError> {
        let mut turn = self.wall.turn().await;
        self.reconcile_now(&mut turn).await
    }

    /// What is said of a seat is in force, or is put in force now: one that the firewall has not heard of yet
    /// would have the default.
    pub(super) async fn walled(&self, seat: SeatId) -> AppResult<()> {
        let mut turn = self.wall.turn().await;
        if turn.sure || self.firewall.is_off() {
            return Ok(());
        }
        let Some(seat) = self.store.seat(seat).await? else { return Ok(()) };
        let closed = courses::closed(&self.store, &self.policy()).await?;
        let said = egress_of_seats(&self.store, self.plan(), &closed.egress).await?;
        let network = self.plan().seat_network(seat.edition, seat.number).map_err(StoreError::from)?;
        if !said.contains_key(&network) {
            return Ok(());
        }
        self.reconcile_now(&mut turn).await.map(drop).map_err(|error| refused(&error))
    }

    pub(super) async fn reconcile_now(&self, turn: &mut Turn) -> Result<Report, FirewallError> {
        if self.firewall.is_off() {
            return Err(FirewallError::Off);
        }
        let helper = self.firewall.helpers();
        let reconciled = async {
            let desired = desired(&self.store, &self.config, &self.policy()).await;
            let desired = desired.map_err(|error| FirewallError::Other(error.to_string()))?;
            let report = self.firewall.reconcile(&desired).await?;
            Ok((desired, report))
        };
        match reconciled.await {
            Ok((desired, report)) => {
                let known = turn.left.is_some();
                let wanted = turn.left.as_ref() != Some(&desired);
                turn.left = Some(desired);
                turn.helper = helper;
                self.account(&report).await;
                self.tell_foreign(turn, &report).await;
                self.settled(turn, &report, drifted(report.done, known, wanted)).await;
                Ok(report)
            }
            Err(error) => {
                self.in_trouble(turn, Some(&error)).await;
                Err(error)
            }
        }
    }

    /// One publication comes or goes: the short way, once the kernel is what it should be.
    pub(super) async fn lead(
        &self,
        turn: &mut Turn,
        port: u16,
        publication: Option<&Publication>,
    ) -> Result<(), FirewallError> {
        if !turn.sure || turn.helper != self.firewall.helpers() {
            self.reconcile_now(turn).await?;
        }
        let target = publication.map(target);
        match self.firewall.change(port, target.as_ref()).await {
            Ok(report) => {
                if let Some(left) = &mut turn.left {
                    match target {
                        Some(target) => left.publications.insert(port, target),
                        None => left.publications.remove(&port),
                    };
                }
                // The short way reads no counters, unless it had to become the long one.
                if !report.traffic.is_empty() || matches!(report.done, Done::Whole { .. }) {
                    self.account(&report).await;
                }
                self.settled(turn, &report, drifted(report.done, true, true)).await;
                Ok(())
            }
            Err(error) => {
                self.in_trouble(turn, Some(&error)).await;
                Err(error)
            }
        }
    }

    /// What a success leaves to be said.
    async fn settled(&self, turn: &mut Turn, report: &Report, drift: bool) {
        turn.sure = true;
        if drift {
            tracing::warn!(done = ?report.done, "somebody else had changed the firewall; it is mended");
            self.note("drift", &format!("{:?}", report.done)).await;
        }
        self.in_trouble(turn, None).await;
    }

    /// Others' rules are reported when they change, and never touched.
    async fn tell_foreign(&self, turn: &mut Turn, report: &Report) {
        if turn.foreign == report.foreign {
            return;
        }
        for line in &report.foreign {
            tracing::warn!(line, "a rule that is not ours may drop what ours lets through");
        }
        self.note("foreign", &report.foreign.join("; ")).await;
        turn.foreign.clone_from(&report.foreign);
    }

    /// Each failure is in the log; what changes is in the audit too.
    async fn in_trouble(&self, turn: &mut Turn, error: Option<&FirewallError>) {
        let trouble = error.map(ToString::to_string);
        turn.sure &= trouble.is_none();
        if let Some(trouble) = &trouble {
            tracing::error!(trouble, "the firewall was left as it was");
        }
        if turn.trouble == trouble {
            return;
        }
        match &trouble {
            Some(trouble) => {
                let event = Event::note("firewall").with("what", "failed");
                let outcome = Some(Outcome::Failed(trouble.clone()));
                self.audit.finish(Event { outcome, ..event }).await;
            }
            None => self.note("mended", "it can be changed again").await,
        }
        turn.trouble = trouble;
    }

    async fn note(&self, what: &'static str, detail: &str) {
        let event = Event::note("firewall").with("what", what).with("detail", detail);
        self.audit.finish(event).await;
    }
}

/// Whether it was somebody else who made what was mended necessary. `known`: we had left the kernel
/// right before; `wanted`: the registry changed since.
fn drifted(done: Done, known: bool, wanted: bool) -> bool {
    match done {
        Done::Nothing => false,
        Done::Whole { why: Why::Drift } => true,
        Done::Whole { why: Why::Absent } => known,
        Done::Whole { why: Why::Changed } | Done::Members { .. } => known && !wanted,
    }
}

/// Nothing was changed, and whoever asked may tell somebody why.
pub(super) fn refused(error: &FirewallError) -> Error {
    match error {
        FirewallError::Off => Error::new(Kind::Unavailable, "error-firewall-off"),
        FirewallError::Away(_) => Error::new(Kind::Unavailable, "error-firewall-away"),
        other => Error::new(Kind::Unavailable, "error-firewall").with("reason", other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_registry_wanted_is_no_drift() {
        let (members, absent) = (Done::Members { added: 1, removed: 0 }, Done::Whole { why: Why::Absent });
        assert!(!drifted(Done::Nothing, true, false));
        assert!(!drifted(members, true, true) && !drifted(members, false, true));
        assert!(drifted(members, true, false));
        assert!(!drifted(absent, false, true), "the first start");
        assert!(drifted(absent, true, true), "flushed");
        assert!(drifted(Done::Whole { why: Why::Drift }, false, true));
        assert!(!drifted(Done::Whole { why: Why::Changed }, true, true));
    }
}
