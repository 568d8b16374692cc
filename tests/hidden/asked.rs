//! What is hidden and what is not there: the same words, and the same questions to registry, policy and engine.

use super::*;
use std::collections::BTreeMap;
use std::time::Duration;

/// A house that says every question it asks: SQL, decisions, calls of the engine.
fn talkative() -> House {
    let mut house = House::new("");
    vm_up(&house, "alumno2", "secreta");
    vm_up(&house, "alumno1", "web1");
    house.ok("alumno2", &["vm", "backup", "secreta"]);
    assert_eq!(house.stop(), 0);
    let filter = "RUST_LOG=info,sqlx::query=debug,puerta::asked=trace";
    house.start_by(&["env", filter, env!("CARGO_BIN_EXE_puerta")]);
    house
}

/// The log once nothing more comes: its lines go through a queue.
fn settled(house: &House) -> String {
    let mut before = house.log();
    loop {
        std::thread::sleep(Duration::from_millis(200));
        let now = house.log();
        if now.len() == before.len() {
            return now;
        }
        before = now;
    }
}

/// What was asked for one command, and how often, without the values; and what the person read.
fn questions(house: &House, words: &[String]) -> (BTreeMap<String, usize>, (i32, String, String)) {
    let before = settled(house).len();
    let said = match words {
        [only] => (255, String::new(), refused(house, "alumno1", only)),
        words => {
            let words: Vec<_> = words.iter().map(String::as_str).collect();
            let said = house.run("alumno1", &words);
            (said.code, said.out, said.err)
        }
    };
    let mut asked = BTreeMap::new();
    for line in settled(house)[before..].lines() {
        let question = match line.split_once("sqlx::query: ") {
            Some((_, sql)) => sql.split("db.statement").next().unwrap().split(" rows_").next().unwrap(),
            None if line.contains("puerta::asked") => line.rsplit("puerta::asked: ").next().unwrap(),
            None => continue,
        };
        *asked.entry(question.to_owned()).or_insert(0) += 1;
    }
    (asked, said)
}

#[test]
fn hidden_and_absent_ask_the_same() {
    let house = talkative();
    let hidden = ask(&house, "profesor", &["vm", "show", "secreta.alumno2"]);
    let address = hidden["address"].as_str().unwrap().to_owned();
    let backups = ask(&house, "profesor", &["backup", "list", "--seat", "alumno2"]);
    let backup = backups[0]["name"].as_str().unwrap().to_owned();
    let gone = format!("nada-{}", backup.strip_prefix("secreta-").unwrap());
    let free = format!("{}9", &address[..address.len() - 1]);
    let shapes: Vec<(Vec<&str>, &str, &str)> = vec![
        (vec!["vm", "show", "X"], "secreta.alumno2", "nada.alumno2"),
        (vec!["vm", "show", "X"], "secreta.alumno2", "nada.nadie9"),
        (vec!["vm", "delete", "X", "--yes"], "secreta.alumno2", "nada.nadie9"),
        (vec!["vm", "create", "web9.X"], "alumno2", "nadie9"),
        (vec!["vm", "list", "--seat", "X"], "alumno2", "nadie9"),
        (vec!["port", "publish", "X", "80"], "secreta.alumno2", "nada.nadie9"),
        (vec!["backup", "show", "X", "--seat", "alumno2"], &backup, &gone),
        (vec!["backup", "delete", "X", "--seat", "alumno2", "--yes"], &backup, &gone),
        (vec!["job", "watch", "X"], "1.alumno2", "1.nadie9"),
        (vec!["job", "watch", "X"], "2.alumno2", "7.alumno2"),
        (vec!["person", "show", "X"], "alumno2", "nadie9"),
        (vec!["person", "show", "X"], "profesor", "nadie9"),
        (vec!["session", "list", "--person", "X"], "alumno2", "nadie9"),
        (vec!["message", "X", "hola"], "alumno2", "nadie9"),
        (vec!["seat", "add", "X", "--member", "alumno1"], "alumno2", "nadie9"),
        (vec!["X"], "secreta.alumno2:22", "nada.nadie9:22"),
        (vec!["X"], &address, &free),
    ];
    for (shape, hidden, absent) in shapes {
        let hear = |name: &str| {
            let name =
                if shape.len() == 1 && !name.contains(':') { format!("{name}:22") } else { name.to_owned() };
            let words: Vec<_> = shape.iter().map(|word| word.replace('X', &name)).collect();
            let (asked, (code, out, err)) = questions(&house, &words);
            assert!(asked.values().sum::<usize>() > 5, "questions are seen: {asked:?}");
            (asked, (code, out.replace(&name, "X"), err.replace(&name, "X")))
        };
        // What runs by itself asks in between; what differs does so each time.
        let mut tries = (0..5).map(|_| (hear(hidden), hear(absent)));
        let mut last = None;
        let same = tries.any(|(hidden, absent)| {
            assert_eq!(hidden.1, absent.1, "{shape:?}");
            let same = hidden.0 == absent.0;
            last = Some((hidden.0, absent.0));
            same
        });
        assert!(same, "{shape:?} {hidden} {absent}: {last:#?}");
    }
}
