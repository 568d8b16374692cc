//! What a session channel needs of the house besides commands: its place in the audit and in the
//! register, and what a prompt shows. The commands about sessions are in here too.

mod commands;

pub(super) use commands::{message, run};

use crate::app::ctx::Visitor;
use crate::app::error::{Error, Result};
use crate::app::presence::{Channel, Notices, OpenChannel, What};
use crate::app::{App, find};
use puerta_audit::{Event, Outcome, Phase};
use puerta_lab::action::Action;
use puerta_lab::model::{Actor, Vm};
use std::sync::Arc;

/// A session channel that began.
pub struct Begun {
    event: Event,
    open: OpenChannel,
}

impl Begun {
    /// Its place in the register, where its bytes are counted.
    pub fn channel(&self) -> Arc<Channel> {
        self.open.channel()
    }

    /// Where a shell hears its notices; to be taken once.
    pub fn notices(&mut self) -> Option<Notices> {
        self.open.notices()
    }
}

/// What a prompt knows of the person.
pub struct Facts {
    /// Them, as policy sees them.
    pub actor: Actor,
    /// Their machines, those that they may see now.
    pub vms: Vec<Vm>,
}

impl Facts {
    /// How they say their machines.
    pub fn said(&self) -> Vec<String> {
        self.vms.iter().map(|vm| find::said(&self.actor, &self.vms, vm)).collect()
    }
}

impl App {
    /// Who they are now, and what they have.
    pub async fn facts(&self, visitor: &Visitor) -> Result<Facts> {
        let actor = self.store.actor(visitor.person).await?.ok_or_else(Error::denied)?;
        let mut vms = self.store.vms_of(&actor.seats).await?;
        let (policy, context) = (self.policy(), visitor.context());
        vms.retain(|vm| policy.explain(&actor, Action::VmView, vm, context).is_ok());
        Ok(Facts { actor, vms })
    }

    /// A session channel began to do something.
    pub async fn session_begins(&self, visitor: &Visitor, what: What) -> Result<Begun> {
        let kind = match what {
            What::Shell => "shell",
            What::Pipe => "pipe",
            _ => "exec",
        };
        let open = self.presence.open(visitor, what)?;
        let event = visitor.event(Phase::Begin, "session").with("kind", kind);
        self.audit.begin(event.clone()).await?;
        Ok(Begun { event, open })
    }

    /// It ended, with this exit status.
    pub async fn session_ends(&self, begun: Begun, status: u32) {
        let finish = Event { phase: Phase::Finish, outcome: Some(Outcome::Done), ..begun.event };
        self.audit.finish(finish.with("status", status)).await;
    }
}
