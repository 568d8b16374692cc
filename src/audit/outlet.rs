//! Where lines go besides the log: a second file of JSON lines, and syslog (its unix socket,
//! in the form of `syslog(3)`: rsyslog and journald take RFC 5424 there for the text of a message). Each has a thread and a bounded queue of its own: they may fail
//! and fall behind without holding anybody up, and what they lose is counted.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::event::Event;

/// Bytes that may wait.
const WAITING: usize = 16 << 20;
/// How long a reader of the socket may take before the message is lost.
const PATIENCE: Duration = Duration::from_secs(1);
/// A loss goes into the log at once, and then at most this often.
const AGAIN: Duration = Duration::from_secs(60);
/// `<PRI>`: facility auth (4), severity informational (6).
const PRIORITY: u8 = 4 * 8 + 6;

/// What takes lines away.
trait Take: Send + 'static {
    /// One line with its newline.
    fn take(&mut self, line: &[u8]) -> io::Result<()>;
}

#[derive(Default)]
struct Counts {
    waiting: AtomicUsize,
    lost: AtomicU64,
    closing: AtomicBool,
}

/// One way out.
pub(super) struct Outlet {
    name: &'static str,
    queue: Option<Sender<Arc<[u8]>>>,
    counts: Arc<Counts>,
    thread: Option<JoinHandle<()>>,
    noted: Option<Instant>,
}

impl Outlet {
    /// A second file, made when it is not there.
    pub(super) fn copy(path: PathBuf) -> io::Result<Self> {
        Self::start("copy", Copy { path, file: None })
    }

    /// The syslog socket.
    pub(super) fn syslog(path: PathBuf) -> io::Result<Self> {
        Self::start("syslog", Syslog { path, socket: None })
    }

    fn start(name: &'static str, sink: impl Take) -> io::Result<Self> {
        let (queue, lines) = channel();
        let counts = Arc::new(Counts::default());
        let shared = Arc::clone(&counts);
        let thread = std::thread::Builder::new()
            .name(format!("audit-{name}"))
            .spawn(move || carry(name, sink, &lines, &shared))?;
        Ok(Self { name, queue: Some(queue), counts, thread: Some(thread), noted: None })
    }

    /// Whole lines, as they were written. Never waits.
    pub(super) fn offer(&self, lines: &Arc<[u8]>) {
        let full = self.counts.waiting.load(Ordering::Relaxed) + lines.len() > WAITING;
        let queue = self.queue.as_ref().filter(|_| !full);
        self.counts.waiting.fetch_add(lines.len(), Ordering::Relaxed);
        if queue.is_none_or(|queue| queue.send(Arc::clone(lines)).is_err()) {
            self.counts.waiting.fetch_sub(lines.len(), Ordering::Relaxed);
            self.counts.lost.fetch_add(count(lines), Ordering::Relaxed);
        }
    }

    /// What the log has to say about losses, when it is time to.
    pub(super) fn note(&mut self) -> Option<Event> {
        if self.noted.is_some_and(|noted| noted.elapsed() < AGAIN) {
            return None;
        }
        let lost = self.counts.lost.swap(0, Ordering::Relaxed);
        if lost == 0 {
            return None;
        }
        self.noted = Some(Instant::now());
        Some(Event::note("audit.not-copied").with("to", self.name).with("lines", lost))
    }
}

impl Drop for Outlet {
    /// What waits still goes out, as far as it is taken.
    fn drop(&mut self) {
        self.counts.closing.store(true, Ordering::Relaxed);
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn count(lines: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', lines).count() as u64
}

fn carry(name: &str, mut sink: impl Take, lines: &Receiver<Arc<[u8]>>, counts: &Counts) {
    let mut failing = false;
    while let Ok(batch) = lines.recv() {
        for line in batch.split_inclusive(|byte| *byte == b'\n') {
            let closing = counts.closing.load(Ordering::Relaxed);
            let taken = if failing && closing { Err(ErrorKind::BrokenPipe.into()) } else { sink.take(line) };
            if let Err(error) = &taken {
                counts.lost.fetch_add(1, Ordering::Relaxed);
                if !failing {
                    tracing::error!(to = name, %error, "lines of the audit do not go out");
                }
            } else if failing {
                tracing::info!(to = name, "lines of the audit go out again");
            }
            failing = taken.is_err();
        }
        counts.waiting.fetch_sub(batch.len(), Ordering::Relaxed);
    }
}

struct Copy {
    path: PathBuf,
    file: Option<File>,
}

impl Take for Copy {
    fn take(&mut self, line: &[u8]) -> io::Result<()> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None => OpenOptions::new().append(true).create(true).mode(0o600).open(&self.path)?,
        };
        // A program that turns files over moves it away: the next line goes to a new one.
        let there = std::os::unix::fs::MetadataExt::nlink(&file.metadata()?) > 0;
        if !there || !self.path.exists() {
            file = OpenOptions::new().append(true).create(true).mode(0o600).open(&self.path)?;
        }
        let end = file.metadata()?.len();
        if let Err(error) = file.write_all(line) {
            // Half a line would spoil the next one.
            file.set_len(end)?;
            return Err(error);
        }
        self.file = Some(file);
        Ok(())
    }
}

struct Syslog {
    path: PathBuf,
    socket: Option<UnixDatagram>,
}

impl Take for Syslog {
    fn take(&mut self, line: &[u8]) -> io::Result<()> {
        let socket = match self.socket.take() {
            Some(socket) => socket,
            None => {
                let socket = UnixDatagram::unbound()?;
                socket.connect(&self.path)?;
                socket.set_write_timeout(Some(PATIENCE))?;
                socket
            }
        };
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let head = format!("<{PRIORITY}>puerta[{}]: ", std::process::id());
        // One datagram a line: it goes out whole or not at all.
        socket.send(&[head.as_bytes(), line].concat())?;
        self.socket = Some(socket);
        Ok(())
    }
}
