//! An SSH channel as a session's wire. It knows the protocol's messages, and nothing of what is said.

use super::inbox::{Incoming, Word};
use crate::app::console::Size;
use crate::app::ending::Ending;
use crate::session::wire::{Gone, Input, Promise, Sink, Source, Stream, Tty, Wire};
use bytes::Bytes;
use russh::ChannelWriteHalf;
use russh::server::Msg;
use std::collections::VecDeque;

/// Data extension of standard error (RFC 4254 5.2).
const STDERR: u32 = 1;

/// A client's size, within reason; 0 is "not known" (RFC 4254 6.2).
pub(super) fn size(columns: u32, rows: u32) -> Size {
    let within = |count: u32, usual: u16| if count == 0 { usual } else { count.min(1000) as u16 };
    Size { columns: within(columns, 80), rows: within(rows, 24) }
}

/// The wire of a channel on which something runs now. `early` is what the client said before it asked.
pub(super) fn wire(
    cut: Ending,
    read: Incoming,
    write: ChannelWriteHalf<Msg>,
    tty: Option<Tty>,
    early: VecDeque<Input>,
) -> Wire {
    Wire { source: Box::new(FromClient { early, read }), sink: Box::new(ToClient { write }), cut, tty }
}

/// What the client sends.
struct FromClient {
    early: VecDeque<Input>,
    read: Incoming,
}

impl Source for FromClient {
    fn receive(&mut self) -> Promise<'_, Input> {
        Box::pin(async {
            if let Some(input) = self.early.pop_front() {
                return input;
            }
            receive(&mut self.read).await
        })
    }

    fn closed(&mut self) -> Promise<'_, ()> {
        Box::pin(self.read.closed())
    }
}

/// Waits for nothing but the channel's inbox, which loses nothing when the waiting is dropped.
async fn receive(read: &mut Incoming) -> Input {
    loop {
        match read.wait().await {
            Word::Data(data) => return Input::Bytes(data),
            Word::Eof => return Input::Eof,
            Word::Resize { columns, rows } => return Input::Resize(size(columns, rows)),
            Word::Interrupt => return Input::Interrupt,
            Word::Close => return Input::Closed,
            // What sets a session up comes before it; later it was refused.
            _ => {}
        }
    }
}

/// What it is sent.
struct ToClient {
    write: ChannelWriteHalf<Msg>,
}

impl Sink for ToClient {
    fn send(&mut self, stream: Stream, bytes: Bytes) -> Promise<'_, Result<(), Gone>> {
        Box::pin(async move {
            let sent = match stream {
                Stream::Out => self.write.data_bytes(bytes).await,
                Stream::Err => self.write.extended_data_bytes(STDERR, bytes).await,
            };
            sent.map_err(|_| Gone)
        })
    }

    /// As RFC 4254 6.10 has it.
    fn finish(&mut self, status: u32) -> Promise<'_, ()> {
        Box::pin(async move {
            // A client that is gone cannot be told; nothing else depends on it.
            let _ = self.write.exit_status(status).await;
            let _ = self.write.eof().await;
            let _ = self.write.close().await;
        })
    }
}
