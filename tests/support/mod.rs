//! The real program with the simulated engine on loopback, and the real `ssh` against it. Each
//! house has its own folder, port and keys, and takes its own processes down with it.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "a test may panic")]

pub mod factor;
pub mod forward;
pub mod pty;
pub mod records;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// What a program said.
#[derive(Debug)]
pub struct Said {
    /// Exit status; 255 is ssh's own, -1 a signal.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// What is published unless a configuration says otherwise; the door may not be there.
const PUBLISHED: std::ops::RangeInclusive<u16> = 50_000..=65_000;

/// A puerta of one test.
pub struct House {
    /// Its folder: `puerta.toml`, `state/`, `keys/`, `log`, `known_hosts`.
    pub dir: PathBuf,
    /// Where it listens on 127.0.0.1.
    pub port: u16,
    child: Option<Child>,
    _block: std::net::TcpListener,
}

impl House {
    /// A running house with `profesor`, and `alumno1` and `alumno2` in course `demo-2026`, each with
    /// a key. `extra` goes into the configuration (whole tables, but not `[engine]`).
    pub fn new(extra: &str) -> Self {
        let mut house = Self::founded(extra);
        house.start();
        house.ok("profesor", &["course", "create", "demo-2026"]);
        for login in ["alumno1", "alumno2"] {
            let key = std::fs::read_to_string(house.key(login).with_extension("pub")).unwrap();
            let key = format!("'{}'", key.trim());
            house.ok("profesor", &["person", "add", login, "--course", "demo-2026", "--key", &key]);
        }
        house
    }

    /// Configured and initialised with `profesor`, not running.
    pub fn founded(extra: &str) -> Self {
        let dir = fresh_dir();
        std::fs::create_dir(dir.join("keys")).unwrap();
        let (block, first_year) = block();
        let mut house = Self { dir, port: 0, child: None, _block: block };
        for login in ["profesor", "alumno1", "alumno2", "stranger"] {
            house.make_key(login);
        }
        // A free port, kept for restarts. Whoever takes it in between makes `start` fail loudly.
        while house.port == 0 || PUBLISHED.contains(&house.port) {
            let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            house.port = free.local_addr().unwrap().port();
        }
        let state = house.dir.join("state");
        let listen = format!("listen = [\"127.0.0.1:{}\"]", house.port);
        let (ssh, rest) = match extra.strip_prefix("[ssh]\n") {
            Some(ssh) => ssh.split_once("\n[").map_or((ssh, String::new()), |(a, b)| (a, format!("[{b}"))),
            None => ("", extra.to_owned()),
        };
        // Not the name of whatever computer the tests run on.
        let name = if ssh.contains("public_name") { "" } else { "public_name = \"puerta\"" };
        let text = format!(
            "state_dir = {state:?}\n[ssh]\n{listen}\n{name}\n{ssh}\n[engine]\ndriver = \"sim\"\nlisten = true\n{rest}\n\
             [network]\nfirst_year = {first_year}\n"
        );
        std::fs::write(house.config(), text).unwrap();
        let key = house.key("profesor").with_extension("pub");
        let said = house.puerta(&["init", "--admin", "profesor", "--key", key.to_str().unwrap()]);
        assert_eq!(said.code, 0, "{said:?}");
        let host = std::fs::read_to_string(state.join("ssh_host_ed25519_key.pub")).unwrap();
        let known = format!("[127.0.0.1]:{} {host}", house.port);
        std::fs::write(house.dir.join("known_hosts"), known).unwrap();
        house
    }

    /// Its configuration.
    pub fn config(&self) -> PathBuf {
        self.dir.join("puerta.toml")
    }

    /// Somebody's private key.
    pub fn key(&self, login: &str) -> PathBuf {
        self.dir.join("keys").join(login)
    }

    /// Makes an ed25519 key pair.
    pub fn make_key(&self, name: &str) {
        let mut keygen = Command::new("ssh-keygen");
        keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"]).arg(self.key(name));
        assert!(keygen.status().expect("ssh-keygen is not installed").success());
    }

