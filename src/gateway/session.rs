//! A session channel until something runs on it: what the client sets up, and what it asks for. The
//! protocol's answers to these requests are [`super::handler`]'s, given in the same order. What runs is
//! the session's.

use super::Gateway;
use super::channel::{self, size};
use super::conn::Conn;
use super::handler::{Place, Who};
use super::inbox::Incoming;
use crate::app::console::Size;
use crate::app::ending::Reason;
use crate::session::wire::{Input, Tty};
use crate::session::{self, Asked, Caller};
use crate::shell::lang::Lang;
use crate::shell::words::MAX_LINE;
use bytes::Bytes;
use russh::server::Msg;
use russh::{ChannelMsg, ChannelWriteHalf};
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
    language && name.len() <= MAX_VALUE && value.len() <= MAX_VALUE
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

    /// The kind of a terminal, or none where it is longer than any.
    fn terminal(&mut self, size: Size, mut term: String) {
        if term.len() > MAX_VALUE {
            term = String::new();
        }
        self.tty = Some(Tty { size, term });
    }

    /// What the client wants to run. `None` when it closed first, or said too much without asking.
    async fn asked(&mut self, conn: &Conn, read: &mut Incoming) -> Option<Asked> {
        loop {
            match read.wait().await? {
                ChannelMsg::SetEnv { variable_name, variable_value, .. } => {
                    self.env.set(&variable_name, variable_value);
                }
                ChannelMsg::RequestPty { term, col_width, row_height, .. } => {
                    self.terminal(size(col_width, row_height), term);
                }
                ChannelMsg::Exec { command, .. } => return Some(Asked::Exec(enough(command))),
                ChannelMsg::RequestShell { .. } => return Some(Asked::Shell),
                ChannelMsg::RequestSubsystem { name, .. } if is_told(&name, conn) => {
                    return Some(Asked::Subsystem(name));
                }
                ChannelMsg::Close => return None,
                // Some clients send their input before they know that the command runs.
                ChannelMsg::Data { .. } if self.is_full() => return None,
                ChannelMsg::Data { data } => self.said(data),
                // It ends once, however often it is said.
                ChannelMsg::Eof if self.early.back() == Some(&Input::Eof) => {}
                ChannelMsg::Eof => self.early.push_back(Input::Eof),
                _ => {}
            }
        }
    }
}

/// As much of a command as tells whether it is too long.
fn enough(mut command: Vec<u8>) -> Vec<u8> {
    command.truncate(MAX_LINE + 1);
    command.shrink_to_fit();
    command
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
        asked = set_up.asked(&conn, &mut read) => asked,
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
    let wire = channel::wire(conn, read, write, tty, early);
    match who {
        Who::In(visitor) => session::run(app, Caller { visitor, ending, sent }, wire, asked).await,
        Who::KeptOut(kept) => {
            let lang = app.lang(kept.person(), sent).await.lang;
            session::turn_away(wire, lang, &asked, kept.why(), app.config.ssh.stall_limit).await;
            ending.end(Reason::KeptOut);
        }
    }
    drop(place);
}
