//! `vm console`: a terminal in a machine through the engine. It is judged, written down, recorded
//! where that is asked for, and judged again while it is open. How a client's terminal is driven is
//! the gateway's to know.

mod cast;
mod decoder;
mod play;
mod record;
mod screen;
mod watch;

pub use cast::Event as CastEvent;
pub use play::{Cast, Playing};
pub use puerta_engine::{Ended, Size, Terminal, TerminalWord};
pub use screen::{Announcement, Frame, Screen};
pub use watch::{Looking, Watching};

pub(super) use play::{play, recordings};
pub(super) use watch::watch;

use crate::app::ctx::{Ctx, Visitor};
use crate::app::error::{Error, Kind, Result};
use crate::app::forward::seconds;
use crate::app::presence::{OpenChannel, What};
use crate::app::session::SessionId;
use crate::app::{App, Outcome, find, jobs};
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
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch as changes};

/// How long a machine may take to be stopped once its programs are dead, and between two looks.
const STOPPING: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_millis(100);

/// A console that was judged and not opened yet.
pub struct Entry {
    permit: Permit<Vm>,
    record: bool,
    /// From before it was judged, so that no change is missed.
    changes: changes::Receiver<u64>,
}

/// A console that is open.
pub struct Console {
    /// Its id: in `session list`, in the audit, of its recording.
    pub id: SessionId,
    /// What others see of it.
    pub screen: Arc<Screen>,
    open: OpenChannel,
    decoder: Decoder,
    recorder: Option<Recorder>,
    event: Event,
    begun: Instant,
}

/// Whether a console may still be.
pub struct Standing {
    vm: Vm,
    changes: changes::Receiver<u64>,
}

