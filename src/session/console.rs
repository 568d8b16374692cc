//! A console: a client's terminal joined to a machine's. Bytes go both ways as they are; one key
//! leaves. A machine that does not read makes its client wait.

use super::talk::{Ear, Heard, Talk};
use super::wire::{Gone, Input};
use crate::app::console::{
    Announcement, Console, End, Ended, Entry, Inside, Opened, Size, Terminal, TerminalWord, spoiled,
};
use crate::app::ending::{Ending, Reason};
use crate::app::error::{Error, Kind};
use crate::app::open::Standing;
use crate::shell::notice;
use crate::shell::tame::AFTER;
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Leaves, as in telnet and virsh: Ctrl-].
const LEAVE: u8 = 0x1d;
const CTRL_C: &[u8] = b"\x03";
const CTRL_D: &[u8] = b"\x04";
/// What a program that was cut off may have left in the client's terminal beside what [`AFTER`] undoes:
/// keys that say something else, a mouse that types, pasting in brackets.
const KEYS: &str = "\x1b[?1l\x1b>\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1004l\x1b[?1006l\x1b[?2004l";
/// The status of a shell that was killed: 128 and SIGKILL's number.
const KILLED: i32 = 137;
/// Pieces that wait for a machine that does not read; the client is heard again when one is gone.
const WAITING: usize = 1024;
/// How long the status may take once the machine has said everything.
const STATUS: Duration = Duration::from_secs(6);

pub(super) async fn run(talk: &mut Talk, entry: Entry) -> Result<u32, Gone> {
    let app = Arc::clone(&talk.app);
    let Some(tty) = talk.io.tty().cloned() else {
        return talk
            .fail(&Error::new(Kind::Usage, "error-console-terminal").with("vm", entry.vm()), false)
            .await;
    };
    let welcome = notice::console(talk.lang, entry.vm(), entry.is_recorded());
    talk.io.out(&welcome).await?;
    let vm = entry.vm().to_owned();
    let opened = match app.open_console(&talk.visitor, entry, &tty.term, tty.size).await {
        Ok(opened) => opened,
        Err(error) => return talk.fail(&error, false).await,
    };
    let (console, end) = drive(talk, opened).await;
    let end = match end {
        End::Failed(error) => End::Failed(app.about_console(&console, error).await),
        end => end,
    };
    let lost = match end {
        End::Because(Reason::Lost) => Some(app.console_lost(&talk.visitor, &console).await),
        End::Status(KILLED) => app.console_killed(&talk.visitor, &console).await,
        _ => None,
    };
    let end = if lost.is_some() { End::Because(Reason::Lost) } else { end };
    app.close_console(console, &end).await;
    match end {
        End::Status(status) => return Ok(u32::try_from(status).map_or(255, |status| status & 255)),
        End::Because(Reason::Closed) => return Err(Gone),
        _ => talk.io.raw(format!("{KEYS}{AFTER}").into_bytes().into()).await?,
    }
    match (end, lost) {
        (End::Because(Reason::Left), _) => {
            talk.io.out(&notice::console_left(talk.lang, &vm)).await?;
            Ok(0)
        }
        (End::Failed(error), _) | (_, Some(error)) => talk.fail(&error, false).await,
        _ => Ok(255),
    }
}

/// Drives it to its end.
async fn drive(talk: &mut Talk, opened: Opened) -> (Console, End) {
    let Opened { console, terminal, told } = opened;
    let mut drive = Drive::new(talk, console, told);
    let end = drive.run(terminal).await;
    (drive.console, end)
}

/// A console that is being driven.
struct Drive<'a> {
    talk: &'a mut Talk,
    console: Console,
    told: mpsc::Receiver<Announcement>,
    /// What the person typed and the machine has not taken yet.
    typed: VecDeque<TerminalWord>,
    /// The client has ended its input.
    eof: bool,
}

impl<'a> Drive<'a> {
    fn new(talk: &'a mut Talk, console: Console, told: mpsc::Receiver<Announcement>) -> Self {
        Self { talk, console, told, typed: VecDeque::new(), eof: false }
    }

