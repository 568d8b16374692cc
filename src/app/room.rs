//! Room for the audit: looked at now and then, and told before there is none, to the log, to the audit, and to
//! staff who come in.

use crate::app::App;
use crate::app::ctx::Visitor;
use puerta_audit::{Event, Room};
use puerta_lab::action::Action;
use puerta_policy::decide::{Decision, Lab};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Between two looks.
const LOOK: Duration = Duration::from_secs(10);
/// Less than this is little.
const LITTLE: u64 = 1 << 30;
/// On a small file system this part of it.
const PART: u64 = 10;
/// As long as there is enough.
const ENOUGH: u64 = u64::MAX;

/// MiB that are left, while that is little.
#[derive(Debug)]
pub(super) struct Left(AtomicU64);

impl Default for Left {
    fn default() -> Self {
        Self(AtomicU64::new(ENOUGH))
    }
}

/// Looks, for ever.
pub async fn mind(app: Arc<App>) {
    let mut look = tokio::time::interval(LOOK);
    loop {
        look.tick().await;
        match app.audit.room() {
            Ok(room) => app.there_is(room).await,
            Err(error) => tracing::warn!(%error, "nobody knows how much room the audit has"),
        }
    }
}

impl App {
    async fn there_is(&self, Room { free, total }: Room) {
        let left = if free < LITTLE.min(total / PART) { free >> 20 } else { ENOUGH };
        let before = self.room.0.swap(left, Ordering::Relaxed);
        if left != ENOUGH {
            tracing::warn!(mib = left, "little room is left for the audit: without room nothing is done");
        }
        if (before == ENOUGH) != (left == ENOUGH) {
            let what = if left == ENOUGH { "enough" } else { "little" };
            self.audit.finish(Event::note("audit.room").with("what", what).with("mib", free >> 20)).await;
        }
    }

    /// MiB that are left for the audit, if that is little and they are of those who look after it.
    pub async fn little_room(&self, visitor: &Visitor) -> Option<u64> {
        let left = Some(self.room.0.load(Ordering::Relaxed)).filter(|left| *left != ENOUGH)?;
        let actor = self.store.actor(visitor.person).await.ok()??;
        let looks = self.policy().decide(&actor, Action::AuditList, Lab, visitor.context());
        matches!(looks, Decision::Allow(_)).then_some(left)
    }
}
