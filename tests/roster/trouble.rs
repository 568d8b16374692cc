//! Lists that are wrong, too long, two at once, or cut off; and who may not.

use super::support::{House, Said, wait};
use super::{class, counts, enrol};
use serde_json::Value;
use std::io::Write as _;
use std::process::Stdio;

fn refused(house: &House, list: &[u8]) -> Said {
    let mut command = house.ssh("profesor");
    command.args([&House::at("profesor"), "course", "enrol", "demo-2026"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Who refuses need not read to the end.
    let _ = child.stdin.take().unwrap().write_all(list);
    let said: Said = child.wait_with_output().unwrap().into();
    assert_eq!((said.code, &*said.out), (1, ""), "{said:?}");
    said
}

#[test]
fn every_bad_line_is_said_and_nothing_changes() {
    let house = House::new("");
    let list = class(1..=4)
        + "alu2;Ana;Gil;a@b.es;;\r\nAna.Gil;Ana;Gil;a@b.es;;\r\nluis;;Gil;l@b.es;;\r\neva;Eva;Gil;eva;;\r\n";
    let said = refused(&house, list.as_bytes());
    for text in [
        "hay 4 fallos",
        "línea 6, `alu2`: está también en la línea 3",
        "línea 7, `Ana.Gil`: un nombre de usuario",
        "línea 8: falta `firstname`",
        "línea 9, `eva`: no es una dirección",
    ] {
        assert!(said.err.contains(text), "{text}: {}", said.err);
    }
    let mut mixed = class(1..=2).into_bytes();
    mixed.extend(b"eva;\xcd\xf1igo;Gil;e@b.es;;\r\n");
    let said = refused(&house, &mixed).err;
    assert!(said.contains("línea 4: no está en UTF-8") && !said.contains("línea 3"), "{said}");
    let many: String = (0..60).map(|n| format!("a{n};A;B;bad;;\r\n")).collect();
    assert!(refused(&house, (class(1..=2) + &many).as_bytes()).err.contains("y 10 más, en las líneas 54-63"));
    assert!(refused(&house, b"").err.contains("no tiene a nadie"));
    assert!(refused(&house, b"username,firstname,lastname\nana,Ana,Gil\n").err.contains("`email`"));
    assert_eq!(house.ok("profesor", &["person", "list"]).lines().count(), 4, "nobody more");

    let known = class(1..=2).replace("idnumber", "ciudad") + "profesor;A;B;a@b.es;;\r\n";
    let said = house.feed("profesor", &["course", "enrol", "demo-2026"], &known);
    assert!(said.out.contains("nadie lee la columna `ciudad`"), "{said:?}");
    assert!(said.out.contains("`profesor` es profesor o admin"), "{said:?}");
}

#[test]
fn a_terminal_is_told_how_and_a_pipe_reads_on() {
    let house = House::new("");
    let mut terminal = house.ssh("profesor");
    terminal.args(["-tt", &House::at("profesor"), "course", "enrol", "demo-2026"]);
    let said: Said = terminal.stdin(Stdio::null()).output().unwrap().into();
    assert!(said.code == 1 && said.out.contains("< lista.csv"), "{said:?}");
    // The same words in a shell without a terminal: the list is what follows the line.
    let lines = format!("whoami\ncourse enrol demo-2026 --json\n{}", class(1..=30));
    let said = house.feed("profesor", &[], &lines);
    let view: Value = serde_json::from_str(said.out.lines().last().unwrap()).unwrap();
    assert_eq!((counts(&view)[0], said.code), (30, 0), "{said:?}");
    // What is too long is not read on as commands.
    let mut command = house.ssh("profesor");
    command
        .args(["-T", &House::at("profesor")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let lines = format!("course enrol demo-2026\n{}", "course list\n".repeat(1 << 18));
    let _ = child.stdin.take().unwrap().write_all(lines.as_bytes());
    let said: Said = child.wait_with_output().unwrap().into();
    assert!(said.code == 1 && said.out.is_empty() && said.err.lines().count() == 1, "{said:?}");
    let key = std::fs::read_to_string(house.key("stranger").with_extension("pub")).unwrap();
    let said = house.feed("alumno1", &[], &format!("key add\n{key}"));
    assert!(said.code == 0 && said.out.contains("SHA256:"), "{said:?}");
}

#[test]
fn a_hundred_megabytes_of_noise_are_refused_while_they_come() {
    let house = House::new("");
    let memory = |house: &House| {
        let status = std::fs::read_to_string(format!("/proc/{}/status", house.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    };
    enrol(&house, &class(1..=2));
    let before = memory(&house);
    let noise: Vec<u8> = (0u32..100 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let said = refused(&house, &noise);
    assert!(said.err.contains("pasa de 2 MiB"), "{said:?}");
    let more = memory(&house).saturating_sub(before);
    assert!(more < 16 * 1024, "{more} KiB more");
    assert_eq!(counts(&enrol(&house, &class(1..=2))), [0, 0, 0, 0, 2]);
}

#[test]
fn two_at_once_both_finish() {
    let house = House::new("");
    house.make_key("otra");
    let key = std::fs::read_to_string(house.key("otra").with_extension("pub")).unwrap();
    house.ok(
        "profesor",
        &["person", "add", "otra", "--role", "profesor", "--key", &format!("'{}'", key.trim())],
    );
    let (first, second) = std::thread::scope(|scope| {
        let one = |login: &'static str, list: String| {
            let house = &house;
            scope.spawn(move || house.feed(login, &["course", "enrol", "demo-2026", "--json"], &list))
        };
        let (first, second) = (one("profesor", class(1..=150)), one("otra", class(51..=200)));
        (first.join().unwrap(), second.join().unwrap())
    });
    // Whichever was second would archive fifty, and says so.
    let taken: Vec<_> = [&first, &second].into_iter().filter(|said| said.code == 0).collect();
    assert_eq!(taken.len(), 1, "{first:?} {second:?}");
    assert_eq!(counts(&serde_json::from_str(&taken[0].out).unwrap())[0], 150);
    let refused = if first.code == 0 { &second } else { &first };
    assert!(refused.err.contains("--archive 50"), "{refused:?}");
    let list = if first.code == 0 { class(51..=200) } else { class(1..=150) };
    let words = ["course", "enrol", "demo-2026", "--json", "--archive", "50"];
    let view = serde_json::from_str(&house.feed("profesor", &words, &list).out).unwrap();
    assert_eq!(counts(&view), [50, 0, 0, 50, 100], "one after the other, whichever was first");
}

#[test]
fn killed_in_the_middle_it_is_all_or_nothing() {
    let mut house = House::new("");
    for wait_ms in [0, 20, 60, 120, 240] {
        let before = house.ok("profesor", &["person", "list"]).lines().count();
        let from = 1 + (before as u32) * 10_000;
        let list = class(from..from + 1500);
        let mut command = house.ssh("profesor");
        command.args([&House::at("profesor"), "course", "enrol", "demo-2026", "--add"]);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(list.as_bytes()).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(wait_ms));
        house.kill9();
        child.wait().unwrap();
        house.start();
        let after = house.ok("profesor", &["person", "list"]).lines().count();
        assert!(after == before || after == before + 1500, "{before} and then {after}");
    }
}

#[test]
fn a_student_enrols_nobody_and_makes_no_team() {
    let house = House::new("");
    let said = house.feed("alumno1", &["course", "enrol", "demo-2026"], &class(1..=2));
    assert!(said.code == 1 && said.err.contains("no puede hacer eso"), "{said:?}");
    let absent = house.feed("alumno1", &["course", "enrol", "nada-2026"], &class(1..=2));
    assert_eq!(said.err, absent.err, "nor learns which courses there are");
    for words in [
        ["course", "code", "demo-2026", "--json"],
        ["seat", "create", "equipo3", "--course=demo-2026"],
        ["seat", "add", "alumno1", "alumno2"],
        ["seat", "add", "nobody", "alumno2"],
    ] {
        let said = house.run("alumno1", &words);
        assert!(said.code == 1 && said.err.contains("no puede hacer eso"), "{words:?} {said:?}");
    }
    let said = house.run("alumno1", &["seat", "drop", "alumno2", "alumno2", "--yes"]);
    assert!(said.code == 1 && said.err.contains("no puede hacer eso"), "{said:?}");
    wait("the audit has it", || {
        house.audit().iter().any(|line| line["code"] == "denial" && line["action"] == "course-enrol")
    });
    assert!(!house.ok("profesor", &["person", "list"]).contains("alu1 "));
}
