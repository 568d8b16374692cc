//! The policy as a professor's tool: read, checked, explained, and tightened for a while: real `ssh`
//! against the real program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "a test may panic")]

#[path = "policy/explain.rs"]
mod explain;
#[path = "policy/rules.rs"]
mod rules;
mod support;
#[path = "policy/useful.rs"]
mod useful;

use serde_json::Value;
use std::io::{Read, Write};
use std::process::{ChildStdout, Stdio};
use support::pty::Pty;
use support::{House, Killed, wait};

/// What a command answers with `--json`.
fn json(house: &House, login: &str, words: &[&str]) -> Value {
    let text = house.ok(login, &[words, &["--json"]].concat());
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{words:?}: {error}: {text}"))
}

/// The error of a command that must fail, by its id.
fn refused(house: &House, login: &str, words: &[&str]) -> String {
    let said = house.run(login, &[words, &["--json"]].concat());
    assert_eq!(said.code, 1, "{login}: {words:?}: {said:?}");
    let error: Value = serde_json::from_str(&said.err).unwrap();
    error["error"]["id"].as_str().unwrap().to_owned()
}

/// A moment this many seconds from now, as people write one with its distance from UTC.
fn in_seconds(seconds: i64) -> String {
    let at = jiff::Timestamp::now().as_second() + seconds;
    jiff::Timestamp::from_second(at).unwrap().to_string()
}

/// A forward that is open: the simulated machine says back what it hears.
struct Forward {
    ssh: Killed,
    heard: ChildStdout,
}

impl Forward {
    fn new(house: &House, login: &str, vm: &str) -> Self {
        let mut ssh = house.ssh(login);
        ssh.args(["-W", &format!("{vm}:7007")]).arg(House::at(login));
        let mut ssh = ssh.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let heard = ssh.stdout.take().unwrap();
        let mut forward = Self { ssh: Killed(ssh), heard };
        assert!(forward.echoes(), "{vm} does not answer");
        forward
    }

    fn echoes(&mut self) -> bool {
        let mut heard = [0; 5];
        let typed = self.ssh.0.stdin.as_mut().unwrap().write_all(b"hola\n").is_ok();
        typed && self.heard.read_exact(&mut heard).is_ok() && &heard == b"hola\n"
    }

    fn ended(mut self) {
        wait("the forward ends", || self.ssh.0.try_wait().unwrap().is_some());
    }
}

/// A machine of theirs that runs.
fn vm_up(house: &House, login: &str, name: &str) {
    house.ok(login, &["vm", "create", name, "--template", "mini"]);
}

/// A shell at a terminal, at its prompt.
fn shell(house: &House, login: &str) -> Pty {
    let mut ssh = house.ssh(login);
    let mut shell = Pty::new(ssh.arg("-tt").arg(House::at(login)));
    shell.until("puerta> ");
    shell
}
