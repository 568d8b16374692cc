//! Who stands in the door: how many connections there are, and which of them have not logged in. russh has no
//! `MaxStartups`. Nobody is refused for others who stand there and say nothing: when all places are taken the
//! newcomer has the place of one of those who hold most. Known places (the campus, and where somebody
//! came in lately) and all others have as many places each, so that neither takes the other's.
//!
//! sshd drops newcomers at random instead, of whom most may be honest when those who stand there are not.

mod past;

use crate::app::ending::{Ending, Reason};
use crate::app::login::Source;
use ipnet::IpNet;
use past::Past;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// A place with a penalty holds this part of what others may hold.
const NARROWED: usize = 4;

/// How many there may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caps {
    /// Not logged in, from known places, and the same number from all others.
    pub(super) strangers: usize,
    /// Not logged in, from one place.
    pub(super) of_source: usize,
    /// All.
    pub(super) connections: usize,
}

/// Why a newcomer is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// `max_connections`, and those who are in keep their places.
    Full,
    /// Too many gave up from there, and as many as may stand there now. How long that lasts.
    Penalty(Duration),
}

impl Refusal {
    /// For the log.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Full => "max_connections",
            Self::Penalty(_) => "too many gave up from there",
        }
    }
}

/// The caps, who stands there, and what is remembered.
#[derive(Debug)]
pub(super) struct Startups {
    caps: Caps,
    campus: Vec<IpNet>,
    connections: Arc<watch::Sender<usize>>,
    door: Arc<Mutex<Door>>,
}

#[derive(Debug, Default)]
struct Door {
    next: u64,
    /// By age.
    strangers: BTreeMap<u64, Standing>,
    past: Past,
}

#[derive(Debug)]
struct Standing {
    source: Source,
    known: bool,
    /// Keys were exchanged: somebody may be typing a password.
    speaks: bool,
    ending: Ending,
}

/// One live connection.
#[derive(Debug)]
pub(super) struct Connected(Arc<watch::Sender<usize>>);

/// What a new connection is given: both end with it.
pub(super) type Place = (Connected, Stranger);

/// One connection that has not logged in. Who drops it gave up.
#[derive(Debug)]
pub(super) struct Stranger {
    door: Arc<Mutex<Door>>,
    number: u64,
    place: IpAddr,
    known: bool,
    ending: Ending,
    proved: bool,
}

fn lock(door: &Mutex<Door>) -> MutexGuard<'_, Door> {
    door.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Startups {
    pub(super) fn new(caps: Caps, campus: Vec<IpNet>) -> Self {
        Self { caps, campus, connections: Arc::new(watch::Sender::new(0)), door: Arc::default() }
    }

    /// A place for one more, be it another's, or why there is none.
    pub(super) fn admit(&self, address: IpAddr) -> Result<Place, Refusal> {
        self.admit_at(address, Instant::now())
    }

    fn admit_at(&self, address: IpAddr, now: Instant) -> Result<Place, Refusal> {
        let mut door = lock(&self.door);
        if self.connections() >= self.caps.connections {
            return Err(Refusal::Full);
        }
        let source = Source::from(address);
        let known = self.is_campus(address) || door.past.knows(source.place, now);
        // Who is known pays for no neighbour's mistakes.
        let penalty = door.past.penalty(source.place, now).filter(|_| !known);
        let most = penalty.map_or(self.caps.of_source, |_| self.caps.of_source.div_ceil(NARROWED));
        while door.standing(|one| one.source.place == source.place) >= most {
            match penalty {
                Some(left) => return Err(Refusal::Penalty(left)),
                None => door.give_way(|one| one.source.place == source.place),
            }
        }
        if door.standing(|one| one.known == known) >= self.caps.strangers {
            door.give_way_to(source, known);
        }
        let stranger = door.stand(Standing { source, known, speaks: false, ending: Ending::default() });
        drop(door);
        self.connections.send_modify(|count| *count += 1);
        let (number, ending) = stranger;
        let door = Arc::clone(&self.door);
        Ok((
            Connected(Arc::clone(&self.connections)),
            Stranger { door, number, place: source.place, known, ending, proved: false },
        ))
    }

    fn is_campus(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.campus.iter().any(|network| network.contains(&address))
    }

    /// Somebody was in from there until now.
    pub(super) fn left(&self, address: IpAddr) {
        lock(&self.door).past.was_in(Source::from(address).place, Instant::now());
    }

    /// Live connections.
    pub(super) fn connections(&self) -> usize {
        *self.connections.borrow()
    }

    /// Waits until there is none.
    pub(super) async fn empty(&self) {
        // The sender lives in `self`: waiting cannot fail.
        let _ = self.connections.subscribe().wait_for(|count| *count == 0).await;
    }
}

