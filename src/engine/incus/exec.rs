//! A program in a machine, at once and without a terminal: what it says comes over a websocket, and nothing of it
//! is left. (Recorded output Incus keeps in the machine's own volume, in a folder that no call removes and that
//! every archive of the machine carries from then on.)

use super::IncusEngine;
use super::client::{Websocket, away, late};
use super::program::opened;
use crate::{Ran, Result};
use futures_util::StreamExt;
use serde_json::json;
use std::time::Duration;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

impl IncusEngine {
    /// Past the deadline the program is killed: its control socket goes with this call.
    pub(super) async fn run_inside(&self, name: &str, words: &[String], deadline: Duration) -> Result<Ran> {
        let body = json!({
            "command": words, "record-output": false, "wait-for-websocket": true, "interactive": false,
            "environment": { "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root" },
        });
        let (client, program) = (&*self.client, self.program(name, &body).await?);
        let socket = |name| program.socket(client, name);
        let sockets = async { tokio::try_join!(socket("0"), socket("1"), socket("2"), socket("control")) };
        let (mut input, output, errors, control) = opened(sockets).await?;
        let said = async {
            // There is nothing to read for it.
            input.close(None).await.map_err(away)?;
            tokio::try_join!(beginning(output), beginning(errors))
        };
        let (output, _) = timeout(deadline, said).await.map_err(|_| late())??;
        let status = program.status(client).await?;
        drop(control);
        Ok(Ran { status, output: String::from_utf8_lossy(&output).into_owned() })
    }
}

/// As much of it as anybody needs, when all of it has come; a machine may say more than there is memory.
async fn beginning(mut said: Websocket) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(message) = said.next().await {
        match message.map_err(away)? {
            Message::Binary(piece) if piece.is_empty() => break,
            Message::Binary(piece) => {
                let room = Ran::MOST - bytes.len();
                bytes.extend_from_slice(&piece[..piece.len().min(room)]);
            }
            // An empty text is Incus' word for the end of the output.
            Message::Text(_) | Message::Close(_) => break,
            _ => {}
        }
    }
    Ok(bytes)
}
