//! What comes piece by piece: lines of the audit, a check of it, an export. Ctrl-C, a closed window or a
//! hang-up end it, and so does the connection's end.

use super::job::interrupts;
use super::talk::{Heard, Talk};
use super::wire::{Gone, Input, Stream};
use crate::app::review::{Live, Piece};
use crate::shell::lang::Lang;
use crate::shell::line::Editor;
use crate::shell::render::Style;
use crate::shell::{notice, render};
use std::sync::Arc;

pub(super) async fn watch(
    talk: &mut Talk,
    live: Live,
    json: bool,
    mut editor: Option<&mut Editor>,
) -> Result<u32, Gone> {
    let Live { mut pieces, mut standing } = live;
    let (app, visitor) = (Arc::clone(&talk.app), Arc::clone(&talk.visitor));
    let revoked = standing.revoked(&app, &visitor);
    tokio::pin!(revoked);
    let mut drawn = false;
    loop {
        // What was typed while something was written.
        while let Some(input) = talk.io.typed() {
            if interrupts(talk, editor.as_deref_mut(), &input) {
                return stopped(talk).await;
            }
        }
        tokio::select! {
            piece = pieces.recv() => {
                // Without a word, whoever made the pieces is gone.
                let Some(piece) = piece else { return Err(Gone) };
                if let Some(status) = show(talk, piece, json, &mut drawn).await? {
                    return Ok(status);
                }
            }
            heard = talk.disturbance(json) => match heard {
                Heard::Input(Input::Closed) => return Err(Gone),
                Heard::Input(input) if interrupts(talk, editor.as_deref_mut(), &input) => {
                    return stopped(talk).await;
                }
                Heard::Input(_) => {}
                Heard::Notice(notice) => {
                    let text = notice::heard(talk.lang, &notice);
                    talk.io.out(&text).await?;
                }
                Heard::Ending(_) => return Ok(1),
            },
            () = &mut revoked => return talk.revoked(json).await,
        }
    }
}

/// Shows a piece; the exit status when it was the last. `drawn`: there is a line of progress to wipe.
async fn show(talk: &mut Talk, piece: Piece, json: bool, drawn: &mut bool) -> Result<Option<u32>, Gone> {
    if std::mem::take(drawn) {
        talk.io.out("\r\x1b[K").await?;
    }
    match piece {
        Piece::Lines(page) => {
            lines(talk, json, |lang, style| render::audit_lines(&page.lines, lang, style)).await?
        }
        Piece::Line(line) => lines(talk, json, |lang, style| render::audit_line(&line, lang, style)).await?,
        Piece::Missed(lines) => talk.io.err(&notice::audit_missed(talk.lang, lines)).await?,
        Piece::Bytes(bytes) => talk.io.raw(bytes).await?,
        Piece::Progress(lines) => {
            if talk.io.is_terminal() && !json {
                talk.io.out(&render::audit_progress(lines, talk.lang)).await?;
                *drawn = true;
            }
        }
        Piece::End(Ok(Some(reply))) => return talk.answer(&reply, json).await.map(Some),
        Piece::End(Ok(None)) => return Ok(Some(0)),
        Piece::End(Err(error)) => return talk.fail(&error, json).await.map(Some),
    }
    Ok(None)
}

/// Lines of the audit, for people or for programs.
async fn lines(talk: &mut Talk, json: bool, written: impl FnOnce(Lang, Style) -> String) -> Result<(), Gone> {
    let text = written(talk.lang, Style { json, width: talk.io.width() });
    match json {
        true => talk.io.file(Stream::Out, &text).await,
        false => talk.io.out(&text).await,
    }
}

/// The line of the prompt begins anew.
async fn stopped(talk: &mut Talk) -> Result<u32, Gone> {
    if talk.io.is_terminal() {
        talk.io.out("\n").await?;
    }
    Ok(0)
}
