//! The threads that carry connections. A connection stays on one thread for its whole life: its
//! bytes pass between two or three tasks, and to wake a task on another thread costs more than the
//! copy (docs/performance.md). Jobs and everything else run on the caller's runtime.

use crate::app::core::{Core, Pulse};
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::mpsc;

/// A connection that was let in, on its way to its thread.
pub(super) type Arrival<T> = (TcpStream, SocketAddr, T);

struct Worker<T> {
    arrivals: mpsc::UnboundedSender<Arrival<T>>,
    live: Arc<AtomicUsize>,
}

/// As many threads as the machine has processors.
pub(super) struct Workers<T>(Vec<Worker<T>>);

impl<T: Send + 'static> Workers<T> {
    /// Starts them. `live` is one connection's life; `core` may ask each whether it still turns.
    pub(super) fn start<F>(
        core: &Core,
        live: impl Fn(tokio::net::TcpStream, SocketAddr, T) -> F + Clone + Send + 'static,
    ) -> io::Result<Self>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let start = |number| worker(number, live.clone(), core.pulse("a thread of connections"));
        (0..threads).map(start).collect::<io::Result<_>>().map(Self)
    }

    /// For each thread, what returns when it is no more.
    pub(super) fn ended(&self) -> Vec<impl Future<Output = ()> + Send + use<T>> {
        let ended = |worker: &Worker<T>| {
            let arrivals = worker.arrivals.clone();
            async move { arrivals.closed().await }
        };
        self.0.iter().map(ended).collect()
    }

    /// Hands a connection to the thread that has the fewest.
    pub(super) fn give(&self, arrival: Arrival<T>) {
        if let Some(worker) = self.0.iter().min_by_key(|worker| worker.live.load(Ordering::Relaxed)) {
            worker.live.fetch_add(1, Ordering::Relaxed);
            // A thread lives as long as this sender, and puerta as long as every thread.
            let _ = worker.arrivals.send(arrival);
        }
    }
}

fn worker<T: Send + 'static, F>(
    number: usize,
    live: impl Fn(tokio::net::TcpStream, SocketAddr, T) -> F + Send + 'static,
    mut pulse: Pulse,
) -> io::Result<Worker<T>>
where
    F: Future<Output = ()> + Send + 'static,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (arrivals, mut coming) = mpsc::unbounded_channel::<Arrival<T>>();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    std::thread::Builder::new().name(format!("connections-{number}")).spawn(move || {
        runtime.block_on(async move {
            loop {
                let arrival = tokio::select! {
                    arrival = coming.recv() => arrival,
                    () = pulse.answer() => continue,
                };
                let Some((stream, peer, place)) = arrival else { return };
                let one = Counted(Arc::clone(&counted));
                match tokio::net::TcpStream::from_std(stream) {
                    Ok(stream) => {
                        let life = live(stream, peer, place);
                        tokio::spawn(async move {
                            let _one = one;
                            life.await;
                        });
                    }
                    Err(error) => tracing::warn!(%peer, %error, "a connection could not be taken up"),
                }
            }
        });
    })?;
    Ok(Worker { arrivals, live: count })
}

/// Gives its place back however the connection ends, a panic included.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
