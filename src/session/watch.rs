//! Looking on at a console: what the machine says, made harmless, until either has had enough. It
//! sends nothing to the machine.

use super::play::{Stop, stops};
use super::talk::{Ear, Talk};
use super::wire::Gone;
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
    talk.app.close_watch(watching).await;
    let stop = shown?;
    talk.io.raw(Bytes::from_static(tame::AFTER.as_bytes())).await?;
    match stop {
        Stop::Wanted => talk.io.out(&notice::watch_ended(talk.lang)).await.map(|()| 0),
        Stop::Revoked => talk.revoked(false).await,
    }
}

async fn show(talk: &mut Talk, watching: &mut Watching) -> Result<Stop, Gone> {
    let (app, visitor) = (Arc::clone(&talk.app), Arc::clone(&talk.visitor));
    talk.io.raw(Bytes::from_static(CLEAR.as_bytes())).await?;
    talk.io.out(&notice::watching(talk.lang, watching)).await?;
    let mut tame = Tame::default();
    let Watching { frames, open, .. } = watching;
    let revoked = open.standing.revoked(&app, &visitor);
    tokio::pin!(revoked);
    loop {
        tokio::select! {
            frame = frames.recv() => tokio::select! {
                over = draw(talk, &mut tame, frame) => if over? { return Ok(Stop::Wanted) },
                // A client that does not read keeps nobody looking who may not.
                () = &mut revoked => return Ok(Stop::Revoked),
            },
            heard = talk.next(Ear::Disturbance) => {
                if let Some(stop) = stops(talk, heard).await? {
                    return Ok(stop);
                }
            }
            () = &mut revoked => return Ok(Stop::Revoked),
        }
    }
}

/// Shows what there is to see; whether that was the end.
async fn draw(talk: &mut Talk, tame: &mut Tame, frame: Result<Frame, RecvError>) -> Result<bool, Gone> {
    match frame {
        Ok(Frame::Output(text)) => {
            let text = tame.feed(&text);
            talk.io.raw(text.into_bytes().into()).await?;
        }
        Ok(Frame::Resize(size)) => {
            let text = notice::watched_size(talk.lang, size);
            talk.io.out(&text).await?;
        }
        // Too slow: what was missed may have been the middle of anything.
        Err(RecvError::Lagged(_)) => *tame = Tame::default(),
        Err(RecvError::Closed) => return Ok(true),
    }
    Ok(false)
}
