//! The audit as professors and students read it, over the real ssh, and as the technician checks it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "audit/flood.rs"]
mod flood;
mod support;
#[path = "audit/tail.rs"]
mod tail;
#[path = "audit/worth.rs"]
mod worth;

use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use support::pty::Pty;
use support::{House, Killed, Said, records, text, wait};

fn json(house: &House, login: &str, words: &[&str]) -> Vec<Value> {
    let words = [words, &["--json"]].concat();
    serde_json::from_str(&house.ok(login, &words)).unwrap()
}

fn verify(house: &House, words: &[&str]) -> Said {
    house.puerta(&[&["audit", "verify"], words].concat())
}

/// A house where something happened: each made a machine, and alumno2 tried alumno1's.
fn lived_in(extra: &str) -> House {
    let house = House::new(extra);
    for login in ["alumno1", "alumno2"] {
        house.ok(login, &["vm", "create", "web1", "--template", "mini"]);
    }
    assert_eq!(house.run("alumno2", &["vm", "stop", "web1.alumno1"]).code, 1);
    house.ok("profesor", &["vm", "stop", "web1.alumno1"]);
    house
}

#[test]
fn every_filter_filters() {
    let house = lived_in("");
    let all =
        |words: &[&str]| json(&house, "profesor", &[&["audit", "list", "--limit", "1000"], words].concat());
    let holds = |words: &[&str], field: &str, wanted: &str| {
        let lines = all(words);
        assert!(!lines.is_empty() && lines.len() < all(&[]).len(), "{words:?}: {}", lines.len());
        for line in &lines {
            let found = line.pointer(field).map(ToString::to_string).unwrap_or_default();
            assert!(found.contains(wanted), "{words:?}: {line}");
        }
    };
    holds(&["--person", "alumno2"], "/actor", "alumno2");
    // Also what was meant.
    holds(&["--seat", "alumno1"], "", ".alumno1");
    holds(&["--vm", "web1.alumno2"], "", "web1.alumno2");
    holds(&["--action", "vm-st"], "/action", "vm-st");
    holds(&["--from", "127.0.0.0/8"], "/source", "127.0.0.1:");
    for outcome in ["allowed", "denied", "done"] {
        holds(&["--outcome", outcome], "/outcome", outcome);
    }
    assert!(all(&["--from", "192.0.2.0/24"]).is_empty());
    let denied = all(&["--outcome", "denied", "--person", "alumno2"]);
    assert_eq!(denied[0]["meant"]["target"], "web1.alumno1", "the attempt is there: {denied:#?}");
    let connection = denied[0]["connection"].as_str().unwrap();
    holds(&["--connection", connection], "/connection", connection);
    assert!(all(&["--until", "2h"]).is_empty());
    assert!(all(&["--since", "2h"]).len() > 50);
    let found = json(&house, "profesor", &["audit", "search", "stop", "web1.alumno1"]);
    assert!(!found.is_empty());
    assert!(found.iter().all(|line| line.to_string().contains("stop web1.alumno1")), "{found:#?}");
    assert_eq!(house.run("profesor", &["audit", "list", "--outcome", "ok"]).code, 1);
}

#[test]
fn pages_are_whole_and_say_how_to_go_on() {
    let house = lived_in("");
    let text = house.ok("profesor", &["audit", "list", "--limit", "3"]);
    let hint = text.lines().last().unwrap();
    let words: Vec<&str> = hint.split('`').nth(1).unwrap().split(' ').collect();
    assert_eq!(words[..2], ["--page", "2"], "{hint}");
    let mut seqs = Vec::new();
    for page in 1..5 {
        let page = page.to_string();
        let words = ["audit", "list", "--limit", "3", "--page", &page, words[2], words[3]];
        let lines = json(&house, "profesor", &words);
        assert_eq!(lines.len(), 3);
        seqs.splice(..0, lines.iter().map(|line| line["seq"].as_u64().unwrap()));
    }
    let whole: Vec<_> = (seqs[0]..=seqs[11]).collect();
    assert_eq!(seqs, whole, "no line twice, none missing, whatever is written meanwhile");
}

