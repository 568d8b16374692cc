//! After a puerta that was killed, or an export that was given up: Incus goes on with what it was
//! asked for. Nothing may be judged or removed before that has ended.

use super::IncusEngine;
use super::wire::{self, code};
use crate::{EngineError, Result, Which};
use puerta_lab::model::Vm;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::OwnedMutexGuard;
use tokio::time::{Instant, sleep, timeout};

/// How long to watch before the caller is told that the engine is not there for it.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long the caller waits for an export that nobody wants any more; it may take hours.
const SOON: Duration = Duration::from_secs(5);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(200);

impl IncusEngine {
    /// Waits for what still works on the machine or a copy of it, thaws it, empties its spool. An
    /// export that goes on for long is left to end by itself, and its spool is emptied then.
    pub(super) async fn quieten(&self, vm: &Vm) -> Result<()> {
        let names = [Which::Main, Which::New, Which::Old].map(|which| which.instance(vm.vmid));
        let main = names[0].as_str();
        // Without it, somebody else here waits for the export and empties the spool.
        let turn = timeout(SOON, self.exports_of(main).lock_owned()).await.ok();
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let running = self.at_work(&names).await?;
            if running.iter().all(wire::AtWork::exports) {
                match self.look(main).await?.map(|found| found.status_code) {
                    None => return Ok(()),
                    // An export does not need it frozen any more: what it makes will not be used.
                    Some(code::FROZEN | code::FREEZING) => self.thaw(main).await?,
                    Some(_) if turn.is_none() => return Ok(()),
                    Some(_) if running.is_empty() => return self.empty_spool(main).await,
                    Some(_) if begun.elapsed() > SOON => {
                        self.empty_later(names, turn);
                        return Ok(());
                    }
                    Some(_) => {}
                }
            }
            sleep(PAUSE).await;
        }
        Err(EngineError::Away("it still works on what it was asked for before".into()))
    }

    /// A kill of puerta before the end leaves the spool to the next export, or to Incus, for which
    /// it expires.
    fn empty_later(&self, names: [String; 3], turn: Option<OwnedMutexGuard<()>>) {
        let engine = self.clone();
        tokio::spawn(async move {
            while engine.at_work(&names).await.is_ok_and(|running| !running.is_empty()) {
                sleep(SOON).await;
            }
            engine.insist(|| engine.empty_spool(&names[0])).await;
            drop(turn);
        });
    }

    /// Tasks on these instances, and images that arrive: whose those are, only their end tells.
    pub(super) async fn at_work(&self, names: &[String]) -> Result<Vec<wire::AtWork>> {
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
