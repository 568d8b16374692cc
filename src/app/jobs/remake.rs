//! `vm restore` where nothing is put back into a machine: one that was deleted is made again of its backup, or
//! a new one is made beside (`--as`). Either is a new machine to the plan (slot, number, address) and to the
//! quota. The one that was deleted is that machine again, with its backups and what it was known by; the other
//! is a copy and gets host keys and a machine-id of its own.

use super::create::{Failed, give_up, own_permit, take_place};
use super::launched;
use super::report::insist;
use super::restore::{build, choose};
use super::task::{Cut, TakenUp, Task, Work};
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::limits::{Asked, limits};
use crate::app::reply::{Reply, Step, VmReply, VmView};
use crate::app::{App, Outcome, clock, find};
use async_trait::async_trait;
use puerta_engine::{Take, Which};
use puerta_lab::action::Action;
use puerta_lab::model::{Backup, BackupId, Job, Limits, Phase, Seat, SeatId, Vm, VmId};
use puerta_lab::names::{BackupName, TemplateRef, VmName, VmRef};
use puerta_lab::plan::Slot;
use puerta_policy::decide::{Decision, Lab, Permit};
use puerta_store::{NewVm, Source};
use std::collections::BTreeSet;
use std::time::Duration;

pub(in crate::app) struct Remake;

/// A machine that is there no more, from its newest or the named backup.
pub(in crate::app) async fn again(
    ctx: &Ctx<'_>,
    wanted: &VmRef,
    name: Option<BackupName>,
) -> Result<Outcome> {
    let backup = of_gone(ctx, wanted, name).await?;
    let (vm_name, again) = (backup.vm_name.clone(), Some(backup.vm));
    make_of(ctx, backup, vm_name, again).await
}

/// A new machine called `name` of a backup of the machine, whether that is there or not.
pub(in crate::app) async fn beside(
    ctx: &Ctx<'_>,
    wanted: &VmRef,
    backup: Option<BackupName>,
    name: VmName,
) -> Result<Outcome> {
    let backup = match find::visible(ctx, wanted).await? {
        None => of_gone(ctx, wanted, backup).await?,
        Some(_) => {
            let permit = find::permit(ctx, wanted, Action::VmRestore).await?;
            choose(ctx, permit.target(), backup).await?
        }
    };
    make_of(ctx, backup, name, None).await
}

/// A backup that they may see of a machine that is gone: the named one, or the newest. Where there is none it is as with
/// every machine that is not there, or not for them.
async fn of_gone(ctx: &Ctx<'_>, wanted: &VmRef, name: Option<BackupName>) -> Result<Backup> {
    let mut found = backups_of_gone(ctx, wanted).await?;
    found.retain(|backup| name.as_ref().is_none_or(|name| *name == backup.name));
    let seats: BTreeSet<SeatId> = found.iter().map(|backup| backup.seat).collect();
    let seat = ctx.actor.means(seats.into_iter().collect(), |seat| *seat).map_err(|_| {
        let mut choices: Vec<_> =
            found.iter().map(|one| format!("`{}.{}`", one.vm_name, one.seat_name)).collect();
        choices.dedup();
        let error = Error::new(Kind::Usage, "error-vm-ambiguous").with("vm", wanted);
        error.with("choices", choices.join(", "))
    })?;
    match found.into_iter().find(|backup| Some(backup.seat) == seat) {
        Some(backup) => Ok(backup),
        None => match find::permit(ctx, wanted, Action::VmRestore).await {
            Err(absent) => Err(absent),
            Ok(_) => Err(Error::no_vm(wanted)),
        },
    }
}

async fn backups_of_gone(ctx: &Ctx<'_>, wanted: &VmRef) -> Result<Vec<Backup>> {
    let store = &ctx.app.store;
    let seats = match &wanted.seat {
        // Without such a seat the same is asked about nobody's.
        Some(seat) => vec![store.seat_by_name(seat).await?.map_or(SeatId(0), |seat| seat.id)],
        None => ctx.actor.seats.clone(),
    };
    let there: BTreeSet<VmId> = store.vms_of(&seats).await?.into_iter().map(|vm| vm.id).collect();
    let all = store.backups_of(&seats).await?.into_iter();
    let gone = all.filter(|backup| backup.vm_name == wanted.name && !there.contains(&backup.vm));
    let own = seats.iter().all(|seat| ctx.actor.seats.contains(seat));
    if !own && matches!(ctx.decide(Action::SeatList, Lab), Decision::Deny(_)) {
        return Ok(Vec::new());
    }
    let visible = gone.filter_map(|backup| match ctx.decide(Action::BackupView, backup) {
        Decision::Allow(permit) => Some(permit.into_target()),
        Decision::Deny(_) => None,
    });
    Ok(visible.collect())
}

