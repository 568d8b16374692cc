//! Work that outlives the connection that asked for it: one job a machine, written in the store
//! before it begins, carried on in a task of its own, watched by whoever looks.

use crate::app::command::JobCommand;
use crate::app::ctx::{Ctx, Visitor};
use crate::app::error::{Error, Kind, Result};
use crate::app::reply::{JobView, ProgressView, Reply};
use crate::app::vm_jobs::Work;
use crate::app::{App, Outcome, clock, restore, vm};
use dashmap::DashMap;
use puerta_audit::{self as audit, Event, Phase};
use puerta_engine as engine;
use puerta_lab::action::Action;
use puerta_lab::model::{BackupId, Job, JobId, JobKind, JobState, PersonId, SeatId, Timestamp, Vm};
use puerta_lab::names::{SeatName, VmName};
use puerta_policy::decide::Decision;
use puerta_store::StoreError;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How long a failure may be kept from those who watch, for the sake of putting things away first.
const SOON: Duration = Duration::from_secs(1);

/// How a job is, for somebody who watches.
#[derive(Debug, Clone)]
pub struct JobNow {
    /// The step it is at.
    pub progress: ProgressView,
    /// What it came to, once it ended.
    pub end: Option<Result<Reply>>,
}

/// A job and a view of it. Dropping it changes nothing for the job.
pub struct JobWatch {
    /// The job as it began.
    pub job: Job,
    /// How it is.
    pub now: watch::Receiver<JobNow>,
}

#[derive(Default)]
pub(super) struct Jobs(DashMap<JobId, watch::Sender<JobNow>>);

/// What a running job tells the world.
pub(super) struct Reporter {
    app: Arc<App>,
    job: JobId,
    now: watch::Sender<JobNow>,
}

impl Reporter {
    /// The job is at this step; written to the store, so that a restart knows.
    pub(super) async fn step(&self, step: &'static str) -> Result<()> {
        self.app.store.set_step(self.job, step).await?;
        self.show(step, None, None);
        Ok(())
    }

    /// Bytes of the step so far.
    pub(super) fn bytes(&self, step: &'static str, done: u64, total: Option<u64>) {
        self.show(step, Some(done), total);
    }

    /// What a failure must still put away. An engine that is away is waited for, and the machine
    /// stays reserved meanwhile; but who watches hears of the failure soon.
    pub(super) async fn put_away<T, F>(&self, error: &Error, call: impl Fn() -> F) -> engine::Result<T>
    where
        F: Future<Output = engine::Result<T>>,
    {
        let mut work = std::pin::pin!(restore::insist(call));
        match tokio::time::timeout(SOON, &mut work).await {
            Ok(done) => done,
            Err(_) => {
                self.now.send_modify(|now| now.end = Some(Err(error.clone())));
                work.await
            }
        }
    }

    fn show(&self, step: &'static str, done: Option<u64>, total: Option<u64>) {
        let progress = ProgressView { job: self.job.0, step, done, total };
        self.now.send_modify(|now| now.progress = progress);
    }
}

/// What a job that could not begin means to the person.
pub(super) fn begun<T>(vm: &Vm, begun: puerta_store::Result<T>) -> Result<T> {
    begun.map_err(|error| not_begun(error, vm))
}

impl App {
    /// Takes the machine for one job, or says which job has it.
    pub(super) async fn begin_job(
        self: &Arc<Self>,
        kind: JobKind,
        vm: &Vm,
        person: Option<PersonId>,
        backup: Option<BackupId>,
    ) -> Result<Job> {
        let turn = self.turn_to_run(vm.seat);
        // Held until the job is there, so that two cannot both take the last place.
        let _turn = match kind {
            JobKind::Start | JobKind::Restart | JobKind::Restore => {
                let held = turn.lock().await;
                self.opened(vm.seat, &vm.seat_name).await?;
                self.room_to_run(vm.seat, Some(vm.id)).await?;
                Some(held)
            }
            _ => None,
        };
        let started = self.store.start_job(kind, vm.id, person, backup, clock::now()).await;
        started.map_err(|error| not_begun(error, vm))
    }

    /// Nothing begins to run in a seat that is shut.
    pub(super) async fn opened(&self, seat: SeatId, name: &SeatName) -> Result<()> {
        if self.store.is_shut(seat).await? {
            return Err(Error::new(Kind::Conflict, "error-seat-archived").with("seat", name));
        }
        Ok(())
    }

