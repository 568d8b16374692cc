//! A session channel as a place to read and write text. It never waits for the client's window
//! without hearing that the client closed (defect 3 in docs/cves.md), and it keeps taking what the
//! client sends, so that the connection's loop goes on.

use super::ending::Ending;
use crate::app::console::Size;
use crate::app::presence::Channel as Counted;
use bytes::Bytes;
use russh::server::Msg;
use russh::{Channel, ChannelId, ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Sig};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// What the client did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Input {
    /// Bytes on its standard input.
    Bytes(Bytes),
    /// The end of its standard input.
    Eof,
    /// Its terminal has this size now.
    Resize(Size),
    /// It sent SIGINT (not the key: that is a byte).
    Interrupt,
    /// It closed, or is gone.
    Closed,
}

/// The client is gone: whoever talks stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gone;

/// What is kept of a client that talks before it asks, or while a write waits for its window:
/// messages, and bytes.
const KEPT: usize = 64;
const KEPT_BYTES: usize = 64 * 1024;
/// Data extension of standard error (RFC 4254 5.2).
const STDERR: u32 = 1;

pub(super) struct Io {
    read: ChannelReadHalf,
    write: ChannelWriteHalf<Msg>,
    kept: Kept,
    /// Input that nobody reads now stays for whoever reads next: lines of a pipe.
    pub(super) keeps_input: bool,
    /// The connection's socket is cut: nothing can be waited for any more.
    cut: Ending,
    /// A client that neither reads nor stops talking is let go after this.
    stall_limit: Duration,
    /// Columns, when there is a terminal.
    pub(super) tty: Option<u16>,
    /// The terminal's size as the client says it, and what kind it is.
    pub(super) size: Size,
    pub(super) term: String,
    /// Where its bytes are counted.
    counted: Option<Arc<Counted>>,
}

/// What the client did and nobody has looked at yet.
#[derive(Default)]
struct Kept {
    inputs: VecDeque<Input>,
    bytes: usize,
    /// The end of input came. It is said for as long as somebody asks.
    ended: bool,
}

impl Kept {
    fn is_full(&self) -> bool {
        self.inputs.len() >= KEPT || self.bytes >= KEPT_BYTES
    }

    fn push(&mut self, input: Input) {
        match &input {
            Input::Eof => return self.ended = true,
            Input::Bytes(bytes) => self.bytes += bytes.len(),
            _ => {}
        }
        self.inputs.push_back(input);
    }

    fn pop(&mut self) -> Option<Input> {
        let input = self.inputs.pop_front();
        if let Some(Input::Bytes(bytes)) = &input {
            self.bytes -= bytes.len();
        }
        input.or(self.ended.then_some(Input::Eof))
    }
}

/// What a session asks for before anything runs.
pub(super) enum Asked {
    /// A command line.
    Exec(Vec<u8>),
    /// A shell.
    Shell,
}

/// Columns that the line editor works with.
fn columns(size: Size) -> u16 {
    size.columns.clamp(20, 1000)
}

/// A client's size, within reason; 0 is "not known" (RFC 4254 6.2).
fn size(columns: u32, rows: u32) -> Size {
    let within = |count: u32, usual: u16| if count == 0 { usual } else { count.min(1000) as u16 };
    Size { columns: within(columns, 80), rows: within(rows, 24) }
}

impl Io {
    pub(super) fn new(channel: Channel<Msg>, cut: Ending, stall_limit: Duration) -> Self {
        let (read, write) = channel.split();
        let (kept, term) = (Kept::default(), String::new());
        let size = size(0, 0);
        let (keeps_input, tty, counted) = (false, None, None);
        Self { read, write, kept, keeps_input, cut, stall_limit, tty, size, term, counted }
    }

    /// From now on its bytes are counted here.
    pub(super) fn counts_in(&mut self, channel: Arc<Counted>) {
        self.counted = Some(channel);
    }

    /// What the client wants to run; its environment goes to `env`. `None` when it closed first, or
    /// said too much without asking.
    pub(super) async fn asked(&mut self, mut env: impl FnMut(String, String)) -> Option<Asked> {
        loop {
            match self.read.wait().await? {
                ChannelMsg::SetEnv { variable_name, variable_value, .. } => {
                    env(variable_name, variable_value)
                }
                ChannelMsg::RequestPty { term, col_width, row_height, .. } => {
                    self.resized(size(col_width, row_height));
                    self.tty = Some(columns(self.size));
                    self.term = term;
                }
                ChannelMsg::Exec { command, .. } => return Some(Asked::Exec(command)),
                ChannelMsg::RequestShell { .. } => return Some(Asked::Shell),
                ChannelMsg::Close => return None,
                // Some clients send their input before they know that the command runs.
                ChannelMsg::Data { .. } if self.kept.is_full() => return None,
                ChannelMsg::Data { data } => self.kept.push(Input::Bytes(data)),
                ChannelMsg::Eof => self.kept.push(Input::Eof),
                _ => {}
            }
        }
    }

    /// The terminal has this size now.
    pub(super) fn resized(&mut self, size: Size) {
        self.size = size;
        self.tty = self.tty.and(Some(columns(size)));
    }

    /// The channel, for the connection's gate.
    pub(super) fn channel(&self) -> ChannelId {
        self.write.id()
    }

    /// The next thing that the client does. After the end of its input that is said again each time.
    pub(super) async fn next(&mut self) -> Input {
        if let Some(input) = self.kept.pop() {
            return input;
        }
        let input = self.receive().await;
        self.kept.ended |= input == Input::Eof;
        input
    }

