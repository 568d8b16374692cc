//! The format of the log and the chain through it.
//!
//! One event is one line of JSON, at most 16 KiB with its newline, with its fields in this order
//! (absent ones take no place):
//!
//! ```text
//! {"seq":7,"time":"2026-11-23T04:22:00.123Z","code":"forward","phase":"begin","connection":"c1f",
//!  "actor":"alumno1","source":"192.0.2.7:50522","vm":"web1.alumno1","action":"vm-connect",
//!  "outcome":"allowed","failure":"...","policies":["..."],"detail":{...},"prev":"<64 hex>","hash":"<64 hex>"}
//! ```
//!
//! - `seq` counts from 1 without gaps.
//! - `prev` is the `hash` of the line before, and 64 zeros in the first line.
//! - `hash` is the SHA-256 of the text of the line itself, from its first byte up to, and without,
//!   `,"hash":"`. It covers `prev`, so every hash stands for the whole log before it.
//!
//! No JSON parser is needed to check a line; a technician can do it by hand:
//! `sed -n 7p audit.jsonl | sed 's/,"hash":"[0-9a-f]*"}$//' | tr -d '\n' | sha256sum`.
//!
//! # What the chain does not show
//! The hash has no key. Lines cut off at the **end** leave a shorter log that is whole, and whoever
//! may write the file can forge everything from some line on and compute the hashes again. Only a
//! head (`seq` and `hash` of the last line) that was kept elsewhere, or signed, shows either. Until
//! puerta signs heads, send the log to another host as it grows, or note [`Verdict::head`] down.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

/// The longest line, its newline included.
pub const MAX_LINE: usize = 16 * 1024;

const PREV: &[u8] = br#","prev":""#;
const HASH: &[u8] = br#","hash":""#;
const HEX: usize = 64;

/// The end of a log: what its next line must follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    /// Number of the last line; 0 in an empty log.
    pub(super) seq: u64,
    /// Hash of the last line.
    pub(super) hash: String,
}

impl Head {
    /// Of an empty log.
    pub(super) fn start() -> Self {
        Self { seq: 0, hash: "0".repeat(HEX) }
    }

    /// Appends the next line to `out`.
    pub(super) fn seal(&mut self, time: &str, body: &str, out: &mut Vec<u8>) {
        let start = out.len();
        self.seq += 1;
        out.extend_from_slice(format!(r#"{{"seq":{},"time":"{time}",{body}"#, self.seq).as_bytes());
        out.extend_from_slice(PREV);
        out.extend_from_slice(self.hash.as_bytes());
        out.push(b'"');
        self.hash = digest(out.get(start..).unwrap_or_default());
        out.extend_from_slice(HASH);
        out.extend_from_slice(self.hash.as_bytes());
        out.extend_from_slice(b"\"}\n");
    }

    /// The head after `line` (without its newline), or why it does not follow this one.
    fn advance(&self, line: &[u8]) -> Result<Self, Why> {
        let entry = Entry::parse(line).ok_or(Why::NotAnEntry)?;
        if !entry.is_intact() {
            return Err(Why::Changed);
        }
        let expected = self.seq + 1;
        if entry.seq != expected {
            return Err(Why::Sequence { expected, found: entry.seq });
        }
        if entry.prev != self.hash {
            return Err(Why::Chain);
        }
        Ok(entry.head())
    }
}

/// A line taken apart, by position only.
pub(super) struct Entry<'a> {
    seq: u64,
    prev: &'a str,
    hash: &'a str,
    hashed: &'a [u8],
}

impl<'a> Entry<'a> {
    pub(super) fn parse(line: &'a [u8]) -> Option<Self> {
        let (hashed, hash) = split_hex(line.strip_suffix(b"}")?, HASH)?;
        let (_, prev) = split_hex(hashed, PREV)?;
        let rest = hashed.strip_prefix(br#"{"seq":"#)?;
        let digits = rest.get(..rest.iter().position(|byte| *byte == b',')?)?;
        let seq = std::str::from_utf8(digits).ok()?.parse().ok()?;
        Some(Self { seq, prev, hash, hashed })
    }

    pub(super) fn is_intact(&self) -> bool {
        digest(self.hashed) == self.hash
    }

    pub(super) fn head(&self) -> Head {
        Head { seq: self.seq, hash: self.hash.to_owned() }
    }
}

/// Splits `...<label><64 hex>"` before the label.
fn split_hex<'a>(text: &'a [u8], label: &[u8]) -> Option<(&'a [u8], &'a str)> {
    let text = text.strip_suffix(b"\"")?;
    let (before, hex) = text.split_at_checked(text.len().checked_sub(HEX)?)?;
    let lower = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let hex = hex.iter().all(lower).then(|| std::str::from_utf8(hex).ok())??;
    Some((before.strip_suffix(label)?, hex))
}

fn digest(text: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let nibble = |value: u8| char::from(DIGITS[usize::from(value & 15)]);
    Sha256::digest(text).iter().flat_map(|byte| [nibble(byte >> 4), nibble(*byte)]).collect()
}

/// Why a line does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// Not JSON, or not of this format.
    NotAnEntry,
    /// It is not what was written: its hash is not that of its text.
    Changed,
    /// Lines before it are missing, or it is in the wrong place.
    Sequence {
        /// The number that should stand here.
        expected: u64,
        /// The number that does.
        found: u64,
    },
    /// It has the right number, but was not written after the line before it.
    Chain,
    /// The log ends in the middle of it.
    Truncated,
    /// Longer than [`MAX_LINE`].
    TooLong,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnEntry => f.write_str("it is not an entry of an audit log"),
            Self::Changed => f.write_str("it was changed: its hash is not that of its text"),
            Self::Sequence { expected, found } if found > expected => {
                write!(f, "number {found} stands where {expected} should: lines are missing or were moved")
            }
            Self::Sequence { expected, found } => {
                write!(f, "number {found} stands where {expected} should: lines were inserted or moved")
            }
            Self::Chain => f.write_str("it does not follow the line before it: one of the two was replaced"),
            Self::Truncated => f.write_str("the log ends in the middle of it"),
            Self::TooLong => write!(f, "it is longer than {MAX_LINE} bytes"),
        }
    }
}

