//! Who is here and what is open, messages, consoles and their recordings: real `ssh` against the real
//! program, whose simulated machines have a small shell in their terminals.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "a test may panic")]

#[path = "sessions/console.rs"]
mod console;
#[path = "sessions/list.rs"]
mod list;
#[path = "sessions/looking.rs"]
mod looking;
#[path = "sessions/recorded.rs"]
mod recorded;
#[path = "sessions/revoked.rs"]
mod revoked;
mod support;

use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use support::pty::Pty;
use support::{House, Killed, wait};

/// The port on which simulated machines say back what they hear.
const ECHO: &str = "7007";
/// What the issue gives a revocation, and some for a loaded machine that starts `ssh` meanwhile.
const SOON: Duration = Duration::from_secs(2);

/// A terminal with this on it.
fn terminal(house: &House, login: &str, words: &[&str]) -> Pty {
    let mut ssh = house.ssh(login);
    ssh.env("LC_MESSAGES", "en_GB.UTF-8")
        .args(["-o", "SendEnv=LC_MESSAGES", "-tt"])
        .arg(House::at(login))
        .args(words);
    Pty::new(&ssh)
}

/// A house where alumno1 and alumno2 have `web1`, which runs.
fn house(extra: &str) -> House {
    let house = House::new(extra);
    for login in ["alumno1", "alumno2"] {
        house.ok(login, &["vm", "create", "web1", "--template", "mini"]);
    }
    house
}

fn json(house: &House, login: &str, words: &[&str]) -> Value {
    serde_json::from_str(&house.ok(login, &[words, &["--json"]].concat())).unwrap()
}

/// Live sessions as `login` sees them, without the one that asks.
fn sessions(house: &House, login: &str, of: &str) -> Vec<Value> {
    let all = json(house, login, &["session", "list"]);
    let asks = |one: &Value| one["open"].as_array().unwrap().iter().any(|open| open["kind"] == "exec");
    let all = all.as_array().unwrap().iter().filter(|one| one["login"] == of && !asks(one));
    all.cloned().collect()
}

/// Everything that a person has open, by kind.
fn open(house: &House, of: &str, kind: &str) -> Vec<Value> {
    let all = json(house, "profesor", &["session", "list"]);
    let theirs = all.as_array().unwrap().iter().filter(|one| one["login"] == of);
    let open = theirs.flat_map(|one| one["open"].as_array().unwrap().clone());
    open.filter(|open| open["kind"] == kind).collect()
}

/// A `-L` to the echo port, on a connection of its own or a shared one.
struct Forward {
    child: Killed,
    port: u16,
}

fn forwarding(mut ssh: Command, login: &str) -> Forward {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    ssh.args(["-N", "-o", "ExitOnForwardFailure=yes", "-L", &format!("{port}:web1:{ECHO}")]);
    ssh.arg(House::at(login)).stdin(Stdio::null()).stderr(Stdio::piped());
    let child = Killed(ssh.spawn().unwrap());
    wait("the forward listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
    Forward { child, port }
}

/// A connection through it, on which bytes come back.
fn through(forward: &Forward) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", forward.port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(b"hola").unwrap();
    let mut said = [0; 4];
    stream.read_exact(&mut said).unwrap();
    assert_eq!(&said, b"hola");
    stream
}

/// `ssh -W`, which is what `ssh -J` runs; its standard input stays open.
fn jump(house: &House, login: &str) -> Child {
    let mut ssh = house.ssh(login);
    ssh.args(["-W", &format!("web1:{ECHO}")]).arg(House::at(login));
    let mut child = ssh.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.as_mut().unwrap().write_all(b"hola").unwrap();
    let mut said = [0; 4];
    child.stdout.as_mut().unwrap().read_exact(&mut said).unwrap();
    assert_eq!(&said, b"hola");
    child
}

/// What it says at its end, which must come soon.
fn ended(what: &str, mut child: Child) -> String {
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < Duration::from_secs(10), "{what} does not end");
        std::thread::sleep(Duration::from_millis(10));
    }
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    said
}
