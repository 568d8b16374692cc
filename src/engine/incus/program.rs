//! Programs that Incus runs in a machine, at the ends of websockets: nothing of them is kept anywhere, and one whose
//! control socket goes is killed.

use super::client::{ANSWER, Answer, Client, To, Websocket, late};
use super::wire::{Awaiting, Executed};
use super::{IncusEngine, operation, path};
use crate::{EngineError, Result};
use hyper::Method;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// Incus gives up a program whose websockets do not come within five seconds.
pub(super) const SOCKETS: Duration = Duration::from_secs(4);
/// How long the end of a program may take once its output has ended.
pub(super) const ENDING: Duration = Duration::from_secs(5);

/// One that waits for its websockets.
pub(super) struct Program {
    /// Its operation, a path.
    pub(super) operation: String,
    /// What opens each websocket.
    secrets: BTreeMap<String, String>,
}

impl IncusEngine {
    /// Asks for one.
    pub(super) async fn program(&self, name: &str, body: &Value) -> Result<Program> {
        let at = format!("{}/exec", path(name));
        match self.client.call::<Awaiting>(To::Any, Method::POST, &at, Some(body), ANSWER).await? {
            Answer::Started(operation, Some(awaiting)) => {
                Ok(Program { operation, secrets: awaiting.metadata.fds })
            }
            _ => Err(EngineError::Other("a program without websockets".into())),
        }
    }
}

impl Program {
    /// One of its websockets, by its name.
    pub(super) async fn socket(&self, client: &Client, name: &str) -> Result<Websocket> {
        let id = operation::id(&self.operation)?;
        let plain = |secret: &&String| secret.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let secret = self.secrets.get(name).filter(plain);
        let secret = secret.ok_or_else(|| EngineError::Other("a secret that is none".into()))?;
        client.websocket(&format!("/1.0/operations/{id}/websocket?secret={secret}")).await
    }

    /// Its exit status, once its output has ended.
    pub(super) async fn status(&self, client: &Client) -> Result<i64> {
        let ended = client.ended(To::Any, &self.operation, ENDING, &|_| Ok(())).await;
        let said = ended?.and_then(|ended| ended.metadata).map(Value::Object);
        let said = said.and_then(|said| serde_json::from_value::<Executed>(said).ok());
        said.map(|said| said.status).ok_or_else(|| EngineError::Away("lost sight of a program".into()))
    }
}

/// What it says while its websockets are opened.
pub(super) async fn opened<T>(sockets: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(SOCKETS, sockets).await.map_err(|_| late())?
}
