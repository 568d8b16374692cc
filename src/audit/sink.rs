//! The writer: one thread that takes all waiting events and writes them at once, and the handle
//! that the rest of the house has.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot};

use super::event::Event;
use super::file::{LogFile, OpenError, Recovered};
use super::sync::Syncer;
use super::timestamp;

/// Events that may wait for the writer.
const QUEUE: usize = 4096;
/// Bytes of one write, about.
const BATCH: usize = 1 << 20;

/// The log cannot be written, so what it should have shown may not happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the audit log cannot be written: {reason}")]
pub struct AuditUnavailable {
    /// What the operating system said.
    pub reason: String,
}

impl AuditUnavailable {
    fn closed() -> Self {
        Self { reason: "it is closed".to_owned() }
    }
}

type Answer = oneshot::Sender<Result<(), AuditUnavailable>>;

enum Message {
    Line { body: String, answer: Option<Answer> },
    Flush(Answer),
    Close(Answer),
}

/// The open log. Dropping it writes what is queued and waits for the writer; in async code call
/// [`Audit::close`] first, which waits without blocking.
pub struct Audit {
    queue: Option<mpsc::Sender<Message>>,
    lost: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
    path: PathBuf,
}

impl std::fmt::Debug for Audit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Audit").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Audit {
    /// Opens or creates the log at `path` and continues its chain. `clock` gives milliseconds since
    /// 1970 ([`super::system_clock`]).
    ///
    /// Half a line at the end, which a crash or a full disk leaves, goes to `<path>.torn`, and the
    /// log says so with a note `audit.recovered`. A log that is moved away while it is open is
    /// opened anew at its path, with a note `audit.reopened` that names the end of the old one.
    pub fn open(
        path: impl Into<PathBuf>,
        clock: impl Fn() -> i64 + Send + 'static,
    ) -> Result<Self, OpenError> {
        let path = path.into();
        let (log, recovered) = LogFile::open(&path)?;
        let fail = |source| OpenError::Io { path: path.clone(), source };
        let lost = Arc::new(AtomicU64::new(0));
        let mut writer = Writer {
            syncer: Syncer::start(Arc::clone(log.file())).map_err(fail)?,
            log,
            clock: Box::new(clock),
            lost: Arc::clone(&lost),
            path: path.clone(),
            lines: Vec::new(),
            notes: recovered.map(|recovered| recovered.note()).into_iter().collect(),
            failing: false,
        };
        writer.write(Vec::new());
        let (queue, messages) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("audit".into())
            .spawn(move || writer.run(messages))
            .map_err(fail)?;
        Ok(Self { queue: Some(queue), lost, thread: Some(thread), path })
    }

    /// Where the log is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes an event that must be in the log before anything happens: when it returns, the line is
    /// written to the file (and on the disk within about a second).
    ///
    /// A caller that goes away while it waits may leave the line behind all the same.
    pub async fn begin(&self, event: Event) -> Result<(), AuditUnavailable> {
        let body = event.body();
        self.ask(|answer| Message::Line { body, answer: Some(answer) }).await
    }

    /// Writes an event that already happened: waits for room in the queue, at most, and never fails
    /// its caller. What cannot be written is logged, counted, and the count written when it can.
    pub async fn finish(&self, event: Event) {
        let message = Message::Line { body: event.body(), answer: None };
        let queued = match &self.queue {
            Some(queue) => queue.send(message).await.is_ok(),
            None => false,
        };
        if !queued {
            self.lose(&event);
        }
    }

    /// As [`Audit::finish`], where nobody can wait (in `Drop`): a full queue loses the event, and
    /// the log will say how many it lost.
    pub fn finish_now(&self, event: Event) {
        let message = Message::Line { body: event.body(), answer: None };
        if self.queue.as_ref().is_none_or(|queue| queue.try_send(message).is_err()) {
            self.lose(&event);
        }
    }

    /// Returns when everything that was queued before is on the disk.
    pub async fn flush(&self) -> Result<(), AuditUnavailable> {
        self.ask(Message::Flush).await
    }

    /// Writes what is queued, brings it to the disk and gives the lock back. Later events are
    /// refused.
    pub async fn close(&self) {
        if let Err(error) = self.ask(Message::Close).await {
            tracing::debug!(%error, "closing the audit log");
        }
    }

    async fn ask(&self, message: impl FnOnce(Answer) -> Message) -> Result<(), AuditUnavailable> {
        let (answer, answered) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or_else(AuditUnavailable::closed)?;
        queue.send(message(answer)).await.map_err(|_| AuditUnavailable::closed())?;
        answered.await.unwrap_or_else(|_| Err(AuditUnavailable::closed()))
    }

    fn lose(&self, event: &Event) {
        self.lost.fetch_add(1, Ordering::Relaxed);
        tracing::error!(code = event.code, "an audit event is lost");
    }
}

