//! Looking on at a console: what the machine says, made harmless, until either has had enough. It
//! sends nothing to the machine.

use super::io::Gone;
use super::play::{Stop, revoked, wants_to_stop};
use super::pty::heard;
use super::run::Talk;
use crate::app::console::{Frame, Watching};
use crate::shell::notice;
use crate::shell::tame::{self, Tame};
use bytes::Bytes;
use std::sync::Arc;
use tokio::sync::broadcast::error::RecvError;

/// An empty screen.
const CLEAR: &str = "\x1b[2J\x1b[H";

pub(super) async fn run(talk: &mut Talk, mut watching: Watching) -> Result<u32, Gone> {
    let shown = show(talk, &mut watching).await;
    talk.gateway.app.close_watch(watching).await;
    let stop = shown?;
    talk.io.raw(None, Bytes::from_static(tame::AFTER.as_bytes())).await?;
    match stop {
        Stop::Wanted => talk.io.out(&notice::watch_ended(talk.lang)).await.map(|()| 0),
        Stop::Revoked => revoked(talk).await,
    }
}

async fn show(talk: &mut Talk, watching: &mut Watching) -> Result<Stop, Gone> {
    let (gateway, conn, visitor) =
        (Arc::clone(&talk.gateway), Arc::clone(&talk.conn), Arc::clone(&talk.visitor));
    talk.io.raw(None, Bytes::from_static(CLEAR.as_bytes())).await?;
    talk.io.out(&notice::watching(talk.lang, watching)).await?;
    let mut tame = Tame::default();
    let Watching { frames, standing, .. } = watching;
    let revoked = gateway.app.looking_revoked(&visitor, standing);
    tokio::pin!(revoked);
    loop {
        tokio::select! {
            frame = frames.recv() => match frame {
                Ok(Frame::Output(text)) => {
                    let text = tame.feed(&text);
                    talk.io.raw(None, text.into_bytes().into()).await?;
                }
                Ok(Frame::Resize(size)) => {
                    let text = notice::watched_size(talk.lang, size);
                    talk.io.out(&text).await?;
                }
                // Too slow: what was missed may have been the middle of anything.
                Err(RecvError::Lagged(_)) => tame = Tame::default(),
                Err(RecvError::Closed) => return Ok(Stop::Wanted),
            },
            stop = wants_to_stop(&mut talk.io) => return stop,
            notice = heard(&mut talk.notices) => {
                let text = format!("\n{}", notice::heard(talk.lang, &notice));
                talk.io.out(&text).await?;
            }
            () = &mut revoked => return Ok(Stop::Revoked),
            _ = conn.ending.ended() => return Ok(Stop::Revoked),
        }
    }
}
