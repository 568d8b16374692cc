//! `practice start`, `reset` and `stop`: what of it is there, what is missing, whether all that is missing fits, and one parent
//! job for it. All of it begins, or nothing.

use super::fits::Sum;
use super::plan::{Step, missing, version};
use super::{no_practice, parsed, view};
use crate::app::command::Place;
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::jobs::Task;
use crate::app::jobs::create::Create;
use crate::app::jobs::reset::Reset;
use crate::app::jobs::start::Start;
use crate::app::jobs::stop::Stop;
use crate::app::limits::{Asked, limits};
use crate::app::many::{Seen, There, in_registry, nothing};
use crate::app::offer::{self, Chosen};
use crate::app::places::seats;
use crate::app::port::Wanted;
use crate::app::reply::{PracticeReply, Reply};
use crate::app::{Outcome, find, jobs, nodes};
use puerta_engine::Status;
use puerta_lab::action::Action;
use puerta_lab::model::{Course, Limits, Phase, PracticeId, Seat, SeatId, Vm, VmId};
use puerta_lab::names::{PracticeName, TemplateRef};
use puerta_lab::network::Service;
use puerta_lab::practice::Machine;
use puerta_policy::decide::Permit;
use puerta_store::{Item, Member, NewBatch, NewVm, Practice as Kept};
use std::collections::BTreeMap;

/// What somebody asked for, once it is known what that is.
#[derive(Default)]
struct Plan {
    items: Vec<Item>,
    /// What each is done with.
    hands: Vec<Hand>,
    /// What is in the way of it.
    details: Vec<Error>,
    /// Each template is looked for once.
    templates: BTreeMap<(i64, TemplateRef), (TemplateRef, Limits, Vec<Service>)>,
}

enum Hand {
    Make(Permit<Seat>, Vec<Service>),
    Remake(Permit<Vm>, Vec<Service>),
    Start(Permit<Vm>),
}

/// `practice start`, or with `anew` `practice reset`: all of it as new, of the newest version.
pub(super) async fn start(ctx: &Ctx<'_>, name: &PracticeName, place: &Place, anew: bool) -> Result<Outcome> {
    let app = ctx.app;
    let (seats, said) = seats(ctx, place).await?;
    let mut ids: Vec<SeatId> = seats.iter().map(|seat| seat.id).collect();
    // Held until the jobs are there: they will start machines. In one order, so that two do not wait for each other.
    ids.sort_unstable();
    let mut turns = Vec::new();
    for seat in &ids {
        turns.push(app.turn_to_run(*seat).lock_owned().await);
    }
    let there = There::of(ctx, &ids).await?;
    let all = app.store.practices().await?;
    let mut plan = Plan::default();
    let mut last = None;
    for seat in &seats {
        app.opened(seat.id, &seat.name).await?;
        let course = app.store.course_of(seat.id).await?.ok_or_else(Error::denied)?;
        let stands = there.in_seat(seat.id);
        let of_it: Vec<&Kept> =
            all.iter().filter(|one| one.course == course.id && one.name == *name).collect();
        let kept = version(&of_it, &stands, anew).ok_or_else(|| no_practice(name))?;
        let practice = parsed(kept)?;
        let versions: Vec<PracticeId> = of_it.iter().map(|one| one.id).collect();
        let steps = missing(&practice, &versions, &stands, anew);
        plan.seat(ctx, (seat, &course, kept), steps).await?;
        last = Some(view(kept, &practice));
    }
    if !plan.details.is_empty() {
        let error = Error::new(Kind::Conflict, "error-practice-in-the-way").with("practice", name);
        return Err(nothing(error, plan.details));
    }
    let view = last.ok_or_else(|| no_practice(name))?;
    if plan.items.is_empty() {
        return Ok(Reply::Practice(PracticeReply::Already(view)).into());
    }
    let kind = if anew { "practice-reset" } else { "practice-start" };
    let batch =
        NewBatch { kind, what: name.to_string(), place: said, person: ctx.actor.person, absent: vec![] };
    begin(ctx, batch, plan).await
}

