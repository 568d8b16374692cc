//! Reading a recording: who may, and its events one after another.

use super::Size;
use super::cast::{self, Event};
use super::watch::Looking;
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::find::{self, Named};
use crate::app::open::Standing;
use crate::app::presence::SessionId;
use crate::app::reply::{RecordingView, Reply, SessionReply};
use crate::app::{Outcome, clock};
use puerta_audit::{Event as Line, Phase};
use puerta_lab::action::Action;
use puerta_lab::model::{Person, PersonId};
use puerta_lab::names::CampusName;
use puerta_policy::decide::Decision;
use puerta_store::Recording;
use std::time::Duration;
use tokio::fs::File;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Take};

/// The longest line that is read; ours are far shorter.
const LINE: u64 = 4 << 20;
/// The newest recordings that are listed.
const LISTED: u32 = 1000;

/// A recording that may be played, at its beginning.
pub struct Playing {
    /// The console's id.
    pub id: String,
    /// In which machine it was.
    pub vm: String,
    /// Whose it was.
    pub login: String,
    /// Per cent of its own speed.
    pub speed: u32,
    /// Whether it may still be played.
    pub standing: Standing<Looking>,
    /// What it shows.
    pub cast: Cast,
}

/// The file of a recording, read from its beginning.
pub struct Cast(Take<BufReader<File>>);

/// The person of a recording: as they are now, or as they were when they are gone.
async fn whose(ctx: &Ctx<'_>, recording: &Recording) -> Result<Person> {
    let now = ctx.app.store.person(recording.person.id).await?;
    Ok(now.unwrap_or_else(|| recording.person.clone()))
}

/// `session recordings`.
pub(crate) async fn recordings(ctx: &Ctx<'_>, of: Option<&CampusName>) -> Result<Reply> {
    let mut login = of.map(ToString::to_string);
    if let Some(typed) = of {
        match find::permit_person(ctx, typed, Action::SessionPlay).await {
            // A person who is gone is still in it.
            Err(gone) if gone.kind == Kind::NotFound => {}
            judged => login = Some(judged?.into_target().login.to_string()),
        }
    }
    let mut views = Vec::new();
    for recording in ctx.app.store.recordings(LISTED).await? {
        let wanted = login.as_ref().is_none_or(|login| recording.person.login.as_str() == login);
        if wanted && let Decision::Allow(_) = ctx.decide(Action::SessionPlay, whose(ctx, &recording).await?) {
            views.push(view(recording));
        }
    }
    Ok(Reply::Session(SessionReply::Recordings(views)))
}

fn view(recording: Recording) -> RecordingView {
    RecordingView {
        id: recording.id,
        login: recording.person.login.to_string(),
        vm: recording.vm,
        started: clock::rfc3339(recording.started),
        finished: recording.finished.map(clock::rfc3339),
        size: recording.bytes,
    }
}

/// `session play`: judged, written down, opened.
pub(crate) async fn play(ctx: &Ctx<'_>, id: &SessionId, speed: u32) -> Result<Outcome> {
    let changes = ctx.app.changes();
    let absent = || Error::new(Kind::NotFound, "error-no-recording").with("session", id);
    let name = id.to_string();
    let recording = ctx.app.store.recording(&name).await?;
    let person = recording.as_ref().map_or(PersonId(0), |recording| recording.person.id);
    let now = ctx.app.store.person(person).await?;
    let named = Named {
        // As they are now, or as they were when they are gone.
        found: now.or_else(|| Some(recording.as_ref()?.person.clone())),
        nobodys: Person::nobody(ctx.visitor.login.clone()),
        subject: recording.as_ref().map(|recording| recording.vm.clone()),
        absent: absent(),
        unseen: absent(),
    };
    let owner = named.permit(ctx, Action::SessionPlay, Action::SessionPlay).await?.into_target();
    let recording = recording.ok_or_else(absent)?;
    let file = File::open(ctx.app.recording_file(&name)).await.map_err(|error| {
        tracing::error!(%error, id = name, "a recording cannot be read");
        absent()
    })?;
    let login = recording.person.login.to_string();
    let line = ctx.line(Phase::Note, "session.play").with("console", name.clone());
    ctx.app
        .audit
        .begin(Line { vm: Some(recording.vm.clone()), ..line }.with("person", login.clone()))
        .await?;
    let cast = Cast(BufReader::new(file).take(LINE));
    let standing = Standing::new(Looking::new(Action::SessionPlay, owner), changes);
    Ok(Outcome::Play(Box::new(Playing { id: name, vm: recording.vm, login, speed, standing, cast })))
}

impl Cast {
    /// Its window; the first thing to read.
    pub async fn size(&mut self) -> Option<Size> {
        cast::read_header(&self.line().await?)
    }

    /// The next event and how long it comes after the one before; `None` at the end, also of a
    /// recording that was cut.
    pub async fn next(&mut self) -> Option<(Duration, Event)> {
        cast::read(&self.line().await?)
    }

    async fn line(&mut self) -> Option<String> {
        self.0.set_limit(LINE);
        let mut line = String::new();
        let read = self.0.read_line(&mut line).await;
        (read.ok()? > 0).then_some(line)
    }

    /// The next bytes of the file as it is.
    pub async fn bytes(&mut self) -> Option<Vec<u8>> {
        const PIECE: u64 = 32 * 1024;
        self.0.set_limit(PIECE);
        let mut bytes = Vec::new();
        let read = self.0.read_to_end(&mut bytes).await;
        (read.ok()? > 0).then_some(bytes)
    }
}
