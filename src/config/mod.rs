//! `puerta.toml` -> [`Config`], with every error reported at once and the line it stands on.
//! Knows no other module: only the lab's nouns.

mod audit;
mod engine;
mod firewall;
mod machine;
mod reader;
mod show;
mod ssh;
#[cfg(test)]
mod tests;

use jiff::tz::TimeZone;
use puerta_lab::lang::Lang;
use puerta_lab::network::PortRange;
use puerta_lab::quota::Quotas;
use reader::Reader;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use audit::Audit;
pub use engine::{Endpoint, Engine, Placement};
pub use firewall::{Driver, Firewall};
pub use machine::{Backup, Console, Machine};
pub use reader::ConfigError;
pub use ssh::Ssh;

/// The effective configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the database, the host key, the audit log and the backups live.
    pub state_dir: PathBuf,
    /// Language of people whose client says none: `es` or `en`.
    pub language: Lang,
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

/// Sizes are said in MiB.
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
        let state_dir = state_dir(&mut r);
        let language = language(&mut r);
        let domain = domain(&mut r);
        let timezone = timezone(&mut r);
        let ssh = ssh::read(&mut r);
        let first_year = r.integer("network", "first_year", 2026, 1990, 9999) as u16;
        let engine = engine::read(&mut r);
        let placement = engine::placement(&mut r);
        let policy_dir = r.optional("policy", "dir").map(PathBuf::from);
        let quotas = machine::quotas(&mut r);
        let machine = machine::read(&mut r);
        let backup = machine::backup(&mut r, &state_dir);
        let console = machine::console(&mut r);
        let firewall = firewall::read(&mut r);
        let audit_log = audit::read(&mut r);
        door_is_reached(&mut r, &ssh, &firewall);
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

fn state_dir(r: &mut Reader) -> PathBuf {
    let dir = PathBuf::from(r.string("", "state_dir", "/var/lib/puerta"));
    if !dir.is_absolute() {
        r.wrong("", "state_dir", "must be an absolute path");
    }
    dir
}

fn language(r: &mut Reader) -> Lang {
    r.string("", "language", "es").parse().unwrap_or_else(|()| {
        r.wrong("", "language", "must be \"es\" or \"en\"");
        Lang::Es
    })
}

fn domain(r: &mut Reader) -> String {
    let domain = r.string("", "domain", "virtuales");
    if domain.parse::<puerta_lab::names::CourseName>().is_err() {
        r.wrong("", "domain", "must be lower-case letters, digits and `-`");
    }
    domain
}

fn timezone(r: &mut Reader) -> TimeZone {
    TimeZone::get(&r.string("", "timezone", "UTC")).unwrap_or_else(|_| {
        let what = "is no time zone of this host, such as \"Europe/Madrid\" (Debian: package tzdata)";
        r.wrong("", "timezone", what);
        TimeZone::UTC
    })
}

/// The firewall would turn away who comes to the door on a port of publications. What comes over loopback is not
/// its to turn.
fn door_is_reached(r: &mut Reader, ssh: &Ssh, firewall: &Firewall) {
    let published = |address: &&SocketAddr| {
        firewall.ports.contains(address.port()) && !address.ip().to_canonical().is_loopback()
    };
    if let Some(address) = ssh.listen.iter().find(published).filter(|_| firewall.driver != Driver::Off) {
        let PortRange { first, last } = firewall.ports;
        let what = format!(
            "`{address}` of `ssh.listen` is among the ports of publications, {first} to {last} (`firewall.first_port`, \
             `firewall.last_port`): nobody outside would reach it"
        );
        r.clash(&[("ssh", "listen"), ("firewall", "first_port"), ("firewall", "last_port")], what);
    }
}
