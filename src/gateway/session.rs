//! A session channel: what the client set up, then one command, a shell at a terminal, or lines
//! from a pipe. All three speak the same words through [`Talk`].

use super::Gateway;
use super::conn::Conn;
use super::handler::Place;
use super::io::{Asked, Gone, Io};
use super::run::{Said, Talk};
use super::{pipe, pty};
use crate::app::ctx::Visitor;
use crate::app::presence::What;
use crate::shell::lang::Lang;
use crate::shell::notice;
use russh::Channel;
use russh::server::Msg;
use std::sync::Arc;

/// Longest value of a variable that is taken.
const MAX_VALUE: usize = 64;

/// Only the language comes in from the client's environment.
pub(super) fn accepts_env(name: &str, value: &str) -> bool {
    let language = name == "LANG" || name == "LANGUAGE" || name.starts_with("LC_");
    language && name.len() <= MAX_VALUE && value.len() <= MAX_VALUE
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

    fn language(&self, default: Lang) -> Lang {
        Lang::from_env(self.lc_all.as_deref(), self.lc_messages.as_deref(), self.lang.as_deref(), default)
    }
}

pub(super) async fn run(
    gateway: Arc<Gateway>,
    conn: Arc<Conn>,
    visitor: Arc<Visitor>,
    channel: Channel<Msg>,
    place: Place,
) {
    let stall_limit = gateway.app.config.ssh.stall_limit;
    let mut io = Io::new(channel, conn.cut.clone(), stall_limit);
    let mut env = Env::default();
    let asked = tokio::select! {
        asked = io.asked(|name, value| env.set(&name, value)) => asked,
        _ = conn.ending.ended() => None,
    };
    let Some(asked) = asked else { return io.close().await };
    let default = gateway.app.config.language.parse().unwrap_or(Lang::Es);
    let mut talk = Talk { gateway, conn, visitor, io, lang: env.language(default), notices: None };
    let status = spoken(&mut talk, asked).await.unwrap_or(255);
    talk.io.finish(status).await;
    drop(place);
}

/// The whole talk, between its two lines in the audit.
async fn spoken(talk: &mut Talk, asked: Asked) -> Result<u32, Gone> {
    let what = match (&asked, talk.io.tty) {
        (Asked::Exec(_), tty) => What::Exec { terminal: tty.is_some() },
        (Asked::Shell, Some(_)) => What::Shell,
        (Asked::Shell, None) => What::Pipe,
    };
    let gateway = Arc::clone(&talk.gateway);
    let mut begun = match gateway.app.session_begins(&talk.visitor, what).await {
        Ok(begun) => begun,
        Err(error) => return talk.fail(&error, false).await,
    };
    talk.notices = begun.notices();
    talk.io.counts_in(begun.channel());
    let status = match asked {
        Asked::Exec(command) => exec(talk, &command).await,
        Asked::Shell if talk.io.tty.is_some() => pty::run(talk).await,
        Asked::Shell => pipe::run(talk).await,
    };
    // Here, for whatever ran: a client whose channel closes reads nothing that comes after.
    let told = match (status, talk.conn.ending.reason()) {
        (Ok(_), Some(reason)) => talk.io.err(&notice::closing(talk.lang, reason)).await,
        _ => Ok(()),
    };
    gateway.app.session_ends(begun, status.unwrap_or(255)).await;
    told.and(status)
}

async fn exec(talk: &mut Talk, command: &[u8]) -> Result<u32, Gone> {
    let line = match crate::shell::words::decode(command) {
        Ok(line) => line,
        Err(error) => return talk.fail(&error, false).await,
    };
    talk.first_login().await?;
    Ok(match talk.line(line, None).await? {
        Said::Status(status) => status,
        Said::Exit => 0,
    })
}
