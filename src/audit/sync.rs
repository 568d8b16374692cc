//! Brings written lines to the disk, at most once a second, beside the writer: a disk that takes
//! its time must not hold up those who wait for their line to be written.

use std::fs::File;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

const PAUSE: Duration = Duration::from_secs(1);

struct State {
    file: Arc<File>,
    dirty: bool,
    stop: bool,
}

#[derive(Clone)]
struct Shared(Arc<(Mutex<State>, Condvar)>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.0.1.notify_one();
    }

    fn run(&self) {
        loop {
            let idle = |state: &mut State| !state.dirty && !state.stop;
            let waited = self.0.1.wait_while(self.lock(), idle);
            let mut state = waited.unwrap_or_else(PoisonError::into_inner);
            if state.stop {
                return;
            }
            state.dirty = false;
            let file = Arc::clone(&state.file);
            drop(state);
            if let Err(error) = file.sync_data() {
                tracing::error!(%error, "the audit log could not be brought to the disk");
            }
            drop(file);
            let busy = |state: &mut State| !state.stop;
            drop(self.0.1.wait_timeout_while(self.lock(), PAUSE, busy));
        }
    }
}

/// The thread that calls fdatasync(2).
pub(super) struct Syncer {
    shared: Shared,
    thread: Option<JoinHandle<()>>,
}

impl Syncer {
    pub(super) fn start(file: Arc<File>) -> std::io::Result<Self> {
        let state = State { file, dirty: false, stop: false };
        let shared = Shared(Arc::new((Mutex::new(state), Condvar::new())));
        let worker = shared.clone();
        let thread = std::thread::Builder::new().name("audit-sync".into()).spawn(move || worker.run())?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// There are new lines in `file`.
    pub(super) fn written(&self, file: &Arc<File>) {
        self.shared.change(|state| {
            if !Arc::ptr_eq(&state.file, file) {
                state.file = Arc::clone(file);
            }
            state.dirty = true;
        });
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        self.shared.change(|state| state.stop = true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
