//! The log: lines for standard error, from whoever logs, through a queue that never makes them wait. Whatever
//! reads standard error may stand still, go away or be a disk that is full: one thread waits for it, the queue is
//! bounded in bytes, what does not fit is counted, and a line says how many are missing once there is room again.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

/// Bytes of lines that may wait.
const WAITING: usize = 1 << 20;
/// After lines were left out, this much is free before others are taken: not one line, then one that is missing.
const ROOM: usize = WAITING / 2;
/// Between two tries of a line that could not be written.
const AGAIN: Duration = Duration::from_millis(500);
/// How long the end of the program waits for what is queued.
const FAREWELL: Duration = Duration::from_secs(1);

/// The log of this process, once there is one.
static QUEUE: OnceLock<Queue> = OnceLock::new();

#[derive(Default)]
struct State {
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
    /// Lines that were left out since the last one that says so.
    missing: u64,
    /// A line is out of the queue and not written yet.
    writing: bool,
    /// The program ends: a line that cannot be written is not tried again.
    ending: bool,
}

/// Lines on their way to the one thread that writes them.
#[derive(Clone, Default)]
struct Queue(Arc<(Mutex<State>, Condvar)>);

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a line, or counts it. Never waits for anybody who writes.
    fn push(&self, line: &[u8]) {
        let mut state = self.lock();
        let most = if state.missing == 0 { WAITING } else { ROOM };
        if state.bytes + line.len() > most {
            state.missing += 1;
            return;
        }
        state.tell_missing();
        state.put(line.to_vec());
        drop(state);
        self.0.1.notify_all();
    }

    /// The next line, and where lines are missing the one that says so.
    fn next(&self) -> Vec<u8> {
        let mut state = self.lock();
        state.writing = false;
        self.0.1.notify_all();
        let empty = |state: &mut State| state.lines.is_empty() && state.missing == 0;
        state = self.0.1.wait_while(state, empty).unwrap_or_else(PoisonError::into_inner);
        if state.lines.is_empty() {
            state.tell_missing();
        }
        state.writing = true;
        let line = state.lines.pop_front().unwrap_or_default();
        state.bytes -= line.len();
        line
    }

    /// Waits until everything is written, for so long at most.
    fn flush(&self, patience: Duration) {
        let mut state = self.lock();
        state.ending = true;
        self.0.1.notify_all();
        let busy = |state: &mut State| state.writing || !state.lines.is_empty() || state.missing > 0;
        drop(self.0.1.wait_timeout_while(state, patience, busy));
    }

    /// Before a line is tried again; `false`: it is not.
    fn pause(&self) -> bool {
        let waited = self.0.1.wait_timeout_while(self.lock(), AGAIN, |state| !state.ending);
        !waited.unwrap_or_else(PoisonError::into_inner).0.ending
    }
}

impl State {
    fn put(&mut self, line: Vec<u8>) {
        self.bytes += line.len();
        self.lines.push_back(line);
    }

    fn tell_missing(&mut self) {
        if self.missing > 0 {
            let (now, missing) = (jiff::Timestamp::now(), std::mem::take(&mut self.missing));
            let text = "lines of the log are missing here: they came faster than they could be written";
            self.put(format!("{now:.6}  WARN puerta::log: {text} lines={missing}\n").into_bytes());
        }
    }
}

/// One event at a time, whole, as `tracing_subscriber::fmt` hands it over.
impl Write for Queue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// From now on events are queued; `RUST_LOG` chooses which. They are written once [`flow`] was called, since the
/// thread that writes has what this one may do.
pub(super) fn start() {
    let queue = QUEUE.get_or_init(Queue::default).clone();
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info,russh=error"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(move || queue.clone())
        .with_ansi(false)
        // What it would say of its own troubles goes to standard error, and panics when that fails.
        .log_internal_errors(false)
        .init();
    std::panic::set_hook(Box::new(panicked));
}

/// Begins to write what is queued. To be called when this process has given up what it gives up.
pub(super) fn flow() -> io::Result<()> {
    static FLOWS: OnceLock<()> = OnceLock::new();
    let Some(queue) = QUEUE.get().cloned().filter(|_| FLOWS.set(()).is_ok()) else { return Ok(()) };
    std::thread::Builder::new().name("log".into()).spawn(move || write_all(&queue)).map(drop)
}

/// A sentence for the technician: through the log where there is one.
pub(super) fn say(sentence: &str) {
    let line = format!("{sentence}\n");
    match QUEUE.get() {
        Some(queue) => queue.push(line.as_bytes()),
        // Without a standard error there is nobody to tell.
        None => drop(io::stderr().write_all(line.as_bytes())),
    }
}

/// What is queued is written before the program ends, if whoever reads takes it.
pub(super) fn finish() {
    if let Some(queue) = QUEUE.get() {
        drop(flow());
        queue.flush(FAREWELL);
    }
}

/// The hook of the standard library writes to standard error, and waits for it.
fn panicked(panic: &PanicHookInfo<'_>) {
    let thread = std::thread::current().name().unwrap_or("unnamed").to_owned();
    let at = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(thread, at, "panic: {}", panic.payload_as_str().unwrap_or("of an unknown kind"));
}

fn write_all(queue: &Queue) {
    loop {
        let line = queue.next();
        let mut rest = line.as_slice();
        while !rest.is_empty() {
            match rustix::io::write(io::stderr(), rest) {
                Ok(written) => rest = rest.get(written..).unwrap_or_default(),
                Err(Errno::INTR) => {}
                // Somebody else who has it made it so.
                Err(Errno::AGAIN) => wait_for_room(),
                Err(_) if queue.pause() => {}
                Err(_) => break,
            }
        }
    }
}

fn wait_for_room() {
    let half = Timespec { tv_sec: 0, tv_nsec: 500_000_000 };
    let _ = poll(&mut [PollFd::new(&io::stderr(), PollFlags::OUT)], Some(&half));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(line: Vec<u8>) -> String {
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn what_does_not_fit_is_counted_and_told_where_it_is_missing() {
        let queue = Queue::default();
        let long = vec![b'x'; WAITING / 8];
        for _ in 0..11 {
            queue.push(&long);
        }
        queue.push(b"too early\n");
        for _ in 0..4 {
            queue.next();
        }
        queue.push(b"no room for it yet\n");
        queue.next();
        queue.push(b"after\n");
        for _ in 0..3 {
            assert_eq!(queue.next(), long);
        }
        assert!(text(queue.next()).ends_with("lines=5\n"));
        assert_eq!(text(queue.next()), "after\n");
        let state = queue.lock();
        assert_eq!((state.bytes, state.missing), (0, 0));
    }

    #[test]
    fn what_is_missing_is_told_also_when_nothing_follows() {
        let queue = Queue::default();
        queue.push(&[b'x'; WAITING]);
        queue.push(b"one\n");
        queue.next();
        let told = text(queue.next());
        assert!(told.contains("  WARN ") && told.ends_with("lines=1\n"), "{told}");
    }
}
