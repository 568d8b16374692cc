//! Files inside machines: host name and keys go in by Incus' files API, running or not, and no program
//! of the machine takes part. What is read is bounded.

use super::client::{ANSWER, To, away, empty, late};
use super::{IncusEngine, path, wire};
use crate::{EngineError, Result, authorized};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderName};
use hyper::{Method, StatusCode};
use puerta_lab::model::Vm;
use std::time::Duration;
use tokio::time::timeout;

/// Writing one.
const WRITE: Duration = Duration::from_secs(60);
/// Whose keys are longer than this keeps them by themself.
const MOST: usize = 256 * 1024;
const KEYS: &str = "/root/.ssh/authorized_keys";

impl IncusEngine {
    /// Host name and keys, before the first start. The image needs no agent for it.
    pub(super) async fn push_files(&self, name: &str, vm: &Vm, keys: &[String]) -> Result<()> {
        self.push_name(name, vm).await?;
        self.push(name, "/root/.ssh", "directory", "0700", String::new()).await?;
        self.push(name, KEYS, "file", "0600", authorized::with_lines("", keys)).await
    }

    /// The host name alone.
    pub(super) async fn push_name(&self, name: &str, vm: &Vm) -> Result<()> {
        self.push(name, "/etc/hostname", "file", "0644", format!("{}\n", vm.name)).await
    }

    /// Other keys of puerta's in a machine that is there.
    pub(super) async fn write_keys(&self, name: &str, keys: &[String]) -> Result<()> {
        let old = self.pull(name, KEYS).await?;
        let new = authorized::with_lines(old.as_deref().unwrap_or_default(), keys);
        if old.is_none() {
            self.push(name, "/root/.ssh", "directory", "0700", String::new()).await?;
        }
        if old.as_deref() == Some(&new) {
            return Ok(());
        }
        self.push(name, KEYS, "file", "0600", new).await
    }

    async fn push(&self, name: &str, file: &str, kind: &str, mode: &str, content: String) -> Result<()> {
        let headers = [
            // Without it the body is taken for a form, and the file is written empty.
            (CONTENT_TYPE, "application/octet-stream"),
            (HeaderName::from_static("x-incus-type"), kind),
            (HeaderName::from_static("x-incus-mode"), mode),
            (HeaderName::from_static("x-incus-uid"), "0"),
            (HeaderName::from_static("x-incus-gid"), "0"),
            (HeaderName::from_static("x-incus-write"), "overwrite"),
        ];
        let path = format!("{}/files?path={file}", path(name));
        let content = Bytes::from(content);
        let answer = self.client.raw::<wire::Ignored>(To::Any, Method::POST, &path, &headers, content, WRITE);
        answer.await.map(drop)
    }

    /// What a file says; `None` when it is not there. `Refused` when it is something else than a file.
    async fn pull(&self, name: &str, file: &str) -> Result<Option<String>> {
        let path = format!("{}/files?path={file}", path(name));
        let read = async {
            let response = self.client.send(To::Any, Method::GET, &path, &[], Some(0), empty()).await?;
            match response.status() {
                StatusCode::NOT_FOUND => return Ok(None),
                status if !status.is_success() => {
                    return Err(EngineError::Other(format!("a file cannot be read: {status}")));
                }
                _ => {}
            }
            if response.headers().get("x-incus-type").is_some_and(|kind| kind != "file") {
                return Err(EngineError::Refused(format!("{file} is no file")));
            }
            let body = Limited::new(response.into_body(), MOST).collect().await.map_err(away)?;
            Ok(Some(String::from_utf8_lossy(&body.to_bytes()).into_owned()))
        };
        timeout(ANSWER, read).await.map_err(|_| late())?
    }
}