    /// The technician's command.
    pub fn puerta(&self, words: &[&str]) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_puerta"));
        command.arg("--config").arg(self.config()).args(words).output().unwrap().into()
    }

    /// Starts it and waits until it answers.
    pub fn start(&mut self) {
        self.start_with(&[]);
    }

    /// The same, with more in its environment.
    pub fn start_with(&mut self, environment: &[(&str, &str)]) {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.dir.join("log")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_puerta"));
        command.arg("--config").arg(self.config()).arg("serve").stdin(Stdio::null());
        command.envs(environment.iter().copied());
        self.child = Some(command.stdout(Stdio::null()).stderr(log).spawn().unwrap());
        wait("puerta answers", || std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok());
    }

    /// Starts it by these words (`ip netns exec ...`), which become it, and waits until it listens.
    pub fn start_by(&mut self, words: &[&str]) {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.dir.join("log")).unwrap();
        let before = self.log().len();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).arg("--config").arg(self.config()).arg("serve").stdin(Stdio::null());
        self.child = Some(command.stdout(Stdio::null()).stderr(log).spawn().unwrap());
        wait("puerta listens", || self.log()[before..].contains("listening"));
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("puerta runs").id()
    }

    /// Sends a signal, by the name that kill(1) takes.
    pub fn signal(&self, signal: &str) {
        let pid = self.pid().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
    }

    /// `kill -9`, and waits for the end.
    pub fn kill9(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// SIGTERM, and waits for the end; the exit status.
    pub fn stop(&mut self) -> i32 {
        self.signal("TERM");
        let status = self.child.take().unwrap().wait().unwrap();
        status.code().unwrap_or(-1)
    }

    /// Its exit status, once it has ended by itself.
    pub fn ended(&mut self) -> Option<i32> {
        let status = self.child.as_mut().expect("it was started").try_wait().unwrap()?;
        self.child = None;
        Some(status.code().unwrap_or(-1))
    }

    /// An `ssh` that is told everything and reads no configuration of this host. Add the
    /// destination with [`House::at`].
    pub fn ssh(&self, login: &str) -> Command {
        let mut command = self.keyless();
        command.args(["-o", "BatchMode=yes", "-i"]).arg(self.key(login));
        command
    }

    /// The same without a key, and free to ask.
    pub fn keyless(&self) -> Command {
        let mut command = Command::new("ssh");
        command.args(["-F", "none", "-o", "StrictHostKeyChecking=yes", "-o", "IdentitiesOnly=yes"]);
        command.args(["-o", "ConnectTimeout=10", "-p", &self.port.to_string()]);
        command.arg("-o").arg(format!("UserKnownHostsFile={}", self.dir.join("known_hosts").display()));
        command.env_remove("LANG").env_remove("LC_ALL").env_remove("LC_MESSAGES").env_remove("SSH_AUTH_SOCK");
        command
    }

    /// An `ssh` that answers every question with `secret`, by this method (`password` or
    /// `keyboard-interactive`), at most `tries` times.
    pub fn ssh_secret(&self, method: &str, secret: &str, tries: u32) -> Command {
        use std::os::unix::fs::PermissionsExt;
        let answer = self.dir.join("answer");
        std::fs::write(&answer, "#!/bin/sh\nprintf '%s\\n' \"$SECRET\"\n").unwrap();
        std::fs::set_permissions(&answer, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut command = self.keyless();
        command.args(["-o", "PubkeyAuthentication=no", "-o"]);
        command.arg(format!("PreferredAuthentications={method}"));
        command.arg("-o").arg(format!("NumberOfPasswordPrompts={tries}"));
        command.env("SSH_ASKPASS", answer).env("SSH_ASKPASS_REQUIRE", "force").env("SECRET", secret);
        command
    }

    /// One command by a password or code; its words.
    pub fn run_secret(&self, method: &str, login: &str, secret: &str, words: &[&str]) -> Said {
        let mut command = self.ssh_secret(method, secret, 1);
        command.arg(Self::at(login)).args(words).stdin(Stdio::null());
        command.output().unwrap().into()
    }

    /// `login@127.0.0.1`.
    pub fn at(login: &str) -> String {
        format!("{login}@127.0.0.1")
    }

    /// One command over ssh, with nothing on standard input.
    pub fn run(&self, login: &str, words: &[&str]) -> Said {
        let mut command = self.ssh(login);
        command.arg(Self::at(login)).args(words).stdin(Stdio::null());
        command.output().unwrap().into()
    }

    /// The same, with this on standard input.
    pub fn feed(&self, login: &str, words: &[&str], input: &(impl AsRef<[u8]> + ?Sized)) -> Said {
        let mut command = self.ssh(login);
        command.arg(Self::at(login)).args(words);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_ref()).unwrap();
        child.wait_with_output().unwrap().into()
    }

    /// A command that must succeed; its standard output.
    pub fn ok(&self, login: &str, words: &[&str]) -> String {
        let said = self.run(login, words);
        assert_eq!(said.code, 0, "{login}: {words:?}: {said:?}\n{}", self.log());
        said.out
    }

    /// puerta's keys in a simulated machine, by its address.
    pub fn keys_inside(&self, address: &str) -> Vec<String> {
        let octets: Vec<u32> = address.split('.').map(|octet| octet.parse().unwrap()).collect();
        let instance = format!("vm-{}", (octets[1] << 16) | (octets[2] << 8) | octets[3]);
        let lines = records::lines(&self.dir.join("state/sim.json"));
        let now = lines.into_iter().rfind(|line| line["instance"] == instance.as_str()).unwrap_or_default();
        let keys = now["machine"]["authorized_keys"].as_array().cloned().unwrap_or_default();
        keys.iter().map(|key| key.as_str().unwrap().to_owned()).collect()
    }

    /// What puerta logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.join("log")).unwrap_or_default()
    }

    /// The audit, a JSON value a line.
    pub fn audit(&self) -> Vec<serde_json::Value> {
        records::audit(&self.dir.join("state"))
    }

    /// Sockets that the process holds. Unlike files they are no connection of the registry's pool.
    pub fn sockets(&self) -> usize {
        let held = std::fs::read_dir(format!("/proc/{}/fd", self.pid())).unwrap().flatten();
        let kinds = held.filter_map(|entry| std::fs::read_link(entry.path()).ok());
        kinds.filter(|kind| kind.to_string_lossy().starts_with("socket:")).count()
    }

    /// Descriptors that the process holds.
    pub fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.pid())).unwrap().count()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.kill9();
        if std::thread::panicking() {
            eprintln!("--- {}\n{}", self.dir.display(), self.log());
        } else {
            let _ = std::fs::remove_dir_all(&self.dir);
        }
    }
}

/// The simulated machines of every house on this computer share one loopback, so each house has
/// its year of the address plan to itself while it stands. The first is left to people who try things.
fn block() -> (std::net::TcpListener, u16) {
    let begun = Instant::now();
    loop {
        for year in 1..16 {
            if let Ok(held) = std::net::TcpListener::bind(("127.255.255.253", 7100 + year)) {
                return (held, 2026 - year);
            }
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "fifteen houses stand already");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn fresh_dir() -> PathBuf {
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    // The time too: a process id comes back, and what a killed test left is still there.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let name = format!("puerta-test-{}-{count}-{:x}", std::process::id(), now.as_millis() & 0xffff_ffff);
    let dir = std::env::temp_dir().join(name);
    std::fs::create_dir(&dir).unwrap();
    dir
}

/// A program that a test drives and that must not outlive it.
pub struct Killed(pub Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits up to twenty seconds for something to become true.
pub fn wait(what: &str, is: impl FnMut() -> bool) {
    wait_for(Duration::from_secs(20), what, is);
}

/// The same, for as long as it may take.
pub fn wait_for(limit: Duration, what: &str, mut is: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is() {
        assert!(begun.elapsed() < limit, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A path as text.
pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
