//! What the jobs do to a machine. Every body may run again from its beginning after a restart:
//! a result that is already there is not made twice.

use crate::app::error::{Error, Kind, Result};
use crate::app::firewall::refused;
use crate::app::jobs::Reporter;
use crate::app::port::{self, Wanted};
use crate::app::reply::{Reply, VmReply, VmView};
use crate::app::{App, backup, clock, moving, restore, status, template};
use puerta_engine::{EngineError, Spec, Status, Which};
use puerta_firewall::FirewallError;
use puerta_lab::model::{Job, JobKind, Phase, Vm};
use puerta_policy::decide::Permit;
use std::sync::Arc;
use std::time::Duration;

/// What a job was permitted to do.
pub struct Work {
    /// The machine, judged.
    pub permit: Permit<Vm>,
    /// Without asking the machine to shut down.
    pub force: bool,
    /// The step at which a restart of puerta cut it, when it is carried on.
    pub resumed: Option<String>,
    /// Of a new machine: what its template wants published.
    pub(super) ports: Vec<Wanted>,
}

impl Work {
    /// A job's first run.
    pub fn new(permit: Permit<Vm>) -> Self {
        Self { permit, force: false, resumed: None, ports: Vec::new() }
    }
}

impl App {
    pub(super) async fn carry_out(
        self: &Arc<Self>,
        job: &Job,
        work: Work,
        report: &Reporter,
    ) -> Result<Reply> {
        let Work { permit, force, resumed, ports } = work;
        let grace = if force { Duration::ZERO } else { self.config.machine.stop_grace };
        match job.kind {
            JobKind::Create => {
                let vm = self.create(&permit, report).await?;
                let (ports, unpublished) = port::publish_wanted(self, job, ports).await;
                Ok(Reply::Vm(VmReply::Created { vm, ports, unpublished }))
            }
            JobKind::Start => {
                report.step("start").await?;
                self.engine_start(&permit).await?;
                Ok(Reply::Vm(VmReply::Started(self.after(&permit).await)))
            }
            JobKind::Stop => {
                report.step("stop").await?;
                self.found(&permit, self.engine.stop(&permit, Which::Main, grace).await)?;
                Ok(Reply::Vm(VmReply::Stopped(self.after(&permit).await)))
            }
            JobKind::Restart => {
                report.step("stop").await?;
                self.found(&permit, self.engine.stop(&permit, Which::Main, grace).await)?;
                report.step("start").await?;
                self.engine_start(&permit).await?;
                Ok(Reply::Vm(VmReply::Restarted(self.after(&permit).await)))
            }
            JobKind::Delete => self.delete(job, &permit, report).await,
            JobKind::Backup => backup::make(self, job, &permit, report).await,
            JobKind::Publish => template::make(self, job, &permit, report).await,
            JobKind::Restore => {
                let reply = restore::put_back(self, job, &permit, resumed.as_deref(), report).await?;
                // The backup has those of its day.
                self.hand_keys(&permit).await;
                Ok(reply)
            }
            JobKind::Move => moving::carry(self, job, &permit, resumed.as_deref(), grace, report).await,
        }
    }

    /// The machine as it is after the act.
    pub(super) async fn after(&self, permit: &Permit<Vm>) -> Box<VmView> {
        let found = self.instance(permit.target()).await;
        let seen = found.ok().map(|found| found.into_iter().map(|found| (found.vmid, found)).collect());
        let mut vm = permit.target().clone();
        vm.phase = Phase::Ready;
        Box::new(status::view(&vm, seen.as_ref(), None))
    }

    /// "No such instance" means that the registry and the engine differ: say so.
    fn found<T>(&self, permit: &Permit<Vm>, result: puerta_engine::Result<T>) -> Result<T> {
        result.map_err(|error| match error {
            EngineError::NotFound => {
                Error::new(Kind::Conflict, "error-vm-missing").with("vm", &permit.target().name)
            }
            other => other.into(),
        })
    }

    pub(super) async fn engine_start(&self, permit: &Permit<Vm>) -> Result<()> {
        // What changed while it was not to be written to.
        self.hand_keys(permit).await;
        self.found(permit, self.engine.start(permit, Which::Main).await)
    }

