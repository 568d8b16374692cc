//! A direct-tcpip channel: judged and dialled outside the session's loop, then bytes both ways.

use super::Gateway;
use super::conn::Conn;
use super::gate::Shut;
use super::handler::Place;
use crate::app::ctx::Visitor;
use crate::app::ending::Reason;
use crate::app::error::{Error, Kind};
use crate::app::forward::Passage;
use crate::app::presence::Notice;
use crate::session::held::{Held, Limits};
use bytes::{Bytes, BytesMut};
use puerta_audit::Outcome;
use russh::server::{ChannelOpenHandle, Msg};
use russh::{Channel, ChannelId, ChannelMsg, ChannelOpenFailure, ChannelReadHalf, ChannelWriteHalf};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::Notify;

/// A machine that does not answer in this time is reported.
const CONNECT: Duration = Duration::from_secs(10);
/// After this a connection that hangs is checked against the engine: a stopped machine is told at once.
const DOUBT: Duration = Duration::from_millis(400);
/// Time for a client to close a channel on which both sides have ended.
const CLOSING: Duration = Duration::from_secs(1);
/// Bytes under way to a machine. A channel that is full both ways goes on only if a little taken by
/// the machine is noticed at once, and a large kernel buffer notices late.
const IN_FLIGHT: usize = 128 * 1024;
/// Bytes read from a machine at a time.
const PIECE: usize = 64 * 1024;
/// Messages that wait for the machine before the client is no longer read.
const WAITING: usize = 16;
/// The most that can wait: russh may have as many in its own queue when the gate closes.
const MAX_WAITING: usize = 64;

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
    channel: Channel<Msg>,
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
    conn.remembered.fetch_add(1, Ordering::Relaxed);
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
    channel: Channel<Msg>,
    target: TcpStream,
    place: Place,
) -> Reason {
    let (from_client, to_client) = channel.split();
    let (from_target, to_target) = target.into_split();
    let traffic = &passage.channel.traffic;
    let end = {
        let machine_done = Notify::new();
        let up = Upwards::new(gateway, conn, to_client.id(), to_target, &traffic.up);
        let up = up.run(from_client, &machine_done);
        let down = downwards(from_target, &to_client, &traffic.down);
        let revoked = passage.open.standing.revoked(&gateway.app, visitor);
        tokio::pin!(up, down, revoked);
        let mut down_done = false;
        loop {
            tokio::select! {
                // The client closed, or the machine does not read: either way it is over. This also
                // frees a writer that waits for window that will never come.
                end = &mut up => break end,
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

/// Machine to client, until the machine closes its side (true) or either is gone.
async fn downwards(from: OwnedReadHalf, to: &ChannelWriteHalf<Msg>, count: &AtomicU64) -> bool {
    let mut buffer = BytesMut::new();
    loop {
        // Waiting holds no buffer: an idle forward costs nothing.
        if from.readable().await.is_err() {
            return false;
        }
        buffer.reserve(PIECE);
        match from.try_read_buf(&mut buffer) {
            Ok(0) => return true,
            Ok(n) => {
                if to.data_bytes(buffer.split().freeze()).await.is_err() {
                    return false;
                }
                count.fetch_add(n as u64, Ordering::Relaxed);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => buffer = BytesMut::new(),
            Err(_) => return false,
        }
    }
}

/// Client to machine. Ends when the client closes; a half-close is passed on. A channel whose
/// machine stopped reading is closed after a while if it has neighbours, because russh's loop would
/// stand still for all of them; alone, it just waits, which is the back-pressure one wants.
struct Upwards<'a> {
    conn: &'a Conn,
    channel: ChannelId,
    to: OwnedWriteHalf,
    count: &'a AtomicU64,
    stall: Duration,
    /// What the client sent and the machine has not taken.
    waiting: Held<Bytes, Shut>,
    /// The client has ended its side.
    eof: bool,
}

impl<'a> Upwards<'a> {
    fn new(
        gateway: &Gateway,
        conn: &'a Conn,
        channel: ChannelId,
        to: OwnedWriteHalf,
        count: &'a AtomicU64,
    ) -> Self {
        let stall = gateway.app.config.ssh.stall_limit;
        let waiting = Held::new(Limits { pieces: WAITING, bytes: usize::MAX, most: MAX_WAITING, stall });
        Self { conn, channel, to, count, stall, waiting, eof: false }
    }

    async fn run(mut self, mut from: ChannelReadHalf, machine_done: &Notify) -> Reason {
        loop {
            let over = tokio::select! {
                // What has come goes out together: one system call for several packets.
                biased;
                message = from.wait(), if self.waiting.has_room() => self.heard(message).await,
                written = write(&mut self.to, &self.waiting), if !self.waiting.is_empty() => {
                    self.written(written).await
                }
                () = machine_done.notified(), if self.eof && self.waiting.is_empty() => {
                    // Both are done, and the client closes by itself.
                    let _ = tokio::time::timeout(CLOSING, closed(&mut from)).await;
                    Some(Reason::Closed)
                }
                // Everything else waits: the machine does not take it.
                () = self.waiting.pressure() => {
                    let (conn, channel) = (self.conn, self.channel);
                    let pressed = self.waiting.press(|| conn.gate.shut(channel), conn.has_neighbours());
                    pressed.is_err().then_some(Reason::Stalled)
                }
            };
            if let Some(reason) = over {
                return reason;
            }
        }
    }

    /// The client did something.
    async fn heard(&mut self, message: Option<ChannelMsg>) -> Option<Reason> {
        match message {
            Some(ChannelMsg::Data { data }) => self.waiting.push(data),
            Some(ChannelMsg::Eof) => {
                self.eof = true;
                self.pass_on_the_end().await;
            }
            Some(ChannelMsg::Close) | None => {
                // What the client sent before it closed still belongs to the machine; the
                // neighbours need not wait for it.
                let _ = tokio::time::timeout(self.stall, self.rest()).await;
                return Some(Reason::Closed);
            }
            Some(_) => {}
        }
        None
    }

    async fn rest(&mut self) {
        for data in self.waiting.drain() {
            if self.to.write_all(&data).await.is_err() {
                return;
            }
            self.count.fetch_add(data.len() as u64, Ordering::Relaxed);
        }
    }

    /// The machine took something, or is gone.
    async fn written(&mut self, written: io::Result<usize>) -> Option<Reason> {
        let Ok(n) = written else { return Some(Reason::Closed) };
        self.count.fetch_add(n as u64, Ordering::Relaxed);
        self.waiting.advance(n);
        if self.eof {
            self.pass_on_the_end().await;
        }
        None
    }

    /// The client's end is the machine's once it has everything.
    async fn pass_on_the_end(&mut self) {
        if self.waiting.is_empty() {
            let _ = self.to.shutdown().await;
        }
    }
}

/// Waits until the client closes. russh forgets a channel only if the client is the first to close it.
async fn closed(from: &mut ChannelReadHalf) {
    while let Some(now) = from.wait().await {
        if matches!(now, ChannelMsg::Close) {
            return;
        }
    }
}

/// Writes as much of what waits as goes in one call.
async fn write(to: &mut OwnedWriteHalf, waiting: &Held<Bytes, Shut>) -> io::Result<usize> {
    let mut pieces = [io::IoSlice::new(&[]); WAITING];
    let mut count = 0;
    for (piece, bytes) in pieces.iter_mut().zip(waiting.pieces()) {
        *piece = io::IoSlice::new(bytes);
        count += 1;
    }
    to.write_vectored(&pieces[..count]).await
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
