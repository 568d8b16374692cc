//! `practice start` and `practice stop`: what of it is there, what is missing, whether all that is missing fits, and one
//! parent job for it. All of it begins, or nothing.

use super::{newest, no_practice, parsed, view};
use crate::app::command::Place;
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::jobs::Task;
use crate::app::jobs::create::Create;
use crate::app::jobs::start::Start;
use crate::app::jobs::stop::Stop;
use crate::app::limits::{Asked, limits};
use crate::app::offer::{self, Chosen};
use crate::app::port::Wanted;
use crate::app::reply::{PracticeReply, Reply};
use crate::app::{Outcome, clock, find, jobs, nodes};
use puerta_engine::Status;
use puerta_lab::action::Action;
use puerta_lab::model::{Course, Limits, Phase, Seat, SeatId, Vm, VmId};
use puerta_lab::names::{CourseName, PracticeName, TemplateRef};
use puerta_lab::network::Service;
use puerta_lab::practice::{Machine, Practice};
use puerta_lab::quota::{Quota, QuotaExceeded};
use puerta_policy::decide::{Lab, Permit};
use puerta_store::{Item, Member, NewBatch, NewVm, Practice as Kept, StoreError};
use std::collections::BTreeMap;

const STOP: Stop = Stop { force: false };

/// What is done about one machine of a practice in a seat.
#[derive(Debug, PartialEq, Eq)]
enum Step<'a> {
    /// It is not there.
    Make(&'a Machine),
    /// It stands still.
    Start(VmId),
    /// Something else of theirs is called so.
    Taken(&'a Machine),
}

/// A machine as it is now.
struct Stands<'a> {
    vm: &'a Vm,
    member: Option<&'a Member>,
    running: bool,
}

/// Pure: from what there is to what is missing.
fn missing<'a>(practice: &'a Practice, kept: &Kept, there: &[Stands<'_>]) -> Vec<Step<'a>> {
    let step = |machine: &'a Machine| {
        let own = there.iter().find(|one| {
            one.member.is_some_and(|member| member.practice == kept.id && member.role == machine.name)
        });
        match own {
            Some(own) if own.running || own.vm.phase != Phase::Ready => None,
            Some(own) => Some(Step::Start(own.vm.id)),
            None if there.iter().any(|one| one.vm.name == machine.name) => Some(Step::Taken(machine)),
            None => Some(Step::Make(machine)),
        }
    };
    practice.machines.iter().filter_map(step).collect()
}

/// The seats that are meant, judged, and how the place is called. The audit names each as if the practice were a machine of it.
async fn seats(
    ctx: &Ctx<'_>,
    practice: &PracticeName,
    place: &Place,
    action: Action,
) -> Result<(Vec<Permit<Seat>>, String)> {
    let store = &ctx.app.store;
    let named = match place {
        Place::Course(name, group) => {
            return of_course(ctx, practice, (name, group.as_deref()), action).await;
        }
        Place::Own => None,
        Place::Seat(name) => Some(name),
    };
    let seat = find::seat_for(store, &ctx.actor, named).await?;
    let name = seat.as_ref().map(|seat| seat.name.clone()).or_else(|| named.cloned());
    let name = name.ok_or_else(Error::denied)?;
    let said = (Some(format!("{practice}.{name}")), find::no_seat(&name));
    let permit = find::permit_seat(ctx, seat, &name, action, said).await?;
    Ok((vec![permit], name.to_string()))
}

/// Everybody's own seat in a course, or in a group of it: no team's, and none that is put away.
async fn of_course(
    ctx: &Ctx<'_>,
    practice: &PracticeName,
    (name, group): (&CourseName, Option<&str>),
    action: Action,
) -> Result<(Vec<Permit<Seat>>, String)> {
    let _seats = ctx.permit(Action::SeatList, Lab, None, Error::denied()).await?;
    let course = find::course(&ctx.app.store, name).await?;
    let all = ctx.app.store.seats().await?.into_iter();
    let wanted = all.filter(|row| {
        let in_group = group.is_none_or(|group| row.group == group);
        row.seat.course == course.id && in_group && !row.team && row.archived.is_none() && !row.leaving
    });
    let found: Vec<Seat> = wanted.map(|row| row.seat).collect();
    let place = group.map_or_else(|| name.to_string(), |group| format!("{name}, {group}"));
    if found.is_empty() {
        return Err(Error::new(Kind::NotFound, "error-many-nobody").with("place", place));
    }
    let mut permits = Vec::new();
    for seat in found {
        let subject = format!("{practice}.{}", seat.name);
        permits.push(ctx.permit(action, seat, Some(&subject), Error::denied()).await?);
    }
    Ok((permits, place))
}

