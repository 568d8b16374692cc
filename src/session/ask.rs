//! Reading at a terminal: the line editor between the client's bytes and a line, a secret, an answer.

use super::talk::{Ear, Heard, Talk};
use super::wire::{Gone, Input};
use crate::app::command::Command;
use crate::app::error::{Error, Kind, Result as AppResult};
use crate::app::secret::Secret;
use crate::shell::line::{Editor, Event};
use crate::shell::notice;
use crate::shell::words::{self, Wants};
use bytes::Bytes;

/// Candidates for what was typed so far.
pub(super) type Complete<'a> = &'a (dyn Fn(&str) -> Vec<String> + Sync);

/// What a prompt got.
pub(super) enum Read {
    Line(String),
    Secret(Secret),
    /// Something that is not UTF-8.
    Foreign,
    Interrupt,
    Eof,
    /// The connection ends; the person is told why when the talk does.
    Ending,
}

/// An editor as wide as the terminal.
pub(super) fn editor(talk: &Talk) -> Editor {
    Editor::new(talk.io.columns())
}

/// One turn of the editor, which has shown nothing of `start` yet.
pub(super) async fn read(
    talk: &mut Talk,
    editor: &mut Editor,
    start: Vec<u8>,
    complete: Complete<'_>,
) -> Result<Read, Gone> {
    talk.io.raw(start.into()).await?;
    // What was typed ahead, while the last command ran, is in the editor: no bytes make it look.
    let mut bytes = Bytes::new();
    loop {
        if let Some(end) = feed(talk, editor, &bytes, complete).await? {
            return Ok(end);
        }
        // Not kept while more is waited for: what the client may still send depends on it.
        drop(bytes);
        bytes = match talk.next(Ear::All).await {
            Heard::Input(Input::Bytes(bytes)) => bytes,
            Heard::Input(Input::Interrupt) => Bytes::from_static(b"\x03"),
            Heard::Input(Input::Eof) => return Ok(Read::Eof),
            Heard::Input(Input::Closed) => return Err(Gone),
            Heard::Input(Input::Resize(size)) => {
                talk.io.resized(size);
                let drawn = editor.set_width(talk.io.columns());
                talk.io.raw(drawn.into()).await?;
                Bytes::new()
            }
            Heard::Notice(notice) => {
                let text = notice::heard(talk.lang, &notice);
                let above = editor.above(&talk.io.laid_out(&text));
                talk.io.raw(above.into()).await?;
                Bytes::new()
            }
            Heard::Ending(_) => {
                talk.io.out("\n").await?;
                return Ok(Read::Ending);
            }
        };
    }
}

/// The turn ends at the first of what ends it; what else the bytes held is output.
async fn feed(
    talk: &mut Talk,
    editor: &mut Editor,
    bytes: &[u8],
    complete: Complete<'_>,
) -> Result<Option<Read>, Gone> {
    let mut end = None;
    for event in editor.feed(bytes, complete) {
        match event {
            Event::Output(bytes) => talk.io.raw(bytes.into()).await?,
            Event::Line(line) => end = end.or(Some(Read::Line(line))),
            Event::Secret(secret) => end = end.or(Some(Read::Secret(secret))),
            Event::Foreign => end = end.or(Some(Read::Foreign)),
            Event::Interrupt => end = end.or(Some(Read::Interrupt)),
            Event::Eof => end = end.or(Some(Read::Eof)),
        }
    }
    Ok(end)
}

/// A question in the middle of a command. Bytes that belong to what comes after the answer stay in
/// the shell's `editor`; an exec with a terminal has none and gets one for the question.
pub(super) async fn ask(
    talk: &mut Talk,
    editor: Option<&mut Editor>,
    start: impl FnOnce(&mut Editor) -> Vec<u8>,
) -> Result<Read, Gone> {
    let mut own = self::editor(talk);
    let editor = editor.unwrap_or(&mut own);
    let start = start(editor);
    read(talk, editor, start, &|_| Vec::new()).await
}

/// The two lines of `passwd`.
pub(super) async fn new_password(
    talk: &mut Talk,
    mut editor: Option<&mut Editor>,
) -> Result<AppResult<Command>, Gone> {
    if !talk.io.is_terminal() {
        return Ok(Err(Error::new(Kind::Usage, "error-password-terminal")));
    }
    let mut typed = Vec::new();
    for prompt in notice::password_prompts(talk.lang) {
        match ask(talk, editor.as_deref_mut(), |editor| editor.start_secret(&prompt)).await? {
            Read::Secret(secret) => typed.push(secret),
            Read::Foreign => return Ok(Err(words::not_utf8())),
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
pub(super) async fn input(
    talk: &mut Talk,
    wants: Wants,
    editor: Option<&mut Editor>,
) -> Result<AppResult<Vec<u8>>, Gone> {
    if talk.io.is_terminal() {
        let prompt = notice::paste_key(talk.lang);
        let answer = ask(talk, editor, |editor| editor.start_answer(&prompt)).await?;
        return Ok(match answer {
            Read::Line(line) => Ok(line.into_bytes()),
            Read::Foreign => Err(words::not_utf8()),
            _ => Ok(Vec::new()),
        });
    }
    // What is read is the person's until it is done with, and they have so much over all their connections.
    let mut part = talk.app.presence.input(&talk.visitor);
    let mut read = Vec::new();
    loop {
        match talk.io.next().await {
            Input::Bytes(bytes) => {
                let refused = if read.len() + bytes.len() > wants.most() {
                    wants.too_long()
                } else if bytes.len() > part.free() {
                    Error::new(Kind::Limited, "error-too-much-read")
                } else {
                    read.extend_from_slice(&bytes);
                    part.set(read.len());
                    continue;
                };
                // The rest is no lines of a pipe.
                talk.io.stop_reading();
                return Ok(Err(refused));
            }
            Input::Eof => return Ok(Ok(read)),
            Input::Closed => return Err(Gone),
            Input::Resize(_) | Input::Interrupt => {}
        }
    }
}
