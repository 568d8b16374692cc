//! `template publish`: a job of a stopped machine. Its archive is written beside the backups, becomes an
//! image, and goes away.

use super::backup::export;
use super::task::{Cut, TakenUp, Task, Work};
use super::{begun, launched};
use crate::app::command::TemplateCommand;
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::limits::{Asked, limits};
use crate::app::reply::{Reply, Step, TemplatePublished, TemplateReply, VmState};
use crate::app::{App, Outcome, archive, clock, find};
use async_trait::async_trait;
use puerta_engine::{Status, Which};
use puerta_lab::action::Action;
use puerta_lab::model::Vm;
use puerta_store::{NewTemplate, StoreError, Template};
use std::time::Instant;

/// Longest description, characters.
const LONGEST: usize = 200;

pub(in crate::app) struct Publish;

/// The permit, the version, the job.
pub(in crate::app) async fn start(ctx: &Ctx<'_>, command: TemplateCommand) -> Result<Outcome> {
    let TemplateCommand::Publish { vm: wanted, name, course, description, cpus, memory_mib, disk_mib, ports } =
        command
    else {
        return Err(Error::denied());
    };
    let app = ctx.app;
    let permit = find::permit(ctx, &wanted, Action::TemplatePublish).await?;
    let vm = permit.target();
    find::ready(vm)?;
    let description = description.unwrap_or_default();
    if description.chars().count() > LONGEST {
        return Err(Error::new(Kind::Usage, "error-description-long").with("max", LONGEST));
    }
    let limits = limits(ctx, &Asked { cpus, memory_mib, disk_mib }, vm.limits)?;
    if app.engine.templates().await?.iter().any(|own| own.name == name) {
        return Err(Error::new(Kind::Conflict, "error-template-own").with("template", &name));
    }
    is_stopped(app, vm).await?;
    let course = match &course {
        Some(name) => find::course(&app.store, name).await?,
        None => app.store.course_of(vm.seat).await?.ok_or_else(Error::denied)?,
    };
    let publisher = ctx.actor.login.clone();
    let new = NewTemplate { name, course: course.id, description, publisher, limits, ports };
    let started = app.store.begin_template(Publish.kind(), new, vm.id, ctx.actor.person, clock::now()).await;
    let (_template, job) = match started {
        Err(StoreError::NotOpen { course, state }) => return Err(find::not_open(&course, state)),
        started => begun(vm, started)?,
    };
    Ok(launched(ctx, job, permit, Publish).await)
}

/// A machine that runs writes while it is read, and knows its keys by heart.
async fn is_stopped(app: &App, vm: &Vm) -> Result<()> {
    let conflict = |id| Err(Error::new(Kind::Conflict, id).with("vm", &vm.name));
    match app.engine.find(vm.vmid, Which::Main).await?.map(|found| found.status) {
        Some(Status::Stopped) => Ok(()),
        Some(_) => conflict("error-template-running"),
        None => conflict("error-vm-missing"),
    }
}

#[async_trait]
impl Task for Publish {
    fn word(&self) -> &'static str {
        "publish"
    }

    /// What is left to do for a template that was not made is to put its export away, as a backup's.
    fn action(&self) -> Action {
        Action::VmBackup
    }

    fn seen_as(&self) -> Option<VmState> {
        Some(VmState::Publishing)
    }

    async fn run(self: Box<Self>, work: &Work) -> Result<Reply> {
        let (app, job) = (&work.app, &work.job);
        let gone = || Error::new(Kind::Conflict, "error-undone-publish");
        let template = app.store.template_of_job(job.id).await?.ok_or_else(gone)?;
        // Again, now that no other job can start it.
        is_stopped(app, work.vm()).await?;
        let made = make(work, &template).await;
        archive::remove(&app.part(job)).await?;
        if let Err(error) = &made
            && let Err(other) = work.report.put_away(error, || app.engine.settle(&work.permit)).await
        {
            tracing::error!(vm = work.vm().vmid.get(), %other, "publishing left something behind");
        }
        made
    }

    async fn take_up(&self, cut: &Cut<'_>) -> Result<TakenUp> {
        archive::remove(&cut.app.part(cut.job)).await?;
        Ok(TakenUp::Undone("error-undone-publish"))
    }
}

async fn make(work: &Work, template: &Template) -> Result<Reply> {
    let (app, job, report) = (&work.app, &work.job, &work.report);
    let began = Instant::now();
    let part = app.part(job);
    archive::prepare(app, job.seat).await?;
    export(app, &part, &work.permit, report).await?;
    report.step(Step::Publish).await?;
    let reference = template.reference();
    let progress = |bytes, total| report.bytes(Step::Publish, bytes, total);
    let publish = app.engine.publish(&work.permit, &part, (&reference, &template.description), &progress);
    let size = archive::deadline(app.config.backup.deadline, publish).await??;
    app.store.finish_template(job.id, size, clock::now()).await?;
    Ok(Reply::Template(TemplateReply::Published(TemplatePublished {
        name: template.name.to_string(),
        version: template.version,
        course: template.course_name.as_ref().map(ToString::to_string).unwrap_or_default(),
        size,
        took_ms: began.elapsed().as_millis() as u64,
    })))
}
