//! Whether a log is what was written: its chain, its signatures, and what `audit.heads` remembers of
//! it. Streaming, in memory for one line and the heads. Exports are [`super::export`]'s.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use puerta_keys::audit::AuditPublicKeys;

use super::chain::{Entry, Head, MAX_LINE, Why};
use super::file::first_line;
use super::heads::{self, Record};
use super::place::Place;
use super::proof::{is_signature, signature_of};

/// How often, in lines, somebody who watches hears how far it is.
const STEP: u64 = 50_000;

/// The first line that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The file that it is in; `None` when what was read has no name.
    pub file: Option<PathBuf>,
    /// Its number in the file, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub why: Why,
}

/// What comes after the first line that does not fit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rest {
    /// Lines, that one included.
    pub lines: u64,
    /// Those of them whose hash is that of their text.
    pub intact: u64,
}

/// How far a log is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedUpTo {
    /// The last line that a signature is for.
    pub seq: u64,
    /// When it was signed.
    pub time: String,
}

/// What a log is worth.
#[must_use]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Files that were read.
    pub files: u64,
    /// Lines that fit, from the first on.
    pub lines: u64,
    /// Number of the first line; 0 when there is none.
    pub first_seq: u64,
    /// The first that does not fit.
    pub broken: Option<Broken>,
    /// What comes after it.
    pub rest: Rest,
    /// `seq` of the last line that fits; 0 when none does.
    pub last_seq: u64,
    /// `hash` of that line: it stands for the whole log up to it.
    pub head: String,
    /// How far signatures reach among the lines that fit; `None`: nothing is signed.
    pub signed: Option<SignedUpTo>,
    /// Whether signatures were checked at all: without a public key they are not.
    pub checked: bool,
    /// The last line that puerta removed by itself, when the log does not begin with line 1.
    pub removed: Option<u64>,
    /// It is signed, and nothing beside it remembers how far: an end that was cut off would not show.
    pub unremembered: bool,
}

/// How to check.
#[derive(Default)]
pub struct Check<'a> {
    /// The public keys of the audit; `None`: signatures are not checked.
    pub keys: Option<&'a AuditPublicKeys>,
    /// Hears how many lines were read, now and then.
    pub progress: Option<&'a mut dyn FnMut(u64)>,
}

/// Checks a whole log: `path` is its open file, whose closed segments and heads are beside it, or a
/// closed segment alone. An export is checked as one.
///
/// It may be written to meanwhile.
pub fn verify(path: &Path, check: Check<'_>) -> io::Result<Verdict> {
    if let Ok(file) = File::open(path)
        && super::export::is_export(&mut BufReader::new(file))?
    {
        return super::export::verify_export(File::open(path)?, path, check);
    }
    let alone = Place::of_segment(path);
    let place = alone.clone().unwrap_or_else(|| Place::new(path));
    // In this order: what was signed is in the files that are opened afterwards.
    let heads = heads::load(&place.heads())?;
    let files = if alone.is_some() { vec![(path.to_owned(), File::open(path)?)] } else { files(&place)? };
    // And what went for its age before they were opened is said here.
    let later = heads::load(&place.heads())?;
    let mut checker = Checker::new(check, &heads);
    let bad_head = checker.bad_head(&heads);
    if let Some((path, file)) = files.iter().find(|(_, file)| file.metadata().is_ok_and(|it| it.len() > 0)) {
        checker.begin(path, file, &later, alone.is_some())?;
    }
    let last = files.len().saturating_sub(1);
    for (at, (path, mut file)) in files.into_iter().enumerate() {
        io::Seek::rewind(&mut file)?;
        checker.file(Some(&path), file, at == last)?;
    }
    let mut verdict = checker.end(alone.is_some());
    verdict.unremembered = alone.is_none() && heads.is_empty() && verdict.signed.is_some();
    if let Some(line) = bad_head {
        verdict.broken.get_or_insert(Broken { file: Some(place.heads()), line, why: Why::Heads });
    }
    Ok(verdict)
}

/// Checks the lines of one whole log from its first on, and nothing beside them.
pub fn verify_reader(log: impl Read) -> io::Result<Verdict> {
    let mut checker = Checker::new(Check::default(), &[]);
    checker.file(None, log, false)?;
    Ok(checker.end(true))
}

/// The open file and the closed ones, oldest first, each once: the open one may be closed meanwhile.
fn files(place: &Place) -> io::Result<Vec<(PathBuf, File)>> {
    let open = match File::open(place.open()) {
        Ok(file) => Some(file),
        // Between two files, or a crash was.
        Err(error) if error.kind() == io::ErrorKind::NotFound && !place.segments()?.is_empty() => None,
        Err(error) => return Err(error),
    };
    let inode = |file: &File| file.metadata().map(|it| (it.dev(), it.ino()));
    let mut files = Vec::new();
    for segment in place.segments()? {
        let file = match File::open(&segment.path) {
            Ok(file) => file,
            // It went for its age just now; if that was not puerta, the chain tells.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        if let Some(open) = &open
            && inode(open)? == inode(&file)?
        {
            continue;
        }
        files.push((segment.path, file));
    }
    files.extend(open.map(|file| (place.open().to_owned(), file)));
    Ok(files)
}

/// What is known so far.
pub(super) struct Checker<'a> {
    check: Check<'a>,
    head: Head,
    /// What was signed elsewhere: hash and time, by number.
    expected: BTreeMap<u64, (String, String)>,
    verdict: Verdict,
    last: (Option<PathBuf>, u64),
}

