//! What a talk goes through: a client's line, whatever it is made of. It knows no protocol: who has a
//! client brings the two halves.

use crate::app::console::Size;
use crate::app::ending::Ending;
use bytes::Bytes;
use std::pin::Pin;

/// What the client did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Bytes on its standard input.
    Bytes(Bytes),
    /// The end of its standard input.
    Eof,
    /// Its terminal has this size now.
    Resize(Size),
    /// It sent an interrupt (not the key: that is a byte).
    Interrupt,
    /// It closed, or is gone.
    Closed,
}

/// The client is gone: whoever talks stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone;

/// Where text goes. A terminal has one stream for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// A client's terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tty {
    /// Its size, within reason.
    pub size: Size,
    /// What kind it is, as the client says it.
    pub term: String,
}

/// What comes of a half of a wire.
pub type Promise<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The half that the client speaks on.
pub trait Source: Send + Sync {
    /// The next thing that the client does. It may be dropped at any moment, and nothing is lost: whatever
    /// was not given yet comes next time.
    fn receive(&mut self) -> Promise<'_, Input>;

    /// Waits until the client closed, whatever it said before that: for who has enough of it for now.
    fn closed(&mut self) -> Promise<'_, ()>;
}

/// The half that the client hears. Writing waits for a client that does not read, and goes on only if what
/// the client does meanwhile is received.
pub trait Sink: Send + Sync {
    /// Bytes as they are.
    fn send(&mut self, stream: Stream, bytes: Bytes) -> Promise<'_, Result<(), Gone>>;

    /// The exit status, and the end.
    fn finish(&mut self, status: u32) -> Promise<'_, ()>;
}

/// A client's line. Two halves, because whoever writes must go on hearing.
pub struct Wire {
    /// From the client.
    pub source: Box<dyn Source>,
    /// To the client.
    pub sink: Box<dyn Sink>,
    /// Told when it is cut: then nothing can be waited for any more.
    pub cut: Ending,
    /// The client's terminal, when it has one.
    pub tty: Option<Tty>,
}
