//! Jobs that were asked for together. The registry has them and their parent; how the parent is, is how they are, so nothing
//! of it is lost when puerta ends.

use super::report::{JobNow, state};
use super::task::{Task, Work};
use crate::app::ctx::{Ctx, Visitor};
use crate::app::error::{Error, Result};
use crate::app::reply::{BatchItem, BatchView, ProgressView, Reply, Step};
use crate::app::{App, Outcome, find};
use puerta_audit::Event;
use puerta_lab::action::Action;
use puerta_lab::model::{BatchId, Job, SeatId, Vm, VmId};
use puerta_policy::decide::{Decision, Permit};
use puerta_store::Batch;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// Of those that were asked for together so many are worked at at once.
pub(super) const AT_ONCE: usize = 30;
/// How often who watches is told.
const LOOK: Duration = Duration::from_millis(250);
/// How long a machine waits for each of those that start before it.
const PATIENCE: Duration = Duration::from_secs(600);

/// A parent and a view of it. Dropping it changes nothing for its jobs.
pub struct BatchWatch {
    /// How people say it: `@3`.
    pub said: String,
    /// How it is.
    pub now: watch::Receiver<JobNow>,
}

/// How people say a parent: by its number among their own.
pub(in crate::app) fn said(number: u32) -> String {
    format!("@{number}")
}

/// Carries out what was begun together for the person who asked.
pub(in crate::app) async fn launched_all(
    ctx: &Ctx<'_>,
    id: BatchId,
    jobs: Vec<(Job, Permit<Vm>, Box<dyn Task>)>,
) -> Result<Outcome> {
    for (job, permit, task) in jobs {
        let line = Event { action: Some(permit.action().as_str()), ..ctx.of_job() };
        drop(ctx.app.set_off(job, line, permit, task, None));
    }
    ctx.finish(None).await;
    let batch = ctx.app.store.batch(id).await?.ok_or_else(|| gone(id))?;
    Ok(Outcome::Batch(ctx.app.watch_batch(ctx.visitor, &batch)))
}

fn gone(id: BatchId) -> Error {
    Error::internal(&format!("the parent {id} is gone"))
}

impl App {
    /// Follows a parent to its end, for as long as somebody looks.
    pub(in crate::app) fn watch_batch(self: &Arc<Self>, visitor: &Visitor, batch: &Batch) -> BatchWatch {
        let progress = ProgressView { step: Step::Queue, done: None, total: None, failed: None };
        let (sender, now) = watch::channel(JobNow { progress, end: None });
        let (app, visitor, id) = (Arc::clone(self), visitor.clone(), batch.id);
        self.tasks.spawn(async move {
            loop {
                match app.store.batch(id).await {
                    Ok(Some(batch)) => {
                        let end = match batch.finished {
                            Some(_) => Some(app.came_of(&visitor, &batch).await.map(Reply::Batch)),
                            None => None,
                        };
                        let ended = end.is_some();
                        sender.send_replace(JobNow { progress: progress_of(&batch), end });
                        if ended {
                            break;
                        }
                    }
                    Ok(None) => {
                        sender.send_modify(|now| now.end = Some(Err(gone(id))));
                        break;
                    }
                    // It goes on all the same, and is looked at again.
                    Err(error) => tracing::warn!(%error, "a parent job could not be looked at"),
                }
                if timeout(LOOK, sender.closed()).await.is_ok() {
                    break;
                }
            }
        });
        BatchWatch { said: said(batch.number), now }
    }

    /// What came of it, or has until now. Of machines that whoever asks does not see any more only what the job itself says.
    pub(in crate::app) async fn came_of(&self, visitor: &Visitor, batch: &Batch) -> Result<BatchView> {
        let actor = self.store.actor(visitor.person).await?.ok_or_else(Error::denied)?;
        let policy = self.policy();
        let jobs = self.store.jobs_of_batch(batch.id).await?;
        let seats: BTreeSet<SeatId> = jobs.iter().map(|job| job.seat).collect();
        let seats: Vec<SeatId> = seats.into_iter().collect();
        let mut vms = self.store.vms_of(&seats).await?;
        vms.retain(|vm| {
            let judged = policy.decide(&actor, Action::VmView, vm.clone(), visitor.context());
            matches!(judged, Decision::Allow(_))
        });
        let own: Vec<Vm> = vms.iter().filter(|vm| actor.seats.contains(&vm.seat)).cloned().collect();
        let mut ports: BTreeMap<VmId, Vec<String>> = BTreeMap::new();
        for port in self.store.publications_of(&seats).await? {
            ports.entry(port.vm).or_default().push(format!("{} -> {}", port.port, port.vm_port));
        }
        let vms: BTreeMap<VmId, &Vm> = vms.iter().map(|vm| (vm.id, vm)).collect();
        let item = |job: &Job| {
            let (state, reason) = state(job);
            let was = || format!("{}.{}", job.vm_name, job.seat_name);
            let vm = vms.get(&job.vm);
            BatchItem {
                vm: vm.map_or_else(was, |vm| find::said(&actor, &own, vm)),
                state,
                reason,
                address: vm.map(|vm| vm.address().to_string()),
                ports: vm.and_then(|vm| ports.remove(&vm.id)).unwrap_or_default(),
            }
        };
        Ok(BatchView {
            job: said(batch.number),
            kind: batch.kind.clone(),
            what: batch.what.clone(),
            place: batch.place.clone(),
            total: batch.total,
            done: batch.done,
            failed: batch.failed,
            machines: jobs.iter().map(item).collect(),
            absent: batch.absent.clone(),
        })
    }
}

fn progress_of(batch: &Batch) -> ProgressView {
    ProgressView {
        step: Step::Machines,
        done: Some(batch.done.into()),
        total: Some(batch.total.into()),
        failed: Some(batch.failed.into()),
    }
}

impl Work {
    /// Waits for those of its practice that start before it and were asked for together with it. What failed there does
    /// not hold it up, and while it waits another machine has its place. Nothing that goes wrong here undoes what was made.
    pub(super) async fn after_others(&self) {
        let Some(batch) = self.job.batch else { return };
        let others = match self.app.start_before(self.vm()).await {
            Ok(others) => others,
            Err(error) => return tracing::warn!(?error, "who starts before it is not known: it starts now"),
        };
        let mut left = false;
        for other in others {
            let waited = timeout(PATIENCE, async {
                while let Some(job) = self.before(batch, other).await {
                    if !left {
                        self.leave_place();
                        left = true;
                    }
                    // After a restart it may not have been taken up yet.
                    if let Some(mut watch) = self.app.watch(job, String::new()) {
                        drop(watch.now.wait_for(|now| now.end.is_some()).await);
                    }
                    // One that failed may still be putting away.
                    sleep(LOOK).await;
                }
            });
            if waited.await.is_err() {
                tracing::warn!(job = self.job.id.0, "who starts before it takes too long: it starts now");
            }
        }
        if left {
            self.take_place().await;
        }
    }

    /// The running job of a machine that starts before.
    async fn before(&self, batch: BatchId, other: VmId) -> Option<Job> {
        let job = loop {
            match self.app.store.running_job_of(other).await {
                Ok(job) => break job,
                Err(error) => tracing::warn!(%error, "who starts before it is asked for again"),
            }
            sleep(LOOK).await;
        };
        job.filter(|job| job.batch == Some(batch))
    }
}
