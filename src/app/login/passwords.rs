//! Passwords, verified and hashed away from the threads that carry connections.

use super::Stranger;
use super::source::Source;
use crate::app::error::{Error, Result};
use crate::app::secret::Secret;
use dashmap::DashMap;
use puerta_keys::password::{HashError, Hasher};
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A password to verify or hash.
type Work = Box<dyn FnOnce(&Hasher) + Send>;

/// Verifies passwords on few threads of their own, so that guessing cannot take the machine: not
/// its processors, and not its memory, since the allocator keeps a hash's 19 MiB for each thread
/// that ever made one.
///
/// Each place waits in one spot of the queue for them: who sends many wrong ones from one place makes itself wait. And
/// those from places that nobody knows stand in a queue of their own: however many they are, who comes from a known
/// one has a thread, or the next turn of the only one.
pub(super) struct Passwords {
    threads: Arc<Semaphore>,
    /// Of known places as many at a time as there are threads.
    known: Arc<Semaphore>,
    /// Of all others one less, if there is more than one.
    unknown: Arc<Semaphore>,
    places: Arc<Places>,
    work: Sender<Work>,
}

/// The turns of those of a place, known and not.
type Places = DashMap<(bool, IpAddr), Arc<Semaphore>>;

/// Somebody of a place waits, or is served. The last one to go leaves nothing.
struct Spot {
    places: Arc<Places>,
    place: (bool, IpAddr),
    turn: Arc<Semaphore>,
}

/// What somebody has whose turn it is, until the work is done: also when they have gone meanwhile.
struct Turn {
    _place: OwnedSemaphorePermit,
    _queue: OwnedSemaphorePermit,
    // Last: it looks whether anybody else is there.
    _spot: Spot,
}

impl Spot {
    fn of(places: &Arc<Places>, place: (bool, IpAddr)) -> Self {
        let turn = Arc::clone(&*places.entry(place).or_insert_with(|| Arc::new(Semaphore::new(1))));
        Self { places: Arc::clone(places), place, turn }
    }

    async fn turn(self, queue: &Arc<Semaphore>) -> Result<Turn> {
        let closed = |error| Error::internal(&error);
        let place = Arc::clone(&self.turn).acquire_owned().await.map_err(closed)?;
        let queue = Arc::clone(queue).acquire_owned().await.map_err(closed)?;
        Ok(Turn { _place: place, _queue: queue, _spot: self })
    }
}

impl Drop for Spot {
    fn drop(&mut self) {
        // Ours counts as none before it is looked whether the map's is the only one.
        drop(std::mem::replace(&mut self.turn, Arc::new(Semaphore::const_new(0))));
        self.places.remove_if(&self.place, |_, turn| Arc::strong_count(turn) == 1);
    }
}

fn next(waiting: &Mutex<Receiver<Work>>) -> std::result::Result<Work, RecvError> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).recv()
}

impl Passwords {
    pub(super) fn new(threads: usize) -> std::result::Result<Self, HashError> {
        let hasher = Hasher::new()?;
        let (work, waiting) = std::sync::mpsc::channel::<Work>();
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..threads {
            let (hasher, waiting) = (hasher.clone(), Arc::clone(&waiting));
            std::thread::spawn(move || {
                // The guard is gone before the work begins; without a sender the thread ends.
                while let Ok(work) = next(&waiting) {
                    // A panic costs one answer, not the thread.
                    let _ = catch_unwind(AssertUnwindSafe(|| work(&hasher)));
                }
            });
        }
        Ok(Self {
            threads: Arc::new(Semaphore::new(threads)),
            known: Arc::new(Semaphore::new(threads)),
            unknown: Arc::new(Semaphore::new(threads.saturating_sub(1).max(1))),
            places: Arc::default(),
            work,
        })
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce(&Hasher) -> T + Send + 'static) -> Result<T> {
        let held = Arc::clone(&self.threads).acquire_owned().await.map_err(|e| Error::internal(&e))?;
        let (tell, done) = tokio::sync::oneshot::channel();
        let work: Work = Box::new(move |hasher| {
            // Whoever asked may have gone away.
            let _ = tell.send(work(hasher));
            drop(held);
        });
        self.work.send(work).map_err(|_| Error::internal(&"no password thread"))?;
        done.await.map_err(|error| Error::internal(&error))
    }

    /// A hash for the store.
    pub(super) async fn hash(&self, password: &Secret) -> Result<String> {
        let password = password.clone();
        let hashed = self.run(move |hasher| hasher.hash(password.expose())).await?;
        hashed.map_err(|error| Error::internal(&error))
    }

