//! What is answered about the audit.

use serde::{Serialize, Serializer};
use serde_json::Value;

/// `audit ...`
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "result", content = "value", rename_all = "kebab-case")]
pub enum AuditReply {
    /// `audit list`, `audit search`, `audit mine`, `audit tail`
    Page(AuditPage),
    /// `audit show`
    Story(AuditStory),
    /// `audit verify`
    Verdict(AuditVerdict),
}

/// Lines as they stand in the log, oldest first, one page of them. As JSON only the lines.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AuditPage {
    /// The lines.
    pub lines: Vec<Value>,
    /// The page, from 1, the newest.
    pub page: u32,
    /// Whether there are older lines that match.
    pub more: bool,
    /// What `--until` to say with the next page, so that new lines do not move it.
    pub until: Option<String>,
    /// As comma-separated values.
    pub csv: bool,
}

impl Serialize for AuditPage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.lines.serialize(serializer)
    }
}

/// One connection, from its login to its end. As JSON only the lines.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditStory {
    /// Its id.
    pub connection: String,
    /// Its lines, in order.
    pub lines: Vec<Value>,
    /// Whether it has more lines, older ones.
    pub more: bool,
}

impl Serialize for AuditStory {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.lines.serialize(serializer)
    }
}

/// What the log is worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditVerdict {
    /// Lines that fit, from the first on.
    pub lines: u64,
    /// Files that were read.
    pub files: u64,
    /// Number of the first line.
    pub first: u64,
    /// Number of the last line that fits.
    pub last: u64,
    /// Its hash.
    pub head: String,
    /// The last line that was removed for its age.
    pub removed: Option<u64>,
    /// Whether nothing remembers how far it was signed.
    pub unremembered: bool,
    /// How far it is signed.
    pub signed: Option<SignedView>,
    /// The key's fingerprint.
    pub key: Option<String>,
    /// The first line that does not fit.
    pub broken: Option<BrokenView>,
}

/// How far a log is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignedView {
    /// The last line.
    pub line: u64,
    /// When it was signed.
    pub time: String,
}

/// The first line that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BrokenView {
    /// The file's name.
    pub file: String,
    /// Its number in the file.
    pub line: u64,
    /// What is wrong with it.
    pub why: String,
    /// Lines from there on.
    pub rest: u64,
    /// Those of them that are what was written.
    pub intact: u64,
}
