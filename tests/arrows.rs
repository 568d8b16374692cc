//! Which way the arrows point (docs/architecture.md). What is a crate the compiler holds; here are the
//! modules that stay in the program, read as syntax: every path, however it is written, against the table. A new
//! arrow is a decision: change the table and the page together.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod arrows {
    pub(crate) mod paths;
}

use arrows::paths::{File, files};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Module, and the modules that it may know.
const TABLE: [(&str, &[&str]); 6] = [
    ("app", &["config"]),
    // What the audit keeps of a command are the words of the shell.
    ("cli", &["app", "config", "gateway", "shell"]),
    ("config", &[]),
    ("gateway", &["app", "session", "shell"]),
    ("session", &["app", "shell"]),
    ("shell", &["app"]),
];

/// Crates of ours that a module may know.
const CRATES: [(&str, &[&str]); 6] = [
    ("app", &["audit", "engine", "firewall", "keys", "lab", "policy", "store", "unseen"]),
    ("cli", &["audit", "engine", "firewall", "keys", "lab", "store"]),
    ("config", &["lab"]),
    // The audit's outcome words end a forward.
    ("gateway", &["audit", "keys"]),
    ("session", &[]),
    ("shell", &["lab", "unseen"]),
];

/// The SSH library, and who may know it.
const SSH: (&str, &str) = ("russh", "gateway");

fn source(folder: &str) -> Vec<File> {
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
}

/// The program's modules; the leaves beside them are crates.
fn program() -> Vec<File> {
    TABLE.iter().flat_map(|(module, _)| source(&format!("src/{module}"))).collect()
}

#[test]
fn every_arrow_is_in_the_table() {
    let (table, crates) = (BTreeMap::from(TABLE), BTreeMap::from(CRATES));
    let mut wrong = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for file in program() {
        let own = file.module[0].as_str();
        for path in &file.paths {
            let first = path[0].as_str();
            if first == "crate" {
                let to = path.get(1).map_or("", String::as_str);
                let known = to == own || !table.contains_key(to) || table[own].contains(&to);
                wrong.extend((!known).then(|| format!("{}: {own} -> {to}", file.name)));
                seen.insert((own.to_owned(), to.to_owned()));
            }
            if let Some(ours) = first.strip_prefix("puerta_") {
                let known = crates[own].contains(&ours);
                wrong.extend((!known).then(|| format!("{}: {own} -> puerta_{ours}", file.name)));
                seen.insert((own.to_owned(), ours.to_owned()));
            }
            if first == SSH.0 && own != SSH.1 {
                wrong.insert(format!("{}: {own} -> {first}", file.name));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that the tables do not have: {wrong:#?}");
    let said = TABLE.iter().chain(&CRATES).flat_map(|(from, all)| all.iter().map(move |to| (*from, *to)));
    let idle: Vec<_> = said.filter(|(from, to)| !seen.contains(&((*from).into(), (*to).into()))).collect();
    assert!(idle.is_empty(), "arrows of the tables that nothing needs: {idle:?}");
}

#[test]
fn every_module_of_the_program_is_in_the_table() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let modules = text.lines().filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod "));
    let modules: BTreeSet<_> = modules.map(|name| name.trim_end_matches(';').to_owned()).collect();
    assert_eq!(modules, TABLE.iter().map(|(name, _)| (*name).to_owned()).collect());
}

/// A ring of files, from one of them back to it.
fn ring(arrows: &BTreeMap<&str, BTreeSet<&str>>) -> Option<Vec<String>> {
    let mut left = arrows.clone();
    // Who knows nobody that is left stands in no ring.
    while let Some(free) = left.iter().find_map(|(from, to)| {
        let knows = to.iter().any(|to| to != from && left.contains_key(to));
        (!knows).then_some(*from)
    }) {
        left.remove(free);
    }
    // Nor does whom nobody that is left knows.
    while let Some(free) =
        left.keys().copied().find(|of| !left.iter().any(|(from, to)| from != of && to.contains(of)))
    {
        left.remove(free);
    }
    let known = |to: &BTreeSet<&str>| -> String {
        let known: Vec<&str> = to.iter().filter(|to| left.contains_key(*to)).copied().collect();
        known.join(", ")
    };
    (!left.is_empty()).then(|| left.iter().map(|(from, to)| format!("{from} -> {}", known(to))).collect())
}

/// The parts of a module, and which of the others each of them knows, whatever is inside it. What stands in the
/// module's own file is all of theirs.
fn parts<'a>(files: &'a [File], module: &[String]) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let depth = module.len();
    let part = |words: &'a [String]| {
        (words.len() > depth && words.starts_with(module)).then(|| words[depth].as_str())
    };
    let mut arrows: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (file, own) in files.iter().filter_map(|file| Some((file, part(&file.module)?))) {
        let to = file.paths.iter().filter(|path| path[0] == "crate").filter_map(|path| part(&path[1..]));
        arrows.entry(own).or_default().extend(to.filter(|to| *to != own));
    }
    arrows
}

