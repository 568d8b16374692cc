//! Taking a machine out as an archive.
//!
//! Freeze where the pool cannot take an instant snapshot by itself, have Incus spool a backup,
//! thaw, fetch it, remove the spool. Incus lists a backup that a crash cut short as a good one, so
//! only one whose making we saw end well is fetched, and one of an earlier call is removed unseen.

use super::client::{ANSWER, Answer, To, away, empty, late, open};
use super::error::local;
use super::operation::Outcome;
use super::wire::{self, Operation, code};
use super::{IncusEngine, path};
use crate::{EngineError, Progress, Result, Which};
use http_body_util::BodyExt;
use hyper::Method;
use hyper::header::CONTENT_LENGTH;
use puerta_lab::model::Vm;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::io::AsyncWriteExt;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::{sleep, timeout};

/// The name of our spooled backups: one at a time a machine, so that leftovers are found.
const SPOOL: &str = "puerta";
/// How long Incus may take to make one; it cannot be cancelled there, only no longer waited for.
const SPOOLING: Duration = Duration::from_secs(30 * 60);
/// The same while the machine stands still for it.
const FROZEN: Duration = Duration::from_secs(10 * 60);
/// How long the transfer may say nothing.
const SILENCE: Duration = Duration::from_secs(60);

impl IncusEngine {
    pub(super) async fn save(
        &self,
        vm: &Vm,
        file: &Path,
        max_bytes: u64,
        progress: Progress<'_>,
    ) -> Result<u64> {
        let name = Which::Main.instance(vm.vmid);
        let turn = self.turn(&name).await?;
        let found = self.look(&name).await?.ok_or(EngineError::NotFound)?;
        if found.status_code == code::ERROR {
            return Err(EngineError::Away("the machine's node does not answer".into()));
        }
        // Whatever happens from here on, also to this future: thawed, and the spool emptied.
        let mut tidy =
            Tidy { engine: self.clone(), name: name.clone(), thaw: false, spool: None, turn: Some(turn) };
        self.empty_spool(&name).await?;
        tidy.thaw = matches!(found.status_code, code::FROZEN | code::FREEZING);
        if found.status_code == code::RUNNING && !self.snapshots().await? {
            tidy.thaw = true;
            self.change(&name, "freeze", false, 0, code::FROZEN).await?;
        }
        let spooled = self.spool(&name, &mut tidy, max_bytes, progress).await;
        if tidy.thaw {
            self.change(&name, "unfreeze", false, 0, code::RUNNING).await?;
            tidy.thaw = false;
        }
        spooled?;
        let saved = self.fetch(&name, file, max_bytes, progress).await;
        if self.empty_spool(&name).await.is_ok() {
            tidy.spool = None;
        }
        saved
    }

    /// What an earlier export of the machine left must be put away first: its thaw and its removal
    /// of the spool would hit this one's.
    async fn turn(&self, name: &str) -> Result<OwnedMutexGuard<()>> {
        let turn = timeout(SILENCE, self.exports_of(name).lock_owned()).await;
        turn.map_err(|_| EngineError::Away("an earlier export of it is still being put away".into()))
    }

    /// Held by who exports the machine, or puts away what an export left.
    pub(super) fn exports_of(&self, name: &str) -> Arc<Mutex<()>> {
        Arc::clone(&self.exports.entry(name.to_owned()).or_default())
    }

    /// Whether the pool copies a running machine as it was at one moment. Only `dir` does not.
    async fn snapshots(&self) -> Result<bool> {
        let pool: Result<wire::Pool> = self.client.read(&format!("/1.0/storage-pools/{}", self.pool)).await;
        match pool {
            Ok(pool) => Ok(pool.driver != "dir"),
            Err(EngineError::Away(text)) => Err(EngineError::Away(text)),
            // Not ours to see: then we take no chances.
            Err(_) => Ok(false),
        }
    }

    async fn spool(&self, name: &str, tidy: &mut Tidy, max_bytes: u64, progress: Progress<'_>) -> Result<()> {
        // Should we never come back to remove it, Incus does.
        let expires = (OffsetDateTime::now_utc() + time::Duration::days(1)).format(&Rfc3339);
        let body = json!({
            "name": SPOOL, "instance_only": true, "compression_algorithm": "zstd", "optimized_storage": false,
            "expires_at": expires.map_err(|error| EngineError::Other(error.to_string()))?,
        });
        let backups = format!("{}/backups", path(name));
        tidy.spool = Some(None);
        let started =
            self.client.call::<Operation>(To::Any, Method::POST, &backups, Some(&body), ANSWER).await?;
        let Answer::Started(operation, _) = started else {
            return Err(EngineError::Other("a backup that did not start".into()));
        };
        tidy.spool = Some(Some(operation.clone()));
        let watch = |state: &Operation| {
            let written = written(state);
            progress(written, None);
            if written > max_bytes { Err(too_long(max_bytes)) } else { Ok(()) }
        };
        let limit = if tidy.thaw { FROZEN } else { SPOOLING };
        match timeout(limit, self.client.wait(To::Any, &operation, SPOOLING * 2, &watch)).await {
            Ok(Ok(Outcome::Done)) => Ok(()),
            Ok(Ok(Outcome::Lost)) => Err(EngineError::Away("lost sight of the backup".into())),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(EngineError::Bounds(format!("not ready in {} minutes", limit.as_secs() / 60))),
        }
    }

