//! Who is here: the register of live connections and of what each has open, with caps by person.
//! Everything in it is released by `Drop`, so a panic or a killed task cannot leak it. It decides
//! nothing: who may see what of it is the uses' to ask.

mod channel;
mod counted;
mod id;
mod promised;
mod screen;

pub use channel::{Channel, Notice, Notices, OpenChannel, Traffic, What};
pub use counted::Counted;
pub use id::SessionId;
pub use promised::{Part, Promised};
pub use screen::{Announcement, Frame, Screen};

use crate::app::clock;
use crate::app::ctx::Visitor;
use crate::app::ending::Reason;
use crate::app::error::{Error, Kind, Result};
use crate::config::Ssh;
use counted::ByPerson;
use dashmap::DashMap;
use puerta_lab::model::{PersonId, Timestamp};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

type Connections = Arc<DashMap<String, Arc<Connection>>>;

/// Readings of the audit of one person at once: each keeps a processor busy.
const MAX_READINGS: usize = 2;

/// What people have open.
#[derive(Debug)]
pub struct Presence {
    live: Connections,
    connections: ByPerson,
    channels: ByPerson,
    forwards: ByPerson,
    readings: ByPerson,
    /// Of everybody who was ever in: as many as there are people.
    promised: DashMap<PersonId, Promised>,
    inputs: DashMap<PersonId, Promised>,
}

/// A live connection of somebody who came in.
pub struct Connection {
    /// Who, how, and where from. Its `connection` is the id.
    pub visitor: Arc<Visitor>,
    /// When they came in.
    pub since: Timestamp,
    channels: Mutex<BTreeMap<u32, Arc<Channel>>>,
    next: AtomicU32,
    /// Its key may go, and it stays: it is where that was asked for.
    keyless: AtomicBool,
    /// Ends it.
    end: Box<dyn Fn(Reason) + Send + Sync>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("visitor", &self.visitor).finish_non_exhaustive()
    }
}

impl Connection {
    /// What is open on it, in the order in which it was opened.
    pub fn channels(&self) -> Vec<Arc<Channel>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Whether it came in by this key.
    pub fn came_by(&self, fingerprint: &str) -> bool {
        self.visitor.fingerprint.as_deref() == Some(fingerprint)
    }

    /// Whether it stays when the key that it came in with goes.
    pub(super) fn stay_without_key(&self, stays: bool) {
        self.keyless.store(stays, Ordering::Relaxed);
    }

    pub(super) fn stays_without_key(&self) -> bool {
        self.keyless.load(Ordering::Relaxed)
    }

    /// Ends it; the client is told why.
    pub fn end(&self, why: Reason) {
        (self.end)(why);
    }
}

/// A connection's place in the register; it leaves by dropping this.
#[derive(Debug)]
pub struct Present {
    live: Connections,
    connection: Arc<Connection>,
    _counted: Counted,
}

impl Drop for Present {
    fn drop(&mut self) {
        self.live.remove(&self.connection.visitor.connection);
    }
}

impl Presence {
    pub(super) fn new(ssh: &Ssh) -> Self {
        Self {
            live: Connections::default(),
            connections: ByPerson::new(ssh.max_connections_per_person),
            channels: ByPerson::new(ssh.max_channels_per_person),
            forwards: ByPerson::new(ssh.max_forwards),
            readings: ByPerson::new(MAX_READINGS),
            promised: DashMap::new(),
            inputs: DashMap::new(),
        }
    }

    /// A connection of theirs came in, which `end` ends; `None` when they have too many.
    pub fn connection(
        &self,
        visitor: &Arc<Visitor>,
        end: impl Fn(Reason) + Send + Sync + 'static,
    ) -> Option<Present> {
        let counted = self.connections.one(visitor.person)?;
        let connection = Arc::new(Connection {
            visitor: Arc::clone(visitor),
            since: clock::now(),
            channels: Mutex::default(),
            next: AtomicU32::new(1),
            keyless: AtomicBool::new(false),
            end: Box::new(end),
        });
        self.live.insert(visitor.connection.clone(), Arc::clone(&connection));
        Some(Present { live: Arc::clone(&self.live), connection, _counted: counted })
    }

    /// How many live connections they have.
    pub fn connections(&self, person: PersonId) -> u32 {
        self.connections.of(person) as u32
    }

    /// The live connection with this id.
    pub fn find(&self, id: &str) -> Option<Arc<Connection>> {
        self.live.get(id).map(|found| Arc::clone(&found))
    }

    /// Every live connection, oldest first.
    pub fn all(&self) -> Vec<Arc<Connection>> {
        let mut all: Vec<_> = self.live.iter().map(|found| Arc::clone(&found)).collect();
        all.sort_by(|a, b| (a.since, &a.visitor.connection).cmp(&(b.since, &b.visitor.connection)));
        all
    }

    /// Puts a notice into every open shell of theirs; how many that are.
    pub fn notify(&self, person: PersonId, notice: &Notice) -> u32 {
        let theirs = self.live.iter().filter(|one| one.visitor.person == person);
        let channels = theirs.flat_map(|one| one.channels());
        channels.filter(|channel| channel.tell(notice)).count() as u32
    }

