//! Making, starting, stopping, renaming and removing machines.

use super::operation::Outcome;
use super::spoiled::unstartable;
use super::wire::{self, NewInstance, code};
use super::{IncusEngine, path};
use crate::{EngineError, Result, Spec, Which};
use hyper::Method;
use puerta_lab::model::Vm;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::sleep;

/// Making one: an image may have to travel to the node and be unpacked there.
pub(super) const MAKE: Duration = Duration::from_secs(600);
/// Any other change of state, beside what it waits for by itself.
const CHANGE: Duration = Duration::from_secs(60);
/// As much of the log of one start as is read.
const LOG: usize = 64 << 10;
/// What a machine with a full disk gets so that Incus can write its own notes there and start it.
const SPARE_MIB: u32 = 64;

impl IncusEngine {
    pub(super) async fn make(&self, vm: &Vm, spec: &Spec) -> Result<()> {
        let name = Which::Main.instance(vm.vmid);
        let source = self.source_of(&vm.template).await?;
        let made = self.make_from(&source, None, &name, vm, &spec.node, MAKE).await;
        let made = match made {
            Ok(()) => self.push_files(&name, vm, spec).await,
            // Somebody else's, or our own of before: not ours to remove.
            Err(EngineError::Exists) => return Err(EngineError::Exists),
            Err(error) => Err(error),
        };
        if made.is_err() {
            // Only what this call made: the name is free for no other (the caller's lock), and a
            // machine of another registry entry keeps its life.
            let ours =
                |found: &wire::Instance| found.config.get("user.puerta.vm") == Some(&vm.id.to_string());
            if self.look(&name).await.is_ok_and(|found| found.as_ref().is_some_and(ours)) {
                self.discard(&name).await?;
            }
        }
        made
    }

    /// A stopped machine out of an image or another machine.
    pub(super) async fn make_from(
        &self,
        source: &Value,
        architecture: Option<&str>,
        name: &str,
        vm: &Vm,
        node: &str,
        deadline: Duration,
    ) -> Result<()> {
        let body = NewInstance {
            name,
            kind: "container",
            architecture,
            start: false,
            source,
            profiles: ["default"],
            config: Self::config(vm),
            devices: self.devices(vm),
        };
        let clustered = self.host().await?.server_clustered;
        let target = if clustered {
            format!("/1.0/instances?target={}", member(node)?)
        } else {
            "/1.0/instances".into()
        };
        // `Exists` must mean "before this call": a lost answer is an error, and the caller looks.
        if self.look(name).await?.is_some() {
            return Err(EngineError::Exists);
        }
        match self.client.run(Method::POST, &target, Some(&body), deadline).await? {
            Outcome::Done => Ok(()),
            Outcome::Lost => Err(EngineError::Away("lost sight of the creation".into())),
        }
    }

    pub(super) async fn power_on(&self, vm: &Vm, which: Which) -> Result<()> {
        let name = which.instance(vm.vmid);
        match self.known(&name).await?.status_code {
            code::RUNNING => return Ok(()),
            // An export that was cut between freezing and thawing leaves this.
            code::FROZEN | code::FREEZING => return self.thaw(&name).await,
            code::ERROR => return Err(EngineError::Away("the machine's node does not answer".into())),
            _ => {}
        }
        match self.change(&name, "start", false, 30, code::RUNNING).await {
            Err(EngineError::DiskFull) => self.start_with_spare(&name, vm).await,
            Err(error) if is_unstarted(&error) => {
                self.taken_down(&name).await;
                Err(self.unstarted(&name, error).await)
            }
            other => other,
        }
    }

    /// A start that failed is still called running until LXC has taken it down: whoever looks next would believe it.
    async fn taken_down(&self, name: &str) {
        for _ in 0..20 {
            match self.look(name).await {
                Ok(Some(found)) if found.status_code == code::RUNNING => {
                    sleep(Duration::from_millis(250)).await
                }
                _ => return,
            }
        }
    }

    /// Why LXC did not start it: of that Incus says only that it was so.
    async fn unstarted(&self, name: &str, error: EngineError) -> EngineError {
        let log = self.client.text(&format!("{}/logs/lxc.log", path(name)), LOG).await;
        match log.as_deref().ok().and_then(unstartable) {
            Some(spoiled) => EngineError::Spoiled(spoiled),
            None => error,
        }
    }

    /// With its quota full, Incus cannot write its notes and refuses to start the machine, which
    /// then could never be cleaned. A little more room for the start gets it over that.
    async fn start_with_spare(&self, name: &str, vm: &Vm) -> Result<()> {
        self.resize(name, vm, vm.limits.disk_mib.saturating_add(SPARE_MIB)).await?;
        let started = self.change(name, "start", false, 30, code::RUNNING).await;
        if let Err(error) = self.resize(name, vm, vm.limits.disk_mib).await {
            tracing::warn!(instance = name, %error, "the disk keeps its spare room");
        }
        started
    }

    async fn resize(&self, name: &str, vm: &Vm, disk_mib: u32) -> Result<()> {
        let body = json!({ "devices": self.devices_with_disk(vm, disk_mib) });
        self.client.run(Method::PATCH, &path(name), Some(&body), CHANGE).await.map(drop)
    }

