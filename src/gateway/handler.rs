//! russh's callbacks: they answer the protocol and hand over. They run inside the session's loop,
//! so nothing here waits for a machine; only the login waits for the store, before there are channels.

mod auth;

use super::conn::Conn;
use super::inbox::{Inbox, Incoming, Word};
use super::startups::Stranger;
use super::{Gateway, forward, session};
use crate::app::ctx::Visitor;
use crate::app::ending::Reason;
use crate::app::error::{Error, Kind};
use crate::app::login::KeptOut;
use crate::app::presence::{Counted, Present, Promised};
use crate::shell::notice;
use auth::{Half, named, reject};
use bytes::Bytes;
use russh::keys::{HashAlg, PublicKey};
use russh::server::{Auth, ChannelOpenHandle, Msg, PublicKeyOffer, Response, Session, VerifiedPublicKey};
use russh::{Channel, ChannelId, ChannelOpenFailure, Sig};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

/// The largest packet that we announce (`Config::maximum_packet_size`).
const MAX_DATA: usize = 32 * 1024;

/// Channels of somebody who is kept out: enough to be told.
const TOLD: usize = 2;

pub(super) struct Handler {
    gateway: Arc<Gateway>,
    conn: Arc<Conn>,
    stranger: Option<Stranger>,
    present: Option<Present>,
    login: String,
    offered: Vec<String>,
    /// Passwords, codes, and first factors that were half a login.
    tries: u32,
    /// The first factor was right, in this name, and nothing but the question for the second came
    /// since. It is nothing to any other name or method (CVE-2026-46705).
    half: Option<Half>,
    /// The last password or code was wrong: the next question says so.
    missed: bool,
    /// The last answer was no UTF-8: the next question says so.
    foreign: bool,
    /// Whom keyboard-interactive asked: for the second factor when there is a half, for the first when not.
    asked: Option<String>,
    /// Session channels on which nothing runs yet: a second shell or exec is refused (RFC 4254
    /// 6.5), and on a forward any.
    fresh: HashSet<ChannelId>,
    /// What clients say on their channels, for who takes it.
    inboxes: HashMap<ChannelId, Weak<Inbox>>,
}

/// Who opens a channel.
pub(super) enum Who {
    /// Somebody who came in.
    In(Arc<Visitor>),
    /// Somebody who is told why they may not.
    KeptOut(Arc<KeptOut>),
}

/// One open channel; dropping it frees its places.
pub(super) struct Place {
    one: Counter,
    _of_person: Option<Counted>,
}

