//! `vm console`: a terminal in a machine through the engine. It is judged, written down, recorded
//! where that is asked for, and judged again while it is open. How a client's terminal is driven is
//! the session's to know.

mod cast;
mod decoder;
mod play;
mod record;
mod watch;

pub use crate::app::presence::{Announcement, Frame, Screen};
pub use cast::Event as CastEvent;
pub use play::{Cast, Playing};
pub use puerta_engine::{Ended, Size, Terminal, TerminalWord};
pub use watch::{Looking, Watching};

pub(super) use play::{play, recordings};
pub(super) use watch::watch;

use crate::app::ctx::{Ctx, Visitor};
use crate::app::ending::Reason;
use crate::app::error::{Error, Kind, Result};
use crate::app::open::{Open, Standing, Subject, still_there};
use crate::app::presence::{Channel, SessionId, What};
use crate::app::{App, Outcome, find, jobs, span};
use decoder::Decoder;
use puerta_audit::{self as audit, Event, Phase};
use puerta_engine::{EngineError, Status, Which};
use puerta_lab::action::Action;
use puerta_lab::model::Vm;
use puerta_lab::names::VmRef;
use puerta_policy::decide::{Decision, Permit};
use record::Recorder;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::{mpsc, watch as changes};
use tracing::Instrument;

/// How long a machine may take to be stopped once its programs are dead, and between two looks.
const STOPPING: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_millis(100);

/// A console that was judged and not opened yet.
pub struct Entry {
    permit: Permit<Vm>,
    record: bool,
    /// What its lines in the audit say, of the act of the command.
    line: Event,
    /// From before it was judged, so that no change is missed.
    changes: changes::Receiver<u64>,
}

/// A console that is open.
pub struct Console {
    /// Its id: in `session list`, in the audit, of its recording.
    pub id: SessionId,
    /// What others see of it.
    pub screen: Arc<Screen>,
    open: Open<Inside>,
    /// Where its bytes are counted.
    channel: Arc<Channel>,
    decoder: Decoder,
    recorder: Option<Recorder>,
}

/// A machine that somebody is in.
#[derive(Clone)]
pub struct Inside(Vm);

/// How a console ended.
#[derive(Debug)]
pub enum End {
    /// The shell did, with this status.
    Status(i32),
    /// This was in the way.
    Failed(Error),
    /// Something else ended it: the person, the connection, nobody knows what.
    Because(Reason),
}

/// Everything that belongs to an open console, in the pieces that whoever drives it waits for.
pub struct Opened {
    /// The console.
    pub console: Console,
    /// The machine's terminal.
    pub terminal: Terminal,
    /// What its person is told.
    pub told: mpsc::Receiver<Announcement>,
}

/// Judges a console. The terminal is asked for by whoever has one.
pub(super) async fn enter(ctx: &Ctx<'_>, wanted: &VmRef) -> Result<Outcome> {
    let changes = ctx.app.changes();
    let permit = find::permit(ctx, wanted, Action::VmConsole).await?;
    let machine = permit.target();
    let found = ctx.app.instance(machine).await?;
    if let Some(error) = ctx.app.not_running(found.as_ref(), machine) {
        return Err(error);
    }
    let wished = ctx.decide(Action::VmConsoleRecord, machine.clone());
    let record = ctx.app.config.console.record || matches!(wished, Decision::Allow(_));
    Ok(Outcome::Console(Box::new(Entry { permit, record, line: ctx.line(Phase::Note, "console"), changes })))
}

/// A `TERM` that may go into a machine's environment: a plain word.
fn plain(term: &str) -> Option<&str> {
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || b".+-".contains(&byte);
    ((1..=32).contains(&term.len()) && term.bytes().all(letters)).then_some(term)
}

impl Entry {
    /// Whether it will be recorded: the person is told before the first byte.
    pub fn is_recorded(&self) -> bool {
        self.record
    }

    /// The machine's name.
    pub fn vm(&self) -> &str {
        self.permit.target().name.as_str()
    }
}

/// Why a machine gave no shell, when it is its own doing.
pub fn spoiled(error: EngineError) -> Option<Error> {
    match error {
        EngineError::Spoiled(spoiled) => Some(spoiled.into()),
        _ => None,
    }
}

impl App {
    /// Opens a judged console for a client's terminal. What cannot be written down or recorded as it
    /// should be is not opened.
    pub async fn open_console(
        &self,
        visitor: &Visitor,
        entry: Entry,
        term: &str,
        size: Size,
    ) -> Result<Opened> {
        self.opened_console(visitor, entry, term, size)
            .instrument(span::of(visitor.login.as_str(), &visitor.connection))
            .await
    }

    async fn opened_console(
        &self,
        visitor: &Visitor,
        entry: Entry,
        term: &str,
        size: Size,
    ) -> Result<Opened> {
        let Entry { permit, record, line, changes } = entry;
        let (machine, term) = (permit.target(), plain(term));
        let subject = find::subject(machine);
        span::about(&subject);
        let (screen, told) = Screen::new(&subject, record, size);
        let place = self.presence.open(visitor, What::Console(Arc::clone(&screen)))?;
        let (id, channel) = (SessionId::of_channel(&visitor.connection, place.number()), place.channel());
        let mut event = line.with("console", id.to_string());
        event = event.with("recorded", record);
        event.action = Some(Action::VmConsole.as_str());
        event.policies = permit.policies().to_vec();
        event.vm = Some(subject.clone());
        let standing = Standing::new(Inside(machine.clone()), changes);
        let open = Open::begin(self, event, Some(place), standing).await?;
        let recorder = match record {
            true => Recorder::begin(self, visitor, &id, &subject, term, size).await.map(Some),
            false => Ok(None),
        };
        let joined = match recorder {
            Ok(recorder) => self.terminal(&permit, term, size, recorder).await,
            Err(error) => Err(error),
        };
        match joined {
            Ok((terminal, recorder)) => {
                let decoder = Decoder::default();
                let console = Console { id, screen, open, channel, decoder, recorder };
                Ok(Opened { console, terminal, told })
            }
            Err(error) => {
                open.failed(self, error.id).await;
                Err(error)
            }
        }
    }