impl Drop for Audit {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Recovered {
    fn note(&self) -> Event {
        Event::note("audit.recovered").with("bytes", self.bytes)
    }
}

type Line = (String, Option<Answer>);

struct Writer {
    log: LogFile,
    syncer: Syncer,
    clock: Box<dyn Fn() -> i64 + Send>,
    /// Finishes that could not be written.
    lost: Arc<AtomicU64>,
    path: PathBuf,
    /// The lines of one write; kept for its memory.
    lines: Vec<u8>,
    /// What the log has to say about itself, before the next line.
    notes: Vec<Event>,
    failing: bool,
}

impl Writer {
    fn run(mut self, mut messages: mpsc::Receiver<Message>) {
        while let Some(first) = messages.blocking_recv() {
            let mut size = 0;
            let mut lines = Vec::new();
            let mut last = None;
            let mut next = Some(first);
            while let Some(message) = next {
                match message {
                    Message::Line { body, answer } => {
                        size += body.len();
                        lines.push((body, answer));
                    }
                    other => last = Some(other),
                }
                let more = size < BATCH && last.is_none();
                next = if more { messages.try_recv().ok() } else { None };
            }
            self.write(lines);
            match last {
                Some(Message::Flush(answer)) => drop(answer.send(self.sync())),
                Some(Message::Close(answer)) => return self.close(messages, answer),
                _ => {}
            }
        }
        let _ = self.sync();
    }

    /// Nothing more comes in; what is in the queue already still counts.
    fn close(mut self, mut messages: mpsc::Receiver<Message>, answer: Answer) {
        messages.close();
        while let Some(message) = messages.blocking_recv() {
            match message {
                Message::Line { body, answer } => self.write(vec![(body, answer)]),
                Message::Flush(other) | Message::Close(other) => drop(other.send(self.sync())),
            }
        }
        let result = self.sync();
        drop(self); // with its lock, before anybody hears of it
        drop(answer.send(result));
    }

    fn sync(&mut self) -> Result<(), AuditUnavailable> {
        let synced = self.log.file().sync_data();
        synced.map_err(|error| AuditUnavailable { reason: error.to_string() })
    }

    fn write(&mut self, lines: Vec<Line>) {
        if lines.is_empty() && self.notes.is_empty() {
            return;
        }
        let result = self.try_write(&lines).map_err(|reason| AuditUnavailable { reason });
        match &result {
            Err(error) if !self.failing => tracing::error!(path = %self.path.display(), "{error}"),
            Ok(()) if self.failing => tracing::info!("the audit log can be written again"),
            _ => {}
        }
        self.failing = result.is_err();
        for (_, answer) in lines {
            match answer {
                Some(answer) => drop(answer.send(result.clone())),
                None if self.failing => drop(self.lost.fetch_add(1, Ordering::Relaxed)),
                None => {}
            }
        }
    }

    /// All of them in one write(2), or none.
    fn try_write(&mut self, lines: &[Line]) -> Result<(), String> {
        self.stay_in_place().map_err(|error| error.to_string())?;
        let time = timestamp((self.clock)()).ok_or("the clock is out of its range")?;
        let mut head = self.log.head.clone();
        self.lines.clear();
        for note in &self.notes {
            head.seal(&time, &note.body(), &mut self.lines);
        }
        let lost = self.lost.load(Ordering::Relaxed);
        if lost > 0 {
            head.seal(&time, &Event::note("audit.lost").with("events", lost).body(), &mut self.lines);
        }
        for (body, _) in lines {
            head.seal(&time, body, &mut self.lines);
        }
        self.log.append(&self.lines).map_err(|error| error.to_string())?;
        self.log.head = head;
        self.notes.clear();
        self.lost.fetch_sub(lost, Ordering::Relaxed);
        self.syncer.written(self.log.file());
        Ok(())
    }

    /// If the log was moved away, opens it anew and says so in the new one.
    fn stay_in_place(&mut self) -> Result<(), OpenError> {
        if self.log.in_place() {
            return Ok(());
        }
        let (log, recovered) = LogFile::open(&self.path)?;
        let _ = self.log.file().sync_data();
        let old = std::mem::replace(&mut self.log, log).head;
        tracing::warn!(path = %self.path.display(), "the audit log was moved away; a new one begins");
        self.notes.extend(recovered.map(|recovered| recovered.note()));
        self.notes.push(Event::note("audit.reopened").with("seq", old.seq).with("hash", old.hash));
        Ok(())
    }
}
