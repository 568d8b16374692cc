//! What puerta stands on: the registry, the keys, the folders. What is lost is not made anew by a start, and what
//! goes while it runs is noticed, with nothing lost.

use super::*;
use std::path::{Path, PathBuf};

/// Every file of the state folder, with its size.
fn there(house: &House) -> Vec<(PathBuf, u64)> {
    let Ok(entries) = std::fs::read_dir(house.dir.join("state")) else { return Vec::new() };
    let mut all: Vec<_> = entries
        .map(|entry| entry.map(|entry| (entry.path(), entry.metadata().unwrap().len())).unwrap())
        .collect();
    all.sort();
    all
}

/// A start is refused with these words, and makes nothing.
fn refused(house: &House, words: &[&str]) {
    let before = there(house);
    let said = house.puerta(&["serve"]);
    assert_eq!(said.code, 1, "{said:?}");
    for word in words {
        assert!(said.err.contains(word), "`{word}` is not in {said:?}");
    }
    assert_eq!(there(house), before, "it made something");
}

#[test]
fn a_start_makes_nothing_of_what_is_lost() {
    let house = House::founded("");
    let (state, away) = (house.dir.join("state"), house.dir.join("away"));
    let database = state.join("puerta.sqlite");

    for (name, words) in [
        ("puerta.sqlite", ["the registry is not there", "puerta rebuild"]),
        ("ssh_host_ed25519_key", ["the host key is not there", "lab.json"]),
        ("audit_ed25519_key", ["the audit key is not there", "lab.json"]),
    ] {
        std::fs::rename(state.join(name), &away).unwrap();
        refused(&house, &words);
        let said = house.puerta(&["init"]);
        assert_eq!(said.code, 1, "{name}: init makes no second one: {said:?}");
        std::fs::rename(&away, state.join(name)).unwrap();
    }

    let whole = std::fs::read(&database).unwrap();
    std::fs::write(&database, "").unwrap();
    refused(&house, &["puerta.sqlite", "puerta rebuild"]);
    std::fs::write(&database, whole).unwrap();

    // A mount that failed: the folder is there and empty, or is not there at all.
    std::fs::rename(&state, &away).unwrap();
    refused(&house, &["this folder is not there", "mounted", "puerta init"]);
    std::fs::create_dir(&state).unwrap();
    refused(&house, &["the registry is not there", "mounted", "puerta init"]);
    std::fs::remove_dir(&state).unwrap();
    std::fs::rename(&away, &state).unwrap();
    assert_eq!(house.puerta(&["init"]).code, 0);
}

#[test]
fn parts_of_another_lab_are_refused_by_name() {
    let (house, other) = (House::founded(""), House::founded(""));
    let of = |house: &House, name: &str| house.dir.join("state").join(name);
    for (name, what) in [
        ("puerta.sqlite", "registry"),
        ("ssh_host_ed25519_key", "host key"),
        ("audit_ed25519_key", "audit key"),
    ] {
        let own = std::fs::read(of(&house, name)).unwrap();
        std::fs::copy(of(&other, name), of(&house, name)).unwrap();
        refused(&house, &[&format!("this {what}"), "not the one of this lab", "puerta init"]);
        std::fs::write(of(&house, name), own).unwrap();
    }
    // On purpose: what is there is this lab from now on.
    std::fs::copy(of(&other, "ssh_host_ed25519_key"), of(&house, "ssh_host_ed25519_key")).unwrap();
    std::fs::remove_file(of(&house, "lab.json")).unwrap();
    assert_eq!(house.puerta(&["init"]).code, 0);
    let mut house = house;
    house.start();
}

#[test]
fn a_lab_that_lost_its_registry_does_not_begin_anew() {
    let house = House::founded("");
    let state = house.dir.join("state");
    for name in ["puerta.sqlite", "puerta.sqlite-wal", "puerta.sqlite-shm", "lab.json"] {
        drop(std::fs::remove_file(state.join(name)));
    }
    let said = house.puerta(&["init", "--admin", "otra"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("audit.jsonl") && said.err.contains("puerta rebuild"), "{said:?}");
    assert!(!state.join("puerta.sqlite").exists());
}

/// Ends by itself, with a reason in the log.
fn ends(house: &mut House) -> i32 {
    let mut code = None;
    wait_for(Duration::from_secs(60), "it notices within the minute", || {
        code = house.ended();
        code.is_some()
    });
    code.unwrap()
}

#[test]
fn a_registry_that_is_removed_while_puerta_runs_is_saved() {
    let mut house = House::new("");
    for name in ["puerta.sqlite", "puerta.sqlite-wal", "puerta.sqlite-shm"] {
        std::fs::remove_file(house.dir.join("state").join(name)).unwrap();
    }
    assert_eq!(ends(&mut house), 1);
    let said = house.puerta(&["serve"]);
    assert_eq!(said.code, 1, "{said:?}");
    let hint = said.err.split('`').nth(1).unwrap_or_else(|| panic!("{said:?}"));
    let words: Vec<_> = hint.split(' ').collect();
    assert_eq!(words[0], "mv", "{said:?}");
    // Nothing poorer is put together beside it.
    let rebuilt = house.puerta(&["rebuild", "--yes"]);
    assert!(rebuilt.code == 1 && rebuilt.err.contains(words[1]), "{rebuilt:?}");
    std::fs::rename(Path::new(words[1]), Path::new(words[2])).unwrap();
    house.start();
    assert!(house.ok("profesor", &["person", "list"]).contains("alumno2"));
    assert!(house.audit().iter().any(|line| line["code"] == "ground" && line["detail"]["what"] == "lost"));
}

#[test]
fn another_registry_in_its_place_is_not_served() {
    let (mut house, other) = (House::new(""), House::founded(""));
    let database = house.dir.join("state/puerta.sqlite");
    let kept = house.dir.join("kept");
    std::fs::rename(&database, &kept).unwrap();
    std::fs::copy(other.dir.join("state/puerta.sqlite"), &database).unwrap();
    assert_eq!(ends(&mut house), 1);
    assert!(house.log().contains("was moved, replaced or unmounted"), "{}", house.log());
    assert!(house.puerta(&["serve"]).err.contains("this registry"));
}
