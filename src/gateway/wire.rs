//! The client's socket as russh sees it: read in large pieces, and cut when the connection ends,
//! because a running russh session cannot be aborted from outside.

use crate::app::ending::{Ending, Reason};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// russh reads a packet's length, then its rest; reading the socket in pieces of this size halves
/// the system calls (measured, docs/performance.md). Held only while bytes are in it.
const PIECE: usize = 64 * 1024;
/// After so many bytes whoever waits for them has a turn, before their window is full: what is carried on soon is still
/// in the processor's cache, and the same memory serves again.
const TURN: usize = 4 * PIECE;

pub(super) struct Wire {
    socket: Arc<TcpStream>,
    buffer: Vec<u8>,
    taken: usize,
    /// Read in this turn.
    turn: usize,
    cut: Pin<Box<dyn Future<Output = Reason> + Send>>,
}

impl Wire {
    pub(super) fn new(socket: Arc<TcpStream>, cut: Ending) -> Self {
        let cut = Box::pin(async move { cut.ended().await });
        Self { socket, buffer: Vec::new(), taken: 0, turn: 0, cut }
    }

    fn check(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        match self.cut.as_mut().poll(cx) {
            Poll::Ready(reason) => {
                let ended = Ending::default();
                ended.end(reason);
                self.cut = Box::pin(async move { ended.ended().await });
                Err(io::Error::new(io::ErrorKind::ConnectionAborted, reason.as_str()))
            }
            Poll::Pending => Ok(()),
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.check(cx)?;
        while this.taken == this.buffer.len() {
            if this.turn >= TURN {
                this.turn = 0;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            this.taken = 0;
            this.buffer.clear();
            this.buffer.reserve(PIECE);
            match this.socket.try_read_buf(&mut this.buffer) {
                Ok(0) => return Poll::Ready(Ok(())),
                Ok(n) => this.turn += n,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    this.buffer = Vec::new();
                    this.turn = 0;
                    ready!(this.socket.poll_read_ready(cx))?;
                }
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        let n = out.remaining().min(this.buffer.len() - this.taken);
        out.put_slice(&this.buffer[this.taken..this.taken + n]);
        this.taken += n;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.check(cx)?;
        loop {
            match self.socket.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    ready!(self.socket.poll_write_ready(cx))?;
                }
                written => return Poll::Ready(written),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(rustix::net::shutdown(&*self.socket, rustix::net::Shutdown::Write).map_err(Into::into))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn who_waits_for_bytes_has_a_turn_before_all_are_read() {
        const ALL: usize = 4 * TURN;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (near, far) = tokio::join!(TcpStream::connect(address), listener.accept());
        let (near, mut far) = (near.unwrap(), far.unwrap().0.into_std().unwrap());
        // As much as fits lies there before the first byte is read, so that nothing but the turn gives others one.
        let mut there = 0;
        while let (true, Ok(n)) = (there < ALL, far.write(&vec![7; ALL - there])) {
            there += n;
        }
        far.set_nonblocking(false).unwrap();
        let sent = std::thread::spawn(move || far.write_all(&vec![7; ALL - there]).map(|()| far));
        let turns = Arc::new(AtomicUsize::new(0));
        let other = Arc::clone(&turns);
        let others = tokio::spawn(async move {
            loop {
                other.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
        });
        let mut wire = Wire::new(Arc::new(near), Ending::default());
        let (mut piece, mut all, mut at_once, mut turn) = (vec![0; PIECE], 0, 0, 0);
        while all < ALL {
            let n = wire.read(&mut piece).await.unwrap();
            assert!(n > 0 && piece[..n].iter().all(|byte| *byte == 7), "after {all}");
            all += n;
            let now = turns.load(Ordering::Relaxed);
            at_once = if now == turn { at_once + n } else { n };
            turn = now;
            assert!(at_once <= TURN + PIECE, "{at_once} bytes, and nobody else had a turn");
        }
        assert_eq!(all, ALL);
        others.abort();
        drop(sent.join().unwrap().unwrap());
    }
}