impl Place {
    /// Gives the place up; how many channels of the connection are open still.
    pub(super) fn leave(self) -> usize {
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
    pub(super) fn new(gateway: Arc<Gateway>, conn: Arc<Conn>, stranger: Stranger) -> Self {
        Self {
            gateway,
            conn,
            stranger: Some(stranger),
            present: None,
            login: String::new(),
            offered: Vec::new(),
            tries: 0,
            half: None,
            missed: false,
            foreign: false,
            asked: None,
            fresh: HashSet::new(),
            inboxes: HashMap::new(),
        }
    }

    /// Keys were exchanged, and a login is under way.
    fn speaks(&self) {
        if let Some(stranger) = &self.stranger {
            stranger.speaks();
        }
    }

    /// Who opens, and a place for it, or the words of the refusal.
    fn enter(&self) -> Result<(Who, Place), ChannelOpenFailure> {
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
    fn incoming(&mut self, who: &Who, channel: ChannelId, session: &Session) -> Incoming {
        let part = match who {
            Who::In(visitor) => self.gateway.app.presence.part(visitor),
            Who::KeptOut(_) => Promised::default().part(),
        };
        let incoming = Incoming::new(session.handle(), channel, part);
        self.inboxes.retain(|_, inbox| inbox.strong_count() > 0);
        self.inboxes.insert(channel, incoming.inbox());
        incoming
    }

    fn inbox(&self, channel: ChannelId) -> Option<Arc<Inbox>> {
        self.inboxes.get(&channel)?.upgrade()
    }

    /// A word for who takes from a channel. Who says more than anybody needs to goes.
    fn say(&self, channel: ChannelId, word: Word) {
        if self.inbox(channel).is_some_and(|inbox| inbox.say(word).is_err()) {
            self.conn.ending.end(Reason::TooMuchWaiting);
        }
    }

    /// A request that sets a session up: said and granted, or refused.
    fn asked(
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
async fn no_such_channel(reply: ChannelOpenHandle, id: &'static str) -> Result<(), russh::Error> {
    reply.reject(forward::failure(&Error::new(Kind::Denied, id))).await;
    Ok(())
}

impl russh::server::Handler for Handler {
    type Error = russh::Error;

    async fn auth_none(&mut self, _user: &str) -> Result<Auth, Self::Error> {
        self.speaks();
        self.start_over();
        Ok(reject())
    }

    async fn auth_publickey_offered(
        &mut self,
        user: &str,
        offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, Self::Error> {
        self.speaks();
        Ok(self.offer(named(user), offer.public_key, offer.algorithm).await)
    }

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, Self::Error> {
        self.speaks();
        Ok(self.signed(named(user), key.public_key, key.algorithm).await)
    }

    async fn auth_unreadable(&mut self, user: &str) -> Result<(), Self::Error> {
        self.speaks();
        self.no_key(named(user));
        Ok(())
    }

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, Self::Error> {
        self.speaks();
        self.start_over();
        if !is_text(password) {
            return Ok(self.unreadable());
        }
        Ok(self.password(named(user), password).await)
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        user: &str,
        _submethods: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth, Self::Error> {
        self.speaks();
        let user = named(user);
        let Some(mut answers) = response else { return Ok(self.ask(user)) };
        let answer = answers.next().map(|bytes| String::from_utf8(bytes.to_vec()));
        Ok(self.answered(user, answer.transpose()).await)
    }

    async fn auth_succeeded(&mut self, _session: &mut Session) -> Result<(), Self::Error> {
        // Who is kept out stays among those who are not in.
        if self.conn.visitor.get().is_some() {
            if let Some(stranger) = self.stranger.take() {
                stranger.came_in();
            }
        } else if let Some(stranger) = &mut self.stranger {
            stranger.proved();
        }
        Ok(())
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let (who, place) = match self.enter() {
            Ok(entered) => entered,
            Err(refusal) => {
                reply.reject(refusal).await;
                return Ok(());
            }
        };
        let id = channel.id();
        let (_, write) = channel.split();
        let read = self.incoming(&who, id, session);
        reply.accept().await;
        self.fresh.insert(id);
        let (gateway, conn) = (Arc::clone(&self.gateway), Arc::clone(&self.conn));
        tokio::spawn(session::run(gateway, conn, who, (read, write), place));
        Ok(())
    }

    async fn channel_open_direct_tcpip(
        &mut self,
        channel: Channel<Msg>,
        host: &str,
        port: u32,
        originator: &str,
        originator_port: u32,
        reply: ChannelOpenHandle,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let (visitor, place) = match self.enter() {
            Ok((Who::In(visitor), place)) => (visitor, place),
            Ok((Who::KeptOut(kept), _)) => {
                reply.reject(forward::failure(kept.why())).await;
                self.conn.ending.end(Reason::KeptOut);
                return Ok(());
            }
            Err(refusal) => {
                reply.reject(refusal).await;
                return Ok(());
            }
        };
        let id = channel.id();
        let (_, write) = channel.split();
        let read = self.incoming(&Who::In(Arc::clone(&visitor)), id, session);
        let asked = forward::Asked {
            host: host.to_owned(),
            port,
            originator: format!("{originator}:{originator_port}"),
        };
        let (gateway, conn) = (Arc::clone(&self.gateway), Arc::clone(&self.conn));
        tokio::spawn(forward::run(gateway, conn, visitor, asked, (read, write), reply, place));
        Ok(())
    }

    async fn channel_open_direct_streamlocal(
        &mut self,
        _channel: Channel<Msg>,
        _path: &str,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        no_such_channel(reply, "error-unix-socket").await
    }

    async fn channel_open_x11(
        &mut self,
        _channel: Channel<Msg>,
        _originator: &str,
        _originator_port: u32,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        no_such_channel(reply, "error-channel-kind").await
    }

    async fn channel_open_forwarded_tcpip(
        &mut self,
        _channel: Channel<Msg>,
        _host: &str,
        _port: u32,
        _originator: &str,
        _originator_port: u32,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        no_such_channel(reply, "error-channel-kind").await
    }

    async fn env_request(
        &mut self,
        channel: ChannelId,
        name: &str,
        value: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let env = || Word::Env { name: name.to_owned(), value: value.to_owned() };
        self.asked(session, channel, session::accepts_env(name, value).then(env))
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        term: &str,
        columns: u32,
        rows: u32,
        _width: u32,
        _height: u32,
        _modes: &[(russh::Pty, u32)],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let fresh = self.fresh.contains(&channel) && is_text(term);
        let terminal = || Word::Terminal { term: session::terminal(term), columns, rows };
        self.asked(session, channel, fresh.then(terminal))
    }

    async fn window_change_request(
        &mut self,
        channel: ChannelId,
        columns: u32,
        rows: u32,
        _width: u32,
        _height: u32,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.say(channel, Word::Resize { columns, rows });
        Ok(())
    }

    async fn signal(&mut self, channel: ChannelId, signal: Sig, _: &mut Session) -> Result<(), Self::Error> {
        if matches!(signal, Sig::INT) {
            self.say(channel, Word::Interrupt);
        }
        Ok(())
    }

    async fn shell_request(&mut self, channel: ChannelId, session: &mut Session) -> Result<(), Self::Error> {
        let first = self.fresh.remove(&channel);
        self.asked(session, channel, first.then_some(Word::Shell))
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        command: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let first = self.fresh.remove(&channel);
        self.asked(session, channel, first.then(|| Word::Exec(session::enough(command))))
    }

    async fn subsystem_request(
        &mut self,
        channel: ChannelId,
        name: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let first = session::is_told(name, &self.conn) && self.fresh.remove(&channel);
        self.asked(session, channel, first.then(|| Word::Subsystem(name.to_owned())))
    }

    async fn x11_request(
        &mut self,
        channel: ChannelId,
        _single: bool,
        _protocol: &str,
        _cookie: &str,
        _screen: u32,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.asked(session, channel, None)
    }

    async fn channel_eof(&mut self, channel: ChannelId, _session: &mut Session) -> Result<(), Self::Error> {
        self.say(channel, Word::Eof);
        Ok(())
    }

    async fn channel_close(&mut self, channel: ChannelId, _session: &mut Session) -> Result<(), Self::Error> {
        self.fresh.remove(&channel);
        self.say(channel, Word::Close);
        self.inboxes.remove(&channel);
        Ok(())
    }

    async fn data(&mut self, channel: ChannelId, data: &Bytes, _: &mut Session) -> Result<(), Self::Error> {
        bounded(data)?;
        if let Some(inbox) = self.inbox(channel) {
            inbox.data(data);
        }
        Ok(())
    }

    async fn extended_data(
        &mut self,
        channel: ChannelId,
        _code: u32,
        data: &Bytes,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        bounded(data)?;
        // A client has no standard error: it is taken and let go.
        if let Some(inbox) = self.inbox(channel) {
            inbox.taken(data.len());
        }
        Ok(())
    }

    async fn sign_exchange(
        &mut self,
        _key: &PublicKey,
        _hash_alg: Option<HashAlg>,
        hash: &[u8],
    ) -> Result<Vec<u8>, Self::Error> {
        self.gateway.signer.sign(hash).await
    }
}

/// russh takes packets of eight times what it announced, and our queues count messages.
fn bounded(data: &[u8]) -> Result<(), russh::Error> {
    if data.len() <= MAX_DATA { Ok(()) } else { Err(russh::Error::PacketSize(data.len())) }
}

/// What was no UTF-8 came with this in it.
pub(super) fn is_text(text: &str) -> bool {
    !text.contains(char::REPLACEMENT_CHARACTER)
}
