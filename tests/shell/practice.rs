//! Practices: published in versions, begun whole or not at all, for oneself and for a class.

use super::*;
use serde_json::Value;

const TOMCAT: &str = "[practice]\nname = \"tomcat\"\ntitle.es = \"Tomcat detrás de un proxy\"\n\
                      [vm.proxy]\ntemplate = \"mini\"\npublish = [80]\nafter = [\"tomcat\"]\n\
                      [vm.tomcat]\ntemplate = \"mini\"\nmemory = \"128M\"\nafter = [\"db\"]\n\
                      [vm.db]\ntemplate = \"mini\"\n\
                      [[check]]\nkind = \"answers\"\nvm = \"db\"\nport = 5432\n";

/// A house where a student has room for a practice.
fn house() -> House {
    let house = House::new("");
    for quota in ["machines", "running"] {
        house.ok("profesor", &["quota", "set", quota, "6", "--role", "alumno"]);
    }
    house.ok("profesor", &["quota", "set", "memory", "8G", "--role", "alumno"]);
    house.ok("profesor", &["quota", "set", "cpus", "8", "--role", "alumno"]);
    house.ok("profesor", &["quota", "set", "disk", "40G", "--role", "alumno"]);
    house
}

fn publish(house: &House, file: &str) -> Said {
    house.feed("profesor", &["practice", "publish", "--course", "demo-2026"], file)
}

