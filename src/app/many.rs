//! `vm VERB NAME --course C`: what is done to the machines of one name in a course, under one parent job; and what every act
//! on many needs: what there is, and beginning all of it or nothing.

use crate::app::command::{Act, ManyCommand};
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::jobs::Task;
use crate::app::jobs::delete::Delete;
use crate::app::jobs::restart::Restart;
use crate::app::jobs::start::Start;
use crate::app::jobs::stop::Stop;
use crate::app::{Outcome, clock, find, jobs, places};
use puerta_engine::{Instance, Status};
use puerta_lab::model::{BatchId, Job, SeatId, Vm, VmId};
use puerta_lab::plan::Vmid;
use puerta_store::{Item, Member, NewBatch, StoreError};
use std::collections::{BTreeMap, HashMap};

/// Of more that is in the way only these are told.
const TOLD: usize = 20;
/// More machines are begun group by group: one transaction holds up everybody else's for as long as it lasts.
const MOST: usize = 1000;

impl Act {
    fn task(self) -> Box<dyn Task> {
        match self {
            Self::Start => Box::new(Start),
            Self::Stop => Box::new(Stop::GENTLY),
            Self::Restart => Box::new(Restart),
            Self::Delete => Box::new(Delete),
        }
    }

    /// The parent's kind.
    fn word(self) -> &'static str {
        match self {
            Self::Start => "many-start",
            Self::Stop => "many-stop",
            Self::Restart => "many-restart",
            Self::Delete => "many-delete",
        }
    }

    /// Whether a machine is so already.
    fn is_so(self, seen: Seen) -> bool {
        match self {
            Self::Start => seen == Seen::Is(Status::Running),
            Self::Stop => seen == Seen::Is(Status::Stopped),
            Self::Restart | Self::Delete => false,
        }
    }
}

pub(super) async fn run(ctx: &Ctx<'_>, command: ManyCommand) -> Result<Outcome> {
    let ManyCommand { act, name, course, group } = command;
    let app = ctx.app;
    let (seats, place) = places::of_course(ctx, &course, group.as_deref()).await?;
    let mut ids: Vec<SeatId> = seats.iter().map(|seat| seat.id).collect();
    ids.sort_unstable();
    let task = act.task();
    // Held until the jobs are there, where they start machines. In one order, so that two do not wait for each other.
    let mut turns = Vec::new();
    for seat in ids.iter().filter(|_| task.starts_it()) {
        turns.push(app.turn_to_run(*seat).lock_owned().await);
    }
    let there = There::of(ctx, &ids).await?;
    let (mut items, mut permits, mut details, mut absent) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for seat in &seats {
        let Some(vm) = there.vms.iter().find(|vm| vm.seat == seat.id && vm.name == name) else {
            absent.push(seat.name.to_string());
            continue;
        };
        if let Some((job, _)) = there.jobs.get(&vm.id) {
            details.push(jobs::busy(job).with("of", &seat.name));
            continue;
        }
        if act.is_so(there.look(vm)) {
            continue;
        }
        // What is half-made or half-gone can only go.
        let mut fit = if act == Act::Delete { Ok(()) } else { find::ready(vm) };
        if fit.is_ok() {
            fit = app.reachable(vm).await;
        }
        if fit.is_ok() && task.starts_it() {
            app.opened(seat.id, &seat.name).await?;
            fit = app.room_to_run(seat.id, Some(vm.id)).await;
        }
        details.extend(fit.err().map(|error| error.with("of", &seat.name)));
        let subject = find::subject(vm);
        permits.push(ctx.permit(task.action(), vm.clone(), Some(&subject), Error::denied()).await?);
        items.push(Item::Do(task.kind(), vm.id));
    }
    if !details.is_empty() {
        return Err(nothing(Error::new(Kind::Conflict, "error-many-nothing"), details));
    }
    if absent.len() == seats.len() {
        return Err(Error::new(Kind::NotFound, "error-many-absent").with("vm", &name).with("place", place));
    }
    if items.is_empty() {
        return Err(Error::new(Kind::Conflict, "error-many-already").with("vm", &name).with("place", place));
    }
    let person = ctx.actor.person;
    let batch = NewBatch { kind: act.word(), what: name.to_string(), place, person, absent };
    let (id, begun) = in_registry(ctx, batch, items).await?;
    let tasks = begun.into_iter().zip(permits).map(|((_, job), permit)| (job, permit, act.task()));
    jobs::launched_all(ctx, id, tasks.collect()).await
}

