//! `template publish`: a job of a stopped machine. Its archive is written beside the backups, becomes an
//! image, and goes away.

use crate::app::command::TemplateCommand;
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::jobs::{self, Reporter};
use crate::app::reply::{Reply, TemplatePublished, TemplateReply};
use crate::app::vm::{self, Asked};
use crate::app::vm_jobs::Work;
use crate::app::{App, Outcome, archive, backup, clock};
use puerta_engine::{Status, Which};
use puerta_lab::action::Action;
use puerta_lab::model::{Job, Phase, Vm};
use puerta_policy::decide::Permit;
use puerta_store::{NewTemplate, Template};

/// Longest description, characters.
const LONGEST: usize = 200;

/// The permit, the version, the job.
pub(super) async fn start(ctx: &Ctx<'_>, command: TemplateCommand) -> Result<Outcome> {
    let TemplateCommand::Publish { vm: wanted, name, description, cpus, memory_mib, disk_mib, ports } =
        command
    else {
        return Err(Error::denied());
    };
    let app = ctx.app;
    let permit = vm::permit(ctx, &wanted, Action::TemplatePublish).await?;
    let vm = permit.target();
    if vm.phase != Phase::Ready {
        return Err(Error::new(Kind::Conflict, "error-vm-not-ready").with("vm", &vm.name));
    }
    let description = description.unwrap_or_default();
    if description.chars().count() > LONGEST {
        return Err(Error::new(Kind::Usage, "error-description-long").with("max", LONGEST));
    }
    let limits = vm::limits(ctx, &Asked { cpus, memory_mib, disk_mib }, vm.limits)?;
    if app.engine.templates().await?.iter().any(|own| own.name == name) {
        return Err(Error::new(Kind::Conflict, "error-template-own").with("template", &name));
    }
    is_stopped(app, vm).await?;
    let new = NewTemplate { name, description, publisher: ctx.actor.login.clone(), limits, ports };
    let begun = app.store.begin_template(new, vm.id, ctx.actor.person, clock::now()).await;
    let (_template, job) = jobs::begun(vm, begun)?;
    Ok(Outcome::Job(app.launch(job, Some(ctx.visitor), Work::new(permit))))
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

/// The job.
pub(in crate::app) async fn make(
    app: &App,
    job: &Job,
    permit: &Permit<Vm>,
    report: &Reporter,
) -> Result<Reply> {
    let gone = || Error::new(Kind::Conflict, "error-undone-publish");
    let template = app.store.template_of_job(job.id).await?.ok_or_else(gone)?;
    // Again, now that no other job can start it.
    is_stopped(app, permit.target()).await?;
    let made = make_at(app, job, permit, &template, report).await;
    archive::remove(&app.part(job)).await?;
    if let Err(error) = &made {
        // Of the version and its image the sweeper sees to what there is, once this job has ended.
        if let Err(other) = report.put_away(error, || app.engine.settle(permit)).await {
            tracing::error!(vm = permit.target().vmid.get(), %other, "publishing left something behind");
        }
    }
    made
}

async fn make_at(
    app: &App,
    job: &Job,
    permit: &Permit<Vm>,
    template: &Template,
    report: &Reporter,
) -> Result<Reply> {
    let limits = &app.config.backup;
    let part = app.part(job);
    archive::prepare(&part).await?;
    backup::export(app, &part, permit, report).await?;
    report.step("publish").await?;
    let reference = template.reference();
    let progress = |bytes, total| report.bytes("publish", bytes, total);
    let publish = app.engine.publish(permit, &part, (&reference, &template.description), &progress);
    let size = archive::deadline(limits.deadline, publish).await??;
    let now = clock::now();
    app.store.finish_template(job.id, size, now).await?;
    Ok(Reply::Template(TemplateReply::Published(TemplatePublished {
        name: template.name.to_string(),
        version: template.version,
        size,
        took_ms: (now.0 - job.started.0).max(0) as u64,
    })))
}
