//! Incus' background operations: started by a call, awaited here. A finished one is forgotten
//! after five seconds, so "no such operation" means "look at the machine", never "it failed".

use super::client::{ANSWER, Answer, Client, To};
use super::error::classify;
use super::wire::{Ignored, Operation, code};
use crate::{EngineError, Result};
use hyper::Method;
use serde::Serialize;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How an operation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Well.
    Done,
    /// Nobody knows any more; the machine's state tells.
    Lost,
}

/// Called with every look at a running operation.
pub(super) type Watch<'a> = &'a (dyn Fn(&Operation) -> Result<()> + Send + Sync);

impl Client {
    /// A call that may start an operation, awaited.
    pub(super) async fn run(
        &self,
        method: Method,
        path: &str,
        body: Option<&(impl Serialize + Sync)>,
        deadline: Duration,
    ) -> Result<Outcome> {
        match self.call::<Ignored>(To::Any, method, path, body, ANSWER).await? {
            Answer::Done(_) => Ok(Outcome::Done),
            Answer::Started(operation, _) => self.wait(To::Any, &operation, deadline, &|_| Ok(())).await,
        }
    }

    /// Removes something; absent is success. An incusd that is killed meanwhile forgets the operation
    /// and may have kept the thing: asked again, it says.
    pub(super) async fn erase(&self, path: &str) -> Result<()> {
        for _ in 0..3 {
            match self.run(Method::DELETE, path, None::<&()>, ANSWER).await {
                Ok(Outcome::Done) | Err(EngineError::NotFound) => return Ok(()),
                Ok(Outcome::Lost) => {}
                Err(error) => return Err(error),
            }
        }
        Err(EngineError::Away("lost sight of a removal".into()))
    }

    /// Waits for an operation. Past the deadline it goes on without us (`Away`).
    pub(super) async fn wait(
        &self,
        to: To,
        operation: &str,
        deadline: Duration,
        watch: Watch<'_>,
    ) -> Result<Outcome> {
        let ended = self.ended(to, operation, deadline, watch).await?;
        Ok(if ended.is_some() { Outcome::Done } else { Outcome::Lost })
    }

    /// The same, and what the operation said at its end; `None` when nobody knows any more.
    pub(super) async fn ended(
        &self,
        to: To,
        operation: &str,
        deadline: Duration,
        watch: Watch<'_>,
    ) -> Result<Option<Operation>> {
        const SLICE: u64 = 2;
        let id = id(operation)?;
        let end = Instant::now() + deadline;
        let mut missed = 0;
        while Instant::now() < end {
            let path = format!("/1.0/operations/{id}/wait?timeout={SLICE}");
            let answer = self.call::<Operation>(to, Method::GET, &path, None::<&()>, ANSWER).await;
            let look = match answer {
                Err(EngineError::Other(text)) if text == "context deadline exceeded" => {
                    self.look(to, id).await
                }
                other => other,
            };
            match look {
                Ok(Answer::Done(Some(state))) if state.status_code == code::SUCCESS => {
                    return Ok(Some(state));
                }
                Ok(Answer::Done(Some(state))) if state.status_code >= code::FAILURE => {
                    return Err(classify(state.status_code, &state.err));
                }
                Ok(Answer::Done(Some(state))) => watch(&state)?,
                Ok(_) => return Err(EngineError::Other("an operation without a state".into())),
                Err(error) if gone(&error) => return Ok(None),
                // The daemon may be restarting: ask again a little, then say that we do not know.
                Err(EngineError::Away(_)) if missed < 4 => {
                    missed += 1;
                    sleep(Duration::from_millis(500)).await;
                }
                Err(error) => return Err(error),
            }
        }
        Err(EngineError::Away("the operation takes longer than allowed".into()))
    }

    async fn look(&self, to: To, id: &str) -> Result<Answer<Operation>> {
        self.call(to, Method::GET, &format!("/1.0/operations/{id}"), None::<&()>, ANSWER).await
    }
}

fn gone(error: &EngineError) -> bool {
    matches!(error, EngineError::Other(text) if text.to_lowercase().contains("operation not found"))
}

/// The UUID in `/1.0/operations/UUID[?project=default]`.
pub(super) fn id(operation: &str) -> Result<&str> {
    let path = operation.split('?').next().unwrap_or_default();
    let id = path.rsplit('/').next().unwrap_or_default();
    let plausible = id.len() == 36 && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    plausible.then_some(id).ok_or_else(|| EngineError::Other("an operation without an id".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_with_and_without_project() {
        let uuid = "d34e8a33-7671-44ed-a697-c6ad60ab558a";
        assert_eq!(id(&format!("/1.0/operations/{uuid}")).unwrap(), uuid);
        assert_eq!(id(&format!("/1.0/operations/{uuid}?project=default")).unwrap(), uuid);
        assert!(id("/1.0/operations/../instances").is_err());
        assert!(id("").is_err());
    }
}
