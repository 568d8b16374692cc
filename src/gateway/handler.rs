//! russh's callbacks: they answer the protocol and hand over. They run inside the session's loop,
//! so nothing here waits for a machine; only the login waits for the store, before there are channels.

mod auth;

use super::conn::Conn;
use super::startups::Stranger;
use super::{Gateway, forward, session};
use crate::app::ctx::Visitor;
use crate::app::ending::Reason;
use crate::app::login::KeptOut;
use crate::app::presence::Present;
use auth::{Half, reject};
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
    /// Whom keyboard-interactive asked: for the second factor when there is a half, for the first when not.
    asked: Option<String>,
    /// Session channels on which nothing runs yet: a second shell or exec is refused (RFC 4254
    /// 6.5), and on a forward any.
    fresh: HashSet<ChannelId>,
}

/// Who opens a channel.
pub(super) enum Who {
    /// Somebody who came in.
    In(Arc<Visitor>),
    /// Somebody who is told why they may not.
    KeptOut(Arc<KeptOut>),
}

/// One open channel; dropping it frees its place.
pub(super) struct Place(Arc<AtomicUsize>);

impl Place {
    /// Gives the place up; how many channels are open still.
    pub(super) fn leave(self) -> usize {
        let count = Arc::clone(&self.0);
        drop(self);
        count.load(Ordering::Relaxed)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
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
            asked: None,
            fresh: HashSet::new(),
        }
    }

    /// Who opens, and a place for it.
    fn enter(&self) -> Option<(Who, Place)> {
        let who = match (self.conn.visitor.get(), self.conn.kept_out.get()) {
            (Some(visitor), _) => Who::In(Arc::clone(visitor)),
            (None, Some(kept)) => Who::KeptOut(Arc::clone(kept)),
            (None, None) => return None,
        };
        Some((who, self.place()?))
    }

    /// A place for one more channel, while there is one and the connection is not ending.
    fn place(&self) -> Option<Place> {
        if self.conn.remembered.load(Ordering::Relaxed) >= MAX_REMEMBERED {
            return None;
        }
        let max = self.gateway.app.config.ssh.max_channels;
        let place = Place(Arc::clone(&self.conn.channels));
        let before = self.conn.channels.fetch_add(1, Ordering::Relaxed);
        (before < max && !self.conn.is_ending()).then_some(place)
    }
}

impl russh::server::Handler for Handler {
    type Error = russh::Error;

    async fn auth_none(&mut self, _user: &str) -> Result<Auth, Self::Error> {
        self.start_over();
        Ok(reject())
    }

    async fn auth_publickey_offered(
        &mut self,
        user: &str,
        offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, Self::Error> {
        Ok(self.offer(user, offer.public_key, offer.algorithm).await)
    }

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, Self::Error> {
        Ok(self.signed(user, key.public_key, key.algorithm).await)
    }

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, Self::Error> {
        self.start_over();
        Ok(self.password(user, password).await)
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        user: &str,
        _submethods: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth, Self::Error> {
        let Some(mut answers) = response else { return Ok(self.ask(user)) };
        let answer = answers.next().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        Ok(self.answered(user, answer).await)
    }

    async fn auth_succeeded(&mut self, _session: &mut Session) -> Result<(), Self::Error> {
        // Who is kept out stays among those who are not in.
        if self.conn.visitor.get().is_some() {
            self.stranger = None;
        }
        Ok(())
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        let Some((who, place)) = self.enter() else {
            reply.reject(ChannelOpenFailure::ResourceShortage).await;
            return Ok(());
        };
        reply.accept().await;
        self.conn.remembered.fetch_add(1, Ordering::Relaxed);
        self.fresh.insert(channel.id());
        let (gateway, conn) = (Arc::clone(&self.gateway), Arc::clone(&self.conn));
        tokio::spawn(session::run(gateway, conn, who, channel, place));
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
            Some((Who::In(visitor), place)) => (visitor, place),
            Some((Who::KeptOut(kept), _)) => {
                reply.reject(forward::failure(kept.why())).await;
                self.conn.ending.end(Reason::KeptOut);
                return Ok(());
            }
            None => {
                reply.reject(ChannelOpenFailure::ResourceShortage).await;
                return Ok(());
            }
        };
        let asked = forward::Asked {
            host: host.to_owned(),
            port,
            originator: format!("{originator}:{originator_port}"),
        };
        let (gateway, conn) = (Arc::clone(&self.gateway), Arc::clone(&self.conn));
        tokio::spawn(forward::run(gateway, conn, visitor, asked, channel, reply, place));
        Ok(())
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
        // There is none; but a refusal has no words, so who most likely is a person is told on the channel.
        let told = name == "sftp" || self.conn.kept_out.get().is_some();
        let first = told && self.fresh.remove(&channel);
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

    async fn data(&mut self, _: ChannelId, data: &[u8], _: &mut Session) -> Result<(), Self::Error> {
        bounded(data)
    }

    async fn extended_data(
        &mut self,
        _: ChannelId,
        _code: u32,
        data: &[u8],
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        bounded(data)
    }
}

/// russh takes packets of eight times what it announced, and our queues count messages.
fn bounded(data: &[u8]) -> Result<(), russh::Error> {
    if data.len() <= MAX_DATA { Ok(()) } else { Err(russh::Error::PacketSize(data.len())) }
}

fn answer(session: &mut Session, channel: ChannelId, yes: bool) -> Result<(), russh::Error> {
    if yes { session.channel_success(channel) } else { session.channel_failure(channel) }
}
