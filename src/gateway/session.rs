//! A session channel until something runs on it: what the client sets up, and what it asks for. The
//! protocol's answers to these requests are [`super::handler`]'s, given in the same order. What runs is
//! the session's.

use super::Gateway;
use super::channel::{self, size};
use super::conn::Conn;
use super::handler::{Place, Who, is_text};
use super::inbox::{Incoming, Word};
use crate::app::ending::Reason;
use crate::session::wire::{Input, Tty};
use crate::session::{self, Asked, Caller};
use crate::shell::lang::Lang;
use crate::shell::words::MAX_LINE;
use bytes::Bytes;
use russh::ChannelWriteHalf;
use russh::server::Msg;
use std::collections::VecDeque;
use std::sync::Arc;

/// Longest value of a variable, or kind of a terminal, that is taken.
const MAX_VALUE: usize = 64;
/// What is kept of a client that talks before it asks: messages, and bytes.
const KEPT: usize = 64;
const KEPT_BYTES: usize = 64 * 1024;

/// Only the language comes in from the client's environment.
pub(super) fn accepts_env(name: &str, value: &str) -> bool {
    let language = name == "LANG" || name == "LANGUAGE" || name.starts_with("LC_");
    language && name.len() <= MAX_VALUE && value.len() <= MAX_VALUE && is_text(value)
}

/// There are no subsystems; but a refusal has no words, so who most likely is a person is told on the channel.
pub(super) fn is_told(subsystem: &str, conn: &Conn) -> bool {
    subsystem == "sftp" || conn.kept_out.get().is_some()
}

/// The variables that choose the language, by POSIX precedence.
#[derive(Default)]
struct Env {
    lc_all: Option<String>,
    lc_messages: Option<String>,
    lang: Option<String>,
}

impl Env {
    fn set(&mut self, name: &str, value: String) {
        let place = match name {
            "LC_ALL" => &mut self.lc_all,
            "LC_MESSAGES" => &mut self.lc_messages,
            "LANG" => &mut self.lang,
            _ => return,
        };
        if accepts_env(name, &value) {
            *place = Some(value);
        }
    }

    fn language(&self) -> Option<Lang> {
        Lang::from_env(self.lc_all.as_deref(), self.lc_messages.as_deref(), self.lang.as_deref())
    }
}

/// What a client set up, and what it said before it asked.
#[derive(Default)]
struct SetUp {
    env: Env,
    tty: Option<Tty>,
    early: VecDeque<Input>,
    bytes: usize,
}

impl SetUp {
    fn is_full(&self) -> bool {
        self.early.len() >= KEPT || self.bytes >= KEPT_BYTES
    }

    fn said(&mut self, data: Bytes) {
        self.bytes += data.len();
        self.early.push_back(Input::Bytes(data));
    }

    /// What the client wants to run. `None` when it closed first, or said too much without asking.
    async fn asked(&mut self, read: &mut Incoming) -> Option<Asked> {
        loop {
            match read.wait().await {
                Word::Env { name, value } => self.env.set(&name, value),
                Word::Terminal { term, columns, rows } => {
                    self.tty = Some(Tty { size: size(columns, rows), term });
                }
                Word::Exec(command) => return Some(Asked::Exec(command)),
                Word::Shell => return Some(Asked::Shell),
                Word::Subsystem(name) => return Some(Asked::Subsystem(name)),
                Word::Close => return None,
                // Some clients send their input before they know that the command runs.
                Word::Data(_) if self.is_full() => return None,
                Word::Data(data) => self.said(data),
                Word::Eof => self.early.push_back(Input::Eof),
                Word::Resize { .. } | Word::Interrupt => {}
            }
        }
    }
}

/// The kind of a terminal, or none where it is longer than any.
pub(super) fn terminal(term: &str) -> String {
    if term.len() > MAX_VALUE { String::new() } else { term.to_owned() }
}

/// As much of a command as tells whether it is too long.
pub(super) fn enough(command: &[u8]) -> Vec<u8> {
    command[..command.len().min(MAX_LINE + 1)].to_vec()
}

pub(super) async fn run(
    gateway: Arc<Gateway>,
    conn: Arc<Conn>,
    who: Who,
    (mut read, write): (Incoming, ChannelWriteHalf<Msg>),
    place: Place,
) {
    let mut set_up = SetUp::default();
    let asked = tokio::select! {
        asked = set_up.asked(&mut read) => asked,
        _ = conn.ending.ended() => None,
    };
    let Some(asked) = asked else {
        // A client that is gone cannot be told.
        let _ = write.close().await;
        return;
    };
    let SetUp { env, tty, early, .. } = set_up;
    let app = Arc::clone(&gateway.app);
    let sent = env.language();
    let ending = conn.ending.clone();
    let wire = channel::wire(conn.cut.clone(), read, write, tty, early);
    match who {
        Who::In(visitor) => session::run(app, Caller { visitor, ending, sent }, wire, asked).await,
        Who::KeptOut(kept) => {
            let lang = app.lang(kept.person(), sent).await.lang;
            session::turn_away(wire, lang, &asked, kept.why()).await;
            ending.end(Reason::KeptOut);
        }
    }
    drop(place);
}
