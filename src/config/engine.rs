//! `[engine]`: what runs the machines, how it is reached, and where a new one goes.

use super::firewall::is_interface;
use super::reader::Reader;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// `[engine]`.
#[derive(Debug, Clone)]
pub enum Engine {
    /// The simulated engine, for trying and for tests.
    Sim {
        /// Answer for machines on loopback.
        listen: bool,
        /// How long every effect takes.
        delay: Duration,
    },
    /// Incus.
    Incus {
        /// How it is reached.
        endpoint: Endpoint,
        /// Its project.
        project: String,
        /// Its storage pool.
        pool: String,
        /// The nodes' NIC that routed NICs hang on.
        parent: String,
    },
}

/// `engine.placement`: which of the nodes that take machines the next one goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// They take turns.
    RoundRobin,
    /// The one with the most memory that is neither in use nor promised.
    LeastLoad,
}

impl Placement {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RoundRobin => "round-robin",
            Self::LeastLoad => "least-load",
        }
    }
}

/// How Incus is reached.
#[derive(Debug, Clone)]
pub enum Endpoint {
    /// One host.
    Unix(PathBuf),
    /// A cluster, or a host elsewhere.
    Https {
        /// `https://10.0.0.65:8443`, ...
        servers: Vec<String>,
        /// PEM that the servers must present.
        server_certificate: PathBuf,
        /// PEM of ours.
        client_certificate: PathBuf,
        /// Its key.
        client_key: PathBuf,
    },
}

/// Reads the table.
pub(super) fn read(r: &mut Reader) -> Engine {
    let driver = r.string("engine", "driver", "incus");
    if driver == "sim" {
        let delay = Duration::from_millis(r.integer("engine", "delay_ms", 0, 0, 600_000));
        return Engine::Sim { listen: r.boolean("engine", "listen", false), delay };
    }
    if driver != "incus" {
        r.wrong("engine", "driver", "must be \"incus\" or \"sim\"");
    }
    let servers = r.strings("engine", "servers", &[]);
    let endpoint = if servers.is_empty() {
        Endpoint::Unix(r.string("engine", "socket", "/var/lib/incus/unix.socket").into())
    } else {
        for server in &servers {
            let authority = server.strip_prefix("https://").unwrap_or("");
            if authority.parse::<SocketAddr>().is_err() {
                r.wrong("engine", "servers", &format!("`{server}` is not https://ADDRESS:PORT"));
            }
        }
        let mut file = |key| PathBuf::from(r.required("engine", key, "needed beside `servers`"));
        Endpoint::Https {
            server_certificate: file("server_certificate"),
            client_certificate: file("client_certificate"),
            client_key: file("client_key"),
            servers,
        }
    };
    let parent = r.string("engine", "parent", "eth0");
    if !is_interface(&parent) {
        r.wrong("engine", "parent", &format!("`{parent}` is not the name of an interface"));
    }
    Engine::Incus {
        endpoint,
        project: r.string("engine", "project", "puerta"),
        pool: r.string("engine", "pool", "default"),
        parent,
    }
}

/// Reads where a new machine goes.
pub(super) fn placement(r: &mut Reader) -> Placement {
    let word = r.string("engine", "placement", Placement::RoundRobin.as_str());
    let known = [Placement::RoundRobin, Placement::LeastLoad];
    known.into_iter().find(|placement| placement.as_str() == word).unwrap_or_else(|| {
        r.wrong("engine", "placement", "must be \"round-robin\" or \"least-load\"");
        Placement::RoundRobin
    })
}
