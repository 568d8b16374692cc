//! One connection's life: the handshake under a grace time, the watch over what it may still do,
//! a hang-up noticed even when nobody reads, and an end that always comes.

use super::Gateway;
use super::handler::Handler;
use super::startups::Place;
use super::wire::Wire;
use crate::app::ctx::Visitor;
use crate::app::ending::{Ending, Reason};
use crate::app::error;
use crate::app::login::{self, KeptOut};
use crate::shell::{notice, render};
use rustix::event::{PollFd, PollFlags};
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// How often a connection is looked at for a hang-up. Two looks make one.
const LOOK: Duration = Duration::from_secs(2);
/// How long shells get to say why, before the connection is cut.
const FAREWELL: Duration = Duration::from_secs(1);
/// Unacknowledged bytes, or a client that takes none, for this long mean that it is gone: longer than somebody's `^Z`
/// is to cost.
const USER_TIMEOUT: Duration = Duration::from_secs(180);
/// Silence after which the kernel asks whether the client is there.
const SILENCE: Duration = Duration::from_secs(60);

/// What the tasks of one connection share.
pub(super) struct Conn {
    /// On every line of the audit.
    pub(super) id: String,
    /// Where from.
    pub(super) peer: SocketAddr,
    /// From the campus, or where somebody came in lately.
    pub(super) known_place: bool,
    /// Told first: shells say why and end.
    pub(super) ending: Ending,
    /// Told then: the socket is cut.
    pub(super) cut: Ending,
    /// Who it is, once they proved it.
    pub(super) visitor: OnceLock<Arc<Visitor>>,
    /// Or who proved it and may not come in: nothing on this connection is theirs but the words why.
    pub(super) kept_out: OnceLock<Arc<KeptOut>>,
    /// Open channels.
    pub(super) channels: Arc<AtomicUsize>,
}

impl Conn {
    /// Ends when the connection's end was told, whether it has gone through or not.
    pub(super) fn is_ending(&self) -> bool {
        self.ending.reason().is_some()
    }

    /// Whether somebody proved who they are.
    pub(super) fn is_known(&self) -> bool {
        self.visitor.get().is_some() || self.kept_out.get().is_some()
    }
}

/// Twelve hexadecimal digits: the second, and a count that only puerta can read: it would tell how often others come.
fn id() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let count = COUNT.fetch_add(1, Ordering::Relaxed) as u16;
    format!("{:08x}{:04x}", now.as_secs() as u32, shuffled(count))
}

/// Another number for each of the 65536, by a secret of this process: four rounds of a Feistel network, so that no two
/// become one.
fn shuffled(count: u16) -> u16 {
    static SECRET: OnceLock<RandomState> = OnceLock::new();
    let secret = SECRET.get_or_init(RandomState::new);
    let [mut left, mut right] = count.to_be_bytes();
    for round in 0..4_u8 {
        (left, right) = (right, left ^ secret.hash_one((round, right)) as u8);
    }
    u16::from_be_bytes([left, right])
}

fn prepare(stream: &TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = socket2::SockRef::from(stream);
    socket.set_tcp_keepalive(&socket2::TcpKeepalive::new().with_time(SILENCE).with_interval(LOOK * 5))?;
    socket.set_tcp_user_timeout(Some(USER_TIMEOUT))
}

pub(super) async fn run(
    gateway: Arc<Gateway>,
    stream: TcpStream,
    peer: SocketAddr,
    (connected, stranger): Place,
) {
    let begun = Instant::now();
    let conn = Arc::new(Conn {
        id: id(),
        peer,
        known_place: stranger.is_from_known_place(),
        // Another may have its place until it has logged in.
        ending: stranger.ending(),
        cut: Ending::default(),
        visitor: OnceLock::new(),
        kept_out: OnceLock::new(),
        channels: Arc::default(),
    });
    if let Err(error) = prepare(&stream) {
        tracing::debug!(%peer, %error, "the socket was gone at once");
        return;
    }
    let socket = Arc::new(stream);
    let wire = Wire::new(Arc::clone(&socket), conn.cut.clone());
    let handler = Handler::new(Arc::clone(&gateway), Arc::clone(&conn), stranger);
    let why = live(&gateway, &conn, &socket, wire, handler).await;
    // Whatever ended it, nothing of it stays: pumps and shells hear this.
    conn.ending.end(why);
    conn.cut.end(why);
    if let Some(visitor) = conn.visitor.get() {
        gateway.startups.left(peer.ip());
        gateway.app.logout(visitor, begun.elapsed(), why).await;
    }
    tracing::debug!(connection = conn.id, %peer, why = why.as_str(), "connection ended");
    drop(connected);
}

