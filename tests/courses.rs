//! Courses that end, come back, get another name and go, with the real program and OpenSSH on the simulated engine.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod support;

use serde_json::Value;
use support::forward::Forward;
use support::pty::Pty;
use support::{House, wait};

fn json(house: &House, login: &str, words: &[&str]) -> Value {
    serde_json::from_str(&house.ok(login, &[words, &["--json"]].concat())).unwrap()
}

/// The error that this must end with.
#[track_caller]
fn refused(house: &House, login: &str, words: &[&str]) -> Value {
    let said = house.run(login, &[words, &["--json"]].concat());
    assert_eq!(said.code, 1, "{login}: {words:?}: {said:?}");
    let error: Value = serde_json::from_str(&said.err).unwrap();
    error["error"].clone()
}

fn vm_up(house: &House, login: &str, name: &str) {
    house.ok(login, &["vm", "create", name, "--template", "mini"]);
}

fn state(house: &House, vm: &str) -> Value {
    json(house, "profesor", &["vm", "show", vm])["state"].clone()
}

const LIST: &str = "username,firstname,lastname,email\nnueva,Ana,Gil,ana@uni.example\n";

#[test]
fn a_closed_course_is_looked_at_and_nothing_begins_in_it() {
    let mut house = House::new("");
    for name in ["web1", "web2", "web3"] {
        vm_up(&house, "alumno1", name);
    }
    house.ok("alumno1", &["vm", "stop", "web2"]);
    house.ok("alumno1", &["vm", "backup", "web1"]);
    house.ok("profesor", &["seat", "create", "equipo1", "--course", "demo-2026", "--member", "alumno1"]);
    let mut forward = Forward::new(&house, "alumno1", "web1");
    let said = house.ok("profesor", &["course", "close", "demo-2026"]);
    assert!(said.contains("solo lectura") && said.contains("`course reopen demo-2026`"), "{said}");
    let said = house.ok("profesor", &["course", "close", "demo-2026"]);
    assert!(said.contains("ya estaba así"), "{said}");
    let list = house.ok("profesor", &["course", "list"]);
    assert!(list.contains("solo lectura"), "{list}");
    assert!(forward.echoes(), "what is open stays");

    // It is so after a restart too.
    house.kill9();
    house.start();
    let nothing: &[(&str, &[&str])] = &[
        ("alumno1", &["vm", "create", "web4", "--template", "mini"]),
        ("alumno1", &["vm", "start", "web2"]),
        ("alumno1", &["vm", "restart", "web1"]),
        ("alumno1", &["vm", "restore", "web1", "--yes"]),
        ("alumno1", &["vm", "restore", "web1", "--as", "web5"]),
        ("alumno1", &["port", "publish", "web1", "80"]),
        ("profesor", &["vm", "start", "web2.alumno1"]),
        ("profesor", &["vm", "create", "web4.alumno1", "--template", "mini"]),
    ];
    for (login, words) in nothing {
        let error = refused(&house, login, words);
        let args = (&error["id"], &error["args"]["course"], &error["args"]["state"]);
        let expected = (&"error-course-read-only".into(), &"demo-2026".into(), &"closed".into());
        assert_eq!(args, expected, "{words:?}");
    }
    let seats: &[&[&str]] = &[
        &["person", "add", "nueva", "--course", "demo-2026"],
        &["seat", "create", "profesor", "--course", "demo-2026"],
        &["seat", "create", "equipo2", "--course", "demo-2026", "--member", "alumno1"],
        &["seat", "add", "equipo1", "alumno2"],
    ];
    for words in seats {
        assert_eq!(refused(&house, "profesor", words)["id"], "error-course-closed", "{words:?}");
    }
    let enrol = house.feed("profesor", &["course", "enrol", "demo-2026"], LIST);
    assert!(enrol.code == 1 && enrol.err.contains("`demo-2026` está cerrado"), "{enrol:?}");
    let said = house.run("alumno1", &["vm", "start", "web2"]).err;
    assert!(said.contains("el curso `demo-2026` está cerrado (solo lectura)"), "{said}");
    assert_eq!(refused(&house, "alumno2", &["vm", "start", "web2.alumno1"])["id"], "error-no-vm");

    // What ran runs, and its people look, connect, stop, delete, and save what is theirs.
    assert!(Forward::new(&house, "alumno1", "web1").echoes());
    house.ok("alumno1", &["vm", "stop", "web1"]);
    house.ok("alumno1", &["vm", "delete", "web2", "--yes"]);
    house.ok("alumno1", &["vm", "backup", "web3"]);
    let backup = json(&house, "alumno1", &["backup", "list"])[0]["name"].clone();
    house.ok("alumno1", &["backup", "delete", backup.as_str().unwrap(), "--yes"]);
    assert_eq!(refused(&house, "alumno1", &["course", "reopen", "demo-2026"])["id"], "error-denied");

    let said = house.ok("profesor", &["course", "reopen", "demo-2026"]);
    assert!(said.contains("`demo-2026` está abierto"), "{said}");
    house.ok("alumno1", &["vm", "start", "web1"]);
    house.ok("profesor", &["person", "add", "nueva", "--course", "demo-2026"]);
    let audit = house.audit();
    let notes = audit.iter().filter(|line| line["code"] == "course");
    let notes: Vec<_> = notes.map(|line| (&line["detail"]["what"], &line["detail"]["course"])).collect();
    let demo = Value::from("demo-2026");
    assert_eq!(notes, [(&"closed".into(), &demo), (&"open".into(), &demo)]);
}

