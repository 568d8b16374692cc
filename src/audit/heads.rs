//! `audit.heads`: what was signed, apart from the log, so that a cut-off end shows. JSON lines, each
//! signed by itself, appended and synced; when a segment is closed, the heads in it give way to its
//! one record, so the file stays small. Knows nothing of events.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use puerta_keys::audit::AuditPublicKeys;
use serde::{Deserialize, Serialize};

use super::proof::{SignedHead, SignedSpan};

/// Longest line that is read, in bytes.
const MAX_RECORD: u64 = 4096;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum Record {
    /// The chain was signed up to here.
    Head(SignedHead),
    /// A segment was closed.
    Closed(SignedSpan),
    /// A closed segment was old enough to be removed.
    Removed(SignedSpan),
}

impl Record {
    /// The last line that it is for, and that line's hash.
    pub(super) fn last(&self) -> (u64, &str, &str) {
        match self {
            Self::Head(head) => (head.seq, &head.hash, &head.time),
            Self::Closed(span) | Self::Removed(span) => (span.last, &span.hash, &span.time),
        }
    }

    pub(super) fn is_signed_by(&self, keys: &AuditPublicKeys) -> bool {
        let (text, signature) = match self {
            Self::Head(head) => (head.text(), &head.signature),
            Self::Closed(span) => (span.text("closed"), &span.signature),
            Self::Removed(span) => (span.text("removed"), &span.signature),
        };
        keys.signer(text.as_bytes(), signature).is_some()
    }
}

/// Every record, in order; `None` for a line that is none. What follows the last newline is being
/// written just now, or was when the host fell, and is left. No file: no records.
pub(super) fn load(path: &Path) -> io::Result<Vec<Option<Record>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut reader = BufReader::new(file);
    let mut records = Vec::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        (&mut reader).take(MAX_RECORD).read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') && (line.len() as u64) < MAX_RECORD {
            return Ok(records);
        }
        records.push(serde_json::from_slice(&line).ok());
    }
}

/// The file, open for more.
pub(super) struct HeadsFile {
    path: PathBuf,
    file: File,
}

impl HeadsFile {
    /// Opens or creates it; half a line at its end goes.
    pub(super) fn open(path: PathBuf) -> io::Result<Self> {
        let file = options().append(true).open(&path)?;
        let text = std::fs::read(&path)?;
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        if whole < text.len() {
            file.set_len(whole as u64)?;
        }
        Ok(Self { path, file })
    }

    /// Adds records; on the disk when it returns.
    pub(super) fn append(&mut self, records: &[Record]) -> io::Result<()> {
        self.file.write_all(&lines(records)?)?;
        self.file.sync_data()
    }

    /// The same, and every head up to line `covered` goes: written anew and renamed.
    pub(super) fn append_and_tidy(&mut self, more: Vec<Record>, covered: u64) -> io::Result<()> {
        let stays = |known: &Record| !matches!(known, Record::Head(head) if head.seq <= covered);
        let known = load(&self.path)?;
        if known.iter().any(Option::is_none) {
            // Somebody wrote here: what they left is evidence.
            return self.append(&more);
        }
        let mut records: Vec<Record> = known.into_iter().flatten().filter(stays).collect();
        records.extend(more);
        records.sort_by_key(|record| record.last().0);
        let part = self.path.with_extension("heads.part");
        let mut file = options().write(true).truncate(true).open(&part)?;
        file.write_all(&lines(&records)?)?;
        file.sync_all()?;
        std::fs::rename(&part, &self.path)?;
        self.file = options().append(true).open(&self.path)?;
        Ok(())
    }
}

fn lines(records: &[Record]) -> io::Result<Vec<u8>> {
    let mut lines = Vec::new();
    for record in records {
        serde_json::to_writer(&mut lines, record)?;
        lines.push(b'\n');
    }
    Ok(lines)
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).mode(0o600);
    options
}
