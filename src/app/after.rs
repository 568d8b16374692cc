//! What follows from a change. A write that others depend on says what it changed ([`Changed`]), and only
//! here is that taken apart: nobody else knows, and nobody can forget, what comes after.

use crate::app::App;
use crate::app::firewall::Turn;
use puerta_store::{Changed, What};
use std::sync::Arc;

impl App {
    /// Sees to all that follows, and gives what was written. What the firewall cannot do now is in log and
    /// audit, and is tried again each minute.
    pub(super) async fn after<T>(self: &Arc<Self>, changed: Changed<T>) -> T {
        let (value, what) = changed.apart();
        if self.follow(what) {
            drop(self.reconcile().await);
        }
        value
    }

    /// The same by whoever has the turn at the firewall: they lead it there, and take the write back where
    /// that fails.
    pub(super) fn after_leading<T>(self: &Arc<Self>, changed: Changed<T>, _turn: &mut Turn) -> T {
        let (value, what) = changed.apart();
        let _wall = self.follow(what);
        value
    }

    /// Everything but the firewall; whether that has something to do.
    fn follow(self: &Arc<Self>, what: What) -> bool {
        let What { people, seats, machines, keys, templates, policy, publications } = what;
        if people || seats || machines || policy {
            // Sessions, forwards, consoles and whatever else is open judge themselves again.
            self.upkeep.changed();
        }
        if seats {
            self.upkeep.look_at_shut_seats();
        }
        if templates {
            self.upkeep.look_at_images();
        }
        if !keys.is_empty() {
            self.hand_keys_of(keys);
        }
        publications
    }
}