    /// Until either side has had enough. The machine's side goes before anything is said of it: nothing of
    /// it comes behind that.
    async fn run(&mut self, terminal: Terminal) -> End {
        let (app, visitor) = (Arc::clone(&self.talk.app), Arc::clone(&self.talk.visitor));
        let mut standing: Standing<Inside> = self.console.standing();
        let revoked = standing.revoked(&app, &visitor);
        tokio::pin!(revoked);
        let Terminal { input, mut output, mut end } = terminal;
        loop {
            let ear = self.ear();
            let over = tokio::select! {
                said = output.recv() => {
                    let Some(bytes) = said else { return over(&mut end).await };
                    if let Err(error) = self.console.shown(&bytes).await {
                        return End::Failed(error);
                    }
                    // A client that does not read keeps nobody in who may not be.
                    tokio::select! {
                        sent = self.talk.io.raw(bytes) => sent.map_err(|Gone| self.gone()),
                        () = &mut revoked => Err(verdict(&self.talk.ending).await),
                    }
                }
                heard = self.talk.next(ear) => tokio::select! {
                    done = self.hear(heard) => done,
                    () = &mut revoked => Err(verdict(&self.talk.ending).await),
                },
                place = input.reserve(), if !self.typed.is_empty() => {
                    self.give(place.ok());
                    Ok(())
                }
                Some(announcement) = self.told.recv() => tokio::select! {
                    done = self.announce(&announcement) => done,
                    () = &mut revoked => Err(verdict(&self.talk.ending).await),
                },
                () = &mut revoked => Err(verdict(&self.talk.ending).await),
            };
            if let Err(end) = over {
                return end;
            }
        }
    }

    /// After the end of its input only a client's end is of interest.
    fn ear(&self) -> Ear {
        match (self.typed.len() < WAITING, self.eof) {
            (false, _) => Ear::Closed,
            (true, true) => Ear::Disturbance,
            (true, false) => Ear::All,
        }
    }

    /// The client or the house did.
    async fn hear(&mut self, heard: Heard) -> Result<(), End> {
        let bytes = match heard {
            Heard::Input(Input::Bytes(bytes)) if bytes.contains(&LEAVE) => {
                return Err(End::Because(Reason::Left));
            }
            Heard::Input(Input::Bytes(bytes)) => bytes,
            Heard::Input(Input::Interrupt) => Bytes::from_static(CTRL_C),
            Heard::Input(Input::Eof) => {
                self.eof = true;
                Bytes::from_static(CTRL_D)
            }
            Heard::Input(Input::Resize(size)) => return self.resize(size).await,
            Heard::Input(Input::Closed) => return Err(self.gone()),
            Heard::Notice(notice) => return self.talk.tell(&notice).await.map_err(|Gone| self.gone()),
            Heard::Ending(reason) => return Err(End::Because(reason)),
        };
        self.typed.push_back(TerminalWord::Bytes(bytes));
        Ok(())
    }

    async fn resize(&mut self, size: Size) -> Result<(), End> {
        self.talk.io.resized(size);
        self.typed.push_back(TerminalWord::Resize(size));
        self.console.resized(size).await.map_err(End::Failed)
    }

    /// The machine has a place for what was typed.
    fn give(&mut self, place: Option<mpsc::Permit<'_, TerminalWord>>) {
        match (place, self.typed.pop_front()) {
            (Some(place), Some(word)) => {
                if let TerminalWord::Bytes(bytes) = &word {
                    self.console.typed(bytes.len());
                }
                place.send(word);
            }
            // The shell has ended; the end of its output says so.
            _ => self.typed.clear(),
        }
    }

    /// Somebody looks on, or does not any more.
    async fn announce(&mut self, announcement: &Announcement) -> Result<(), End> {
        let text = format!("\n{}", notice::watched(self.talk.lang, announcement));
        self.talk.io.out(&text).await.map_err(|Gone| self.gone())
    }

    /// The client is gone, with its connection or by itself.
    fn gone(&self) -> End {
        End::Because(self.talk.ending.reason().unwrap_or(Reason::Closed))
    }
}

/// The machine has said everything.
async fn over(end: &mut oneshot::Receiver<Ended>) -> End {
    match tokio::time::timeout(STATUS, end).await {
        Ok(Ok(Ok(status))) => End::Status(status),
        Ok(Ok(Err(error))) => {
            tracing::debug!(%error, "a console ended without a status");
            spoiled(error).map_or(End::Because(Reason::Lost), End::Failed)
        }
        _ => End::Because(Reason::Lost),
    }
}

/// It may no longer be. When the whole connection ends, its reason says more.
async fn verdict(ending: &Ending) -> End {
    let cut = || End::Failed(Error::new(Kind::Denied, "error-console-cut"));
    ending.verdict().await.map_or_else(cut, End::Because)
}
