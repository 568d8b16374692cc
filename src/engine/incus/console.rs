//! A terminal in a machine: a program that Incus runs on a pty, whose bytes come and go over one
//! websocket, and its size and end over another. No word of a person is in what is run.

use super::client::{ANSWER, Answer, Client, To, Websocket, late};
use super::wire::{Awaiting, Executed, Secrets};
use super::{IncusEngine, operation, path};
use crate::{EngineError, Inside, Result, Size, Terminal, TerminalWord};
use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use hyper::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{self, Message};

/// Incus gives up a program whose websockets do not come within five seconds.
const SOCKETS: Duration = Duration::from_secs(4);
/// How long the end of a program may take once its output has ended.
const ENDING: Duration = Duration::from_secs(5);
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
        let at = format!("{}/exec", path(name));
        let answer = self.client.call::<Awaiting>(To::Any, Method::POST, &at, Some(&body), ANSWER).await;
        let (operation, secrets) = match answer {
            Ok(Answer::Started(operation, Some(awaiting))) => (operation, awaiting.metadata.fds),
            Ok(_) => return Err(EngineError::Other("a program without websockets".into())),
            Err(EngineError::Other(text)) if text.to_lowercase().contains("not running") => {
                return Err(EngineError::Refused(text));
            }
            Err(error) => return Err(error),
        };
        let (data, control) =
            timeout(SOCKETS, sockets(&self.client, &operation, &secrets)).await.map_err(|_| late())??;
        let (terminal, inside) = Terminal::pair();
        tokio::spawn(carry(Arc::clone(&self.client), operation, data, control, inside));
        Ok(terminal)
    }
}

async fn sockets(client: &Client, operation: &str, secrets: &Secrets) -> Result<(Websocket, Websocket)> {
    let id = operation::id(operation)?;
    let socket = |secret: &str| {
        let hex = secret.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let path = format!("/1.0/operations/{id}/websocket?secret={secret}");
        async move {
            match hex {
                true => client.websocket(&path).await,
                false => Err(EngineError::Other("a secret that is none".into())),
            }
        }
    };
    tokio::try_join!(socket(&secrets.terminal), socket(&secrets.control))
}

/// Carries bytes until the program ends or nobody looks any more. Both ends of the websockets go
/// with this task: Incus kills a program that lost its control socket.
async fn carry(client: Arc<Client>, operation: String, data: Websocket, control: Websocket, inside: Inside) {
    let Inside { input, output, end } = inside;
    let (mut typed, shown) = data.split();
    let (mut told, heard) = control.split();
    let ended = tokio::select! {
        ended = downwards(shown, &output) => ended,
        () = upwards(&mut typed, &mut told, input) => return,
        () = listen(heard) => false,
        () = output.closed() => return,
    };
    // Without this the operation never ends.
    let _ = typed.close().await;
    drop(output);
    let status = if ended { status(&client, &operation).await } else { Err(late()) };
    // Whoever looked may be gone.
    let _ = end.send(status);
}

/// Machine to person. Whether the program's output came to its end.
async fn downwards(mut shown: SplitStream<Websocket>, output: &mpsc::Sender<Bytes>) -> bool {
    while let Some(message) = shown.next().await {
        match message {
            Ok(Message::Binary(bytes)) if bytes.is_empty() => return true,
            Ok(Message::Binary(bytes)) => {
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

async fn status(client: &Client, operation: &str) -> Result<i32> {
    let ended = client.ended(To::Any, operation, ENDING, &|_| Ok(())).await?;
    let said = ended.and_then(|ended| ended.metadata).map(Value::Object);
    let said = said.and_then(|said| serde_json::from_value::<Executed>(said).ok());
    let status = said.and_then(|said| i32::try_from(said.status).ok());
    status.ok_or_else(|| EngineError::Away("lost sight of a program".into()))
}
