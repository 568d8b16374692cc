//! `vm start`.

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

pub(in crate::app) struct Start;

pub(in crate::app) async fn start(ctx: &Ctx<'_>, wanted: &VmRef) -> Result<Outcome> {
    let permit = find::permit(ctx, wanted, Action::VmStart).await?;
    find::ready(permit.target())?;
    begin(ctx, permit, Start, None).await
}

#[async_trait]
impl Task for Start {
    fn word(&self) -> &'static str {
        "start"
    }

    fn action(&self) -> Action {
        Action::VmStart
    }

    fn starts_it(&self) -> bool {
        true
    }

    async fn run(self: Box<Self>, work: &Work) -> Result<Reply> {
        work.after_others().await;
        work.report.step(Step::Start).await?;
        Ok(Reply::Vm(VmReply::Started(work.start().await?)))
    }

    async fn take_up(&self, _cut: &Cut<'_>) -> Result<TakenUp> {
        Ok(TakenUp::Again(Box::new(Start)))
    }
}
