//! What is removed for its age: recordings, segments of the audit, what is remembered of jobs. By whoever looks at
//! the clock, and only while it can be believed; nothing else in the house removes anything by what time it is.

use crate::app::{App, clock};
use puerta_audit::Event;
use puerta_lab::even::{Believed, Evenness, Jump, Seen};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::MissedTickBehavior;

/// Between two looks at the clock.
const LOOK: Duration = Duration::from_secs(60);
/// Between two looks at what is old.
const REMOVE: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);
/// How long a finished job is remembered.
const JOBS: Duration = Duration::from_secs(30 * 86_400);

/// Looks, for ever.
pub async fn mind(app: Arc<App>) {
    let begun = Instant::now();
    let before = app.store.clock().await.unwrap_or_else(|error| {
        tracing::error!(%error, "nobody knows what the clock showed when puerta ran last");
        None
    });
    let (mut even, jump) = Evenness::begin(before, clock::now(), Duration::ZERO);
    app.looked(jump, even.seen()).await;
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut removed: Option<Instant> = None;
    loop {
        look.tick().await;
        let jump = even.look(clock::now(), begun.elapsed());
        app.looked(jump, even.seen()).await;
        if removed.is_none_or(|then| then.elapsed() >= REMOVE)
            && let Some(believed) = even.believed()
        {
            removed = Some(Instant::now());
            app.remove_old(&believed).await;
        }
    }
}

impl App {
    async fn looked(&self, jump: Option<Jump>, seen: Seen) {
        if let Some(Jump { expected, found }) = jump {
            let (expected, found) = (clock::rfc3339(expected), clock::rfc3339(found));
            tracing::warn!(
                expected,
                found,
                "the clock has jumped, or puerta was away for days: nothing is removed for its age until the clock has run evenly for a week"
            );
            let event = Event::note("clock.jumped").with("expected", expected).with("found", found);
            self.audit.finish(event).await;
        }
        if let Err(error) = self.store.set_clock(seen).await {
            tracing::error!(%error, "what the clock showed is not written down");
        }
    }

    async fn remove_old(&self, believed: &Believed) {
        self.forget_recordings(&believed.old(self.config.console.keep)).await;
        if let Some(days) = self.config.audit_log.keep_days {
            let old = believed.old(DAY * days);
            self.audit.forget(old.before().0, days).await;
        }
        if let Err(error) = self.store.prune_jobs(&believed.old(JOBS)).await {
            tracing::error!(%error, "old jobs are not forgotten");
        }
    }
}
