//! russh's callbacks: they answer the protocol and hand over. They run inside the session's loop,
//! so nothing here waits for a machine; only the login waits for the store, before there are channels.

use super::conn::{self, Conn};
use super::ending::Ending;
use super::startups::Stranger;
use super::{Gateway, MAX_TRIES, forward, session};
use crate::app::ctx::Visitor;
use crate::app::login::{First, Proved, Second};
use crate::app::presence::Open;
use crate::app::secret::Secret;
use crate::shell::notice;
use puerta_keys::authorized;
use russh::keys::{Algorithm, PublicKey};
use russh::server::{Auth, ChannelOpenHandle, Msg, PublicKeyOffer, Response, Session, VerifiedPublicKey};
use russh::{Channel, ChannelId, ChannelOpenFailure, MethodKind, MethodSet};
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// russh 0.65.1 keeps some 4 KiB of each channel that the server closed first until the connection
/// ends. With this many it takes no more; OpenSSH's multiplexing then makes a new connection.
const MAX_REMEMBERED: usize = 5_000;
/// The largest packet that we announce (`Config::maximum_packet_size`).
const MAX_DATA: usize = 32 * 1024;
/// Offered fingerprints that the audit keeps of somebody who did not come in.
const OFFERS_KEPT: usize = 10;
/// The questions, in both languages: before the login nobody has said which one they speak.
const PASSWORD: &str = "Contraseña o código / Password or code: ";
const CODE: &str = "Código de verificación / Verification code: ";

pub(super) struct Handler {
    gateway: Arc<Gateway>,
    conn: Arc<Conn>,
    stranger: Option<Stranger>,
    authenticated: Ending,
    present: Option<Open>,
    login: String,
    offered: Vec<String>,
    /// Passwords, codes, and first factors that were half a login.
    tries: u32,
    /// The first factor was right, in this name, and nothing but the question for the second came
    /// since. It is nothing to any other name or method (CVE-2026-46705).
    half: Option<Half>,
    /// Whom keyboard-interactive asked: for the second factor when there is a half, for the first when not.
    asked: Option<String>,
    /// Session channels on which nothing runs yet: a second shell or exec is refused (RFC 4254
    /// 6.5), and on a forward any.
    fresh: HashSet<ChannelId>,
}

/// A first factor that was right, of somebody who has a second one.
struct Half {
    /// The name it was proved in.
    login: String,
    first: First,
    /// The last code was wrong: the next question says so.
    missed: bool,
}

