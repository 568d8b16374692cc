//! Running a program in a machine: Incus keeps its output in files, which are read and removed.

use super::client::{ANSWER, Answer, To, empty, late};
use super::wire::{Executed, Ignored};
use super::{IncusEngine, error, path};
use crate::{EngineError, Ran, Result};
use http_body_util::BodyExt;
use hyper::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::timeout;

impl IncusEngine {
    pub(super) async fn run_inside(&self, name: &str, words: &[String], deadline: Duration) -> Result<Ran> {
        let ran = self.ran_inside(name, words, deadline).await;
        if ran.is_err() {
            // Which files it left nobody says then; puerta runs one program in a machine at a time.
            self.sweep_output(name).await?;
        }
        ran
    }

    async fn sweep_output(&self, name: &str) -> Result<()> {
        let folder = format!("{}/logs/exec-output", path(name));
        let files: Vec<String> = match self.client.list(&folder).await {
            Err(EngineError::NotFound) => return Ok(()),
            files => files?,
        };
        for file in files {
            self.client.erase(file.split('?').next().unwrap_or_default()).await?;
        }
        Ok(())
    }

    async fn ran_inside(&self, name: &str, words: &[String], deadline: Duration) -> Result<Ran> {
        let body = json!({
            "command": words, "record-output": true, "wait-for-websocket": false, "interactive": false,
            "environment": { "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root" },
        });
        let at = format!("{}/exec", path(name));
        let answer = self.client.call::<Ignored>(To::Any, Method::POST, &at, Some(&body), ANSWER).await?;
        let Answer::Started(operation, _) = answer else {
            return Err(EngineError::Other("a program without an operation".into()));
        };
        let ended = self.client.ended(To::Any, &operation, deadline, &|_| Ok(())).await?;
        let said = ended.and_then(|ended| ended.metadata).map(Value::Object);
        let Some(said) = said else { return Err(EngineError::Away("lost sight of a program".into())) };
        let said: Executed = serde_json::from_value(said)
            .map_err(|error| EngineError::Other(error::clean(&error.to_string())))?;
        let mut output = Ok(String::new());
        for (descriptor, file) in &said.output {
            let file = file.split('?').next().unwrap_or_default();
            if descriptor == "1" {
                output = self.beginning(file).await;
            }
            // They would be part of the machine's next backup.
            self.client.erase(file).await?;
        }
        Ok(Ran { status: said.status, output: output? })
    }

    /// As much of a file as anybody needs; a machine may say more than there is memory.
    async fn beginning(&self, file: &str) -> Result<String> {
        let read = async {
            let response = self.client.send(To::Any, Method::GET, file, &[], Some(0), empty()).await?;
            if !response.status().is_success() {
                return Err(EngineError::Other("the output of a program is gone".into()));
            }
            let (mut body, mut bytes) = (response.into_body(), Vec::new());
            while let Some(frame) = body.frame().await {
                let frame = frame.map_err(super::client::away)?;
                bytes.extend_from_slice(frame.data_ref().map_or(&[], |data| data.as_ref()));
                if bytes.len() >= Ran::MOST {
                    bytes.truncate(Ran::MOST);
                    break;
                }
            }
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        timeout(ANSWER, read).await.map_err(|_| late())?
    }
}
