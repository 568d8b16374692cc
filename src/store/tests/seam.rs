//! Where the database ends and the store begins.

use std::path::{Path, PathBuf};

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn only_one_folder_names_the_database() {
    // Types and modules of the database, and what only it understands; a comment may speak of it.
    let names = [["Sq", "lite"], ["sqlite", "::"], ["sqlite_", "master"]].map(|halves| halves.concat());
    let words = ["PRAGMA ", "BEGIN ", "AUTOINCREMENT", "INSERT OR ", "IFNULL(", "rowid"];
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seen = 0;
    for file in sources(root) {
        let name = file.strip_prefix(root).unwrap();
        if name.starts_with("sqlite") {
            continue;
        }
        seen += 1;
        let text = std::fs::read_to_string(&file).unwrap();
        let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let code = code.join("\n");
        for word in &names {
            assert!(!code.contains(word.as_str()), "{}: {word}", name.display());
        }
        let words = words.iter().filter(|_| !name.starts_with("tests"));
        for word in words {
            assert!(!code.contains(word), "{}: {word}", name.display());
        }
    }
    assert!(seen > 20, "{seen}");
}
