//! A console: a client's terminal joined to a machine's. Bytes go both ways as they are; one key
//! leaves. What waits for a machine that does not read is bounded as with forwards.

use super::gate::Shut;
use super::io::{Gone, Input};
use super::pty::heard;
use super::run::Talk;
use crate::app::console::{
    Announcement, Console, Ended, Entry, Opened, Size, Standing, Terminal, TerminalWord,
};
use crate::app::error::{Error, Kind};
use crate::shell::notice;
use crate::shell::tame::AFTER;
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// Leaves, as in telnet and virsh: Ctrl-].
const LEAVE: u8 = 0x1d;
const CTRL_C: &[u8] = b"\x03";
const CTRL_D: &[u8] = b"\x04";
/// What a program that was cut off may have left in the client's terminal beside what [`AFTER`] undoes:
/// keys that say something else, a mouse that types, pasting in brackets.
const KEYS: &str = "\x1b[?1l\x1b>\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1004l\x1b[?1006l\x1b[?2004l";
/// The status of a shell that was killed: 128 and SIGKILL's number.
const KILLED: i32 = 137;
/// What waits for a machine that does not read.
const WAITING: usize = 64;
const WAITING_BYTES: usize = 64 * 1024;
/// How long the status may take once the machine has said everything.
const STATUS: Duration = Duration::from_secs(6);

/// How it ended.
enum End {
    /// The shell did, with this status.
    Status(i32),
    /// Nobody knows how: the machine stopped, most likely.
    Lost,
    /// The person left.
    Left,
    /// This is in the way.
    Failed(Error),
    /// The whole connection ends.
    Ending(&'static str),
    /// The client is gone.
    Gone,
}

/// What the person typed and the machine has not taken yet.
#[derive(Default)]
struct Typed {
    words: VecDeque<TerminalWord>,
    bytes: usize,
}

impl Typed {
    fn push(&mut self, word: TerminalWord) {
        if let TerminalWord::Bytes(bytes) = &word {
            self.bytes += bytes.len();
        }
        self.words.push_back(word);
    }

    fn pop(&mut self) -> Option<TerminalWord> {
        let word = self.words.pop_front();
        if let Some(TerminalWord::Bytes(bytes)) = &word {
            self.bytes -= bytes.len();
        }
        word
    }

