//! The writer: one thread that takes all waiting events and writes them at once, signs them at
//! intervals, and closes the file when it is large or the day is over.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::sync::{broadcast, mpsc, oneshot};

use super::event::Event;
use super::file::{LogFile, OpenError, Recovered, sync_folder};
use super::keeper::{Books, Keeper, Notes, Old};
use super::line::Line;
use super::outlet::Outlet;
use super::place::Place;
use super::proof::{SignedHead, head_text};
use super::reserve::Reserve;
use super::sink::{Answer, AuditUnavailable, Settings};
use super::{BACK, timestamp};

/// Bytes of one write, about.
const BATCH: usize = 1 << 20;
/// How often a file of yesterday is looked for when nobody writes, and closed ones without a record.
const LOOK: Duration = Duration::from_secs(3600);
/// After a file could not be closed it is written on for this long.
const AGAIN: Duration = Duration::from_secs(60);

pub(super) enum Message {
    Line(Line),
    Seal(Answer<u64>),
    Forget { before: i64, days: u32 },
    Flush(Answer),
    Ping(oneshot::Sender<()>),
    Close(Answer),
}

impl Recovered {
    fn note(&self) -> Event {
        Event::note("audit.recovered").with("bytes", self.bytes)
    }
}

/// Why lines were not written.
struct Unwritten {
    reason: String,
    /// For want of room.
    full: bool,
}

impl From<String> for Unwritten {
    fn from(reason: String) -> Self {
        Self { reason, full: false }
    }
}

impl From<io::Error> for Unwritten {
    fn from(error: io::Error) -> Self {
        let full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
        Self { reason: error.to_string(), full }
    }
}

pub(super) struct Writer {
    place: Place,
    log: LogFile,
    settings: Settings,
    clock: Box<dyn Fn() -> i64 + Send>,
    runtime: Runtime,
    /// Finishes that could not be written.
    lost: Arc<AtomicU64>,
    /// The lines of one write; kept for its memory.
    lines: Vec<u8>,
    /// What the log has to say about itself, before the next line.
    notes: Vec<Event>,
    /// The same, from the keeper.
    kept_notes: Notes,
    failing: bool,
    reserve: Reserve,
    /// When the first line was written that no signature covers.
    unsigned: Option<Instant>,
    /// Not to be closed before.
    close_after: Option<Instant>,
    looked: Instant,
    outlets: Vec<Outlet>,
    followed: broadcast::Sender<Arc<str>>,
    /// Last: it finishes its work when the writer goes.
    keeper: Keeper,
}

impl Writer {
    /// Opens the log, and writes what there is to say about how it was found.
    pub(super) fn open(
        path: &Path,
        clock: Box<dyn Fn() -> i64 + Send>,
        settings: Settings,
        lost: Arc<AtomicU64>,
        followed: broadcast::Sender<Arc<str>>,
    ) -> Result<Self, OpenError> {
        let place = Place::new(path);
        let (log, recovered) = LogFile::open(&place)?;
        let fail = |source| OpenError::Io { path: path.to_owned(), source };
        let kept_notes = Notes::default();
        let books = Books {
            place: place.clone(),
            key: settings.key.clone(),
            notes: Arc::clone(&kept_notes),
            covered: 0,
        };
        let copy = settings.copy.clone().map(Outlet::copy);
        let syslog = settings.syslog.clone().map(Outlet::syslog);
        let now = clock();
        let unsigned = log.content.as_ref().filter(|content| !content.signed).map(|_| Instant::now());
        let mut writer = Self {
            outlets: copy.into_iter().chain(syslog).collect::<std::io::Result<_>>().map_err(fail)?,
            keeper: Keeper::start(books, now).map_err(fail)?,
            runtime: tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(fail)?,
            reserve: Reserve::new(&place),
            place,
            log,
            settings,
            clock,
            lost,
            lines: Vec::new(),
            notes: recovered.map(|recovered| recovered.note()).into_iter().collect(),
            kept_notes,
            failing: false,
            unsigned,
            close_after: None,
            looked: Instant::now(),
            followed,
        };
        writer.write(Vec::new());
        Ok(writer)
    }

