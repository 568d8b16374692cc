//! A machine of a practice made again: the same place, address, ports, backups and host keys, and of what it is made from now
//! nothing but that. What was in it is gone; who asked has agreed to that.

use super::create::{Failed, build};
use super::task::{Cut, TakenUp, Task, Work};
use crate::app::error::{Error, Kind, Result};
use crate::app::port::{self, Wanted};
use crate::app::reply::{Reply, Step, VmReply, VmState};
use async_trait::async_trait;
use puerta_lab::action::Action;

pub(in crate::app) struct Reset {
    /// What its practice wants published.
    pub(in crate::app) ports: Vec<Wanted>,
}

#[async_trait]
impl Task for Reset {
    fn word(&self) -> &'static str {
        "reset"
    }

    fn action(&self) -> Action {
        Action::VmDelete
    }

    fn starts_it(&self) -> bool {
        true
    }

    fn seen_as(&self) -> Option<VmState> {
        Some(VmState::Creating)
    }

    fn comes_back(&self) -> bool {
        true
    }

    async fn run(self: Box<Self>, work: &Work) -> Result<Reply> {
        // One that was cut when it was about to start has been made: somebody may be in it by now.
        if work.resumed != Some(Step::Start) {
            again(work).await?;
        }
        work.after_others().await;
        work.report.step(Step::Start).await?;
        let vm = work.start().await?;
        work.app.used_host_keys(work.vm()).await;
        let (ports, unpublished) = port::publish_wanted(&work.app, &work.job, self.ports).await;
        let keyless = work.app.store.keys_of_seat(work.vm().seat).await?.is_empty();
        Ok(Reply::Vm(VmReply::Created { vm, keyless, ports, unpublished }))
    }

    async fn take_up(&self, cut: &Cut<'_>) -> Result<TakenUp> {
        let ports = super::create::wanted_again(cut.app, cut.job, cut.permit.target()).await?;
        Ok(TakenUp::Again(Box::new(Reset { ports })))
    }
}

async fn again(work: &Work) -> Result<()> {
    work.report.step(Step::Remove).await?;
    // What was being made when puerta ended may not have them yet.
    if work.resumed != Some(Step::Create) {
        work.app.keep_host_keys(&work.permit).await;
    }
    work.remove().await?;
    work.report.step(Step::Create).await?;
    build(work).await.map_err(|failed| match failed {
        Failed::Foreign => Error::new(Kind::Conflict, "error-vm-foreign").with("vm", &work.vm().name),
        Failed::Halfway(error) => error,
    })
}