/// One open channel; dropping it frees its place.
pub(super) struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Handler {
    pub(super) fn new(gateway: Arc<Gateway>, conn: Arc<Conn>, stranger: Stranger) -> (Self, Ending) {
        let authenticated = Ending::default();
        let handler = Self {
            gateway,
            conn,
            stranger: Some(stranger),
            authenticated: authenticated.clone(),
            present: None,
            login: String::new(),
            offered: Vec::new(),
            tries: 0,
            half: None,
            asked: None,
            fresh: HashSet::new(),
        };
        (handler, authenticated)
    }

    /// Somebody is in.
    fn come_in(&mut self, visitor: Visitor) -> Auth {
        self.present = self.gateway.app.presence.connection(visitor.person);
        if self.present.is_none() {
            // They are in, so that they can be told; and out again.
            self.conn.ending.end("too many connections");
        }
        // Set once: a second success on one connection is impossible (RFC 4252 5.1).
        if self.conn.visitor.set(Arc::new(visitor)).is_ok() { Auth::Accept } else { reject() }
    }

    /// A first factor was judged.
    fn settle(&mut self, user: &str, proved: crate::app::error::Result<Proved>) -> Auth {
        match proved {
            Ok(Proved::In(visitor)) => self.come_in(visitor),
            Ok(Proved::Half(first)) => {
                self.half = Some(Half { login: user.to_owned(), first, missed: false });
                second_wanted(true)
            }
            Ok(Proved::No) => reject(),
            Err(error) => {
                tracing::warn!(connection = self.conn.id, ?error, "a login could not be decided");
                reject()
            }
        }
    }

    /// One more try; `false` when there are none left.
    fn try_again(&mut self) -> bool {
        self.tries += 1;
        if self.tries > MAX_TRIES {
            self.conn.ending.end("too many tries");
        }
        self.tries <= MAX_TRIES
    }

    async fn password(&mut self, user: &str, password: &str) -> Auth {
        if !self.try_again() {
            return reject();
        }
        user.clone_into(&mut self.login);
        let who = conn::stranger(&self.conn);
        let proved = self.gateway.app.login_password(&who, user, &Secret::new(password)).await;
        self.settle(user, proved)
    }

    async fn second(&mut self, code: &str) -> Auth {
        if !self.try_again() {
            return second_wanted(false);
        }
        let Some(half) = &mut self.half else { return reject() };
        let who = conn::stranger(&self.conn);
        match self.gateway.app.login_second(&who, &half.first, &Secret::new(code)).await {
            Ok(Second::In(visitor)) => self.come_in(visitor),
            Ok(Second::No) => {
                half.missed = true;
                second_wanted(false)
            }
            Ok(Second::Closed) => {
                self.conn.ending.end("too many codes");
                second_wanted(false)
            }
            Err(error) => {
                tracing::warn!(connection = self.conn.id, ?error, "a login could not be decided");
                second_wanted(false)
            }
        }
    }

    /// Another name or another method: what was proved and what was asked are nothing to it.
    fn start_over(&mut self) {
        self.asked = None;
        if let Some(half) = self.half.take() {
            self.given_up(half.first, "started over");
        }
    }

    fn given_up(&self, first: First, why: &'static str) {
        let (gateway, conn) = (Arc::clone(&self.gateway), Arc::clone(&self.conn));
        tokio::spawn(async move {
            gateway.app.second_given_up(&conn::stranger(&conn), &first, why).await;
        });
    }

    /// Who opens, and a place for it.
    fn enter(&self) -> Option<(Arc<Visitor>, Place)> {
        let visitor = Arc::clone(self.conn.visitor.get()?);
        Some((visitor, self.place()?))
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

impl Drop for Handler {
    fn drop(&mut self) {
        if self.conn.visitor.get().is_some() {
            return;
        }
        if let Some(half) = self.half.take() {
            return self.given_up(half.first, self.conn.ending.reason().unwrap_or("given up"));
        }
        if self.offered.is_empty() && self.tries == 0 {
            return;
        }
        let (gateway, conn) = (Arc::clone(&self.gateway), Arc::clone(&self.conn));
        let (login, offered) = (std::mem::take(&mut self.login), std::mem::take(&mut self.offered));
        tokio::spawn(async move {
            let why = conn.ending.reason().unwrap_or("given up");
            gateway.app.login_given_up(&conn::stranger(&conn), &login, &offered, why).await;
        });
    }
}

/// No, and every method stays open: one wrong answer is not a reason to lock the door.
fn reject() -> Auth {
    let methods = [MethodKind::PublicKey, MethodKind::KeyboardInteractive, MethodKind::Password];
    Auth::Reject { proceed_with_methods: Some(MethodSet::from(&methods[..])), partial_success: false }
}

/// Right so far, or a wrong code after that: only the second factor is heard now.
fn second_wanted(partial_success: bool) -> Auth {
    let methods = MethodSet::from(&[MethodKind::KeyboardInteractive][..]);
    Auth::Reject { proceed_with_methods: Some(methods), partial_success }
}

/// One question, and what is said before it.
fn question(prompt: &'static str, echo: bool, said: Option<String>) -> Auth {
    Auth::Partial {
        name: Cow::Borrowed(""),
        instructions: Cow::Owned(said.unwrap_or_default()),
        prompts: Cow::Owned(vec![(Cow::Borrowed(prompt), echo)]),
    }
}

/// No question, but why there is none (RFC 4256 3.2 lets a client show it and answer nothing).
fn told() -> Auth {
    Auth::Partial {
        name: Cow::Borrowed(""),
        instructions: Cow::Owned(notice::farewell("too many codes")),
        prompts: Cow::Borrowed(&[]),
    }
}

/// SHA-1 signatures and weak keys are no keys.
fn usable(key: &PublicKey, algorithm: &Algorithm) -> bool {
    !matches!(algorithm, Algorithm::Rsa { hash: None } | Algorithm::Dsa)
        && authorized::acceptable(key).is_ok()
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
        self.start_over();
        let fingerprint = authorized::fingerprint(offer.public_key);
        if usable(offer.public_key, offer.algorithm) && self.gateway.app.knows_key(user, &fingerprint).await {
            return Ok(Auth::Accept);
        }
        user.clone_into(&mut self.login);
        if self.offered.len() < OFFERS_KEPT && !self.offered.contains(&fingerprint) {
            self.offered.push(fingerprint);
        }
        Ok(reject())
    }

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, Self::Error> {
        self.start_over();
        if !usable(key.public_key, key.algorithm) {
            return Ok(reject());
        }
        let fingerprint = authorized::fingerprint(key.public_key);
        let who = conn::stranger(&self.conn);
        let proved = self.gateway.app.login_key(&who, user, &fingerprint).await;
        // russh does not count what was right: half a login can be had as often as one likes.
        if matches!(proved, Ok(Proved::Half(_))) && !self.try_again() {
            return Ok(reject());
        }
        Ok(self.settle(user, proved))
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
        let Some(mut answers) = response else {
            if self.half.as_ref().is_some_and(|half| half.login != user) {
                self.start_over();
            }
            self.asked = Some(user.to_owned());
            // A code works once: who sees it typed has nothing of it. PuTTY answers whatever is not
            // shown with the password of its command line.
            return Ok(match &self.half {
                Some(half) if self.gateway.app.second_closed(&half.first) => told(),
                Some(half) => question(CODE, true, half.missed.then(notice::wrong_code)),
                None => question(PASSWORD, false, None),
            });
        };
        let answer = answers.next().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        // An answer counts for the name that was asked, once.
        let asked = self.asked.take().as_deref() == Some(user);
        Ok(match (answer, &self.half) {
            (code, Some(_)) if asked => self.second(&code.unwrap_or_default()).await,
            (Some(password), None) if asked => self.password(user, &password).await,
            (_, Some(_)) => second_wanted(false),
            (_, None) => reject(),
        })
    }

    async fn auth_succeeded(&mut self, _session: &mut Session) -> Result<(), Self::Error> {
        self.stranger = None;
        self.authenticated.end("authenticated");
        Ok(())
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        let Some((visitor, place)) = self.enter() else {
            reply.reject(ChannelOpenFailure::ResourceShortage).await;
            return Ok(());
        };
        reply.accept().await;
        self.conn.remembered.fetch_add(1, Ordering::Relaxed);
        self.fresh.insert(channel.id());
        let (gateway, conn) = (Arc::clone(&self.gateway), Arc::clone(&self.conn));
        tokio::spawn(session::run(gateway, conn, visitor, channel, place));
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
        let Some((visitor, place)) = self.enter() else {
            reply.reject(ChannelOpenFailure::ResourceShortage).await;
            return Ok(());
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
        _name: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        answer(session, channel, false)
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
