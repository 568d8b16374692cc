//! What a client says on a channel, from russh's queue to whoever takes it, with its bytes counted as the
//! person's for as long as they are anywhere in between.

use super::conn::Conn;
use crate::app::presence::{Piece, Waiting};
use bytes::Bytes;
use russh::{ChannelId, ChannelMsg, ChannelReadHalf};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// When a person has too much waiting, a session may still have this: a line, a key.
const MODEST: usize = 16 * 1024;

/// What one message takes besides its bytes, about: who sends many of nothing pays for them.
const OF_A_MESSAGE: usize = 256;

/// Whose bytes a channel's are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taker {
    /// A session: it is told when it sends too much.
    Session,
    /// A forward: its client waits.
    Forward,
}

/// The channels of one connection that are read.
#[derive(Debug, Default)]
pub(super) struct Inboxes(Mutex<HashMap<ChannelId, Inbox>>);

#[derive(Debug)]
struct Inbox {
    waiting: Waiting,
    taker: Taker,
    /// In russh's queue.
    queued: VecDeque<Piece>,
    /// What weighs there, or was taken from there and is not dropped yet.
    bytes: Arc<AtomicUsize>,
}

impl Inboxes {
    fn lock(&self) -> MutexGuard<'_, HashMap<ChannelId, Inbox>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// russh has put a message of so many bytes into a channel's queue; whether that is more than it may have there.
    pub(super) fn arrived(&self, channel: ChannelId, bytes: usize) -> bool {
        let mut inboxes = self.lock();
        // A channel that nobody reads keeps nothing.
        let Some(inbox) = inboxes.get_mut(&channel) else { return false };
        let weight = bytes + OF_A_MESSAGE;
        inbox.queued.push_back(inbox.waiting.more(weight));
        let of_channel = inbox.bytes.fetch_add(weight, Ordering::Relaxed) + weight;
        inbox.taker == Taker::Session && of_channel > MODEST && inbox.waiting.is_full()
    }
}

/// A channel's reading half.
pub(super) struct Incoming {
    conn: Arc<Conn>,
    channel: ChannelId,
    read: ChannelReadHalf,
    waiting: Waiting,
    bytes: Arc<AtomicUsize>,
}

impl Incoming {
    /// Before the channel is accepted, so that nothing comes uncounted.
    pub(super) fn new(
        conn: &Arc<Conn>,
        channel: ChannelId,
        read: ChannelReadHalf,
        waiting: Waiting,
        taker: Taker,
    ) -> Self {
        let bytes = Arc::new(AtomicUsize::new(0));
        let inbox =
            Inbox { waiting: waiting.clone(), taker, queued: VecDeque::new(), bytes: Arc::clone(&bytes) };
        conn.inboxes.lock().insert(channel, inbox);
        Self { conn: Arc::clone(conn), channel, read, waiting, bytes }
    }

    /// The next message. Nothing is lost when the waiting is dropped.
    pub(super) async fn wait(&mut self) -> Option<ChannelMsg> {
        Some(match self.read.wait().await? {
            ChannelMsg::Data { data } => ChannelMsg::Data { data: self.counted(data) },
            ChannelMsg::ExtendedData { data, ext } => {
                ChannelMsg::ExtendedData { data: self.counted(data), ext }
            }
            other => other,
        })
    }

    /// Whether the person has too much waiting.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.is_full()
    }

    /// The same bytes, which stay in the count until the last of them is dropped.
    fn counted(&self, data: Bytes) -> Bytes {
        let piece =
            self.conn.inboxes.lock().get_mut(&self.channel).and_then(|inbox| inbox.queued.pop_front());
        match piece {
            Some(piece) => Bytes::from_owner(Counted { data, bytes: Arc::clone(&self.bytes), _piece: piece }),
            None => data,
        }
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        self.conn.inboxes.lock().remove(&self.channel);
    }
}

struct Counted {
    data: Bytes,
    bytes: Arc<AtomicUsize>,
    _piece: Piece,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.data
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.bytes.fetch_sub(self.data.len() + OF_A_MESSAGE, Ordering::Relaxed);
    }
}
