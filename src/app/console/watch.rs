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
use crate::audit::{self, Event, Phase};
use puerta_policy::action::Action;
use puerta_policy::decide::Decision;
use puerta_policy::model::{Person, PersonId};
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
    pub standing: WatchStanding,
}

/// Whether somebody may still look on.
pub struct WatchStanding {
    person: PersonId,
    changes: changes::Receiver<u64>,
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
    let person = ctx.permit(Action::SessionWatch, person, Some(&screen.vm), absent()).await?.into_target();
    let unannounced = ctx.decide(Action::SessionWatchUnannounced, person.clone());
    let announced = matches!(unannounced, Decision::Deny(_));
    let mut event = ctx.visitor.event(Phase::Note, "session.watch").with("console", id.to_string());
    event = event.with("person", person.login.to_string()).with("announced", announced);
    event.vm = Some(screen.vm.clone());
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
        standing: WatchStanding { person: person.id, changes },
    })))
}

impl App {
    /// Waits until somebody who looks on may do so no longer.
    pub async fn watch_revoked(&self, visitor: &Visitor, standing: &mut WatchStanding) {
        while standing.changes.changed().await.is_ok() && self.may_watch(visitor, standing.person).await {}
    }

    async fn may_watch(&self, visitor: &Visitor, person: PersonId) -> bool {
        let (Ok(Some(actor)), Ok(Some(person))) =
            (self.store.actor(visitor.person).await, self.store.person(person).await)
        else {
            return false;
        };
        let judged = self.policy().decide::<Person>(&actor, Action::SessionWatch, person, visitor.context());
        matches!(judged, Decision::Allow(_))
    }

    /// Writes the end of it.
    pub async fn close_watch(&self, watching: Watching) {
        let finish =
            Event { phase: Phase::Finish, outcome: Some(audit::Outcome::Done), ..watching.event.clone() };
        self.audit.finish(finish.with("seconds", seconds(watching.begun.elapsed()))).await;
    }
}
