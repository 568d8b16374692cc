//! After a puerta that was killed, or an export that was given up: Incus goes on with what it was
//! asked for. Nothing may be judged or removed before that has ended.

use super::IncusEngine;
use super::wire::{self, code};
use crate::engine::{EngineError, Result, Which};
use puerta_policy::model::Vm;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long to watch before the caller is told that the engine is not there for it.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(200);

impl IncusEngine {
    /// Waits for what still works on the machine or a copy of it, thaws it, empties its spool.
    pub(super) async fn quieten(&self, vm: &Vm) -> Result<()> {
        let names = [Which::Main, Which::New, Which::Old].map(|which| which.instance(vm.vmid));
        let main = names[0].as_str();
        let _turn = self.turn(main).await?;
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            let running = self.at_work(&names).await?;
            let exporting = |operation: &wire::AtWork| operation.description.starts_with("Backing up");
            if running.iter().all(exporting) {
                let found = self.look(main).await?;
                match found.as_ref().map(|found| found.status_code) {
                    // An export does not need it frozen any more: what it makes will not be used.
                    Some(code::FROZEN) => self.change(main, "unfreeze", false, 0, code::RUNNING).await?,
                    _ if !running.is_empty() => {}
                    None => return Ok(()),
                    Some(_) => return self.empty_spool(main).await,
                }
            }
            sleep(PAUSE).await;
        }
        Err(EngineError::Away("it still works on what an earlier puerta asked for".into()))
    }

    /// Tasks on these instances, and images that arrive: whose those are, only their end tells.
    async fn at_work(&self, names: &[String]) -> Result<Vec<wire::AtWork>> {
        let all: BTreeMap<String, Vec<wire::AtWork>> =
            self.client.read("/1.0/operations?recursion=1").await?;
        let ours = |operation: &wire::AtWork| {
            let mut paths = operation.resources.values().flatten();
            operation.class == "task"
                && operation.status_code < code::SUCCESS
                && (operation.description.to_lowercase().contains("image")
                    || paths.any(|path| {
                        let name = path.strip_prefix("/1.0/instances/").unwrap_or_default();
                        let name = name.split(['/', '?']).next().unwrap_or_default();
                        names.iter().any(|ours| ours == name)
                    }))
        };
        Ok(all.into_values().flatten().filter(ours).collect())
    }
}
