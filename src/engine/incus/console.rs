//! A terminal in a machine: a program that Incus runs on a pty, whose bytes come and go over one
//! websocket, and its size and end over another. No word of a person is in what is run.

use super::IncusEngine;
use super::client::{Client, Websocket, late};
use super::program::{ENDING, Program, opened};
use crate::{EngineError, Inside, Result, Size, Spoiled, Terminal, TerminalWord};
use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::{self, Message};

/// A login shell of root's, the better one where there are two.
const SHELL: &str = "exec \"$(command -v bash || echo sh)\" -l";

impl IncusEngine {
    pub(super) async fn terminal(&self, name: &str, term: Option<&str>, size: Size) -> Result<Terminal> {
        let body = json!({
            "command": ["/bin/sh", "-c", SHELL],
            "interactive": true, "wait-for-websocket": true, "record-output": false,
            "width": size.columns, "height": size.rows, "user": 0, "group": 0, "cwd": "/root",
            "environment": {
                "TERM": term.unwrap_or("vt100"), "HOME": "/root", "USER": "root",
                "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            },
        });
        let program = match self.program(name, &body).await {
            Err(EngineError::Other(text)) if text.to_lowercase().contains("not running") => {
                return Err(EngineError::Refused(text));
            }
            program => program?,
        };
        let socket = |name| program.socket(&self.client, name);
        let (data, control) = opened(async { tokio::try_join!(socket("0"), socket("control")) }).await?;
        let (terminal, inside) = Terminal::pair();
        tokio::spawn(carry(Arc::clone(&self.client), program, data, control, inside));
        Ok(terminal)
    }
}

/// Carries bytes until the program ends or nobody looks any more. Both ends of the websockets go
/// with this task: Incus kills a program that lost its control socket.
async fn carry(client: Arc<Client>, program: Program, data: Websocket, control: Websocket, inside: Inside) {
    let Inside { input, output, end } = inside;
    let (mut typed, shown) = data.split();
    let (mut told, heard) = control.split();
    let mut spoke = false;
    let ended = tokio::select! {
        ended = downwards(shown, &output, &mut spoke) => ended,
        () = upwards(&mut typed, &mut told, input) => return,
        () = listen(heard) => false,
        () = output.closed() => return,
    };
    // Without this the operation never ends.
    let _ = typed.close().await;
    drop(output);
    let status = if ended { status(&client, &program, spoke).await } else { Err(late()) };
    // Whoever looked may be gone.
    let _ = end.send(status);
}

/// Machine to person. Whether the program's output came to its end.
async fn downwards(
    mut shown: SplitStream<Websocket>,
    output: &mpsc::Sender<Bytes>,
    spoke: &mut bool,
) -> bool {
    while let Some(message) = shown.next().await {
        match message {
            Ok(Message::Binary(bytes)) if bytes.is_empty() => return true,
            Ok(Message::Binary(bytes)) => {
                *spoke = true;
                if output.send(bytes).await.is_err() {
                    return false;
                }
            }
            // An empty text is Incus' word for the end of the output.
            Ok(Message::Text(_) | Message::Close(_)) => return true,
            Ok(_) => {}
            Err(tungstenite::Error::ConnectionClosed) => return true,
            Err(_) => return false,
        }
    }
    true
}

/// Person to machine, until the person is gone. When the program is, `downwards` says so.
async fn upwards(
    typed: &mut SplitSink<Websocket, Message>,
    told: &mut SplitSink<Websocket, Message>,
    mut input: mpsc::Receiver<TerminalWord>,
) {
    while let Some(word) = input.recv().await {
        let sent = match word {
            TerminalWord::Bytes(bytes) => typed.send(Message::Binary(bytes)).await,
            TerminalWord::Resize(size) => told.send(resize(size)).await,
        };
        if sent.is_err() {
            return std::future::pending().await;
        }
    }
}

/// What comes on the control socket is read so that pings are answered; it ends with incusd, or a
/// little before the output does.
async fn listen(mut heard: SplitStream<Websocket>) {
    while let Some(Ok(_)) = heard.next().await {}
    tokio::time::sleep(ENDING).await;
}

fn resize(size: Size) -> Message {
    let args = json!({ "width": size.columns.to_string(), "height": size.rows.to_string() });
    Message::text(json!({ "command": "window-resize", "args": args }).to_string())
}

/// The shell's status. Incus takes 126 and 127, with which a shell says that of its last word, for programs that are
/// not there: of one that never said anything that is true.
async fn status(client: &Client, program: &Program, spoke: bool) -> Result<i32> {
    let lacks = |text: &str, what: &str| text.eq_ignore_ascii_case(what);
    let status = match program.status(client).await {
        Err(EngineError::Other(text)) if lacks(&text, "command not found") => 127,
        Err(EngineError::Other(text)) if lacks(&text, "command not executable") => 126,
        status => {
            i32::try_from(status?).map_err(|_| EngineError::Away("a program without a status".into()))?
        }
    };
    if matches!(status, 126 | 127) && !spoke { Err(EngineError::Spoiled(Spoiled::Shell)) } else { Ok(status) }
}