    pub(super) fn run(mut self, mut messages: mpsc::Receiver<Message>) {
        loop {
            let due = self.due();
            let next = messages.recv();
            let received = self.runtime.block_on(async { tokio::time::timeout(due, next).await });
            match received {
                Ok(Some(first)) => {
                    if let Some(answer) = self.take(first, &mut messages) {
                        return self.close(messages, answer);
                    }
                }
                Ok(None) => break,
                Err(_) => {}
            }
            self.keep_up();
        }
        self.seal_the_end();
        let _ = self.sync();
    }

    /// All that waits, in one write; the answer when one of them was the end.
    fn take(&mut self, first: Message, messages: &mut mpsc::Receiver<Message>) -> Option<Answer> {
        let mut size = 0;
        let mut lines = Vec::new();
        let mut last = None;
        let mut next = Some(first);
        while let Some(message) = next {
            match message {
                Message::Line(line) => {
                    size += line.body.len();
                    lines.push(line);
                }
                other => last = Some(other),
            }
            let more = size < BATCH && last.is_none();
            next = if more { messages.try_recv().ok() } else { None };
        }
        self.write(lines);
        match last {
            Some(Message::Seal(answer)) => {
                let sealed = self.seal();
                drop(answer.send(sealed.map(|()| self.log.head.seq)));
            }
            Some(Message::Forget { before, days }) => self.forget(before, days),
            Some(Message::Flush(answer)) => drop(answer.send(self.sync())),
            Some(Message::Ping(answer)) => drop(answer.send(())),
            Some(Message::Close(answer)) => return Some(answer),
            _ => {}
        }
        None
    }

    /// How long the writer may sleep.
    fn due(&self) -> Duration {
        let sign = self.unsigned.filter(|_| self.settings.key.is_some() && !self.failing);
        let sign = sign.map(|since| self.settings.sign_every.saturating_sub(since.elapsed()));
        let look = LOOK.saturating_sub(self.looked.elapsed());
        sign.map_or(look, |sign| sign.min(look))
    }

    /// What is due by now.
    fn keep_up(&mut self) {
        if self.unsigned.is_some_and(|since| since.elapsed() >= self.settings.sign_every) {
            // What could not be signed is tried again after as long.
            if self.seal().is_err() {
                self.unsigned = Some(Instant::now());
            }
        }
        if self.looked.elapsed() >= LOOK {
            self.looked = Instant::now();
            let now = (self.clock)();
            if let Some(time) = timestamp(now) {
                self.close_file(now, &time);
            }
            self.keeper.look(now);
            self.write(Vec::new());
        }
    }

    fn forget(&self, before: i64, days: u32) {
        self.keeper.forget(Old { before, days, now: (self.clock)() });
    }

    /// Nothing more comes in; what is in the queue already still counts.
    fn close(mut self, mut messages: mpsc::Receiver<Message>, answer: Answer) {
        messages.close();
        while let Some(message) = messages.blocking_recv() {
            match message {
                Message::Line(line) => self.write(vec![line]),
                Message::Seal(other) => {
                    let sealed = self.seal();
                    drop(other.send(sealed.map(|()| self.log.head.seq)));
                }
                Message::Forget { before, days } => self.forget(before, days),
                Message::Ping(other) => drop(other.send(())),
                Message::Flush(other) | Message::Close(other) => {
                    drop(other.send(self.sync()));
                }
            }
        }
        self.seal_the_end();
        let result = self.sync();
        drop(self); // with its lock, before anybody hears of it
        drop(answer.send(result));
    }

    fn seal_the_end(&mut self) {
        if let Err(error) = self.seal() {
            tracing::error!(%error, "the end of the audit log is not signed");
        }
    }