#[test]
fn an_archived_course_is_put_away_and_comes_back_as_it_was() {
    let mut house = House::new("");
    house.ok("profesor", &["seat", "create", "profesor", "--course", "demo-2026"]);
    vm_up(&house, "alumno1", "web1");
    vm_up(&house, "alumno1", "web2");
    vm_up(&house, "alumno2", "web1");
    house.ok("alumno1", &["vm", "stop", "web2"]);
    let address = json(&house, "alumno1", &["vm", "show", "web1"])["address"].clone();
    let forward = Forward::new(&house, "alumno1", "web1");
    for number in [&[][..], &["--archive", "2"]] {
        let words = [&["course", "archive", "demo-2026"][..], number].concat();
        let said = house.run("profesor", &words);
        assert_eq!((said.code, &*said.out), (1, ""), "{said:?}");
        for text in ["3 puestos de `demo-2026`", "sus 2 máquinas", "`course archive demo-2026 --archive 3`"]
        {
            assert!(said.err.contains(text), "{text}: {}", said.err);
        }
    }
    assert_eq!(refused(&house, "alumno1", &["course", "archive", "demo-2026"])["id"], "error-denied");
    // At a terminal the question says the number.
    let ask = |answer: &str| {
        let mut ssh = house.ssh("profesor");
        let at = House::at("profesor");
        let mut terminal = Pty::new(ssh.arg("-tt").arg(at).args(["course", "archive", "demo-2026"]));
        terminal.until("¿Archivar `demo-2026` (3 puestos)?");
        terminal.until("[s/N] ");
        terminal.send(answer);
        terminal.end()
    };
    assert_eq!(ask("n\r").code, 1);
    house.ok("alumno1", &["whoami"]);
    let said = ask("s\r");
    assert!(said.code == 0 && said.out.contains("`demo-2026` está archivado (3 puestos)"), "{said:?}");
    forward.ended();
    let out = house.run("alumno1", &["whoami"]);
    assert!(out.code != 0 && out.err.contains("`demo-2026` está archivado"), "{out:?}");
    wait("its machines are stopped", || {
        ["web1.alumno1", "web1.alumno2"].iter().all(|vm| state(&house, vm) == "stopped")
    });
    let error = refused(&house, "profesor", &["vm", "start", "web1.alumno1"]);
    assert_eq!(
        (&error["id"], &error["args"]["state"]),
        (&"error-course-read-only".into(), &"archived".into())
    );
    assert_eq!(
        refused(&house, "profesor", &["person", "add", "alumno3", "--course", "demo-2026"])["id"],
        "error-course-closed"
    );

    house.kill9();
    house.start();
    assert_ne!(house.run("alumno1", &["whoami"]).code, 0);
    let said = house.ok("profesor", &["course", "reopen", "demo-2026"]);
    for text in ["`demo-2026` está abierto", "2 máquinas que se pararon", "`course reopen demo-2026 --start`"]
    {
        assert!(said.contains(text), "{text}: {said}");
    }
    house.ok("alumno1", &["whoami"]);
    assert_eq!(state(&house, "web1.alumno1"), "stopped");
    house.ok("profesor", &["course", "reopen", "demo-2026", "--start"]);
    // Asked for, it is owed.
    house.kill9();
    house.start();
    wait("what ran before runs again", || {
        ["web1.alumno1", "web1.alumno2"].iter().all(|vm| state(&house, vm) == "running")
    });
    assert_eq!(state(&house, "web2.alumno1"), "stopped");
    assert_eq!(json(&house, "alumno1", &["vm", "show", "web1"])["address"], address);
}

