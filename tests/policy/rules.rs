//! Ready rules and a tightened folder: what they close is closed in its moment, also what is open.

use super::support::{House, Killed, wait};
use super::{Forward, in_seconds, json, refused, shell, vm_up};
use crate::Pty;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

const ADD: [&str; 3] = ["policy", "rule", "add"];

fn add(house: &House, words: &[&str]) -> Value {
    json(house, "profesor", &[&ADD[..], words].concat())
}

/// Names of the machines that somebody sees.
fn sees(house: &House, login: &str) -> Vec<String> {
    let vms = json(house, login, &["vm", "list"]);
    vms.as_array().unwrap().iter().map(|vm| vm["name"].as_str().unwrap().to_owned()).collect()
}

/// Milliseconds between a moment and the audit's first line of this kind after it.
fn late(house: &House, from: &str, code: &str) -> i64 {
    let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_millisecond();
    let audit = house.audit();
    let ends = audit.iter().filter(|line| line["code"] == code && line["phase"] == "finish");
    let first = ends.map(|line| at(line["time"].as_str().unwrap())).find(|time| *time >= at(from));
    first.map_or(i64::MAX, |time| time - at(from))
}

#[test]
fn an_exam_begins_and_ends_at_its_time() {
    let house = House::new("");
    for name in ["web1", "db1"] {
        vm_up(&house, "alumno1", name);
    }
    vm_up(&house, "alumno2", "web1");
    let (mut listed, other) =
        (Forward::new(&house, "alumno1", "db1"), Forward::new(&house, "alumno1", "web1"));
    let mut teacher = Forward::new(&house, "profesor", "web1.alumno2");
    let (mut inside, mut outside) = (shell(&house, "alumno1"), shell(&house, "profesor"));
    let (from, until) = (in_seconds(8), in_seconds(40));
    let exam = ["exam", "--course", "demo-2026", "--from", &from, "--until", &until, "--machines", "db1"];
    let rule = add(&house, &[&exam[..], &["--verbs", "list,forward"]].concat());
    assert_eq!((&rule["policy"], &rule["state"]), (&"rule-1-exam".into(), &"off".into()));
    assert_eq!(rule["nobodys"], Value::Array(vec![]));
    assert_eq!(sees(&house, "alumno1"), ["db1", "web1"]);
    let ask = ["policy", "explain", "alumno1", "vm-start", "web1", "--at"];
    let then = json(&house, "profesor", &[&ask[..], &[&from]].concat());
    assert_eq!(then["policies"][0]["id"], "rule-1-exam", "{then}");

    inside.until("Empieza el examen de `demo-2026`, hasta las");
    inside.until("; solo `db1`.");
    other.ended();
    eprintln!("closed {} ms after the exam began", late(&house, &from, "forward"));
    assert!(listed.echoes() && teacher.echoes(), "what is listed, and who is no student, goes on");
    assert_eq!(sees(&house, "alumno1"), ["db1"]);
    assert!(sees(&house, "alumno2").is_empty());
    assert_eq!(refused(&house, "alumno1", &["vm", "start", "web1"]), "error-no-vm");
    assert_eq!(refused(&house, "alumno1", &["vm", "stop", "db1"]), "error-denied");
    assert_eq!(refused(&house, "alumno1", &["vm", "create", "notes"]), "error-denied");
    assert_eq!(
        refused(&house, "profesor", &["port", "publish", "web1.alumno2", "80"]),
        "error-publications-closed"
    );
    // Whatever is refused says until when, and the same of what is there, hidden and absent.
    for words in [&["vm", "start", "web1"][..], &["vm", "stop", "db1"], &["vm", "show", "no.alumno2"]] {
        let said = house.run("alumno1", words).err;
        let exam = said.lines().nth(1).unwrap_or_default();
        assert!(exam.starts_with("  examen de `demo-2026` hasta las "), "{words:?}: {said}");
        assert!(exam.ends_with("; solo `db1`"), "{words:?}: {said}");
    }
    for to in ["web1:7007", "db1.alumno2:7007", "nothing:22"] {
        let said: crate::support::Said =
            house.ssh("alumno1").args(["-W", to]).arg(House::at("alumno1")).output().unwrap().into();
        assert!(said.err.contains("examen de `demo-2026` hasta las"), "{to}: {said:?}");
        assert!(said.err.contains("exam of `demo-2026` until"), "{to}: {said:?}");
    }
    let mut late = house.ssh("alumno1");
    let mut late = Pty::new(late.arg("-tt").arg(House::at("alumno1")));
    late.until("tienes 1 de ");
    late.until("examen de `demo-2026` hasta las");
    drop(late);
    assert_eq!(json(&house, "alumno1", &["whoami"])["login"], "alumno1");
    assert_eq!(json(&house, "profesor", &["policy", "rule", "list"])[0]["state"], "on");
    let denied = house.audit().into_iter().find(|line| line["code"] == "denial").unwrap();
    assert_eq!(denied["meant"]["policies"][0], "rule-1-exam", "{denied}");

    let over: jiff::Timestamp = until.parse().unwrap();
    while jiff::Timestamp::now() < over {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    inside.until("El examen de `demo-2026` ha terminado");
    outside.send("exit\r");
    let said = outside.end().out;
    assert!(!said.contains("examen"), "{said}");
    wait("the exam ends", || sees(&house, "alumno1").len() == 2);
    assert!(Forward::new(&house, "alumno1", "web1").echoes() && listed.echoes());
    assert_eq!(json(&house, "profesor", &["policy", "rule", "list"])[0]["state"], "over");
}

#[test]
fn outside_the_timetable_everything_of_a_student_ends() {
    let mut house = House::new("");
    assert_eq!(house.stop(), 0);
    let config = std::fs::read_to_string(house.config()).unwrap();
    std::fs::write(house.config(), format!("timezone = \"Europe/Madrid\"\n{config}")).unwrap();
    house.start();
    vm_up(&house, "alumno1", "web1");
    let (mut forward, mut inside) = (Forward::new(&house, "alumno1", "web1"), shell(&house, "alumno1"));
    let open = add(&house, &["timetable", "--course", "demo-2026", "--open", "'mon-sun 00:00-24:00'"]);
    assert_eq!((&open["state"], &open["zone"]), (&"off".into(), &"Europe/Madrid".into()));
    assert!(forward.echoes());
    inside.send("whoami\r");
    inside.until("alumno1");
    // In three days, and not now.
    let now = jiff::Timestamp::now().in_tz("Europe/Madrid").unwrap();
    let day = now.weekday().wrapping_add(3);
    let day = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"][day.to_monday_zero_offset() as usize];
    let closed = ["timetable", "--course", "demo-2026", "--open", &format!("'{day} 08:00-21:00'")];
    assert_eq!(add(&house, &closed)["state"], "on");
    forward.ended();
    let end = inside.end();
    assert!(end.out.contains("La política no te deja estar dentro ahora"), "{end:?}");
    assert!(end.out.contains("`demo-2026` está cerrado a esta hora: vuelve a partir de"), "{end:?}");
    let then = (now.date() + jiff::Span::new().days(3)).at(20, 59, 0, 0).to_string();
    let kept_out = |house: &House| {
        let said = house.run("alumno1", &["whoami"]);
        let opens = then.replace('T', " ").replace("20:59:00", "08:00");
        let says = format!("`demo-2026` está cerrado a esta hora: vuelve a partir de `{opens}`\n");
        assert_eq!((said.code, &*said.err), (1, &*says), "{said:?}");
    };
    kept_out(&house);
    house.ok("profesor", &["whoami"]);
    // At its hour it is open, by the clock on the wall.
    let ask = ["policy", "explain", "alumno1", "login", "--at"];
    assert_eq!(json(&house, "profesor", &[&ask[..], &[&then]].concat())["allowed"], true);
    // It is kept over a restart, until it is turned off.
    assert_eq!(house.stop(), 0);
    house.start();
    kept_out(&house);
    assert_eq!(refused(&house, "profesor", &["policy", "rule", "remove", "2"]), "error-need-yes");
    house.ok("profesor", &["policy", "rule", "remove", "rule-2-timetable", "--yes"]);
    assert_eq!(refused(&house, "profesor", &["policy", "rule", "remove", "2", "--yes"]), "error-no-rule");
    house.ok("alumno1", &["whoami"]);
}

#[test]
fn students_come_in_from_the_campus_only() {
    let house = House::new("");
    assert_eq!(refused(&house, "profesor", &[&ADD[..], &["campus"]].concat()), "error-rule-no-campus");
    assert_eq!(
        refused(&house, "profesor", &[&ADD[..], &["campus", "--course", "no", "--networks", "::1"]].concat()),
        "error-no-course"
    );
    let inside = shell(&house, "alumno1");
    add(&house, &["campus", "--networks", "192.0.2.0/24,2001:db8::/32"]);
    inside.end();
    let said = house.run("alumno2", &["whoami"]);
    let says = "los alumnos solo entran desde `192.0.2.0/24`, `2001:db8::/32`: conéctate";
    assert!(said.code == 1 && said.err.starts_with(says), "{said:?}");
    house.ok("profesor", &["whoami"]);
    let ask = ["policy", "explain", "alumno1", "login", "--from"];
    for (from, allowed) in [("192.0.2.9", true), ("2001:db8::9", true), ("198.51.100.1", false)] {
        let view = json(&house, "profesor", &[&ask[..], &[from]].concat());
        assert_eq!(view["allowed"], allowed, "{view}");
    }
    // Two networks, each enough by itself; two rules, and both must be heeded.
    add(&house, &["campus", "--networks", "127.0.0.0/8"]);
    assert_eq!(house.run("alumno2", &["whoami"]).code, 1);
    house.ok("profesor", &["policy", "rule", "remove", "1", "--yes"]);
    house.ok("alumno2", &["whoami"]);
}

#[test]
fn without_a_second_factor_one_looks_after_ones_account() {
    let mut house = House::new("");
    vm_up(&house, "alumno1", "web1");
    add(&house, &["second-factor", "--role", "alumno"]);
    house.ok("alumno1", &["whoami"]);
    house.ok("alumno1", &["key", "list"]);
    assert_eq!(refused(&house, "alumno1", &["vm", "start", "web1"]), "error-second-factor-needed");
    let view = json(&house, "profesor", &["policy", "explain", "alumno1", "vm-start", "web1"]);
    assert_eq!((&view["allowed"], &view["second_factor_helps"]), (&false.into(), &true.into()), "{view}");
    // Also for who turned it on.
    add(&house, &["second-factor"]);
    house.ok("profesor", &["whoami"]);
    assert_eq!(refused(&house, "profesor", &["policy", "rule", "list"]), "error-second-factor-needed");
    // The way back is on the server, with puerta stopped: it is written in the audit, or not done.
    let list = house.puerta(&["policy", "rule", "list"]);
    assert_eq!(list.out, "1 second-factor by=profesor\n2 second-factor by=profesor\n", "{list:?}");
    let running = house.puerta(&["policy", "rule", "remove", "2"]);
    assert!(running.code == 1 && running.err.contains("in use by another puerta"), "{running:?}");
    assert_eq!(house.stop(), 0);
    let removed = house.puerta(&["policy", "rule", "remove", "2"]);
    assert_eq!((removed.code, &*removed.out), (0, "`rule-2-second-factor` is off\n"), "{removed:?}");
    assert_eq!(house.puerta(&["policy", "rule", "remove", "2"]).code, 1);
    house.start();
    assert_eq!(json(&house, "profesor", &["policy", "rule", "list"])[0]["policy"], "rule-1-second-factor");
    let lines = house.audit();
    let line = lines.iter().find(|line| line["code"] == "policy.rule-remove").unwrap();
    assert_eq!(line["detail"]["rule"], "rule-2-second-factor", "{line}");
}

/// What was answered is kept, what is kept is in force, and nothing is half there.
#[test]
fn killed_while_rules_are_turned_on() {
    let mut house = House::new("");
    let mut answered = 0;
    for moment in 1..=5 {
        let mut pipe = house.ssh("profesor");
        pipe.arg("-T").arg(House::at("profesor"));
        pipe.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut pipe = Killed(pipe.spawn().unwrap());
        let lines = "policy rule add campus --networks 192.0.2.0/24 --json\n".repeat(20);
        pipe.0.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
        let mut answers = BufReader::new(pipe.0.stdout.take().unwrap()).lines();
        for _ in 0..moment {
            let rule: Value = serde_json::from_str(&answers.next().unwrap().unwrap()).unwrap();
            answered = rule["id"].as_u64().unwrap() as usize;
        }
        house.kill9();
        house.start();
        let rules = json(&house, "profesor", &["policy", "rule", "list"]);
        let rules: Vec<&str> =
            rules.as_array().unwrap().iter().map(|rule| rule["policy"].as_str().unwrap()).collect();
        assert!(rules.len() >= answered, "{answered} answered: {rules:?}");
        let policies = json(&house, "profesor", &["policy", "show"]);
        let ids = policies.as_array().unwrap().iter().map(|policy| policy["id"].as_str().unwrap());
        let mut ruled: Vec<&str> = ids.filter(|id| id.starts_with("rule-")).collect();
        ruled.sort_by_key(|id| rules.iter().position(|rule| rule == id));
        assert_eq!(ruled, rules);
        assert_eq!(house.run("alumno1", &["whoami"]).code, 1);
    }
    assert_eq!(house.stop(), 0);
    assert_eq!(house.puerta(&["audit", "verify"]).code, 0);
}

#[test]
fn rules_that_mean_nothing_are_refused() {
    let house = House::new("");
    let (soon, later) = (in_seconds(60), in_seconds(120));
    let exam = |from: &str, until: &str, more: &[&str]| {
        let words = ["exam", "--course", "demo-2026", "--from", from, "--until", until];
        refused(&house, "profesor", &[&ADD[..], &words[..], more].concat())
    };
    assert_eq!(exam(&later, &soon, &[]), "error-rule-window");
    assert_eq!(exam("2020-01-01T08:00", "2020-01-01T10:00", &[]), "error-rule-past");
    assert_eq!(exam("tomorrow", &later, &[]), "error-value");
    assert_eq!(exam("'2026-12-04T08:00[Asia/Tokyo]'", &later, &[]), "error-value");
    assert_eq!(exam(&soon, &later, &["--verbs", "list,create"]), "error-policy-verb");
    assert_eq!(exam(&soon, &later, &["--machines", "'web1,a\") x'"]), "error-name-characters");
    assert_eq!(exam("2026-02-30T08:00", &later, &[]), "error-value");
    let unknown = ["exam", "--course", "no-2026", "--from", &soon, "--until", &later];
    assert_eq!(refused(&house, "profesor", &[&ADD[..], &unknown].concat()), "error-no-course");
    for open in ["always", "'mon 21:00-08:00'", "'mon 08:00-25:00'", "'someday 08:00-09:00'", "''"] {
        let timetable = ["timetable", "--course", "demo-2026", "--open", open];
        assert_eq!(
            refused(&house, "profesor", &[&ADD[..], &timetable].concat()),
            "error-policy-hours",
            "{open}"
        );
    }
    for networks in ["192.0.2.0/33", "campus", "192.0.2.0/24,"] {
        let campus = ["campus", "--networks", networks];
        assert_eq!(refused(&house, "profesor", &[&ADD[..], &campus].concat()), "error-policy-networks");
    }
    assert_eq!(
        refused(&house, "profesor", &[&ADD[..], &["second-factor", "--role", "dean"]].concat()),
        "error-value"
    );
    for rule in ["9", "rule-9-exam", "exam"] {
        let id = if rule == "exam" { "error-policy-rule" } else { "error-no-rule" };
        assert_eq!(refused(&house, "profesor", &["policy", "rule", "remove", rule, "--yes"]), id);
    }
    assert_eq!(json(&house, "profesor", &["policy", "rule", "list"]), Value::Array(vec![]));
}

#[test]
fn a_name_that_no_machine_of_the_course_has_is_said() {
    let house = House::new("");
    vm_up(&house, "alumno1", "db1");
    let (from, until) = (in_seconds(600), in_seconds(1200));
    let exam = ["exam", "--course", "demo-2026", "--from", &from, "--until", &until, "--machines", "bd1,db1"];
    assert_eq!(add(&house, &exam)["nobodys"], Value::from(vec!["bd1"]));
    let said = house.ok("profesor", &[&ADD[..], &exam[..]].concat());
    assert!(said.contains("Nadie del curso tiene ahora una máquina con este nombre: `bd1`."), "{said}");
}

#[test]
fn a_tightened_folder_ends_what_it_covers_and_a_broken_one_nothing() {
    let dir = std::env::temp_dir().join(format!("puerta-tightened-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    for (name, text) in puerta_policy::folder::BUILT_IN {
        std::fs::write(dir.join(name), text).unwrap();
    }
    let house = House::new(&format!("[policy]\ndir = {dir:?}\n"));
    vm_up(&house, "alumno1", "web1");
    add(&house, &["campus", "--networks", "127.0.0.0/8"]);
    let (mut forward, mut inside) = (Forward::new(&house, "alumno1", "web1"), shell(&house, "alumno1"));
    let reloads = |result: &str| {
        let audit = house.audit();
        audit
            .iter()
            .filter(|line| line["code"] == "policy.reload" && line["detail"]["result"] == result)
            .count()
    };
    let extra = dir.join("extra.cedar");
    std::fs::write(&extra, "permit (principal, action, resource);").unwrap();
    house.signal("HUP");
    wait("it is refused", || reloads("refused") == 1);
    assert!(forward.echoes());
    // Only forwards first: the shell stays.
    let tight = "@id(\"no-forward\") forbid (principal in Puerta::Role::\"alumno\", \
                 action == Puerta::Action::\"vm-forward\", resource);\n";
    std::fs::write(&extra, tight).unwrap();
    house.signal("HUP");
    forward.ended();
    inside.send("whoami\r");
    inside.until("alumno1");
    let tighter = "@id(\"no-login\") forbid (principal in Puerta::Role::\"alumno\", \
                   action == Puerta::Action::\"login\", resource);\n";
    std::fs::write(&extra, tighter).unwrap();
    house.signal("HUP");
    inside.end();
    assert_eq!(reloads("replaced"), 2);
    // The ready rule is still there, beside the folder.
    assert_eq!(json(&house, "profesor", &["policy", "show", "rule-1-campus"])["file"], "rule-1-campus");
    std::fs::remove_dir_all(&dir).unwrap();
}