    async fn create(&self, permit: &Permit<Vm>, report: &Reporter) -> Result<Box<VmView>> {
        let made = self.create_and_start(permit, report).await;
        if let Err(error) = &made {
            // Nothing half-made stays: neither in the engine nor in the registry.
            tracing::warn!(vm = permit.target().vmid.get(), ?error, "creating a machine failed");
            let foreign = error.id == "error-vm-foreign";
            let remove = || self.engine.remove(permit, Which::Main);
            if foreign || report.put_away(error, remove).await.is_ok() {
                self.store.delete_vm(permit.target().id).await?;
            }
        }
        made
    }

    async fn create_and_start(&self, permit: &Permit<Vm>, report: &Reporter) -> Result<Box<VmView>> {
        let vm = permit.target();
        report.step("create").await?;
        let keys = self.store.keys_of_seat(vm.seat).await?;
        let spec = Spec {
            node: vm.node.clone().unwrap_or_default(),
            authorized_keys: keys.into_iter().map(|key| key.line).collect(),
        };
        match self.engine.create(permit, &spec).await {
            Err(EngineError::Exists) => {
                // Left by a puerta that was killed half-way: one that runs had everything; another
                // may lack its keys, so it is made again. What is not this machine is not touched.
                let left = self.engine.find(vm.vmid, Which::Main).await?;
                if left.as_ref().is_some_and(|left| left.tags.get("vm") != Some(&vm.id.to_string())) {
                    return Err(Error::new(Kind::Conflict, "error-vm-foreign").with("vm", &vm.name));
                }
                if left.is_none_or(|left| left.status != Status::Running) {
                    self.engine.remove(permit, Which::Main).await?;
                    self.engine.create(permit, &spec).await?;
                }
            }
            made => made?,
        }
        report.step("start").await?;
        self.engine.start(permit, Which::Main).await?;
        self.store.set_phase(vm.id, Phase::Ready).await?;
        Ok(self.after(permit).await)
    }

    async fn delete(&self, job: &Job, permit: &Permit<Vm>, report: &Reporter) -> Result<Reply> {
        let vm = permit.target();
        let ports = self.close_ports(vm).await?;
        self.changed();
        report.step("remove").await?;
        // Begun, it is finished, also when the engine is away for a while: there is no way back.
        for which in [Which::Main, Which::New, Which::Old] {
            let remove = || self.engine.remove(permit, which);
            match remove().await {
                Err(away @ EngineError::Away(_)) => report.put_away(&away.into(), remove).await?,
                done => done?,
            }
        }
        let backups = self.store.backups_of(&[vm.seat]).await?;
        let kept = backups.iter().filter(|backup| backup.vm_name == vm.name).count();
        self.store.finish_delete(job.id, vm.id, clock::now()).await?;
        Ok(Reply::Vm(VmReply::Deleted {
            vm: vm.name.to_string(),
            backups_kept: kept as u32,
            ports_closed: ports,
        }))
    }

    /// From here on the machine is being removed and no port leads to it: the next one with its address
    /// must not be reached by them. Where the firewall cannot do that, the machine stays as it was.
    async fn close_ports(&self, vm: &Vm) -> Result<u32> {
        // Nobody publishes in between.
        let mut turn = self.wall.turn().await;
        let before = self.store.vm(vm.id).await?.map_or(vm.phase, |now| now.phase);
        self.store.set_phase(vm.id, Phase::Deleting).await?;
        let ports = self.store.publications_count(vm.id).await?;
        if ports > 0 {
            match self.reconcile_now(&mut turn).await {
                Ok(_) | Err(FirewallError::Off) => {}
                Err(error) => {
                    self.store.set_phase(vm.id, before).await?;
                    return Err(refused(&error));
                }
            }
        }
        Ok(ports)
    }
}

impl From<EngineError> for Error {
    fn from(error: EngineError) -> Self {
        let unavailable = |id| Self::new(Kind::Unavailable, id);
        match error {
            EngineError::Away(cause) => {
                tracing::warn!(cause, "the engine does not answer");
                unavailable("error-engine-away")
            }
            EngineError::NoTemplate => unavailable("error-template-missing"),
            EngineError::NoSpace => unavailable("error-no-space"),
            EngineError::AddressInUse => unavailable("error-address-held"),
            EngineError::DiskFull => Self::new(Kind::Limited, "error-disk-full"),
            EngineError::Bounds(reason) => Self::new(Kind::Limited, "error-bounds").with("reason", reason),
            EngineError::BadArchive(cause) => {
                tracing::warn!(cause, "an archive is not usable");
                Self::new(Kind::Conflict, "error-bad-archive")
            }
            other => Self::internal(&other),
        }
    }
}
