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
use support::House;
use support::forward::Forward;
use support::pty::Pty;

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
