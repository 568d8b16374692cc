//! `puerta.toml` -> [`Config`], with every error reported at once and the line it stands on.
//! Knows no other module: only the lab's nouns.

mod firewall;
mod reader;
mod show;

use jiff::tz::TimeZone;
use puerta_lab::model::Limits;
use puerta_lab::network::PortRange;
use puerta_lab::quota::Quotas;
use reader::Reader;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use firewall::{Driver, Firewall};
pub use reader::ConfigError;

/// The effective configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the database, the host key, the audit log and the backups live.
    pub state_dir: PathBuf,
    /// Language of people whose client says none: `es` or `en`.
    pub language: String,
    /// The lab's domain: `web1.alumno1.virtuales`.
    pub domain: String,
    /// What times without a distance from UTC mean, and timetables.
    pub timezone: TimeZone,
    /// The door.
    pub ssh: Ssh,
    /// First academic year of the address plan.
    pub first_year: u16,
    /// What runs the machines.
    pub engine: Engine,
    /// Which node a new machine goes to.
    pub placement: Placement,
    /// A folder of `.cedar` files instead of the built-in policy.
    pub policy_dir: Option<PathBuf>,
    /// What a seat may hold.
    pub quotas: Quotas,
    /// What machines may use.
    pub machine: Machine,
    /// Backups.
    pub backup: Backup,
    /// Terminals in machines.
    pub console: Console,
    /// What is published, to whom, and what machines may reach.
    pub firewall: Firewall,
    /// How the audit log is kept.
    pub audit_log: Audit,
    /// Threads that verify passwords.
    pub password_threads: usize,
    /// How long a one-time code works.
    pub code_lifetime: Duration,
}

/// `[ssh]`.
#[derive(Debug, Clone)]
pub struct Ssh {
    /// Addresses to listen on when no socket is inherited.
    pub listen: Vec<SocketAddr>,
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
    /// Forwards of one person at once, over all their connections.
    pub max_forwards: usize,
    /// Connections of one person at once, so that nobody takes all of `max_connections`.
    pub max_connections_per_person: usize,
    /// A full channel without progress is closed after this when it has neighbours.
    pub stall_limit: Duration,
    /// Seconds between keepalives; three without an answer end the connection.
    pub keepalive: Duration,
    /// How long a stop waits for live connections.
    pub drain: Duration,
}

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

/// `[machine]`: what a new machine gets, and the most that may be asked for.
#[derive(Debug, Clone)]
pub struct Machine {
    /// When nothing is asked for.
    pub default: Limits,
    /// The most of each (memory is bounded by the quota).
    pub max: Limits,
    /// How long a machine may take to shut down before it is forced.
    pub stop_grace: Duration,
}

/// `[backup]`.
#[derive(Debug, Clone)]
pub struct Backup {
    /// Where archives are kept.
    pub dir: PathBuf,
    /// Newest ones kept of each machine.
    pub keep: usize,
    /// Largest archive, bytes.
    pub max_bytes: u64,
    /// Largest unpacked content, bytes.
    pub max_unpacked_bytes: u64,
    /// Longest time for one backup or restore.
    pub deadline: Duration,
}

/// `[console]`.
#[derive(Debug, Clone)]
pub struct Console {
    /// Every console is recorded; otherwise only those that policy says.
    pub record: bool,
    /// Longest recording, bytes; the console ends there.
    pub max_bytes: u64,
    /// How long recordings are kept.
    pub keep: Duration,
}

/// `[audit]`.
#[derive(Debug, Clone)]
pub struct Audit {
    /// How long lines may stay unsigned.
    pub sign_every: Duration,
    /// Closed segments older than this many days go; `None`: never.
    pub keep_days: Option<u32>,
    /// A second file for every line.
    pub copy: Option<PathBuf>,
    /// The socket of syslog, for every line.
    pub syslog: Option<PathBuf>,
}

const MIB: u64 = 1 << 20;