#[test]
fn a_new_name_takes_the_rules_with_it_and_stops_at_a_file_that_names_it() {
    let dir = std::env::temp_dir().join(format!("puerta-renamed-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    for (name, text) in puerta_policy::folder::BUILT_IN {
        std::fs::write(dir.join(name), text).unwrap();
    }
    let house = House::new(&format!("[policy]\ndir = {dir:?}\n"));
    vm_up(&house, "alumno1", "web1");
    house.ok("profesor", &["course", "create", "otro-2026"]);
    let address = json(&house, "alumno1", &["vm", "show", "web1"])["address"].clone();
    let exam = ["policy", "rule", "add", "exam", "--course", "demo-2026", "--verbs", "list"];
    house.ok(
        "profesor",
        &[&exam[..], &["--from", "2026-01-01T08:00", "--until", "2099-01-01T08:00"]].concat(),
    );
    assert_eq!(refused(&house, "alumno1", &["vm", "stop", "web1"])["id"], "error-denied");
    let rename = |old, new| ["course", "rename", old, new];
    assert_eq!(refused(&house, "profesor", &rename("demo-2026", "otro-2026"))["id"], "error-course-exists");
    assert_eq!(refused(&house, "profesor", &rename("nada", "otra"))["id"], "error-no-course");
    assert_eq!(refused(&house, "alumno1", &rename("demo-2026", "mio"))["id"], "error-denied");
    let said = house.ok("profesor", &rename("demo-2026", "demo-a"));
    assert!(said.contains("`demo-2026` es ahora `demo-a`") && said.contains("rule-1-exam"), "{said}");
    // The exam is one of the course by its new name, and addresses are what they were.
    assert_eq!(refused(&house, "alumno1", &["vm", "stop", "web1"])["id"], "error-denied");
    assert_eq!(json(&house, "profesor", &["policy", "rule", "list"])[0]["course"], "demo-a");
    let stated = json(&house, "profesor", &["policy", "show", "rule-1-exam"])["text"].to_string();
    assert!(stated.contains("demo-a") && !stated.contains("demo-2026"), "{stated}");
    assert_eq!(json(&house, "profesor", &["policy", "show"]).to_string().matches("rule--").count(), 0);
    assert_eq!(json(&house, "profesor", &["vm", "show", "web1.alumno1"])["address"], address);

    // A file says its name: that would say nothing any more.
    let file = "@id(\"no-backups\")\nforbid (principal, action == Puerta::Action::\"vm-backup\", resource)\n\
                when { resource in Puerta::Course::\"demo-a\" };\n";
    std::fs::write(dir.join("school.cedar"), file).unwrap();
    let reloads = || house.audit().iter().filter(|line| line["code"] == "policy.reload").count();
    house.signal("HUP");
    wait("it is read", || reloads() == 1);
    let said = house.run("profesor", &rename("demo-a", "demo-b"));
    assert!(said.code == 1 && said.err.contains("`no-backups` (school.cedar:1)"), "{said:?}");
    assert_eq!(refused(&house, "profesor", &["vm", "backup", "web1.alumno1"])["id"], "error-denied");
    std::fs::write(dir.join("school.cedar"), file.replace("demo-a", "demo-b")).unwrap();
    house.signal("HUP");
    wait("it is read", || reloads() == 2);
    house.ok("profesor", &rename("demo-a", "demo-b"));
    assert_eq!(refused(&house, "profesor", &["vm", "backup", "web1.alumno1"])["id"], "error-denied");
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn a_course_is_removed_when_it_has_nothing() {
    let house = House::new("");
    vm_up(&house, "alumno1", "web1");
    house.ok("alumno1", &["vm", "backup", "web1"]);
    house.ok(
        "profesor",
        &["policy", "rule", "add", "campus", "--course", "demo-2026", "--networks", "127.0.0.0/8"],
    );
    let remove = ["course", "remove", "demo-2026", "--yes"];
    assert_eq!(refused(&house, "profesor", &remove[..3])["id"], "error-need-yes");
    assert_eq!(refused(&house, "alumno1", &remove)["id"], "error-denied");
    let said = house.run("profesor", &remove).err;
    for text in [
        "`policy rule remove 1`",
        "`alumno1`: una máquina (`vm list --seat alumno1`, `vm delete`), una copia (`backup list --seat alumno1`",
    ] {
        assert!(said.contains(text), "{text}: {said}");
    }
    house.ok("profesor", &["policy", "rule", "remove", "1", "--yes"]);
    house.ok("profesor", &["vm", "delete", "web1.alumno1", "--yes"]);
    let backup = json(&house, "profesor", &["backup", "list", "--all"])[0]["name"].clone();
    let backup = backup.as_str().unwrap();
    house.ok("profesor", &["backup", "delete", backup, "--seat", "alumno1", "--yes"]);
    // Beside the mark of the folder of them all.
    let folders = || std::fs::read_dir(house.dir.join("state/backups")).unwrap().count() - 1;
    assert_eq!(folders(), 1, "the label of the seat");
    let said = house.ok("profesor", &remove);
    for text in ["`demo-2026` ya no está, con 2 puestos", "alumno1, alumno2"] {
        assert!(said.contains(text), "{text}: {said}");
    }
    assert_eq!(folders(), 0);
    assert_eq!(json(&house, "profesor", &["course", "list"]), Value::Array(vec![]));
    assert_eq!(json(&house, "profesor", &["seat", "list"]), Value::Array(vec![]));
    assert_eq!(json(&house, "alumno1", &["vm", "list"]), Value::Array(vec![]));
    let audit = house.ok("profesor", &["audit", "search", "demo-2026", "--json"]);
    assert!(audit.contains("removed") && audit.contains("course remove demo-2026"), "{audit}");
    // The name is free, and its seats are given from where the place was.
    house.ok("profesor", &["course", "create", "demo-2026"]);
    house.ok("profesor", &["seat", "create", "alumno1", "--course", "demo-2026"]);
    assert_eq!(json(&house, "profesor", &["seat", "list"])[0]["number"], 3);
}

/// Two courses with a teacher's machine each.
fn two_courses() -> House {
    let house = House::new("");
    house.ok("profesor", &["course", "create", "otro-2026"]);
    house.ok("profesor", &["person", "add", "profesor", "--course", "demo-2026"]);
    house.make_key("alumno3");
    let key = std::fs::read_to_string(house.key("alumno3").with_extension("pub")).unwrap();
    let key = format!("'{}'", key.trim());
    house.ok("profesor", &["person", "add", "alumno3", "--course", "otro-2026", "--key", &key]);
    vm_up(&house, "profesor", "web1");
    house.ok("profesor", &["vm", "stop", "web1"]);
    house
}

/// The words of `template retire`.
fn retire<'a>(words: &[&'a str]) -> Vec<&'a str> {
    [&["template", "retire"][..], words, &["--yes"]].concat()
}

