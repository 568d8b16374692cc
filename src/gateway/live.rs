//! What comes piece by piece: lines of the audit, a check of it, an export. Ctrl-C, a closed window or a
//! hang-up end it, and so does the connection's end.

use super::io::{Gone, Input};
use super::job::interrupts;
use super::pty::heard;
use super::run::Talk;
use crate::app::error::Error;
use crate::app::review::{Live, Piece};
use crate::shell::line::Editor;
use crate::shell::{notice, render};
use std::sync::Arc;

pub(super) async fn watch(
    talk: &mut Talk,
    mut live: Live,
    json: bool,
    mut editor: Option<&mut Editor>,
) -> Result<u32, Gone> {
    let mut drawn = false;
    let (gateway, conn, visitor) =
        (Arc::clone(&talk.gateway), Arc::clone(&talk.conn), Arc::clone(&talk.visitor));
    let Live { pieces, standing } = &mut live;
    let revoked = gateway.app.reading_revoked(&visitor, standing);
    tokio::pin!(revoked);
    loop {
        // What was typed while something was written.
        while let Some(input) = talk.io.typed() {
            if ends(talk, editor.as_deref_mut(), &input) {
                return stopped(talk).await;
            }
        }
        tokio::select! {
            piece = pieces.recv() => {
                if std::mem::take(&mut drawn) {
                    talk.io.out("\r\x1b[K").await?;
                }
                match piece {
                    Some(Piece::Lines(page)) if json => {
                        for line in &page.lines {
                            talk.io.out(&render::audit_line(line, talk.lang, true)).await?;
                        }
                    }
                    Some(Piece::Lines(page)) => {
                        let lines = page.lines.iter().map(|line| render::audit_line(line, talk.lang, false));
                        talk.io.out(&lines.collect::<String>()).await?;
                    }
                    Some(Piece::Line(line)) => {
                        talk.io.out(&render::audit_line(&line, talk.lang, json)).await?;
                    }
                    Some(Piece::Missed(lines)) => {
                        talk.io.err(&notice::audit_missed(talk.lang, lines)).await?;
                    }
                    Some(Piece::Bytes(bytes)) => talk.io.raw(None, bytes).await?,
                    Some(Piece::Progress(lines)) => {
                        if talk.io.tty.is_some() && !json {
                            talk.io.out(&render::audit_progress(lines, talk.lang)).await?;
                            drawn = true;
                        }
                    }
                    Some(Piece::End(Ok(Some(reply)))) => return talk.answer(&reply, json).await,
                    Some(Piece::End(Ok(None))) => return Ok(0),
                    Some(Piece::End(Err(error))) => return talk.fail(&error, json).await,
                    // Whoever made the pieces is gone without a word.
                    None => return Err(Gone),
                }
            }
            input = talk.io.disturbance() => match input {
                Input::Closed => return Err(Gone),
                input if ends(talk, editor.as_deref_mut(), &input) => return stopped(talk).await,
                _ => {}
            },
            notice = heard(&mut talk.notices), if !json => {
                let text = notice::heard(talk.lang, &notice);
                talk.io.out(&text).await?;
            }
            () = &mut revoked => {
                return match conn.verdict().await {
                    Some(_) => Ok(1),
                    None => talk.fail(&Error::denied(), json).await,
                };
            }
            _ = conn.ending.ended() => return Ok(1),
        }
    }
}

fn ends(talk: &Talk, editor: Option<&mut Editor>, input: &Input) -> bool {
    match input {
        Input::Interrupt => true,
        Input::Bytes(bytes) => interrupts(talk, editor, bytes),
        _ => false,
    }
}

/// The line of the prompt begins anew.
async fn stopped(talk: &mut Talk) -> Result<u32, Gone> {
    if talk.io.tty.is_some() {
        talk.io.out("\n").await?;
    }
    Ok(0)
}
