//! What one kind of job is to the house. All that is special about a kind is said by its `impl Task`, in
//! its one file: nothing asks elsewhere which kind a job is.

use super::report::Reporter;
use crate::app::error::{Error, Kind, Result};
use crate::app::reply::{Reply, Step, VmState, VmView};
use crate::app::{App, find, itself};
use async_trait::async_trait;
use puerta_engine::{self as engine, EngineError, Which};
use puerta_lab::action::Action;
use puerta_lab::model::{Job, JobKind, Phase, Vm};
use puerta_policy::decide::Permit;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;

/// A kind of job, or one job of it with what it was asked for.
#[async_trait]
pub(in crate::app) trait Task: Send + Sync {
    /// Its word in the registry, the audit and `job list`.
    fn word(&self) -> &'static str;

    /// What puerta must be allowed to do to begin one by itself, or to finish one that it finds.
    fn action(&self) -> Action;

    /// Does it. It may run again from its beginning after a restart: a result that is already there is not
    /// made twice.
    async fn run(self: Box<Self>, work: &Work) -> Result<Reply>;

    /// What to do with one that the end of the last puerta cut: nothing of it is at work in the engine any
    /// more.
    async fn take_up(&self, cut: &Cut<'_>) -> Result<TakenUp>;

    /// The sentence of one that had touched nothing yet, which is over then.
    async fn untouched(&self, _app: &App, _job: &Job) -> Result<Option<&'static str>> {
        Ok(None)
    }

    /// puerta's own permit.
    async fn permit(&self, app: &App, vm: Vm) -> Result<Permit<Vm>> {
        itself::permit(app, self.action(), vm)
    }

    /// Whether it begins only where one more machine may run, and in no seat that is shut.
    fn starts_it(&self) -> bool {
        false
    }

    /// Whether its machine counts as one that runs while it lasts.
    async fn runs(&self, _app: &App, _job: &Job) -> Result<bool> {
        Ok(self.starts_it())
    }

    /// How its machine is seen meanwhile; `None`: as the engine says.
    fn seen_as(&self) -> Option<VmState> {
        None
    }

    /// Whether a machine that goes down for it comes up again by itself.
    fn comes_back(&self) -> bool {
        false
    }

    /// Whether its machine may still run after it. One in a shut seat is then stopped.
    fn leaves_running(&self) -> bool {
        true
    }

    /// Its kind, as the registry keeps it.
    fn kind(&self) -> JobKind {
        JobKind::new(self.word())
    }
}

/// One job at work.
pub(in crate::app) struct Work {
    pub(super) app: Arc<App>,
    /// As it was begun.
    pub(super) job: Job,
    /// Its machine, judged.
    pub(super) permit: Permit<Vm>,
    /// The step at which a restart of puerta cut it, when it is carried on.
    pub(super) resumed: Option<Step>,
    /// What it tells the world.
    pub(super) report: Reporter,
    /// Its place among those that were asked for together.
    pub(super) place: Mutex<Option<OwnedSemaphorePermit>>,
}

impl Work {
    /// Its machine.
    pub(super) fn vm(&self) -> &Vm {
        self.permit.target()
    }

    /// The machine as people see it now, the job left out.
    pub(super) async fn shown(&self) -> Box<VmView> {
        // A new one is ready by now.
        let vm = Vm { phase: Phase::Ready, ..self.vm().clone() };
        let mut view = self.app.current(&vm, None).await;
        view.said = find::said_to(&self.app.store, self.job.person, &vm).await;
        Box::new(view)
    }

    /// Starts it, and gives it as people see it now.
    pub(super) async fn start(&self) -> Result<Box<VmView>> {
        // What changed while it was not to be written to.
        let keys_blocked = self.app.hand_keys(&self.permit).await;
        self.there(self.app.engine.start(&self.permit, Which::Main).await)?;
        Ok(Box::new(VmView { keys_blocked, ..*self.shown().await }))
    }

    /// Stops it.
    pub(super) async fn stop(&self, grace: Duration) -> Result<()> {
        self.there(self.app.engine.stop(&self.permit, Which::Main, grace).await)
    }

    /// Removes all that there is of it. Begun, it is finished, also when the engine is away for a while: there is no way back,
    /// and nobody else's machine waits for it meanwhile.
    pub(super) async fn remove(&self) -> Result<()> {
        for which in [Which::Main, Which::New, Which::Old] {
            let remove = || self.app.engine.remove(&self.permit, which);
            match remove().await {
                Err(away @ EngineError::Away(_)) => {
                    self.leave_place();
                    self.report.put_away(&away.into(), remove).await?;
                    self.take_place().await;
                }
                done => done?,
            }
        }
        Ok(())
    }

    /// "No such instance" means that the registry and the engine differ: say so.
    fn there<T>(&self, result: engine::Result<T>) -> Result<T> {
        result.map_err(|error| match error {
            EngineError::NotFound => {
                Error::new(Kind::Conflict, "error-vm-missing").with("vm", &self.vm().name)
            }
            other => other.into(),
        })
    }
}

/// A job that the end of the last puerta cut.
pub(in crate::app) struct Cut<'a> {
    pub(super) app: &'a App,
    pub(super) job: &'a Job,
    pub(super) permit: &'a Permit<Vm>,
    /// How far it was.
    pub(super) step: Option<Step>,
}

/// What becomes of it.
pub(in crate::app) enum TakenUp {
    /// It is as if it had not been; the id of the sentence that says so.
    Undone(&'static str),
    /// It goes on.
    Again(Box<dyn Task>),
}