/// The first line that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Its number in the file, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub why: Why,
}

/// What a log is worth.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Lines that fit, from the first on.
    pub lines: u64,
    /// The first that does not; nothing after it was looked at.
    pub broken: Option<Broken>,
    /// `seq` of the last line that fits; 0 when none does.
    pub last_seq: u64,
    /// `hash` of that line: it stands for the whole log up to it.
    pub head: String,
}

/// Checks a whole log, in constant memory.
///
/// A log that is being written to may end in the middle of a line for a moment.
pub fn verify(path: &Path) -> io::Result<Verdict> {
    verify_reader(File::open(path)?)
}

/// Checks a whole log from its first line on.
pub fn verify_reader(log: impl Read) -> io::Result<Verdict> {
    let mut log = BufReader::with_capacity(64 * 1024, log);
    let mut head = Head::start();
    let mut lines = 0;
    let mut line = Vec::with_capacity(MAX_LINE);
    let why = loop {
        line.clear();
        // One byte more than allowed tells a line that is too long.
        let length = (&mut log).take(MAX_LINE as u64 + 1).read_until(b'\n', &mut line)?;
        if length == 0 {
            break None;
        }
        if length > MAX_LINE {
            break Some(Why::TooLong);
        }
        let Some(text) = line.strip_suffix(b"\n") else {
            break Some(Why::Truncated);
        };
        match head.advance(text) {
            Ok(next) => head = next,
            Err(why) => break Some(why),
        }
        lines += 1;
    };
    let broken = why.map(|why| Broken { line: lines + 1, why });
    Ok(Verdict { lines, broken, last_seq: head.seq, head: head.hash })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::print_stderr)]
mod tests {
    use super::*;

