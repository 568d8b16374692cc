//! `vm stop`: asked to, and forced after its grace; or forced at once.

use super::begin;
use super::task::{Cut, TakenUp, Task, Work};
use crate::app::Outcome;
use crate::app::ctx::Ctx;
use crate::app::error::Result;
use crate::app::find;
use crate::app::reply::{Reply, Step, VmReply};
use async_trait::async_trait;
use puerta_lab::action::Action;
use puerta_lab::names::VmRef;
use std::time::Duration;

pub(in crate::app) struct Stop {
    /// Without asking the machine to shut down.
    pub(super) force: bool,
}

impl Stop {
    /// By puerta itself, which asks first.
    pub(in crate::app) const GENTLY: Self = Self { force: false };
}

pub(in crate::app) async fn start(ctx: &Ctx<'_>, wanted: &VmRef, force: bool) -> Result<Outcome> {
    let permit = find::permit(ctx, wanted, Action::VmStop).await?;
    find::ready(permit.target())?;
    begin(ctx, permit, Stop { force }, None).await
}

#[async_trait]
impl Task for Stop {
    fn word(&self) -> &'static str {
        "stop"
    }

    fn action(&self) -> Action {
        Action::VmStop
    }

    /// One that failed is not tried again at once.
    fn leaves_running(&self) -> bool {
        false
    }

    async fn run(self: Box<Self>, work: &Work) -> Result<Reply> {
        let grace = if self.force { Duration::ZERO } else { work.app.config.machine.stop_grace };
        work.report.step(Step::Stop).await?;
        work.stop(grace).await?;
        Ok(Reply::Vm(VmReply::Stopped(work.shown().await)))
    }

    async fn take_up(&self, _cut: &Cut<'_>) -> Result<TakenUp> {
        Ok(TakenUp::Again(Box::new(Self::GENTLY)))
    }
}
