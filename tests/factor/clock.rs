//! The host's clock goes a year ahead and back, while puerta runs and between two of its runs: what goes by time
//! keeps nobody out, lets nobody in twice, and removes nothing.

use crate::proved;
use crate::support::pty::Pty;
use crate::support::{House, text, wait};
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;

/// Steps of codes in a year.
const YEAR: i64 = 365 * 86_400 / 30;

/// What puerta is told of the time: libfaketime reads it from a file at each question, and the clock that nobody
/// sets is left alone.
struct Clock {
    file: PathBuf,
    library: PathBuf,
}

impl Clock {
    fn new(house: &House) -> Self {
        let folders = std::fs::read_dir("/usr/lib").unwrap().flatten().map(|entry| entry.path());
        let mut libraries = folders.map(|folder| folder.join("faketime/libfaketimeMT.so.1"));
        let library = libraries.find(|library| library.exists()).expect("libfaketime is not installed");
        let clock = Self { file: house.dir.join("clock"), library };
        clock.set("+0");
        clock
    }

    /// So far from the right time.
    fn set(&self, off: &str) {
        let new = self.file.with_extension("new");
        std::fs::write(&new, format!("{off}\n")).unwrap();
        std::fs::rename(new, &self.file).unwrap();
    }

    fn start(&self, house: &mut House) {
        house.start_with(&[
            ("LD_PRELOAD", text(&self.library)),
            ("FAKETIME_TIMESTAMP_FILE", text(&self.file)),
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ("DONT_FAKE_MONOTONIC", "1"),
            ("NO_FAKE_STAT", "1"),
        ]);
    }
}

/// The database, touched behind puerta's back.
fn sql(house: &House, statement: &str) {
    let code = "import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); d.execute(sys.argv[2]); d.commit()";
    let database = house.dir.join("state/puerta.sqlite");
    assert!(
        Command::new("python3").args(["-c", code, text(&database), statement]).status().unwrap().success()
    );
}

/// A person without a key; their one-time code.
fn enrol(house: &House, login: &str) -> String {
    let json = house.ok("profesor", &["person", "add", login, "--course", "demo-2026", "--json"]);
    serde_json::from_str::<Value>(&json).unwrap()["code"].as_str().unwrap().to_owned()
}

fn comes_in(house: &House, login: &str, code: &str) -> bool {
    house.run_secret("password", login, code, &["whoami"]).code == 0
}

/// Names of the machine's backups, the newest first.
fn backups(house: &House) -> Vec<String> {
    let json = house.ok("alumno2", &["backup", "list", "--json"]);
    let list: Value = serde_json::from_str(&json).unwrap();
    let names = json.match_indices("\"name\":\"").map(|(at, found)| &json[at + found.len()..]);
    let names = names.map(|rest| rest[..rest.find('"').unwrap()].to_owned());
    let names: Vec<_> = names.filter(|name| name.starts_with("web1-")).collect();
    assert!(!names.is_empty(), "{list}");
    names
}

fn jumps(house: &House) -> usize {
    house.audit().iter().filter(|line| line["code"] == "clock.jumped").count()
}

/// Nothing that there was at the beginning is gone.
fn whole(house: &House, recording: &std::path::Path) {
    assert!(recording.exists(), "the recording");
    assert!(house.ok("profesor", &["session", "recordings", "--json"]).contains("web1.alumno2"));
    assert!(house.ok("alumno2", &["job", "list", "--json"]).contains("\"create\""), "what jobs there were");
    assert!(house.audit().iter().any(|line| line["seq"] == 1), "the audit's first file");
}

#[test]
fn a_year_ahead_and_back() {
    let mut house =
        House::new("[audit]\nkeep_days = 1\n[console]\nrecord = true\nkeep_days = 1\n[backup]\nkeep = 2");
    house.ok("alumno2", &["vm", "create", "web1", "--template", "mini"]);
    let mut ssh = house.ssh("alumno2");
    let mut console = Pty::new(ssh.arg("-tt").arg(House::at("alumno2")).args(["vm", "console", "web1"]));
    console.until("sim# ");
    console.send("exit\r");
    console.end();
    let mut files = std::fs::read_dir(house.dir.join("state/recordings")).unwrap();
    let recording = files.next().unwrap().unwrap().path();
    let telephone = house.add_factor("alumno1");
    let (before, later) = (enrol(&house, "antes"), enrol(&house, "luego"));
    assert_eq!(house.stop(), 0);
    // Of a clock that has run evenly for long.
    sql(&house, "UPDATE clock SET even = 30 * 86400000");

    let clock = Clock::new(&house);
    clock.start(&mut house);
    let of_before = telephone.shows(0);
    assert!(proved(&house.run_with("alumno1", &of_before, &["whoami", "--json"])));
    assert!(comes_in(&house, "antes", &before));
    house.ok("alumno2", &["vm", "backup", "web1"]);
    house.ok("alumno2", &["vm", "backup", "web1"]);
    assert_eq!(jumps(&house), 0);

    // A year ahead, while it runs and over a restart.
    clock.set("+365d");
    let of_ahead = telephone.shows(YEAR);
    assert!(proved(&house.run_with("alumno1", &of_ahead, &["whoami", "--json"])));
    assert_eq!(house.run_with("alumno1", &telephone.shows(0), &["whoami"]).code, 255, "a year old");
    assert!(!comes_in(&house, "luego", &later), "it is over then");
    let ahead = enrol(&house, "futuro");
    house.ok("alumno2", &["vm", "backup", "web1", "--yes"]);
    let made_ahead = backups(&house)[0].clone();
    assert_eq!(house.stop(), 0);
    clock.start(&mut house);
    wait("the jump is noticed", || jumps(&house) == 1);
    whole(&house, &recording);

    // And back.
    clock.set("+0");
    for (used, why) in [(&of_before, "it was used"), (&of_ahead, "it is of another year")] {
        assert_eq!(house.run_with("alumno1", used, &["whoami"]).code, 255, "{why}");
    }
    assert!(proved(&house.run_with("alumno1", &telephone.shows(1), &["whoami", "--json"])));
    assert!(comes_in(&house, "luego", &later));
    assert!(!comes_in(&house, "futuro", &ahead), "it would open for more than a year");
    house.ok("alumno2", &["vm", "backup", "web1", "--yes"]);
    let kept = backups(&house);
    assert_eq!((kept.len(), &kept[1]), (2, &made_ahead), "the newest ones: {kept:?}");
    assert_eq!(house.stop(), 0);
    clock.start(&mut house);
    wait("the jump back is noticed", || jumps(&house) == 2);
    whole(&house, &recording);
    // Ahead once more: what was used there is not used again.
    clock.set("+365d");
    assert_eq!(house.run_with("alumno1", &of_ahead, &["whoami"]).code, 255);
    clock.set("+0");
    assert_eq!(house.stop(), 0);
    let said = house.puerta(&["audit", "verify"]);
    assert_eq!(said.code, 0, "{said:?}");
}