    async fn fetch(&self, name: &str, file: &Path, max_bytes: u64, progress: Progress<'_>) -> Result<u64> {
        let export = format!("{}/backups/{SPOOL}/export", path(name));
        let ask = self.client.send(To::Any, Method::GET, &export, &[], Some(0), empty());
        let response = timeout(ANSWER, ask).await.map_err(|_| late())??;
        if !response.status().is_success() {
            return match open::<wire::Ignored>(response).await {
                Err(error) => Err(error),
                Ok(_) => Err(EngineError::Other("an export that is none".into())),
            };
        }
        let stated = response.headers().get(CONTENT_LENGTH);
        let total: u64 = stated
            .and_then(|length| length.to_str().ok()?.parse().ok())
            .ok_or_else(|| EngineError::Other("an export without a length".into()))?;
        if total > max_bytes {
            return Err(too_long(max_bytes));
        }
        let mut options = tokio::fs::OpenOptions::new();
        let mut output =
            options.write(true).create_new(true).mode(0o600).open(file).await.map_err(|e| local(&e))?;
        let mut partial = Partial { file: file.to_owned(), keep: false };
        let mut body = response.into_body();
        let mut bytes = 0;
        loop {
            let frame = timeout(SILENCE, body.frame()).await;
            let Some(frame) = frame.map_err(|_| EngineError::Away("the transfer stands still".into()))?
            else {
                break;
            };
            let Ok(piece) = frame.map_err(away)?.into_data() else { continue };
            bytes += piece.len() as u64;
            if bytes > max_bytes {
                return Err(too_long(max_bytes));
            }
            output.write_all(&piece).await.map_err(|error| local(&error))?;
            progress(bytes, Some(total));
        }
        output.flush().await.map_err(|error| local(&error))?;
        output.sync_all().await.map_err(|error| local(&error))?;
        if bytes != total {
            return Err(EngineError::Away("the transfer was cut".into()));
        }
        partial.keep = true;
        Ok(bytes)
    }

    pub(super) async fn empty_spool(&self, name: &str) -> Result<()> {
        self.client.erase(&format!("{}/backups/{SPOOL}", path(name))).await
    }
}

/// Thaws and empties the spool if an export does not come to its own end.
struct Tidy {
    engine: IncusEngine,
    name: String,
    thaw: bool,
    /// A backup may be there; and the operation that makes it, once known.
    spool: Option<Option<String>>,
    turn: Option<OwnedMutexGuard<()>>,
}

impl Drop for Tidy {
    fn drop(&mut self) {
        let (thaw, spool, turn) = (self.thaw, self.spool.take(), self.turn.take());
        if !thaw && spool.is_none() {
            return;
        }
        let (engine, name) = (self.engine.clone(), std::mem::take(&mut self.name));
        // Without a runtime the process is ending; `start` thaws, and the next export empties.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            if thaw {
                engine.insist(|| engine.thaw(&name)).await;
            }
            if let Some(Some(operation)) = &spool {
                // It cannot be stopped, and its file is only ours to remove once it is whole.
                let _ = engine.client.wait(To::Any, operation, SPOOLING * 2, &|_| Ok(())).await;
            }
            if spool.is_some() {
                engine.insist(|| engine.empty_spool(&name)).await;
            }
            drop(turn);
        });
    }
}

impl IncusEngine {
    /// Tries for two minutes, as long as the engine is away.
    pub(super) async fn insist<F: Future<Output = Result<()>>>(&self, act: impl Fn() -> F) {
        for _ in 0..60 {
            match act().await {
                Err(EngineError::Away(_)) => sleep(Duration::from_secs(2)).await,
                Err(error) => return tracing::warn!(%error, "left behind by an export"),
                Ok(()) => return,
            }
        }
    }
}

/// Removes a file that did not become whole.
struct Partial {
    file: PathBuf,
    keep: bool,
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.keep {
            let _ = std::fs::remove_file(&self.file);
        }
    }
}

/// `create_backup_progress: "12.34MB (5.67MB/s)"`: bytes of the archive so far.
fn written(operation: &Operation) -> u64 {
    let text = operation.metadata.as_ref().and_then(|all| all.get("create_backup_progress")?.as_str());
    let text = text.and_then(|text| text.split(' ').next()).unwrap_or_default();
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let number: f64 = text[..text.len() - unit.len()].parse().unwrap_or_default();
    let scale = match unit {
        "B" => 1.0,
        "kB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        "TB" => 1e12,
        _ => 0.0,
    };
    (number * scale) as u64
}

fn too_long(max_bytes: u64) -> EngineError {
    EngineError::Bounds(format!("more than {max_bytes} bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_read_from_its_text() {
        let operation = |text: &str| {
            let value = json!({ "status_code": 103, "metadata": { "create_backup_progress": text } });
            serde_json::from_value::<Operation>(value).unwrap()
        };
        assert_eq!(written(&operation("12.34MB (5.67MB/s)")), 12_340_000);
        assert_eq!(written(&operation("17B (1B/s)")), 17);
        assert_eq!(written(&operation("nonsense")), 0);
        assert_eq!(written(&operation("é1MB")), 0);
    }
}
