//! A shell without a terminal: lines from standard input, one after another, no prompt and no
//! escape codes. The exit status is the last command's.

use super::line;
use super::talk::{Ear, Heard, Said, Talk};
use super::wire::{Gone, Input};
use crate::shell::words::MAX_LINE;
use bytes::Bytes;

pub(super) async fn run(talk: &mut Talk) -> Result<u32, Gone> {
    talk.io.keeps_input = true;
    talk.first_login().await?;
    let mut pending = Bytes::new();
    let mut status = 0;
    loop {
        if let Some(at) = pending.iter().position(|byte| *byte == b'\n') {
            // Copied, and so is what of a line is here already: what is kept of a piece keeps the rest from coming.
            let line = pending.split_to(at + 1).to_vec();
            // A command may read on by itself: a key, a list.
            talk.io.put_back(std::mem::take(&mut pending));
            match one(talk, &line).await? {
                Said::Status(now) => status = now,
                Said::Exit => return Ok(status),
            }
            continue;
        }
        if pending.len() > MAX_LINE {
            // `decode` says so; the rest of the line is as lost as its beginning.
            one(talk, &pending).await?;
            return Ok(1);
        }
        pending = Bytes::copy_from_slice(&pending);
        let input = match talk.next(Ear::All).await {
            Heard::Input(input) => input,
            Heard::Ending(_) => return Ok(status),
            // A pipe hears none.
            Heard::Notice(_) => continue,
        };
        match input {
            Input::Bytes(bytes) if pending.is_empty() => pending = bytes,
            Input::Bytes(bytes) => pending = [pending, bytes].concat().into(),
            Input::Eof if pending.is_empty() => return Ok(status),
            // The last line need not end; the end is said again.
            Input::Eof => pending = [&*pending, b"\n"].concat().into(),
            Input::Closed => return Err(Gone),
            Input::Resize(_) | Input::Interrupt => {}
        }
    }
}

async fn one(talk: &mut Talk, line: &[u8]) -> Result<Said, Gone> {
    match crate::shell::words::decode(line) {
        Ok(line) => line::run(talk, line.trim_end_matches(['\r', '\n']), None).await,
        Err(error) => talk.fail(&error, false).await.map(Said::Status),
    }
}
