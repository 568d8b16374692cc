//! Enrolling, enrolling again, going and coming back.

use super::support::{House, Killed, text, wait};
use super::{class, code, counts, enrol, with_key};
use serde_json::{Value, json};
use std::process::{Command, Stdio};

#[test]
fn two_hundred_rows_become_seats_with_codes() {
    let house = House::new("");
    let words = ["course", "enrol", "demo-2026", "--dry-run"];
    let preview = house.feed("profesor", &words, &class(1..=200));
    assert!(preview.code == 0 && preview.out.contains("nuevos 200"), "{preview:?}");
    assert!(!house.ok("profesor", &["person", "list"]).contains("alu1"), "a preview changes nothing");

    let view = enrol(&house, &class(1..=200));
    assert_eq!(counts(&view), [200, 0, 0, 0, 0]);
    let shown = house.ok("profesor", &["person", "show", "alu7"]);
    for text in ["Íñigo 7 Núñez Peña", "alu7@upv.es", "20267", "G3"] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    let seats: Value = serde_json::from_str(&house.ok("profesor", &["seat", "list", "--json"])).unwrap();
    assert_eq!(seats.as_array().unwrap().len(), 202);
    assert_eq!(counts(&enrol(&house, &class(1..=200))), [0, 0, 0, 0, 200], "twice changes nothing");
    let again = house.feed("profesor", &["course", "enrol", "demo-2026"], &class(1..=200));
    assert!(again.out.contains("nada que cambiar, como estaban 200"), "{again:?}");

    // A code opens once.
    let seven = code(&view, "alu7");
    let said = house.run_secret("password", "alu7", &seven, &["whoami", "--json"]);
    let who: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((&who["login"], &who["method"]), (&json!("alu7"), &json!("one-time code")));
    assert_eq!(house.run_secret("password", "alu7", &seven, &["whoami"]).code, 255);

    // It is nowhere but in the answer.
    for text in [house.log(), std::fs::read_to_string(house.dir.join("state/audit.jsonl")).unwrap()] {
        for person in view["people"].as_array().unwrap() {
            let code = person["code"].as_str().unwrap();
            assert!(!text.contains(code) && !text.contains(&code.replace('-', "")), "{code}");
        }
    }
    let audit = house.audit();
    let lines: Vec<_> = audit.iter().filter(|line| line["code"] == "enrolment").collect();
    assert_eq!(lines.len(), 3, "a preview is no enrolment");
    assert_eq!(
        (&lines[0]["detail"]["new"], &lines[0]["detail"]["course"]),
        (&json!(200), &json!("demo-2026"))
    );
}

#[test]
fn codes_as_a_table_a_csv_and_a_sheet_and_again() {
    let house = House::new("");
    let enrol = |list: &str, form: &[&str]| {
        let words = [&["course", "enrol", "demo-2026"], form].concat();
        let said = house.feed("profesor", &words, list);
        assert_eq!(said.code, 0, "{said:?}");
        said
    };
    let table = enrol(&class(1..=2), &[]);
    assert!(table.out.contains("alu1     nuevo") && table.out.contains("nuevos 2"), "{}", table.out);
    let evil = class(1..=3).replace("Íñigo 3", "=cmd|' /C calc'!A0");
    let csv = enrol(&evil, &["--csv"]);
    let lines: Vec<_> = csv.out.lines().collect();
    assert_eq!((lines.len(), lines[0]), (2, "\u{feff}login;name;email;code;expires"));
    assert!(lines[1].starts_with("alu3;\"'=cmd|' /C calc'!A0 Núñez Peña\";alu3@upv.es;"), "{}", lines[1]);
    assert!(csv.err.contains("nuevos 1"), "{csv:?}");

    // Everybody who has no other way in gets another; the first is void.
    with_key(&house, "alu1", table.out.split_whitespace().skip_while(|word| *word != "alu1").nth(2).unwrap());
    let first = lines[1].split(';').nth(3).unwrap();
    let sheet = house.run("profesor", &["course", "code", "demo-2026", "--sheet"]);
    assert!(sheet.err.contains("2 códigos nuevos"), "{sheet:?}");
    for login in ["alu2", "alu3"] {
        assert!(sheet.out.contains(&format!("ssh -p {} {login}@", house.port)), "{}", sheet.out);
    }
    assert!(!sheet.out.contains("alu1") && !sheet.out.contains("alumno1"), "who has a key gets none");
    assert!(sheet.out.lines().all(|line| line.chars().count() <= 80));
    // What they compare at their first connection, over two lines of the card.
    let known = house.dir.join("known_hosts");
    let found = Command::new("ssh-keygen").args(["-l", "-f", text(&known)]).output().unwrap();
    let found = String::from_utf8(found.stdout).unwrap();
    let fingerprint = found.split_whitespace().nth(1).unwrap();
    assert_eq!(sheet.out.matches(&fingerprint[..20]).count(), 2, "{fingerprint} {}", sheet.out);
    assert_eq!(sheet.out.matches(&fingerprint[30..]).count(), 2, "{fingerprint} {}", sheet.out);
    assert_eq!(house.run_secret("password", "alu3", first, &["whoami"]).code, 255);
    let codes: Vec<_> = sheet
        .out
        .split_whitespace()
        .filter(|word| word.len() == 14 && word.matches('-').count() == 2)
        .collect();
    assert_eq!(codes.len(), 2, "{}", sheet.out);
    let opens = |login, code: &&&str| house.run_secret("password", login, code, &["whoami"]).code == 0;
    assert!(codes.iter().any(|code| opens("alu3", &code)));
}