impl Config {
    /// Reads and checks a file.
    pub fn load(path: &Path) -> Result<Self, Vec<ConfigError>> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| vec![ConfigError::whole(format!("cannot read {}: {error}", path.display()))])?;
        Self::parse(&text)
    }

    /// Checks a text; every error, each with its line.
    pub fn parse(text: &str) -> Result<Self, Vec<ConfigError>> {
        let mut r = Reader::new(text);
        let state_dir = PathBuf::from(r.string("", "state_dir", "/var/lib/puerta"));
        if !state_dir.is_absolute() {
            r.wrong("", "state_dir", "must be an absolute path");
        }
        let language = r.string("", "language", "es");
        if language != "es" && language != "en" {
            r.wrong("", "language", "must be \"es\" or \"en\"");
        }
        let domain = r.string("", "domain", "virtuales");
        if domain.parse::<puerta_lab::names::CourseName>().is_err() {
            r.wrong("", "domain", "must be lower-case letters, digits and `-`");
        }
        let timezone = r.string("", "timezone", "UTC");
        let timezone = TimeZone::get(&timezone).unwrap_or_else(|_| {
            let what = "is no time zone of this host, such as \"Europe/Madrid\" (Debian: package tzdata)";
            r.wrong("", "timezone", what);
            TimeZone::UTC
        });
        let ssh = ssh(&mut r);
        let first_year = r.integer("network", "first_year", 2026, 1990, 9999) as u16;
        let engine = engine(&mut r);
        let placement = placement(&mut r);
        let policy_dir = r.optional("policy", "dir").map(PathBuf::from);
        // Where only the number of machines is said, the rest leaves room for as many.
        let machines = r.integer("quota", "machines", 8, 0, 63);
        let quotas = Quotas {
            machines: machines as u32,
            running: r.integer("quota", "running", machines, 0, 63) as u32,
            memory_mib: r.integer("quota", "memory_mib", 4096, 0, 16 << 20) as u32,
            cpus: r.integer("quota", "cpus", 2 * machines, 0, 16_384) as u32,
            disk_mib: r.integer("quota", "disk_mib", 8192 * machines, 0, 1 << 30) as u32,
            backups: r.integer("quota", "backups", 20, 0, 10_000) as u32,
            publications: r.integer("quota", "publications", 4, 0, 64_512) as u32,
        };
        let machine = machine(&mut r);
        let backup = backup(&mut r, &state_dir);
        let console = Console {
            record: r.boolean("console", "record", false),
            max_bytes: MIB * r.integer("console", "max_mib", 64, 1, 1 << 16),
            keep: Duration::from_secs(86_400 * r.integer("console", "keep_days", 30, 1, 3650)),
        };
        let firewall = firewall::read(&mut r);
        let audit_log = audit(&mut r);
        // What comes over loopback is not the firewall's to turn.
        let published = |address: &&SocketAddr| {
            firewall.ports.contains(address.port()) && !address.ip().to_canonical().is_loopback()
        };
        if let Some(address) = ssh.listen.iter().find(published).filter(|_| firewall.driver != Driver::Off) {
            let PortRange { first, last } = firewall.ports;
            let what = format!(
                "`{address}` is among the ports of publications, {first} to {last}: nobody outside would reach it"
            );
            r.wrong("ssh", "listen", &what);
        }
        let config = Self {
            language,
            domain,
            timezone,
            ssh,
            first_year,
            engine,
            placement,
            policy_dir,
            quotas,
            machine,
            backup,
            console,
            firewall,
            audit_log,
            password_threads: r.integer("password", "threads", 1, 1, 64) as usize,
            code_lifetime: Duration::from_secs(86_400 * r.integer("password", "code_days", 14, 1, 365)),
            state_dir,
        };
        r.finish()?;
        Ok(config)
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.state_dir.join("puerta.sqlite")
    }

    /// The host key.
    pub fn host_key(&self) -> PathBuf {
        self.state_dir.join("ssh_host_ed25519_key")
    }

    /// Where recordings of consoles are kept.
    pub fn recordings(&self) -> PathBuf {
        self.state_dir.join("recordings")
    }

    /// The key that signs the audit log.
    pub fn audit_key(&self) -> PathBuf {
        self.state_dir.join("audit_ed25519_key")
    }

    /// The audit log.
    pub fn audit(&self) -> PathBuf {
        self.state_dir.join("audit.jsonl")
    }
}

fn ssh(r: &mut Reader) -> Ssh {
    let mut listen = Vec::new();
    for text in r.strings("ssh", "listen", &["0.0.0.0:22", "[::]:22"]) {
        match text.parse() {
            Ok(address) => listen.push(address),
            Err(_) => r.wrong("ssh", "listen", &format!("`{text}` is not ADDRESS:PORT")),
        }
    }
    Ssh {
        listen,
        login_grace: r.seconds("ssh", "login_grace_s", 60, 5, 600),
        max_startups: r.integer("ssh", "max_startups", 200, 1, 100_000) as usize,
        max_startups_per_source: r.integer("ssh", "max_startups_per_source", 100, 1, 100_000) as usize,
        max_connections: r.integer("ssh", "max_connections", 4000, 1, 1_000_000) as usize,
        max_channels: r.integer("ssh", "max_channels", 64, 1, 10_000) as usize,
        max_forwards: r.integer("ssh", "max_forwards", 256, 1, 100_000) as usize,
        max_connections_per_person: r.integer("ssh", "max_connections_per_person", 100, 1, 100_000) as usize,
        stall_limit: r.seconds("ssh", "stall_limit_s", 5, 1, 600),
        keepalive: r.seconds("ssh", "keepalive_s", 30, 1, 3600),
        drain: r.seconds("ssh", "drain_s", 10, 0, 600),
    }
}

