//! What needs the disk and may take its time, beside the writer, whom others wait for: written lines
//! are brought to the disk at most once a second, then what was signed is remembered in `audit.heads`,
//! closed segments get their digest, and old ones go.

use std::fs::File;
use std::io::{self, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use puerta_keys::audit::AuditKey;
use sha2::{Digest, Sha256};

use super::chain::{Entry, hex};
use super::event::Event;
use super::file::{first_line, last_line, sync_folder};
use super::heads::{HeadsFile, Record, load};
use super::place::{Place, Segment};
use super::proof::{SignedHead, SignedSpan, is_signature};
use super::timestamp;

const PAUSE: Duration = Duration::from_secs(1);

/// Events that the log has to say about itself, for the writer's next write.
pub(super) type Notes = Arc<Mutex<Vec<Event>>>;

struct State {
    /// Files with lines that are not on the disk yet.
    files: Vec<Arc<File>>,
    /// Signed, and not yet in `audit.heads`.
    heads: Vec<SignedHead>,
    /// Look at the closed segments: there is a new one, or a day has passed. The time, milliseconds.
    segments: Option<i64>,
    /// Closed segments may go.
    old: Option<Old>,
    stop: bool,
}

/// What is old enough to go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Old {
    /// What was written before, milliseconds since 1970.
    pub(super) before: i64,
    /// So many days are kept, for the note.
    pub(super) days: u32,
    /// Now.
    pub(super) now: i64,
}

impl State {
    fn is_idle(&self) -> bool {
        self.files.is_empty() && self.heads.is_empty() && self.segments.is_none() && self.old.is_none()
    }
}

#[derive(Clone)]
struct Shared(Arc<(Mutex<State>, Condvar)>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.0.1.notify_one();
    }

    fn run(&self, mut books: Books) {
        loop {
            let waited = self.0.1.wait_while(self.lock(), |state| state.is_idle() && !state.stop);
            let mut state = waited.unwrap_or_else(PoisonError::into_inner);
            if state.is_idle() {
                return;
            }
            let files = std::mem::take(&mut state.files);
            let heads = std::mem::take(&mut state.heads);
            let (segments, old) = (state.segments.take(), state.old.take());
            drop(state);
            for file in files {
                if let Err(error) = file.sync_data() {
                    tracing::error!(%error, "the audit log could not be brought to the disk");
                }
            }
            books.keep(heads, segments, old);
            let busy = |state: &mut State| !state.stop;
            drop(self.0.1.wait_timeout_while(self.lock(), PAUSE, busy));
        }
    }
}

/// What the keeper writes itself.
pub(super) struct Books {
    /// Whose files.
    pub(super) place: Place,
    /// Without one nothing is remembered and nothing removed.
    pub(super) key: Option<Arc<AuditKey>>,
    /// For the log.
    pub(super) notes: Notes,
    /// The last line of the closed segments that have their record.
    pub(super) covered: u64,
}

impl Books {
    /// What fails is said in the log of the program, and tried again at the next occasion.
    fn keep(&mut self, heads: Vec<SignedHead>, segments: Option<i64>, old: Option<Old>) {
        let Some(key) = self.key.clone() else { return };
        if heads.is_empty() && segments.is_none() && old.is_none() {
            return;
        }
        let written = HeadsFile::open(self.place.heads()).and_then(|mut file| {
            // A segment's record may be faster than the head in it.
            let heads = heads.into_iter().filter(|head| head.seq > self.covered);
            let heads: Vec<_> = heads.map(Record::Head).collect();
            if !heads.is_empty() {
                file.append(&heads)?;
            }
            if let Some(now) = segments {
                self.close(&key, &mut file, now)?;
            }
            if let Some(old) = old {
                self.remove(&key, &mut file, old)?;
            }
            Ok(())
        });
        if let Err(error) = written {
            tracing::error!(path = %self.place.heads().display(), %error, "what was signed could not be written");
        }
    }

    /// Closed segments without a record get theirs.
    fn close(&mut self, key: &AuditKey, file: &mut HeadsFile, now: i64) -> io::Result<()> {
        let mut records = Vec::new();
        let known = load(&self.place.heads())?;
        let is_known = |segment: &Segment| {
            known.iter().flatten().any(|record| {
                matches!(record, Record::Closed(span) | Record::Removed(span) if span.first == segment.first)
            })
        };
        for segment in self.place.segments()?.iter().filter(|segment| !is_known(segment)) {
            let Some(span) = span_of(segment)? else {
                tracing::error!(path = %segment.path.display(), "a closed segment does not end in a signature");
                continue;
            };
            if let Some(span) = signed(key, "closed", span, now) {
                self.covered = self.covered.max(span.last);
                records.push(Record::Closed(span));
            }
        }
        if records.is_empty() { Ok(()) } else { file.append_and_tidy(records, self.covered) }
    }

