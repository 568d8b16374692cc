//! `vm create`: its place in the registry, its place on a node, the machine, and the ports that its template
//! wants published.

use super::launched;
use super::task::{Cut, TakenUp, Task, Work};
use crate::app::ctx::Ctx;
use crate::app::error::{Cause, Error, Kind, Result};
use crate::app::limits::{Asked, limits};
use crate::app::port::{self, Wanted};
use crate::app::reply::{Reply, Step, VmReply, VmView};
use crate::app::{App, Outcome, clock, find, itself, nodes, offer};
use async_trait::async_trait;
use puerta_engine::{EngineError, Spec, Status, Which};
use puerta_lab::action::Action;
use puerta_lab::model::{Job, JobKind, Phase, Vm};
use puerta_lab::names::{TemplateRef, VmRef};
use puerta_policy::decide::Permit;
use puerta_store::{NewVm, StoreError};
use std::sync::Arc;

pub(in crate::app) struct Create {
    /// What its template, or its practice, wants published.
    pub(in crate::app) ports: Vec<Wanted>,
}

/// The permit, the template, the limits, the node, the quota, the job.
pub(in crate::app) async fn start(
    ctx: &Ctx<'_>,
    wanted: &VmRef,
    template: Option<TemplateRef>,
    asked: Asked,
    new_keys: bool,
) -> Result<Outcome> {
    let app = ctx.app;
    let seat = find::seat_for(&app.store, &ctx.actor, wanted.seat.as_ref()).await?;
    let name = seat.as_ref().map(|seat| seat.name.clone()).or_else(|| wanted.seat.clone());
    let name = name.ok_or_else(Error::denied)?;
    let said = (Some(format!("{}.{name}", wanted.name)), find::no_seat(&name));
    let permit = find::permit_seat(ctx, seat, &name, Action::VmCreate, said).await?;
    let seat = permit.target().clone();
    app.opened(seat.id, &seat.name).await?;
    let course = app.store.course_of(seat.id).await?.ok_or_else(Error::denied)?;
    let template = offer::choose(ctx, &course, template.as_ref()).await?;
    let limits = limits(ctx, &asked, template.limits)?;
    let new = NewVm {
        seat: seat.id,
        name: wanted.name.clone(),
        template: template.reference,
        limits,
        node: None,
        placed: None,
        person: ctx.actor.person,
        source: None,
    };
    if new_keys {
        app.store.forget_host_keys(seat.id, &wanted.name).await?;
    }
    let (vm, job) = take_place(app, Create { ports: Vec::new() }.kind(), new).await?;
    let mut ports = Vec::new();
    for service in template.ports {
        ports.push(Wanted::judged(ctx, &vm, service).await);
    }
    let permit = permit.machine(vm).ok_or_else(Error::denied)?;
    Ok(launched(ctx, job, permit, Create { ports }).await)
}

/// A place to run in the seat's quota, a node, and the machine's row with its job.
pub(super) async fn take_place(app: &Arc<App>, kind: JobKind, new: NewVm) -> Result<(Vm, Job)> {
    // Held until the job is there: it will start the machine.
    let turn = app.turn_to_run(new.seat);
    let _turn = turn.lock().await;
    if let Err(full) = app.room_to_run(new.seat, None).await {
        // Where it would not fit anyway, that is what to say.
        let quotas = app.store.quotas_of(new.seat, app.config.quotas).await?.quotas;
        quotas.machine(app.store.usage(new.seat).await?, new.limits)?;
        return Err(full);
    }
    let mut placing = app.nodes.turn().await;
    let (node, placed) = nodes::choose(app, &mut placing, |_| true).await?;
    let (name, template) = (new.name.clone(), new.template.clone());
    let new = NewVm { node: Some(node.to_string()), placed: Some(placed), ..new };
    match app.store.create_vm(kind, new, app.plan(), app.config.quotas, clock::now()).await {
        Err(StoreError::Taken(_)) => Err(Error::new(Kind::Conflict, "error-vm-exists").with("vm", name)),
        Err(StoreError::NotOffered) => Err(offer::retired(&template)),
        // It was not yet when it was looked at.
        Err(StoreError::Leaving | StoreError::Gone) => Err(Error::denied()),
        Err(StoreError::BackupGone) => {
            Err(Error::new(Kind::NotFound, "error-no-backups-of").with("vm", name))
        }
        made => Ok(made?),
    }
}

