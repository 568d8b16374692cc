//! Which way the arrows point (docs/architecture.md): every `crate::` path in the sources, against
//! the table. A new arrow is a decision: change the table and the page together.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Module, and the modules that it may know.
const TABLE: [(&str, &[&str]); 10] = [
    ("app", &["audit", "config", "engine", "firewall", "store"]),
    ("audit", &[]),
    ("cli", &["app", "audit", "config", "engine", "firewall", "gateway", "store"]),
    ("config", &[]),
    ("engine", &[]),
    ("firewall", &[]),
    // The audit's outcome words end a forward.
    ("gateway", &["app", "audit", "shell"]),
    ("lib", &[]),
    ("shell", &["app"]),
    ("store", &[]),
];

/// Crates of ours that a module may know.
const CRATES: [(&str, &[&str]); 10] = [
    ("app", &["puerta_keys", "puerta_policy"]),
    // The key that signs the log.
    ("audit", &["puerta_keys"]),
    ("cli", &["puerta_keys", "puerta_policy"]),
    ("config", &["puerta_policy"]),
    ("engine", &["puerta_policy"]),
    ("firewall", &["puerta_policy"]),
    ("gateway", &["puerta_keys", "puerta_policy"]),
    ("lib", &[]),
    ("shell", &["puerta_policy"]),
    ("store", &["puerta_policy"]),
];

fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// Every word that follows `prefix`, outside comments.
fn named(text: &str, prefix: &str) -> BTreeSet<String> {
    let code =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut words = BTreeSet::new();
    for part in code.split(prefix).skip(1) {
        let grouped = part.strip_prefix('{').map(|part| part.split('}').next().unwrap_or(part));
        for item in grouped.unwrap_or(part).split(',').take(if grouped.is_some() { 99 } else { 1 }) {
            let item = item.trim_start();
            let end = item.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(item.len());
            words.insert(item[..end].to_owned());
        }
    }
    words
}

#[test]
fn every_arrow_is_in_the_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (table, crates) = (BTreeMap::from(TABLE), BTreeMap::from(CRATES));
    let mut wrong = Vec::new();
    let mut modules = BTreeSet::new();
    for path in sources(&root) {
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        let module = name.split(['/', '.']).next().unwrap().to_owned();
        if module == "main" {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let Some(may) = table.get(module.as_str()) else { panic!("{module} is not in the table") };
        for word in named(&text, "crate::") {
            if table.contains_key(word.as_str()) && word != module && !may.contains(&word.as_str()) {
                wrong.push(format!("{name}: {module} -> {word}"));
            }
        }
        for ours in ["puerta_policy", "puerta_keys"] {
            if text.contains(&format!("{ours}::")) && !crates[module.as_str()].contains(&ours) {
                wrong.push(format!("{name}: {module} -> {ours}"));
            }
        }
        modules.insert(module);
    }
    assert!(wrong.is_empty(), "arrows that the table does not have:\n{}", wrong.join("\n"));
    assert_eq!(modules.len(), TABLE.len(), "a line of the table has no module: {modules:?}");
}

#[test]
fn only_the_gateway_knows_the_ssh_library() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for path in sources(&root) {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        let knows = text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains("russh::"));
        assert!(!knows || name.starts_with("gateway"), "{name} names russh");
    }
}

#[test]
fn policy_knows_nothing_of_ours_and_no_clock_no_file_no_network() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("policy/src");
    for path in sources(&root) {
        let text = std::fs::read_to_string(&path).unwrap();
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
            assert!(!text.contains(word), "{}: {word}", path.display());
        }
    }
}

/// The firewall's own programs, and the second process of puerta that runs them.
const STARTERS: [&str; 2] = ["cli/helper.rs", "firewall/run.rs"];

#[test]
fn only_the_firewall_starts_programs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut starters = BTreeSet::new();
    for path in sources(&root) {
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        let is_test = name.ends_with("tests.rs") || name.contains("/tests/");
        if !is_test && ["process::Command", "Command::new("].iter().any(|word| code.contains(word)) {
            starters.insert(name);
        }
    }
    assert_eq!(
        starters,
        BTreeSet::from(STARTERS.map(str::to_owned)),
        "nothing a client says may reach a shell"
    );
}