    /// Carries a job out in a task of its own. A panic in it is a failed job, not a lost one.
    pub(super) fn launch(self: &Arc<Self>, job: Job, visitor: Option<&Visitor>, work: Work) -> JobWatch {
        let progress = ProgressView { job: job.id.0, step: "queue", done: None, total: None };
        let (sender, now) = watch::channel(JobNow { progress, end: None });
        self.jobs.0.insert(job.id, sender.clone());
        let event = |phase| match visitor {
            Some(visitor) => visitor.event(phase, "job"),
            None => Event { phase, actor: Some("puerta".into()), ..Event::note("job") },
        };
        let (begin, finish) = (event(Phase::Begin), event(Phase::Finish));
        let (app, watched) = (Arc::clone(self), job.clone());
        let reporter = Reporter { app: Arc::clone(self), job: job.id, now: sender.clone() };
        self.tasks.spawn(async move {
            let carried = {
                let (app, job) = (Arc::clone(&app), job.clone());
                tokio::spawn(async move {
                    // The command's own begin could veto; now the machine is taken and it goes on.
                    app.audit.finish(describe(begin, &job)).await;
                    app.carry_out(&job, work, &reporter).await
                })
            };
            let end = carried.await.unwrap_or_else(|panic| Err(Error::internal(&panic)));
            app.end_job(&job, &end, finish).await;
            // A machine may be gone, also one that could not be made.
            if matches!(job.kind, JobKind::Create | JobKind::Delete | JobKind::Publish) {
                app.sweep.notify_one();
            }
            // Its seat may have been shut while it had the machine. A stop that failed is not tried again
            // at once.
            if job.kind != JobKind::Stop && app.store.is_shut(job.seat).await.unwrap_or(true) {
                app.shutting.notify_one();
            }
            app.jobs.0.remove(&job.id);
            sender.send_modify(|now| now.end = Some(end));
        });
        JobWatch { job: watched, now }
    }

    async fn end_job(&self, job: &Job, end: &Result<Reply>, finish: Event) {
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
                Ok(()) | Err(StoreError::Gone) => break,
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

    fn watch(&self, job: Job) -> Option<JobWatch> {
        let now = self.jobs.0.get(&job.id)?.subscribe();
        Some(JobWatch { job, now })
    }
}

/// Why a machine could not be taken for a job.
pub(super) fn not_begun(error: StoreError, vm: &Vm) -> Error {
    match error {
        StoreError::Gone => Error::no_vm(&vm.name),
        StoreError::Busy { kind, since } => taken(&vm.name, kind, since),
        other => other.into(),
    }
}

/// This job has the machine now.
pub(super) fn busy(job: &Job) -> Error {
    taken(&job.vm_name, job.kind, job.started)
}

fn taken(vm: &VmName, kind: JobKind, since: Timestamp) -> Error {
    let error = Error::new(Kind::Conflict, "error-vm-busy").with("vm", vm);
    error.with("job", kind.as_str()).with("since", clock::hour(since))
}

fn describe(mut event: Event, job: &Job) -> Event {
    event.vm = Some(format!("{}.{}", job.vm_name, job.seat_name));
    event.detail.insert("job".into(), job.id.0.into());
    event.detail.insert("kind".into(), job.kind.as_str().into());
    event
}

pub(super) async fn run(ctx: &Ctx<'_>, command: JobCommand) -> Result<Outcome> {
    let store = &ctx.app.store;
    match command {
        JobCommand::List => {
            let jobs = store.jobs_of(&ctx.actor.seats, 50).await?;
            let mut visible = Vec::new();
            for job in &jobs {
                // Who may see the machine sees its jobs; those of a removed one are its seat's.
                let hidden = match store.vm(job.vm).await? {
                    Some(vm) => matches!(ctx.decide(Action::VmView, vm), Decision::Deny(_)),
                    None => false,
                };
                visible.extend((!hidden).then(|| view(job)));
            }
            Ok(Reply::Jobs(visible).into())
        }
        JobCommand::Watch(id) => {
            let absent = || Error::new(Kind::NotFound, "error-no-job").with("job", id);
            let job = store.job(id).await?.ok_or_else(absent)?;
            // Who may see the machine may see its jobs; a deleted machine's are its seat's.
            let allowed = match store.vm(job.vm).await? {
                Some(vm) => {
                    let subject = vm::subject(&vm);
                    ctx.permit(Action::VmView, vm, Some(&subject), absent()).await.is_ok()
                }
                None => ctx.actor.seats.contains(&job.seat),
            };
            if !allowed {
                return Err(absent());
            }
            Ok(match ctx.app.watch(job.clone()) {
                Some(watch) => Outcome::Job(watch),
                // It ended, perhaps just now: read how.
                None => Reply::Jobs(vec![view(&store.job(id).await?.unwrap_or(job))]).into(),
            })
        }
    }
}

fn view(job: &Job) -> JobView {
    let (state, reason) = match &job.state {
        JobState::Running => ("running", None),
        JobState::Done => ("done", None),
        JobState::Failed(reason) => ("failed", Some(reason.clone())),
        JobState::Undone(reason) => ("undone", Some(reason.clone())),
    };
    JobView {
        job: job.id.0,
        kind: job.kind.as_str(),
        vm: job.vm_name.to_string(),
        seat: job.seat_name.to_string(),
        state,
        reason,
        started: clock::rfc3339(job.started),
        finished: job.finished.map(clock::rfc3339),
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Quota(quota) => quota.into(),
            StoreError::SlotsFull => Self::new(Kind::Limited, "error-slots-full"),
            StoreError::SeatsFull => Self::new(Kind::Limited, "error-seats-full"),
            other => Self::internal(&other),
        }
    }
}