/// Runs the protocol until it ends or must end, and says why.
async fn live(
    gateway: &Arc<Gateway>,
    conn: &Arc<Conn>,
    socket: &Arc<TcpStream>,
    wire: Wire,
    handler: Handler,
) -> Reason {
    let grace = tokio::time::sleep(gateway.app.config.ssh.login_grace);
    tokio::pin!(grace);
    let running = tokio::select! {
        started = russh::server::run_stream(Arc::clone(&gateway.ssh), wire, handler) => match started {
            Ok(running) => running,
            Err(error) => {
                tracing::debug!(connection = conn.id, peer = %conn.peer, %error, "no SSH handshake");
                return Reason::NoHandshake;
            }
        },
        () = &mut grace => return Reason::LoginGrace,
        reason = conn.ending.ended() => return reason,
        _ = gateway.ending.ended() => return Reason::Shutdown,
    };
    let handle = running.handle();
    tokio::pin!(running);
    let mut changes = gateway.app.changes();
    let mut look = tokio::time::interval(LOOK);
    let mut hung_up = 0;
    // Something changed, and what that is to this connection was not found out yet.
    let mut unjudged = false;
    let why = loop {
        tokio::select! {
            ended = &mut running => {
                if let Err(error) = ended {
                    tracing::debug!(connection = conn.id, %error, "session ended");
                }
                return conn.ending.reason().unwrap_or(Reason::Closed);
            }
            () = &mut grace, if !conn.is_known() => {
                tracing::debug!(connection = conn.id, peer = %conn.peer, "no login within the grace time");
                gateway.refusals.refused("no login within the grace time", conn.peer);
                conn.ending.end(Reason::LoginGrace);
                conn.cut.end(Reason::LoginGrace);
                let _ = tokio::time::timeout(FAREWELL, &mut running).await;
                return Reason::LoginGrace;
            }
            _ = gateway.ending.ended() => break Reason::Shutdown,
            reason = conn.ending.ended() => break reason,
            changed = changes.changed() => unjudged |= changed.is_ok(),
            _ = look.tick() => {
                hung_up = if is_hung_up(socket) { hung_up + 1 } else { 0 };
                if hung_up == 2 {
                    break Reason::HangUp;
                }
            }
        }
        // A stranger has nothing to lose yet; who comes in meanwhile is judged at the next look.
        if let (true, Some(visitor)) = (unjudged, conn.visitor.get()) {
            match must_go(gateway, visitor).await {
                Ok(Some(reason)) => break reason,
                Ok(None) => unjudged = false,
                // The registry did not answer: nothing was decided, so nothing changes, until the next look.
                Err(_) => {}
            }
        }
    };
    // First the shells say why; then the client is told; then, whatever it does, the socket is cut.
    conn.ending.end(why);
    if why != Reason::HangUp {
        if conn.visitor.get().is_some() || conn.kept_out.get().is_some() {
            tokio::time::sleep(FAREWELL / 2).await;
        }
        let text = farewell(gateway, conn, why).await;
        let told = handle.disconnect(russh::Disconnect::ByApplication, text, String::new());
        let _ = tokio::time::timeout(FAREWELL / 2, told).await;
        if tokio::time::timeout(FAREWELL / 2, &mut running).await.is_ok() {
            // A session that has ended must not be waited for again: that is a panic.
            return why;
        }
    }
    conn.cut.end(why);
    let _ = tokio::time::timeout(FAREWELL, &mut running).await;
    why
}

/// What the client is told last, for who has nothing open that could say it.
async fn farewell(gateway: &Gateway, conn: &Conn, why: Reason) -> String {
    if let Some(kept) = conn.kept_out.get() {
        return render::both_languages(kept.why());
    }
    let text = notice::farewell(why);
    let more = match conn.visitor.get() {
        Some(visitor) => gateway.app.says_more(visitor, why).await,
        None => None,
    };
    more.map_or(text.clone(), |more| format!("{text} / {}", render::both_languages(&more)))
}

/// A visitor is judged again whenever something changed.
async fn must_go(gateway: &Gateway, visitor: &Visitor) -> error::Result<Option<Reason>> {
    if gateway.app.may_stay(visitor.person, visitor.source, visitor.second_factor).await?.is_err() {
        return Ok(Some(gateway.app.why_not_stay(visitor.person).await));
    }
    Ok(gateway.app.key_is_gone(visitor).await?.then_some(Reason::KeyRemoved))
}

/// The client closed its side or is gone, as the kernel knows even while nobody reads.
fn is_hung_up(socket: &TcpStream) -> bool {
    let gone = PollFlags::RDHUP | PollFlags::HUP | PollFlags::ERR;
    let mut polled = [PollFd::new(socket, PollFlags::RDHUP)];
    let now = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };
    match rustix::event::poll(&mut polled, Some(&now)) {
        Ok(_) => polled[0].revents().intersects(gone),
        Err(_) => false,
    }
}

/// The stranger's side of a connection, for the audit.
pub(super) fn stranger(conn: &Conn) -> login::Stranger {
    login::Stranger {
        connection: conn.id.clone(),
        source: conn.peer,
        known: conn.known_place,
        ending: conn.ending.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_count_has_a_number_of_its_own_and_none_tells_it() {
        let all: std::collections::BTreeSet<u16> = (0..=u16::MAX).map(shuffled).collect();
        assert_eq!(all.len(), 1 << 16);
        let next = (0..1000).filter(|count| shuffled(count + 1) == shuffled(*count).wrapping_add(1)).count();
        assert!(next < 10, "{next}");
    }
}
