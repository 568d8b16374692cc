//! `vm ...`: from a name to a machine to a permit; the work itself is in `vm_jobs`, `backup` and `restore`.

use crate::app::command::VmCommand;
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::port::Wanted;
use crate::app::reply::{PlacedView, Reply, UsageView, VmReply, VmState, VmView};
use crate::app::status;
use crate::app::{Outcome, backup, clock, console, moving, node, restore, template, vm_jobs};
use puerta_lab::action::Action;
use puerta_lab::model::{Actor, JobKind, Limits, Phase, Seat, SeatId, Vm};
use puerta_lab::names::{SeatName, TemplateRef, VmRef};
use puerta_policy::decide::{Decision, Lab, Permit};
use puerta_store::{NewVm, Store, StoreError};
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::timeout;

/// How long live figures may hold up the rest of `vm show`.
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) async fn run(ctx: &Ctx<'_>, command: VmCommand) -> Result<Outcome> {
    match command {
        VmCommand::List { all, seat } => list(ctx, all, seat).await.map(Outcome::from),
        VmCommand::Create { vm, template, cpus, memory_mib, disk_mib } => {
            let asked = Asked { cpus, memory_mib, disk_mib };
            create(ctx, &vm, template, asked).await
        }
        VmCommand::Show(vm) => show(ctx, &vm).await.map(Outcome::from),
        VmCommand::Start(vm) => change(ctx, &vm, Action::VmStart, JobKind::Start, false).await,
        VmCommand::Stop { vm, force } => change(ctx, &vm, Action::VmStop, JobKind::Stop, force).await,
        VmCommand::Restart(vm) => change(ctx, &vm, Action::VmRestart, JobKind::Restart, false).await,
        VmCommand::Delete(vm) => change(ctx, &vm, Action::VmDelete, JobKind::Delete, false).await,
        VmCommand::Console(vm) => console::enter(ctx, &vm).await,
        VmCommand::Backup(vm) => backup::start(ctx, &vm).await,
        VmCommand::Restore { vm, backup } => restore::start(ctx, &vm, backup).await,
        VmCommand::Move { vm, node } => moving::start(ctx, &vm, &node).await,
    }
}

/// `web1.alumno1`, as the audit writes machines.
pub(super) fn subject(vm: &Vm) -> String {
    format!("{}.{}", vm.name, vm.seat_name)
}

/// The machine somebody means; it may turn out not to be for them, which policy says afterwards.
pub(super) async fn resolve(ctx: &Ctx<'_>, wanted: &VmRef) -> Result<Vm> {
    resolve_for(&ctx.app.store, &ctx.actor, wanted).await
}

/// The same for whoever would mean it.
pub(super) async fn resolve_for(store: &Store, actor: &Actor, wanted: &VmRef) -> Result<Vm> {
    let absent = || Error::no_vm(wanted);
    if let Some(seat) = &wanted.seat {
        let seat = store.seat_by_name(seat).await?.ok_or_else(absent)?;
        return store.vm_by_name(seat.id, &wanted.name).await?.ok_or_else(absent);
    }
    let mut found = Vec::new();
    for seat in &actor.seats {
        found.extend(store.vm_by_name(*seat, &wanted.name).await?);
    }
    if found.len() > 1 {
        let choices: Vec<_> = found.iter().map(subject).collect();
        let error = Error::new(Kind::Usage, "error-vm-ambiguous").with("vm", wanted);
        return Err(error.with("choices", choices.join(", ")));
    }
    found.pop().ok_or_else(absent)
}

/// The machine somebody means and the permit to do `action` to it. Who may not even see it reads that there
/// is none.
pub(super) async fn permit(ctx: &Ctx<'_>, wanted: &VmRef, action: Action) -> Result<Permit<Vm>> {
    let vm = resolve(ctx, wanted).await?;
    let sees = matches!(ctx.decide(Action::VmView, vm.clone()), Decision::Allow(_));
    let refusal = if sees { Error::denied() } else { Error::no_vm(wanted) };
    let subject = subject(&vm);
    ctx.permit(action, vm, Some(&subject), refusal).await
}