    /// The machine's terminal. Without one there is nothing to record.
    async fn terminal(
        &self,
        permit: &Permit<Vm>,
        term: Option<&str>,
        size: Size,
        recorder: Option<Recorder>,
    ) -> Result<(Terminal, Option<Recorder>)> {
        let error = match self.engine.console(permit, term, size).await {
            Ok(terminal) => return Ok((terminal, recorder)),
            // It was stopped in this very moment.
            Err(EngineError::Refused(_) | EngineError::NotFound) => {
                Error::new(Kind::Unavailable, "error-console-away").with("vm", &permit.target().name)
            }
            Err(error) => error.into(),
        };
        if let Some(recorder) = recorder {
            recorder.end(self, None).await;
        }
        Err(error)
    }

    /// An error of a console says whose machine it is about, where that is what it is about.
    pub async fn about_console(&self, console: &Console, error: Error) -> Error {
        self.about(error, &console.open.subject().0).await
    }

    /// Why a terminal ended of which nobody knows the status.
    pub async fn console_lost(&self, visitor: &Visitor, console: &Console) -> Error {
        let inside = console.open.subject();
        if !inside.holds(self, visitor).await {
            return Error::new(Kind::Denied, "error-console-cut");
        }
        if let Ok(Some(job)) = self.store.running_job_of(inside.0.id).await
            && jobs::comes_back(&job)
        {
            // It comes back by itself.
            return jobs::busy(&job);
        }
        match self.instance(&inside.0).await {
            Ok(found) => {
                let down = self.not_running(found.as_ref(), &inside.0);
                let lost = || Error::new(Kind::Unavailable, "error-console-lost").with("vm", &inside.0.name);
                down.unwrap_or_else(lost)
            }
            Err(error) => error.into(),
        }
    }

    /// Whether a shell that was killed was so together with its machine: then that is what its person
    /// wants to know. An engine says a little later that a machine is stopped than its programs are dead.
    pub async fn console_killed(&self, visitor: &Visitor, console: &Console) -> Option<Error> {
        for _ in 0..STOPPING.as_millis() / LOOK.as_millis() {
            let found = self.engine.find(console.open.subject().0.vmid, Which::Main).await.ok()?;
            if found.is_none_or(|found| found.status != Status::Running) {
                return Some(self.console_lost(visitor, console).await);
            }
            tokio::time::sleep(LOOK).await;
        }
        None
    }

    /// Writes the end of a console: the shell's status, or why there is none.
    pub async fn close_console(&self, console: Console, end: &End) {
        let (outcome, status) = match end {
            End::Status(status) => (audit::Outcome::Done, Some(*status)),
            End::Because(Reason::Left) => (audit::Outcome::Done, None),
            End::Because(reason) => (audit::Outcome::Failed(reason.as_str().to_owned()), None),
            End::Failed(error) => (audit::Outcome::Failed(error.id.to_owned()), None),
        };
        if let Some(recorder) = console.recorder {
            recorder.end(self, status).await;
        }
        console.open.finish(self, outcome, status.map(|status| ("status", status.into()))).await;
    }
}

impl Subject for Inside {
    async fn holds(&self, app: &App, visitor: &Visitor) -> bool {
        let Some((actor, now)) = still_there(app, visitor, &self.0).await else { return false };
        let judged = app.policy().decide(&actor, Action::VmConsole, now, visitor.context());
        matches!(judged, Decision::Allow(_))
    }
}

impl Console {
    /// Whether it may still be.
    pub fn standing(&self) -> Standing<Inside> {
        self.open.standing.clone()
    }

    /// The machine said this: counted, recorded, and passed to whoever looks on, before the person
    /// sees it. An error ends the console: what is to be recorded is not done unrecorded.
    pub async fn shown(&mut self, bytes: &[u8]) -> Result<()> {
        self.channel.traffic.down.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        if self.recorder.is_none() && !self.screen.is_watched() {
            self.decoder = Decoder::default();
            return Ok(());
        }
        let text = self.decoder.text(bytes);
        if let Some(recorder) = &mut self.recorder {
            recorder.output(&text).await?;
        }
        self.screen.show(&text);
        Ok(())
    }

    /// The window has another size.
    pub async fn resized(&mut self, size: Size) -> Result<()> {
        self.screen.resize(size);
        match &mut self.recorder {
            Some(recorder) => recorder.resized(size).await,
            None => Ok(()),
        }
    }

    /// The person typed so many bytes.
    pub fn typed(&self, bytes: usize) {
        self.channel.traffic.up.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_word_is_a_terminal() {
        for good in ["xterm", "xterm-256color", "rxvt-unicode+x", "st-0.8.2"] {
            assert_eq!(plain(good), Some(good));
        }
        for bad in ["", "x term", "xterm\n", "$(id)", "a/b", &"x".repeat(33), "é"] {
            assert_eq!(plain(bad), None, "{bad}");
        }
    }
}
