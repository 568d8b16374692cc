//! In which language people are spoken to, and by which clock.

use super::*;
use jiff::{Timestamp, tz::TimeZone};
use unicode_width::UnicodeWidthStr as _;

#[test]
fn a_language_is_remembered_and_says_why_it_holds() {
    let mut house = House::new("");
    let ok = |said: Said| {
        assert_eq!(said.code, 0, "{said:?}");
        said.out
    };
    let by_the_lab = house.ok("alumno1", &["lang"]);
    assert!(by_the_lab.contains("español") && by_the_lab.contains("del laboratorio"), "{by_the_lab}");
    let sent = ok(run_in(&house, "alumno1", "en_GB.UTF-8", &["lang"]));
    assert!(sent.contains("English") && sent.contains("your ssh client says so"), "{sent}");
    // What was set holds before what a client says, and in the very answer.
    let set = house.ok("alumno1", &["lang", "en"]);
    assert!(set.contains("English") && set.contains("you set it"), "{set}");
    assert_eq!(ok(run_in(&house, "alumno1", "es_ES.UTF-8", &["lang"])), set);
    assert!(house.ok("alumno2", &["lang"]).contains("español"), "it is one's own");
    house.stop();
    house.start();
    assert_eq!(house.ok("alumno1", &["lang"]), set);
    let why = json(&house.run("alumno1", &["lang", "--json"]));
    assert_eq!((&why["lang"], &why["why"]), (&"en".into(), &"set".into()), "{why}");
    assert_eq!(json(&house.run("alumno1", &["lang", "de", "--json"]))["error"]["id"], "error-value");
    // In a shell from the next line on.
    let mut shell = shell(&house, "alumno1");
    shell.send("idioma es\r");
    shell.until("lo pusiste");
    shell.until(PROMPT);
    shell.send("vm list\r");
    shell.until("todavía no hay");
    // Also who is not let in.
    house.ok("alumno1", &["lang", "en"]);
    house.ok("profesor", &["person", "suspend", "alumno1", "--yes"]);
    let barred = house.run("alumno1", &["vm", "list"]);
    assert!(barred.err.contains("your account is suspended"), "{barred:?}");
}

#[test]
fn times_are_those_of_the_clock_in_the_lab() {
    let mut house = House::new("");
    house.stop();
    let config = std::fs::read_to_string(house.config()).unwrap();
    std::fs::write(house.config(), format!("timezone = \"Asia/Kathmandu\"\n{config}")).unwrap();
    house.start();
    let added = json(&house.run("alumno1", &["key", "list", "--json"]))[0]["added"].clone();
    let added: Timestamp = added.as_str().expect("a moment in JSON is UTC").parse().unwrap();
    let there = added.to_zoned(TimeZone::get("Asia/Kathmandu").expect("tzdata is not installed"));
    let keys = house.ok("alumno1", &["key", "list"]);
    assert!(keys.contains(&there.strftime("%Y-%m-%d %H:%M").to_string()), "{there}: {keys}");
    assert_eq!(keys.matches("Asia/Kathmandu").count(), 1, "{keys}");
    // A moment as the clock there showed it, and the day that it was there.
    let since = |when: &str| {
        let since = format!("'{when}'");
        let said = house.run("alumno1", &["audit", "mine", "--since", &since, "--json"]);
        json(&said).as_array().expect("lines").len()
    };
    let minute = there.strftime("%Y-%m-%d %H:%M").to_string();
    let today = there.strftime("%Y-%m-%d").to_string();
    // By a clock at Greenwich the minute would be still to come.
    let (within_the_minute, within_the_day) = (since(&minute), since(&today));
    assert!(0 < within_the_minute && within_the_minute <= within_the_day);
    assert!(since(&there.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()) > 0);
    let later = (there.datetime() + jiff::Span::new().hours(1)).strftime("%Y-%m-%dT%H:%M").to_string();
    assert_eq!(since(&later), 0);
}

#[test]
fn at_eighty_columns_nothing_is_broken_and_a_program_gets_all() {
    let house = House::new("");
    vm_up(&house, "alumno1", "servidor-de-nombre-largo");
    let mut shell = shell(&house, "alumno1");
    for line in [
        "vm list",
        "audit mine --all",
        "job list",
        "session list",
        "key list",
        "whoami",
        "template list",
        "help vm create",
        "vm rename servidor-de-nombre-largo Un-Nombre",
        "port publish servidor-de-nombre-largo no-es-un-puerto",
    ] {
        shell.send(&format!("{line}\r"));
        let shown = shell.until(PROMPT);
        // What the editor draws is its own.
        for row in shown.lines().filter(|row| !row.contains(['\x1b', '\r'])) {
            assert!(row.width() <= 80, "{line}: {row}");
        }
    }
    shell.send("audit mine --all --json\r");
    let shown = shell.until(PROMPT);
    let document = shown.lines().find(|row| row.starts_with('[')).expect("a document");
    assert!(serde_json::from_str::<Value>(document).is_ok(), "{document}");
    // Without a terminal nothing is cut.
    let piped = house.ok("alumno1", &["audit", "mine", "--all"]);
    assert!(piped.lines().any(|line| line.width() > 80) && !piped.contains('…'), "{piped}");
}