fn states(house: &House, login: &str) -> Vec<(String, String)> {
    let shown = json(&house.run(login, &["practice", "show", "tomcat", "--json"]));
    let parts = shown["parts"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    parts.map(|part| (text(&part["name"]), text(&part["vm"]["state"]))).collect()
}

fn of(parts: [&str; 3]) -> Vec<(String, String)> {
    let names = ["db", "tomcat", "proxy"].into_iter();
    names.zip(parts).map(|(name, state)| (name.to_owned(), state.to_owned())).collect()
}

#[test]
fn a_student_begins_one_whole_and_again_only_what_is_missing() {
    let house = house();
    let published = publish(&house, TOMCAT);
    assert_eq!(published.code, 0, "{published:?}");
    assert!(house.ok("alumno1", &["practice", "list"]).contains("Tomcat detrás de un proxy"));
    assert_eq!(states(&house, "alumno1"), of(["", "", ""]));

    let begun = house.ok("alumno1", &["practice", "start", "tomcat"]);
    assert!(begun.contains("3 de 3") && begun.contains("-> 80"), "{begun}");
    assert_eq!(states(&house, "alumno1"), of(["running"; 3]));
    let db = json(&house.run("alumno1", &["vm", "show", "tomcat", "--json"]));
    assert_eq!(db["memory_mib"], 128);
    // It starts in its order: who waits for nobody is the first whose start ends.
    let jobs = json(&house.run("alumno1", &["job", "list", "--json"]));
    let jobs = jobs.as_array().unwrap();
    let parent = &jobs[0];
    assert_eq!(
        (&parent["kind"], &parent["machines"]),
        (&"practice-start".into(), &serde_json::json!([3, 3, 0]))
    );
    let ended = |vm: &str| jobs.iter().find(|job| job["vm"] == vm).unwrap()["finished"].as_str().unwrap();
    assert!(ended("db") <= ended("tomcat") && ended("tomcat") <= ended("proxy"), "{jobs:?}");

    let again = house.ok("alumno1", &["practice", "start", "tomcat"]);
    assert!(again.contains("no hay nada que hacer"), "{again}");
    house.ok("alumno1", &["vm", "delete", "tomcat", "--yes"]);
    house.ok("alumno1", &["vm", "stop", "db"]);
    let mended = house.ok("alumno1", &["practice", "start", "tomcat"]);
    assert!(mended.contains("2 de 2") && !mended.contains("proxy"), "{mended}");
    let stopped = house.ok("alumno1", &["practice", "stop", "tomcat"]);
    assert!(stopped.contains("3 de 3"), "{stopped}");
    assert_eq!(states(&house, "alumno1"), of(["stopped"; 3]));

    // A parent is its person's own.
    let number = parent["job"].as_u64().unwrap();
    let watched = house.ok("alumno1", &["job", "watch", &format!("@{number}")]);
    assert!(watched.contains("3 de 3"), "{watched}");
    let hidden = house.run("alumno2", &["job", "watch", &format!("@{number}")]);
    let absent = house.run("alumno2", &["job", "watch", "@9999"]);
    assert_eq!(hidden.err.replace(&number.to_string(), "9999"), absent.err);
}

#[test]
fn all_or_nothing() {
    let house = house();
    publish(&house, TOMCAT);
    // One of their own that is called so is named, and nothing is made.
    vm_up(&house, "alumno1", "db");
    let taken = house.run("alumno1", &["practice", "start", "tomcat"]);
    assert!(taken.code == 1 && taken.err.contains("`db`"), "{taken:?}");
    house.ok("alumno1", &["vm", "rename", "db", "mine"]);
    // It is asked once whether the whole fits.
    house.ok("profesor", &["quota", "set", "machines", "3", "--seat", "alumno1"]);
    let full = house.run("alumno1", &["practice", "start", "tomcat"]);
    assert_eq!(full.code, 1, "{full:?}");
    assert_eq!(json(&house.run("alumno1", &["vm", "list", "--json"])).as_array().unwrap().len(), 1);
    house.ok("profesor", &["quota", "set", "machines", "4", "--seat", "alumno1"]);
    house.ok("profesor", &["quota", "set", "running", "3", "--seat", "alumno1"]);
    let full = house.run("alumno1", &["practice", "start", "tomcat"]);
    assert_eq!(full.code, 1, "{full:?}");
    house.ok("alumno1", &["vm", "stop", "mine"]);
    house.ok("alumno1", &["practice", "start", "tomcat"]);

    let none = house.run("alumno1", &["practice", "start", "nothing"]);
    assert!(none.code == 1 && none.err.contains("practice list"), "{none:?}");
    let none = house.run("alumno1", &["practice", "stop", "nothing"]);
    assert_eq!(none.code, 1, "{none:?}");
}

#[test]
fn a_class_begins_with_one_command_and_one_parent() {
    let house = house();
    publish(&house, TOMCAT);
    let begun = house.run("profesor", &["practice", "start", "tomcat", "--course", "demo-2026", "--json"]);
    assert_eq!(begun.code, 0, "{begun:?}");
    let begun = json(&begun);
    let seats = json(&house.run("profesor", &["seat", "list", "--json"]));
    let seats = seats.as_array().unwrap().iter().filter(|seat| seat["team"] == false).count() as u64;
    assert_eq!((begun["total"].as_u64(), begun["failed"].as_u64()), (Some(seats * 3), Some(0)), "{begun}");
    assert_eq!(states(&house, "alumno2"), of(["running"; 3]));
    // Who has no seat there has none of it; whoever may not look at seats begins nobody else's.
    for place in [&["--course", "demo-2026"][..], &["--seat", "alumno2"]] {
        let refused = house.run("alumno1", &[&["practice", "start", "tomcat"], place].concat());
        assert_eq!(refused.code, 1, "{refused:?}");
    }
    let absent = house.run("alumno1", &["practice", "start", "tomcat", "--seat", "alumno9"]);
    let hidden = house.run("alumno1", &["practice", "start", "tomcat", "--seat", "alumno2"]);
    assert_eq!(absent.err.replace("alumno9", "alumno2"), hidden.err);
    let nobody =
        house.run("profesor", &["practice", "start", "tomcat", "--course", "demo-2026", "--group", "Z"]);
    assert!(nobody.code == 1 && nobody.err.contains("demo-2026, Z"), "{nobody:?}");
    let stopped = house.ok("profesor", &["practice", "stop", "tomcat", "--course", "demo-2026"]);
    assert!(stopped.contains(&format!("{0} de {0}", seats * 3)), "{stopped}");
}

#[test]
fn who_leaves_a_team_sees_no_more_of_it_by_their_parent() {
    let house = house();
    publish(&house, TOMCAT);
    house.ok("profesor", &["person", "add", "ana", "--course", "demo-2026"]);
    house.ok("profesor", &["seat", "remove", "alumno1", "--yes"]);
    let members = ["--member", "alumno1", "--member", "ana"];
    let made = [&["seat", "create", "equipo", "--course", "demo-2026"], &members[..]].concat();
    house.ok("profesor", &made);
    for quota in ["machines", "running"] {
        house.ok("profesor", &["quota", "set", quota, "6", "--seat", "equipo"]);
    }
    house.ok("alumno1", &["practice", "start", "tomcat", "--seat", "equipo"]);
    let seen = || {
        let watched = json(&house.run("alumno1", &["job", "watch", "@1", "--json"]));
        watched["machines"].as_array().unwrap().iter().filter(|item| item["address"].is_string()).count()
    };
    assert_eq!(seen(), 3);
    house.ok("profesor", &["seat", "drop", "equipo", "alumno1", "--yes"]);
    assert_eq!(seen(), 0, "what is there now is not theirs to see");
}

#[test]
fn what_a_job_has_is_named_and_two_at_once_begin_it_once() {
    let house = house();
    publish(&house, TOMCAT);
    let begin = || {
        let mut ssh = house.ssh("alumno1");
        ssh.arg(House::at("alumno1")).arg("practice start tomcat");
        Killed(ssh.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap())
    };
    let (mut first, mut second) = (begin(), begin());
    assert!(first.0.wait().unwrap().success() && second.0.wait().unwrap().success());
    assert_eq!(states(&house, "alumno1"), of(["running"; 3]));
    assert_eq!(json(&house.run("alumno1", &["vm", "list", "--json"])).as_array().unwrap().len(), 3);
    house.ok("alumno1", &["practice", "stop", "tomcat"]);
    let (mut first, mut second) = (begin(), begin());
    assert!(first.0.wait().unwrap().success() && second.0.wait().unwrap().success());
    wait("all of them run", || states(&house, "alumno1") == of(["running"; 3]));
}

#[test]
fn who_runs_one_version_keeps_it_and_mistakes_have_their_lines() {
    let house = house();
    publish(&house, TOMCAT);
    house.ok("alumno1", &["practice", "start", "tomcat"]);
    let same = publish(&house, TOMCAT);
    assert!(same.code == 1 && same.err.contains("el mismo"), "{same:?}");
    let second = TOMCAT.replace("[vm.db]", "[vm.cache]\ntemplate = \"mini\"\n[vm.db]");
    let second = publish(&house, &second);
    assert!(second.code == 0 && second.out.contains("versión 2"), "{second:?}");
    let shown = house.ok("alumno1", &["practice", "show", "tomcat"]);
    assert!(shown.contains("versión 1") && shown.contains("hay una versión 2"), "{shown}");
    let again = house.ok("alumno1", &["practice", "start", "tomcat"]);
    assert!(again.contains("no hay nada que hacer"), "{again}");

    // Anew it is the newest: their places, addresses and keys stay, and what was in them goes.
    let place = |name: &str| {
        let shown = json(&house.run("alumno1", &["vm", "show", name, "--json"]));
        (shown["address"].clone(), shown["host_keys"].clone())
    };
    let before = place("db");
    let asked = house.run("alumno1", &["practice", "reset", "tomcat"]);
    assert!(asked.code == 1 && asked.err.contains("--yes"), "{asked:?}");
    let reset = house.ok("alumno1", &["practice", "reset", "tomcat", "--yes"]);
    assert!(reset.contains("4 de 4"), "{reset}");
    assert_eq!(place("db"), before);
    let shown = house.ok("alumno1", &["practice", "show", "tomcat"]);
    assert!(shown.contains("versión 2") && !shown.contains("hay una"), "{shown}");
    assert_eq!(json(&house.run("alumno1", &["port", "list", "--json"])).as_array().unwrap().len(), 1);
    assert!(house.ok("alumno2", &["practice", "start", "tomcat"]).contains("4 de 4"));

    let wrong = "[practice]\nname = \"x\"\n[vm.a]\ntemplate = \"nowhere\"\n";
    let wrong = publish(&house, wrong);
    assert!(wrong.code == 1 && wrong.err.contains("`nowhere`"), "{wrong:?}");
    let wrong = publish(&house, "[practice]\nname = \"x\"\nnmae = 1\n[vm.a]\nafter = [\"a\"]\n");
    assert_eq!(wrong.code, 1);
    for line in ["3", "4"] {
        assert!(wrong.err.lines().any(|said| said.contains(line)), "{line}: {wrong:?}");
    }
    let file = house.feed("alumno1", &["practice", "publish", "--course", "demo-2026"], TOMCAT);
    assert_eq!(file.code, 1, "{file:?}");
    let many: String = (0..2_500).map(|n| format!("[vm.a{n}]\ntemplate='mini'\n")).collect();
    assert_eq!(publish(&house, &format!("[practice]\nname='x'\n{many}")).code, 1);

    // Taken away it is begun no more; what was made stays, and is mended.
    house.ok("profesor", &["practice", "remove", "tomcat", "--course", "demo-2026", "--yes"]);
    assert!(!house.ok("alumno1", &["practice", "list"]).contains("tomcat"));
    house.ok("alumno1", &["vm", "delete", "tomcat", "--yes"]);
    house.ok("alumno1", &["practice", "start", "tomcat"]);
    let all = states(&house, "alumno1");
    assert!(all.len() == 4 && all.iter().all(|(_, state)| state == "running"), "{all:?}");
}

#[test]
fn a_class_goes_on_when_puerta_is_killed_in_the_middle() {
    let mut house = house();
    publish(&house, TOMCAT);
    for round in 0..3_u64 {
        let mut ssh = house.ssh("profesor");
        ssh.arg(House::at("profesor")).arg("practice start tomcat --course demo-2026");
        let mut asking = ssh.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // At another moment each time: it may not have begun, or be nearly over.
        std::thread::sleep(std::time::Duration::from_millis(100 * round));
        house.kill9();
        asking.wait().unwrap();
        house.start();
        wait("no job runs", || {
            let jobs = json(&house.run("profesor", &["job", "list", "--all", "--json"]));
            jobs.as_array().unwrap().iter().all(|job| job["state"] != "running")
        });
        // All of it began, or nothing.
        let machines = json(&house.run("profesor", &["vm", "list", "--all", "--json"]));
        let machines = machines.as_array().unwrap();
        assert!([0, 6].contains(&machines.len()), "{machines:?}");
        assert!(machines.iter().all(|vm| vm["state"] == "running"), "{machines:?}");
        for login in ["alumno1", "alumno2"].into_iter().filter(|_| !machines.is_empty()) {
            house.ok(login, &["vm", "delete", "tomcat", "--yes"]);
            house.ok(login, &["vm", "delete", "db", "--yes"]);
            house.ok(login, &["vm", "delete", "proxy", "--yes"]);
        }
    }
}

#[test]
fn the_ready_practices_are_read() {
    for file in std::fs::read_dir("contrib/practices").unwrap() {
        let file = file.unwrap().path();
        let text = std::fs::read_to_string(&file).unwrap();
        let practice = text.parse::<puerta_lab::practice::Practice>();
        let practice = practice.unwrap_or_else(|wrong| panic!("{}: {wrong:#?}", file.display()));
        assert_eq!(file.file_stem().unwrap().to_str().unwrap(), practice.name.as_str());
        for check in &practice.checks {
            assert!(check.text.es.is_some() && check.text.en.is_some(), "{check:?}");
        }
    }
}

#[test]
fn the_machines_of_one_name_of_a_class_with_one_command() {
    let house = house();
    for login in ["alumno1", "alumno2"] {
        vm_up(&house, login, "web1");
    }
    vm_up(&house, "alumno1", "mine");
    house.ok("profesor", &["person", "add", "ana", "--course", "demo-2026"]);
    let many = |verb: &str, more: &[&str]| {
        house.run("profesor", &[&["vm", verb, "web1", "--course", "demo-2026"], more].concat())
    };
    let state = |login: &str| json(&house.run(login, &["vm", "show", "web1", "--json"]))["state"].clone();
    let stopped = many("stop", &[]);
    assert!(stopped.code == 0 && stopped.out.contains("2 de 2"), "{stopped:?}");
    assert!(stopped.out.contains("sin `web1`: ana"), "{stopped:?}");
    assert_eq!((state("alumno1"), state("alumno2")), ("stopped".into(), "stopped".into()));
    assert_eq!(json(&house.run("alumno1", &["vm", "show", "mine", "--json"]))["state"], "running");
    let again = many("stop", &[]);
    assert!(again.code == 1 && again.err.contains("nada que hacer"), "{again:?}");
    for verb in ["start", "restart"] {
        assert_eq!(many(verb, &[]).code, 0);
        assert_eq!((state("alumno1"), state("alumno2")), ("running".into(), "running".into()));
    }
    // Whose there are none, whose are not asked for, and who may not.
    assert_eq!(many("stop", &["--group", "Z"]).code, 1);
    let none = house.run("profesor", &["vm", "stop", "web9", "--course", "demo-2026"]);
    assert!(none.code == 1 && none.err.contains("nadie tiene"), "{none:?}");
    let seat = house.run("profesor", &["vm", "stop", "web1.alumno1", "--course", "demo-2026"]);
    assert_eq!(seat.code, 1, "{seat:?}");
    let student = house.run("alumno1", &["vm", "stop", "web1", "--course", "demo-2026"]);
    assert_eq!(student.code, 1, "{student:?}");
    assert_eq!(state("alumno1"), "running");
    // For good only with a yes.
    assert_eq!(many("delete", &[]).code, 1);
    assert_eq!(many("delete", &["--yes"]).code, 0);
    assert_eq!(json(&house.run("alumno2", &["vm", "list", "--json"])).as_array().unwrap().len(), 0);
    let left = json(&house.run("alumno1", &["vm", "list", "--json"]));
    assert_eq!(left[0]["name"], "mine");
    // One line of the audit for each machine, by the person who asked.
    let deleted = house.audit();
    let deleted = deleted.iter().filter(|line| line["action"] == "vm-delete" && line["code"] == "command");
    let vms: Vec<_> =
        deleted.filter(|line| line["phase"] == "begin").map(|line| line["vm"].clone()).collect();
    assert_eq!(vms, ["web1.alumno1", "web1.alumno2"]);
}
