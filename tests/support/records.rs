//! Files of a JSON value a line, read while somebody writes them.

use serde_json::Value;
use std::path::Path;

/// Its lines. What follows the last newline is being written just now.
pub fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The audit in this folder. At midnight the file is closed; its name comes before the open one's.
pub fn audit(state: &Path) -> Vec<Value> {
    let mut files: Vec<_> = std::fs::read_dir(state).unwrap().map(|entry| entry.unwrap().path()).collect();
    let ours = |name: &str| name.starts_with("audit") && name.ends_with(".jsonl");
    files.retain(|path| path.file_name().is_some_and(|name| ours(&name.to_string_lossy())));
    files.sort();
    files.iter().flat_map(|path| lines(path)).collect()
}

/// How many events a line of the audit stands for: repeats are one with their number.
pub fn times(line: &Value) -> u64 {
    line["detail"]["count"].as_u64().unwrap_or(1)
}
