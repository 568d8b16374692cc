//! What a running job tells: the store, for whoever takes it up after a restart, and those who watch.

use crate::app::App;
use crate::app::error::{Error, Result};
use crate::app::reply::{ProgressView, Reply, Step};
use puerta_engine::{self as engine, EngineError};
use puerta_lab::model::{Job, JobId, JobState, Vm};
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
    /// How whoever watches says it.
    pub said: String,
    /// How it is.
    pub now: watch::Receiver<JobNow>,
}

/// How it stands, and why.
pub(super) fn state(job: &Job) -> (&'static str, Option<String>) {
    match &job.state {
        JobState::Running => ("running", None),
        JobState::Done => ("done", None),
        JobState::Failed(reason) => ("failed", Some(reason.clone())),
        JobState::Undone(reason) => ("undone", Some(reason.clone())),
    }
}

/// What a running job tells the world.
pub(super) struct Reporter {
    pub(super) app: Arc<App>,
    pub(super) job: JobId,
    pub(super) vm: Vm,
    pub(super) now: watch::Sender<JobNow>,
}

impl Reporter {
    /// The job is at this step; written to the store, so that a restart knows.
    pub(super) async fn step(&self, step: Step) -> Result<()> {
        self.app.store.set_step(self.job, step.as_str()).await?;
        self.show(step, None, None);
        Ok(())
    }

    /// Bytes of the step so far.
    pub(super) fn bytes(&self, step: Step, done: u64, total: Option<u64>) {
        self.show(step, Some(done), total);
    }

    /// What a failure must still put away. An engine that is away is waited for, and the machine
    /// stays reserved meanwhile; but who watches hears of the failure soon.
    pub(super) async fn put_away<T, F>(&self, error: &Error, call: impl Fn() -> F) -> engine::Result<T>
    where
        F: Future<Output = engine::Result<T>>,
    {
        let mut work = std::pin::pin!(insist(call));
        match tokio::time::timeout(SOON, &mut work).await {
            Ok(done) => done,
            Err(_) => {
                let error = self.app.about(error.clone(), &self.vm).await;
                self.now.send_modify(|now| now.end = Some(Err(error)));
                work.await
            }
        }
    }

    fn show(&self, step: Step, done: Option<u64>, total: Option<u64>) {
        let progress = ProgressView { step, done, total, failed: None };
        self.now.send_modify(|now| now.progress = progress);
    }
}

/// Where giving up would leave half, an engine that does not answer is waited for. The machine stays
/// reserved by its job meanwhile, and a restart of puerta takes up the same wait.
pub(in crate::app) async fn insist<T, F>(call: impl Fn() -> F) -> puerta_engine::Result<T>
where
    F: Future<Output = puerta_engine::Result<T>>,
{
    let mut pause = Duration::from_millis(250);
    loop {
        match call().await {
            Err(EngineError::Away(cause)) => {
                tracing::warn!(cause, "waiting for the engine to finish what was begun");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(15));
            }
            other => return other,
        }
    }
}
