//! A job's beginning and its end.

use super::batch::AT_ONCE;
use super::report::{JobNow, JobWatch, Reporter};
use super::task::{Task, Work};
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::reply::{ProgressView, Reply, Step};
use crate::app::{App, Outcome, clock, find, span};
use dashmap::DashMap;
use puerta_audit::{self as audit, Event, Phase};
use puerta_lab::model::{BackupId, BatchId, Job, JobId, JobKind, JobState, PersonId, SeatId, Timestamp, Vm};
use puerta_lab::names::VmName;
use puerta_policy::decide::Permit;
use puerta_store::{StoreError, patiently};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tracing::Instrument;

/// The jobs that run.
#[derive(Default)]
pub(in crate::app) struct Jobs {
    /// For those who watch.
    watched: DashMap<JobId, watch::Sender<JobNow>>,
    /// Held by who decides whether one more machine of a seat may run.
    pub(super) turns: DashMap<SeatId, Arc<tokio::sync::Mutex<()>>>,
    /// Places of those that were asked for together: each parent has its own.
    places: DashMap<BatchId, Arc<Semaphore>>,
}

/// Begins a job of a machine whose node answers, for the person who asked.
pub(in crate::app) async fn begin(
    ctx: &Ctx<'_>,
    permit: Permit<Vm>,
    task: impl Task + 'static,
    backup: Option<BackupId>,
) -> Result<Outcome> {
    let (app, vm) = (ctx.app, permit.target());
    app.reachable(vm).await?;
    let job = app.begin_job(&task, vm, ctx.actor.person, backup).await?;
    Ok(launched(ctx, job, permit, task).await)
}

/// Carries a job out for the person who asked. Their command has done what it does: what comes of it is the job's
/// line, which is of the same act.
pub(in crate::app) async fn launched(
    ctx: &Ctx<'_>,
    job: Job,
    permit: Permit<Vm>,
    task: impl Task + 'static,
) -> Outcome {
    ctx.finish(None).await;
    let said = find::said_job(Some(&ctx.actor), &job);
    let line = Event { action: Some(permit.action().as_str()), ..ctx.of_job() };
    let watch = ctx.app.set_off(job, line, permit, Box::new(task), None);
    Outcome::Job(Box::new(JobWatch { said, ..watch }))
}

/// What lines about a job of puerta's own say.
fn itself() -> Event {
    Event { actor: Some("puerta".into()), ..Event::note("job") }
}

impl App {
    /// Takes the machine for one job, or says which job has it.
    pub(in crate::app) async fn begin_job(
        self: &Arc<Self>,
        task: &dyn Task,
        vm: &Vm,
        person: Option<PersonId>,
        backup: Option<BackupId>,
    ) -> Result<Job> {
        let turn = self.turn_to_run(vm.seat);
        // Held until the job is there, so that two cannot both take the last place.
        let mut held = None;
        if task.starts_it() {
            held = Some(turn.lock().await);
            self.opened(vm.seat, &vm.seat_name).await?;
            self.room_to_run(vm.seat, Some(vm.id)).await?;
        }
        let started = self.store.start_job(task.kind(), vm.id, person, backup, clock::now()).await;
        drop(held);
        started.map_err(|error| not_begun(error, vm))
    }

    /// Carries a job of puerta's own out in a task of its own.
    pub(in crate::app) fn launch(
        self: &Arc<Self>,
        job: Job,
        permit: Permit<Vm>,
        task: impl Task + 'static,
    ) -> JobWatch {
        self.set_off(job, itself(), permit, Box::new(task), None)
    }

    /// One that a restart cut goes on from that step.
    pub(super) fn go_on(
        self: &Arc<Self>,
        job: Job,
        permit: Permit<Vm>,
        task: Box<dyn Task>,
        step: Step,
    ) -> JobWatch {
        self.set_off(job, itself(), permit, task, Some(step))
    }