    fn is_full(&self) -> bool {
        self.words.len() >= WAITING || self.bytes >= WAITING_BYTES
    }
}

pub(super) async fn run(talk: &mut Talk, entry: Entry) -> Result<u32, Gone> {
    let gateway = Arc::clone(&talk.gateway);
    let welcome = notice::console(talk.lang, entry.vm(), entry.is_recorded());
    talk.io.out(&welcome).await?;
    let (term, size) = (talk.io.term.clone(), talk.io.size);
    let vm = entry.vm().to_owned();
    let opened = match gateway.app.open_console(&talk.visitor, entry, &term, size).await {
        Ok(opened) => opened,
        Err(error) => return talk.fail(&error, false).await,
    };
    let Opened { mut console, mut terminal, mut told, mut standing } = opened;
    let end = drive(talk, &mut console, &mut terminal, &mut told, &mut standing).await;
    let lost = match end {
        End::Lost => Some(gateway.app.console_lost(&talk.visitor, &standing).await),
        End::Status(KILLED) => gateway.app.console_killed(&talk.visitor, &standing).await,
        _ => None,
    };
    let end = if lost.is_some() { End::Lost } else { end };
    // The machine's side goes before anything is said: nothing of it comes behind that.
    drop(terminal);
    let result = match &end {
        End::Status(status) => Ok(*status),
        End::Lost => Err("lost"),
        End::Left => Err("left"),
        End::Failed(error) => Err(error.id),
        End::Ending(reason) => Err(*reason),
        End::Gone => Err("closed"),
    };
    gateway.app.close_console(console, result).await;
    match end {
        End::Status(status) => return Ok(u32::try_from(status).map_or(255, |status| status & 255)),
        End::Gone => return Err(Gone),
        _ => talk.io.raw(None, format!("{KEYS}{AFTER}").into_bytes().into()).await?,
    }
    match (end, lost) {
        (End::Left, _) => {
            talk.io.out(&notice::console_left(talk.lang, &vm)).await?;
            Ok(0)
        }
        (End::Failed(error), _) | (_, Some(error)) => talk.fail(&error, false).await,
        _ => Ok(255),
    }
}

async fn drive(
    talk: &mut Talk,
    console: &mut Console,
    terminal: &mut Terminal,
    told: &mut mpsc::Receiver<Announcement>,
    standing: &mut Standing,
) -> End {
    let (gateway, conn, visitor) =
        (Arc::clone(&talk.gateway), Arc::clone(&talk.conn), Arc::clone(&talk.visitor));
    let (lang, channel) = (talk.lang, talk.io.channel());
    let limit = gateway.app.config.ssh.stall_limit;
    let revoked = gateway.app.console_revoked(&visitor, standing);
    tokio::pin!(revoked);
    let Terminal { input, output, end } = terminal;
    let mut typed = Typed::default();
    let mut eof = false;
    let mut shut: Option<Shut> = None;
    let mut progress = Instant::now();
    loop {
        if typed.words.len() <= WAITING / 2 && typed.bytes <= WAITING_BYTES / 2 {
            shut = None;
        }
        tokio::select! {
            said = output.recv() => {
                let Some(bytes) = said else { return over(end).await };
                if let Err(error) = console.shown(&bytes).await {
                    return End::Failed(error);
                }
                // A client that does not read keeps nobody in who may not be.
                tokio::select! {
                    sent = talk.io.raw(None, bytes) => if sent.is_err() { return gone(&conn) },
                    () = &mut revoked => return verdict(&conn).await,
                }
            }
            word = next(&mut talk.io, eof), if !typed.is_full() => {
                let bytes = match word {
                    Input::Bytes(bytes) if bytes.contains(&LEAVE) => return End::Left,
                    Input::Bytes(bytes) => bytes,
                    Input::Interrupt => Bytes::from_static(CTRL_C),
                    Input::Eof => {
                        eof = true;
                        Bytes::from_static(CTRL_D)
                    }
                    Input::Resize(size) => {
                        if let Err(error) = resized(talk, console, &mut typed, size).await {
                            return End::Failed(error);
                        }
                        continue;
                    }
                    Input::Closed => return gone(&conn),
                };
                if typed.words.is_empty() {
                    progress = Instant::now();
                }
                typed.push(TerminalWord::Bytes(bytes));
            }
            place = input.reserve(), if !typed.words.is_empty() => {
                progress = Instant::now();
                match (place, typed.pop()) {
                    (Ok(place), Some(word)) => {
                        if let TerminalWord::Bytes(bytes) = &word {
                            console.typed(bytes.len());
                        }
                        place.send(word);
                    }
                    // The shell has ended; the end of its output says so.
                    _ => typed = Typed::default(),
                }
            }
            Some(announcement) = told.recv() => {
                let text = format!("\n{}", notice::watched(lang, &announcement));
                if talk.io.out(&text).await.is_err() {
                    return gone(&conn);
                }
            }
            notice = heard(&mut talk.notices) => {
                let text = format!("\n{}", notice::heard(lang, &notice));
                if talk.io.out(&text).await.is_err() {
                    return gone(&conn);
                }
            }
            () = &mut revoked => return verdict(&conn).await,
            reason = conn.ending.ended() => return End::Ending(reason),
            // Its neighbours do not stand still for it; alone, it waits.
            () = tokio::time::sleep_until(progress + limit), if shut.is_some() => {
                if conn.channels.load(Ordering::Relaxed) > 1 {
                    return End::Failed(Error::new(Kind::Limited, "error-console-stalled"));
                }
                progress = Instant::now();
            }
            () = std::future::ready(()), if shut.is_none() && typed.is_full() => {
                shut = Some(conn.gate.shut(channel));
            }
        }
    }
}

/// After the end of its input only a client's end is of interest.
async fn next(io: &mut super::io::Io, eof: bool) -> Input {
    if eof { io.disturbance().await } else { io.next().await }
}

async fn resized(talk: &mut Talk, console: &mut Console, typed: &mut Typed, size: Size) -> Result<(), Error> {
    talk.io.resized(size);
    typed.push(TerminalWord::Resize(size));
    console.resized(size).await
}

fn gone(conn: &super::conn::Conn) -> End {
    conn.ending.reason().map_or(End::Gone, End::Ending)
}

/// The machine has said everything.
async fn over(end: &mut oneshot::Receiver<Ended>) -> End {
    match tokio::time::timeout(STATUS, end).await {
        Ok(Ok(Ok(status))) => End::Status(status),
        Ok(Ok(Err(error))) => {
            tracing::debug!(%error, "a console ended without a status");
            End::Lost
        }
        _ => End::Lost,
    }
}

/// It may no longer be. When the whole connection ends, its reason says more.
async fn verdict(conn: &super::conn::Conn) -> End {
    let cut = || End::Failed(Error::new(Kind::Denied, "error-console-cut"));
    conn.verdict().await.map_or_else(cut, End::Ending)
}
