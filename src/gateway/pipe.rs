//! A shell without a terminal: lines from standard input, one after another, no prompt and no
//! escape codes. The exit status is the last command's.

use super::io::{Gone, Input};
use super::run::{Said, Talk};
use crate::shell::words::MAX_LINE;

pub(super) async fn run(talk: &mut Talk) -> Result<u32, Gone> {
    talk.io.keeps_input = true;
    talk.first_login().await?;
    let mut pending: Vec<u8> = Vec::new();
    let mut status = 0;
    loop {
        let conn = std::sync::Arc::clone(&talk.conn);
        let input = tokio::select! {
            input = talk.io.next() => input,
            _ = conn.ending.ended() => return Ok(status),
        };
        let end = match input {
            Input::Bytes(bytes) => {
                pending.extend_from_slice(&bytes);
                false
            }
            Input::Eof => true,
            Input::Closed => return Err(Gone),
            Input::Resize(_) | Input::Interrupt => false,
        };
        if end && !pending.is_empty() {
            pending.push(b'\n');
        }
        while let Some(at) = pending.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = pending.drain(..=at).collect();
            match one(talk, &line).await? {
                Said::Status(now) => status = now,
                Said::Exit => return Ok(status),
            }
        }
        if pending.len() > MAX_LINE {
            // `decode` says so; the rest of the line is as lost as its beginning.
            let line = std::mem::take(&mut pending);
            one(talk, &line).await?;
            return Ok(1);
        }
        if end {
            return Ok(status);
        }
    }
}

async fn one(talk: &mut Talk, line: &[u8]) -> Result<Said, Gone> {
    match crate::shell::words::decode(line) {
        Ok(line) => talk.line(line.trim_end_matches(['\r', '\n']), None).await,
        Err(error) => talk.fail(&error, false).await.map(Said::Status),
    }
}
