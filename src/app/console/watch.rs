//! Looking on at a console while it runs: who may, and what they get. The person at the console is
//! told, unless policy allows that they are not.

use super::Size;
use crate::app::ctx::{Ctx, Visitor};
use crate::app::error::{Error, Kind, Result};
use crate::app::find::Named;
use crate::app::open::{Open, Standing, Subject};
use crate::app::presence::What;
use crate::app::presence::{Announcement, Frame, Screen, SessionId};
use crate::app::{App, Outcome};
use puerta_audit::{self as audit, Phase};
use puerta_lab::action::Action;
use puerta_lab::model::{Person, PersonId};
use puerta_policy::decide::Decision;
use std::sync::Arc;
use tokio::sync::{broadcast, mpsc};

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
    /// From the moment they began to look.
    pub open: Open<Looking>,
    announced: Option<Announced>,
}

/// The person was told that somebody looks on, and will be told that they do not any more.
struct Announced {
    by: String,
    told: mpsc::Sender<Announcement>,
}

/// What a person's console shows, or showed, to somebody else.
pub struct Looking {
    action: Action,
    person: Person,
}

impl Looking {
    pub(super) fn new(action: Action, person: Person) -> Self {
        Self { action, person }
    }
}

impl Subject for Looking {
    async fn holds(&self, app: &App, visitor: &Visitor) -> bool {
        let (Ok(Some(actor)), Ok(now)) =
            (app.store.actor(visitor.person).await, app.store.person(self.person.id).await)
        else {
            return false;
        };
        // A person who is gone counts as they were.
        let person = now.unwrap_or_else(|| self.person.clone());
        let judged = app.policy().decide::<Person>(&actor, self.action, person, visitor.context());
        matches!(judged, Decision::Allow(_))
    }
}

impl Announced {
    /// Who cannot be told is not watched: their terminal stands still, and so does what it shows.
    fn tell(by: String, told: mpsc::Sender<Announcement>) -> Option<Self> {
        told.try_send(Announcement::Watched(by.clone())).is_ok().then_some(Self { by, told })
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        // The console may have ended first.
        let _ = self.told.try_send(Announcement::Left(self.by.clone()));
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
    let console = find(app, id);
    let person = console.as_ref().map_or(PersonId(0), |(_, person, _)| *person);
    let found = app.store.person(person).await?;
    let named = Named {
        subject: found.as_ref().map(|person| person.login.to_string()),
        found,
        nobodys: Person::nobody(ctx.visitor.login.clone()),
        absent: absent(),
        unseen: absent(),
    };
    let person = named.seen(ctx, Action::SessionWatch, Action::SessionWatch).await?;
    let (screen, _, id) = console.ok_or_else(absent)?;
    let unannounced = ctx.decide(Action::SessionWatchUnannounced, person.clone());
    let announced = matches!(unannounced, Decision::Deny(_));
    // A line about their machine is one that the person reads (`audit mine`): that would announce it.
    let subject = announced.then_some(&*screen.vm);
    let person = ctx.permit(Action::SessionWatch, person, subject, absent()).await?.into_target();
    let mut event = ctx.line(Phase::Note, "session.watch").with("console", id.to_string());
    event = event.with("person", person.login.to_string()).with("announced", announced);
    event.vm = subject.map(str::to_owned);
    let event = event.with("machine", screen.vm.clone());
    let login = person.login.to_string();
    let standing = Standing::new(Looking::new(Action::SessionWatch, person), changes);
    let open = Open::begin(app, event, None, standing).await?;
    let announced = match announced {
        true => Some(Announced::tell(ctx.visitor.login.to_string(), screen.teller()).ok_or_else(absent)?),
        false => None,
    };
    let (vm, size, frames) = (screen.vm.clone(), screen.size(), screen.frames());
    Ok(Outcome::Watch(Box::new(Watching { vm, login, size, frames, open, announced })))
}

impl App {
    /// Writes the end of it.
    pub async fn close_watch(&self, watching: Watching) {
        let Watching { open, announced, .. } = watching;
        open.finish(self, audit::Outcome::Done, None).await;
        drop(announced);
    }
}
