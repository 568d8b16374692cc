//! A wire as a place to read and write text. It never waits for a client that does not read without
//! hearing that it closed (defect 3 in docs/cves.md).

use super::wire::{Gone, Input, Sink, Source, Stream, Tty, Wire};
use crate::app::console::Size;
use crate::app::ending::Ending;
use crate::app::presence::Channel;
use crate::shell::wrap::wrap;
use bytes::Bytes;
use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What is kept while a write waits for a client that does not read: messages, and bytes.
const KEPT: usize = 64;
const KEPT_BYTES: usize = 64 * 1024;
/// The width of who says none.
const WIDTH: u16 = 80;

pub(super) struct Io {
    source: Box<dyn Source>,
    sink: Box<dyn Sink>,
    kept: Kept,
    /// Input that nobody reads now stays for whoever reads next: lines of a pipe.
    pub(super) keeps_input: bool,
    /// Nothing can be waited for any more.
    cut: Ending,
    tty: Option<Tty>,
    /// Where its bytes are counted.
    counted: Option<Arc<Channel>>,
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
            Input::Bytes(_) if self.ended => return,
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

impl Io {
    pub(super) fn new(wire: Wire) -> Self {
        let Wire { source, sink, cut, tty } = wire;
        let (kept, keeps_input, counted) = (Kept::default(), false, None);
        Self { source, sink, kept, keeps_input, cut, tty, counted }
    }

    /// From now on its bytes are counted here.
    pub(super) fn counts_in(&mut self, channel: Arc<Channel>) {
        self.counted = Some(channel);
    }

    /// Whether the client is a terminal.
    pub(super) fn is_terminal(&self) -> bool {
        self.tty.is_some()
    }

    /// The client's terminal.
    pub(super) fn tty(&self) -> Option<&Tty> {
        self.tty.as_ref()
    }

    /// Columns that text is laid out for, when there is a terminal.
    pub(super) fn width(&self) -> Option<u16> {
        self.tty.as_ref().map(|tty| tty.size.columns.clamp(20, 1000))
    }

    /// Columns that the line editor works with.
    pub(super) fn columns(&self) -> u16 {
        self.width().unwrap_or(WIDTH)
    }

    /// The terminal has this size now.
    pub(super) fn resized(&mut self, size: Size) {
        if let Some(tty) = &mut self.tty {
            tty.size = size;
        }
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
                return self.closed().await;
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

    /// Waits for the client's end, whatever it says before that.
    pub(super) async fn closed(&mut self) -> Input {
        tokio::select! {
            () = self.source.closed() => {}
            _ = self.cut.ended() => {}
        }
        Input::Closed
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
            input = receive(&mut *self.source, self.counted.as_deref()) => input,
            _ = self.cut.ended() => Input::Closed,
        }
    }

    /// Text for people on standard output.
    pub(super) async fn out(&mut self, text: &str) -> Result<(), Gone> {
        let text = self.laid_out(text);
        self.text(Stream::Out, &text).await
    }

    /// Text for people on standard error; a terminal has one stream for both.
    pub(super) async fn err(&mut self, text: &str) -> Result<(), Gone> {
        let stream = if self.tty.is_some() { Stream::Out } else { Stream::Err };
        let text = self.laid_out(text);
        self.text(stream, &text).await
    }

    /// Text for programs: no line of it is broken.
    pub(super) async fn file(&mut self, stream: Stream, text: &str) -> Result<(), Gone> {
        let stream = if self.tty.is_some() { Stream::Out } else { stream };
        self.text(stream, text).await
    }

    /// Text in lines that the terminal does not break in the middle of a word.
    pub(super) fn laid_out<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.width().map_or(Cow::Borrowed(text), |width| Cow::Owned(wrap(text, width)))
    }

    async fn text(&mut self, stream: Stream, text: &str) -> Result<(), Gone> {
        let bytes = if self.tty.is_some() {
            Bytes::from(crate::shell::render::crlf(text))
        } else {
            Bytes::copy_from_slice(text.as_bytes())
        };
        self.send(stream, bytes).await
    }

    /// Bytes as they are.
    pub(super) async fn raw(&mut self, bytes: Bytes) -> Result<(), Gone> {
        self.send(Stream::Out, bytes).await
    }

    async fn send(&mut self, stream: Stream, bytes: Bytes) -> Result<(), Gone> {
        if self.kept.inputs.contains(&Input::Closed) {
            return Err(Gone);
        }
        let Self { source, sink, kept, cut, counted, .. } = self;
        let (counted, length) = (counted.as_deref(), bytes.len() as u64);
        let mut sent = sink.send(stream, bytes);
        loop {
            tokio::select! {
                biased;
                sent = &mut sent => {
                    if let Some(channel) = counted {
                        channel.traffic.down.fetch_add(length, Ordering::Relaxed);
                    }
                    return sent;
                }
                input = heard(&mut **source, counted, kept.is_full()) => {
                    let closed = input == Input::Closed;
                    kept.push(input);
                    if closed {
                        return Err(Gone);
                    }
                }
                _ = cut.ended() => return Err(Gone),
            }
        }
    }

    /// The exit status, and the end. What the client still sends is let go, so that the connection can take
    /// what we say.
    pub(super) async fn finish(mut self, status: u32) {
        let Self { source, sink, cut, .. } = &mut self;
        let ignored = async { while source.receive().await != Input::Closed {} };
        tokio::select! {
            biased;
            () = sink.finish(status) => {}
            () = ignored => {}
            _ = cut.ended() => {}
        }
    }
}

/// The next thing that the client does; of who has enough of it, that it closed.
async fn heard(source: &mut dyn Source, counted: Option<&Channel>, enough: bool) -> Input {
    if enough {
        source.closed().await;
        return Input::Closed;
    }
    receive(source, counted).await
}

async fn receive(source: &mut dyn Source, counted: Option<&Channel>) -> Input {
    let input = source.receive().await;
    if let (Input::Bytes(bytes), Some(channel)) = (&input, counted) {
        channel.traffic.up.fetch_add(bytes.len() as u64, Ordering::Relaxed);
    }
    input
}
