//! The policy in force: the built-in one, or a folder of `.cedar` files. A folder that does not
//! parse is refused whole, and what was in force stays.

use puerta_policy::decide::Policy;
use std::path::Path;

/// Larger files are not policies that a person reads.
const MAX_FILE: u64 = 1 << 20;

/// Reads the policy; every complaint, as `file:line: what`.
pub fn load(dir: Option<&Path>) -> Result<Policy, Vec<String>> {
    let Some(dir) = dir else {
        return Policy::built_in().map_err(|error| vec![error.to_string()]);
    };
    let unreadable = |path: &Path, error: &std::io::Error| vec![format!("{}: {error}", path.display())];
    let entries = std::fs::read_dir(dir).map_err(|error| unreadable(dir, &error))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| unreadable(dir, &error))?.path();
        if path.extension().is_some_and(|extension| extension == "cedar") {
            paths.push(path);
        }
    }
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let size = std::fs::metadata(&path).map_err(|error| unreadable(&path, &error))?.len();
        if size > MAX_FILE {
            return Err(vec![format!("{}: larger than {MAX_FILE} bytes", path.display())]);
        }
        let text = std::fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        files.push((name.unwrap_or_default(), text));
    }
    Policy::parse(&files).map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

/// A policy with these ready rules; every complaint, as [`load`]'s.
pub(super) fn with(policy: &Policy, rules: &[(String, String)]) -> Result<Policy, Vec<String>> {
    policy.with_rules(rules).map_err(|errors| errors.iter().map(ToString::to_string).collect())
}