    /// Costs the same whether or not there is something to verify against. Whose connection ends does not stand in
    /// anybody's way any longer.
    pub(super) async fn verify(
        &self,
        who: &Stranger,
        password: &Secret,
        hash: Option<String>,
    ) -> Result<bool> {
        tokio::select! {
            right = self.in_turn(who, password, hash) => right,
            _ = who.ending.ended() => Err(Error::denied()),
        }
    }

    async fn in_turn(&self, who: &Stranger, password: &Secret, hash: Option<String>) -> Result<bool> {
        let place = Source::from(who.source.ip()).place;
        let queue = if who.known { &self.known } else { &self.unknown };
        let turn = Spot::of(&self.places, (who.known, place)).turn(queue).await?;
        let password = password.clone();
        self.run(move |hasher| {
            let _turn = turn;
            match hash {
                Some(hash) => hasher.verify(password.expose(), &hash),
                None => hasher.verify_dummy(password.expose()),
            }
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::ending::{Ending, Reason};
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn from(address: &str, known: bool) -> Stranger {
        let source = std::net::SocketAddr::new(address.parse().unwrap(), 22);
        Stranger { connection: String::new(), source, known, ending: Ending::default() }
    }

    /// All of these are tried, and then one more: how many of them went before that.
    async fn passed(flood: Vec<Stranger>, then: Stranger) -> usize {
        let passwords = Arc::new(Passwords::new(1).unwrap());
        let wrong = Secret::new("wrong");
        let done = Arc::new(AtomicUsize::new(0));
        let flood: Vec<_> = flood
            .into_iter()
            .map(|who| {
                let (passwords, wrong, done) = (Arc::clone(&passwords), wrong.clone(), Arc::clone(&done));
                tokio::spawn(async move {
                    let right = passwords.verify(&who, &wrong, None).await;
                    done.fetch_add(1, Ordering::SeqCst);
                    right.unwrap()
                })
            })
            .collect();
        while done.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        let before = done.load(Ordering::SeqCst);
        assert!(!passwords.verify(&then, &wrong, None).await.unwrap());
        let passed = done.load(Ordering::SeqCst) - before;
        for one in flood {
            assert!(!one.await.unwrap());
        }
        assert!(passwords.places.is_empty());
        passed
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_flood_from_one_place_makes_itself_wait() {
        let flood = vec![from("203.0.113.2", false); 100];
        let passed = passed(flood, from("192.0.2.2", false)).await;
        assert!(passed < 20, "{passed} went before");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_flood_from_many_places_does_not_make_a_known_one_wait() {
        let flood: Vec<_> = (0..100).map(|n| from(&format!("198.51.100.{n}"), false)).collect();
        let before = passed(flood, from("192.0.2.2", true)).await;
        assert!(before < 20, "{before} went before");
        // Known ones come before, and nobody is forgotten: these take turns.
        let flood: Vec<_> = (0..100).map(|n| from(&format!("192.0.2.{n}"), true)).collect();
        let before = passed(flood, from("198.51.100.2", false)).await;
        assert!(before < 20, "{before} went before");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn who_goes_leaves_the_queue() {
        let passwords = Arc::new(Passwords::new(1).unwrap());
        let all: Vec<_> = (0..200).map(|n| from(&format!("198.51.100.{n}"), false)).collect();
        let tries: Vec<_> = all
            .iter()
            .cloned()
            .map(|who| {
                let passwords = Arc::clone(&passwords);
                tokio::spawn(async move { passwords.verify(&who, &Secret::new("wrong"), None).await })
            })
            .collect();
        for who in &all {
            who.ending.end(Reason::HangUp);
        }
        let tried = futures(tries).await;
        assert!(tried < 50, "{tried} were tried all the same");
        while !passwords.places.is_empty() {
            tokio::task::yield_now().await;
        }
        assert!(!passwords.verify(&from("192.0.2.2", false), &Secret::new("wrong"), None).await.unwrap());
    }

    /// How many came to an answer.
    async fn futures(tries: Vec<tokio::task::JoinHandle<Result<bool>>>) -> usize {
        let mut answered = 0;
        for one in tries {
            answered += usize::from(one.await.unwrap().is_ok());
        }
        answered
    }

    #[test]
    fn a_host_has_a_whole_64() {
        let place = |address: &str| Source::from(address.parse::<IpAddr>().unwrap()).place;
        assert_eq!(place("2001:db8::7"), place("2001:db8::8:9"));
    }
}
