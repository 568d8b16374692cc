//! One line from its words to its answer: parsed by the shell, asked about where it cannot be
//! undone, carried out by `app`, written in the person's language.

use super::Gateway;
use super::conn::Conn;
use super::io::{Gone, Input, Io};
use super::pty::{Read, ask};
use super::{console, job, live, play, totp, watch};
use crate::app::command::Command;
use crate::app::ctx::{Method, Visitor};
use crate::app::error::{Error, Kind, Result as AppResult};
use crate::app::presence::Notices;
use crate::app::reply::Reply;
use crate::app::{Outcome, clock};
use crate::shell::lang::Lang;
use crate::shell::render::{self, Style};
use crate::shell::words::{self, Wants, What};
use crate::shell::{line::Editor, notice};
use std::sync::Arc;

/// Somebody on a session channel.
pub(super) struct Talk {
    pub(super) gateway: Arc<Gateway>,
    pub(super) conn: Arc<Conn>,
    pub(super) visitor: Arc<Visitor>,
    pub(super) io: Io,
    pub(super) lang: Lang,
    /// What the person is told, when this is their shell.
    pub(super) notices: Option<Notices>,
}

/// What a line came to.
pub(super) enum Said {
    /// Done, with this exit status.
    Status(u32),
    /// The person leaves.
    Exit,
}

impl Talk {
    /// One line. `editor` is the terminal's, when there is one that a question can use.
    pub(super) async fn line(&mut self, line: &str, mut editor: Option<&mut Editor>) -> Result<Said, Gone> {
        let facts = self.gateway.app.facts(&self.visitor).await.ok();
        let at_all = self.gateway.app.at_all(&self.visitor, facts.map(|facts| facts.actor));
        let may = |action| at_all.allows(action);
        let domain = self.gateway.app.config.domain.clone();
        let context = words::Context { domain: &domain, lang: self.lang, may: &may, now_ms: clock::now().0 };
        let request = match words::parse(line, &context) {
            Ok(request) => request,
            Err(error) => return self.fail(&error, words::wants_json(line)).await.map(Said::Status),
        };
        let json = request.json;
        let ready = match request.what {
            What::Help(text) => {
                self.io.out(&text).await?;
                return Ok(Said::Status(0));
            }
            What::Exit => return Ok(Said::Exit),
            What::Nothing => return Ok(Said::Status(0)),
            What::Totp(verb) => {
                return totp::run(self, verb, line, json, editor).await.map(Said::Status);
            }
            What::AskPassword => self.new_password(editor.as_deref_mut()).await?,
            What::NeedsInput(input) => match notice::misplaced(input.command(), self.io.tty.is_some()) {
                Some(error) => Err(error),
                None if self.io.tty.is_some() && !input.wants().is_typed() => input.with(Vec::new()),
                None => {
                    let bytes = self.input(input.wants(), editor.as_deref_mut()).await?;
                    bytes.and_then(|bytes| input.with(bytes))
                }
            },
            What::Run(command) => Ok(command),
        };
        let command = match ready {
            Ok(command) => command,
            Err(error) => return self.fail(&error, json).await.map(Said::Status),
        };
        if let Some(question) = notice::destructive(&command, self.lang)
            && !request.yes
        {
            if self.io.tty.is_none() {
                return self.fail(&notice::need_yes(), json).await.map(Said::Status);
            }
            let answer = ask(self, editor.as_deref_mut(), |editor| editor.start_answer(&question)).await?;
            if !matches!(answer, Read::Line(answer) if notice::is_yes(&answer)) {
                self.io.out(&notice::left_alone(self.lang)).await?;
                return Ok(Said::Status(1));
            }
        }
        if let Some(error) = notice::misplaced(&command, self.io.tty.is_some()) {
            return self.fail(&error, json).await.map(Said::Status);
        }
        let gateway = Arc::clone(&self.gateway);
        match gateway.app.run(&self.visitor, command, line).await {
            Ok(Outcome::Reply(reply)) => self.answer(&reply, json).await.map(Said::Status),
            Ok(Outcome::Job(watch)) => job::watch(self, watch, json, editor).await.map(Said::Status),
            Ok(Outcome::Console(entry)) => console::run(self, *entry).await.map(Said::Status),
            Ok(Outcome::Play(playing)) => play::run(self, *playing).await.map(Said::Status),
            Ok(Outcome::Watch(watching)) => watch::run(self, *watching).await.map(Said::Status),
            Ok(Outcome::Live(pieces)) => live::watch(self, pieces, json, editor).await.map(Said::Status),
            Err(error) => self.fail(&error, json).await.map(Said::Status),
        }
    }

    /// Shows an answer.
    pub(super) async fn answer(&mut self, reply: &Reply, json: bool) -> Result<u32, Gone> {
        let style = Style { json, width: self.io.tty };
        let text = render::reply(reply, self.lang, style);
        self.io.out(&text).await?;
        let aside = render::aside(reply, self.lang, json);
        if !aside.is_empty() {
            self.io.err(&aside).await?;
        }
        Ok(reply.exit())
    }

    /// Shows an error; the exit status is its kind's.
    pub(super) async fn fail(&mut self, error: &Error, json: bool) -> Result<u32, Gone> {
        let text = render::error(error, self.lang, json);
        self.io.err(&text).await?;
        Ok(error.kind.exit())
    }

    /// Who came in with a one-time code is told what to do: it will not open again.
    pub(super) async fn first_login(&mut self) -> Result<(), Gone> {
        if self.visitor.method != Method::Code {
            return Ok(());
        }
        let text = notice::first_login(self.lang, self.visitor.login.as_str());
        self.io.err(&text).await
    }

    async fn new_password(&mut self, mut editor: Option<&mut Editor>) -> Result<AppResult<Command>, Gone> {
        if self.io.tty.is_none() {
            return Ok(Err(Error::new(Kind::Usage, "error-password-terminal")));
        }
        let mut typed = Vec::new();
        for prompt in notice::password_prompts(self.lang) {
            match ask(self, editor.as_deref_mut(), |editor| editor.start_secret(&prompt)).await? {
                Read::Secret(secret) => typed.push(secret),
                _ => break,
            }
        }
        Ok(match typed.as_slice() {
            [first, second] if first == second => Ok(Command::Passwd(first.clone())),
            _ => Err(Error::new(Kind::Usage, "error-password-different")),
        })
    }

    /// A key pasted at a terminal, or standard input to its end. Of what is too long no more is kept
    /// than may be, and it is refused while the client still sends.
    async fn input(&mut self, wants: Wants, editor: Option<&mut Editor>) -> Result<AppResult<Vec<u8>>, Gone> {
        if self.io.tty.is_some() {
            let prompt = notice::paste_key(self.lang);
            let answer = ask(self, editor, |editor| editor.start_answer(&prompt)).await?;
            return Ok(Ok(if let Read::Line(line) = answer { line.into_bytes() } else { Vec::new() }));
        }
        let mut read = Vec::new();
        loop {
            match self.io.next().await {
                Input::Bytes(bytes) if read.len() + bytes.len() > wants.most() => {
                    // The rest is no lines of a pipe.
                    self.io.stop_reading();
                    return Ok(Err(wants.too_long()));
                }
                Input::Bytes(bytes) => read.extend_from_slice(&bytes),
                Input::Eof => return Ok(Ok(read)),
                Input::Closed => return Err(Gone),
                Input::Resize(_) | Input::Interrupt => {}
            }
        }
    }
}
