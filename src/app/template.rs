//! `template ...`: what machines are made from. The engine has templates of its own, which the technician
//! made; professors publish others, in versions, each for one course. A version is listed once its image is whole,
//! and its image goes when it is retired and no machine was made from it.

mod sweep;

pub use sweep::keep_swept;

use crate::app::command::TemplateCommand;
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::offer::retired;
use crate::app::reply::{Reply, TemplateDetail, TemplateReply, TemplateView, VersionView};
use crate::app::{App, Outcome, clock, find, jobs};
use puerta_engine as engine;
use puerta_lab::action::Action;
use puerta_lab::model::{CourseId, Limits};
use puerta_lab::names::{CourseName, TemplateRef};
use puerta_policy::decide::{Decision, Lab};
use puerta_store::Template;
use std::collections::BTreeMap;

pub(super) async fn run(ctx: &Ctx<'_>, command: TemplateCommand) -> Result<Outcome> {
    match command {
        TemplateCommand::List => list(ctx).await.map(Outcome::from),
        TemplateCommand::Show(wanted) => show(ctx, &wanted).await.map(Outcome::from),
        TemplateCommand::Retire { template, course } => {
            retire(ctx, &template, course.as_ref()).await.map(Outcome::from)
        }
        publish @ TemplateCommand::Publish { .. } => jobs::publish::start(ctx, publish).await,
    }
}

async fn list(ctx: &Ctx<'_>) -> Result<Reply> {
    let _permit = ctx.permit(Action::TemplateList, Lab, None, Error::denied()).await?;
    let published = seen(ctx).await?;
    let in_use = machines(ctx).await?;
    let own = ctx.app.engine.templates().await?;
    let count = |one: &Template| {
        let versions = published.iter().filter(|other| is_same(one, other));
        versions.filter_map(|version| in_use.get(&version.reference())).sum()
    };
    // The newest of each is its first.
    let mut newest: Vec<&Template> = Vec::new();
    for one in published.iter().filter(|one| one.offered()) {
        if !newest.iter().any(|first| is_same(first, one)) {
            newest.push(one);
        }
    }
    let mut views: Vec<TemplateView> = newest
        .iter()
        .map(|one| TemplateView {
            name: one.name.to_string(),
            version: Some(one.version),
            course: one.course_name.as_ref().map(ToString::to_string),
            description: one.description.clone(),
            size: one.size,
            cpus: one.cpus,
            memory_mib: one.memory_mib,
            disk_mib: one.disk_mib,
            ports: one.ports.iter().map(ToString::to_string).collect(),
            machines: count(one),
        })
        .collect();
    views.extend(own.iter().map(|template| of_engine(ctx.app, template, &in_use)));
    views.sort_by(|a, b| (&a.name, &a.course).cmp(&(&b.name, &b.course)));
    Ok(Reply::Template(TemplateReply::List(views)))
}

/// Two versions of one template: of one name, and for the same.
fn is_same(one: &Template, other: &Template) -> bool {
    (&one.name, one.course) == (&other.name, other.course)
}

/// What professors published: all of it, or what one's own courses are offered for who may not look at seats.
async fn seen(ctx: &Ctx<'_>) -> Result<Vec<Template>> {
    let mut all = ctx.app.store.templates().await?;
    if let Decision::Deny(_) = ctx.decide(Action::SeatList, Lab) {
        all.retain(|one| match (one.course, &one.course_name) {
            (None, _) => true,
            (Some(_), name) => name.as_ref().is_some_and(|name| ctx.actor.courses.contains(name)),
        });
    }
    Ok(all)
}

/// How many machines were made from each: of all that there are, or of one's own for who may not look at seats.
async fn machines(ctx: &Ctx<'_>) -> Result<BTreeMap<TemplateRef, u32>> {
    let vms = match ctx.decide(Action::SeatList, Lab) {
        Decision::Allow(_) => ctx.app.store.vms().await?,
        Decision::Deny(_) => ctx.app.store.vms_of(&ctx.actor.seats).await?,
    };
    let mut machines = BTreeMap::new();
    for vm in vms {
        *machines.entry(vm.template).or_insert(0) += 1;
    }
    Ok(machines)
}

fn of_engine(app: &App, template: &engine::Template, in_use: &BTreeMap<TemplateRef, u32>) -> TemplateView {
    let Limits { cpus, memory_mib, disk_mib, .. } = app.config.machine.default;
    TemplateView {
        name: template.name.to_string(),
        version: None,
        course: None,
        description: template.description.clone(),
        size: template.size,
        cpus,
        memory_mib,
        disk_mib,
        ports: Vec::new(),
        machines: in_use.get(&template.name.clone().into()).copied().unwrap_or(0),
    }
}