/// The words of `course set`.
fn set<'a>(words: &[&'a str]) -> Vec<&'a str> {
    [&["course", "set"][..], words].concat()
}

fn templates(house: &House, login: &str) -> Vec<(String, Option<u64>, Option<String>)> {
    let list = json(house, login, &["template", "list"]);
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let one = |one: &Value| (text(&one["name"]).unwrap(), one["version"].as_u64(), text(&one["course"]));
    list.as_array().unwrap().iter().map(one).filter(|(name, ..)| name == "tomcat").collect()
}

#[test]
fn a_template_is_one_courses_and_changes_nothing_for_another() {
    let house = two_courses();
    let publish = |course: &[&str]| {
        let words = [&["template", "publish", "web1", "--name", "tomcat"][..], course].concat();
        json(&house, "profesor", &words)
    };
    let tomcat = |version, course: &str| ("tomcat".to_owned(), Some(version), Some(course.to_owned()));
    // By itself it is for the course of its machine.
    let made = publish(&[]);
    assert_eq!((&made["version"], &made["course"]), (&1.into(), &"demo-2026".into()));
    assert_eq!(templates(&house, "alumno1"), [tomcat(1, "demo-2026")]);
    assert_eq!(templates(&house, "alumno3"), []);
    assert_eq!(refused(&house, "alumno3", &["template", "show", "tomcat"])["id"], "error-unknown-template");
    for template in ["tomcat", "tomcat:1"] {
        let error = refused(&house, "alumno3", &["vm", "create", "a", "--template", template]);
        assert_eq!(
            (&error["id"], &error["args"]["known"]),
            (&"error-no-template".into(), &"debian-12, mini".into())
        );
    }
    let made = publish(&["--course", "otro-2026"]);
    assert_eq!((&made["version"], &made["course"]), (&2.into(), &"otro-2026".into()));
    assert_eq!(templates(&house, "alumno1"), [tomcat(1, "demo-2026")], "the other keeps what it had");
    assert_eq!(templates(&house, "alumno3"), [tomcat(2, "otro-2026")]);
    assert_eq!(templates(&house, "profesor"), [tomcat(1, "demo-2026"), tomcat(2, "otro-2026")]);
    let create = |login, name| json(&house, login, &["vm", "create", name, "--template", "tomcat"]);
    assert_eq!(create("alumno1", "a")["template"], "tomcat:1");
    assert_eq!(create("alumno3", "a")["template"], "tomcat:2");
    // So does what is retired.
    let error = refused(&house, "profesor", &retire(&["tomcat"]));
    let courses = "`demo-2026`, `otro-2026`";
    assert_eq!(
        (&error["id"], &error["args"]["courses"]),
        (&"error-template-courses".into(), &courses.into())
    );
    house.ok("profesor", &retire(&["tomcat", "--course", "otro-2026"]));
    assert_eq!(create("alumno1", "b")["template"], "tomcat:1");
    let error = refused(&house, "alumno3", &["vm", "create", "b", "--template", "tomcat"]);
    assert_eq!(error["id"], "error-no-template");
    // A course that is closed gets no more.
    house.ok("profesor", &["course", "close", "otro-2026"]);
    let words = ["template", "publish", "web1", "--name", "tomcat", "--course", "otro-2026"];
    assert_eq!(refused(&house, "profesor", &words)["id"], "error-course-read-only");
    house.ok("profesor", &["template", "publish", "web1", "--name", "tomcat"]);
}

