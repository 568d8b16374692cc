//! Whether the client's socket is read. A channel that holds all it may closes the gate: the client
//! is not read, and russh's loop, which would otherwise wait inside the full channel, goes on
//! writing. So neighbours still get what comes down to them, and a client can be told something,
//! which is how its death is noticed (a dead client's FIN waits behind what it had sent).

use russh::ChannelId;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Waker};

/// One connection's gate.
#[derive(Debug)]
pub(super) struct Gate<C = ChannelId> {
    closed: AtomicUsize,
    last: Mutex<Option<C>>,
    reader: Mutex<Option<Waker>>,
}

/// Keeps a gate closed until dropped.
#[derive(Debug)]
pub(super) struct Shut<C = ChannelId>(Arc<Gate<C>>);

impl<C> Default for Gate<C> {
    fn default() -> Self {
        Self { closed: AtomicUsize::new(0), last: Mutex::default(), reader: Mutex::default() }
    }
}

impl<C: Copy> Gate<C> {
    /// Closes it for a channel.
    pub(super) fn shut(self: &Arc<Self>, channel: C) -> Shut<C> {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(channel);
        self.closed.fetch_add(1, Ordering::SeqCst);
        Shut(Arc::clone(self))
    }

    /// The channel that closed it last, while it is closed.
    pub(super) fn shut_by(&self) -> Option<C> {
        if self.closed.load(Ordering::SeqCst) == 0 {
            return None;
        }
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether to read now; if not, the reader is woken when it opens.
    pub(super) fn is_open(&self, cx: &Context<'_>) -> bool {
        if self.closed.load(Ordering::SeqCst) == 0 {
            return true;
        }
        *self.reader.lock().unwrap_or_else(PoisonError::into_inner) = Some(cx.waker().clone());
        // It may have opened before the waker was there.
        self.closed.load(Ordering::SeqCst) == 0
    }
}

impl<C> Drop for Shut<C> {
    fn drop(&mut self) {
        if self.0.closed.fetch_sub(1, Ordering::SeqCst) > 1 {
            return;
        }
        let reader = self.0.reader.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(reader) = reader {
            reader.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;
    use std::task::Wake;

    struct Woken(AtomicBool);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    #[test]
    fn it_opens_when_the_last_channel_lets_go_and_wakes_the_reader() {
        let gate = Arc::new(Gate::default());
        let woken = Arc::new(Woken(AtomicBool::new(false)));
        let waker = Waker::from(Arc::clone(&woken));
        let cx = Context::from_waker(&waker);
        assert!(gate.is_open(&cx));
        let (first, second) = (gate.shut(1), gate.shut(2));
        assert!(!gate.is_open(&cx));
        assert_eq!(gate.shut_by(), Some(2));
        drop(first);
        assert!(!gate.is_open(&cx) && !woken.0.load(Ordering::SeqCst));
        drop(second);
        assert!(gate.is_open(&cx) && woken.0.load(Ordering::SeqCst));
        assert_eq!(gate.shut_by(), None);
    }
}
