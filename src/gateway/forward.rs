//! A direct-tcpip channel: judged and dialled outside the session's loop, then bytes both ways.

use super::Gateway;
use super::conn::Conn;
use super::handler::Place;
use super::inbox::Incoming;
use super::pump::{Upwards, downwards};
use crate::app::ctx::Visitor;
use crate::app::ending::Reason;
use crate::app::error::{Error, Kind};
use crate::app::forward::Passage;
use crate::app::presence::Notice;
use puerta_audit::Outcome;
use russh::server::{ChannelOpenHandle, Msg};
use russh::{ChannelOpenFailure, ChannelWriteHalf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// A machine that does not answer in this time is reported.
const CONNECT: Duration = Duration::from_secs(10);
/// After this a connection that hangs is checked against the engine: a stopped machine is told at once.
const DOUBT: Duration = Duration::from_millis(400);

/// Bytes under way to a machine, in the kernel: nobody's window counts them.
const IN_FLIGHT: usize = 256 * 1024;

/// What the client asked for.
pub(super) struct Asked {
    pub(super) host: String,
    pub(super) port: u32,
    pub(super) originator: String,
}

pub(super) async fn run(
    gateway: Arc<Gateway>,
    conn: Arc<Conn>,
    visitor: Arc<Visitor>,
    asked: Asked,
    channel: (Incoming, ChannelWriteHalf<Msg>),
    reply: ChannelOpenHandle,
    place: Place,
) {
    let app = &gateway.app;
    let opened = app.open_forward(&visitor, &asked.host, asked.port, &asked.originator).await;
    let mut passage = match opened {
        Ok(passage) => passage,
        Err(error) => return reply.reject(failure(&error)).await,
    };
    let dialled = tokio::select! {
        dialled = dial(&gateway, &passage) => dialled,
        reason = conn.ending.ended() => Err(reason.as_str().to_owned()),
    };
    let target = match dialled {
        Ok(target) => target,
        Err(cause) => {
            let error = app.forward_failed(passage, &cause).await;
            return reply.reject(failure(&error)).await;
        }
    };
    reply.accept().await;
    let end = carry(&gateway, &conn, &visitor, &mut passage, channel, target, place).await;
    let outcome = match end {
        Reason::Closed => Outcome::Done,
        reason => {
            let reason = reason.as_str();
            tracing::info!(connection = conn.id, reason, "a forward was closed");
            Outcome::Failed(reason.to_owned())
        }
    };
    app.close_forward(passage, outcome).await;
}

/// The protocol's answer to an error: the sentence in both languages, since the client's language
/// is not known before a session asks.
pub(super) fn failure(error: &Error) -> ChannelOpenFailure {
    let code = match error.kind {
        Kind::Unavailable | Kind::Conflict | Kind::Internal => {
            russh::ChannelOpenFailure::ConnectFailed.code()
        }
        Kind::Limited => russh::ChannelOpenFailure::ResourceShortage.code(),
        _ => russh::ChannelOpenFailure::AdministrativelyProhibited.code(),
    };
    ChannelOpenFailure::Other { code, reason: crate::shell::render::both_languages(error) }
}

async fn dial(gateway: &Gateway, passage: &Passage) -> Result<TcpStream, String> {
    let connect = tokio::time::timeout(CONNECT, TcpStream::connect(passage.dial));
    tokio::pin!(connect);
    let connected = tokio::select! {
        connected = &mut connect => connected,
        () = tokio::time::sleep(DOUBT) => {
            if gateway.app.is_down(passage).await {
                return Err("the machine is down".to_owned());
            }
            connect.await
        }
    };
    let stream = connected.map_err(|_| "timed out".to_owned())?.map_err(|error| error.kind().to_string())?;
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    let socket = socket2::SockRef::from(&stream);
    socket.set_send_buffer_size(IN_FLIGHT).map_err(|error| error.to_string())?;
    Ok(stream)
}

/// Carries bytes until both sides are done, or one is gone, or the permission is; and says why.
async fn carry(
    gateway: &Gateway,
    conn: &Conn,
    visitor: &Visitor,
    passage: &mut Passage,
    (from_client, to_client): (Incoming, ChannelWriteHalf<Msg>),
    target: TcpStream,
    place: Place,
) -> Reason {
    let (from_target, to_target) = target.into_split();
    let traffic = &passage.channel.traffic;
    let end = {
        let machine_done = Notify::new();
        let up = Upwards::new(to_target, &traffic.up).run(from_client, &machine_done);
        let down = downwards(from_target, &to_client, &traffic.down);
        let revoked = passage.open.standing.revoked(&gateway.app, visitor);
        tokio::pin!(up, down, revoked);
        let mut down_done = false;
        let mut rest = None;
        let end = loop {
            tokio::select! {
                // The client closed, or the machine is gone: either way it is over. This also frees a writer that
                // waits for window that will never come.
                done = &mut up => {
                    rest = Some(done);
                    break Reason::Closed;
                }
                clean = &mut down, if !down_done => {
                    // The machine has said everything: the channel closes when the client has, too.
                    down_done = true;
                    machine_done.notify_one();
                    if !clean || to_client.eof().await.is_err() {
                        break Reason::Closed;
                    }
                }
                () = &mut revoked => {
                    // When the whole connection ends, its reason says more.
                    break conn.ending.verdict().await.unwrap_or(Reason::NoLongerAllowed);
                }
                reason = conn.ending.ended() => break reason,
            }
        };
        // Nothing comes down any more to a client that has closed.
        match rest {
            Some(rest) => tokio::select! {
                () = rest.rest() => end,
                () = &mut revoked => Reason::NoLongerAllowed,
                reason = conn.ending.ended() => reason,
            },
            None => end,
        }
    };
    // Nothing else is open, as with `ssh -J`: the connection ends with it.
    if place.leave() == 0 && end == Reason::NoLongerAllowed {
        conn.ending.end(end);
    }
    // The connection's own end says why. `ssh -W` leaves with its channel, and would not read it.
    if conn.is_ending() {
        return end;
    }
    let _ = to_client.close().await;
    if end == Reason::NoLongerAllowed {
        let (vm, port) = passage.target();
        gateway.app.presence.notify(visitor.person, &Notice::ForwardCut { vm, port });
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_page_is_the_table() {
        let page = include_str!("../../docs/errors.md");
        for kind in Kind::ALL {
            let failure = match failure(&Error::new(kind, "error-denied")) {
                ChannelOpenFailure::Other { code: 1, .. } => "administratively prohibited",
                ChannelOpenFailure::Other { code: 2, .. } => "connect failed",
                ChannelOpenFailure::Other { code: 4, .. } => "resource shortage",
                other => panic!("{other:?}"),
            };
            let row = format!("| {kind:?} | {} | `{}` | {failure} |", kind.exit(), kind.code());
            assert!(page.contains(&row), "docs/errors.md lacks: {row}");
        }
    }
}
