//! What new machines are made from: the engine's own templates, and the newest version of each that
//! professors published.

use crate::app::App;
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use puerta_lab::model::Limits;
use puerta_lab::names::{TemplateName, TemplateRef};
use puerta_lab::network::Service;
use puerta_store::Template;
use std::collections::BTreeSet;

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
pub(super) fn newest(published: &[Template]) -> Vec<&Template> {
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