    /// The oldest segments go while they are older than is kept, and only those that were recorded
    /// when they were closed. The record comes first: a crash in between leaves the file, which
    /// goes the next time.
    fn remove(&self, key: &AuditKey, file: &mut HeadsFile, old: Old) -> io::Result<()> {
        let Old { days, now, .. } = old;
        let Some(before) = timestamp(old.before) else { return Ok(()) };
        for segment in self.place.segments()? {
            let known = load(&self.place.heads())?;
            let of = |record: &Record| match record {
                Record::Closed(span) | Record::Removed(span) if span.first == segment.first => {
                    Some(span.clone())
                }
                _ => None,
            };
            let Some(span) = known.iter().flatten().find_map(of) else { return Ok(()) };
            if last_time(&segment)?.is_none_or(|time| time >= before) {
                return Ok(());
            }
            let (first, last, sha256) = (span.first, span.last, span.sha256.clone());
            if !known
                .iter()
                .flatten()
                .any(|record| matches!(record, Record::Removed(one) if one.first == first))
            {
                let Some(span) = signed(key, "removed", span, now) else { return Ok(()) };
                file.append(&[Record::Removed(span)])?;
            }
            std::fs::remove_file(&segment.path)?;
            sync_folder(&segment.path)?;
            tracing::info!(path = %segment.path.display(), days, "an old segment of the audit log was removed");
            let note = Event::note("audit.removed").with("first", first).with("last", last);
            let note = note.with("sha256", sha256).with("keep_days", days);
            self.notes.lock().unwrap_or_else(PoisonError::into_inner).push(note);
        }
        Ok(())
    }
}

fn signed(key: &AuditKey, what: &str, mut span: SignedSpan, now: i64) -> Option<SignedSpan> {
    span.time = timestamp(now)?;
    match key.sign(span.text(what).as_bytes()) {
        Ok(signature) => Some(SignedSpan { signature, ..span }),
        Err(error) => {
            tracing::error!(%error, "a segment of the audit log could not be signed");
            None
        }
    }
}

/// What a segment holds, not signed yet; `None` when it does not end in a signature.
fn span_of(segment: &Segment) -> io::Result<Option<SignedSpan>> {
    let file = File::open(&segment.path)?;
    let end = file.metadata()?.len();
    let (first, last) = (first_line(&file)?, last_line(&file, end)?);
    let (Some(first), Some(last)) = (Entry::parse(&first), Entry::parse(&last)) else { return Ok(None) };
    if first.seq != segment.first || !last.is_intact() || !is_signature(&last) {
        return Ok(None);
    }
    Ok(Some(SignedSpan {
        first: first.seq,
        last: last.seq,
        hash: last.hash.to_owned(),
        sha256: sha256(&segment.path)?,
        time: String::new(),
        signature: String::new(),
    }))
}

fn last_time(segment: &Segment) -> io::Result<Option<String>> {
    let file = File::open(&segment.path)?;
    let line = last_line(&file, file.metadata()?.len())?;
    Ok(Entry::parse(&line).map(|entry| entry.time.to_owned()))
}

fn sha256(path: &std::path::Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut sum = Sha256::new();
    let mut block = vec![0; 256 * 1024];
    loop {
        match file.read(&mut block)? {
            0 => return Ok(hex(&sum.finalize())),
            length => sum.update(block.get(..length).unwrap_or_default()),
        }
    }
}

/// The thread.
pub(super) struct Keeper {
    shared: Shared,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Begins with a look at the segments, at `now`.
    pub(super) fn start(books: Books, now: i64) -> io::Result<Self> {
        let state =
            State { files: Vec::new(), heads: Vec::new(), segments: Some(now), old: None, stop: false };
        let shared = Shared(Arc::new((Mutex::new(state), Condvar::new())));
        let worker = shared.clone();
        let thread =
            std::thread::Builder::new().name("audit-keep".into()).spawn(move || worker.run(books))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// There are new lines in `file`.
    pub(super) fn written(&self, file: &Arc<File>) {
        self.shared.change(|state| {
            if state.files.last().is_none_or(|last| !Arc::ptr_eq(last, file)) {
                state.files.push(Arc::clone(file));
            }
        });
    }

    /// There is a new signature among them.
    pub(super) fn signed(&self, head: SignedHead) {
        self.shared.change(|state| state.heads.push(head));
    }

    /// What is old enough goes.
    pub(super) fn forget(&self, old: Old) {
        self.shared.change(|state| state.old = Some(old));
    }

    /// A segment was closed, or it is time to look whether one was.
    pub(super) fn look(&self, now: i64) {
        self.shared.change(|state| state.segments = Some(now));
    }
}

impl Drop for Keeper {
    /// Finishes what was asked for.
    fn drop(&mut self) {
        self.shared.change(|state| state.stop = true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
