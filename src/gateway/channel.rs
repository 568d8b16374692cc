//! An SSH channel as a session's wire. It knows the protocol's messages, and nothing of what is said.

use super::conn::Conn;
use super::inbox::Incoming;
use crate::app::console::Size;
use crate::session::wire::{Gone, Hold, Input, Promise, Sink, Source, Stream, Tty, Wire};
use bytes::Bytes;
use russh::server::Msg;
use russh::{ChannelMsg, ChannelWriteHalf, Sig};
use std::collections::VecDeque;
use std::sync::Arc;

/// Data extension of standard error (RFC 4254 5.2).
const STDERR: u32 = 1;

/// A client's size, within reason; 0 is "not known" (RFC 4254 6.2).
pub(super) fn size(columns: u32, rows: u32) -> Size {
    let within = |count: u32, usual: u16| if count == 0 { usual } else { count.min(1000) as u16 };
    Size { columns: within(columns, 80), rows: within(rows, 24) }
}

/// The wire of a channel on which something runs now. `early` is what the client said before it asked.
pub(super) fn wire(
    conn: Arc<Conn>,
    read: Incoming,
    write: ChannelWriteHalf<Msg>,
    tty: Option<Tty>,
    early: VecDeque<Input>,
) -> Wire {
    let cut = conn.cut.clone();
    Wire { source: Box::new(FromClient { early, read }), sink: Box::new(ToClient { conn, write }), cut, tty }
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
}

/// Waits for nothing but the channel's queue, which loses nothing when the waiting is dropped.
async fn receive(read: &mut Incoming) -> Input {
    loop {
        match read.wait().await {
            Some(ChannelMsg::Data { data }) => return Input::Bytes(data),
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

/// What it is sent.
struct ToClient {
    conn: Arc<Conn>,
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

    fn hold(&self) -> Hold {
        Box::new(self.conn.gate.shut(self.write.id()))
    }

    fn has_neighbours(&self) -> bool {
        self.conn.has_neighbours()
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