fn engine(r: &mut Reader) -> Engine {
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
    if !firewall::is_interface(&parent) {
        r.wrong("engine", "parent", &format!("`{parent}` is not the name of an interface"));
    }
    Engine::Incus {
        endpoint,
        project: r.string("engine", "project", "puerta"),
        pool: r.string("engine", "pool", "default"),
        parent,
    }
}

fn placement(r: &mut Reader) -> Placement {
    let word = r.string("engine", "placement", Placement::RoundRobin.as_str());
    let known = [Placement::RoundRobin, Placement::LeastLoad];
    known.into_iter().find(|placement| placement.as_str() == word).unwrap_or_else(|| {
        r.wrong("engine", "placement", "must be \"round-robin\" or \"least-load\"");
        Placement::RoundRobin
    })
}

fn machine(r: &mut Reader) -> Machine {
    let mut number = |key, default, low, high| r.integer("machine", key, default, low, high) as u32;
    let default = Limits {
        cpus: number("cpus", 1, 1, 256),
        memory_mib: number("memory_mib", 256, 16, 1 << 20),
        disk_mib: number("disk_mib", 4096, 64, 1 << 24),
        processes: number("processes", 500, 10, 100_000),
    };
    let max = Limits {
        cpus: number("max_cpus", 2, 1, 256),
        memory_mib: number("max_memory_mib", 2048, 16, 1 << 20),
        disk_mib: number("max_disk_mib", 20_480, 64, 1 << 24),
        processes: default.processes,
    };
    for (key, least, most) in [
        ("max_cpus", default.cpus, max.cpus),
        ("max_memory_mib", default.memory_mib, max.memory_mib),
        ("max_disk_mib", default.disk_mib, max.disk_mib),
    ] {
        if most < least {
            r.wrong("machine", key, &format!("is {most}, less than the default {least}"));
        }
    }
    Machine { default, max, stop_grace: r.seconds("machine", "stop_grace_s", 10, 0, 600) }
}

fn backup(r: &mut Reader, state_dir: &Path) -> Backup {
    let dir = r.optional("backup", "dir").map_or_else(|| state_dir.join("backups"), PathBuf::from);
    if !dir.is_absolute() {
        r.wrong("backup", "dir", "must be an absolute path");
    }
    Backup {
        dir,
        keep: r.integer("backup", "keep", 3, 1, 1000) as usize,
        max_bytes: MIB * r.integer("backup", "max_mib", 8192, 1, 1 << 24),
        max_unpacked_bytes: MIB * r.integer("backup", "max_unpacked_mib", 32_768, 1, 1 << 26),
        deadline: r.seconds("backup", "deadline_s", 1800, 10, 86_400),
    }
}