    /// `line` is what its lines in the audit say. A panic in it is a failed job, not a lost one.
    pub(super) fn set_off(
        self: &Arc<Self>,
        job: Job,
        line: Event,
        permit: Permit<Vm>,
        task: Box<dyn Task>,
        resumed: Option<Step>,
    ) -> JobWatch {
        let progress = ProgressView { step: Step::Queue, done: None, total: None, failed: None };
        let (sender, now) = watch::channel(JobNow { progress, end: None });
        self.jobs.watched.insert(job.id, sender.clone());
        let event = |phase| Event { phase, ..line.clone() };
        let (begin, finish) = (event(Phase::Begin), event(Phase::Finish));
        let (app, watched) = (Arc::clone(self), job.clone());
        let report =
            Reporter { app: Arc::clone(self), job: job.id, vm: permit.target().clone(), now: sender.clone() };
        let span = span::of_job(&job, line.actor.as_deref(), line.connection.as_deref());
        let (inner, vm) = (span.clone(), permit.target().clone());
        let place = Mutex::default();
        let work = Work { app: Arc::clone(self), job: job.clone(), permit, resumed, report, place };
        let leaves_running = task.leaves_running();
        let ending = async move {
            let carrying = patiently(async move {
                work.take_place().await;
                // The command's own begin could veto; now the machine is taken and it goes on.
                work.app.audit.finish(describe(begin, &work.job)).await;
                task.run(&work).await
            });
            let carried = tokio::spawn(carrying.instrument(inner)).await;
            let mut end = carried.unwrap_or_else(|panic| Err(Error::internal(&panic)));
            if let Err(error) = end {
                let error = app.about(error, &vm).await;
                tracing::warn!(?error, "a job failed");
                end = Err(error);
            }
            app.end_job(&job, &end, finish).await;
            app.hand_after_job(job.vm);
            // Its seat may have been shut while it had the machine.
            if leaves_running && app.store.is_shut(job.seat).await.unwrap_or(true) {
                app.upkeep.look_at_shut_seats();
            }
            app.jobs.watched.remove(&job.id);
            sender.send_modify(|now| now.end = Some(end));
        };
        self.tasks.spawn(ending.instrument(span));
        JobWatch { said: find::said_job(None, &watched), job: watched, now }
    }

    async fn end_job(self: &Arc<Self>, job: &Job, end: &Result<Reply>, finish: Event) {
        let (state, outcome) = match end {
            Ok(_) => (JobState::Done, audit::Outcome::Done),
            Err(error) => {
                (JobState::Failed(error.id.to_owned()), audit::Outcome::Failed(error.id.to_owned()))
            }
        };
        let mut pause = Duration::from_millis(250);
        loop {
            match self.store.finish_job(job.id, &state, clock::now()).await {
                // What a backup or a delete leaves is written together with its job's end.
                Ok(finished) => break self.after(finished).await,
                Err(StoreError::Gone) => break,
                // A full disk, most likely: until it is written the machine stays taken.
                Err(error) => tracing::error!(job = job.id.0, %error, "the end of a job is not written yet"),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(30));
        }
        let mut event = describe(finish, job);
        event.outcome = Some(outcome);
        self.audit.finish(event).await;
    }

    pub(super) fn watch(&self, job: Job, said: String) -> Option<JobWatch> {
        let now = self.jobs.watched.get(&job.id)?.subscribe();
        Some(JobWatch { job, said, now })
    }
}

/// What a change of a machine that could not begin, a job or not, means to the person.
pub(in crate::app) fn begun<T>(vm: &Vm, begun: puerta_store::Result<T>) -> Result<T> {
    begun.map_err(|error| not_begun(error, vm))
}

/// Why a machine could not be taken for a job.
fn not_begun(error: StoreError, vm: &Vm) -> Error {
    match error {
        StoreError::Gone => Error::no_vm(&vm.name),
        StoreError::Busy { kind, since } => taken(&vm.name, &kind, since),
        StoreError::BackupGone => Error::new(Kind::NotFound, "error-no-backups-of").with("vm", &vm.name),
        other => other.into(),
    }
}

/// This job has the machine now.
pub(in crate::app) fn busy(job: &Job) -> Error {
    taken(&job.vm_name, &job.kind, job.started)
}

/// A job of this kind has the machine, or what is of it.
pub(in crate::app) fn taken(vm: &VmName, kind: &JobKind, since: Timestamp) -> Error {
    let error = Error::new(Kind::Conflict, "error-vm-busy").with("vm", vm);
    error.with("job", kind.as_str()).with("since", clock::rfc3339(since))
}

fn describe(mut event: Event, job: &Job) -> Event {
    event.vm = Some(format!("{}.{}", job.vm_name, job.seat_name));
    event.detail.insert("job".into(), job.number.into());
    event.detail.insert("kind".into(), job.kind.as_str().into());
    event
}

impl Work {
    /// One of the places of those that were asked for together; it is given back at the job's end. What is alone has its own.
    pub(super) async fn take_place(&self) {
        let Some(batch) = self.job.batch else { return };
        let places = &self.app.jobs.places;
        let all = Arc::clone(&places.entry(batch).or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE))));
        let place = all.acquire_owned().await.ok();
        *self.place.lock().unwrap_or_else(PoisonError::into_inner) = place;
        // Those of parents that are over.
        places.retain(|_, all| Arc::strong_count(all) > 1);
    }

    /// Gives it back before.
    pub(super) fn leave_place(&self) {
        drop(self.place.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}
