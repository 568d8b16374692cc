//! The second factor as people meet it: real `ssh` and `plink`, at a terminal and without, on every
//! path into the house.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "a test may panic")]

#[path = "factor/clients.rs"]
mod clients;
#[path = "factor/clock.rs"]
mod clock;
#[path = "factor/lost.rs"]
mod lost;
#[path = "factor/paths.rs"]
mod paths;
#[path = "factor/required.rs"]
mod required;
#[path = "factor/set_up.rs"]
mod set_up;
mod support;

use serde_json::Value;
use std::process::Command;
use support::pty::Pty;
use support::{House, Said, records};

/// The simulated machine's port that says everything back.
const ECHO: u16 = 7007;
const ASKED: &str = "Verification code: ";

fn proved(said: &Said) -> bool {
    assert_eq!(said.code, 0, "{said:?}");
    let who: Value = serde_json::from_str(&said.out).unwrap();
    who["second_factor"]["proved"] == true
}

/// The lines of the audit about logins of theirs: method, and outcome or why it failed.
fn logins(house: &House, login: &str) -> Vec<(String, String)> {
    let audit = house.audit();
    let of = audit.iter().filter(|event| event["code"] == "login" && event["actor"] == login);
    of.filter(|event| event["phase"] != "finish")
        .flat_map(|event| {
            let why = event["failure"].as_str().or(event["outcome"].as_str()).unwrap();
            let one = (event["detail"]["method"].as_str().unwrap().to_owned(), why.to_owned());
            std::iter::repeat_n(one, records::times(event) as usize)
        })
        .collect()
}

fn english(mut ssh: Command) -> Command {
    ssh.args(["-o", "SetEnv=LC_MESSAGES=en_US.UTF-8"]);
    ssh
}

/// A terminal that asked for the code was given it.
fn at_terminal(house: &House, login: &str, code: &str, words: &[&str]) -> Pty {
    let mut ssh = english(house.keyless());
    ssh.arg("-tt").arg("-i").arg(house.key(login)).arg(House::at(login)).args(words);
    let mut terminal = Pty::new(&ssh);
    terminal.until(ASKED);
    terminal.send(&format!("{code}\r"));
    terminal
}