    fn sync(&mut self) -> Result<(), AuditUnavailable> {
        let synced = self.log.file().sync_data();
        synced.map_err(|error| AuditUnavailable { reason: error.to_string() })
    }

    fn write(&mut self, lines: Vec<Line>) {
        self.notes.extend(self.kept_notes.lock().unwrap_or_else(PoisonError::into_inner).drain(..));
        self.notes.extend(self.outlets.iter_mut().filter_map(Outlet::note));
        if lines.is_empty() && self.notes.is_empty() {
            return;
        }
        // Without the reserve only what has begun has room: how it ends.
        let lines = if self.reserve.keep(&self.place) { lines } else { self.ends_of(lines) };
        if lines.is_empty() && self.notes.is_empty() {
            return;
        }
        let (result, lines) = match self.try_write(&lines) {
            Err(error) if error.full && self.reserve.give() => {
                let lines = self.ends_of(lines);
                (self.try_write(&lines), lines)
            }
            result => (result, lines),
        };
        let result = result.map_err(|error| AuditUnavailable { reason: error.reason });
        match &result {
            Err(error) if !self.failing => {
                tracing::error!(path = %self.place.open().display(), "{error}");
            }
            Ok(()) if self.failing => tracing::info!("the audit log can be written again"),
            _ => {}
        }
        self.failing = result.is_err();
        self.answer(lines, &result);
    }

    fn answer(&self, lines: Vec<Line>, result: &Result<(), AuditUnavailable>) {
        let lost = lines.into_iter().map(|line| line.answer(result.clone())).sum();
        self.lost.fetch_add(lost, Ordering::Relaxed);
    }

    /// What has begun is left: how it ends. The others are refused, or counted.
    fn ends_of(&self, lines: Vec<Line>) -> Vec<Line> {
        let (ends, others) = lines.into_iter().partition(Line::may_use_the_reserve);
        let reason = format!("there is no room but for what has begun: {}", self.reserve.trouble());
        self.answer(others, &Err(AuditUnavailable { reason }));
        ends
    }

    /// All of them in one write(2), or none.
    fn try_write(&mut self, lines: &[Line]) -> Result<(), Unwritten> {
        let now = (self.clock)();
        let time = timestamp(now).ok_or_else(|| "the clock is out of its range".to_owned())?;
        self.close_file(now, &time);
        self.stay_in_place().map_err(|error| error.to_string())?;
        let mut bodies: Vec<String> = self.notes.iter().map(Event::body).collect();
        let lost = self.lost.load(Ordering::Relaxed);
        if lost > 0 {
            bodies.push(Event::note("audit.lost").with("events", lost).body());
        }
        let bodies = bodies.iter().chain(lines.iter().map(|line| &line.body));
        let mut head = self.log.head.clone();
        self.lines.clear();
        for body in bodies {
            head.seal(&time, body, &mut self.lines);
        }
        self.log.append(&self.lines, head, &time)?;
        self.unsigned.get_or_insert_with(Instant::now);
        self.notes.clear();
        self.lost.fetch_sub(lost, Ordering::Relaxed);
        self.written();
        Ok(())
    }

    /// What was just written goes to the disk, out, and to who follows.
    fn written(&self) {
        self.keeper.written(self.log.file());
        if !self.outlets.is_empty() {
            let lines: Arc<[u8]> = self.lines.as_slice().into();
            self.outlets.iter().for_each(|outlet| outlet.offer(&lines));
        }
        if self.followed.receiver_count() > 0 {
            for line in String::from_utf8_lossy(&self.lines).lines() {
                // Nobody may have stayed.
                let _ = self.followed.send(line.into());
            }
        }
    }

