//! A range of the log as one file with its proof, which whoever has the public key can check without
//! puerta: a first line that says what was asked for, the lines as they are, and a signed last line.
//!
//! ```text
//! {"export":"puerta-audit-1","since":"2026-11-20T00:00:00.000Z","until":null}
//! {"seq":4711,...}
//! {"proof":{"since":...,"first":4711,"last":9000,"prev":"...","hash":"...","sha256":"...","signature":"..."}}
//! ```

use std::fs::File;
use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::path::Path;

use puerta_keys::audit::AuditKey;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::chain::{Entry, MAX_LINE, Why, hex};
use super::place::Place;
use super::proof::{Proof, is_signature};
use super::read::{backwards, newest_first, span};
use super::timestamp;
use super::verify::{Check, Checker, Lines, Verdict};

const FORMAT: &str = "puerta-audit-1";
const BEGINS: &[u8] = br#"{"export":""#;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    export: String,
    since: Option<String>,
    until: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Last {
    proof: Proof,
}

/// Which lines: those from the first of this time to the last of it. Where the clock jumped in between, lines of
/// another time are among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// Not before, milliseconds since 1970.
    pub since: Option<i64>,
    /// Not after, milliseconds since 1970.
    pub until: Option<i64>,
    /// No line after this one, a signature: what [`super::Audit::seal`] gave.
    pub end: u64,
}

impl Default for Range {
    fn default() -> Self {
        Self { since: None, until: None, end: u64::MAX }
    }
}

