//! Channels, from their opening on: who may have one more, and what is said on it.

use super::Handler;
use crate::app::ctx::Visitor;
use crate::app::ending::Reason;
use crate::app::error::{Error, Kind};
use crate::app::login::KeptOut;
use crate::app::presence::{Counted, Promised};
use crate::gateway::forward;
use crate::gateway::inbox::{Inbox, Incoming, Word};
use crate::shell::notice;
use russh::server::{ChannelOpenHandle, Session};
use russh::{ChannelId, ChannelOpenFailure};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The largest packet that we announce (`Config::maximum_packet_size`).
const MAX_DATA: usize = 32 * 1024;

/// Channels of somebody who is kept out: enough to be told.
const TOLD: usize = 2;

/// Who opens a channel.
pub(in crate::gateway) enum Who {
    /// Somebody who came in.
    In(Arc<Visitor>),
    /// Somebody who is told why they may not.
    KeptOut(Arc<KeptOut>),
}

/// One open channel; dropping it frees its places.
pub(in crate::gateway) struct Place {
    one: Counter,
    _of_person: Option<Counted>,
}

impl Place {
    /// Gives the place up; how many channels of the connection are open still.
    pub(in crate::gateway) fn leave(self) -> usize {
        let count = Arc::clone(&self.one.count);
        drop(self);
        count.load(Ordering::Relaxed)
    }
}

/// One in a connection's count.
struct Counter {
    count: Arc<AtomicUsize>,
    /// How many there were.
    before: usize,
}

impl Counter {
    fn one(count: &Arc<AtomicUsize>) -> Self {
        Self { count: Arc::clone(count), before: count.fetch_add(1, Ordering::Relaxed) }
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Handler {
    /// Who opens, and a place for it, or the words of the refusal.
    pub(super) fn enter(&self) -> Result<(Who, Place), ChannelOpenFailure> {
        let who = match (self.conn.visitor.get(), self.conn.kept_out.get()) {
            (Some(visitor), _) => Who::In(Arc::clone(visitor)),
            (None, Some(kept)) if self.conn.is_ending() => return Err(forward::failure(kept.why())),
            (None, Some(kept)) => Who::KeptOut(Arc::clone(kept)),
            (None, None) => return Err(forward::failure(&Error::denied())),
        };
        // Clients leave when their channel is refused, and do not read what else is said.
        if let Some(reason) = self.conn.ending.reason() {
            let code = ChannelOpenFailure::ResourceShortage.code();
            return Err(ChannelOpenFailure::Other { code, reason: notice::farewell(reason) });
        }
        let place = self.place(&who).map_err(|error| forward::failure(&error))?;
        Ok((who, place))
    }

    /// A new channel's inbox, for who takes from it.
    pub(super) fn incoming(&mut self, who: &Who, channel: ChannelId, session: &Session) -> Incoming {
        let part = match who {
            Who::In(visitor) => self.gateway.app.presence.part(visitor),
            Who::KeptOut(_) => Promised::default().part(),
        };
        let incoming = Incoming::new(session.handle(), channel, part);
        self.inboxes.retain(|_, inbox| inbox.strong_count() > 0);
        self.inboxes.insert(channel, incoming.inbox());
        incoming
    }

    pub(super) fn inbox(&self, channel: ChannelId) -> Option<Arc<Inbox>> {
        self.inboxes.get(&channel)?.upgrade()
    }

    /// A word for who takes from a channel. Who says more than anybody needs to goes.
    pub(super) fn say(&self, channel: ChannelId, word: Word) {
        if self.inbox(channel).is_some_and(|inbox| inbox.say(word).is_err()) {
            self.conn.ending.end(Reason::TooMuchWaiting);
        }
    }

    /// A request that sets a session up: said and granted, or refused.
    pub(super) fn asked(
        &self,
        session: &mut Session,
        channel: ChannelId,
        word: Option<Word>,
    ) -> Result<(), russh::Error> {
        let granted = word.is_some();
        if let Some(word) = word {
            self.say(channel, word);
        }
        if granted { session.channel_success(channel) } else { session.channel_failure(channel) }
    }

    /// A place for one more channel, while there is one on the connection and one of the person's.
    fn place(&self, who: &Who) -> Result<Place, Error> {
        let max = match who {
            Who::In(_) => self.gateway.app.config.ssh.max_channels,
            Who::KeptOut(_) => TOLD,
        };
        let one = Counter::one(&self.conn.channels);
        if one.before >= max {
            return Err(Error::new(Kind::Limited, "error-too-many-channels").with("max", max));
        }
        let of_person = match who {
            Who::In(visitor) => Some(self.gateway.app.presence.channel(visitor)?),
            Who::KeptOut(_) => None,
        };
        Ok(Place { one, _of_person: of_person })
    }
}

/// What nobody may open, in words.
pub(super) async fn no_such_channel(reply: ChannelOpenHandle, id: &'static str) -> Result<(), russh::Error> {
    reply.reject(forward::failure(&Error::new(Kind::Denied, id))).await;
    Ok(())
}

/// russh takes packets of eight times what it announced, and our queues count messages.
pub(super) fn bounded(data: &[u8]) -> Result<(), russh::Error> {
    if data.len() <= MAX_DATA { Ok(()) } else { Err(russh::Error::PacketSize(data.len())) }
}

/// What was no UTF-8 came with this in it.
pub(in crate::gateway) fn is_text(text: &str) -> bool {
    !text.contains(char::REPLACEMENT_CHARACTER)
}
