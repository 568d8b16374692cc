//! Time passes: what is open is judged again whenever a ready rule begins or ceases to hold, and
//! each minute where a policy of a file asks what time it is.

use super::zone::next_edge;
use crate::app::{App, clock};
use puerta_lab::model::Timestamp;
use puerta_lab::rules::Rule;
use puerta_store::{Changed, What};
use std::sync::Arc;
use std::time::Duration;

/// The longest sleep: the clock may be set meanwhile.
const MINUTE: i64 = 60_000;

/// Minds the clock for as long as puerta runs.
pub async fn mind(app: Arc<App>) {
    let mut changes = app.changes();
    let mut judged = clock::now();
    let mut minute = judged.0 + MINUTE;
    loop {
        let wake = app.next_edge(judged).await.map_or(minute, |edge| edge.0.min(minute));
        let asleep = tokio::time::sleep(nap(wake, clock::now().0));
        let changed = tokio::select! { () = asleep => false, _ = changes.changed() => true };
        let now = clock::now();
        // Rules came or went: everything open was told already, and only the clock may have been set besides.
        if changed && (judged..Timestamp(wake)).contains(&now) {
            continue;
        }
        // A clock that was set back is at another edge: timetables are written out from now on.
        if now < judged || app.next_edge(judged).await.is_some_and(|edge| edge <= now) {
            app.exams_between(judged, now).await;
            app.edge().await;
        } else if app.policy().minds_the_clock() && now.0 >= minute {
            app.after(Changed::new((), What { policy: true, ..What::default() })).await;
        }
        changes.mark_unchanged();
        if now.0 >= minute || now < judged {
            minute = now.0 + MINUTE;
        }
        judged = now;
    }
}

/// How long to sleep until `wake`. A clock that was set back since that was computed does not make it long.
fn nap(wake: i64, now: i64) -> Duration {
    Duration::from_millis((wake - now).clamp(0, MINUTE).unsigned_abs())
}

impl App {
    async fn next_edge(&self, after: Timestamp) -> Option<Timestamp> {
        match self.store.rules().await {
            Ok(rules) => next_edge(&rules, &self.config.timezone, after),
            Err(error) => {
                tracing::error!(%error, "when rules begin and end cannot be read");
                None
            }
        }
    }

    /// A rule begins or ceases to hold now.
    async fn edge(self: &Arc<Self>) {
        let timetables = match self.store.rules().await {
            Ok(rules) => rules.iter().any(|ready| matches!(ready.rule, Rule::Timetable { .. })),
            Err(_) => false,
        };
        if !timetables {
            return self.after(Changed::new((), What::ruled())).await;
        }
        // Written out anew, for the days that come.
        match self.rule_anew().await {
            Ok(ruled) => self.after(ruled).await,
            Err(errors) => {
                tracing::error!(?errors, "timetables could not be written out anew");
                self.after(Changed::new((), What::ruled())).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_sleeps_for_more_than_a_minute() {
        let now = 1_795_407_036_123;
        for (wake, slept) in [(now, 0), (now - 5, 0), (now + 5, 5), (now + MINUTE, 60_000)] {
            assert_eq!(nap(wake, now), Duration::from_millis(slept));
        }
        assert_eq!(nap(now, now - 365 * 24 * 60 * MINUTE), Duration::from_secs(60), "a year back meanwhile");
    }
}