async fn list(ctx: &Ctx<'_>, all: bool, seat: Option<SeatName>) -> Result<Reply> {
    let store = &ctx.app.store;
    let vms = match seats_asked(ctx, all, seat).await? {
        Some(seats) => store.vms_of(&seats).await?,
        None => store.vms().await?,
    };
    let jobs: HashMap<_, _> = store.running_jobs().await?.into_iter().map(|(job, _)| (job.vm, job)).collect();
    let visible = vms.into_iter().filter_map(|vm| match ctx.decide(Action::VmView, vm) {
        Decision::Allow(permit) => Some(permit.into_target()),
        Decision::Deny(_) => None,
    });
    let visible: Vec<Vm> = visible.collect();
    let seen = ctx.app.seen(&visible).await;
    Ok(Reply::Vm(VmReply::List(
        visible.iter().map(|vm| status::view(vm, seen.as_ref(), jobs.get(&vm.id))).collect(),
    )))
}

/// The seats that a list is about; `None` is all of them. Looking beyond one's own is an act that is
/// judged and written down, before it is said whether there is such a seat.
pub(super) async fn seats_asked(
    ctx: &Ctx<'_>,
    all: bool,
    seat: Option<SeatName>,
) -> Result<Option<Vec<SeatId>>> {
    let found = match &seat {
        Some(name) => ctx.app.store.seat_by_name(name).await?.map(|seat| seat.id),
        None => None,
    };
    let own = match found {
        Some(seat) => ctx.actor.seats.contains(&seat),
        None => seat.is_none() && !all,
    };
    if !own {
        // To who may not, somebody else's seat is as absent as one that is not there.
        let refusal = seat.as_ref().map_or_else(Error::denied, no_seat);
        let _seats = ctx.permit(Action::SeatList, Lab, None, refusal).await?;
    }
    match (seat, found) {
        (Some(_), Some(seat)) => Ok(Some(vec![seat])),
        (Some(name), None) => Err(no_seat(&name)),
        (None, _) if all => Ok(None),
        (None, _) => Ok(Some(ctx.actor.seats.clone())),
    }
}

async fn show(ctx: &Ctx<'_>, wanted: &VmRef) -> Result<Reply> {
    let permit = permit(ctx, wanted, Action::VmView).await?;
    let mut view = current(ctx, permit.target()).await?;
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
    Ok(Reply::Vm(VmReply::One(Box::new(view))))
}

/// A machine as it is now.
async fn current(ctx: &Ctx<'_>, vm: &Vm) -> Result<VmView> {
    let seen = ctx.app.seen(std::slice::from_ref(vm)).await;
    let job = ctx.app.store.running_job_of(vm.id).await?;
    Ok(status::view(vm, seen.as_ref(), job.as_ref()))
}

/// Start, stop, restart, delete: one machine, one job.
async fn change(
    ctx: &Ctx<'_>,
    wanted: &VmRef,
    action: Action,
    kind: JobKind,
    force: bool,
) -> Result<Outcome> {
    let permit = permit(ctx, wanted, action).await?;
    let vm = permit.target();
    if vm.phase != Phase::Ready && kind != JobKind::Delete {
        return Err(Error::new(Kind::Conflict, "error-vm-not-ready").with("vm", &vm.name));
    }
    ctx.app.reachable(vm).await?;
    let job = ctx.app.begin_job(kind, vm, ctx.actor.person, None).await?;
    let work = vm_jobs::Work { force, ..vm_jobs::Work::new(permit) };
    Ok(Outcome::Job(ctx.app.launch(job, Some(ctx.visitor), work)))
}

/// Limits that somebody asks for.
pub(super) struct Asked {
    pub(super) cpus: Option<u32>,
    pub(super) memory_mib: Option<u32>,
    pub(super) disk_mib: Option<u32>,
}