impl Plan {
    /// What is to be done in one seat, and what is in the way of it there.
    async fn seat(
        &mut self,
        ctx: &Ctx<'_>,
        (seat, course, kept): (&Seat, &Course, &Kept),
        steps: Vec<Step<'_>>,
    ) -> Result<()> {
        let mut sum = Sum::default();
        for step in steps {
            match step {
                Step::Taken(machine) => {
                    let error = Error::new(Kind::Conflict, "practice-name-taken").with("vm", &machine.name);
                    self.details.push(error.with("seat", &seat.name));
                }
                Step::Busy(job) => self.details.push(jobs::busy(job).with("of", &seat.name)),
                Step::Unready(vm) => {
                    self.details.extend(find::ready(vm).err().map(|error| error.with("of", &seat.name)));
                }
                Step::Start(vm) | Step::Remake(_, vm) if self.is_out_of_reach(ctx, vm).await => {}
                Step::Start(vm) => {
                    sum.start(vm.id);
                    self.items.push(Item::Do(Start.kind(), vm.id));
                    self.hands.push(Hand::Start(permit(ctx, Action::VmStart, vm).await?));
                }
                Step::Remake(machine, vm) => {
                    let Some((template, limits, ports)) = self.made_of(ctx, course, machine).await? else {
                        continue;
                    };
                    sum.grow(vm.limits, limits);
                    sum.start(vm.id);
                    // It is removed, made and started.
                    let subject = find::subject(vm);
                    let made =
                        ctx.permit(Action::VmCreate, seat.clone(), Some(&subject), Error::denied()).await?;
                    drop((made, permit(ctx, Action::VmStart, vm).await?));
                    let member = Member { practice: kept.id, role: machine.name.clone() };
                    let kind = Reset { ports: Vec::new() }.kind();
                    self.items.push(Item::Remake(kind, vm.id, template, limits, member));
                    self.hands.push(Hand::Remake(permit(ctx, Action::VmDelete, vm).await?, ports));
                }
                Step::Make(machine) => {
                    let Some((template, limits, ports)) = self.made_of(ctx, course, machine).await? else {
                        continue;
                    };
                    sum.make(limits, ports.len());
                    let member = Member { practice: kept.id, role: machine.name.clone() };
                    let kind = Create { ports: Vec::new() }.kind();
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
                    self.items.push(Item::Make(kind, Box::new(new), Some(member)));
                    let subject = format!("{}.{}", machine.name, seat.name);
                    let permit =
                        ctx.permit(Action::VmCreate, seat.clone(), Some(&subject), Error::denied()).await?;
                    self.hands.push(Hand::Make(permit, ports));
                }
            }
        }
        self.details.extend(sum.refused(ctx.app, seat).await?);
        Ok(())
    }

    /// One on a node that does not answer would keep its job waiting, and is in the way.
    async fn is_out_of_reach(&mut self, ctx: &Ctx<'_>, vm: &Vm) -> bool {
        let error = ctx.app.reachable(vm).await.err();
        let is_out = error.is_some();
        self.details.extend(error.map(|error| error.with("of", &vm.seat_name)));
        is_out
    }

    /// What a machine is made of, what it may use, and what of it is published; none where something is in the way.
    async fn made_of(
        &mut self,
        ctx: &Ctx<'_>,
        course: &Course,
        machine: &Machine,
    ) -> Result<Option<(TemplateRef, Limits, Vec<Service>)>> {
        let key = (course.id.0, machine.template.clone());
        if !self.templates.contains_key(&key) {
            match offer::choose(ctx, course, Some(&machine.template)).await {
                Ok(Chosen { reference, limits, ports }) => {
                    self.templates.insert(key.clone(), (reference, limits, ports));
                }
                Err(error) if error.kind == Kind::Unavailable => return Err(error),
                Err(error) => {
                    self.details.push(error.with("of", &machine.name));
                    return Ok(None);
                }
            }
        }
        let Some((template, usual, ports)) = self.templates.get(&key) else { return Ok(None) };
        let asked = Asked { cpus: machine.cpus, memory_mib: machine.memory_mib, disk_mib: machine.disk_mib };
        let limits = match limits(ctx, &asked, *usual) {
            Ok(limits) => limits,
            Err(error) => {
                self.details.push(error.with("of", &machine.name));
                return Ok(None);
            }
        };
        let ports = if machine.publish.is_empty() { ports.clone() } else { machine.publish.clone() };
        Ok(Some((template.clone(), limits, ports)))
    }
}

async fn permit(ctx: &Ctx<'_>, action: Action, vm: &Vm) -> Result<Permit<Vm>> {
    ctx.permit(action, vm.clone(), Some(&find::subject(vm)), Error::denied()).await
}

