//! The format of a change, and what it does to sources.
//!
//! A file `NN-name.change` is one change: lines with `#` say why, and then its edits, each a line that says where, an
//! anchor that must stand there exactly as often as is said, and our lines:
//!
//! ```text
//! @ server/encrypted.rs after 1
//! the anchor
//! =
//! our lines
//! .
//! ```
//!
//! `after` and `before` leave the anchor, `instead` does not. Anchors and our lines are whole lines, but for `instead`
//! of one line each, which stands within lines. `NN-name.rs` beside it is a module of ours that the library gets.

use std::fs;
use std::path::Path;

/// Name and text.
pub type Source = (String, String);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Before,
    After,
    Instead,
}

#[derive(Debug)]
struct Edit {
    file: String,
    place: Place,
    times: usize,
    anchor: String,
    ours: String,
}

/// One of the series.
#[derive(Debug)]
pub struct Change {
    name: String,
    edits: Vec<Edit>,
    module: Option<Source>,
}

/// The series, in order.
pub fn read(folder: &Path) -> Result<Vec<Change>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|kind| kind == "change"));
    paths.sort();
    paths.iter().map(|path| change(path)).collect()
}

fn change(path: &Path) -> Result<Change, String> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let text = fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
    let module = match fs::read_to_string(path.with_extension("rs")) {
        Ok(text) => {
            let (_, plain) = name.split_once('-').ok_or_else(|| format!("{name}: no number before it"))?;
            Some((format!("{}.rs", plain.replace('-', "_")), text))
        }
        Err(_) => None,
    };
    Ok(Change { edits: edits(&text).map_err(|why| format!("{name}: {why}"))?, name, module })
}

fn edits(text: &str) -> Result<Vec<Edit>, String> {
    let mut edits = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let words: Vec<_> = line.split(' ').collect();
        let ["@", file, place, times] = words[..] else { return Err(format!("what is `{line}`?")) };
        let place = match place {
            "before" => Place::Before,
            "after" => Place::After,
            "instead" => Place::Instead,
            _ => return Err(format!("what is `{place}`?")),
        };
        let times = times.parse().map_err(|_| format!("how often is `{times}`?"))?;
        let mut until = |end: &str| {
            let mut part = Vec::new();
            loop {
                match lines.next() {
                    Some(line) if line == end => return Ok(part.join("\n")),
                    Some(line) => part.push(line),
                    None => return Err(format!("an edit of {file} does not end with `{end}`")),
                }
            }
        };
        let (anchor, ours) = (until("=")?, until(".")?);
        if anchor.is_empty() {
            return Err(format!("an edit of {file} has no anchor"));
        }
        edits.push(Edit { file: file.to_owned(), place, times, anchor, ours });
    }
    Ok(edits)
}

/// The sources with every change made.
pub fn apply(mut sources: Vec<Source>, changes: &[Change]) -> Result<Vec<Source>, String> {
    for change in changes {
        for edit in &change.edits {
            let fail =
                |why: String| format!("the change `{}` does not fit: {}: {why}", change.name, edit.file);
            let found = sources.iter_mut().find(|(name, _)| *name == edit.file);
            let (_, text) = found.ok_or_else(|| fail("there is no such file".to_owned()))?;
            let times = text.matches(&edit.anchor).count();
            if times != edit.times {
                let line = edit.anchor.lines().next().unwrap_or_default();
                return Err(fail(format!("`{line}` is there {times} times and not {}", edit.times)));
            }
            let Edit { anchor, ours, .. } = edit;
            *text = text.replace(
                anchor.as_str(),
                &match edit.place {
                    Place::Before => format!("{ours}\n{anchor}"),
                    Place::After => format!("{anchor}\n{ours}"),
                    Place::Instead => ours.clone(),
                },
            );
        }
        sources.extend(change.module.clone());
    }
    Ok(sources)
}