#[async_trait]
impl Task for Create {
    fn word(&self) -> &'static str {
        "create"
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
        let vm = match make(work).await {
            Ok(vm) => vm,
            Err(failed) => return Err(give_up(work, failed).await?),
        };
        let (ports, unpublished) = port::publish_wanted(&work.app, &work.job, self.ports).await;
        // A machine may be made before its people have a key: theirs get in as they come.
        let keyless = work.app.store.keys_of_seat(work.vm().seat).await?.is_empty();
        Ok(Reply::Vm(VmReply::Created { vm, keyless, ports, unpublished }))
    }

    async fn take_up(&self, cut: &Cut<'_>) -> Result<TakenUp> {
        let ports = wanted_again(cut.app, cut.job, cut.permit.target()).await?;
        Ok(TakenUp::Again(Box::new(Create { ports })))
    }
}

/// puerta's own permit to make a machine, which is judged on its seat.
pub(super) async fn own_permit(app: &App, vm: Vm) -> Result<Permit<Vm>> {
    let seat = app.store.seat(vm.seat).await?.ok_or_else(Error::denied)?;
    itself::permit(app, Action::VmCreate, seat)?.machine(vm).ok_or_else(Error::denied)
}

/// What the practice or the template of a machine that was being made when puerta ended wants published, judged again for
/// who asked for it.
pub(super) async fn wanted_again(app: &App, job: &Job, vm: &Vm) -> Result<Vec<Wanted>> {
    let Some(person) = job.person else { return Ok(Vec::new()) };
    let Some(actor) = app.store.actor(person).await? else { return Ok(Vec::new()) };
    let ports = match app.practice_ports(vm).await?.filter(|ports| !ports.is_empty()) {
        Some(ports) => ports,
        None => {
            let mut all = app.store.templates().await?.into_iter();
            all.find(|one| one.reference() == vm.template).map(|template| template.ports).unwrap_or_default()
        }
    };
    Ok(ports.into_iter().map(|service| Wanted::judged_again(app, &actor, vm, service)).collect())
}

/// Why no machine was made.
pub(super) enum Failed {
    /// Something that is not this machine has its name in the engine, and is not touched.
    Foreign,
    /// Something of it may be there.
    Halfway(Error),
}

impl<E: Into<Error>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self::Halfway(error.into())
    }
}

/// Nothing half-made stays: neither in the engine nor in the registry.
pub(super) async fn give_up(work: &Work, failed: Failed) -> Result<Error> {
    let vm = work.vm();
    let (error, removed) = match failed {
        Failed::Foreign => (Error::new(Kind::Conflict, "error-vm-foreign").with("vm", &vm.name), true),
        Failed::Halfway(error) => {
            let remove = || async {
                work.app.engine.remove(&work.permit, Which::New).await?;
                work.app.engine.remove(&work.permit, Which::Main).await
            };
            // An engine that is away holds up nobody else's machines.
            work.leave_place();
            let removed = work.report.put_away(&error, remove).await.is_ok();
            (error, removed)
        }
    };
    tracing::warn!(vm = vm.vmid.get(), ?error, "creating a machine failed");
    let error = match error.cause {
        Some(Cause::Spoiled) => {
            Error::new(Kind::Conflict, "error-spoiled-template").with("template", &vm.template)
        }
        _ => error,
    };
    if removed {
        let knowing = work.app.knowing(vm).await?;
        work.app.after(work.app.store.delete_vm(vm.id).await?).await;
        // The next machine there is another one.
        knowing.into_iter().for_each(|id| work.app.hand_soon(id));
    }
    Ok(error)
}

async fn make(work: &Work) -> std::result::Result<Box<VmView>, Failed> {
    work.report.step(Step::Create).await?;
    build(work).await?;
    work.after_others().await;
    work.report.step(Step::Start).await?;
    work.app.engine.start(&work.permit, Which::Main).await?;
    work.app.after(work.app.store.set_phase(work.vm().id, Phase::Ready).await?).await;
    work.app.used_host_keys(work.vm()).await;
    Ok(work.shown().await)
}

/// The machine in the engine, stopped.
pub(super) async fn build(work: &Work) -> std::result::Result<(), Failed> {
    let (app, vm, permit) = (&work.app, work.vm(), &work.permit);
    app.walled(vm.seat).await?;
    let spec = Spec {
        node: vm.node.clone().unwrap_or_default(),
        handed: app.handed_to(vm).await?,
        host_keys: app.kept_host_keys(vm).await?,
    };
    match app.engine.create(permit, &spec).await {
        Err(EngineError::Exists) => {
            // Left by a puerta that was killed half-way: one that runs had everything; another may lack its
            // keys, so it is made again.
            let left = app.engine.find(vm.vmid, Which::Main).await?;
            if left.as_ref().is_some_and(|left| left.tags.get("vm") != Some(&vm.id.to_string())) {
                return Err(Failed::Foreign);
            }
            if left.is_none_or(|left| left.status != Status::Running) {
                app.engine.remove(permit, Which::Main).await?;
                app.engine.create(permit, &spec).await?;
            }
        }
        made => made?,
    }
    Ok(())
}
