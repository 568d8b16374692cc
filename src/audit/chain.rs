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
//! # What the chain shows, and what it does not
//! A line that was changed, removed, inserted or moved does not fit the line after it. But the hash
//! has no key: whoever may write the file can forge everything from some line on and compute the
//! hashes again, and lines cut off at the **end** leave a shorter log that is whole.
//!
//! So the writer signs (`super::proof`): at intervals it adds a line `audit.signed`, whose signature
//! stands for every line before it, and remembers in `audit.heads`, beside the log, what it signed.
//! Who has the files and not the key can then change nothing before the last signed line without
//! being found, and can cut off nothing that `audit.heads` names; the lines since (a minute of them)
//! have the bare chain only. What remains:
//!
//! - Who has the files can cut the end of `audit.heads` off together with the end of the log. A copy
//!   of the log elsewhere (`[audit] copy`, `syslog`) carries the signed lines, and shows it.
//! - Who has the **key** can forge everything; so can whoever is root on the host while puerta
//!   runs. Only copies outside show that, up to the moment when the host was lost.

use std::fmt;

use sha2::{Digest, Sha256};

/// The longest line, its newline included.
pub const MAX_LINE: usize = 16 * 1024;

const TIME: &[u8] = br#","time":""#;
const PREV: &[u8] = br#","prev":""#;
const HASH: &[u8] = br#","hash":""#;
const HEX: usize = 64;
/// `2026-11-23T04:22:00.123Z`
const TIME_LENGTH: usize = 24;

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

    /// `line` (without its newline), or why it does not follow this head.
    pub(super) fn advance<'a>(&self, line: &'a [u8]) -> Result<Entry<'a>, Why> {
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
        Ok(entry)
    }
}

/// A line taken apart, by position only.
pub(super) struct Entry<'a> {
    /// Its number.
    pub(super) seq: u64,
    /// When it was written; as long as every other.
    pub(super) time: &'a str,
    /// The hash of the line before.
    pub(super) prev: &'a str,
    /// Its own.
    pub(super) hash: &'a str,
    /// Its fields between time and chain, as JSON without braces.
    pub(super) body: &'a [u8],
    hashed: &'a [u8],
}

impl<'a> Entry<'a> {
    pub(super) fn parse(line: &'a [u8]) -> Option<Self> {
        let (hashed, hash) = split_hex(line.strip_suffix(b"}")?, HASH)?;
        let (before, prev) = split_hex(hashed, PREV)?;
        let rest = hashed.strip_prefix(br#"{"seq":"#)?;
        let (digits, _) = rest.split_at_checked(rest.iter().position(|byte| *byte == b',')?)?;
        let seq = std::str::from_utf8(digits).ok()?.parse().ok()?;
        let rest = before.get(br#"{"seq":"#.len() + digits.len()..)?.strip_prefix(TIME)?;
        let (time, body) = rest.split_at_checked(TIME_LENGTH)?;
        let time = std::str::from_utf8(time).ok()?;
        Some(Self { seq, time, prev, hash, body: body.strip_prefix(b"\",")?, hashed })
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
    hex(&Sha256::digest(text))
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let nibble = |value: u8| char::from(DIGITS[usize::from(value & 15)]);
    bytes.iter().flat_map(|byte| [nibble(byte >> 4), nibble(*byte)]).collect()
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
    /// It says that it is a signature over the lines before it, and is none of the known keys.
    Signature,
    /// What was signed as this line was another one.
    NotWhatWasSigned {
        /// When that was signed.
        time: String,
    },
    /// The log ends before it, and it was there: it was signed.
    CutOff {
        /// The last line that was signed.
        signed: u64,
        /// When.
        time: String,
    },
    /// Nothing says that the lines before it were removed by puerta.
    Removed {
        /// The number that it has.
        found: u64,
    },
    /// A line of `audit.heads` that is none, or that the key did not sign.
    Heads,
    /// An export without its proof, or with something behind it.
    NoProof,
    /// The proof of an export is not one of the known keys.
    Proof,
    /// The export's lines are not those that its proof is for.
    NotProven,
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
            Self::Signature => {
                f.write_str("its signature is not one of the audit key over the lines before it")
            }
            Self::NotWhatWasSigned { time } => {
                write!(
                    f,
                    "another line was signed with this number at {time}: the log was cut off and written anew"
                )
            }
            Self::CutOff { signed, time } => {
                write!(
                    f,
                    "the log ends before it, but the lines up to {signed} were signed at {time}: the end is cut off"
                )
            }
            Self::Removed { found } => {
                write!(f, "the log begins with number {found}, and puerta did not remove what was before it")
            }
            Self::Heads => f.write_str("it is not a record that the audit key signed"),
            Self::NoProof => f.write_str("the proof of the export should stand here, and nothing after it"),
            Self::Proof => f.write_str("the proof of the export is not signed with the audit key"),
            Self::NotProven => f.write_str("the export's lines are not those that its proof was made for"),
        }
    }
}
