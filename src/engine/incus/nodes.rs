//! Nodes: how much each has left, and a copy of a machine on another one.

use super::IncusEngine;
use super::life::member;
use super::wire::{self, code};
use crate::{EngineError, Figures, Result, Which};
use puerta_lab::model::Vm;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::time::Duration;

/// A whole disk goes over the nodes' network.
const COPY: Duration = Duration::from_secs(3600);

impl IncusEngine {
    pub(super) async fn figures_of(&self, node: &str) -> Result<Figures> {
        let clustered = self.host().await?.server_clustered;
        let target = if clustered { format!("?target={}", member(node)?) } else { String::new() };
        let (resources, pool) = (
            format!("/1.0/resources{target}"),
            format!("/1.0/storage-pools/{}/resources{target}", self.pool),
        );
        let (resources, pool) = tokio::try_join!(
            self.unless_refused::<wire::Resources>(&resources),
            self.unless_refused::<wire::Room>(&pool)
        )?;
        let memory = resources.as_ref().and_then(|resources| resources.memory.as_ref());
        let space = pool.and_then(|pool| pool.space);
        let load = resources.as_ref().and_then(|resources| resources.load.as_ref());
        Ok(Figures {
            load: load.map(|load| [load.one, load.five, load.fifteen]),
            memory_used: memory.map(|memory| memory.used),
            memory_total: memory.map(|memory| memory.total),
            disk_used: space.as_ref().map(|space| space.used),
            disk_total: space.map(|space| space.total),
        })
    }

    /// What a restricted certificate may not read is unknown, not an error.
    async fn unless_refused<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>> {
        match self.client.read(path).await {
            Ok(content) => Ok(Some(content)),
            Err(EngineError::Refused(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Incus can also move an instance by itself. But when a daemon dies in the middle of that, a volume
    /// stays on the other node that no record knows: it can neither be removed through the API nor does
    /// the machine, or another of its name, ever get there again. A copy has a record of its own from
    /// its first moment on.
    pub(super) async fn copied(&self, vm: &Vm, node: &str) -> Result<()> {
        let main = Which::Main.instance(vm.vmid);
        let found = self.known(&main).await?;
        match found.status_code {
            code::ERROR => return Err(EngineError::Away("the machine's node does not answer".into())),
            code::STOPPED => {}
            _ => return Err(EngineError::Running),
        }
        let source = json!({ "type": "copy", "source": main, "instance_only": true });
        let name = Which::New.instance(vm.vmid);
        let made = self.make_from(&source, Some(&found.architecture), &name, vm, node, COPY).await;
        made.map_err(|error| match error {
            // The other daemon died in the middle.
            EngineError::Other(text) if text.contains("unexpected EOF") => EngineError::Away(text),
            error => error,
        })
    }
}
