//! What new machines of a course are made from: the engine's own templates, and the newest version of each that
//! professors published for it.

use crate::app::App;
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use puerta_engine as engine;
use puerta_lab::model::{Course, Limits};
use puerta_lab::names::TemplateRef;
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

/// Everything that a course is offered, and what it was.
struct Offer {
    /// The newest of a name first.
    published: Vec<Template>,
    own: Vec<engine::Template>,
}

/// The template somebody means, in its newest version; without a name the course's, or the only one there is.
pub(super) async fn choose(ctx: &Ctx<'_>, course: &Course, wanted: Option<&TemplateRef>) -> Result<Chosen> {
    let mut published = ctx.app.store.templates().await?;
    published.retain(|one| one.is_for(course.id));
    let offer = Offer { published, own: ctx.app.engine.templates().await? };
    match (wanted, &course.template) {
        (Some(wanted), _) => offer.named(ctx.app, wanted),
        (None, Some(usual)) => offer.named(ctx.app, usual).map_err(|error| {
            let error = Error::new(error.kind, "error-course-template").with("course", &course.name);
            error.with("template", usual).with("known", offer.known())
        }),
        (None, None) => offer.only(ctx.app),
    }
}

impl Offer {
    fn named(&self, app: &App, wanted: &TemplateRef) -> Result<Chosen> {
        let mut versions = self.published.iter().filter(|one| one.name == wanted.name);
        let found = match wanted.version {
            Some(version) => versions.find(|one| one.version == version && one.job.is_none()),
            // The newest is the first.
            None => versions.find(|one| one.offered()),
        };
        let own = self.own.iter().find(|one| one.name == wanted.name && wanted.version.is_none());
        match (found, own) {
            (Some(found), _) if found.offered() => Ok(published(app, found)),
            (Some(_), _) => Err(retired(wanted)),
            (None, Some(own)) => Ok(of_engine(app, own)),
            (None, None) => {
                let absent = Error::new(Kind::NotFound, "error-no-template").with("template", wanted);
                Err(absent.with("known", self.known()))
            }
        }
    }

    fn only(&self, app: &App) -> Result<Chosen> {
        let mut newest: Vec<&Template> = self.published.iter().filter(|one| one.offered()).collect();
        newest.dedup_by(|later, first| later.name == first.name);
        match (newest.as_slice(), self.own.as_slice()) {
            ([only], []) => Ok(published(app, only)),
            ([], [only]) => Ok(of_engine(app, only)),
            _ => Err(Error::new(Kind::Usage, "error-which-template").with("known", self.known())),
        }
    }

    /// The names, for a sentence.
    fn known(&self) -> String {
        let offered = self.published.iter().filter(|one| one.offered());
        let names = offered.map(|one| &one.name).chain(self.own.iter().map(|one| &one.name));
        let names: BTreeSet<String> = names.map(ToString::to_string).collect();
        names.into_iter().collect::<Vec<_>>().join(", ")
    }
}

fn published(app: &App, found: &Template) -> Chosen {
    let Template { cpus, memory_mib, disk_mib, .. } = *found;
    let limits = Limits { cpus, memory_mib, disk_mib, ..app.config.machine.default };
    Chosen { reference: found.reference(), limits, ports: found.ports.clone() }
}

fn of_engine(app: &App, own: &engine::Template) -> Chosen {
    Chosen { reference: own.name.clone().into(), limits: app.config.machine.default, ports: Vec::new() }
}

/// It is not offered any more.
pub(super) fn retired(template: &TemplateRef) -> Error {
    Error::new(Kind::Conflict, "error-template-retired").with("template", template)
}
