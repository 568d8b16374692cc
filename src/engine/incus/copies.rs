//! One copy of a machine, which Incus knows by its name: stopped, renamed, removed.

use super::IncusEngine;
use crate::copies::Copies;
use crate::{Engine, Result, Which};
use async_trait::async_trait;
use puerta_lab::plan::Vmid;
use std::time::Duration;

#[async_trait]
impl Copies for IncusEngine {
    async fn exists(&self, vmid: Vmid, which: Which) -> Result<bool> {
        Ok(Engine::find(self, vmid, which).await?.is_some())
    }

    async fn halt(&self, vmid: Vmid, which: Which, grace: Duration) -> Result<()> {
        self.power_off(&which.instance(vmid), grace).await
    }

    async fn rename(&self, vmid: Vmid, from: Which, to: Which) -> Result<()> {
        self.renamed(&from.instance(vmid), &to.instance(vmid)).await
    }

    async fn remove(&self, vmid: Vmid, which: Which) -> Result<()> {
        let name = which.instance(vmid);
        self.discard(&name).await?;
        // What a restore that was cut short left beside it.
        if which == Which::New { self.sweep_images(&name).await } else { Ok(()) }
    }
}
