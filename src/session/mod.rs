//! The dialogue at a terminal: a command, a shell with its prompt, or lines from a pipe, and what runs in
//! them. It speaks over a [`wire::Wire`] and knows no protocol: the SSH server brings it a channel, a test
//! a pair of queues.
//!
//! Its files form no ring: wire <- io <- talk <- ask <- job, play <- live, watch, totp, console <- line <- shell, pipe.

mod ask;
mod console;
mod io;
mod job;
mod line;
mod live;
mod pipe;
mod play;
mod shell;
mod talk;
mod totp;
mod watch;
pub mod wire;

#[cfg(test)]
mod queues;
#[cfg(test)]
mod tests;

use crate::app::App;
use crate::app::ctx::Visitor;
use crate::app::ending::Ending;
use crate::app::error::Error;
use crate::app::presence::What;
use crate::shell::lang::Lang;
use crate::shell::{render, words};
use io::Io;
use std::sync::Arc;
use talk::{Said, Talk};
use wire::{Gone, Wire};

/// What the client wants to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// A command line.
    Exec(Vec<u8>),
    /// A shell.
    Shell,
    /// A program of the server's for another protocol, by its name: there is none.
    Subsystem(String),
}

/// Somebody who came in, on a connection.
pub struct Caller {
    /// Who.
    pub visitor: Arc<Visitor>,
    /// The end of their connection.
    pub ending: Ending,
    /// The language that their client says.
    pub sent: Option<Lang>,
}

/// The whole talk, to its exit status.
pub async fn run(app: Arc<App>, caller: Caller, wire: Wire, asked: Asked) {
    let io = Io::new(wire);
    let Caller { visitor, ending, sent } = caller;
    let lang = app.lang(visitor.person, sent).await.lang;
    let mut talk = Talk { app, visitor, ending, io, lang, sent, notices: None };
    let status = spoken(&mut talk, asked).await.unwrap_or(255);
    talk.io.finish(status).await;
}

/// For somebody who is in only to be told why they may not be. A client that closes its window with its channel
/// would take the words along: only a command gets its status, and the rest ends with the connection.
pub async fn turn_away(wire: Wire, lang: Lang, asked: &Asked, why: &Error) {
    let mut io = Io::new(wire);
    let json = matches!(asked, Asked::Exec(line) if words::decode(line).is_ok_and(words::wants_json));
    let told = io.err(&render::error(why, lang, json)).await;
    if told.is_ok() && matches!(asked, Asked::Exec(_)) {
        io.finish(why.kind.exit()).await;
    }
}

/// The talk between its two lines in the audit.
async fn spoken(talk: &mut Talk, asked: Asked) -> Result<u32, Gone> {
    let terminal = talk.io.is_terminal();
    let what = match &asked {
        Asked::Exec(_) | Asked::Subsystem(_) => What::Exec { terminal },
        Asked::Shell if terminal => What::Shell,
        Asked::Shell => What::Pipe,
    };
    let app = Arc::clone(&talk.app);
    let mut begun = match app.session_begins(&talk.visitor, what).await {
        Ok(begun) => begun,
        Err(error) => return talk.fail(&error, false).await,
    };
    talk.notices = begun.notices();
    talk.io.counts_in(begun.channel());
    let status = match asked {
        Asked::Exec(command) => exec(talk, &command).await,
        Asked::Shell if terminal => shell::run(talk).await,
        Asked::Shell => pipe::run(talk).await,
        Asked::Subsystem(name) => {
            let error = line::elsewhere(talk, &name).await;
            talk.fail(&error, false).await
        }
    };
    // Here, for whatever ran: a client whose line is closed reads nothing that comes after.
    let told = match (status, talk.ending.reason()) {
        (Ok(_), Some(reason)) => talk.closing(reason).await,
        _ => Ok(()),
    };
    app.session_ends(begun, status.unwrap_or(255)).await;
    told.and(status)
}

async fn exec(talk: &mut Talk, command: &[u8]) -> Result<u32, Gone> {
    let line = match crate::shell::words::decode(command) {
        Ok(line) => line,
        Err(error) => return talk.fail(&error, false).await,
    };
    talk.first_login().await?;
    Ok(match line::run(talk, line, None).await? {
        Said::Status(status) => status,
        Said::Exit => 0,
    })
}
