//! Looking on at a console while it runs: who may, and what they get. The person at the console is
//! told, unless policy allows that they are not.

use super::Size;
use super::screen::{Announcement, Frame, Screen};
use crate::app::ctx::{Ctx, Visitor};
use crate::app::error::{Error, Kind, Result};
use crate::app::forward::seconds;
use crate::app::presence::What;
use crate::app::session::SessionId;
use crate::app::{App, Outcome};
use puerta_audit::{self as audit, Event, Phase};
use puerta_lab::action::Action;
use puerta_lab::model::{Person, PersonId};
use puerta_policy::decide::Decision;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{broadcast, mpsc, watch as changes};

/// Somebody who looks on.
pub struct Watching {
    /// The machine.
    pub vm: String,
    /// Whose console it is.
    pub login: String,
    /// Its window when they came.
    pub size: Size,
    /// What it shows; ended with the console.
    pub frames: broadcast::Receiver<Frame>,
    announced: bool,
    by: String,
    told: mpsc::Sender<Announcement>,
    event: Event,
    begun: Instant,
    /// Whether they still may.
    pub standing: Looking,
}

/// Whether somebody may still see what a person's console shows, or showed.
pub struct Looking {
    action: Action,
    person: Person,
    changes: changes::Receiver<u64>,
}

impl Looking {
    /// `changes` are from before it was judged, so that none is missed.
    pub(super) fn new(action: Action, person: Person, changes: changes::Receiver<u64>) -> Self {
        Self { action, person, changes }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        if self.announced {
            // The console may have ended first.
            let _ = self.told.try_send(Announcement::Left(self.by.clone()));
        }
    }
}

/// The console that is meant: a connection's only one needs no number.
fn find(app: &App, id: &SessionId) -> Option<(Arc<Screen>, PersonId, SessionId)> {
    let connection = app.presence.find(&id.connection)?;
    let channels = connection.channels();
    let mut consoles = channels.iter().filter_map(|channel| match &channel.what {
        What::Console(screen) if id.channel.is_none_or(|number| number == channel.number) => {
            Some((Arc::clone(screen), channel.number))
        }
        _ => None,
    });
    let (screen, number) = consoles.next()?;
    let id = SessionId::of_channel(&id.connection, number);
    consoles.next().is_none().then_some((screen, connection.visitor.person, id))
}

/// `session watch`.
pub(crate) async fn watch(ctx: &Ctx<'_>, id: &SessionId) -> Result<Outcome> {
    let app = ctx.app;
    let changes = app.changes();
    let absent = || Error::new(Kind::NotFound, "error-no-console").with("session", id);
    let (screen, person, id) = find(app, id).ok_or_else(absent)?;
    let person = app.store.person(person).await?.ok_or_else(absent)?;
    let unannounced = ctx.decide(Action::SessionWatchUnannounced, person.clone());
    let announced = matches!(unannounced, Decision::Deny(_));
    // A line about their machine is one that the person reads (`audit mine`): that would announce it.
    let subject = announced.then_some(&*screen.vm);
    let person = ctx.permit(Action::SessionWatch, person, subject, absent()).await?.into_target();
    let mut event = ctx.visitor.event(Phase::Note, "session.watch").with("console", id.to_string());
    event = event.with("person", person.login.to_string()).with("announced", announced);
    event.vm = subject.map(str::to_owned);
    let event = event.with("machine", screen.vm.clone());
    let begin = Event { phase: Phase::Begin, outcome: Some(audit::Outcome::Allowed), ..event.clone() };
    app.audit.begin(begin).await?;
    let (by, told) = (ctx.visitor.login.to_string(), screen.teller());
    // Who cannot be told is not watched: their terminal stands still, and so does what it shows.
    if announced && told.try_send(Announcement::Watched(by.clone())).is_err() {
        return Err(absent());
    }
    let (size, frames) = (screen.size(), screen.frames());
    Ok(Outcome::Watch(Box::new(Watching {
        vm: screen.vm.clone(),
        login: person.login.to_string(),
        size,
        frames,
        announced,
        by,
        told,
        event,
        begun: Instant::now(),
        standing: Looking::new(Action::SessionWatch, person, changes),
    })))
}

impl App {
    /// Permission is for now: waits until somebody may look no longer.
    pub async fn looking_revoked(&self, visitor: &Visitor, looking: &mut Looking) {
        while looking.changes.changed().await.is_ok() && self.may_look(visitor, looking).await {}
    }

    async fn may_look(&self, visitor: &Visitor, looking: &Looking) -> bool {
        let (Ok(Some(actor)), Ok(now)) =
            (self.store.actor(visitor.person).await, self.store.person(looking.person.id).await)
        else {
            return false;
        };
        // A person who is gone counts as they were.
        let person = now.unwrap_or_else(|| looking.person.clone());
        let judged = self.policy().decide::<Person>(&actor, looking.action, person, visitor.context());
        matches!(judged, Decision::Allow(_))
    }

    /// Writes the end of it.
    pub async fn close_watch(&self, watching: Watching) {
        let finish =
            Event { phase: Phase::Finish, outcome: Some(audit::Outcome::Done), ..watching.event.clone() };
        self.audit.finish(finish.with("seconds", seconds(watching.begun.elapsed()))).await;
    }
}
