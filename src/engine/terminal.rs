//! A terminal in a machine, as its two ends: whoever looks holds [`Terminal`], the driver
//! [`Inside`]. Both ways are bounded queues, so that neither end runs ahead of the other.

use super::Result;
use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

/// Pieces that wait, each way.
const WAITING: usize = 8;

/// The shell's exit status; an error when nobody knows it.
pub type Ended = Result<i32>;

/// Columns and rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Characters in a row.
    pub columns: u16,
    /// Rows.
    pub rows: u16,
}

/// What goes into a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TerminalWord {
    /// What is typed.
    Bytes(Bytes),
    /// The window has another size.
    Resize(Size),
}

/// The end of whoever looks. Dropping it ends what runs in the terminal.
#[derive(Debug)]
pub struct Terminal {
    /// To the machine.
    pub input: mpsc::Sender<TerminalWord>,
    /// From the machine; ended when there is no more.
    pub output: mpsc::Receiver<Bytes>,
    /// How it ended, after the output did.
    pub end: oneshot::Receiver<Ended>,
}

/// The driver's end.
#[derive(Debug)]
pub struct Inside {
    /// From whoever looks; ended when they are gone.
    pub input: mpsc::Receiver<TerminalWord>,
    /// To whoever looks; closed when they are gone.
    pub output: mpsc::Sender<Bytes>,
    /// How it ended, at the end.
    pub end: oneshot::Sender<Ended>,
}

impl Terminal {
    /// Both ends.
    pub fn pair() -> (Self, Inside) {
        let (input, taken) = mpsc::channel(WAITING);
        let (said, output) = mpsc::channel(WAITING);
        let (ended, end) = oneshot::channel();
        (Self { input, output, end }, Inside { input: taken, output: said, end: ended })
    }
}
