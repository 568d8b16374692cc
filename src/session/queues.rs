//! A pair of queues as a wire: a client in a test, without any protocol.

use super::wire::{Gone, Input, Promise, Sink, Source, Stream, Tty, Wire};
use crate::app::ending::Ending;
use bytes::Bytes;
use std::collections::VecDeque;
use tokio::sync::mpsc;

/// What the house sent.
pub(super) enum Sent {
    Bytes(Stream, Bytes),
    Finish(u32),
}

/// The client's end.
pub(super) struct Client {
    pub(super) input: mpsc::UnboundedSender<Input>,
    pub(super) sent: mpsc::Receiver<Sent>,
}

/// Both ends. The house waits when `window` pieces were not taken.
pub(super) fn pair(tty: Option<Tty>, window: usize) -> (Wire, Client) {
    let (input, given) = mpsc::unbounded_channel();
    let (say, sent) = mpsc::channel(window);
    let sink = Box::new(Out { say });
    let wire = Wire {
        source: Box::new(In { given, read: VecDeque::new(), closed: false }),
        sink,
        cut: Ending::default(),
        tty,
    };
    (wire, Client { input, sent })
}

struct In {
    given: mpsc::UnboundedReceiver<Input>,
    /// Looked at already, for the end.
    read: VecDeque<Input>,
    closed: bool,
}

impl Source for In {
    fn receive(&mut self) -> Promise<'_, Input> {
        Box::pin(async {
            if let Some(input) = self.read.pop_front() {
                return input;
            }
            if self.closed {
                return Input::Closed;
            }
            let input = self.given.recv().await.unwrap_or(Input::Closed);
            self.closed = input == Input::Closed;
            input
        })
    }

    fn closed(&mut self) -> Promise<'_, ()> {
        Box::pin(async {
            while !self.closed {
                let input = self.given.recv().await.unwrap_or(Input::Closed);
                self.closed = input == Input::Closed;
                self.read.push_back(input);
            }
        })
    }
}

struct Out {
    say: mpsc::Sender<Sent>,
}

impl Sink for Out {
    fn send(&mut self, stream: Stream, bytes: Bytes) -> Promise<'_, Result<(), Gone>> {
        Box::pin(async move { self.say.send(Sent::Bytes(stream, bytes)).await.map_err(|_| Gone) })
    }

    fn finish(&mut self, status: u32) -> Promise<'_, ()> {
        Box::pin(async move { drop(self.say.send(Sent::Finish(status)).await) })
    }
}

impl Client {
    pub(super) fn does(&self, input: Input) {
        self.input.send(input).unwrap();
    }

    pub(super) fn types(&self, text: &str) {
        self.does(Input::Bytes(Bytes::copy_from_slice(text.as_bytes())));
    }

    /// What it is sent until it has read `text`; everything it missed before that is given.
    pub(super) async fn reads(&mut self, text: &str) -> String {
        let mut read = String::new();
        while !read.contains(text) {
            match self.sent.recv().await {
                Some(Sent::Bytes(_, bytes)) => read += &String::from_utf8_lossy(&bytes),
                _ => panic!("it ended before {text:?}: {read:?}"),
            }
        }
        read
    }

    /// What it is sent to the end, by stream, and the exit status.
    pub(super) async fn ends(&mut self) -> (String, String, u32) {
        let (mut out, mut err) = (String::new(), String::new());
        loop {
            match self.sent.recv().await {
                Some(Sent::Bytes(Stream::Out, bytes)) => out += &String::from_utf8_lossy(&bytes),
                Some(Sent::Bytes(Stream::Err, bytes)) => err += &String::from_utf8_lossy(&bytes),
                Some(Sent::Finish(status)) => return (out, err, status),
                None => panic!("no status after {out:?} {err:?}"),
            }
        }
    }
}
