//! One line from its words to its answer: parsed by the shell, asked about where it cannot be
//! undone, carried out by `app`, written in the person's language.

use super::ask::{self, Read};
use super::talk::{Said, Talk};
use super::wire::{Gone, Stream};
use super::{console, job, live, play, totp, watch};
use crate::app::command::{Command, Yes};
use crate::app::error::{Error, Result as AppResult};
use crate::app::{Outcome, clock};
use crate::shell::line::Editor;
use crate::shell::notice;
use crate::shell::words::{self, Input, What};
use std::sync::Arc;

/// One line. `editor` is the terminal's, when there is one that a question can use.
pub(super) async fn run(talk: &mut Talk, line: &str, mut editor: Option<&mut Editor>) -> Result<Said, Gone> {
    let request = match parse(talk, line).await {
        Ok(request) => request,
        Err(error) => return talk.fail(&error, words::wants_json(line)).await.map(Said::Status),
    };
    let json = request.json;
    let ready = match request.what {
        What::Help(text) => {
            match json {
                true => talk.io.file(Stream::Out, &text).await?,
                false => talk.out(&text).await?,
            }
            return Ok(Said::Status(0));
        }
        What::Exit => return Ok(Said::Exit),
        What::Nothing => return Ok(Said::Status(0)),
        What::Totp(verb) => return totp::run(talk, verb, line, json, editor).await.map(Said::Status),
        What::AskPassword => ask::new_password(talk, editor.as_deref_mut()).await?,
        What::NeedsInput(input) => fed(talk, input, editor.as_deref_mut()).await?,
        What::Run(command) => Ok(command),
    };
    let ready = ready.and_then(|command| fits(talk, command, request.yes));
    let mut command = match ready {
        Ok(command) => command,
        Err(error) => return talk.fail(&error, json).await.map(Said::Status),
    };
    if !request.yes && !confirmed(talk, &mut command, editor.as_deref_mut()).await? {
        talk.io.out(&notice::left_alone(talk.lang)).await?;
        return Ok(Said::Status(1));
    }
    let app = Arc::clone(&talk.app);
    let status = match app.run(&talk.visitor, command, line).await {
        Ok(outcome) => shown(talk, outcome, json, editor).await?,
        Err(error) => talk.fail(&error, json).await?,
    };
    Ok(Said::Status(status))
}

async fn parse(talk: &Talk, line: &str) -> AppResult<words::Request> {
    let facts = talk.app.facts(&talk.visitor).await.ok();
    let own = facts.as_ref().and_then(|facts| facts.said().into_iter().next());
    let at_all = talk.app.at_all(&talk.visitor, facts.map(|facts| facts.actor));
    let may = |action| at_all.allows(action);
    let domain = &talk.app.config.domain;
    let wall = words::Wall { now_ms: clock::now().0, zone: &talk.app.config.timezone };
    let context = words::Context { domain, lang: talk.lang, sent: talk.sent, may: &may, wall };
    words::parse(line, &context).map_err(|error| words::with_machine(error, own))
}

/// What a program is told that wants another protocol of puerta itself.
pub(super) async fn elsewhere(talk: &Talk, program: &str) -> Error {
    let facts = talk.app.facts(&talk.visitor).await.ok();
    let own = facts.and_then(|facts| facts.said().into_iter().next());
    words::with_machine(words::elsewhere(program), own)
}

/// A command with what it reads: a key, a list, a policy.
async fn fed(talk: &mut Talk, input: Input, editor: Option<&mut Editor>) -> Result<AppResult<Command>, Gone> {
    let is_terminal = talk.io.is_terminal();
    if let Some(error) = notice::misplaced(input.command(), is_terminal) {
        return Ok(Err(error));
    }
    if is_terminal && !input.wants().is_typed() {
        return Ok(input.with(Vec::new()));
    }
    Ok(ask::input(talk, input.wants(), editor).await?.and_then(|bytes| input.with(bytes)))
}

/// Whether a command suits the client: what cannot be undone wants an answer or a `--yes`, and some want a
/// terminal, or none.
fn fits(talk: &Talk, command: Command, yes: bool) -> AppResult<Command> {
    let is_terminal = talk.io.is_terminal();
    if !is_terminal && !yes && notice::destructive(&command, talk.lang).is_some() {
        return Err(notice::need_yes());
    }
    match notice::misplaced(&command, is_terminal) {
        Some(error) => Err(error),
        None => Ok(command),
    }
}

/// Whether a command is meant, where it cannot be undone. Where that depends on what there is, the command knows
/// afterwards what was agreed to; without a terminal nothing was, and carrying it out says so.
async fn confirmed(
    talk: &mut Talk,
    command: &mut Command,
    editor: Option<&mut Editor>,
) -> Result<bool, Gone> {
    let question = match command.needs().yes {
        Yes::Without => None,
        Yes::To(sentence) => Some(sentence),
        Yes::Weighed if talk.io.is_terminal() => talk.app.weigh(&talk.visitor, command).await,
        Yes::Weighed => None,
    };
    let Some(question) = question.map(|sentence| notice::question(&sentence, talk.lang)) else {
        return Ok(true);
    };
    let answer = ask::ask(talk, editor, |editor| editor.start_answer(&question)).await?;
    if let Read::Foreign = answer {
        talk.fail(&words::not_utf8(), false).await?;
    }
    Ok(matches!(answer, Read::Line(answer) if notice::is_yes(&answer)))
}

/// Shows what a command came to, for as long as that takes.
async fn shown(
    talk: &mut Talk,
    outcome: Outcome,
    json: bool,
    editor: Option<&mut Editor>,
) -> Result<u32, Gone> {
    match outcome {
        Outcome::Reply(reply) => talk.answer(&reply, json).await,
        Outcome::Job(watch) => job::watch(talk, (watch.said, watch.now), json, editor).await,
        Outcome::Batch(watch) => job::watch(talk, (watch.said, watch.now), json, editor).await,
        Outcome::Console(entry) => console::run(talk, *entry).await,
        Outcome::Play(playing) => play::run(talk, *playing).await,
        Outcome::Watch(watching) => watch::run(talk, *watching).await,
        Outcome::Live(pieces) => live::watch(talk, pieces, json, editor).await,
    }
}
