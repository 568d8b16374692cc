//! A team's seat, seen by its members and by nobody else.

use super::support::{House, Killed, wait};
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::Stdio;

fn house() -> House {
    let house = House::new("");
    house.make_key("eva");
    let key = std::fs::read_to_string(house.key("eva").with_extension("pub")).unwrap();
    let key = format!("'{}'", key.trim());
    house.ok("profesor", &["person", "add", "eva", "--course", "demo-2026", "--key", &key]);
    house.ok(
        "profesor",
        &["seat", "create", "team3", "--course", "demo-2026", "--member", "alumno1", "--member", "alumno2"],
    );
    house
}

/// `ssh -W`: what the machine's port says.
fn through(house: &House, login: &str, to: &str) -> std::process::Command {
    let mut command = house.ssh(login);
    command
        .args(["-W", to, &House::at(login)])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn reaches(house: &House, login: &str, to: &str) -> bool {
    let mut child = through(house, login, to).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"hola\n").unwrap();
    let output = child.wait_with_output().unwrap();
    output.stdout.ends_with(b"hola\n")
}

#[test]
fn members_share_what_others_do_not_see() {
    let house = house();
    house.ok("alumno1", &["vm", "create", "web1.team3", "--template", "mini"]);
    for login in ["alumno1", "alumno2"] {
        let list: Value = serde_json::from_str(&house.ok(login, &["vm", "list", "--json"])).unwrap();
        assert_eq!(list[0]["seat"], "team3", "{list}");
        for name in ["web1", "web1.team3", "web1.team3.virtuales"] {
            house.ok(login, &["vm", "show", name]);
            assert!(reaches(&house, login, &format!("{name}:7007")), "{login} {name}");
        }
    }
    assert!(house.ok("eva", &["vm", "list", "--json"]).trim() == "[]");
    assert_eq!(house.run("eva", &["vm", "show", "web1.team3"]).code, 1);
    assert!(!reaches(&house, "eva", "web1.team3:7007"));

    // One of their own with the same name: that one is meant, and the team's goes by its full name.
    house.ok("alumno1", &["vm", "create", "web1.alumno1", "--template", "mini"]);
    let own: Value = serde_json::from_str(&house.ok("alumno1", &["vm", "show", "web1", "--json"])).unwrap();
    assert_eq!(own["seat"], "alumno1", "{own}");
    house.ok("alumno1", &["vm", "stop", "web1"]);
    assert!(!reaches(&house, "alumno1", "web1:7007"), "their own, which is stopped");
    assert!(reaches(&house, "alumno1", "web1.team3:7007"));
    assert!(reaches(&house, "alumno2", "web1:7007"), "to the other it is one");
    house.ok("alumno2", &["stop", "web1"]);

    let seats = house.ok("profesor", &["seat", "list"]);
    let team = seats.lines().find(|line| line.starts_with("team3")).unwrap();
    assert!(team.contains("equipo") && team.ends_with("alumno1, alumno2"), "{team}");
    let said = house.run("profesor", &["seat", "create", "eva", "--course", "demo-2026"]);
    assert!(said.code == 1, "a login's name: {said:?}");
}

#[test]
fn completion_says_the_seat_where_a_name_is_two() {
    let house = house();
    house.ok("alumno1", &["vm", "create", "web1.team3", "--template", "mini"]);
    house.ok("alumno1", &["vm", "create", "web1.alumno1", "--template", "mini"]);
    house.ok("alumno1", &["vm", "create", "bd.team3", "--template", "mini"]);
    let mut command = house.ssh("alumno1");
    command.args(["-tt", &House::at("alumno1")]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut shell = Killed(command.stderr(Stdio::null()).spawn().unwrap());
    let mut stdin = shell.0.stdin.take().unwrap();
    stdin.write_all(b"start w\tt\t\rstart b\t\rexit\r").unwrap();
    let mut text = String::new();
    shell.0.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(text.contains("start web1.team3") && text.contains("start bd"), "{text:?}");
}

#[test]
fn a_dropped_member_is_cut_and_an_added_one_comes_in() {
    let house = house();
    house.ok("alumno1", &["vm", "create", "web1.team3", "--template", "mini"]);
    let mut child = Killed(through(&house, "alumno2", "web1:7007").spawn().unwrap());
    let mut stdin = child.0.stdin.take().unwrap();
    stdin.write_all(b"hola\n").unwrap();
    let mut stdout = BufReader::new(child.0.stdout.take().unwrap());
    let mut line = String::new();
    while !line.ends_with("hola\n") {
        line.clear();
        stdout.read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "the forward ended before it began");
    }
    let refused = house.run("profesor", &["seat", "drop", "team3", "alumno2"]);
    assert!(refused.code == 1 && refused.err.contains("--yes"), "{refused:?}");
    let said = house.ok("profesor", &["seat", "drop", "team3", "alumno2", "--yes"]);
    assert!(said.contains("alumno1"), "{said}");
    wait("the forward is cut", || child.0.try_wait().unwrap().is_some());
    assert_eq!(house.run("alumno2", &["vm", "show", "web1.team3"]).code, 1);
    assert!(!reaches(&house, "alumno2", "web1.team3:7007"));
    house.ok("alumno2", &["whoami"]);

    let last = house.run("profesor", &["seat", "drop", "team3", "alumno1", "--yes"]);
    assert!(last.code == 1 && last.err.contains("team3"), "{last:?}");
    house.ok("profesor", &["seat", "add", "team3", "eva", "alumno2"]);
    assert!(reaches(&house, "eva", "web1:7007") && reaches(&house, "alumno2", "web1:7007"));
    let said = house.run("profesor", &["seat", "add", "alumno1", "eva"]);
    assert!(said.code == 1 && said.err.contains("seat create"), "{said:?}");
}

#[test]
fn a_teacher_gets_a_seat_of_their_own() {
    let house = House::new("");
    let create = ["seat", "create", "profesor", "--course", "demo-2026"];
    let team = house.run("profesor", &[&create[..], &["--member", "profesor"]].concat());
    assert!(team.code == 1 && team.err.contains("--member"), "{team:?}");
    let said = house.ok("profesor", &create);
    assert!(said.contains("`profesor`"), "{said}");
    house.ok("profesor", &["vm", "create", "base", "--template", "mini"]);
    let show = house.ok("profesor", &["vm", "show", "base.profesor", "--json"]);
    assert_eq!(serde_json::from_str::<Value>(&show).unwrap()["seat"], "profesor");
    let again = house.run("profesor", &create);
    assert!(again.code == 1 && again.err.contains("seat list"), "{again:?}");
    let own = house.run("profesor", &["seat", "add", "profesor", "alumno1"]);
    assert_eq!(own.code, 1, "{own:?}");
    assert_eq!(house.run("alumno1", &["seat", "create", "alumno1", "--course", "demo-2026"]).code, 1);
}