impl Door {
    fn stand(&mut self, one: Standing) -> (u64, Ending) {
        let (number, ending) = (self.next, one.ending.clone());
        self.next += 1;
        self.strangers.insert(number, one);
        (number, ending)
    }

    fn standing(&self, which: impl Fn(&Standing) -> bool) -> usize {
        self.strangers.values().filter(|one| which(one)).count()
    }

    /// One of these goes: the oldest of those who have said nothing yet, else the oldest.
    fn give_way(&mut self, which: impl Fn(&Standing) -> bool) {
        let of_these = || self.strangers.iter().filter(|(_, one)| which(one));
        let silent = of_these().find(|(_, one)| !one.speaks);
        if let Some(number) = silent.or_else(|| of_these().next()).map(|(number, _)| *number)
            && let Some(one) = self.strangers.remove(&number)
        {
            one.ending.end(Reason::Displaced);
        }
    }

    /// One of those goes who hold most of the places, the newcomer counted in: first by network, so that
    /// nobody wins by having many addresses, then by place.
    fn give_way_to(&mut self, newcomer: Source, known: bool) {
        let pool = || self.strangers.values().filter(|one| one.known == known).map(|one| one.source);
        let net = most(pool().chain([newcomer]).map(|source| source.net));
        let of_net = || pool().filter(|source| Some(source.net) == net);
        let place = most(of_net().chain([newcomer]).map(|source| source.place));
        self.give_way(|one| one.known == known && Some(one.source.place) == place);
    }
}

/// What occurs most often, and of those the first.
fn most(all: impl Iterator<Item = IpAddr>) -> Option<IpAddr> {
    let mut counts: HashMap<IpAddr, (usize, usize)> = HashMap::new();
    for (age, one) in all.enumerate() {
        counts.entry(one).or_insert((0, usize::MAX - age)).0 += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(one, _)| one)
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl Stranger {
    /// Told when somebody else has the place.
    pub(super) fn ending(&self) -> Ending {
        self.ending.clone()
    }

    /// It comes from the campus, or from where somebody came in lately.
    pub(super) fn is_from_known_place(&self) -> bool {
        self.known
    }

    /// It talks to us: those who do not go first.
    pub(super) fn speaks(&self) {
        if let Some(one) = lock(&self.door).strangers.get_mut(&self.number) {
            one.speaks = true;
        }
    }

    /// It proved who it is, and may not come in: that is not giving up.
    pub(super) fn proved(&mut self) {
        self.proved = true;
    }

    /// It was we who could not look.
    fn was_failed(&self) -> bool {
        matches!(self.ending.reason(), Some(Reason::RegistryAway | Reason::Unwritten))
    }

    /// It logged in.
    pub(super) fn came_in(self) {
        let mut door = lock(&self.door);
        door.strangers.remove(&self.number);
        door.past.came_in(self.place, Instant::now());
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let mut door = lock(&self.door);
        // Who came in, or gave way to another, did not give up.
        let gave_up = door.strangers.remove(&self.number).is_some() && !self.proved && !self.was_failed();
        if gave_up && door.past.gave_up(self.place, Instant::now()) {
            tracing::info!(place = %self.place, "many went away without having logged in: fewer may stand there");
        }
    }
}

#[cfg(test)]
mod tests;
