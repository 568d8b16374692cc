//! `template ...`: what machines are made from. The engine has templates of its own, which the technician
//! made; professors publish others, in versions. A version is listed once its image is whole, and its image
//! goes when it is retired and no machine was made from it.

mod job;
mod sweep;

pub(super) use job::make;
pub(super) use sweep::keep_swept;

use crate::app::command::TemplateCommand;
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::port::Wanted;
use crate::app::reply::{Reply, TemplateDetail, TemplateReply, TemplateView, VersionView};
use crate::app::{App, Outcome, clock};
use puerta_engine as engine;
use puerta_lab::action::Action;
use puerta_lab::model::{Job, Limits, Vm};
use puerta_lab::names::{TemplateName, TemplateRef};
use puerta_lab::network::Service;
use puerta_policy::decide::Lab;
use puerta_store::Template;
use std::collections::{BTreeMap, BTreeSet};

pub(super) async fn run(ctx: &Ctx<'_>, command: TemplateCommand) -> Result<Outcome> {
    match command {
        TemplateCommand::List => list(ctx).await.map(Outcome::from),
        TemplateCommand::Show(wanted) => show(ctx, &wanted).await.map(Outcome::from),
        TemplateCommand::Retire(wanted) => retire(ctx, &wanted).await.map(Outcome::from),
        publish @ TemplateCommand::Publish { .. } => job::start(ctx, publish).await,
    }
}

/// What a new machine is made from.
pub(super) struct Chosen {
    pub(super) reference: TemplateRef,
    /// When nothing is asked for.
    pub(super) limits: Limits,
    /// What is published from the start.
    pub(super) ports: Vec<Service>,
}

fn chosen(app: &App, found: &Template) -> Chosen {
    let Template { cpus, memory_mib, disk_mib, .. } = *found;
    let limits = Limits { cpus, memory_mib, disk_mib, ..app.config.machine.default };
    Chosen { reference: found.reference(), limits, ports: found.ports.clone() }
}

/// The template somebody means, in its newest version; without a name the only one there is.
pub(super) async fn choose(ctx: &Ctx<'_>, wanted: Option<TemplateRef>) -> Result<Chosen> {
    let app = ctx.app;
    let published = app.store.templates().await?;
    if let Some(wanted) = &wanted {
        let mut versions = published.iter().filter(|one| one.name == wanted.name);
        let found = match wanted.version {
            Some(version) => versions.find(|one| one.version == version && one.job.is_none()),
            // The newest is the first.
            None => versions.find(|one| one.offered()),
        };
        match found {
            Some(found) if found.offered() => return Ok(chosen(app, found)),
            Some(_) => return Err(retired(wanted)),
            None => {}
        }
    }
    let own = app.engine.templates().await?;
    let offered = newest(&published);
    let known = || {
        let names = offered.iter().map(|one| &one.name).chain(own.iter().map(|one| &one.name));
        let names: BTreeSet<String> = names.map(ToString::to_string).collect();
        names.into_iter().collect::<Vec<_>>().join(", ")
    };
    let of_engine = |name: &TemplateName| Chosen {
        reference: name.clone().into(),
        limits: app.config.machine.default,
        ports: Vec::new(),
    };
    match (wanted, offered.as_slice(), own.as_slice()) {
        (Some(wanted), _, own) => match own.iter().find(|one| one.name == wanted.name) {
            Some(found) if wanted.version.is_none() => Ok(of_engine(&found.name)),
            _ => Err(absent(&wanted).with("known", known())),
        },
        (None, [only], []) => Ok(chosen(app, only)),
        (None, [], [only]) => Ok(of_engine(&only.name)),
        (None, ..) => Err(Error::new(Kind::Usage, "error-which-template").with("known", known())),
    }
}

/// The newest version of each that is offered.
fn newest(published: &[Template]) -> Vec<&Template> {
    let mut newest: Vec<&Template> = published.iter().filter(|one| one.offered()).collect();
    newest.dedup_by(|later, first| later.name == first.name);
    newest
}

fn absent(wanted: &TemplateRef) -> Error {
    Error::new(Kind::NotFound, "error-no-template").with("template", wanted)
}