#[test]
fn a_spreadsheet_gets_no_formulas() {
    let house = House::new("");
    // A stranger's name for themselves is text of theirs.
    let mut ssh = house.ssh("stranger");
    ssh.arg("-l").arg("=1+1").arg("127.0.0.1").arg("whoami");
    assert_eq!(ssh.output().unwrap().status.code(), Some(255));
    let text = house.ok("profesor", &["audit", "list", "--csv", "--limit", "1000"]);
    let mut lines = text.split("\r\n");
    assert_eq!(
        lines.next(),
        Some(
            "\u{feff}seq;time;connection;source;actor;code;phase;action;vm;outcome;failure;policies;detail;meant"
        )
    );
    assert!(text.contains("\"'=1+1\""), "{text}");
    assert!(!text.contains(";=") && !text.contains(";\"="), "{text}");
}

#[test]
fn a_connection_has_a_story() {
    let house = lived_in("");
    let line =
        json(&house, "profesor", &["audit", "list", "--action", "vm-create", "--limit", "1"]).remove(0);
    let connection = line["connection"].as_str().unwrap();
    let lines = json(&house, "profesor", &["audit", "show", connection]);
    let codes: Vec<_> = lines.iter().map(|line| line["code"].as_str().unwrap()).collect();
    assert_eq!((codes[0], codes[codes.len() - 1]), ("login", "login"), "{codes:?}");
    assert!(lines.iter().all(|line| line["connection"] == *connection));
    let text = house.ok("profesor", &["audit", "show", connection]);
    assert!(text.contains("vm-create") && text.contains("reason=closed"), "{text}");
    let said = house.run("profesor", &["audit", "show", "6a1b00000000"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("6a1b00000000"), "{said:?}");
}

#[test]
fn mine_is_mine() {
    let house = lived_in("");
    house.ok("profesor", &["vm", "start", "web1.alumno1"]);
    let lines = json(&house, "alumno1", &["audit", "mine", "--limit", "1000"]);
    for line in &lines {
        let (actor, vm) = (line["actor"].as_str().unwrap(), line["vm"].as_str().unwrap_or_default());
        assert!(actor == "alumno1" || vm == "web1.alumno1", "{line}");
        if actor != "alumno1" {
            for hidden in ["source", "connection", "policies", "hash", "prev"] {
                assert!(line.get(hidden).is_none(), "{hidden}: {line}");
            }
            assert!(line["detail"].get("words").is_none(), "{line}");
        }
    }
    let by = |actor: &str, action: &str| {
        lines.iter().any(|line| line["actor"] == actor && line["action"] == action)
    };
    assert!(by("profesor", "vm-stop") && by("profesor", "vm-start"), "who did what to my machine");
    assert!(by("alumno1", "vm-create") && !by("profesor", "person-add"));
    assert!(lines.iter().any(|line| line["actor"] == "alumno2" && line["outcome"] == "denied"));
    // Filters narrow, and open nothing.
    let others = json(&house, "alumno1", &["audit", "mine", "--person", "alumno2", "--limit", "1000"]);
    assert!(others.iter().all(|line| line["vm"] == "web1.alumno1"), "{others:#?}");
    assert!(json(&house, "alumno1", &["audit", "mine", "--vm", "web1.alumno2"]).is_empty());
    assert!(json(&house, "alumno1", &["audit", "mine", "--seat", "alumno2"]).is_empty());
    // What is not shown of others cannot be asked for either.
    let connection = json(&house, "profesor", &["audit", "list", "--action", "vm-start"]).remove(0);
    let connection = connection["connection"].as_str().unwrap();
    for asked in [["--from", "127.0.0.0/8"], ["--connection", connection]] {
        let words = [&["audit", "mine", "--limit", "1000"][..], &asked].concat();
        assert!(json(&house, "alumno1", &words).iter().all(|line| line["actor"] == "alumno1"), "{asked:?}");
    }
    assert!(json(&house, "profesor", &["audit", "mine"]).iter().all(|line| line["actor"] == "profesor"));
}

#[test]
fn students_read_nothing_else() {
    let house = House::new("");
    for words in [
        &["list"][..],
        &["search", "login"],
        &["show", "6a1bc2d30007"],
        &["tail"],
        &["tail", "-f"],
        &["verify"],
        &["export"],
    ] {
        let said = house.run("alumno1", &[&["audit"], words].concat());
        assert_eq!((said.code, said.out.as_str()), (1, ""), "{words:?}: {said:?}");
    }
    let denied = json(&house, "profesor", &["audit", "list", "--person", "alumno1", "--outcome", "denied"]);
    assert_eq!(denied.len(), 7, "and every attempt is written down: {denied:#?}");
}

/// Nothing happens unwritten: not a login, a command, a forward or a publication, and each says so.
#[test]
fn what_cannot_be_written_does_not_happen() {
    let house = lived_in("[audit]\ncopy = \"/nonexistent/copy.jsonl\"\n");
    // A folder in the log's place, once it is open: as good as a full disk, and it can be undone.
    let path = house.dir.join("state/audit.jsonl");
    let mut open = house.ssh("alumno1");
    let mut open = Pty::new(open.arg("-tt").arg(House::at("alumno1")));
    open.until("puerta> ");
    let (free, sock) = (std::net::TcpListener::bind("127.0.0.1:0").unwrap(), house.dir.join("mux"));
    let port = free.local_addr().unwrap().port();
    drop(free);
    let mut master = house.ssh("alumno1");
    master.args(["-M", "-N", "-S"]).arg(&sock).arg("-L").arg(format!("{port}:web1:22"));
    let errors = std::fs::File::create(house.dir.join("errors")).unwrap();
    let master = master.arg(House::at("alumno1")).stdin(Stdio::null()).stderr(errors).spawn().unwrap();
    let _master = Killed(master);
    wait("the master is there", || sock.exists());
    std::fs::rename(&path, house.dir.join("moved")).unwrap();
    std::fs::create_dir(&path).unwrap();
    open.send("vm start web1\r");
    open.until("no se puede anotar en el registro de auditoría");
    open.send("port publish web1 80\r");
    open.until("no se puede anotar en el registro de auditoría");
    // A forward and an exec on a connection that is there.
    wait("the forward's port listens", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    wait("the refusal says why", || {
        let errors = std::fs::read_to_string(house.dir.join("errors")).unwrap();
        errors.contains("open failed: connect failed") && errors.contains("the audit log cannot be written")
    });
    let mut exec = house.ssh("alumno1");
    let said: Said =
        exec.arg("-S").arg(&sock).arg(House::at("alumno1")).arg("whoami").output().unwrap().into();
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.err.contains("no se puede anotar en el registro de auditoría"), "{said:?}");
    let said = house.run("alumno1", &["whoami"]);
    assert_eq!(said.code, 255, "no login: {said:?}");
    let mut login = house.keyless();
    login.arg("-i").arg(house.key("alumno1")).arg(House::at("alumno1"));
    // Told at once: nobody is asked for a password that could not help.
    let mut login = Pty::new(&login);
    login.until("nobody comes in unwritten");
    std::fs::remove_dir(&path).unwrap();
    std::fs::rename(house.dir.join("moved"), &path).unwrap();
    house.ok("alumno1", &["whoami"]);
    assert_eq!(json(&house, "alumno1", &["vm", "list"])[0]["state"], "stopped");
    assert!(json(&house, "alumno1", &["port", "list"]).is_empty());
    let lost = json(&house, "profesor", &["audit", "search", "audit.not-copied"]);
    assert_eq!(lost[0]["detail"]["to"], "copy", "the copy that fails is said, and stops nobody");
}

/// A moment that no calendar has is a mistake of whoever wrote it, at every verb that takes one.
#[test]
fn moments_outside_the_calendar_are_usage() {
    let house = House::new("");
    let moments = [
        "99999-01-01",
        "-1",
        "-0001-01-01",
        "99999999d",
        "9223372036854775807",
        "9223372036854775807s",
        "-9223372036854775808",
        "9999-12-31T23:59:59-23:59",
        "0000-01-01T00:00:00+23:59",
    ];
    for moment in moments {
        for verb in ["list", "mine", "export"] {
            for edge in ["--since", "--until"] {
                let said = house.run("profesor", &["audit", verb, &format!("{edge}={moment}"), "--json"]);
                let all = said.err.clone() + &said.out;
                assert!(said.code == 1 && all.contains("usage"), "{verb} {edge} {moment}: {said:?}");
            }
        }
    }
}
