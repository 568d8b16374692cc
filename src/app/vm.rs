//! `vm ...`: what is answered at once; the verbs that change what runs are jobs.

use crate::app::command::{VmCommand, Whose};
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::limits::Asked;
use crate::app::reply::{PlacedView, Reply, UsageView, VisitView, VmReply, VmState};
use crate::app::{Outcome, clock, console, find, jobs, many, status};
use puerta_lab::action::Action;
use puerta_lab::model::Vm;
use puerta_lab::names::{VmName, VmRef};
use puerta_policy::decide::Decision;
use puerta_store::StoreError;
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::timeout;

/// How long live figures may hold up the rest of `vm show`.
const PATIENCE: Duration = Duration::from_secs(3);
/// The same of its host keys, which its root can hold up.
const KEYS_PATIENCE: Duration = Duration::from_secs(1);

pub(super) async fn run(ctx: &Ctx<'_>, command: VmCommand) -> Result<Outcome> {
    match command {
        VmCommand::List(whose) => list(ctx, &whose).await.map(Outcome::from),
        VmCommand::Create { vm, template, cpus, memory_mib, disk_mib, new_keys } => {
            let asked = Asked { cpus, memory_mib, disk_mib };
            jobs::create::start(ctx, &vm, template, asked, new_keys).await
        }
        VmCommand::Show(vm) => show(ctx, &vm).await.map(Outcome::from),
        VmCommand::Many(command) => many::run(ctx, command).await,
        VmCommand::Start(vm) => jobs::start::start(ctx, &vm).await,
        VmCommand::Stop { vm, force } => jobs::stop::start(ctx, &vm, force).await,
        VmCommand::Restart(vm) => jobs::restart::start(ctx, &vm).await,
        VmCommand::Rename { vm, name } => rename(ctx, &vm, name).await.map(Outcome::from),
        VmCommand::Delete(vm) => jobs::delete::start(ctx, &vm).await,
        VmCommand::Console(vm) => console::enter(ctx, &vm).await,
        VmCommand::Backup { vm, note, may_go } => jobs::backup::start(ctx, &vm, note, may_go).await,
        VmCommand::Restore { vm, backup, beside: Some(name), .. } => {
            jobs::remake::beside(ctx, &vm, backup, name).await
        }
        VmCommand::Restore { vm, backup, beside: None, over } => match find::visible(ctx, &vm).await? {
            None => jobs::remake::again(ctx, &vm, backup).await,
            Some(_) => jobs::restore::start(ctx, &vm, backup, over).await,
        },
        VmCommand::Move { vm, node } => jobs::moving::start(ctx, &vm, &node).await,
    }
}

async fn list(ctx: &Ctx<'_>, whose: &Whose) -> Result<Reply> {
    let store = &ctx.app.store;
    let vms = match find::seats_asked(ctx, whose).await? {
        Some(seats) => store.vms_of(&seats).await?,
        None => store.vms().await?,
    };
    let busy: HashMap<_, _> = store.running_jobs().await?.into_iter().map(|(job, _)| (job.vm, job)).collect();
    let visible = vms.into_iter().filter_map(|vm| match ctx.decide(Action::VmView, vm) {
        Decision::Allow(permit) => Some(permit.into_target()),
        Decision::Deny(_) => None,
    });
    let visible: Vec<Vm> = visible.collect();
    let seen = ctx.app.seen(&visible).await;
    Ok(Reply::Vm(VmReply::List(
        visible
            .iter()
            .map(|vm| status::view(vm, seen.as_ref(), busy.get(&vm.id).and_then(jobs::seen_as)))
            .collect(),
    )))
}

async fn show(ctx: &Ctx<'_>, wanted: &VmRef) -> Result<Reply> {
    let permit = find::permit(ctx, wanted, Action::VmView).await?;
    let job = ctx.app.store.running_job_of(permit.target().id).await?;
    let mut view = ctx.app.current(permit.target(), job.as_ref().and_then(jobs::seen_as)).await;
    if view.state == VmState::Running
        && let Ok(Ok(usage)) = timeout(PATIENCE, ctx.app.engine.usage(&permit)).await
    {
        let puerta_engine::Usage { memory_bytes, disk_bytes, processes } = usage;
        view.usage = Some(UsageView { memory_bytes, disk_bytes, processes });
    }
    view.placed = ctx.app.store.placed(permit.target().id).await?.map(|placed| PlacedView {
        chosen: placed.chosen.as_str(),
        nodes: placed.nodes,
        free_mib: placed.free_mib,
    });
    let visitors = ctx.app.visitors(permit.target().id).await?.into_iter();
    view.visitors = visitors
        .map(|visit| VisitView { login: visit.login.to_string(), since: clock::rfc3339(visit.begun) })
        .collect();
    view.host_keys = ctx.app.host_keys(permit, KEYS_PATIENCE).await.unwrap_or_default();
    Ok(Reply::Vm(VmReply::One(Box::new(view))))
}

/// A name is what people say; the machine is its number. So it goes on, and what is open to it stays open
/// where policy has nothing against its new name. Only ready rules that name machines do not follow.
async fn rename(ctx: &Ctx<'_>, wanted: &VmRef, name: VmName) -> Result<Reply> {
    let permit = find::permit(ctx, wanted, Action::VmRename).await?;
    let vm = permit.target();
    find::ready(vm)?;
    let renamed = ctx.app.store.rename_vm(vm.id, &name).await;
    if let Err(StoreError::Taken(_)) = &renamed {
        let there = VmRef { name, seat: wanted.seat.clone() };
        return Err(Error::new(Kind::Conflict, "error-vm-exists").with("vm", there));
    }
    let now = ctx.app.after(jobs::begun(vm, renamed)?).await;
    let was = vm.name.to_string();
    let mut view = ctx.app.current(&now, None).await;
    view.said = find::said_to(&ctx.app.store, ctx.actor.person, &now).await;
    Ok(Reply::Vm(VmReply::Renamed { vm: Box::new(view), was }))
}