    pub(super) async fn power_off(&self, name: &str, grace: Duration) -> Result<()> {
        match self.known(name).await?.status_code {
            code::STOPPED => return Ok(()),
            code::ERROR => return Err(EngineError::Away("the machine's node does not answer".into())),
            code::FROZEN | code::FREEZING => self.thaw(name).await?,
            _ => {}
        }
        // Zero would mean "for ever" to Incus.
        let seconds = grace.as_secs();
        if seconds > 0 {
            match self.change(name, "stop", false, seconds, code::STOPPED).await {
                Ok(()) => return Ok(()),
                Err(EngineError::Away(text)) => return Err(EngineError::Away(text)),
                Err(error) => tracing::debug!(instance = name, %error, "did not stop by itself"),
            }
        }
        self.change(name, "stop", true, 30, code::STOPPED).await
    }

    /// Incus thaws only what it calls frozen: a freeze that the daemon's own death cut short is finished first.
    pub(super) async fn thaw(&self, name: &str) -> Result<()> {
        if self.known(name).await?.status_code == code::FREEZING {
            self.change(name, "freeze", false, 0, code::FROZEN).await?;
        }
        self.change(name, "unfreeze", false, 0, code::RUNNING).await
    }

    /// One change of state, settled by the state itself whatever the answer was.
    pub(super) async fn change(
        &self,
        name: &str,
        action: &str,
        force: bool,
        seconds: u64,
        wished: u16,
    ) -> Result<()> {
        let body = json!({ "action": action, "force": force, "timeout": seconds });
        let state = format!("{}/state", path(name));
        let deadline = CHANGE + Duration::from_secs(seconds);
        let mut tries = 0;
        loop {
            let outcome = self.client.run(Method::PUT, &state, Some(&body), deadline).await;
            let error = match outcome {
                Ok(Outcome::Done) => return Ok(()),
                Ok(Outcome::Lost) => EngineError::Away("lost sight of the change".into()),
                Err(error) => error,
            };
            // A start that failed is still called running for a moment, while LXC takes it down.
            if is_unstarted(&error) {
                return Err(error);
            }
            if self.look(name).await.is_ok_and(|found| found.is_some_and(|f| f.status_code == wished)) {
                return Ok(());
            }
            // Something of an earlier life still works on it; it ends by itself.
            let busy = matches!(&error, EngineError::Other(text) if text.contains("is busy running"));
            if !busy || tries == 20 {
                return Err(error);
            }
            tries += 1;
            sleep(Duration::from_millis(500)).await;
        }
    }

    pub(super) async fn known(&self, name: &str) -> Result<wire::Instance> {
        self.look(name).await?.ok_or(EngineError::NotFound)
    }

    pub(super) async fn discard(&self, name: &str) -> Result<()> {
        const TRIES: u32 = 3;
        let mut last = EngineError::Other("cannot be removed".into());
        for _ in 0..TRIES {
            if self.look(name).await?.is_none() {
                return Ok(());
            }
            match self.power_off(name, Duration::ZERO).await {
                Ok(()) | Err(EngineError::NotFound) => {}
                Err(error) => return Err(error),
            }
            match self.client.run(Method::DELETE, &path(name), None::<&()>, MAKE).await {
                Ok(Outcome::Done) | Err(EngineError::NotFound) => return Ok(()),
                Ok(Outcome::Lost) => last = EngineError::Away("lost sight of the removal".into()),
                Err(error) => last = error,
            }
            sleep(Duration::from_millis(500)).await;
        }
        Err(last)
    }

    pub(super) async fn renamed(&self, from: &str, to: &str) -> Result<()> {
        match (self.look(from).await?, self.look(to).await?) {
            (None, Some(_)) => return Ok(()),
            (None, None) => return Err(EngineError::NotFound),
            (Some(_), Some(_)) => return Err(EngineError::Exists),
            (Some(_), None) => {}
        }
        let body = json!({ "name": to });
        let outcome = self.client.run(Method::POST, &path(from), Some(&body), CHANGE).await;
        let error = match outcome {
            Ok(Outcome::Done) => return Ok(()),
            Ok(Outcome::Lost) => EngineError::Away("lost sight of the renaming".into()),
            Err(error) => error,
        };
        match (self.look(from).await?, self.look(to).await?) {
            (None, Some(_)) => Ok(()),
            _ => Err(error),
        }
    }
}

/// Whether Incus says that LXC did not bring it up.
fn is_unstarted(error: &EngineError) -> bool {
    matches!(error, EngineError::Other(text) if text.contains("forkstart"))
}

/// A node's name as it goes into a query.
pub(super) fn member(node: &str) -> Result<&str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !node.is_empty() && node.chars().all(plain) {
        Ok(node)
    } else {
        Err(EngineError::Other("that is not the name of a node".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_cannot_smuggle_a_parameter() {
        assert!(member("nodo01").is_ok());
        for bad in ["", "a&project=default", "@group", "a b", "a#b"] {
            assert!(member(bad).is_err(), "{bad}");
        }
    }
}