    /// Gives back what was read too far: it is the next thing that is read.
    pub(super) fn put_back(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.kept.bytes += bytes.len();
            self.kept.inputs.push_front(Input::Bytes(bytes));
        }
    }

    /// Nothing more is read: whoever asks hears of the end of input.
    pub(super) fn stop_reading(&mut self) {
        self.kept = Kept { ended: true, ..Kept::default() };
    }

    /// What ends or interrupts somebody who waits for something else. At a terminal what is typed is
    /// given, for Ctrl-C.
    pub(super) async fn disturbance(&mut self) -> Input {
        loop {
            if self.kept.is_full() {
                self.cut.ended().await;
                return Input::Closed;
            }
            match self.receive().await {
                Input::Bytes(bytes) if self.tty.is_none() => {
                    if self.keeps_input {
                        self.kept.push(Input::Bytes(bytes));
                    }
                }
                Input::Eof => self.kept.push(Input::Eof),
                Input::Resize(size) => self.resized(size),
                other => return other,
            }
        }
    }

    /// What the client did at its terminal while something was written to it, one thing after another;
    /// without one, only that it interrupts: its input is for whoever reads it.
    pub(super) fn typed(&mut self) -> Option<Input> {
        if self.tty.is_none() {
            let at = self.kept.inputs.iter().position(|input| *input == Input::Interrupt)?;
            return self.kept.inputs.remove(at);
        }
        let input = if self.kept.inputs.is_empty() { None } else { self.kept.pop() };
        if let Some(Input::Resize(size)) = input {
            self.resized(size);
        }
        input
    }

    async fn receive(&mut self) -> Input {
        tokio::select! {
            input = receive(&mut self.read, self.counted.as_deref()) => input,
            _ = self.cut.ended() => Input::Closed,
        }
    }

    /// Text on standard output.
    pub(super) async fn out(&mut self, text: &str) -> Result<(), Gone> {
        self.send(None, text).await
    }

    /// Text on standard error; a terminal has one stream for both.
    pub(super) async fn err(&mut self, text: &str) -> Result<(), Gone> {
        let stream = if self.tty.is_some() { None } else { Some(STDERR) };
        self.send(stream, text).await
    }

    async fn send(&mut self, stream: Option<u32>, text: &str) -> Result<(), Gone> {
        let bytes = if self.tty.is_some() {
            Bytes::from(crate::shell::render::crlf(text))
        } else {
            Bytes::copy_from_slice(text.as_bytes())
        };
        self.raw(stream, bytes).await
    }

    /// Bytes as they are, for the line editor.
    pub(super) async fn raw(&mut self, stream: Option<u32>, bytes: Bytes) -> Result<(), Gone> {
        if self.kept.inputs.contains(&Input::Closed) {
            return Err(Gone);
        }
        let Self { read, write, kept, stall_limit, cut, counted, .. } = self;
        let (counted, length) = (counted.as_deref(), bytes.len() as u64);
        let sent = async {
            match stream {
                None => write.data_bytes(bytes).await,
                Some(stream) => write.extended_data_bytes(stream, bytes).await,
            }
        };
        tokio::pin!(sent);
        loop {
            tokio::select! {
                biased;
                sent = &mut sent => {
                    if let Some(channel) = counted {
                        channel.traffic.down.fetch_add(length, Ordering::Relaxed);
                    }
                    return sent.map_err(|_| Gone);
                }
                input = receive(read, counted), if !kept.is_full() => {
                    let closed = input == Input::Closed;
                    kept.push(input);
                    if closed {
                        return Err(Gone);
                    }
                }
                _ = cut.ended() => return Err(Gone),
                // What it still sends would stop the connection's loop, and its other channels.
                () = tokio::time::sleep(*stall_limit), if kept.is_full() => return Err(Gone),
            }
        }
    }

    /// Closes a channel on which nothing ran.
    pub(super) async fn close(self) {
        // A client that is gone cannot be told.
        let _ = self.write.close().await;
    }

    /// Exit status and close, as RFC 4254 6.10 has it.
    pub(super) async fn finish(mut self, status: u32) {
        let Self { read, write, cut, .. } = &mut self;
        let said = async {
            // A client that is gone cannot be told; nothing else depends on it.
            let _ = write.exit_status(status).await;
            let _ = write.eof().await;
            let _ = write.close().await;
        };
        // What it still sends is let go, so that the connection's loop can take what we say.
        let ignored = async { while receive(read, None).await != Input::Closed {} };
        tokio::pin!(said);
        tokio::select! {
            biased;
            () = &mut said => {}
            () = ignored => {}
            _ = cut.ended() => {}
        }
    }
}

async fn receive(read: &mut ChannelReadHalf, counted: Option<&Counted>) -> Input {
    loop {
        match read.wait().await {
            Some(ChannelMsg::Data { data }) => {
                if let Some(channel) = counted {
                    channel.traffic.up.fetch_add(data.len() as u64, Ordering::Relaxed);
                }
                return Input::Bytes(data);
            }
            Some(ChannelMsg::Eof) => return Input::Eof,
            Some(ChannelMsg::WindowChange { col_width, row_height, .. }) => {
                return Input::Resize(size(col_width, row_height));
            }
            Some(ChannelMsg::Signal { signal: Sig::INT }) => return Input::Interrupt,
            Some(ChannelMsg::Close) | None => return Input::Closed,
            Some(_) => {}
        }
    }
}
