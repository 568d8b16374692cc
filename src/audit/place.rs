//! Where a log is: the open file `audit.jsonl`, its closed segments `audit-000000000001.jsonl` beside
//! it, named by the number of their first line, and `audit.heads`, which remembers what was signed.

use std::io;
use std::path::{Path, PathBuf};

/// The files of one log.
#[derive(Debug, Clone)]
pub(super) struct Place {
    open: PathBuf,
}

/// A closed segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    /// The number of its first line.
    pub(super) first: u64,
    /// The file.
    pub(super) path: PathBuf,
}

/// Digits of a number in a name: names are in the order of their numbers.
const DIGITS: usize = 12;

impl Place {
    /// The log whose open file is at `open`.
    pub(super) fn new(open: impl Into<PathBuf>) -> Self {
        Self { open: open.into() }
    }

    /// The open file.
    pub(super) fn open(&self) -> &Path {
        &self.open
    }

    /// What was signed.
    pub(super) fn heads(&self) -> PathBuf {
        self.open.with_extension("heads")
    }

    /// Room that is kept.
    pub(super) fn reserve(&self) -> PathBuf {
        self.open.with_extension("reserve")
    }

    /// The folder of all of them.
    pub(super) fn folder(&self) -> &Path {
        let folder = self.open.parent().filter(|folder| !folder.as_os_str().is_empty());
        folder.unwrap_or(Path::new("."))
    }

    /// The closed segment that begins with line `first`.
    pub(super) fn closed(&self, first: u64) -> PathBuf {
        self.folder().join(format!("{}-{first:0DIGITS$}{}", self.stem(), self.ending()))
    }

    fn stem(&self) -> String {
        self.open.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn ending(&self) -> String {
        self.open.extension().map(|ending| format!(".{}", ending.to_string_lossy())).unwrap_or_default()
    }

    /// The closed segments, oldest first.
    pub(super) fn segments(&self) -> io::Result<Vec<Segment>> {
        let (before, after) = (format!("{}-", self.stem()), self.ending());
        let mut found = Vec::new();
        for entry in std::fs::read_dir(self.folder())? {
            let entry = entry?;
            let name = entry.file_name();
            let number = name.to_str().and_then(|name| name.strip_prefix(&before)?.strip_suffix(&after));
            let digits = number.filter(|digits| digits.len() >= DIGITS);
            if let Some(first) = digits.and_then(|digits| digits.parse().ok()) {
                found.push(Segment { first, path: entry.path() });
            }
        }
        found.sort_by_key(|segment| segment.first);
        Ok(found)
    }

    /// The log that a closed segment at `path` belongs to.
    pub(super) fn of_segment(path: &Path) -> Option<Self> {
        let (stem, digits) = path.file_stem()?.to_str()?.rsplit_once('-')?;
        let number = digits.len() >= DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
        let ending = path.extension()?.to_str()?;
        number.then(|| Self::new(path.with_file_name(format!("{stem}.{ending}"))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segments_name_leads_to_its_log_and_back() {
        let place = Place::new("/var/lib/puerta/audit.jsonl");
        assert_eq!(place.heads(), Path::new("/var/lib/puerta/audit.heads"));
        let closed = place.closed(4711);
        assert_eq!(closed, Path::new("/var/lib/puerta/audit-000000004711.jsonl"));
        assert_eq!(Place::of_segment(&closed).map(|place| place.open), Some(place.open));
        for other in ["/x/audit.jsonl", "/x/audit-copy.jsonl", "/x/audit-12.jsonl", "/"] {
            assert!(Place::of_segment(Path::new(other)).is_none(), "{other}");
        }
    }
}
