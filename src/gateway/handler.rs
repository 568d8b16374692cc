//! russh's callbacks: they answer the protocol and hand over. They run inside the session's loop,
//! so nothing here waits for a machine; only the login waits for the store, before there are channels.

mod auth;

use super::conn::Conn;
use super::gate::Shut;
use super::inbox::{Incoming, Taker};
use super::startups::Stranger;
use super::{Gateway, forward, session};
use crate::app::ctx::Visitor;
use crate::app::ending::Reason;
use crate::app::error::{Error, Kind};
use crate::app::login::KeptOut;
use crate::app::presence::{Counted, Present, Waiting};
use crate::shell::notice;
use auth::{Half, named, reject};
use russh::server::{Auth, ChannelOpenHandle, Msg, PublicKeyOffer, Response, Session, VerifiedPublicKey};
use russh::{Channel, ChannelId, ChannelOpenFailure};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// russh 0.65.1 keeps some 4 KiB of each channel that the server closed first until the connection
/// ends. With this many it takes no more; OpenSSH's multiplexing then makes a new connection.
const MAX_REMEMBERED: usize = 5_000;
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
    /// The client is read no more.
    unread: Option<Shut>,
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
            unread: None,
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

    /// The bytes of whoever opens a session that wait. Who is kept out has few channels, and none of them waits.
    fn waiting(&self, who: &Who) -> Waiting {
        match who {
            Who::In(visitor) => self.gateway.app.presence.waiting(visitor),
            Who::KeptOut(_) => Waiting::default(),
        }
    }

    /// So much came on a channel. Who has too much waiting, and sends on, goes, and is read no more.
    fn heard(&mut self, channel: ChannelId, data: &[u8]) -> Result<(), russh::Error> {
        bounded(data)?;
        if self.conn.inboxes.arrived(channel, data.len()) {
            self.conn.ending.end(Reason::TooMuchWaiting);
            self.unread.get_or_insert_with(|| self.conn.gate.shut(channel));
        }
        Ok(())
    }

    /// A place for one more channel, while there is one on the connection and one of the person's.
    fn place(&self, who: &Who) -> Result<Place, Error> {
        let max = match who {
            Who::In(_) => self.gateway.app.config.ssh.max_channels,
            Who::KeptOut(_) => TOLD,
        };
        let one = Counter::one(&self.conn.channels);
        if one.before >= max || self.conn.remembered.load(Ordering::Relaxed) >= MAX_REMEMBERED {
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

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, Self::Error> {
        self.speaks();
        self.start_over();
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
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        let (who, place) = match self.enter() {
            Ok(entered) => entered,
            Err(refusal) => {
                reply.reject(refusal).await;
                return Ok(());
            }
        };
        let id = channel.id();
        let (read, write) = channel.split();
        let read = Incoming::new(&self.conn, id, read, self.waiting(&who), Taker::Session);
        reply.accept().await;
        self.conn.remembered.fetch_add(1, Ordering::Relaxed);
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
        _session: &mut Session,
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
        let (read, write) = channel.split();
        let read =
            Incoming::new(&self.conn, id, read, self.gateway.app.presence.waiting(&visitor), Taker::Forward);
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
        answer(session, channel, session::accepts_env(name, value))
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        _term: &str,
        _columns: u32,
        _rows: u32,
        _width: u32,
        _height: u32,
        _modes: &[(russh::Pty, u32)],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        answer(session, channel, self.fresh.contains(&channel))
    }

    async fn shell_request(&mut self, channel: ChannelId, session: &mut Session) -> Result<(), Self::Error> {
        let first = self.fresh.remove(&channel);
        answer(session, channel, first)
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        _command: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let first = self.fresh.remove(&channel);
        answer(session, channel, first)
    }

    async fn subsystem_request(
        &mut self,
        channel: ChannelId,
        name: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let first = session::is_told(name, &self.conn) && self.fresh.remove(&channel);
        answer(session, channel, first)
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
        answer(session, channel, false)
    }

    async fn channel_close(&mut self, channel: ChannelId, _session: &mut Session) -> Result<(), Self::Error> {
        self.fresh.remove(&channel);
        self.conn.remembered.fetch_sub(1, Ordering::Relaxed);
        Ok(())
    }

    async fn data(&mut self, id: ChannelId, data: &[u8], _: &mut Session) -> Result<(), Self::Error> {
        self.heard(id, data)
    }

    async fn extended_data(
        &mut self,
        id: ChannelId,
        _code: u32,
        data: &[u8],
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        self.heard(id, data)
    }
}

/// russh takes packets of eight times what it announced, and our queues count messages.
fn bounded(data: &[u8]) -> Result<(), russh::Error> {
    if data.len() <= MAX_DATA { Ok(()) } else { Err(russh::Error::PacketSize(data.len())) }
}

fn answer(session: &mut Session, channel: ChannelId, yes: bool) -> Result<(), russh::Error> {
    if yes { session.channel_success(channel) } else { session.channel_failure(channel) }
}
