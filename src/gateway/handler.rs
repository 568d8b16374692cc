//! russh's callbacks: they answer the protocol and hand over. They run inside the session's loop,
//! so nothing here waits for a machine; only the login waits for the store, before there are channels.

mod auth;
mod channels;

pub(super) use channels::{Place, Who, is_text};

use super::conn::Conn;
use super::inbox::{Inbox, Word};
use super::startups::Stranger;
use super::{Gateway, forward, session};
use crate::app::ending::Reason;
use crate::app::presence::Present;
use auth::{Half, named, reject};
use bytes::Bytes;
use channels::{bounded, no_such_channel};
use russh::keys::{HashAlg, PublicKey};
use russh::server::{Auth, ChannelOpenHandle, Msg, PublicKeyOffer, Response, Session, VerifiedPublicKey};
use russh::{Channel, ChannelId, Sig};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Weak};

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
