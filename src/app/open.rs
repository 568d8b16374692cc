//! Something that is open: its place in the register, its two lines in the audit, and whether it may
//! still be. What it is, and who may have it, is its use's to know.

use crate::app::App;
use crate::app::ctx::Visitor;
use crate::app::error::Result;
use crate::app::presence::OpenChannel;
use puerta_audit::{Event, Outcome, Phase};
use puerta_lab::model::{Actor, Phase as VmPhase, Vm};
use serde_json::Value;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Seconds, to the millisecond.
pub(super) fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1000.0).round() / 1000.0
}

/// What may be open only as long as policy and the registry say so.
pub trait Subject: Send + Sync {
    /// Whether it may still be, now.
    fn holds(&self, app: &App, visitor: &Visitor) -> impl Future<Output = bool> + Send;
}

/// Whether something may still be.
#[derive(Debug, Clone)]
pub struct Standing<S> {
    subject: S,
    changes: watch::Receiver<u64>,
}

impl<S> Standing<S> {
    /// `changes` are from before it was judged, so that none is missed.
    pub(super) fn new(subject: S, changes: watch::Receiver<u64>) -> Self {
        Self { subject, changes }
    }

    /// What is judged.
    pub fn subject(&self) -> &S {
        &self.subject
    }
}

impl<S: Subject> Standing<S> {
    /// Permission is for now: waits until it may no longer be.
    pub async fn revoked(&mut self, app: &App, visitor: &Visitor) {
        // The sender lives as long as we do.
        while self.changes.changed().await.is_ok() && self.subject.holds(app, visitor).await {}
    }
}

/// Something that is open, from the audit's begin to its finish.
pub struct Open<S> {
    /// Its place in the register, when it has one of its own.
    place: Option<OpenChannel>,
    event: Event,
    begun: Instant,
    /// Whether it may still be.
    pub standing: Standing<S>,
}

impl<S> Open<S> {
    /// Writes the begin, which may veto. `event` is what both lines say.
    pub(super) async fn begin(
        app: &App,
        event: Event,
        place: Option<OpenChannel>,
        standing: Standing<S>,
    ) -> Result<Self> {
        let begin = Event { phase: Phase::Begin, outcome: Some(Outcome::Allowed), ..event.clone() };
        app.audit.begin(begin).await?;
        Ok(Self { place, event, begun: Instant::now(), standing })
    }

    /// What is judged.
    pub fn subject(&self) -> &S {
        self.standing.subject()
    }

    /// It did not come about.
    pub(super) async fn failed(self, app: &App, why: &str) {
        let outcome = Some(Outcome::Failed(why.to_owned()));
        app.audit.finish(Event { phase: Phase::Finish, outcome, ..self.event }).await;
    }

    /// Writes the end: how it came out, what went through, how long it took, and what else there is.
    pub(super) async fn finish(self, app: &App, outcome: Outcome, more: Option<(&'static str, Value)>) {
        let Self { place, event, begun, .. } = self;
        let mut event = Event { phase: Phase::Finish, outcome: Some(outcome), ..event };
        if let Some(place) = &place {
            let (up, down) = place.traffic().read();
            event = event.with("bytes_up", up).with("bytes_down", down);
        }
        event = event.with("seconds", seconds(begun.elapsed()));
        if let Some((name, value)) = more {
            event = event.with(name, value);
        }
        app.audit.finish(event).await;
        // Its place is free once its end is written.
        drop(place);
    }
}

/// Both as they are now, while the machine is still the same one and is not being removed. A store
/// that does not answer ends what is open in a machine.
pub(super) async fn still_there(app: &App, visitor: &Visitor, vm: &Vm) -> Option<(Actor, Vm)> {
    let actor = app.store.actor(visitor.person).await.ok()??;
    let now = app.store.vm(vm.id).await.ok()??;
    (now.vmid == vm.vmid && now.phase != VmPhase::Deleting).then_some((actor, now))
}