async fn show(ctx: &Ctx<'_>, wanted: &TemplateRef) -> Result<Reply> {
    let _permit = ctx.permit(Action::TemplateList, Lab, None, Error::denied()).await?;
    let published = seen(ctx).await?;
    let meant = |one: &&Template| {
        let version = wanted.version.is_none_or(|version| version == one.version);
        one.name == wanted.name && version && one.job.is_none()
    };
    let in_use = machines(ctx).await?;
    let counted = |one: &Template| {
        let machines = in_use.get(&one.reference()).copied().unwrap_or(0);
        VersionView { machines, ..view(one) }
    };
    let versions: Vec<VersionView> = published.iter().filter(meant).map(counted).collect();
    let own = match wanted.version {
        Some(_) => None,
        None => ctx.app.engine.templates().await?.into_iter().find(|one| one.name == wanted.name),
    };
    let own = own.map(|own| of_engine(ctx.app, &own, &in_use));
    if own.is_none() && versions.is_empty() {
        return Err(unknown(wanted));
    }
    Ok(Reply::Template(TemplateReply::One(TemplateDetail { name: wanted.name.to_string(), own, versions })))
}

fn unknown(wanted: &TemplateRef) -> Error {
    Error::new(Kind::NotFound, "error-unknown-template").with("template", wanted)
}

fn view(one: &Template) -> VersionView {
    VersionView {
        name: one.name.to_string(),
        version: one.version,
        course: one.course_name.as_ref().map(ToString::to_string),
        description: one.description.clone(),
        size: one.size,
        cpus: one.cpus,
        memory_mib: one.memory_mib,
        disk_mib: one.disk_mib,
        ports: one.ports.iter().map(ToString::to_string).collect(),
        machines: one.machines,
        publisher: one.publisher.clone(),
        source: one.source.clone(),
        created: clock::rfc3339(one.created),
        retired: one.retired.map(clock::rfc3339),
        image: one.removed.is_none(),
    }
}

async fn retire(ctx: &Ctx<'_>, wanted: &TemplateRef, course: Option<&CourseName>) -> Result<Reply> {
    let _permit = ctx.permit(Action::TemplateRetire, Lab, None, Error::denied()).await?;
    let store = &ctx.app.store;
    let course = match course {
        Some(name) => Some(find::course(store, name).await?.id),
        None => of_one(&store.templates().await?, wanted)?,
    };
    let gone = ctx.app.after(store.retire_templates(wanted, course, clock::now()).await?).await;
    if gone.is_empty() {
        let all = store.templates().await?;
        let own = ctx.app.engine.templates().await;
        if own.is_ok_and(|own| own.iter().any(|one| one.name == wanted.name)) {
            return Err(Error::new(Kind::Conflict, "error-template-engine").with("template", &wanted.name));
        }
        let meant = |one: &&Template| is_meant(one, wanted) && one.course == course;
        return Err(match all.iter().find(meant).is_some_and(|one| one.job.is_none()) {
            true => retired(wanted),
            false => unknown(wanted),
        });
    }
    Ok(Reply::Template(TemplateReply::Retired(gone.iter().map(view).collect())))
}

fn is_meant(one: &Template, wanted: &TemplateRef) -> bool {
    one.name == wanted.name && wanted.version.is_none_or(|version| version == one.version)
}

/// The one course for which there is such a template, or everybody; what is offered comes first.
fn of_one(all: &[Template], wanted: &TemplateRef) -> Result<Option<CourseId>> {
    let mut meant: Vec<&Template> = all.iter().filter(|one| is_meant(one, wanted)).collect();
    if meant.iter().any(|one| one.offered()) {
        meant.retain(|one| one.offered());
    }
    meant.sort_by_key(|one| one.course);
    meant.dedup_by_key(|one| one.course);
    match meant.as_slice() {
        [] => Ok(None),
        [one] => Ok(one.course),
        several => {
            let courses: Vec<String> =
                several.iter().filter_map(|one| Some(format!("`{}`", one.course_name.as_ref()?))).collect();
            let error = Error::new(Kind::Usage, "error-template-courses").with("template", wanted);
            Err(error.with("courses", courses.join(", ")))
        }
    }
}
