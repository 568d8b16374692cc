//! Seats and people that go, with all that they hold or not at all.

use super::support::{House, wait};
use serde_json::Value;

fn seats(house: &House) -> Vec<Value> {
    let list = house.ok("profesor", &["seat", "list", "--json"]);
    serde_json::from_str::<Value>(&list).unwrap().as_array().unwrap().clone()
}

fn has(house: &House, seat: &str) -> bool {
    seats(house).iter().any(|one| one["name"] == seat)
}

/// `alumno1` with two machines and a backup.
fn house() -> House {
    let house = House::new("");
    for vm in ["web1", "web2"] {
        house.ok("alumno1", &["vm", "create", vm, "--template", "mini"]);
    }
    house.ok("alumno1", &["vm", "backup", "web1"]);
    house
}

#[test]
fn a_person_goes_with_machines_and_backups_when_their_number_is_said() {
    let mut house = house();
    let remove = ["person", "remove", "alumno1", "--yes"];
    for all in [&[][..], &["--all", "2"], &["--all", "4"]] {
        let said = house.run("profesor", &[&remove[..], all].concat());
        let why = said.code == 1 && said.err.contains("2 máquinas y una copia");
        assert!(why && said.err.contains("person remove alumno1 --all 3"), "{said:?}");
    }
    let asked = house.run("profesor", &["person", "remove", "alumno1", "--all", "3"]);
    assert!(asked.code == 1 && asked.err.contains("--yes"), "{asked:?}");
    house.ok("alumno1", &["vm", "show", "web1"]);

    let said = house.ok("profesor", &[&remove[..], &["--all", "3"]].concat());
    assert!(said.contains("2 máquinas y una copia"), "{said}");
    house.kill9();
    assert_eq!(house.run("alumno1", &["whoami"]).code, 255);
    // What is owed goes on at the next start.
    house.start();
    wait("the seat is gone", || !has(&house, "alumno1"));
    let vms: Value = serde_json::from_str(&house.ok("profesor", &["vm", "list", "--all", "--json"])).unwrap();
    assert_eq!(vms, Value::Array(vec![]));
    let backups = house.ok("profesor", &["backup", "list", "--all", "--json"]);
    assert_eq!(backups.trim(), "[]");
    let removed = |line: &Value| {
        line["code"] == "seat" && line["detail"]["what"] == "removed" && line["detail"]["seat"] == "alumno1"
    };
    wait("the audit has it", || house.audit().iter().any(removed));
}

#[test]
fn a_teams_seat_goes_and_its_people_stay() {
    let house = house();
    let team = ["seat", "create", "equipo3", "--course", "demo-2026"];
    house.ok("profesor", &team);
    // Without anybody and anything it is gone at once.
    house.ok("profesor", &["seat", "remove", "equipo3", "--yes"]);
    assert!(!has(&house, "equipo3"));
    house.ok("profesor", &[&team[..], &["--member", "alumno1", "--member", "alumno2"]].concat());
    house.ok("alumno2", &["vm", "create", "bd.equipo3", "--template", "mini"]);
    let said = house.run("profesor", &["seat", "remove", "equipo3", "--yes"]);
    assert!(said.code == 1 && said.err.contains("seat remove equipo3 --all 1"), "{said:?}");
    assert_eq!(house.run("alumno1", &["seat", "remove", "equipo3", "--all", "1", "--yes"]).code, 1);
    house.ok("profesor", &["seat", "remove", "equipo3", "--all", "1", "--yes"]);
    assert_eq!(house.run("alumno2", &["vm", "show", "bd.equipo3"]).code, 1);
    wait("the seat is gone", || !has(&house, "equipo3"));
    house.ok("alumno1", &["vm", "show", "web1"]);
    house.ok("alumno2", &["whoami"]);
}

#[test]
fn a_seat_is_archived_and_comes_back_without_a_list() {
    let house = house();
    house.ok("profesor", &["seat", "archive", "alumno1", "--yes"]);
    let said = house.run("alumno1", &["whoami"]);
    assert!(said.code != 0 && said.err.contains("archiv"), "{said:?}");
    let state = |vm: &str| {
        let shown = house.ok("profesor", &["vm", "show", vm, "--json"]);
        serde_json::from_str::<Value>(&shown).unwrap()["state"].as_str().unwrap().to_owned()
    };
    wait("its machines stop", || state("web1.alumno1") == "stopped" && state("web2.alumno1") == "stopped");
    assert_eq!(house.run("profesor", &["vm", "start", "web1.alumno1"]).code, 1);
    house.ok("profesor", &["seat", "unarchive", "alumno1", "--start"]);
    house.ok("alumno1", &["whoami"]);
    wait("its machines run again", || {
        state("web1.alumno1") == "running" && state("web2.alumno1") == "running"
    });
    assert_eq!(house.run("alumno1", &["seat", "archive", "alumno2", "--yes"]).code, 1);
}
