//! `vm delete`: its ports closed, its copies removed, its row forgotten, in this order. Its backups stay.

use super::begin;
use super::task::{Cut, TakenUp, Task, Work};
use crate::app::ctx::Ctx;
use crate::app::error::Result;
use crate::app::firewall::refused;
use crate::app::reply::{Reply, Step, VmReply};
use crate::app::{App, Outcome, clock, find};
use async_trait::async_trait;
use puerta_firewall::FirewallError;
use puerta_lab::action::Action;
use puerta_lab::model::{Phase, Vm};
use puerta_lab::names::VmRef;
use std::sync::Arc;

pub(in crate::app) struct Delete;

pub(in crate::app) async fn start(ctx: &Ctx<'_>, wanted: &VmRef) -> Result<Outcome> {
    let permit = find::permit(ctx, wanted, Action::VmDelete).await?;
    begin(ctx, permit, Delete, None).await
}

#[async_trait]
impl Task for Delete {
    fn word(&self) -> &'static str {
        "delete"
    }

    fn action(&self) -> Action {
        Action::VmDelete
    }

    async fn run(self: Box<Self>, work: &Work) -> Result<Reply> {
        let (app, vm) = (&work.app, work.vm());
        let ports = close_ports(app, vm).await?;
        work.report.step(Step::Remove).await?;
        app.keep_host_keys(&work.permit).await;
        work.remove().await?;
        let kept = app.store.backups_of_vm(vm.id).await?.len();
        let knowing = app.knowing(vm).await?;
        app.after(app.store.finish_delete(work.job.id, vm.id, clock::now()).await?).await;
        // Nobody of its practice goes on calling its address by its name.
        knowing.into_iter().for_each(|id| app.hand_soon(id));
        Ok(Reply::Vm(VmReply::Deleted {
            vm: vm.name.to_string(),
            backups_kept: kept as u32,
            ports_closed: ports,
        }))
    }

    async fn take_up(&self, _cut: &Cut<'_>) -> Result<TakenUp> {
        Ok(TakenUp::Again(Box::new(Delete)))
    }
}

/// From here on the machine is being removed, nobody is let in, and no port leads to it: the next one with
/// its address must not be reached by them. Where the firewall cannot do that, the machine stays as it was.
async fn close_ports(app: &Arc<App>, vm: &Vm) -> Result<u32> {
    // Nobody publishes in between.
    let mut turn = app.wall.turn().await;
    let before = app.store.vm(vm.id).await?.map_or(vm.phase, |now| now.phase);
    let going = app.store.set_phase(vm.id, Phase::Deleting).await?;
    let ports = app.store.publications_count(vm.id).await?;
    if ports > 0 {
        match app.reconcile_now(&mut turn).await {
            Ok(_) | Err(FirewallError::Off) => {}
            Err(error) => {
                // Nothing has heard of it yet, and what is open stays open.
                drop((going, app.store.set_phase(vm.id, before).await?));
                return Err(refused(&error));
            }
        }
    }
    app.after_leading(going, &mut turn);
    Ok(ports)
}
