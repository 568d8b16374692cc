//! Playing a recording: to a terminal with its timing, elsewhere the file as it is. What a machine
//! once said is a stranger's: a terminal gets only what cannot turn against it.

use super::io::Io;
use super::talk::{Ear, Heard, Talk};
use super::wire::{Gone, Input};
use crate::app::console::{Cast, CastEvent, Playing};
use crate::shell::notice;
use crate::shell::tame::{self, Tame};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Nobody looks at nothing for longer.
const LONGEST: Duration = Duration::from_secs(2);
/// What stops it, and looking on at a console: Ctrl-C, Ctrl-], q.
const STOPS: [u8; 3] = [3, 0x1d, b'q'];

/// Why playing, or looking on, stopped before its end.
pub(super) enum Stop {
    /// Enough was seen.
    Wanted,
    /// It may no longer be.
    Revoked,
}

pub(super) async fn run(talk: &mut Talk, mut playing: Playing) -> Result<u32, Gone> {
    let (app, visitor) = (Arc::clone(&talk.app), Arc::clone(&talk.visitor));
    if talk.io.is_terminal() {
        let size = playing.cast.size().await;
        talk.io.out(&notice::playing(talk.lang, &playing, size)).await?;
    }
    let Playing { standing, cast, speed, .. } = &mut playing;
    let judged = standing.revoked(&app, &visitor);
    if !talk.io.is_terminal() {
        return tokio::select! {
            given = give(&mut talk.io, cast) => given.map(|()| 0),
            () = judged => talk.revoked(false).await,
        };
    }
    let stop = tokio::select! {
        stop = show(talk, cast, *speed) => stop?,
        () = judged => Some(Stop::Revoked),
    };
    talk.io.raw(Bytes::from_static(tame::AFTER.as_bytes())).await?;
    match stop {
        Some(Stop::Revoked) => talk.revoked(false).await,
        stop => talk.io.out(&notice::played(talk.lang, stop.is_none())).await.map(|()| 0),
    }
}

/// The file as it is.
async fn give(io: &mut Io, cast: &mut Cast) -> Result<(), Gone> {
    while let Some(bytes) = cast.bytes().await {
        io.raw(bytes.into()).await?;
    }
    Ok(())
}

async fn show(talk: &mut Talk, cast: &mut Cast, speed: u32) -> Result<Option<Stop>, Gone> {
    let mut tame = Tame::default();
    let speed = f64::from(speed) / 100.0;
    while let Some((interval, event)) = cast.next().await {
        let pause = interval.min(LONGEST).div_f64(speed);
        if let Some(stop) = until(talk, Instant::now() + pause).await? {
            return Ok(Some(stop));
        }
        if let CastEvent::Output(text) = event {
            let text = tame.feed(&text);
            talk.io.raw(text.into_bytes().into()).await?;
        }
    }
    Ok(None)
}

/// Waits, and looks for somebody who has seen enough.
async fn until(talk: &mut Talk, then: Instant) -> Result<Option<Stop>, Gone> {
    loop {
        tokio::select! {
            biased;
            heard = talk.next(Ear::Disturbance) => {
                if let Some(stop) = stops(talk, heard).await? {
                    return Ok(Some(stop));
                }
            }
            () = tokio::time::sleep_until(then) => return Ok(None),
        }
    }
}

/// Whether what came stops somebody who looks; a notice is told.
pub(super) async fn stops(talk: &mut Talk, heard: Heard) -> Result<Option<Stop>, Gone> {
    match heard {
        Heard::Input(Input::Bytes(bytes)) if bytes.iter().any(|byte| STOPS.contains(byte)) => {
            Ok(Some(Stop::Wanted))
        }
        Heard::Input(Input::Interrupt) => Ok(Some(Stop::Wanted)),
        Heard::Input(Input::Closed) => Err(Gone),
        Heard::Input(_) => Ok(None),
        Heard::Notice(notice) => talk.tell(&notice).await.map(|()| None),
        Heard::Ending(_) => Ok(Some(Stop::Revoked)),
    }
}