impl<'a> Checker<'a> {
    pub(super) fn new(check: Check<'a>, heads: &[Option<Record>]) -> Self {
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
    fn bad_head(&self, heads: &[Option<Record>]) -> Option<u64> {
        let good = |record: &Option<Record>| {
            let signed = |record: &Record| self.check.keys.is_none_or(|keys| record.is_signed_by(keys));
            record.as_ref().is_some_and(signed)
        };
        heads.iter().position(|record| !good(record)).map(|at| at as u64 + 1)
    }

    /// Where the chain begins: at line 1, or after what puerta removed and signed for. A segment
    /// `alone` begins where it says.
    fn begin(&mut self, path: &Path, file: &File, heads: &[Option<Record>], alone: bool) -> io::Result<()> {
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

    pub(super) fn begin_at(&mut self, seq: u64, hash: &str) {
        self.head = Head { seq, hash: hash.to_owned() };
    }

    /// The first that does not fit stays.
    pub(super) fn broken(&mut self, file: Option<PathBuf>, line: u64, why: Why) {
        self.verdict.broken.get_or_insert(Broken { file, line, why });
    }

    fn file(&mut self, path: Option<&Path>, log: impl Read, live: bool) -> io::Result<()> {
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

    pub(super) fn line(&mut self, path: Option<&Path>, number: u64, line: Result<&[u8], Why>) {
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
    pub(super) fn fits(&mut self, text: &[u8]) -> Result<(), Why> {
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
    pub(super) fn head(&self) -> (u64, &str) {
        (self.head.seq, &self.head.hash)
    }

    pub(super) fn is_broken(&self) -> bool {
        self.verdict.broken.is_some()
    }

    /// `partly`: that lines are missing at the end says nothing.
    pub(super) fn end(mut self, partly: bool) -> Verdict {
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

/// The lines of a file, one in memory.
pub(super) struct Lines<R> {
    log: BufReader<R>,
    line: Vec<u8>,
    /// Number of the line given last, from 1.
    pub(super) number: u64,
    live: bool,
}

impl<R: Read> Lines<R> {
    /// `live`: the last line may be being written just now.
    pub(super) fn new(log: R, live: bool) -> Self {
        let log = BufReader::with_capacity(256 * 1024, log);
        Self { log, line: Vec::with_capacity(MAX_LINE), number: 0, live }
    }

    /// The next line without its newline, or why it is none; of one that is too long nothing is kept.
    #[allow(clippy::should_implement_trait, reason = "it lends its line")]
    pub(super) fn next(&mut self) -> io::Result<Option<Result<&[u8], Why>>> {
        self.line.clear();
        // One byte more than allowed tells a line that is too long.
        let most = MAX_LINE as u64 + 1;
        let mut patience = if self.live { 20 } else { 0 };
        loop {
            let room = most - self.line.len() as u64;
            let read = (&mut self.log).take(room).read_until(b'\n', &mut self.line)?;
            let whole = self.line.last() == Some(&b'\n') || self.line.len() as u64 == most;
            if whole || self.line.is_empty() || (read == 0 && patience == 0) {
                break;
            }
            if read == 0 {
                patience -= 1;
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        if self.line.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        if self.line.len() > MAX_LINE {
            self.skip()?;
            return Ok(Some(Err(Why::TooLong)));
        }
        Ok(Some(self.line.strip_suffix(b"\n").ok_or(Why::Truncated)))
    }

    /// The rest of a line that is too long.
    fn skip(&mut self) -> io::Result<()> {
        while self.line.last() != Some(&b'\n') {
            self.line.clear();
            if (&mut self.log).take(MAX_LINE as u64).read_until(b'\n', &mut self.line)? == 0 {
                break;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::print_stderr)]
mod tests {
    use super::*;

    fn log_of(count: u64) -> Vec<String> {
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
            log_of(1)[0],
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
        let lines = log_of(100);
        let verdict = verify_reader(lines.concat().as_bytes()).unwrap();
        assert_eq!((verdict.lines, verdict.last_seq, &verdict.broken), (100, 100, &None));
        assert!(lines[99].contains(&format!(r#""hash":"{}"}}"#, verdict.head)));
        let empty = verify_reader(&b""[..]).unwrap();
        assert_eq!((empty.lines, empty.last_seq, empty.broken), (0, 0, None));
        assert_eq!(empty.head, "0".repeat(64));
    }

    #[test]
    fn every_changed_byte_is_found() {
        let lines = log_of(3);
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
        let lines = log_of(10);
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

    /// The limit of the bare chain.
    #[test]
    fn a_cut_end_is_not_found() {
        let verdict = verify_reader(log_of(10)[..7].concat().as_bytes()).unwrap();
        assert_eq!((verdict.lines, verdict.broken), (7, None));
    }

    #[test]
    fn hostile_files_cost_no_memory() {
        let zeros = io::repeat(0).take(1 << 30);
        assert_eq!(
            verify_reader(zeros).unwrap().broken,
            Some(Broken { file: None, line: 1, why: Why::TooLong })
        );
        let huge = format!("{{\"seq\":{}", "9".repeat(40));
        assert_eq!(broken(&[huge + "\n"]).1, Why::NotAnEntry);
    }

    #[test]
    fn a_long_log_takes_seconds() {
        let text = log_of(100_000).concat();
        let start = std::time::Instant::now();
        assert_eq!(verify_reader(text.as_bytes()).unwrap().lines, 100_000);
        eprintln!("100,000 lines, {} bytes: {:?}", text.len(), start.elapsed());
    }
}