    /// A line `audit.signed`, when there is anything that none covers.
    fn seal(&mut self) -> Result<(), AuditUnavailable> {
        let now = (self.clock)();
        let time = timestamp(now).ok_or("the clock is out of its range".to_owned());
        let sealed = time.and_then(|time| {
            if self.is_set_back(now) {
                self.close_file(now, &time);
            }
            self.stay_in_place().map_err(|error| error.to_string())?;
            self.try_seal(&time)
        });
        sealed.map_err(|reason| AuditUnavailable { reason })
    }

    fn try_seal(&mut self, time: &str) -> Result<(), String> {
        let Some(key) = self.settings.key.clone().filter(|_| self.unsigned.is_some()) else { return Ok(()) };
        let mut head = self.log.head.clone();
        let text = head_text(head.seq, &head.hash, time);
        let signature = key.sign(text.as_bytes()).map_err(|error| error.to_string())?;
        let signed = SignedHead { seq: head.seq, hash: head.hash.clone(), time: time.to_owned(), signature };
        let event = Event::note("audit.signed");
        let event = event.with("key", key.fingerprint()).with("signature", signed.signature.as_str());
        self.lines.clear();
        head.seal(time, &event.body(), &mut self.lines);
        self.log.append(&self.lines, head, time).map_err(|error| error.to_string())?;
        self.log.mark_signed();
        self.unsigned = None;
        self.keeper.signed(signed);
        self.written();
        Ok(())
    }

    /// Whether the file is of a time that is yet to come.
    fn is_set_back(&self, now: i64) -> bool {
        let (content, late) = (self.log.content.as_ref(), timestamp(now.saturating_add(BACK)));
        content.zip(late).is_some_and(|(content, late)| late < content.latest)
    }

    /// If the file is large, or of another day, or of a time that is yet to come, signs it, gives it its closed name,
    /// and begins the next. A crash after any of these steps leaves a log that goes on: the rest is done later.
    fn close_file(&mut self, now: i64, time: &str) {
        let Some(content) = &self.log.content else { return };
        let day = |time: &str| time.get(..10).map(str::to_owned);
        let old = day(&content.began) < day(time);
        let full = content.size >= self.settings.segment_bytes;
        let waits = self.close_after.is_some_and(|after| Instant::now() < after);
        if waits || !(old || full || self.is_set_back(now)) || !self.log.in_place() {
            return;
        }
        // Signed as of its last line: the clock may have jumped since.
        let (latest, first) = (content.latest.clone(), content.first);
        if let Err(error) = self.try_close_file(&latest, first) {
            tracing::error!(%error, "the audit log's file could not be closed and goes on");
            self.close_after = Some(Instant::now() + AGAIN);
        }
    }

    fn try_close_file(&mut self, time: &str, first: u64) -> Result<(), String> {
        self.try_seal(time)?;
        let closed = self.place.closed(first);
        if closed.exists() {
            return Err(format!("`{}` is there already", closed.display()));
        }
        std::fs::rename(self.place.open(), &closed).map_err(|error| error.to_string())?;
        sync_folder(&closed).map_err(|error| error.to_string())?;
        self.stay_in_place().map_err(|error| error.to_string())?;
        self.keeper.look((self.clock)());
        Ok(())
    }

    /// If the file is not at its place any more, opens it anew. If it was moved away by somebody
    /// else, says so in the new one.
    fn stay_in_place(&mut self) -> Result<(), OpenError> {
        if self.log.in_place() {
            return Ok(());
        }
        let (log, recovered) = LogFile::open(&self.place)?;
        self.keeper.written(self.log.file());
        let old = std::mem::replace(&mut self.log, log).head;
        if old == self.log.head {
            return Ok(());
        }
        let path = self.place.open().display();
        tracing::warn!(%path, "the audit log was moved away; a new one begins");
        self.notes.extend(recovered.map(|recovered| recovered.note()));
        self.notes.push(Event::note("audit.reopened").with("seq", old.seq).with("hash", old.hash));
        Ok(())
    }
}
