//! What one seat learns of another: nothing, by whatever it asks. The real program and the real `ssh`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "a test may panic")]

#[path = "hidden/asked.rs"]
mod asked;
#[path = "hidden/mine.rs"]
mod mine;
#[path = "hidden/named.rs"]
mod named;
mod support;
#[path = "hidden/worlds.rs"]
mod worlds;

use serde_json::Value;
use std::process::Stdio;
use support::{House, Said, wait};

/// An answer as JSON, whichever it is.
fn json(said: &Said) -> Value {
    let text = if said.code == 0 { &said.out } else { &said.err };
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {said:?}"))
}

fn ask(house: &House, login: &str, words: &[&str]) -> Value {
    json(&house.run(login, &[words, &["--json"]].concat()))
}

fn vm_up(house: &House, login: &str, name: &str) -> Value {
    ask(house, login, &["vm", "create", name, "--template", "mini"])
}

/// Why a `-W` is refused, as ssh tells it.
fn refused(house: &House, login: &str, to: &str) -> String {
    let mut ssh = house.ssh(login);
    ssh.args(["-W", to]).arg(House::at(login)).stdin(Stdio::null());
    let said = Said::from(ssh.output().unwrap());
    assert!(said.err.contains("open failed"), "{to}: {said:?}");
    said.err.lines().find(|line| line.contains("open failed")).unwrap().to_owned()
}