    /// A part for one more channel of what their clients may send ahead.
    pub fn part(&self, visitor: &Visitor) -> Part {
        self.promised.entry(visitor.person).or_default().part()
    }

    /// A part for what one more command of theirs reads.
    pub fn input(&self, visitor: &Visitor) -> Part {
        self.inputs.entry(visitor.person).or_default().part()
    }

    /// One more channel of theirs, whatever it will be.
    pub fn channel(&self, visitor: &Visitor) -> Result<Counted> {
        one(&self.channels, visitor.person, "error-too-many-channels-of-person")
    }

    /// One more reading of the audit from its files.
    pub(super) fn reading(&self, person: PersonId) -> Result<Counted> {
        one(&self.readings, person, "error-too-many-readings")
    }

    /// Something of theirs opens on a connection.
    pub fn open(&self, visitor: &Visitor, what: What) -> Result<OpenChannel> {
        // Only a connection that was turned away has no place, and it ends now.
        let closing = || Error::new(Kind::Limited, "error-shutdown");
        let connection = self.find(&visitor.connection).ok_or_else(closing)?;
        let counted = match what {
            What::Forward { .. } => Some(one(&self.forwards, visitor.person, "error-too-many-forwards")?),
            _ => None,
        };
        Ok(OpenChannel::new(connection, what, counted))
    }
}

/// One more of something, or that there are too many.
fn one(counted: &ByPerson, person: PersonId, id: &'static str) -> Result<Counted> {
    counted.one(person).ok_or_else(|| Error::new(Kind::Limited, id).with("max", counted.max))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::ctx::Method;
    use std::sync::atomic::AtomicUsize;

    fn visitor(connection: &str, person: i64) -> Arc<Visitor> {
        Arc::new(Visitor {
            person: PersonId(person),
            login: "alumno1".parse().unwrap(),
            method: Method::PublicKey,
            fingerprint: None,
            connection: connection.into(),
            source: ([127, 0, 0, 1], 5).into(),
            second_factor: false,
        })
    }

    fn presence(forwards: usize, connections: usize) -> Presence {
        Presence {
            live: Connections::default(),
            connections: ByPerson::new(connections),
            channels: ByPerson::new(9),
            forwards: ByPerson::new(forwards),
            readings: ByPerson::new(MAX_READINGS),
            promised: DashMap::new(),
            inputs: DashMap::new(),
        }
    }

    fn forward() -> What {
        What::Forward { vm: "web1.alumno1".into(), port: 22 }
    }

    #[test]
    fn the_caps_hold_and_drop_gives_back() {
        let presence = presence(2, 1);
        let who = visitor("a", 1);
        let here = presence.connection(&who, |_| ()).unwrap();
        assert!(presence.connection(&visitor("b", 1), |_| ()).is_none());
        let first = presence.open(&who, forward()).unwrap();
        let _second = presence.open(&who, forward()).unwrap();
        assert!(presence.open(&who, forward()).is_err());
        assert_eq!(presence.find("a").unwrap().channels().len(), 2);
        drop(first);
        assert!(presence.open(&who, forward()).is_ok());
        assert_eq!(presence.forwards.people(), 1);
        drop(here);
        assert!(presence.find("a").is_none() && presence.connections(who.person) == 0);
        assert!(
            presence.open(&who, What::Exec { terminal: true }).is_err(),
            "a connection that left opens nothing"
        );
    }

    #[test]
    fn only_shells_of_the_person_hear_and_each_only_so_much() {
        let presence = presence(2, 9);
        let (one, other) = (visitor("a", 1), visitor("b", 2));
        let _here = (presence.connection(&one, |_| ()), presence.connection(&other, |_| ()));
        let mut open = presence.open(&one, What::Shell).unwrap();
        let mut shell = open.notices().unwrap();
        let _exec = presence.open(&one, What::Exec { terminal: false }).unwrap();
        let mut foreign = presence.open(&other, What::Shell).unwrap();
        let mut foreign = foreign.notices().unwrap();
        let notice = Notice::ForwardCut { vm: "web1".into(), port: 22 };
        assert_eq!(presence.notify(one.person, &notice), 1);
        assert_eq!(shell.try_recv().ok(), Some(notice.clone()));
        assert!(foreign.try_recv().is_err());
        let heard = (0..1000).filter(|_| presence.notify(one.person, &notice) == 1).count();
        assert!(heard < 100, "a shell that nobody reads keeps {heard} notices");
    }

    #[test]
    fn whoever_finds_a_connection_can_end_it() {
        let presence = presence(2, 9);
        let told = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&told);
        let end = move |why: Reason| counted.store(why.as_str().len(), Ordering::SeqCst);
        let _here = presence.connection(&visitor("a", 1), end);
        presence.find("a").unwrap().end(Reason::Left);
        assert_eq!(told.load(Ordering::SeqCst), 4);
    }
}
