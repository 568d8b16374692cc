//! One copy of a simulated machine: stopped, renamed, removed.

use super::{SimEngine, World};
use crate::copies::Copies;
use crate::{EngineError, Result, Which};
use async_trait::async_trait;
use puerta_lab::plan::Vmid;
use std::time::Duration;

#[async_trait]
impl Copies for SimEngine {
    async fn exists(&self, vmid: Vmid, which: Which) -> Result<bool> {
        Ok(self.asked()?.machines.contains_key(&(vmid, which)))
    }

    async fn halt(&self, vmid: Vmid, which: Which, _grace: Duration) -> Result<()> {
        let mut world = self.effect(None).await?;
        world.reachable((vmid, which))?;
        world.halt((vmid, which))
    }

    async fn rename(&self, vmid: Vmid, from: Which, to: Which) -> Result<()> {
        self.effect(None).await?.rename(vmid, from, to)
    }

    async fn remove(&self, vmid: Vmid, which: Which) -> Result<()> {
        let mut world = self.effect(None).await?;
        let key = (vmid, which);
        match world.reachable(key) {
            Err(EngineError::NotFound) => return Ok(()),
            Err(error) => return Err(error),
            Ok(_) => {}
        }
        world.halt(key)?;
        world.unset(key).map(drop)
    }
}

impl World {
    fn rename(&mut self, vmid: Vmid, from: Which, to: Which) -> Result<()> {
        let (from, to) = ((vmid, from), (vmid, to));
        match (self.machines.contains_key(&from), self.machines.contains_key(&to)) {
            (false, true) => return Ok(()),
            (false, false) => return Err(EngineError::NotFound),
            (true, true) => return Err(EngineError::Exists),
            (true, false) => {}
        }
        let machine = self.reachable(from)?.clone();
        if machine.running {
            return Err(EngineError::Running);
        }
        // In this order a crash leaves both, never none.
        self.set(to, machine)?;
        self.unset(from).map(drop)
    }
}
