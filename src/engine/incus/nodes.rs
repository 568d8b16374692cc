//! Nodes: how much each has left, and taking a stopped machine from one to another.

use super::life::member;
use super::wire::{self, code};
use super::{IncusEngine, path};
use crate::engine::{EngineError, Figures, Result, Which};
use hyper::Method;
use puerta_policy::model::Vm;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::time::Duration;

/// A whole disk goes over the nodes' network.
const MOVE: Duration = Duration::from_secs(3600);

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

    /// Incus moves within a cluster, and only what is stopped (live migration of containers is not to
    /// be had); the record changes its node at the very end.
    pub(super) async fn carry(&self, vm: &Vm, node: &str) -> Result<()> {
        let name = Which::Main.instance(vm.vmid);
        let host = self.host().await?;
        if !host.server_clustered {
            self.known(&name).await?;
            let here = host.server_name == node;
            return if here { Ok(()) } else { Err(EngineError::Other("there is no such node".into())) };
        }
        let found = self.known(&name).await?;
        match found.status_code {
            _ if found.location == node => return Ok(()),
            code::ERROR => return Err(EngineError::Away("the machine's node does not answer".into())),
            code::STOPPED => {}
            _ => return Err(EngineError::Running),
        }
        let target = format!("{}?target={}", path(&name), member(node)?);
        let moved = self.client.run(Method::POST, &target, Some(&json!({ "migration": true })), MOVE).await;
        // Whatever the answer was, the record tells.
        if self.known(&name).await?.location == node {
            return Ok(());
        }
        moved.and(Err(EngineError::Away("lost sight of the move".into())))
    }
}
