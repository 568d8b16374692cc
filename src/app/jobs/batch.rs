//! Jobs that were asked for together. The registry has them and their parent; how the parent is, is how they are, so nothing
//! of it is lost when puerta ends.

use super::report::{JobNow, state};
use super::task::{Task, Work};
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Result};
use crate::app::reply::{BatchItem, BatchView, ProgressView, Reply, Step};
use crate::app::{App, Outcome, find};
use puerta_audit::Event;
use puerta_lab::model::{BatchId, Job, JobState, SeatId, Vm, VmId};
use puerta_policy::decide::Permit;
use puerta_store::Batch;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// Of those that were asked for together so many are worked at at once.
pub(super) const AT_ONCE: usize = 30;
/// How often who watches is told.
const LOOK: Duration = Duration::from_millis(250);
/// How long a machine waits for those that start before it.
const PATIENCE: Duration = Duration::from_secs(600);

/// A parent and a view of it. Dropping it changes nothing for its jobs.
pub struct BatchWatch {
    /// How people say it: `@3`.
    pub said: String,
    /// How it is.
    pub now: watch::Receiver<JobNow>,
}

/// How people say a parent.
pub(in crate::app) fn said(id: BatchId) -> String {
    format!("@{id}")
}

/// Carries out what was begun together for the person who asked.
pub(in crate::app) async fn launched_all(
    ctx: &Ctx<'_>,
    id: BatchId,
    jobs: Vec<(Job, Permit<Vm>, Box<dyn Task>)>,
) -> Outcome {
    ctx.finish(None).await;
    for (job, permit, task) in jobs {
        let line = Event { action: Some(permit.action().as_str()), ..ctx.of_job() };
        drop(ctx.app.set_off(job, line, permit, task, None));
    }
    Outcome::Batch(ctx.app.watch_batch(id))
}

impl App {
    /// Follows a parent to its end, for as long as somebody looks.
    pub(in crate::app) fn watch_batch(self: &Arc<Self>, id: BatchId) -> BatchWatch {
        let progress = ProgressView { step: Step::Queue, done: None, total: None, failed: None };
        let (sender, now) = watch::channel(JobNow { progress, end: None });
        let app = Arc::clone(self);
        self.tasks.spawn(async move {
            loop {
                match app.store.batch(id).await {
                    Ok(Some(batch)) => {
                        let end = match batch.finished {
                            Some(_) => Some(app.came_of(&batch).await.map(Reply::Batch)),
                            None => None,
                        };
                        let ended = end.is_some();
                        sender.send_replace(JobNow { progress: progress_of(&batch), end });
                        if ended {
                            break;
                        }
                    }
                    Ok(None) => {
                        let gone = Error::internal(&format!("the parent {id} is gone"));
                        sender.send_modify(|now| now.end = Some(Err(gone)));
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
        BatchWatch { said: said(id), now }
    }

    /// What came of it, or has until now.
    pub(in crate::app) async fn came_of(&self, batch: &Batch) -> Result<BatchView> {
        let jobs = self.store.jobs_of_batch(batch.id).await?;
        let seats: BTreeSet<SeatId> = jobs.iter().map(|job| job.seat).collect();
        let seats: Vec<SeatId> = seats.into_iter().collect();
        let vms = self.store.vms_of(&seats).await?;
        let published = self.store.publications_of(&seats).await?;
        let actor = match batch.person {
            Some(person) => self.store.actor(person).await?,
            None => None,
        };
        let item = |job: &Job| {
            let (state, reason) = state(job);
            let vm = vms.iter().find(|vm| vm.id == job.vm);
            let said = match (&actor, vm) {
                (Some(actor), Some(vm)) => find::said(actor, &vms, vm),
                _ => format!("{}.{}", job.vm_name, job.seat_name),
            };
            let ports = published.iter().filter(|port| Some(port.vm) == vm.map(|vm| vm.id));
            BatchItem {
                vm: said,
                state,
                reason,
                address: vm.map(|vm| vm.address().to_string()),
                ports: ports.map(|port| format!("{} -> {}", port.port, port.vm_port)).collect(),
            }
        };
        Ok(BatchView {
            job: said(batch.id),
            kind: batch.kind.clone(),
            what: batch.what.clone(),
            place: batch.place.clone(),
            total: batch.total,
            done: batch.done,
            failed: batch.failed,
            machines: jobs.iter().map(item).collect(),
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
    /// not hold it up, and while it waits another machine has its place.
    pub(super) async fn after_others(&self) -> Result<()> {
        let Some(batch) = self.job.batch else { return Ok(()) };
        let others = self.app.start_before(self.vm()).await?;
        if others.is_empty() {
            return Ok(());
        }
        self.leave_place();
        let begun = tokio::time::Instant::now();
        while begun.elapsed() < PATIENCE && self.busy(batch, &others).await? {
            sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    async fn busy(&self, batch: BatchId, others: &[VmId]) -> Result<bool> {
        for other in others {
            let job = self.app.store.running_job_of(*other).await?;
            if job.is_some_and(|job| job.batch == Some(batch) && job.state == JobState::Running) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
