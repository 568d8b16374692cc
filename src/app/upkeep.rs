//! Who is to be woken when something changes: what is open judges itself again, shut seats are emptied, seats go, and
//! images that nobody needs are removed. Each looks for itself at what there is to do.

use tokio::sync::{Notify, watch};

/// The bells.
pub(super) struct Upkeep {
    changes: watch::Sender<u64>,
    shutting: Notify,
    leaving: Notify,
    sweep: Notify,
}

impl Default for Upkeep {
    fn default() -> Self {
        Self {
            changes: watch::Sender::new(0),
            shutting: Notify::new(),
            leaving: Notify::new(),
            sweep: Notify::new(),
        }
    }
}

impl Upkeep {
    /// Something that decisions rest on changed.
    pub(super) fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// Wakes at every change.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Seats may have been shut, or are to go.
    pub(super) fn look_at_shut_seats(&self) {
        self.shutting.notify_one();
        self.leaving.notify_one();
    }

    /// Waits until seats may be to go.
    pub(super) async fn leaving_seats(&self) {
        self.leaving.notified().await;
    }

    /// Waits until seats may have been shut.
    pub(super) async fn shut_seats(&self) {
        self.shutting.notified().await;
    }

    /// A template's image may be needless.
    pub(super) fn look_at_images(&self) {
        self.sweep.notify_one();
    }

    /// Waits until an image may be needless.
    pub(super) async fn images(&self) {
        self.sweep.notified().await;
    }
}