fn audit(r: &mut Reader) -> Audit {
    let mut path = |key| {
        let path = r.optional("audit", key).map(PathBuf::from);
        if path.as_ref().is_some_and(|path| !path.is_absolute()) {
            r.wrong("audit", key, "must be an absolute path");
        }
        path
    };
    let (copy, syslog) = (path("copy"), path("syslog"));
    let keep_days = r.integer("audit", "keep_days", 0, 0, 36_500) as u32;
    Audit {
        sign_every: r.seconds("audit", "sign_every_s", 60, 1, 86_400),
        keep_days: (keep_days > 0).then_some(keep_days),
        copy,
        syslog,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_is_the_defaults() {
        let config = Config::parse("").unwrap();
        assert_eq!(config.ssh.login_grace, Duration::from_secs(60));
        assert_eq!(config.backup.keep, 3);
        assert_eq!(config.backup.dir, Path::new("/var/lib/puerta/backups"));
    }

    #[test]
    fn every_error_at_once_each_with_its_line() {
        let text = "language = \"fr\"\ncolour = 1\n[ssh]\nlisten = [\"nowhere\"]\nlogin_grace_s = 1\n\
                    [engine]\ndriver = 3\nplacement = \"best\"\n[machina]\n[backup]\nkeep = \"many\"\n";
        let errors = Config::parse(text).unwrap_err();
        let lines: Vec<_> = errors.iter().map(|error| error.line.unwrap()).collect();
        assert_eq!(lines, [1, 2, 4, 5, 7, 8, 9, 11], "{errors:#?}");
        assert!(errors[1].to_string().contains("unknown key `colour`"), "{}", errors[1]);
    }

    #[test]
    fn the_firewall_wants_its_two_sides_and_reads_back_the_same() {
        assert_eq!(Config::parse("").unwrap().firewall.driver, Driver::Off);
        let text = "[firewall]\noutside = [\"pub\"]\ninside = \"lan\"\nadmission = [\"192.0.2.7/24\", \"2001:db8::/32\"]\n\
                    egress = \"192.0.2.0/24:443,198.51.100.1\"\ndns = [\"192.0.2.53\"]\nmachine_services = [\"123/udp\"]\n";
        let config = Config::parse(text).unwrap();
        assert_eq!(config.firewall.driver, Driver::Nftables);
        let shown = config.to_string();
        assert_eq!(Config::parse(&shown).unwrap().to_string(), shown);
        let text = "[firewall]\nbackend = \"pf\"\noutside = [\"a b\"]\ninside = \"\"\ncampus = [\"::1\"]\negress = \"some\"\nlast_port = 2000\n";
        let errors = Config::parse(text).unwrap_err();
        let lines: Vec<_> = errors.iter().map(|error| error.line.unwrap()).collect();
        assert_eq!(lines, [2, 3, 5, 6, 7], "{errors:#?}");
    }

    #[test]
    fn the_door_is_not_behind_a_published_port() {
        let ports = "first_port = 50100\nlast_port = 50200\n";
        let listen = |address: &str, wall: &str| {
            Config::parse(&format!("[ssh]\nlisten = [\"[::]:22\", \"{address}\"]\n[firewall]\n{wall}{ports}"))
        };
        let parse = |port: u16, wall: &str| listen(&format!("0.0.0.0:{port}"), wall);
        let wall = "outside = [\"pub\"]\ninside = \"lan\"\n";
        for port in [50_100, 50_200] {
            let errors = parse(port, wall).unwrap_err();
            assert_eq!(errors.len(), 1, "{errors:#?}");
            assert_eq!(errors[0].line, Some(2));
            assert!(errors[0].message.contains(&format!("`0.0.0.0:{port}`")), "{}", errors[0]);
            parse(port, "backend = \"off\"\n").unwrap();
        }
        parse(50_099, wall).unwrap();
        parse(50_201, wall).unwrap();
        for loopback in ["127.0.0.1:50100", "[::1]:50100", "[::ffff:127.0.0.1]:50100"] {
            listen(loopback, wall).unwrap();
        }
    }

    #[test]
    fn the_audit_is_kept_for_ever_unless_somebody_says_otherwise() {
        let audit = Config::parse("").unwrap().audit_log;
        assert_eq!((audit.sign_every, audit.keep_days), (Duration::from_secs(60), None));
        assert_eq!((audit.copy, audit.syslog), (None, None));
        let text = "[audit]\nsign_every_s = 5\nkeep_days = 400\ncopy = \"/srv/log/puerta.jsonl\"\nsyslog = \"/dev/log\"\n";
        let config = Config::parse(text).unwrap();
        assert_eq!(config.audit_log.keep_days, Some(400));
        let shown = config.to_string();
        assert_eq!(Config::parse(&shown).unwrap().to_string(), shown);
        assert!(shown.contains(text), "{shown}");
        let errors = Config::parse("[audit]\ncopy = \"log\"\nsign_every_s = 0\nkeep = 3\n").unwrap_err();
        let lines: Vec<_> = errors.iter().map(|error| error.line.unwrap()).collect();
        assert_eq!(lines, [2, 3, 4], "{errors:#?}");
    }

    #[test]
    fn broken_toml_names_its_line() {
        let errors = Config::parse("language = \"es\"\n[ssh\n").unwrap_err();
        assert_eq!(errors[0].line, Some(2));
    }

    #[test]
    fn what_show_prints_is_read_back_the_same() {
        let text = "[engine]\nplacement = \"least-load\"\nservers = [\"https://10.0.0.65:8443\"]\nserver_certificate = \"/a\"\n\
                    client_certificate = \"/b\"\nclient_key = \"/c\"\n[policy]\ndir = \"/etc/puerta \\\"policy\\\"\"\n";
        let config = Config::parse(text).unwrap();
        let shown = config.to_string();
        assert_eq!(Config::parse(&shown).unwrap().to_string(), shown);
        assert!(shown.contains("https://10.0.0.65:8443"));
    }
}
