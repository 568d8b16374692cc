//! The bytes of a forward, each way. It knows a channel, a socket and a count, and nothing of who may have
//! them.

use super::inbox::{Incoming, Word};
use bytes::{Buf, Bytes, BytesMut};
use russh::ChannelWriteHalf;
use russh::server::Msg;
use std::collections::VecDeque;
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
/// Pieces that are written together.
const WAITING: usize = 16;

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

/// What a machine may take to take a little of what its client sent before it closed.
const LAST: Duration = Duration::from_secs(60);

/// Client to machine. Ends when the client closes, with what the machine has not taken yet; a half-close is passed on. A machine that takes nothing makes its
/// client wait, and nobody else: what is not written is not given back to the channel's window.
pub(super) struct Upwards<'a> {
    to: OwnedWriteHalf,
    count: &'a AtomicU64,
    /// What the client sent and the machine has not taken.
    waiting: VecDeque<Bytes>,
    /// The client has ended its side.
    eof: bool,
}

impl<'a> Upwards<'a> {
    pub(super) fn new(to: OwnedWriteHalf, count: &'a AtomicU64) -> Self {
        Self { to, count, waiting: VecDeque::new(), eof: false }
    }

    pub(super) async fn run(mut self, mut from: Incoming, machine_done: &Notify) -> Self {
        loop {
            let goes_on = tokio::select! {
                // What has come goes out together: one system call for several packets.
                biased;
                word = next(&mut from, self.waiting.len() >= WAITING) => match word {
                    Word::Close => {
                        self.last(&mut from).await;
                        false
                    }
                    word => self.heard(word).await,
                },
                written = write(&mut self.to, &self.waiting), if !self.waiting.is_empty() => {
                    self.written(written).await
                }
                () = machine_done.notified(), if self.eof && self.waiting.is_empty() => {
                    // Both are done, and the client closes by itself.
                    let _ = tokio::time::timeout(CLOSING, from.closed()).await;
                    false
                }
            };
            if !goes_on {
                return self;
            }
        }
    }

    /// The client said something; whether it goes on.
    async fn heard(&mut self, word: Word) -> bool {
        match word {
            Word::Data(data) => self.waiting.push_back(data),
            Word::Eof => {
                self.eof = true;
                self.pass_on_the_end().await;
            }
            _ => {}
        }
        true
    }

    /// What the client had said before it closed, which is all here.
    async fn last(&mut self, from: &mut Incoming) {
        loop {
            match from.wait().await {
                Word::Data(data) => self.waiting.push_back(data),
                Word::Eof => self.eof = true,
                Word::Close => return,
                _ => {}
            }
        }
    }

    /// What the client sent before it closed still belongs to the machine.
    pub(super) async fn rest(mut self) {
        while !self.waiting.is_empty() {
            let written = tokio::time::timeout(LAST, write(&mut self.to, &self.waiting)).await;
            let Ok(written) = written else { return };
            if !self.written(written).await {
                return;
            }
        }
    }

    /// The machine took something, or is gone.
    async fn written(&mut self, written: io::Result<usize>) -> bool {
        let Ok(mut left) = written else {
            self.waiting.clear();
            return false;
        };
        self.count.fetch_add(left as u64, Ordering::Relaxed);
        while let Some(first) = self.waiting.front_mut() {
            if left < first.len() {
                first.advance(left);
                break;
            }
            left -= first.len();
            self.waiting.pop_front();
        }
        if self.eof {
            self.pass_on_the_end().await;
        }
        true
    }

    /// The client's end is the machine's once it has everything.
    async fn pass_on_the_end(&mut self) {
        if self.waiting.is_empty() {
            let _ = self.to.shutdown().await;
        }
    }
}

/// The next word; of who has enough, that it closed.
async fn next(from: &mut Incoming, enough: bool) -> Word {
    if enough {
        from.closed().await;
        return Word::Close;
    }
    from.wait().await
}

/// Writes as much of what waits as goes in one call.
async fn write(to: &mut OwnedWriteHalf, waiting: &VecDeque<Bytes>) -> io::Result<usize> {
    let mut pieces = [io::IoSlice::new(&[]); WAITING];
    let mut count = 0;
    for (piece, bytes) in pieces.iter_mut().zip(waiting) {
        *piece = io::IoSlice::new(bytes);
        count += 1;
    }
    to.write_vectored(&pieces[..count]).await
}