#[test]
fn a_course_has_a_usual_template() {
    let house = two_courses();
    let plain = |login, name| json(&house, login, &["vm", "create", name])["template"].clone();
    assert_eq!(refused(&house, "alumno1", &["vm", "create", "a"])["id"], "error-which-template");
    house.ok("profesor", &["template", "publish", "web1", "--name", "tomcat"]);
    assert_eq!(
        refused(&house, "profesor", &set(&["otro-2026", "--template", "tomcat"]))["id"],
        "error-no-template"
    );
    assert_eq!(refused(&house, "profesor", &set(&["demo-2026"]))["id"], "error-course-set");
    assert_eq!(refused(&house, "alumno1", &set(&["demo-2026", "--no-template"]))["id"], "error-denied");
    let said = house.ok("profesor", &set(&["demo-2026", "--template", "tomcat"]));
    assert!(said.contains("`vm create NOMBRE` hace una máquina de `tomcat`"), "{said}");
    house.ok("profesor", &set(&["otro-2026", "--template", "mini"]));
    assert_eq!(plain("alumno1", "a"), "tomcat:1");
    house.ok("profesor", &["template", "publish", "web1", "--name", "tomcat"]);
    assert_eq!(plain("alumno1", "b"), "tomcat:2", "without a version it is the newest");
    assert_eq!(plain("alumno3", "a"), "mini");
    let list = house.ok("profesor", &["course", "list"]);
    assert!(list.contains("tomcat") && list.contains("mini"), "{list}");
    // Where it is gone, that is said, and not taken for what somebody wrote.
    house.ok("profesor", &["template", "retire", "tomcat", "--yes"]);
    let error = refused(&house, "alumno1", &["vm", "create", "c"]);
    let args = (&error["id"], &error["args"]["course"], &error["args"]["template"]);
    assert_eq!(args, (&"error-course-template".into(), &"demo-2026".into(), &"tomcat".into()));
    house.ok("profesor", &set(&["demo-2026", "--no-template"]));
    assert_eq!(refused(&house, "alumno1", &["vm", "create", "c"])["id"], "error-which-template");
}