/// The permits, what it may use, its place, the job.
async fn make_of(ctx: &Ctx<'_>, backup: Backup, name: VmName, again: Option<VmId>) -> Result<Outcome> {
    let app = ctx.app;
    let seat = app.store.seat(backup.seat).await?.ok_or_else(Error::denied)?;
    let label = format!("{name}.{}", seat.name);
    let template = template_of(&backup)?;
    let permit = ctx.permit(Action::VmCreate, seat.clone(), Some(&label), Error::denied()).await?;
    let would_be = would_be(app, &seat, &name, &template)?;
    let _restore = ctx.permit(Action::VmRestore, would_be, Some(&label), Error::denied()).await?;
    app.opened(seat.id, &seat.name).await?;
    let nothing = Asked { cpus: None, memory_mib: None, disk_mib: None };
    let default = backup.was.as_ref().map_or(app.config.machine.default, |was| was.limits);
    let new = NewVm {
        seat: seat.id,
        name,
        template,
        limits: limits(ctx, &nothing, default)?,
        node: None,
        placed: None,
        person: ctx.actor.person,
        source: Some(Source { backup: backup.id, again }),
    };
    let (vm, job) = take_place(app, Remake.kind(), new).await?;
    let permit = permit.machine(vm).ok_or_else(Error::denied)?;
    Ok(launched(ctx, job, permit, Remake).await)
}

/// What the machine had been made from, in its list of machines; a backup of before that was kept does not
/// know.
fn template_of(backup: &Backup) -> Result<TemplateRef> {
    match &backup.was {
        Some(was) => Ok(was.template.clone()),
        None => Ok("unknown".parse()?),
    }
}

/// The machine as policy judges restoring it, before it has a place.
fn would_be(app: &App, seat: &Seat, name: &VmName, template: &TemplateRef) -> Result<Vm> {
    let slot = Slot::all().next().ok_or_else(Error::denied)?;
    let vmid = app.plan().vmid(seat.edition, seat.number, slot).map_err(|error| Error::internal(&error))?;
    Ok(Vm {
        id: VmId(0),
        name: name.clone(),
        seat: seat.id,
        seat_name: seat.name.clone(),
        course: seat.course_name.clone(),
        slot,
        vmid,
        template: template.clone(),
        node: None,
        limits: Limits { cpus: 0, memory_mib: 0, disk_mib: 0, processes: 0 },
        phase: Phase::Creating,
        created: clock::now(),
    })
}

#[async_trait]
impl Task for Remake {
    fn word(&self) -> &'static str {
        "remake"
    }

    fn action(&self) -> Action {
        Action::VmCreate
    }

    async fn permit(&self, app: &App, vm: Vm) -> Result<Permit<Vm>> {
        own_permit(app, vm).await
    }

    async fn runs(&self, _app: &App, _job: &Job) -> Result<bool> {
        Ok(true)
    }

    async fn run(self: Box<Self>, work: &Work) -> Result<Reply> {
        match make(work).await {
            Ok((vm, backup)) => {
                let (name, copy) = (backup.name.to_string(), is_copy(work, &backup));
                Ok(Reply::Vm(VmReply::Remade { vm, backup: name, copy }))
            }
            Err(failed) => Err(give_up(work, failed).await?),
        }
    }

    async fn take_up(&self, _cut: &Cut<'_>) -> Result<TakenUp> {
        Ok(TakenUp::Again(Box::new(Remake)))
    }
}

/// The backups of a machine that is itself again are its own since it has a place.
fn is_copy(work: &Work, backup: &Backup) -> bool {
    backup.vm != work.vm().id
}

/// Built beside nothing, then it is the machine. What is the machine already, before a restart, is not built
/// twice.
async fn make(work: &Work) -> std::result::Result<(Box<VmView>, Backup), Failed> {
    let (app, vm, permit) = (&work.app, work.vm(), &work.permit);
    let backup = app.store.backup(work.job.backup.unwrap_or(BackupId(0))).await?;
    let absent = || Error::new(Kind::NotFound, "error-no-backups-of").with("vm", &vm.name);
    let backup = backup.ok_or_else(absent)?;
    match app.engine.find(vm.vmid, Which::Main).await? {
        Some(found) if found.tags.get("vm") == Some(&vm.id.to_string()) => {}
        Some(_) => return Err(Failed::Foreign),
        None => {
            build(work, &backup, take(work, &backup)).await?;
            work.report.step(Step::Swap).await?;
            insist(|| async {
                app.engine.settle(permit).await?;
                app.engine.replace(permit, Duration::ZERO).await
            })
            .await?;
        }
    }
    work.report.step(Step::Start).await?;
    work.start().await?;
    app.after(app.store.set_phase(vm.id, Phase::Ready).await?).await;
    if !is_copy(work, &backup) {
        app.used_host_keys(vm).await;
    }
    Ok((work.shown().await, backup))
}

/// What of the archive is this machine's.
fn take(work: &Work, backup: &Backup) -> Take {
    let was = backup.was.as_ref().map(|was| was.vmid);
    match was {
        of if is_copy(work, backup) => Take::Copy { of: of.map(|vmid| vmid.address()) },
        Some(vmid) if vmid != work.vm().vmid => Take::Moved { from: vmid.address() },
        Some(_) | None => Take::All,
    }
}
