//! Playing a recording: to a terminal with its timing, elsewhere the file as it is. What a machine
//! once said is a stranger's: a terminal gets only what cannot turn against it.

use super::io::{Gone, Input};
use super::run::Talk;
use crate::app::console::{CastEvent, Playing};
use crate::shell::notice;
use crate::shell::tame::{self, Tame};
use bytes::Bytes;
use std::time::Duration;
use tokio::time::Instant;

/// Nobody looks at nothing for longer.
const LONGEST: Duration = Duration::from_secs(2);
/// What stops it, and looking on at a console: Ctrl-C, Ctrl-], q.
const STOPS: [u8; 3] = [3, 0x1d, b'q'];

/// Why it stopped before its end.
enum Stop {
    Wanted,
    Gone,
}

pub(super) async fn run(talk: &mut Talk, mut playing: Playing) -> Result<u32, Gone> {
    if talk.io.tty.is_none() {
        while let Some(bytes) = playing.bytes().await {
            talk.io.raw(None, bytes.into()).await?;
        }
        return Ok(0);
    }
    let size = playing.size().await;
    talk.io.out(&notice::playing(talk.lang, &playing, size)).await?;
    let stopped = show(talk, &mut playing).await;
    if matches!(stopped, Some(Stop::Gone)) {
        return Err(Gone);
    }
    talk.io.raw(None, Bytes::from_static(tame::AFTER.as_bytes())).await?;
    talk.io.out(&notice::played(talk.lang, stopped.is_none())).await?;
    Ok(0)
}

async fn show(talk: &mut Talk, playing: &mut Playing) -> Option<Stop> {
    let mut tame = Tame::default();
    let speed = f64::from(playing.speed) / 100.0;
    while let Some((interval, event)) = playing.next().await {
        let pause = interval.min(LONGEST).div_f64(speed);
        if let Some(stop) = until(talk, Instant::now() + pause).await {
            return Some(stop);
        }
        if let CastEvent::Output(text) = event {
            let text = tame.feed(&text);
            if talk.io.raw(None, text.into_bytes().into()).await.is_err() {
                return Some(Stop::Gone);
            }
        }
    }
    None
}

/// Waits, and looks for somebody who has seen enough.
async fn until(talk: &mut Talk, then: Instant) -> Option<Stop> {
    let conn = std::sync::Arc::clone(&talk.conn);
    tokio::select! {
        biased;
        stop = wants_to_stop(talk) => Some(if stop.is_ok() { Stop::Wanted } else { Stop::Gone }),
        _ = conn.ending.ended() => Some(Stop::Wanted),
        () = tokio::time::sleep_until(then) => None,
    }
}

/// Waits until the person has seen enough, or is gone.
pub(super) async fn wants_to_stop(talk: &mut Talk) -> Result<(), Gone> {
    loop {
        match talk.io.disturbance().await {
            Input::Bytes(bytes) if bytes.iter().any(|byte| STOPS.contains(byte)) => return Ok(()),
            Input::Interrupt => return Ok(()),
            Input::Closed => return Err(Gone),
            _ => {}
        }
    }
}