/// Everything that belongs to an open console, in the pieces that whoever drives it waits for.
pub struct Opened {
    /// The console.
    pub console: Console,
    /// The machine's terminal.
    pub terminal: Terminal,
    /// What its person is told.
    pub told: mpsc::Receiver<Announcement>,
    /// Whether it may still be.
    pub standing: Standing,
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
    Ok(Outcome::Console(Box::new(Entry { permit, record, changes })))
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
        let Entry { permit, record, changes } = entry;
        let (machine, term) = (permit.target(), plain(term));
        let subject = find::subject(machine);
        let (screen, told) = Screen::new(&subject, record, size);
        let open = self.presence.open(visitor, What::Console(Arc::clone(&screen)))?;
        let id = SessionId::of_channel(&visitor.connection, open.number());
        let mut event = visitor.event(Phase::Note, "console").with("console", id.to_string());
        event = event.with("recorded", record);
        event.action = Some(Action::VmConsole.as_str());
        event.policies = permit.policies().to_vec();
        event.vm = Some(subject.clone());
        let begin = Event { phase: Phase::Begin, outcome: Some(audit::Outcome::Allowed), ..event.clone() };
        self.audit.begin(begin).await?;
        let begun = Instant::now();
        let opened = async {
            let recorder = match record {
                true => Some(Recorder::begin(self, visitor, &id, &subject, term, size).await?),
                false => None,
            };
            let terminal = match self.engine.console(&permit, term, size).await {
                // It was stopped in this very moment.
                Err(EngineError::Refused(_) | EngineError::NotFound) => {
                    Err(Error::new(Kind::Unavailable, "error-console-away").with("vm", &machine.name))
                }
                terminal => Ok(terminal?),
            };
            match (terminal, recorder) {
                (Ok(terminal), recorder) => Ok((terminal, recorder)),
                (Err(error), recorder) => {
                    if let Some(recorder) = recorder {
                        recorder.end(self, None).await;
                    }
                    Err(error)
                }
            }
        };
        let (terminal, recorder) = match opened.await {
            Ok(opened) => opened,
            Err(error) => {
                let failed = audit::Outcome::Failed(error.id.to_owned());
                self.audit.finish(Event { phase: Phase::Finish, outcome: Some(failed), ..event }).await;
                return Err(error);
            }
        };
        let standing = Standing { vm: permit.into_target(), changes };
        let decoder = Decoder::default();
        let console = Console { id, screen, open, decoder, recorder, event, begun };
        Ok(Opened { console, terminal, told, standing })
    }

    /// Permission is for now: waits until the console's machine is another, is being removed, or may
    /// no longer be entered.
    pub async fn console_revoked(&self, visitor: &Visitor, standing: &mut Standing) {
        // The sender lives as long as we do.
        while standing.changes.changed().await.is_ok() && self.may_enter(visitor, &standing.vm).await {}
    }

    async fn may_enter(&self, visitor: &Visitor, vm: &Vm) -> bool {
        let (Ok(Some(actor)), Ok(Some(now))) =
            (self.store.actor(visitor.person).await, self.store.vm(vm.id).await)
        else {
            return false;
        };
        if now.vmid != vm.vmid || now.phase == puerta_lab::model::Phase::Deleting {
            return false;
        }
        let judged = self.policy().decide(&actor, Action::VmConsole, now, visitor.context());
        matches!(judged, Decision::Allow(_))
    }

    /// Why a terminal ended of which nobody knows the status.
    pub async fn console_lost(&self, visitor: &Visitor, standing: &Standing) -> Error {
        if !self.may_enter(visitor, &standing.vm).await {
            return Error::new(Kind::Denied, "error-console-cut");
        }
        if let Ok(Some(job)) = self.store.running_job_of(standing.vm.id).await
            && jobs::comes_back(&job)
        {
            // It comes back by itself.
            return jobs::busy(&job);
        }
        match self.instance(&standing.vm).await {
            Ok(found) => {
                let down = self.not_running(found.as_ref(), &standing.vm);
                let lost =
                    || Error::new(Kind::Unavailable, "error-console-lost").with("vm", &standing.vm.name);
                down.unwrap_or_else(lost)
            }
            Err(error) => error.into(),
        }
    }

    /// Whether a shell that was killed was so together with its machine: then that is what its person
    /// wants to know. An engine says a little later that a machine is stopped than its programs are dead.
    pub async fn console_killed(&self, visitor: &Visitor, standing: &Standing) -> Option<Error> {
        for _ in 0..STOPPING.as_millis() / LOOK.as_millis() {
            let found = self.engine.find(standing.vm.vmid, Which::Main).await.ok()?;
            if found.is_none_or(|found| found.status != Status::Running) {
                return Some(self.console_lost(visitor, standing).await);
            }
            tokio::time::sleep(LOOK).await;
        }
        None
    }

    /// Writes the end of a console: the shell's status, or why there is none.
    pub async fn close_console(&self, console: Console, end: std::result::Result<i32, &str>) {
        let Console { open, recorder, event, begun, .. } = console;
        let mut event = Event { phase: Phase::Finish, ..event };
        event.outcome = Some(match end {
            Ok(_) | Err("left") => audit::Outcome::Done,
            Err(reason) => audit::Outcome::Failed(reason.to_owned()),
        });
        let (up, down) = open.traffic().read();
        event.detail.insert("bytes_up".into(), up.into());
        event.detail.insert("bytes_down".into(), down.into());
        event.detail.insert("seconds".into(), seconds(begun.elapsed()).into());
        if let Ok(status) = end {
            event.detail.insert("status".into(), status.into());
        }
        if let Some(recorder) = recorder {
            recorder.end(self, end.ok()).await;
        }
        self.audit.finish(event).await;
    }
}

impl Console {
    /// The machine said this: counted, recorded, and passed to whoever looks on, before the person
    /// sees it. An error ends the console: what is to be recorded is not done unrecorded.
    pub async fn shown(&mut self, bytes: &[u8]) -> Result<()> {
        self.open.traffic().down.fetch_add(bytes.len() as u64, Ordering::Relaxed);
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
        self.open.traffic().up.fetch_add(bytes as u64, Ordering::Relaxed);
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
