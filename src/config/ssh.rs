//! `[ssh]`: where the door is, and how many may stand in it.

use super::reader::Reader;
use std::net::SocketAddr;
use std::time::Duration;

/// `[ssh]`.
#[derive(Debug, Clone)]
pub struct Ssh {
    /// Addresses to listen on when no socket is inherited.
    pub listen: Vec<SocketAddr>,
    /// The name that people reach it by, for what they are told to type.
    pub public_name: String,
    /// And the port.
    pub public_port: u16,
    /// Time to log in (sshd: `LoginGraceTime`).
    pub login_grace: Duration,
    /// Unauthenticated connections at once (sshd: `MaxStartups`).
    pub max_startups: usize,
    /// The same from one address; a classroom sits behind one (sshd: `PerSourceMaxStartups`).
    pub max_startups_per_source: usize,
    /// Connections at once.
    pub max_connections: usize,
    /// Channels of one connection, shells and forwards together (sshd: `MaxSessions`).
    pub max_channels: usize,
    /// Channels of one person at once, over all their connections.
    pub max_channels_per_person: usize,
    /// Forwards of one person at once, over all their connections.
    pub max_forwards: usize,
    /// Connections of one person at once, so that nobody takes all of `max_connections`.
    pub max_connections_per_person: usize,
    /// Seconds between keepalives; three without an answer end the connection.
    pub keepalive: Duration,
    /// How long a stop waits for live connections.
    pub drain: Duration,
}

/// Reads the table.
pub(super) fn read(r: &mut Reader) -> Ssh {
    let mut listen = Vec::new();
    for text in r.strings("ssh", "listen", &["0.0.0.0:22", "[::]:22"]) {
        match text.parse() {
            Ok(address) => listen.push(address),
            Err(_) => r.wrong("ssh", "listen", &format!("`{text}` is not ADDRESS:PORT")),
        }
    }
    let (public_name, public_port) = public(r, listen.first().map_or(22, SocketAddr::port));
    Ssh {
        listen,
        public_name,
        public_port,
        login_grace: r.seconds("ssh", "login_grace_s", 60, 5, 600),
        max_startups: r.integer("ssh", "max_startups", 200, 1, 100_000) as usize,
        max_startups_per_source: r.integer("ssh", "max_startups_per_source", 100, 1, 100_000) as usize,
        max_connections: r.integer("ssh", "max_connections", 4000, 1, 1_000_000) as usize,
        max_channels: r.integer("ssh", "max_channels", 64, 1, 10_000) as usize,
        max_channels_per_person: r.integer("ssh", "max_channels_per_person", 512, 1, 100_000) as usize,
        max_forwards: r.integer("ssh", "max_forwards", 256, 1, 100_000) as usize,
        max_connections_per_person: r.integer("ssh", "max_connections_per_person", 100, 1, 100_000) as usize,
        keepalive: r.seconds("ssh", "keepalive_s", 30, 1, 3600),
        drain: r.seconds("ssh", "drain_s", 10, 0, 600),
    }
}

/// `HOST` or `HOST:PORT`; the computer's own name and `port`, where nothing is said.
fn public(r: &mut Reader, port: u16) -> (String, u16) {
    let own = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let own = if is_host(own.trim()) { own.trim() } else { "puerta" };
    let text = r.string("ssh", "public_name", own);
    let (host, given) = text.rsplit_once(':').map_or((&*text, None), |(host, given)| (host, Some(given)));
    let given = given.map_or(Some(port), |given| given.parse().ok().filter(|given| *given > 0));
    match given {
        Some(port) if is_host(host) => (host.to_owned(), port),
        _ => {
            r.wrong("ssh", "public_name", &format!("`{text}` is not a HOST or HOST:PORT"));
            (own.to_owned(), port)
        }
    }
}

/// What stands in commands that people copy: nothing that a shell reads as more than a word.
fn is_host(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.len() <= 253 && text.chars().all(fits)
}
