//! The sentences themselves: the same ones in both languages, whole, and each that the program asks for is there.

use super::*;
use puerta::shell::printable::is_printable;
use puerta::shell::text::{sources, texts};
use std::collections::BTreeMap;
use std::path::Path;

/// `id -> variables` of a language, with the variables of the messages it refers to.
pub(crate) fn sentences(lang: Lang) -> BTreeMap<String, BTreeSet<String>> {
    let mut own: BTreeMap<String, (BTreeSet<String>, String)> = BTreeMap::new();
    let mut last = String::new();
    for line in sources(lang).iter().flat_map(|source| source.lines()) {
        let starts = line.starts_with(|c: char| c.is_ascii_lowercase());
        if starts && let Some((id, _)) = line.split_once(" =") {
            last = id.to_owned();
            assert!(!own.contains_key(&last), "{last} twice");
        }
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (variables, text) = own.entry(last.clone()).or_default();
        text.push_str(line);
        text.push('\n');
        for piece in line.split('$').skip(1) {
            let end = piece.find(|c: char| !c.is_ascii_lowercase());
            variables.insert(piece[..end.unwrap()].to_owned());
        }
    }
    let refers = |text: &str, id: &str| text.contains(&format!("{{ {id} }}"));
    own.iter()
        .map(|(id, (variables, text))| {
            let others = own.iter().filter(|(other, _)| refers(text, other));
            let more = others.flat_map(|(_, (variables, _))| variables.clone());
            (id.clone(), variables.iter().cloned().chain(more).collect())
        })
        .collect()
}

/// A likely value of every variable.
pub(crate) fn likely(variable: &str) -> &'static str {
    match variable {
        "vm" => "web1",
        "kind" => "vm",
        "quota" => "machines",
        "job" => "12",
        "since" => "2026-11-23T10:02:03Z",
        "choices" => "`web1.alumno1`, `web1.equipo2`",
        "seat" | "login" => "alumno1",
        "seats" => "`alumno1`, `equipo2`",
        "backup" => "web1-20261123-041036",
        "backups" | "sessions" | "keep" => "2",
        "stays" => "1",
        "template" => "mini",
        "practice" => "tomcat",
        "known" => "`debian-12`, `mini`",
        "key" => "3",
        "lang" => "en",
        "algorithm" => "ssh-dss",
        "fingerprint" => "SHA256:9bQ4",
        "course" => "aso-2026",
        "reason" => "the disk is full",
        "reference" => "6925d1f2-0",
        "word" => "strat",
        "nearest" => "start",
        "option" => "--memory",
        "value" => "lots",
        "expected" => "size",
        "what" => "vm",
        "help" => "help vm start",
        "family" => "vm",
        "verbs" => "list, create",
        "usage" => "vm start",
        "named" => "machines",
        "attribute" => "user.a=b",
        "address" => "10.48.15.195",
        "campus" => "`192.0.2.0/24`",
        "port" => "50012",
        "place" => "course",
        "name" => "aso-2026",
        "egress" => "deny",
        "route" => "puerta:50012 -> web1:80",
        "line" => "table inet filter",
        "session" => "6925d1f20003",
        "from" => "profesor",
        "names" => "alumno3, alumno4",
        "text" => "hola",
        "at" => "2026-11-23 10:02:03",
        "first" | "row" => "3",
        "column" => "email",
        "columns" => "`username`, `email`",
        "change" => "new",
        "network" => "10.48.15.192/26",
        "members" => "`ana`",
        "service" => "80",
        "until" => "2026-11-23T10:02:03.123Z",
        "file" => "audit.jsonl",
        "connection" => "6a1bc2d30007",
        "secret" => "GEZD GNBV",
        "size" | "memory" | "disk" | "done" | "total" => "8.0 MiB",
        _ => "3",
    }
}

#[test]
fn shell_languages_have_the_same_sentences_with_the_same_variables() {
    let (es, en) = (sentences(Lang::Es), sentences(Lang::En));
    assert_eq!(es.keys().collect::<Vec<_>>(), en.keys().collect::<Vec<_>>());
    for (id, variables) in &es {
        assert_eq!(variables, &en[id], "{id}");
    }
}

#[test]
fn shell_sentences_are_whole() {
    for lang in Lang::ALL {
        for (id, variables) in sentences(lang) {
            let args: Vec<_> = variables.iter().map(|v| (&**v, likely(v))).collect();
            let (text, wrong) = texts().checked(lang, &id, &args);
            assert!(wrong.is_empty(), "{lang:?} {wrong:?}");
            assert!(!text.contains("  {") && !text.contains("{ "), "{id}: {text}");
            assert!(text.chars().all(|c| c == '\n' || is_printable(c)), "{id}");
            if id.starts_with("error-") {
                assert!(!text.ends_with('.') && !text.contains('\n'), "{id}: {text}");
            }
        }
    }
}

#[test]
fn shell_ids_in_the_source_are_sentences() {
    let families = [
        "error-",
        "help-",
        "use-",
        "sum-",
        "notice-",
        "ask-",
        "empty-",
        "done-",
        "word-",
        "state-",
        "door-",
        "method-",
        "step-",
        "usage-",
        "progress-",
    ];
    let es = sentences(Lang::Es);
    let mut seen = 0;
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let source = std::fs::read_to_string(&path).unwrap();
                for id in source.split('"') {
                    let shaped = id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
                    if shaped && !id.ends_with('-') && families.iter().any(|f| id.starts_with(f)) {
                        assert!(es.contains_key(id), "{}: {id}", path.display());
                        seen += 1;
                    }
                }
            }
        }
    }
    assert!(seen > 100, "the scan finds too little: {seen}");
}

#[test]
fn shell_ids_that_are_put_together_are_sentences() {
    let es = sentences(Lang::Es);
    let wanted = |id: String| assert!(es.contains_key(&id), "{id}");
    for command in help::commands() {
        let id = command.join("-");
        for kind in ["use", "sum", "help"] {
            wanted(format!("{kind}-{id}"));
        }
        if command.len() == 2 {
            wanted(format!("help-{}", command[0]));
        }
    }
    for step in Step::ALL {
        wanted(format!("step-{}", step.as_str()));
    }
    for kind in puerta::app::jobs::words() {
        wanted(format!("kind-{kind}"));
    }
    for state in ["running", "done", "failed", "undone"] {
        wanted(format!("job-{state}"));
    }
}