#[test]
fn a_row_taken_out_archives_and_put_back_restores() {
    let mut house = House::new("");
    let view = enrol(&house, &class(1..=3));
    with_key(&house, "alu1", &code(&view, "alu1"));
    house.ok("alu1", &["vm", "create", "web1", "--template", "mini"]);
    let shown: Value = serde_json::from_str(&house.ok("alu1", &["vm", "show", "web1", "--json"])).unwrap();
    house.ok("alu1", &["port", "publish", "web1", "80"]);
    let ports = house.ok("alu1", &["port", "list", "--json"]);

    let mut session = house.ssh("alu1");
    session.args(["-tt", &House::at("alu1")]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut session = Killed(session.stderr(Stdio::null()).spawn().unwrap());
    wait("the session is open", || {
        house.audit().iter().any(|line| {
            line["code"] == "session" && line["actor"] == "alu1" && line["detail"]["kind"] == "shell"
        })
    });

    let view = enrol(&house, &class(2..=3));
    assert_eq!(counts(&view), [0, 0, 0, 1, 2]);
    let ended = || session.0.try_wait().unwrap().is_some();
    wait("the live session ends", {
        let mut ended = ended;
        move || ended()
    });
    let said = house.run("alu1", &["whoami"]);
    assert!(said.code == 1 && said.err.contains("tu puesto está archivado"), "{said:?}");
    let state = |house: &House| {
        let vm: Value =
            serde_json::from_str(&house.ok("profesor", &["vm", "show", "web1.alu1", "--json"])).unwrap();
        vm["state"].as_str().unwrap().to_owned()
    };
    wait("the machine is stopped", || state(&house) == "stopped");
    let refused = house.run("profesor", &["start", "web1.alu1"]);
    assert!(refused.code == 1 && refused.err.contains("archivado"), "{refused:?}");
    let seats = house.ok("profesor", &["seat", "list"]);
    assert!(seats.lines().any(|line| line.starts_with("alu1 ") && line.contains("archivado")), "{seats}");
    let persons = house.ok("profesor", &["person", "list"]);
    assert!(persons.lines().any(|line| line.starts_with("alu1 ") && line.contains("archivada")), "{persons}");
    let audit = house.audit();
    let seats = audit.iter().filter(|line| line["code"] == "seat" && line["detail"]["person"] == "alu1");
    let seats: Vec<_> = seats.map(|line| line["detail"]["what"].as_str().unwrap()).collect();
    assert_eq!(seats, ["new", "archived"]);
    let stop = audit.iter().find(|line| line["code"] == "job" && line["detail"]["kind"] == "stop").unwrap();
    assert_eq!((&stop["actor"], &stop["vm"]), (&json!("puerta"), &json!("web1.alu1")));

    // It stays so over a restart, and nothing was deleted.
    house.stop();
    house.start();
    assert_eq!(house.run("alu1", &["whoami"]).code, 1);
    assert_eq!(counts(&enrol(&house, &class(1..=3))), [0, 0, 1, 0, 2]);
    let back: Value = serde_json::from_str(&house.ok("alu1", &["vm", "show", "web1", "--json"])).unwrap();
    assert_eq!((&back["address"], &back["state"]), (&shown["address"], &json!("stopped")));
    assert_eq!(house.ok("alu1", &["port", "list", "--json"]), ports);
    house.ok("alu1", &["start", "web1"]);
    assert_eq!(state(&house), "running");
}

#[test]
fn a_machine_that_was_busy_is_stopped_when_its_job_ends() {
    let mut house = House::new("");
    let view = enrol(&house, &class(1..=2));
    with_key(&house, "alu1", &code(&view, "alu1"));
    house.ok("alu1", &["vm", "create", "web1", "--template", "mini"]);
    house.stop();
    let config = std::fs::read_to_string(house.config()).unwrap();
    std::fs::write(house.config(), config.replace("driver = \"sim\"", "driver = \"sim\"\ndelay_ms = 1500"))
        .unwrap();
    house.start();
    let mut backup = house.ssh("alu1").arg(House::at("alu1")).args(["vm", "backup", "web1"]).spawn().unwrap();
    let jobs = |house: &House, kind: &str, phase: &str| {
        let is =
            |line: &Value| line["code"] == "job" && line["detail"]["kind"] == kind && line["phase"] == phase;
        house.audit().iter().filter(|line| is(line)).count()
    };
    wait("the backup runs", || jobs(&house, "backup", "begin") == 1);
    enrol(&house, &class(2..=2));
    assert_eq!((jobs(&house, "backup", "finish"), jobs(&house, "stop", "begin")), (0, 0));
    wait("the machine is stopped", || jobs(&house, "stop", "finish") == 1);
    backup.wait().unwrap();
}

#[test]
fn machines_that_still_run_at_a_start_are_stopped_then() {
    let mut house = House::new("");
    let view = enrol(&house, &class(1..=2));
    with_key(&house, "alu1", &code(&view, "alu1"));
    house.ok("alu1", &["vm", "create", "web1", "--template", "mini"]);
    // Killed as soon as the registry has it: whoever starts next finds what is left to do.
    let said = house.feed("profesor", &["course", "enrol", "demo-2026"], &class(2..=2));
    assert_eq!(said.code, 0, "{said:?}");
    house.kill9();
    house.start();
    wait("the machine is stopped", || {
        house.ok("profesor", &["vm", "show", "web1.alu1", "--json"]).contains("\"stopped\"")
    });
}
