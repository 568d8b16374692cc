//! The handle that the rest of the house has: events go in here, and out to the [`super::writer`].

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{broadcast, mpsc, oneshot, watch};

use puerta_keys::audit::AuditKey;

use super::event::Event;
use super::file::OpenError;
use super::line::{Line, times};
use super::place::Place;
use super::reserve::Room;
use super::writer::{Message, Writer};

/// Events that may wait for the writer.
const QUEUE: usize = 4096;
/// Lines that somebody who follows the log may be behind before some are left out for them.
const FOLLOWED: usize = 4096;

/// How a log is kept.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What signs; `None`: nothing does, and nothing can be removed.
    pub key: Option<Arc<AuditKey>>,
    /// How long lines may stay unsigned.
    pub sign_every: Duration,
    /// A file larger than this, in bytes, is closed.
    pub segment_bytes: u64,
    /// A second file for every line.
    pub copy: Option<PathBuf>,
    /// The socket of syslog, for every line.
    pub syslog: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            key: None,
            sign_every: Duration::from_secs(60),
            segment_bytes: 64 << 20,
            copy: None,
            syslog: None,
        }
    }
}

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

pub(super) type Answer<T = ()> = oneshot::Sender<Result<T, AuditUnavailable>>;

/// The open log. Dropping it writes what is queued and waits for the writer; in async code call
/// [`Audit::close`] first, which waits without blocking.
pub struct Audit {
    queue: Option<mpsc::Sender<Message>>,
    lost: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
    path: PathBuf,
    key: Option<Arc<AuditKey>>,
    followed: broadcast::Sender<Arc<str>>,
    /// Its other side is the writer's thread.
    writes: watch::Receiver<()>,
}

impl std::fmt::Debug for Audit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Audit").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Audit {
    /// Opens or creates the log at `path`, with [`Settings::default`].
    pub fn open(
        path: impl Into<PathBuf>,
        clock: impl Fn() -> i64 + Send + 'static,
    ) -> Result<Self, OpenError> {
        Self::open_with(path, clock, Settings::default())
    }

    /// Opens or creates the log at `path` and continues its chain. `clock` gives milliseconds since
    /// 1970 ([`super::system_clock`]).
    ///
    /// Half a line at the end, which a crash or a full disk leaves, goes to `<path>.torn`, and the
    /// log says so with a note `audit.recovered`. A log that is moved away while it is open is
    /// opened anew at its path, with a note `audit.reopened` that names the end of the old one.
    pub fn open_with(
        path: impl Into<PathBuf>,
        clock: impl Fn() -> i64 + Send + 'static,
        settings: Settings,
    ) -> Result<Self, OpenError> {
        let path = path.into();
        let lost = Arc::new(AtomicU64::new(0));
        let followed = broadcast::Sender::new(FOLLOWED);
        let key = settings.key.clone();
        let writer = Writer::open(&path, Box::new(clock), settings, Arc::clone(&lost), followed.clone())?;
        let (queue, messages) = mpsc::channel(QUEUE);
        let (writing, writes) = watch::channel(());
        let thread = std::thread::Builder::new()
            .name("audit".into())
            .spawn(move || {
                let _writing = writing;
                writer.run(messages);
            })
            .map_err(|source| OpenError::Io { path: path.clone(), source })?;
        Ok(Self { queue: Some(queue), lost, thread: Some(thread), path, key, followed, writes })
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
        self.ask(|answer| Message::Line(Line::begin(&event, answer))).await
    }

    /// Writes an event that already happened: waits for room in the queue, at most, and never fails
    /// its caller. What cannot be written is logged, counted, and the count written when it can.
    pub async fn finish(&self, event: Event) {
        let message = Message::Line(Line::told(&event));
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
        let message = Message::Line(Line::told(&event));
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

    /// Signs what is not signed yet, now; returns when the line is in the file, with the number of
    /// the last line, which is a signature.
    pub async fn seal(&self) -> Result<u64, AuditUnavailable> {
        self.ask(Message::Seal).await
    }

    /// Closed and signed segments whose last line was written before that go: milliseconds since 1970, and the days
    /// that are kept, for the line that says it. Only the caller knows whether the clock can be believed.
    pub async fn forget(&self, before: i64, days: u32) {
        if let Some(queue) = &self.queue {
            // A writer that is no more removes nothing.
            let _ = queue.send(Message::Forget { before, days }).await;
        }
    }

    /// Every line from now on, without its newline, as it is written. Who falls behind misses lines
    /// and is told how many.
    pub fn follow(&self) -> broadcast::Receiver<Arc<str>> {
        self.followed.subscribe()
    }

    /// What the file system of the log has.
    pub fn room(&self) -> std::io::Result<Room> {
        Room::around(&Place::new(&self.path))
    }

    /// Whether the writer takes what comes to it; not whether it can be written.
    pub fn ping(&self) -> impl Future<Output = bool> + Send + 'static {
        let queue = self.queue.clone();
        async move {
            let (answer, answered) = oneshot::channel();
            let Some(queue) = queue else { return false };
            queue.send(Message::Ping(answer)).await.is_ok() && answered.await.is_ok()
        }
    }

    /// Returns when the writer is no more: it was closed, or failed in a way that nobody thought of.
    pub fn ended(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut writes = self.writes.clone();
        async move { while writes.changed().await.is_ok() {} }
    }

    /// What signs.
    pub fn key(&self) -> Option<&Arc<AuditKey>> {
        self.key.as_ref()
    }

    async fn ask<T>(&self, message: impl FnOnce(Answer<T>) -> Message) -> Result<T, AuditUnavailable> {
        let (answer, answered) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or_else(AuditUnavailable::closed)?;
        queue.send(message(answer)).await.map_err(|_| AuditUnavailable::closed())?;
        answered.await.unwrap_or_else(|_| Err(AuditUnavailable::closed()))
    }

    fn lose(&self, event: &Event) {
        self.lost.fetch_add(times(event), Ordering::Relaxed);
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
