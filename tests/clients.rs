//! The programs that people come in with, each against the real program: a line of the shell by key, by
//! password, with the second factor; a machine behind puerta, which has a real sshd here; a file there and back.
//! `contrib/clients` installs them. docs/clients.md says to people what is typed here.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "a test may panic")]

#[path = "clients/libraries.rs"]
mod libraries;
#[path = "clients/openssh.rs"]
mod openssh;
#[path = "clients/others.rs"]
mod others;
mod support;
#[path = "clients/tools.rs"]
mod tools;

use serde_json::Value;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use support::factor::Telephone;
use support::pty::Pty;
use support::{House, Killed, Said, text, wait};

const PASSWORD: &str = "una llave de laboratorio";
const REPO: &str = env!("CARGO_MANIFEST_DIR");

/// A house in which `web1` of `alumno1` has an sshd, and a home for the clients' own files.
struct Lab {
    house: House,
    /// HOME: `.ssh/known_hosts` with puerta and the machine, `config`, and the file `in`.
    home: PathBuf,
    _sshd: Killed,
}

impl Lab {
    fn new() -> Self {
        let house = House::new("");
        let shown = house.ok("alumno1", &["vm", "create", "web1", "--template", "mini", "--json"]);
        let vm: Value = serde_json::from_str(&shown).unwrap();
        // The simulated machine's address on loopback.
        let address = vm["address"].as_str().unwrap().replacen("10.", "127.", 1);
        house.make_key("machine");
        let sshd = sshd(&house, &address);
        let home = house.dir.join("home");
        std::fs::create_dir_all(home.join(".ssh")).unwrap();
        let mut lab = Self { house, home, _sshd: sshd };
        let host = lab.public("state/ssh_host_ed25519_key.pub");
        let machine = lab.public("keys/machine.pub");
        lab.know(&format!("[127.0.0.1]:{} {host}puerta {host}web1 {machine}", lab.house.port));
        std::fs::write(lab.config(), lab.ssh_config()).unwrap();
        let bytes: Vec<u8> = (0..300_007_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        std::fs::write(lab.home.join("in"), bytes).unwrap();
        lab
    }

    fn public(&self, path: &str) -> String {
        std::fs::read_to_string(self.house.dir.join(path)).unwrap()
    }

    fn known(&self) -> PathBuf {
        self.home.join(".ssh/known_hosts")
    }

    fn know(&mut self, lines: &str) {
        let before = std::fs::read_to_string(self.known()).unwrap_or_default();
        std::fs::write(self.known(), before + lines).unwrap();
    }

    fn config(&self) -> PathBuf {
        self.home.join("config")
    }

    /// What docs/clients.md has in `~/.ssh/config`, and what makes it this house's: its machine is an sshd of this host, whose
    /// key the simulated engine does not know (`tests/lab/known.rs` has the whole).
    fn ssh_config(&self) -> String {
        format!(
            "Host puerta\n HostName 127.0.0.1\n Port {}\n User alumno1\n HostKeyAlias puerta\n\
             Host web1\n User root\n ProxyJump puerta\n\
             Host *\n IdentityFile {}\n IdentitiesOnly yes\n StrictHostKeyChecking yes\n \
             UserKnownHostsFile {}\n ConnectTimeout 10\n",
            self.house.port,
            text(&self.house.key("alumno1")),
            text(&self.known()),
        )
    }

    /// A program that `contrib/clients` installs, told nothing of who runs the tests.
    fn program(&self, name: &str) -> Command {
        let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/usr/bin";
        let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.exists());
        let mut command = Command::new(found.unwrap_or_else(|| missing(name)));
        command.stdin(Stdio::null()).current_dir(&self.home).env("HOME", &self.home);
        for name in ["LANG", "LC_ALL", "LC_MESSAGES", "SSH_AUTH_SOCK", "XDG_CONFIG_HOME"] {
            command.env_remove(name);
        }
        command
    }

    /// `ssh` with this lab's configuration.
    fn ssh(&self) -> Command {
        let mut ssh = self.program("ssh");
        ssh.arg("-F").arg(self.config());
        ssh
    }

    /// The file came back as it went.
    fn is_back(&self, from: &str) {
        let read = |name: &str| std::fs::read(self.home.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(read("in") == read("there"), "{from}: what arrived differs");
        assert!(read("in") == read("back"), "{from}: what came back differs");
        for name in ["there", "back"] {
            std::fs::remove_file(self.home.join(name)).unwrap();
        }
    }

    /// `alumno1` has a password as well.
    fn with_password(&self) {
        let mut ssh = self.house.ssh("alumno1");
        let mut terminal = Pty::new(ssh.arg("-tt").arg(House::at("alumno1")).arg("passwd"));
        for prompt in ["Contraseña nueva: ", "Otra vez: "] {
            terminal.until(prompt);
            terminal.send(&format!("{PASSWORD}\r"));
        }
        assert_eq!(terminal.end().code, 0);
    }

    /// And a second factor.
    fn with_factor(&self) -> Telephone {
        self.with_password();
        self.house.add_factor("alumno1")
    }
}

/// The machine's: root's sessions are this computer's, so files have whole paths.
fn sshd(house: &House, address: &str) -> Killed {
    let config = house.dir.join("sshd_config");
    let dir = text(&house.dir);
    let lines = format!(
        "ListenAddress {address}:22\nHostKey {dir}/keys/machine\nAuthorizedKeysFile {dir}/keys/alumno1.pub\n\
         PidFile none\nStrictModes no\nUsePAM no\nUseDNS no\nPasswordAuthentication no\n\
         PermitRootLogin prohibit-password\nSubsystem sftp internal-sftp\n"
    );
    std::fs::write(&config, lines).unwrap();
    std::fs::create_dir_all("/run/sshd").unwrap();
    let log = std::fs::File::create(house.dir.join("sshd.log")).unwrap();
    let program = Path::new("/usr/sbin/sshd");
    if !program.exists() {
        missing::<()>("sshd");
    }
    let mut sshd = Command::new(program);
    sshd.args(["-D", "-e", "-f"]).arg(config).stdin(Stdio::null()).stderr(log);
    let sshd = Killed(sshd.spawn().unwrap());
    wait("the machine's sshd listens", || TcpStream::connect((address, 22)).is_ok());
    sshd
}

fn missing<T>(name: &str) -> T {
    panic!("`{name}` is not installed: run contrib/clients (contrib/check does)")
}

/// What `contrib/clients` puts beside, by its path below `target/clients`.
fn beside(path: &str) -> PathBuf {
    let found = Path::new(REPO).join("target/clients").join(path);
    if found.exists() { found } else { missing(path) }
}

fn said(command: &mut Command) -> Said {
    command.output().unwrap().into()
}

/// A command that must end well; what it said.
fn good(command: &mut Command) -> Said {
    let said = said(command);
    assert_eq!(said.code, 0, "{command:?}: {said:?}");
    said
}

/// `vm list --json` of somebody who has `web1` alone.
fn lists_web1(said: &Said) {
    assert_eq!(said.code, 0, "{said:?}");
    let list: Value = serde_json::from_str(said.out.trim()).unwrap();
    assert_eq!(list[0]["name"], "web1", "{said:?}");
}

/// `echo hola; echo mal >&2; exit 7` in the machine.
const TRIAL: &str = "echo hola; echo mal >&2; exit 7";

fn is_trial(said: &Said) {
    assert!(said.code == 7 && said.out.trim() == "hola" && said.err.contains("mal"), "{said:?}");
}
