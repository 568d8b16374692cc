//! Whether all that a practice wants of a seat fits its quotas: asked once, for the whole.

use crate::app::App;
use crate::app::error::{Error, Kind, Result};
use puerta_engine::EngineError;
use puerta_lab::model::{Limits, Seat, VmId};
use puerta_lab::quota::Quota;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is wanted of one seat beside what it has.
#[derive(Default)]
pub(super) struct Sum {
    machines: u32,
    memory_mib: u32,
    cpus: u32,
    disk_mib: u32,
    publications: u32,
    starts: BTreeSet<VmId>,
}

impl Sum {
    /// A machine more, with ports.
    pub(super) fn make(&mut self, limits: Limits, ports: usize) {
        self.machines += 1;
        self.grow(Limits { cpus: 0, memory_mib: 0, disk_mib: 0, ..limits }, limits);
        self.publications += ports as u32;
    }

    /// One that is there, which may use more than before.
    pub(super) fn grow(&mut self, old: Limits, new: Limits) {
        self.memory_mib += new.memory_mib.saturating_sub(old.memory_mib);
        self.cpus += new.cpus.saturating_sub(old.cpus);
        self.disk_mib += new.disk_mib.saturating_sub(old.disk_mib);
    }

    /// One that is there is to run.
    pub(super) fn start(&mut self, vm: VmId) {
        self.starts.insert(vm);
    }

    /// What of it does not fit, a line each.
    pub(super) async fn refused(&self, app: &Arc<App>, seat: &Seat) -> Result<Vec<Error>> {
        let quotas = app.store.quotas_of(seat.id, app.config.quotas).await?.quotas;
        let usage = app.store.usage(seat.id).await?;
        let mut asked = vec![
            (Quota::Machines, usage.machines, self.machines),
            (Quota::Memory, usage.memory_mib, self.memory_mib),
            (Quota::Cpus, usage.cpus, self.cpus),
            (Quota::Disk, usage.disk_mib, self.disk_mib),
            (Quota::Publications, usage.publications, self.publications),
        ];
        // With fewer machines than may run nobody needs to be asked.
        let begins = self.machines > 0 || !self.starts.is_empty();
        if begins && usage.machines + self.machines > quotas.running {
            let running = app.running(seat.id).await?;
            let more = self.starts.difference(&running.vms.iter().copied().collect()).count() as u32;
            if running.unsure {
                return Err(EngineError::Away("what runs is not known".into()).into());
            }
            asked.push((Quota::Running, running.vms.len() as u32, self.machines + more));
        }
        let over = asked.into_iter().filter(|(quota, used, wanted)| {
            *wanted > 0 && used.saturating_add(*wanted) > quotas.limit(*quota)
        });
        let said = over.map(|(quota, used, wanted)| {
            let error = Error::new(Kind::Limited, "practice-quota").with("quota", quota.as_str());
            let error = error.with("used", used).with("limit", quotas.limit(quota)).with("wanted", wanted);
            error.with("of", &seat.name)
        });
        Ok(said.collect())
    }
}