/// Places, the registry, and the jobs.
async fn begin(ctx: &Ctx<'_>, batch: NewBatch, mut plan: Plan) -> Result<Outcome> {
    let app = ctx.app;
    let mut placing = app.nodes.turn().await;
    let made = plan.items.iter_mut().filter_map(|item| match item {
        Item::Make(_, new, _) => Some(new),
        Item::Do(..) | Item::Remake(..) => None,
    });
    let mut made: Vec<_> = made.collect();
    let memory: Vec<u32> = made.iter().map(|new| new.limits.memory_mib).collect();
    for (new, (node, placed)) in made.iter_mut().zip(nodes::choose_each(app, &mut placing, &memory).await?) {
        new.node = Some(node.to_string());
        new.placed = Some(placed);
    }
    let (id, begun) = in_registry(ctx, batch, plan.items).await?;
    drop(placing);
    let (mut tasks, mut knowing) = (Vec::new(), Vec::new());
    let new: Vec<VmId> = begun.iter().map(|(vm, _)| vm.id).collect();
    for ((vm, job), hand) in begun.into_iter().zip(plan.hands) {
        let task: (Permit<Vm>, Box<dyn Task>) = match hand {
            Hand::Start(permit) => (permit, Box::new(Start)),
            Hand::Make(seat, services) => {
                let ports = judged(ctx, &vm, services).await;
                // Those that are there know it by name.
                knowing.extend(app.knowing(&vm).await.unwrap_or_default());
                (seat.machine(vm).ok_or_else(Error::denied)?, Box::new(Create { ports }))
            }
            Hand::Remake(permit, services) => {
                let ports = judged(ctx, &vm, services).await;
                (permit.renewed(vm).ok_or_else(Error::denied)?, Box::new(Reset { ports }))
            }
        };
        tasks.push((job, task.0, task.1));
    }
    knowing.retain(|id| !new.contains(id));
    knowing.sort_unstable();
    knowing.dedup();
    knowing.into_iter().for_each(|id| app.owe(id));
    app.hand_keys_of(Vec::new());
    jobs::launched_all(ctx, id, tasks).await
}

async fn judged(ctx: &Ctx<'_>, vm: &Vm, services: Vec<Service>) -> Vec<Wanted> {
    let mut ports = Vec::new();
    for service in services {
        ports.push(Wanted::judged(ctx, vm, service).await);
    }
    ports
}

pub(super) async fn stop(ctx: &Ctx<'_>, name: &PracticeName, place: &Place) -> Result<Outcome> {
    let app = ctx.app;
    let (seats, said) = seats(ctx, place).await?;
    let ids: Vec<SeatId> = seats.iter().map(|seat| seat.id).collect();
    let there = There::of(ctx, &ids).await?;
    let all = app.store.practices().await?;
    let (mut items, mut permits, mut details, mut known) = (Vec::new(), Vec::new(), Vec::new(), None);
    for vm in &there.vms {
        let member = there.members.get(&vm.id);
        let of_it =
            |kept: &&Kept| kept.name == *name && member.is_some_and(|member| member.practice == kept.id);
        let Some(kept) = all.iter().find(of_it) else { continue };
        known = Some(kept);
        if let Some((job, _)) = there.jobs.get(&vm.id) {
            details.push(jobs::busy(job).with("of", &vm.seat_name));
        } else if vm.phase == Phase::Ready && there.look(vm) != Seen::Is(Status::Stopped) {
            items.push(Item::Do(Stop::GENTLY.kind(), vm.id));
            permits.push(permit(ctx, Action::VmStop, vm).await?);
        }
    }
    if !details.is_empty() {
        return Err(nothing(Error::new(Kind::Conflict, "error-many-nothing"), details));
    }
    let absent = || Error::new(Kind::NotFound, "error-practice-none-there").with("practice", name);
    let kept = known.ok_or_else(absent)?;
    if items.is_empty() {
        return Ok(Reply::Practice(PracticeReply::Already(view(kept, &parsed(kept)?))).into());
    }
    let batch = NewBatch {
        kind: "practice-stop",
        what: name.to_string(),
        place: said,
        person: ctx.actor.person,
        absent: vec![],
    };
    let (id, begun) = in_registry(ctx, batch, items).await?;
    let stopping = begun.into_iter().zip(permits).map(|((_, job), permit)| {
        let task: Box<dyn Task> = Box::new(Stop::GENTLY);
        (job, permit, task)
    });
    jobs::launched_all(ctx, id, stopping.collect()).await
}
