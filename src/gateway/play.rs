//! Playing a recording: to a terminal with its timing, elsewhere the file as it is. What a machine
//! once said is a stranger's: a terminal gets only what cannot turn against it.

use super::io::{Gone, Input, Io};
use super::pty::heard;
use super::run::Talk;
use crate::app::console::{Cast, CastEvent, Playing};
use crate::app::error::Error;
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
    let (gateway, visitor) = (Arc::clone(&talk.gateway), Arc::clone(&talk.visitor));
    if talk.io.tty.is_some() {
        let size = playing.cast.size().await;
        talk.io.out(&notice::playing(talk.lang, &playing, size)).await?;
    }
    let Playing { standing, cast, speed, .. } = &mut playing;
    let judged = gateway.app.looking_revoked(&visitor, standing);
    if talk.io.tty.is_none() {
        return tokio::select! {
            given = give(&mut talk.io, cast) => given.map(|()| 0),
            () = judged => revoked(talk).await,
        };
    }
    let stop = tokio::select! {
        stop = show(talk, cast, *speed) => stop?,
        () = judged => Some(Stop::Revoked),
    };
    talk.io.raw(None, Bytes::from_static(tame::AFTER.as_bytes())).await?;
    match stop {
        Some(Stop::Revoked) => revoked(talk).await,
        stop => talk.io.out(&notice::played(talk.lang, stop.is_none())).await.map(|()| 0),
    }
}

/// What may no longer be seen says so, unless the whole connection ends: that says more.
pub(super) async fn revoked(talk: &mut Talk) -> Result<u32, Gone> {
    match talk.conn.verdict().await {
        Some(_) => Ok(1),
        None => talk.fail(&Error::denied(), false).await,
    }
}

/// The file as it is.
async fn give(io: &mut Io, cast: &mut Cast) -> Result<(), Gone> {
    while let Some(bytes) = cast.bytes().await {
        io.raw(None, bytes.into()).await?;
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
            talk.io.raw(None, text.into_bytes().into()).await?;
        }
    }
    Ok(None)
}

/// Waits, and looks for somebody who has seen enough.
async fn until(talk: &mut Talk, then: Instant) -> Result<Option<Stop>, Gone> {
    let conn = Arc::clone(&talk.conn);
    loop {
        tokio::select! {
            biased;
            stop = wants_to_stop(&mut talk.io) => return stop.map(Some),
            _ = conn.ending.ended() => return Ok(Some(Stop::Revoked)),
            notice = heard(&mut talk.notices) => {
                let text = format!("\n{}", notice::heard(talk.lang, &notice));
                talk.io.out(&text).await?;
            }
            () = tokio::time::sleep_until(then) => return Ok(None),
        }
    }
}

/// Waits until the person has seen enough, or is gone.
pub(super) async fn wants_to_stop(io: &mut Io) -> Result<Stop, Gone> {
    loop {
        match io.disturbance().await {
            Input::Bytes(bytes) if bytes.iter().any(|byte| STOPS.contains(byte)) => return Ok(Stop::Wanted),
            Input::Interrupt => return Ok(Stop::Wanted),
            Input::Closed => return Err(Gone),
            _ => {}
        }
    }
}
