//! What a session channel needs of the house besides commands: its place in the audit, and what a
//! prompt shows.

use crate::app::App;
use crate::app::ctx::Visitor;
use crate::app::error::{Error, Result};
use crate::audit::{Event, Outcome, Phase};
use puerta_policy::model::{Actor, Vm};

/// What a prompt knows of the person.
pub struct Facts {
    /// Them, as policy sees them.
    pub actor: Actor,
    /// Their machines.
    pub vms: Vec<Vm>,
}

impl App {
    /// Who they are now, and what they have.
    pub async fn facts(&self, visitor: &Visitor) -> Result<Facts> {
        let actor = self.store.actor(visitor.person).await?.ok_or_else(Error::denied)?;
        let vms = self.store.vms_of(&actor.seats).await?;
        Ok(Facts { actor, vms })
    }

    /// A session channel began to do something: `exec`, `shell` or `pipe`.
    pub async fn session_begins(&self, visitor: &Visitor, kind: &'static str) -> Result<Event> {
        let event = visitor.event(Phase::Begin, "session").with("kind", kind);
        self.audit.begin(event.clone()).await?;
        Ok(event)
    }

    /// It ended, with this exit status.
    pub async fn session_ends(&self, begun: Event, status: u32) {
        let finish = Event { phase: Phase::Finish, outcome: Some(Outcome::Done), ..begun };
        self.audit.finish(finish.with("status", status)).await;
    }
}