/// Nothing was done, for these reasons.
pub(super) fn nothing(error: Error, mut details: Vec<Error>) -> Error {
    let more = details.len().saturating_sub(TOLD);
    details.truncate(TOLD);
    if more > 0 {
        details.push(Error::new(Kind::Conflict, "error-archived-more").with("count", more));
    }
    Error { details, ..error }
}

/// What the engine says of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// It does not answer.
    Unknown,
    /// It has none.
    Absent,
    /// It has it.
    Is(Status),
}

/// A machine as it is now.
pub(super) struct Stands<'a> {
    pub(super) vm: &'a Vm,
    /// Which of a practice it is.
    pub(super) member: Option<&'a Member>,
    /// As the engine says.
    pub(super) seen: Seen,
    /// The job that has it, and whether it runs with that.
    pub(super) job: Option<(&'a Job, bool)>,
}

/// What the registry and the engine say of the machines of some seats.
pub(super) struct There {
    pub(super) vms: Vec<Vm>,
    pub(super) members: BTreeMap<VmId, Member>,
    seen: Option<HashMap<Vmid, Instance>>,
    pub(super) jobs: HashMap<VmId, (Job, bool)>,
}

impl There {
    pub(super) async fn of(ctx: &Ctx<'_>, seats: &[SeatId]) -> Result<Self> {
        let app = ctx.app;
        let vms = app.store.vms_of(seats).await?;
        let seen = if vms.is_empty() { None } else { app.seen(&vms).await };
        let mut jobs = HashMap::new();
        for (job, _) in
            app.store.running_jobs().await?.into_iter().filter(|(job, _)| seats.contains(&job.seat))
        {
            let runs = jobs::runs(app, &job).await?;
            jobs.insert(job.vm, (job, runs));
        }
        Ok(Self { members: app.store.members_of(seats).await?, vms, seen, jobs })
    }

    pub(super) fn look(&self, vm: &Vm) -> Seen {
        match &self.seen {
            None => Seen::Unknown,
            Some(seen) => seen.get(&vm.vmid).map_or(Seen::Absent, |found| Seen::Is(found.status)),
        }
    }

    pub(super) fn in_seat(&self, seat: SeatId) -> Vec<Stands<'_>> {
        let own = self.vms.iter().filter(|vm| vm.seat == seat);
        let stands = |vm| Stands {
            vm,
            member: self.members.get(&vm.id),
            seen: self.look(vm),
            job: self.jobs.get(&vm.id).map(|(job, runs)| (job, *runs)),
        };
        own.map(stands).collect()
    }
}

type Begun = (BatchId, Vec<(Vm, Job)>);

/// All of it, or why nothing of it: somebody else was first, in the moment between.
pub(super) async fn in_registry(ctx: &Ctx<'_>, batch: NewBatch, items: Vec<Item>) -> Result<Begun> {
    let app = ctx.app;
    if items.len() > MOST {
        let error = Error::new(Kind::Limited, "error-many-too-many").with("max", MOST);
        return Err(error.with("count", items.len()));
    }
    let begun = app.store.begin_batch(batch, items, app.plan(), app.config.quotas, clock::now()).await;
    let (vm, error) = match begun {
        Ok(begun) => return Ok(begun),
        Err(stopped) => stopped,
    };
    let error = match (error, vm.as_ref().map(|(vm, _)| vm.clone())) {
        (StoreError::Taken(_), Some(vm)) => Error::new(Kind::Conflict, "error-vm-exists").with("vm", vm),
        (StoreError::Busy { kind, since }, Some(vm)) => jobs::taken(&vm, &kind, since),
        (StoreError::NotOffered | StoreError::Gone, _) => Error::new(Kind::Conflict, "error-many-changed"),
        (StoreError::Leaving, _) => Error::denied(),
        (other, _) => return Err(other.into()),
    };
    let seat = match vm {
        Some((_, seat)) => app.store.seat(seat).await?,
        None => None,
    };
    Err(seat.map_or(error.clone(), |seat| Error {
        details: vec![error.with("of", seat.name)],
        ..Error::new(Kind::Conflict, "error-many-nothing")
    }))
}