/// It is not offered any more.
pub(super) fn retired(template: &TemplateRef) -> Error {
    Error::new(Kind::Conflict, "error-template-retired").with("template", template)
}

/// What the template of a machine that was being made when puerta ended wants published, judged again for
/// who asked for it.
pub(super) async fn wanted_again(app: &App, job: &Job, vm: &Vm) -> Result<Vec<Wanted>> {
    let all = app.store.templates().await?;
    let template = all.into_iter().find(|one| one.reference() == vm.template);
    let actor = match job.person {
        Some(person) => app.store.actor(person).await?,
        None => None,
    };
    let (Some(template), Some(actor)) = (template, actor) else { return Ok(Vec::new()) };
    Ok(template.ports.iter().map(|service| Wanted::judged_again(app, &actor, vm, *service)).collect())
}

async fn list(ctx: &Ctx<'_>) -> Result<Reply> {
    let _permit = ctx.permit(Action::TemplateList, Lab, None, Error::denied()).await?;
    let published = ctx.app.store.templates().await?;
    let in_use = machines(ctx.app).await?;
    let own = ctx.app.engine.templates().await?;
    let mut views: Vec<TemplateView> = newest(&published)
        .into_iter()
        .map(|one| TemplateView {
            name: one.name.to_string(),
            version: Some(one.version),
            description: one.description.clone(),
            size: one.size,
            cpus: one.cpus,
            memory_mib: one.memory_mib,
            disk_mib: one.disk_mib,
            ports: one.ports.iter().map(ToString::to_string).collect(),
            machines: published
                .iter()
                .filter(|other| other.name == one.name)
                .map(|other| other.machines)
                .sum(),
        })
        .collect();
    views.extend(own.iter().map(|template| of_engine(ctx.app, template, &in_use)));
    views.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Reply::Template(TemplateReply::List(views)))
}

/// How many machines were made from each.
async fn machines(app: &App) -> Result<BTreeMap<TemplateRef, u32>> {
    let mut machines = BTreeMap::new();
    for vm in app.store.vms().await? {
        *machines.entry(vm.template).or_insert(0) += 1;
    }
    Ok(machines)
}

fn of_engine(app: &App, template: &engine::Template, in_use: &BTreeMap<TemplateRef, u32>) -> TemplateView {
    let Limits { cpus, memory_mib, disk_mib, .. } = app.config.machine.default;
    TemplateView {
        name: template.name.to_string(),
        version: None,
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
    let published = ctx.app.store.templates().await?;
    let meant = |one: &&Template| {
        let version = wanted.version.is_none_or(|version| version == one.version);
        one.name == wanted.name && version && one.job.is_none()
    };
    let versions: Vec<VersionView> = published.iter().filter(meant).map(view).collect();
    let own = match wanted.version {
        Some(_) => None,
        None => ctx.app.engine.templates().await?.into_iter().find(|one| one.name == wanted.name),
    };
    let own = match own {
        Some(own) => Some(of_engine(ctx.app, &own, &machines(ctx.app).await?)),
        None => None,
    };
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

async fn retire(ctx: &Ctx<'_>, wanted: &TemplateRef) -> Result<Reply> {
    let _permit = ctx.permit(Action::TemplateRetire, Lab, None, Error::denied()).await?;
    let retired = ctx.app.store.retire_templates(wanted, clock::now()).await?;
    if retired.is_empty() {
        let all = ctx.app.store.templates().await?;
        let own = ctx.app.engine.templates().await;
        if own.is_ok_and(|own| own.iter().any(|one| one.name == wanted.name)) {
            return Err(Error::new(Kind::Conflict, "error-template-engine").with("template", &wanted.name));
        }
        let same = |one: &Template| {
            one.name == wanted.name && wanted.version.is_none_or(|version| version == one.version)
        };
        return Err(match all.iter().any(|one| same(one) && one.job.is_none()) {
            true => self::retired(wanted),
            false => unknown(wanted),
        });
    }
    ctx.app.sweep.notify_one();
    Ok(Reply::Template(TemplateReply::Retired(retired.iter().map(view).collect())))
}