async fn create(
    ctx: &Ctx<'_>,
    wanted: &VmRef,
    template: Option<TemplateRef>,
    asked: Asked,
) -> Result<Outcome> {
    let app = ctx.app;
    let seat = seat_for(&app.store, &ctx.actor, wanted.seat.as_ref()).await?;
    let label = format!("{}.{}", wanted.name, seat.name);
    let permit = ctx.permit(Action::VmCreate, seat.clone(), Some(&label), no_seat(&seat.name)).await?;
    app.opened(seat.id, &seat.name).await?;
    if app.store.keys_of_seat(seat.id).await?.is_empty() {
        return Err(Error::new(Kind::Conflict, "error-no-keys").with("seat", &seat.name));
    }
    let template = template::choose(ctx, template).await?;
    let limits = limits(ctx, &asked, template.limits)?;
    let name = template.reference.clone();
    // Held until the job is there: it will start the machine.
    let turn = app.turn_to_run(seat.id);
    let turn = turn.lock().await;
    if let Err(full) = app.room_to_run(seat.id, None).await {
        // Where it would not fit anyway, that is what to say.
        let quotas = app.store.quotas_of(seat.id, app.config.quotas).await?.quotas;
        quotas.machine(app.store.usage(seat.id).await?, limits)?;
        return Err(full);
    }
    let mut placing = app.nodes.turn().await;
    let (node, placed) = node::choose(app, &mut placing, |_| true).await?;
    let new = NewVm {
        seat: permit.target().id,
        name: wanted.name.clone(),
        template: template.reference,
        limits,
        node: Some(node.to_string()),
        placed: Some(placed),
        person: ctx.actor.person,
    };
    let (vm, job) = match app.store.create_vm(new, app.plan(), app.config.quotas, clock::now()).await {
        Err(StoreError::Taken(_)) => {
            return Err(Error::new(Kind::Conflict, "error-vm-exists").with("vm", &wanted.name));
        }
        Err(StoreError::NotOffered) => return Err(template::retired(&name)),
        made => made?,
    };
    drop((placing, turn));
    let mut ports = Vec::new();
    for service in template.ports {
        ports.push(Wanted::judged(ctx, &vm, service).await);
    }
    let permit = permit.machine(vm).ok_or_else(Error::denied)?;
    let work = vm_jobs::Work { ports, ..vm_jobs::Work::new(permit) };
    Ok(Outcome::Job(app.launch(job, Some(ctx.visitor), work)))
}

pub(super) fn no_seat(name: &SeatName) -> Error {
    Error::new(Kind::NotFound, "error-no-seat").with("seat", name)
}

/// The seat that was named, or the speaker's own when they have one.
pub(super) async fn seat_for(store: &Store, actor: &Actor, named: Option<&SeatName>) -> Result<Seat> {
    if let Some(name) = named {
        return store.seat_by_name(name).await?.ok_or_else(|| no_seat(name));
    }
    match actor.seats.as_slice() {
        [] => Err(Error::new(Kind::NotFound, "error-no-own-seat")),
        [seat] => store.seat(*seat).await?.ok_or_else(|| Error::new(Kind::NotFound, "error-no-own-seat")),
        seats => {
            let mut names = Vec::new();
            for seat in seats {
                names.extend(store.seat(*seat).await?.map(|seat| seat.name.to_string()));
            }
            Err(Error::new(Kind::Usage, "error-which-seat").with("seats", names.join(", ")))
        }
    }
}

/// What was asked for, else `default`; what nobody asked for is never more than the lab allows.
pub(super) fn limits(ctx: &Ctx<'_>, asked: &Asked, default: Limits) -> Result<Limits> {
    let max = &ctx.app.config.machine.max;
    let pick = |what: &'static str, asked: Option<u32>, default: u32, max: u32| match asked {
        Some(wanted) if wanted == 0 || wanted > max => {
            Err(Error::new(Kind::Limited, "error-limits").with("what", what).with("max", max))
        }
        wanted => Ok(wanted.unwrap_or(default.min(max))),
    };
    Ok(Limits {
        cpus: pick("cpus", asked.cpus, default.cpus, max.cpus)?,
        memory_mib: pick("memory", asked.memory_mib, default.memory_mib, max.memory_mib)?,
        disk_mib: pick("disk", asked.disk_mib, default.disk_mib, max.disk_mib)?,
        processes: default.processes,
    })
}
