//! What is known of a log line by line: whether the next one fits, what signatures and heads say of it, and what
//! comes after the first that does not fit. Knows files by name only.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use puerta_keys::audit::AuditPublicKeys;

use super::{Broken, Check, Lines, SignedUpTo, Verdict};
use crate::chain::{Entry, Head, Why};
use crate::file::first_line;
use crate::heads::Record;
use crate::proof::{is_signature, signature_of};

/// How often, in lines, somebody who watches hears how far it is.
const STEP: u64 = 50_000;

/// What is known so far.
pub(crate) struct Checker<'a> {
    check: Check<'a>,
    head: Head,
    /// What was signed elsewhere: hash and time, by number.
    expected: BTreeMap<u64, (String, String)>,
    verdict: Verdict,
    last: (Option<PathBuf>, u64),
}

impl<'a> Checker<'a> {
    pub(crate) fn new(check: Check<'a>, heads: &[Option<Record>]) -> Self {
        let mut expected = BTreeMap::new();
        for record in heads.iter().flatten() {
            if check.keys.is_none_or(|keys| record.is_signed_by(keys)) {
                let (seq, hash, time) = record.last();
                expected.insert(seq, (hash.to_owned(), time.to_owned()));
            }
        }
        let verdict = Verdict { checked: check.keys.is_some(), ..Verdict::default() };
        Self { check, head: Head::start(), expected, verdict, last: (None, 0) }
    }

    /// The line of the first record that is none, or not signed with the key.
    pub(super) fn bad_head(&self, heads: &[Option<Record>]) -> Option<u64> {
        let good = |record: &Option<Record>| {
            let signed = |record: &Record| self.check.keys.is_none_or(|keys| record.is_signed_by(keys));
            record.as_ref().is_some_and(signed)
        };
        heads.iter().position(|record| !good(record)).map(|at| at as u64 + 1)
    }

    /// Where the chain begins: at line 1, or after what puerta removed and signed for. A segment
    /// `alone` begins where it says.
    pub(super) fn begin(
        &mut self,
        path: &Path,
        file: &File,
        heads: &[Option<Record>],
        alone: bool,
    ) -> io::Result<()> {
        let line = first_line(file)?;
        let Some(first) = Entry::parse(&line).filter(|first| first.seq > 1) else { return Ok(()) };
        let before = first.seq - 1;
        self.head = Head { seq: before, hash: first.prev.to_owned() };
        let signed = |record: &Record| self.check.keys.is_none_or(|keys| record.is_signed_by(keys));
        let removed = heads.iter().flatten().find_map(|record| match record {
            Record::Removed(span) if span.last == before && signed(record) => Some(span),
            _ => None,
        });
        match removed {
            Some(span) => {
                self.head.hash.clone_from(&span.hash);
                self.verdict.removed = Some(before);
            }
            None if alone => {}
            None => self.broken(Some(path.to_owned()), 1, Why::Removed { found: first.seq }),
        }
        Ok(())
    }

    pub(crate) fn begin_at(&mut self, seq: u64, hash: &str) {
        self.head = Head { seq, hash: hash.to_owned() };
    }

    /// The first that does not fit stays.
    pub(crate) fn broken(&mut self, file: Option<PathBuf>, line: u64, why: Why) {
        self.verdict.broken.get_or_insert(Broken { file, line, why });
    }

    pub(super) fn file(&mut self, path: Option<&Path>, log: impl Read, live: bool) -> io::Result<()> {
        self.verdict.files += 1;
        let mut log = Lines::new(log, live);
        let mut number = 0;
        while let Some(line) = log.next()? {
            number += 1;
            self.line(path, number, line);
        }
        self.last = (path.map(Path::to_owned), number);
        Ok(())
    }

    pub(crate) fn line(&mut self, path: Option<&Path>, number: u64, line: Result<&[u8], Why>) {
        let done = self.verdict.lines + self.verdict.rest.lines;
        if done % STEP == STEP - 1
            && let Some(progress) = &mut self.check.progress
        {
            progress(done + 1);
        }
        let text = line.as_ref().ok().copied();
        if !self.is_broken() {
            match line.and_then(|text| self.fits(text)) {
                Ok(()) => return,
                Err(why) => self.broken(path.map(Path::to_owned), number, why),
            }
        }
        self.verdict.rest.lines += 1;
        let entry = text.and_then(Entry::parse);
        self.verdict.rest.intact += u64::from(entry.is_some_and(|entry| entry.is_intact()));
    }

    /// Takes the next line when it fits, and only then.
    pub(crate) fn fits(&mut self, text: &[u8]) -> Result<(), Why> {
        let entry = self.head.advance(text)?;
        if let Some((hash, time)) = self.expected.get(&entry.seq)
            && hash != entry.hash
        {
            return Err(Why::NotWhatWasSigned { time: time.clone() });
        }
        if is_signature(&entry) {
            let signed = signature_of(&entry).ok_or(Why::Signature)?;
            let good = |keys: &AuditPublicKeys| keys.signer(signed.text().as_bytes(), &signed.signature);
            if self.check.keys.is_some_and(|keys| good(keys).is_none()) {
                return Err(Why::Signature);
            }
            self.verdict.signed = Some(SignedUpTo { seq: signed.seq, time: signed.time });
        }
        if self.verdict.lines == 0 {
            self.verdict.first_seq = entry.seq;
        }
        self.verdict.lines += 1;
        self.verdict.last_seq = entry.seq;
        self.head = entry.head();
        Ok(())
    }

    /// The number of the last line that fits, and its hash.
    pub(crate) fn head(&self) -> (u64, &str) {
        (self.head.seq, &self.head.hash)
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.verdict.broken.is_some()
    }

    /// `partly`: that lines are missing at the end says nothing.
    pub(crate) fn end(mut self, partly: bool) -> Verdict {
        if let Some((signed, (_, time))) = self.expected.last_key_value()
            && *signed > self.head.seq
            && !partly
        {
            let why = Why::CutOff { signed: *signed, time: time.clone() };
            let (path, line) = std::mem::take(&mut self.last);
            self.broken(path, line + 1, why);
        }
        self.verdict.head = self.head.hash;
        self.verdict
    }
}
