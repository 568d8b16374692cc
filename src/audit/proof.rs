//! What is signed, as text: a few lines that a person can write down again from the log and check with
//! `ssh-keygen -Y verify` (docs/audit.md shows how). Each kind begins with its own words, so that a
//! signature for one is none for another; all have the SSHSIG namespace `puerta-audit`.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::chain::Entry;

/// The head of the chain at a moment, signed: the line `audit.signed` after it has the same signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignedHead {
    /// Number of the last line that it is for.
    pub(super) seq: u64,
    /// Hash of that line.
    pub(super) hash: String,
    /// When it was signed.
    pub(super) time: String,
    /// Base64 of the SSHSIG.
    pub(super) signature: String,
}

/// A closed segment, signed: that it is whole, or that puerta removed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignedSpan {
    /// Number of its first line.
    pub(super) first: u64,
    /// Number of its last line.
    pub(super) last: u64,
    /// Hash of the last line.
    pub(super) hash: String,
    /// SHA-256 of the file.
    pub(super) sha256: String,
    /// When it was signed.
    pub(super) time: String,
    /// Base64 of the SSHSIG.
    pub(super) signature: String,
}

/// A range of lines that was given out, signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Proof {
    /// What was asked for, from.
    pub(super) since: Option<String>,
    /// What was asked for, to.
    pub(super) until: Option<String>,
    /// Number of the first line; the one that would come next when there is none.
    pub(super) first: u64,
    /// Number of the last line; the one before `first` when there is none.
    pub(super) last: u64,
    /// Hash of the line before the first.
    pub(super) prev: String,
    /// Hash of the last line.
    pub(super) hash: String,
    /// SHA-256 of all lines with their newlines.
    pub(super) sha256: String,
    /// When it was signed.
    pub(super) time: String,
    /// The key's fingerprint.
    pub(super) key: String,
    /// Base64 of the SSHSIG.
    pub(super) signature: String,
}

/// What is signed of a head.
pub(super) fn head_text(seq: u64, hash: &str, time: &str) -> String {
    format!("puerta audit head\nseq {seq}\nhash {hash}\ntime {time}\n")
}

impl SignedHead {
    pub(super) fn text(&self) -> String {
        head_text(self.seq, &self.hash, &self.time)
    }
}

impl SignedSpan {
    /// What is signed when it is closed (`closed`), or when puerta removed it (`removed`).
    pub(super) fn text(&self, what: &str) -> String {
        let Self { first, last, hash, sha256, time, .. } = self;
        format!(
            "puerta audit {what}\nfirst {first}\nlast {last}\nhash {hash}\nsha256 {sha256}\ntime {time}\n"
        )
    }
}

impl Proof {
    pub(super) fn text(&self) -> String {
        let Self { since, until, first, last, prev, hash, sha256, time, key, .. } = self;
        let edge = |edge: &Option<String>| edge.clone().unwrap_or_else(|| "-".to_owned());
        format!(
            "puerta audit export\nsince {}\nuntil {}\nfirst {first}\nlast {last}\nprev {prev}\nhash {hash}\n\
             sha256 {sha256}\ntime {time}\nkey {key}\n",
            edge(since),
            edge(until)
        )
    }
}

/// How every line that carries a signature goes on after its time.
const SIGNED: &[u8] = br#""code":"audit.signed","phase":"note","#;

/// A line that says that the lines before it are signed.
pub(super) fn is_signature(entry: &Entry<'_>) -> bool {
    entry.body.starts_with(SIGNED)
}

/// What such a line says: a signature over the head that it follows.
pub(super) fn signature_of(entry: &Entry<'_>) -> Option<SignedHead> {
    #[derive(Deserialize)]
    struct Line<'a> {
        #[serde(borrow)]
        detail: Detail<'a>,
    }
    #[derive(Deserialize)]
    struct Detail<'a> {
        #[serde(borrow)]
        signature: Cow<'a, str>,
    }
    let json = [b"{", entry.body, b"}"].concat();
    let line: Line<'_> = serde_json::from_slice(&json).ok()?;
    Some(SignedHead {
        seq: entry.seq.checked_sub(1)?,
        hash: entry.prev.to_owned(),
        time: entry.time.to_owned(),
        signature: line.detail.signature.into_owned(),
    })
}
