//! The bytes of a forward, each way. It knows a channel, a socket and a count, and nothing of who may have
//! them.

use super::conn::Conn;
use super::gate::Shut;
use super::inbox::Incoming;
use crate::app::ending::Reason;
use crate::session::held::{Held, Limits};
use bytes::{Bytes, BytesMut};
use russh::server::Msg;
use russh::{ChannelId, ChannelMsg, ChannelWriteHalf};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::Notify;

/// Time for a client to close a channel on which both sides have ended.
const CLOSING: Duration = Duration::from_secs(1);
/// Bytes read from a machine at a time.
const PIECE: usize = 64 * 1024;
/// Messages that wait for the machine before the client is no longer read.
const WAITING: usize = 16;
/// The most that can wait: russh may have as many in its own queue when the gate closes.
const MAX_WAITING: usize = 64;

/// Machine to client, until the machine closes its side (true) or either is gone.
pub(super) async fn downwards(from: OwnedReadHalf, to: &ChannelWriteHalf<Msg>, count: &AtomicU64) -> bool {
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
pub(super) struct Upwards<'a> {
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
    pub(super) fn new(
        conn: &'a Conn,
        channel: ChannelId,
        to: OwnedWriteHalf,
        count: &'a AtomicU64,
        stall: Duration,
    ) -> Self {
        let waiting = Held::new(Limits { pieces: WAITING, bytes: usize::MAX, most: MAX_WAITING, stall });
        Self { conn, channel, to, count, stall, waiting, eof: false }
    }

    pub(super) async fn run(mut self, mut from: Incoming, machine_done: &Notify) -> Reason {
        loop {
            // Who has too much waiting on all their connections has little on each.
            self.waiting.allow(if from.is_full() { 1 } else { WAITING });
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
async fn closed(from: &mut Incoming) {
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