#[test]
fn no_ring_but_between_a_module_and_its_own_parts() {
    let files: Vec<_> =
        program().into_iter().filter(|file| file.module.get(1).is_none_or(|of| of != "tests")).collect();
    let modules: BTreeSet<_> =
        files.iter().flat_map(|file| (1..file.module.len()).map(|n| &file.module[..n])).collect();
    let found: Vec<_> = modules
        .iter()
        .filter(|module| ["app", "session"].contains(&module[0].as_str()))
        .filter_map(|module| Some((module.join("::"), ring(&parts(&files, module))?)))
        .collect();
    assert!(found.is_empty(), "rings: {found:#?}");
    assert!(parts(&files, &["app".to_owned()])["vm"].contains("jobs"), "arrows are seen");
    let pair =
        BTreeMap::from([("a", BTreeSet::from(["b"])), ("b", BTreeSet::from(["a"])), ("c", BTreeSet::new())]);
    assert_eq!(ring(&pair), Some(vec!["a -> b".to_owned(), "b -> a".to_owned()]));
}

#[test]
fn only_one_place_takes_changes_apart() {
    let knows: Vec<_> = program()
        .into_iter()
        .filter(|file| file.module.get(1).is_none_or(|of| of != "tests"))
        .filter(|file| file.calls.contains("apart"))
        .map(|file| file.name)
        .collect();
    assert_eq!(knows, ["src/app/after.rs"]);
}

#[test]
fn paths_are_read_however_they_are_written() {
    let text = "use super::super::store::{self, a::{b as c, d}};\nuse crate::{app::vm, shell};\n\
                fn f(x: super::line::Editor) { let y = puerta_audit::Event::note(\"crate::no\"); }\n\
                macro_rules! m { () => { $crate::config::x!() } }\n// crate::cli\n";
    let file = File::parse("src/gateway/session/io.rs", &["gateway", "session", "io"], text);
    let has = |path: &str| file.paths.contains(&path.split("::").map(str::to_owned).collect::<Vec<_>>());
    for path in [
        "crate::gateway::store",
        "crate::gateway::store::a::b",
        "crate::gateway::store::a::d",
        "crate::app::vm",
        "crate::shell",
        "crate::gateway::session::line::Editor",
        "puerta_audit::Event::note",
        "crate::config::x",
    ] {
        assert!(has(path), "{path} is not in {:#?}", file.paths);
    }
    assert!(
        !file.paths.iter().any(|path| path.contains(&"no".to_owned()) || path.contains(&"cli".to_owned()))
    );
}

#[test]
fn nouns_and_decisions_know_no_clock_no_file_no_network() {
    for file in source("policy/src").iter().chain(&source("src/lab")) {
        for word in [
            "std::fs",
            "std::time::",
            "SystemTime",
            "std::env",
            "TcpStream",
            "async fn",
            "tokio",
            "puerta_keys",
        ] {
            assert!(!file.text.contains(word), "{}: {word}", file.name);
        }
    }
}

/// The firewall's own programs, and the second process of puerta that runs them; and what asks cargo while it builds.
const STARTERS: [&str; 3] = ["src/cli/starter.rs", "src/firewall/run.rs", "src/russh/build.rs"];

#[test]
fn only_the_firewall_starts_programs() {
    let mut starters = BTreeSet::new();
    for file in source("src").into_iter().chain(source("policy/src")).chain(source("keys/src")) {
        let code = file.text.split("#[cfg(test)]").next().unwrap();
        let is_test = file.name.ends_with("tests.rs") || file.name.contains("/tests/");
        if !is_test && ["process::Command", "Command::new("].iter().any(|word| code.contains(word)) {
            starters.insert(file.name);
        }
    }
    assert_eq!(
        starters,
        BTreeSet::from(STARTERS.map(str::to_owned)),
        "nothing a client says may reach a shell"
    );
}