/// Why there is no whole export.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The log itself is not what was written: nobody signs for that.
    #[error("line {seq} of the log does not fit: {why}")]
    Broken {
        /// The number that the line should have.
        seq: u64,
        /// What is wrong with it.
        why: Why,
    },
    /// No signature stands for its last line.
    #[error("the log does not end in a signature")]
    Unsigned,
    /// The key.
    #[error(transparent)]
    Key(#[from] puerta_keys::audit::SignError),
    /// A time that no calendar has.
    #[error("a time is out of the calendar")]
    Time,
    /// Reading, or whoever takes it away.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Gives the export piece by piece to `out`, in memory for one piece. What is given out is checked on
/// the way, chain and signatures, up to a signature that stands for its last line; the log must have
/// been sealed just before ([`super::Audit::seal`]).
pub fn export(
    path: &Path,
    range: Range,
    key: &AuditKey,
    now: i64,
    out: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> Result<(), ExportError> {
    let edge = |ms: Option<i64>| ms.map(|ms| timestamp(ms).ok_or(ExportError::Time)).transpose();
    let (since, until) = (edge(range.since)?, edge(range.until)?);
    let header = Header { export: FORMAT.to_owned(), since: since.clone(), until: until.clone() };
    out(&line(&header)?)?;
    let keys = key.public_keys();
    let mut files = newest_first(&Place::new(path))?;
    let end = last_of(&files, range, |time| within(time, since.as_deref(), until.as_deref()))?;
    let mut given = Given {
        checker: Checker::new(Check { keys: Some(&keys), progress: None }, &[]),
        range,
        since,
        until,
        end: end.map_or(range.end, |end| end.min(range.end)),
        first: None,
        last: None,
        sum: Sha256::new(),
        piece: Vec::new(),
        done: false,
    };
    files.reverse();
    for file in &files {
        given.file(file, out)?;
    }
    out(&std::mem::take(&mut given.piece))?;
    let proof = given.proof(key, timestamp(now).ok_or(ExportError::Time)?)?;
    Ok(out(&line(&Last { proof })?)?)
}

fn line(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut text = serde_json::to_vec(value)?;
    text.push(b'\n');
    Ok(text)
}

fn within(time: &str, since: Option<&str>, until: Option<&str>) -> bool {
    since.is_none_or(|since| time >= since) && until.is_none_or(|until| time <= until)
}

/// Number of the last line that is of that time.
fn last_of(newest_first: &[File], range: Range, is: impl Fn(&str) -> bool) -> io::Result<Option<u64>> {
    let mut last = None;
    for file in newest_first {
        let part = span(file, range.since, range.until)?;
        backwards(file, part, |line| {
            last = line.and_then(Entry::parse).filter(|entry| is(entry.time)).map(|entry| entry.seq);
            last.is_none()
        })?;
        if last.is_some() {
            break;
        }
    }
    Ok(last)
}

/// Bytes that are given at once, about.
const PIECE: usize = 64 * 1024;

struct Given<'a> {
    checker: Checker<'a>,
    range: Range,
    since: Option<String>,
    until: Option<String>,
    end: u64,
    /// The first line given: its number, and the hash before it.
    first: Option<(u64, String)>,
    /// The last line given: its number, its hash, and whether a signature stands for it.
    last: Option<(u64, String, bool)>,
    sum: Sha256,
    piece: Vec<u8>,
    /// The range is over; what follows is read for its signature only.
    done: bool,
}

impl Given<'_> {
    fn file(
        &mut self,
        mut file: &File,
        out: &mut dyn FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<(), ExportError> {
        let length = file.metadata()?.len();
        let start = if self.first.is_none() { span(file, self.range.since, None)?.0 } else { 0 };
        file.seek(SeekFrom::Start(start))?;
        let mut lines = Lines::new(file.take(length - start), false);
        while !self.is_covered() {
            let Some(next) = lines.next()? else { break };
            self.line(next)?;
            if self.piece.len() >= PIECE {
                out(&std::mem::take(&mut self.piece))?;
            }
        }
        Ok(())
    }

    fn is_covered(&self) -> bool {
        let (seq, _) = self.checker.head();
        (self.done || seq >= self.end) && self.last.as_ref().is_none_or(|(_, _, signed)| *signed)
    }

    fn line(&mut self, text: Result<&[u8], Why>) -> Result<(), ExportError> {
        let (seq, _) = self.checker.head();
        let broken = |why| ExportError::Broken { seq: seq + 1, why };
        let text = text.map_err(broken)?;
        let entry = Entry::parse(text).ok_or_else(|| broken(Why::NotAnEntry))?;
        if self.first.is_none() {
            if !within(entry.time, self.since.as_deref(), self.until.as_deref()) {
                // The range begins after it.
                self.checker.begin_at(entry.seq, entry.hash);
                return Ok(());
            }
            let (seq, hash) = (entry.seq, entry.prev.to_owned());
            self.checker.begin_at(seq.saturating_sub(1), &hash);
            self.first = Some((seq, hash));
        }
        self.done |= entry.seq > self.end;
        self.checker.fits(text).map_err(broken)?;
        let signs = is_signature(&entry);
        if !self.done {
            self.sum.update(text);
            self.sum.update(b"\n");
            self.piece.extend_from_slice(text);
            self.piece.push(b'\n');
            self.last = Some((entry.seq, entry.hash.to_owned(), signs));
        } else if let Some((.., signed)) = &mut self.last {
            *signed |= signs;
        }
        Ok(())
    }

    fn proof(self, key: &AuditKey, time: String) -> Result<Proof, ExportError> {
        let (at, head) = self.checker.head();
        let head = (at + 1, head.to_owned());
        let (first, prev) = self.first.unwrap_or(head);
        let (last, hash, signed) = self.last.unwrap_or_else(|| (first.saturating_sub(1), prev.clone(), true));
        if !signed {
            return Err(ExportError::Unsigned);
        }
        let mut proof = Proof {
            since: self.since,
            until: self.until,
            first,
            last,
            prev,
            hash,
            sha256: hex(&self.sum.finalize()),
            time,
            key: key.fingerprint(),
            signature: String::new(),
        };
        proof.signature = key.sign(proof.text().as_bytes())?;
        Ok(proof)
    }
}

/// Whether a file is an export: how its first line begins.
pub(super) fn is_export(file: &mut impl BufRead) -> io::Result<bool> {
    Ok(file.fill_buf()?.starts_with(BEGINS))
}

/// Checks an export from its first line to its last. Without keys the proof's signature is not
/// checked, and everything else is.
pub(super) fn verify_export(file: impl Read, path: &Path, check: Check<'_>) -> io::Result<Verdict> {
    let keys = check.keys;
    let mut checker = Checker::new(check, &[]);
    let mut lines = Lines::new(file, false);
    let header: Option<Header> = match lines.next()? {
        Some(Ok(text)) => canonical(text),
        _ => None,
    };
    let path = Some(path);
    if header.as_ref().is_none_or(|header| header.export != FORMAT) {
        checker.line(path, 1, Err(Why::NotAnEntry));
    }
    let mut body = Body::default();
    loop {
        let number = lines.number + 1;
        let Some(next) = lines.next()? else { break };
        body.line(&mut checker, path, number, next);
    }
    let last = lines.number;
    let Some(proof) = body.proof.take() else {
        checker.broken(path.map(Path::to_owned), last + 1, Why::NoProof);
        return Ok(checker.end(true));
    };
    if checker.is_broken() {
        return Ok(checker.end(true));
    }
    if body.first.is_none() {
        checker.begin_at(proof.last, &proof.hash);
    }
    let asked = header.is_some_and(|header| header.since == proof.since && header.until == proof.until);
    let signed = keys.is_none_or(|keys| keys.signer(proof.text().as_bytes(), &proof.signature).is_some());
    let wrong =
        if signed { body.not_proven(&checker, &proof, asked, last) } else { Some((last, Why::Proof)) };
    if let Some((line, why)) = wrong {
        checker.broken(path.map(Path::to_owned), line, why);
    }
    let mut verdict = checker.end(true);
    if verdict.broken.is_none() && keys.is_some() {
        verdict.signed = Some(super::verify::SignedUpTo { seq: proof.last, time: proof.time });
    }
    Ok(verdict)
}

/// What stands between an export's header and its end.
#[derive(Default)]
struct Body {
    sum: Sha256,
    /// Number of the first line.
    first: Option<u64>,
    proof: Option<Proof>,
}

impl Body {
    fn line(
        &mut self,
        checker: &mut Checker<'_>,
        path: Option<&Path>,
        number: u64,
        line: Result<&[u8], Why>,
    ) {
        if self.proof.is_some() {
            // Something behind it.
            return checker.line(path, number, Err(Why::NoProof));
        }
        if let Ok(text) = line {
            if text.starts_with(br#"{"proof":"#)
                && let Some(last) = canonical::<Last>(text)
            {
                self.proof = Some(last.proof);
                return;
            }
            self.sum.update(text);
            self.sum.update(b"\n");
            if self.first.is_none()
                && let Some(entry) = Entry::parse(text)
            {
                self.first = Some(entry.seq);
                checker.begin_at(entry.seq.saturating_sub(1), entry.prev);
            }
        }
        checker.line(path, number, line);
    }

    /// The line at which the lines are not those of the proof, which stands in line `last`.
    fn not_proven(self, checker: &Checker<'_>, proof: &Proof, asked: bool, last: u64) -> Option<(u64, Why)> {
        let (seq, hash) = checker.head();
        if let Some(found) = self.first.filter(|seq| *seq != proof.first) {
            Some((2, Why::Sequence { expected: proof.first, found }))
        } else if seq < proof.last {
            Some((last, Why::CutOff { signed: proof.last, time: proof.time.clone() }))
        } else if seq > proof.last {
            Some((2 + proof.last.saturating_sub(proof.first) + 1, Why::NotProven))
        } else if !asked || hash != proof.hash || hex(&self.sum.finalize()) != proof.sha256 {
            Some((last, Why::NotProven))
        } else {
            None
        }
    }
}

/// A line that is exactly what would be written.
fn canonical<T: Serialize + for<'a> Deserialize<'a>>(text: &[u8]) -> Option<T> {
    let value: T = serde_json::from_slice(text.get(..text.len().min(MAX_LINE))?).ok()?;
    (serde_json::to_vec(&value).ok()? == text).then_some(value)
}
