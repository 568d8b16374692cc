//! Strangers who were refused: counted, and told in sums, so that who knocks a thousand times a second writes no
//! thousand lines. The log has each kind of refusal; the audit those who may not even knock, once a minute.

use crate::app::App;
use crate::app::sums::{Summed, Sums};
use puerta_audit::{Audit, Event};
use std::fmt::Display;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Between two lines of the log about one kind of refusal.
const LOGGED: Duration = Duration::from_secs(10);
/// Between two lines of the audit.
const NOTED: Duration = Duration::from_secs(60);
/// How often it is looked whether one is due.
const LOOK: Duration = Duration::from_secs(1);
/// More kinds of refusal than there are.
const KINDS: usize = 32;

/// Those refused that nothing was said of yet.
#[derive(Debug)]
pub(super) struct Refusals {
    logged: Sums<&'static str, (&'static str, String)>,
    noted: Sums<(), SocketAddr>,
}

impl Default for Refusals {
    fn default() -> Self {
        Self { logged: Sums::new(LOGGED, KINDS), noted: Sums::new(NOTED, KINDS) }
    }
}

impl Refusals {
    /// Somebody was refused, for this kind of reason; `what` tells this one from others.
    pub(super) fn refused(&self, why: &'static str, what: impl Display) {
        if let Some((why, what)) = self.logged.count(why, (why, what.to_string())) {
            tracing::warn!(what, "refused: {why}");
        }
    }

    /// Somebody knocked who is not of the networks that may.
    pub(super) fn not_admitted(&self, peer: SocketAddr, audit: &Audit) {
        tracing::debug!(%peer, "connection refused: not of the networks that are admitted");
        if let Some(peer) = self.noted.count((), peer) {
            note(Summed { last: peer, count: 1, mixed: false }, audit);
        }
    }

    /// Says what is due, for ever.
    pub(super) async fn mind(&self, app: Arc<App>) {
        let mut look = tokio::time::interval(LOOK);
        loop {
            look.tick().await;
            self.logged.due().into_iter().for_each(log);
            self.noted.due().into_iter().for_each(|sum| note(sum, &app.audit));
        }
    }

    /// Says what is left, at the end.
    pub(super) fn rest(&self, audit: &Audit) {
        self.logged.rest().into_iter().for_each(log);
        self.noted.rest().into_iter().for_each(|sum| note(sum, audit));
    }
}

fn log(Summed { last: (why, last), count, .. }: Summed<(&'static str, String)>) {
    tracing::warn!(count, last, "refused: {why}");
}

/// Who accepts does not wait for the audit: where it has no room it says how many events it lost.
fn note(Summed { last, count, .. }: Summed<SocketAddr>, audit: &Audit) {
    let event = Event::note("admission").with("refused", count);
    audit.finish_now(Event { source: Some(last.to_string()), ..event });
}