    fn log(count: u64) -> Vec<String> {
        let mut head = Head::start();
        (0..count)
            .map(|n| {
                let mut out = Vec::new();
                let body = format!(r#""code":"note","phase":"note","actor":"alumno{n}""#);
                head.seal("2026-11-23T04:22:00.123Z", &body, &mut out);
                String::from_utf8(out).unwrap()
            })
            .collect()
    }

    fn broken(lines: &[String]) -> (u64, Why) {
        let verdict = verify_reader(lines.concat().as_bytes()).unwrap();
        let broken = verdict.broken.unwrap();
        assert_eq!(verdict.lines + 1, broken.line);
        (broken.line, broken.why)
    }

    #[test]
    fn the_format_is_stable() {
        assert_eq!(
            log(1)[0],
            concat!(
                r#"{"seq":1,"time":"2026-11-23T04:22:00.123Z","code":"note","phase":"note","actor":"alumno0","#,
                r#""prev":"0000000000000000000000000000000000000000000000000000000000000000","#,
                r#""hash":"c98c82c6e7903d17fbb19b80e7903395648e3703230c5ebfef557211f8abe059"}"#,
                "\n"
            )
        );
    }

    #[test]
    fn a_whole_log_is_whole() {
        let lines = log(100);
        let verdict = verify_reader(lines.concat().as_bytes()).unwrap();
        assert_eq!((verdict.lines, verdict.last_seq, &verdict.broken), (100, 100, &None));
        assert!(lines[99].contains(&format!(r#""hash":"{}"}}"#, verdict.head)));
        let empty = verify_reader(&b""[..]).unwrap();
        assert_eq!((empty.lines, empty.last_seq, empty.broken), (0, 0, None));
        assert_eq!(empty.head, "0".repeat(64));
    }

    #[test]
    fn every_changed_byte_is_found() {
        let lines = log(3);
        let second = lines[1].as_bytes();
        for at in 0..second.len() {
            for flip in [1, 0x20, 0x80] {
                let mut changed = second.to_vec();
                changed[at] ^= flip;
                let text = [lines[0].as_bytes(), &changed, lines[2].as_bytes()].concat();
                let verdict = verify_reader(&text[..]).unwrap();
                // The newline may become part of the second line, or cut it in two.
                assert_eq!(verdict.broken.unwrap().line, 2, "byte {at}");
            }
        }
    }

    #[test]
    fn removed_inserted_and_moved_lines_are_found() {
        let lines = log(10);
        let with = |change: &dyn Fn(&mut Vec<String>)| {
            let mut lines = lines.clone();
            change(&mut lines);
            broken(&lines)
        };
        assert_eq!(with(&|l| drop(l.remove(0))), (1, Why::Sequence { expected: 1, found: 2 }));
        assert_eq!(with(&|l| drop(l.remove(4))), (5, Why::Sequence { expected: 5, found: 6 }));
        assert_eq!(with(&|l| l.insert(4, l[4].clone())), (6, Why::Sequence { expected: 6, found: 5 }));
        assert_eq!(with(&|l| l.swap(4, 5)), (5, Why::Sequence { expected: 5, found: 6 }));
        assert_eq!(with(&|l| l.insert(4, "\n".into())), (5, Why::NotAnEntry));
        assert_eq!(with(&|l| l.insert(4, "{\"seq\":5}\n".into())), (5, Why::NotAnEntry));
        assert_eq!(with(&|l| l[9].truncate(100)), (10, Why::Truncated));
        assert_eq!(with(&|l| assert_eq!(l[9].pop(), Some('\n'))), (10, Why::Truncated));
        assert_eq!(with(&|l| l[3] = format!("{}\n", "x".repeat(MAX_LINE))), (4, Why::TooLong));
        // A line of one's own with a hash of its own: the next one tells.
        let forged = with(&|l| {
            let mut head =
                Head { seq: 4, hash: Entry::parse(l[3].trim_end().as_bytes()).unwrap().hash.to_owned() };
            let mut out = Vec::new();
            head.seal("2026-11-23T04:22:00.123Z", r#""code":"nothing","phase":"note""#, &mut out);
            l[4] = String::from_utf8(out).unwrap();
        });
        assert_eq!(forged, (6, Why::Chain));
    }

    /// The limit that the module says it has.
    #[test]
    fn a_cut_end_is_not_found() {
        let verdict = verify_reader(log(10)[..7].concat().as_bytes()).unwrap();
        assert_eq!((verdict.lines, verdict.broken), (7, None));
    }

    #[test]
    fn hostile_files_cost_no_memory() {
        let zeros = io::repeat(0).take(1 << 30);
        assert_eq!(verify_reader(zeros).unwrap().broken, Some(Broken { line: 1, why: Why::TooLong }));
        let huge = format!("{{\"seq\":{}", "9".repeat(40));
        assert_eq!(broken(&[huge + "\n"]).1, Why::NotAnEntry);
    }

    #[test]
    fn a_long_log_takes_seconds() {
        let text = log(100_000).concat();
        let start = std::time::Instant::now();
        assert_eq!(verify_reader(text.as_bytes()).unwrap().lines, 100_000);
        eprintln!("100,000 lines, {} bytes: {:?}", text.len(), start.elapsed());
    }
}