/// What somebody asked for, once it is known what that is.
struct Plan {
    items: Vec<Item>,
    /// What each is done with.
    hands: Vec<Hand>,
    details: Vec<Error>,
}

enum Hand {
    Make(Permit<Seat>, Vec<Service>),
    Start(Permit<Vm>),
}

pub(super) async fn start(ctx: &Ctx<'_>, name: &PracticeName, place: &Place) -> Result<Outcome> {
    let app = ctx.app;
    let (permits, said) = seats(ctx, name, place, Action::VmCreate).await?;
    let ids: Vec<SeatId> = permits.iter().map(|permit| permit.target().id).collect();
    // Held until the jobs are there: they will start machines. In one order, so that two do not wait for each other.
    let mut turns = Vec::new();
    let mut ordered = ids.clone();
    ordered.sort_unstable();
    for seat in ordered {
        turns.push(app.turn_to_run(seat).lock_owned().await);
    }
    let vms = app.store.vms_of(&ids).await?;
    let members = app.store.members_of(&ids).await?;
    let seen = if vms.is_empty() { None } else { app.seen(&vms).await };
    let mut templates = Templates::default();
    let mut plan = Plan { items: Vec::new(), hands: Vec::new(), details: Vec::new() };
    let mut last = None;
    for permit in permits {
        let seat = permit.target().clone();
        app.opened(seat.id, &seat.name).await?;
        let course = app.store.course_of(seat.id).await?.ok_or_else(Error::denied)?;
        let there: Vec<Stands<'_>> = vms
            .iter()
            .filter(|vm| vm.seat == seat.id)
            .map(|vm| {
                let status = seen.as_ref().and_then(|seen| seen.get(&vm.vmid)).map(|found| found.status);
                // Of one that nobody can tell about the start says what is so.
                Stands { vm, member: members.get(&vm.id), running: status == Some(Status::Running) }
            })
            .collect();
        let kept = version(ctx, &course, name, &there).await?;
        let practice = parsed(&kept)?;
        let steps = missing(&practice, &kept, &there);
        plan_seat(ctx, (permit, &course, &kept), &there, steps, &mut templates, &mut plan).await?;
        last = Some((kept, practice));
    }
    if !plan.details.is_empty() {
        let error = Error::new(Kind::Conflict, "error-practice-in-the-way").with("practice", name);
        return Err(Error { details: plan.details, ..error });
    }
    let (kept, practice) = last.ok_or_else(|| no_practice(name))?;
    if plan.items.is_empty() {
        return Ok(Reply::Practice(PracticeReply::Already(view(&kept, &practice))).into());
    }
    let batch =
        NewBatch { kind: "practice-start", what: name.to_string(), place: said, person: ctx.actor.person };
    begin(ctx, batch, plan).await
}

/// The version that the seat has, or else the newest.
async fn version(ctx: &Ctx<'_>, course: &Course, name: &PracticeName, there: &[Stands<'_>]) -> Result<Kept> {
    for member in there.iter().filter_map(|one| one.member) {
        let kept = ctx.app.store.practice(member.practice).await?;
        if let Some(kept) = kept.filter(|kept| kept.name == *name) {
            return Ok(kept);
        }
    }
    newest(ctx.app, &course.name, name).await
}

/// Each template is looked for once.
#[derive(Default)]
struct Templates(BTreeMap<(i64, TemplateRef), (TemplateRef, Limits, Vec<Service>)>);

impl Templates {
    async fn of(
        &mut self,
        ctx: &Ctx<'_>,
        course: &Course,
        machine: &Machine,
    ) -> Result<(TemplateRef, Limits, Vec<Service>)> {
        let key = (course.id.0, machine.template.clone());
        if let Some(known) = self.0.get(&key) {
            return Ok(known.clone());
        }
        let Chosen { reference, limits, ports } = offer::choose(ctx, course, Some(&machine.template)).await?;
        Ok(self.0.entry(key).or_insert((reference, limits, ports)).clone())
    }
}

