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

#[cfg(test)]
mod tests {
    use super::super::Machine;
    use super::*;
    use std::collections::BTreeMap;

    /// A machine, and the copy beside it.
    fn engine(vmid: Vmid) -> SimEngine {
        let sim = SimEngine::new(None).unwrap();
        for (which, running) in [(Which::Main, true), (Which::New, false)] {
            let (node, tags) = ("sim01".to_owned(), BTreeMap::new());
            let (identity, content) = (String::new(), String::new());
            let machine =
                Machine { node, running, tags, authorized_keys: vec![], hosts: vec![], identity, content };
            sim.world().set((vmid, which), machine).unwrap();
        }
        sim
    }

    #[tokio::test]
    async fn only_a_stopped_one_is_renamed_and_only_to_a_free_name() {
        let vmid = Vmid::from_stored(3_149_763).unwrap();
        let sim = engine(vmid);
        let rename = |from, to| sim.rename(vmid, from, to);
        assert_eq!(rename(Which::New, Which::Main).await, Err(EngineError::Exists));
        assert_eq!(rename(Which::Main, Which::Old).await, Err(EngineError::Running));
        sim.halt(vmid, Which::Main, Duration::ZERO).await.unwrap();
        for _ in 0..2 {
            rename(Which::Main, Which::Old).await.unwrap();
        }
        let copies: Vec<_> = sim.world().machines.keys().map(|(_, which)| *which).collect();
        assert_eq!(copies, [Which::New, Which::Old]);
        rename(Which::New, Which::Main).await.unwrap();
        for which in [Which::Main, Which::Old] {
            sim.remove(vmid, which).await.unwrap();
        }
        assert_eq!(rename(Which::New, Which::Main).await, Err(EngineError::NotFound));
    }
}
