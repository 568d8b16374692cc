//! Passwords, verified and hashed away from the threads that carry connections.

use crate::app::error::{Error, Result};
use crate::app::secret::Secret;
use puerta_keys::password::{HashError, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// A password to verify or hash.
type Work = Box<dyn FnOnce(&Hasher) + Send>;

/// Verifies passwords on few threads of their own, so that guessing cannot take the machine: not
/// its processors, and not its memory, since the allocator keeps a hash's 19 MiB for each thread
/// that ever made one.
pub(super) struct Passwords {
    threads: Arc<Semaphore>,
    work: Sender<Work>,
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
        Ok(Self { threads: Arc::new(Semaphore::new(threads)), work })
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

    /// Costs the same whether or not there is something to verify against.
    pub(super) async fn verify(&self, password: &Secret, hash: Option<String>) -> Result<bool> {
        let password = password.clone();
        self.run(move |hasher| match hash {
            Some(hash) => hasher.verify(password.expose(), &hash),
            None => hasher.verify_dummy(password.expose()),
        })
        .await
    }
}