/// What is to be done in one seat, and whether it fits there.
async fn plan_seat(
    ctx: &Ctx<'_>,
    (permit, course, kept): (Permit<Seat>, &Course, &Kept),
    there: &[Stands<'_>],
    steps: Vec<Step<'_>>,
    templates: &mut Templates,
    plan: &mut Plan,
) -> Result<()> {
    let (app, seat) = (ctx.app, permit.target().clone());
    let quotas = app.store.quotas_of(seat.id, app.config.quotas).await?.quotas;
    let mut usage = app.store.usage(seat.id).await?;
    let mut wanted_running = 0;
    for step in steps {
        match step {
            Step::Taken(machine) => {
                let error = Error::new(Kind::Conflict, "practice-name-taken").with("vm", &machine.name);
                plan.details.push(error.with("seat", &seat.name));
            }
            Step::Start(id) => {
                let Some(stands) = there.iter().find(|one| one.vm.id == id) else { continue };
                let subject = find::subject(stands.vm);
                let permit =
                    ctx.permit(Action::VmStart, stands.vm.clone(), Some(&subject), Error::denied()).await?;
                wanted_running += 1;
                plan.items.push(Item::Do(Start.kind(), id));
                plan.hands.push(Hand::Start(permit));
            }
            Step::Make(machine) => {
                let (template, usual, ports) = templates.of(ctx, course, machine).await?;
                let asked =
                    Asked { cpus: machine.cpus, memory_mib: machine.memory_mib, disk_mib: machine.disk_mib };
                let limits = limits(ctx, &asked, usual)?;
                if let Err(full) = quotas.machine(usage, limits) {
                    plan.details.push(in_seat(full.into(), &seat));
                    return Ok(());
                }
                usage.machines += 1;
                usage.memory_mib += limits.memory_mib;
                usage.cpus += limits.cpus;
                usage.disk_mib += limits.disk_mib;
                wanted_running += 1;
                let new = NewVm {
                    seat: seat.id,
                    name: machine.name.clone(),
                    template,
                    limits,
                    node: None,
                    placed: None,
                    person: ctx.actor.person,
                    source: None,
                };
                let member = Member { practice: kept.id, role: machine.name.clone() };
                let kind = Create { ports: Vec::new() }.kind();
                plan.items.push(Item::Make(kind, Box::new(new), Some(member)));
                let publish = if machine.publish.is_empty() { ports } else { machine.publish.clone() };
                plan.hands.push(Hand::Make(permit.clone(), publish));
            }
        }
    }
    // With fewer machines than may run nobody needs to be asked.
    if wanted_running > 0 && usage.machines > quotas.running {
        let running = app.running(seat.id).await?.vms.len() as u32;
        if running + wanted_running > quotas.running {
            let full = QuotaExceeded {
                quota: Quota::Running,
                limit: quotas.running,
                used: running,
                wanted: wanted_running,
            };
            plan.details.push(in_seat(full.into(), &seat));
        }
    }
    Ok(())
}

/// A refusal of one seat among many.
fn in_seat(error: Error, seat: &Seat) -> Error {
    error.with("of", &seat.name)
}

/// Places, the registry, and the jobs.
async fn begin(ctx: &Ctx<'_>, batch: NewBatch, mut plan: Plan) -> Result<Outcome> {
    let app = ctx.app;
    let mut placing = app.nodes.turn().await;
    let made = plan.items.iter_mut().filter_map(|item| match item {
        Item::Make(_, new, _) => Some(new),
        Item::Do(..) => None,
    });
    let mut made: Vec<_> = made.collect();
    let memory: Vec<u32> = made.iter().map(|new| new.limits.memory_mib).collect();
    for (new, (node, placed)) in made.iter_mut().zip(nodes::choose_each(app, &mut placing, &memory).await?) {
        new.node = Some(node.to_string());
        new.placed = Some(placed);
    }
    let names: Vec<String> = plan
        .items
        .iter()
        .map(|item| match item {
            Item::Make(_, new, _) => new.name.to_string(),
            Item::Do(_, vm) => vm.to_string(),
        })
        .collect();
    let begun = app.store.begin_batch(batch, plan.items, app.plan(), app.config.quotas, clock::now()).await;
    let (id, jobs) = begun.map_err(|(at, error)| match error {
        StoreError::Taken(_) => Error::new(Kind::Conflict, "error-vm-exists").with("vm", &names[at]),
        StoreError::Leaving | StoreError::Gone => Error::denied(),
        other => other.into(),
    })?;
    drop(placing);
    let mut tasks = Vec::new();
    let mut grown = Vec::new();
    for ((vm, job), hand) in jobs.into_iter().zip(plan.hands) {
        match hand {
            Hand::Make(seat, services) => {
                let mut ports = Vec::new();
                for service in services {
                    ports.push(Wanted::judged(ctx, &vm, service).await);
                }
                grown.push(vm.seat);
                let permit = seat.machine(vm).ok_or_else(Error::denied)?;
                let task: Box<dyn Task> = Box::new(Create { ports });
                tasks.push((job, permit, task));
            }
            Hand::Start(permit) => tasks.push((job, permit, Box::new(Start))),
        }
    }
    // Those that are there know the new ones by name.
    grown.sort_unstable();
    grown.dedup();
    app.hand_keys_of(grown);
    Ok(jobs::launched_all(ctx, id, tasks).await)
}

pub(super) async fn stop(ctx: &Ctx<'_>, name: &PracticeName, place: &Place) -> Result<Outcome> {
    let app = ctx.app;
    let (seats, said) = seats_seen(ctx, name, place).await?;
    let vms = app.store.vms_of(&seats).await?;
    let members = app.store.members_of(&seats).await?;
    let seen = app.seen(&vms).await;
    let all = app.store.practices().await?;
    let (mut items, mut tasks, mut known) = (Vec::new(), Vec::new(), None);
    for vm in vms.iter().rev() {
        let of_it = members
            .get(&vm.id)
            .and_then(|member| all.iter().find(|kept| kept.id == member.practice && kept.name == *name));
        let Some(kept) = of_it else { continue };
        known = Some(kept);
        let status = seen.as_ref().and_then(|seen| seen.get(&vm.vmid)).map(|found| found.status);
        if vm.phase != Phase::Ready || status == Some(Status::Stopped) {
            continue;
        }
        let subject = find::subject(vm);
        let permit = ctx.permit(Action::VmStop, vm.clone(), Some(&subject), Error::denied()).await?;
        items.push(Item::Do(STOP.kind(), vm.id));
        tasks.push(permit);
    }
    let kept = known
        .ok_or_else(|| Error::new(Kind::NotFound, "error-practice-none-there").with("practice", name))?;
    if items.is_empty() {
        return Ok(Reply::Practice(PracticeReply::Already(view(kept, &parsed(kept)?))).into());
    }
    let names: Vec<String> = tasks.iter().map(|permit| permit.target().name.to_string()).collect();
    let batch =
        NewBatch { kind: "practice-stop", what: name.to_string(), place: said, person: ctx.actor.person };
    let begun = app.store.begin_batch(batch, items, app.plan(), app.config.quotas, clock::now()).await;
    let (id, jobs) = begun.map_err(|(at, error)| match error {
        StoreError::Busy { kind, since } => match names[at].parse() {
            Ok(name) => jobs::taken(&name, &kind, since),
            Err(_) => Error::denied(),
        },
        other => other.into(),
    })?;
    let stopping = jobs.into_iter().zip(tasks).map(|((_, job), permit)| {
        let task: Box<dyn Task> = Box::new(STOP);
        (job, permit, task)
    });
    Ok(jobs::launched_all(ctx, id, stopping.collect()).await)
}

/// The seats that are meant: each machine in them is judged by itself.
async fn seats_seen(ctx: &Ctx<'_>, name: &PracticeName, place: &Place) -> Result<(Vec<SeatId>, String)> {
    match place {
        Place::Own => {
            let seat = find::seat_for(&ctx.app.store, &ctx.actor, None).await?.ok_or_else(Error::denied)?;
            Ok((vec![seat.id], seat.name.to_string()))
        }
        _ => {
            let (permits, said) = seats(ctx, name, place, Action::VmCreate).await?;
            Ok((permits.iter().map(|permit| permit.target().id).collect(), said))
        }
    }
}
