//! A shell at a terminal: the line editor between the client's bytes and the words.

use super::io::{Gone, Input};
use super::run::{Said, Talk};
use crate::app::at_all::AtAll;
use crate::app::presence::{Notice, Notices};
use crate::app::secret::Secret;
use crate::shell::complete;
use crate::shell::line::{Editor, Event};
use crate::shell::notice;
use bytes::Bytes;
use puerta_lab::model::Vm;
use std::sync::Arc;

const PROMPT: &str = "puerta> ";
const WIDTH: u16 = 80;

pub(super) async fn run(talk: &mut Talk) -> Result<u32, Gone> {
    let mut editor = Editor::new(talk.io.tty.unwrap_or(WIDTH));
    greet(talk).await?;
    let mut status = 0;
    loop {
        let (at_all, vms) = known(talk).await;
        let may = |action| at_all.allows(action);
        let complete = |before: &str| complete::candidates(before, &vms, &may);
        let start = editor.start(PROMPT);
        let line = match read(talk, &mut editor, start, &complete).await? {
            Read::Line(line) => line,
            Read::Interrupt => continue,
            Read::Eof | Read::Secret(_) => break,
            Read::Ending => return Ok(status),
        };
        match talk.line(&line, Some(&mut editor)).await? {
            Said::Status(now) => status = now,
            Said::Exit => break,
        }
        if talk.conn.is_ending() {
            return Ok(status);
        }
    }
    talk.io.out(&notice::goodbye(talk.lang)).await?;
    Ok(status)
}

async fn greet(talk: &mut Talk) -> Result<(), Gone> {
    let machines = match talk.gateway.app.facts(&talk.visitor).await {
        Ok(facts) => facts.vms.len() as u32,
        Err(_) => 0,
    };
    let quota = talk.gateway.app.machines_allowed(talk.visitor.person).await.unwrap_or_default();
    let welcome = notice::welcome(talk.lang, talk.visitor.login.as_str(), machines, quota);
    talk.io.out(&welcome).await?;
    talk.first_login().await
}

/// What completion knows; asked anew for every line, since machines come and go.
async fn known(talk: &Talk) -> (AtAll, Vec<String>) {
    let facts = talk.gateway.app.facts(&talk.visitor).await.ok();
    let vms = facts.as_ref().map_or_else(Vec::new, |facts| spoken(&facts.vms));
    (talk.gateway.app.at_all(&talk.visitor, facts.map(|facts| facts.actor)), vms)
}

/// Machines as their owner names them: with the seat where the name alone would be several.
fn spoken(vms: &[Vm]) -> Vec<String> {
    let alone = |vm: &Vm| vms.iter().filter(|other| other.name == vm.name).count() == 1;
    let name =
        |vm: &Vm| if alone(vm) { vm.name.to_string() } else { format!("{}.{}", vm.name, vm.seat_name) };
    vms.iter().map(name).collect()
}

/// What a prompt got.
pub(super) enum Read {
    Line(String),
    Secret(Secret),
    Interrupt,
    Eof,
    /// The connection ends; the person is told why when the session does.
    Ending,
}

async fn read(
    talk: &mut Talk,
    editor: &mut Editor,
    start: Vec<u8>,
    complete: &(dyn Fn(&str) -> Vec<String> + Sync),
) -> Result<Read, Gone> {
    talk.io.raw(None, start.into()).await?;
    // What was typed ahead, while the last command ran, is in the editor: no bytes make it look.
    let mut input = Some(Input::Bytes(Bytes::new()));
    loop {
        let conn = Arc::clone(&talk.conn);
        let now = match input.take() {
            Some(input) => input,
            None => tokio::select! {
                input = talk.io.next() => input,
                notice = heard(&mut talk.notices) => {
                    let text = notice::heard(talk.lang, &notice);
                    talk.io.raw(None, editor.above(&text).into()).await?;
                    continue;
                }
                _ = conn.ending.ended() => {
                    talk.io.out("\n").await?;
                    return Ok(Read::Ending);
                }
            },
        };
        let bytes = match now {
            Input::Bytes(bytes) => bytes,
            Input::Eof => return Ok(Read::Eof),
            Input::Closed => return Err(Gone),
            Input::Interrupt => Bytes::from_static(b"\x03"),
            Input::Resize(size) => {
                talk.io.resized(size);
                let width = talk.io.tty.unwrap_or(WIDTH);
                talk.io.raw(None, editor.set_width(width).into()).await?;
                continue;
            }
        };
        // The turn ends at the first of these; what else the bytes held is output.
        let mut end = None;
        for event in editor.feed(&bytes, complete) {
            match event {
                Event::Output(bytes) => talk.io.raw(None, bytes.into()).await?,
                Event::Line(line) => end = end.or(Some(Read::Line(line))),
                Event::Secret(secret) => end = end.or(Some(Read::Secret(secret))),
                Event::Interrupt => end = end.or(Some(Read::Interrupt)),
                Event::Eof => end = end.or(Some(Read::Eof)),
            }
        }
        if let Some(end) = end {
            return Ok(end);
        }
    }
}

/// The next thing that the shell's person is told; never, when this is no shell.
pub(super) async fn heard(notices: &mut Option<Notices>) -> Notice {
    let notice = match notices {
        Some(notices) => notices.recv().await,
        None => None,
    };
    match notice {
        Some(notice) => notice,
        None => std::future::pending().await,
    }
}

/// A question in the middle of a command. Bytes that belong to what comes after the answer stay in
/// the shell's `editor`; an exec with a terminal has none and gets one for the question.
pub(super) async fn ask(
    talk: &mut Talk,
    editor: Option<&mut Editor>,
    start: impl FnOnce(&mut Editor) -> Vec<u8>,
) -> Result<Read, Gone> {
    let mut own = Editor::new(talk.io.tty.unwrap_or(WIDTH));
    let editor = editor.unwrap_or(&mut own);
    let start = start(editor);
    read(talk, editor, start, &|_| Vec::new()).await
}
