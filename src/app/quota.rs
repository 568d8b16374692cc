//! `quota ...`: what seats have and may have. Whether one more fits is judged where it is added, in the
//! store, and whether one more may run where jobs begin.

use crate::app::App;
use crate::app::command::{QuotaCommand, QuotaPlace};
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::find::{course, no_seat};
use crate::app::reply::{self, QuotaLine, QuotaReply, QuotaSetView, QuotasView, Reply};
use puerta_lab::action::Action;
use puerta_lab::model::{PersonId, Role, Seat};
use puerta_lab::quota::{Quota, Quotas, Usage};
use puerta_policy::decide::Lab;
use puerta_store::{Effective, Origin, Scope};
use std::sync::Arc;

pub(super) async fn run(ctx: &Ctx<'_>, command: QuotaCommand) -> Result<Reply> {
    match command {
        QuotaCommand::Own => own(ctx).await,
        QuotaCommand::Show(place) => show(ctx, &place).await,
        QuotaCommand::Set { quota, value, place } => set(ctx, quota, value, &place).await,
    }
}

async fn own(ctx: &Ctx<'_>) -> Result<Reply> {
    let _permit = ctx.permit(Action::Whoami, Lab, None, Error::denied()).await?;
    let mut views = Vec::new();
    for seat in ctx.app.store.seats_of(ctx.visitor.person).await? {
        views.push(of_seat(ctx.app, &seat).await?);
    }
    Ok(Reply::Quota(QuotaReply::List(views)))
}

async fn show(ctx: &Ctx<'_>, place: &QuotaPlace) -> Result<Reply> {
    let _permit = ctx.permit(Action::QuotaView, Lab, None, Error::denied()).await?;
    let Place { kind, name, scope } = find(ctx.app, place).await?;
    if let QuotaPlace::Seat(seat) = place {
        let seat = ctx.app.store.seat_by_name(seat).await?.ok_or_else(|| no_seat(seat))?;
        return Ok(Reply::Quota(QuotaReply::List(vec![of_seat(ctx.app, &seat).await?])));
    }
    let effective = holds_at(ctx.app, scope).await?;
    let quotas = Quota::ALL.map(|quota| line(&effective, quota, None));
    Ok(Reply::Quota(QuotaReply::List(vec![QuotasView { place: kind, name, quotas: quotas.into() }])))
}

/// A place by its name.
struct Place {
    kind: reply::Scope,
    name: String,
    scope: Scope,
}

async fn find(app: &App, place: &QuotaPlace) -> Result<Place> {
    let (kind, name, scope) = match place {
        QuotaPlace::Seat(name) => {
            let seat = app.store.seat_by_name(name).await?.ok_or_else(|| no_seat(name))?;
            (reply::Scope::Seat, name.to_string(), Scope::Seat(seat.id))
        }
        QuotaPlace::Course(name) => {
            let course = course(&app.store, name).await?;
            (reply::Scope::Course, name.to_string(), Scope::Course(course.id))
        }
        QuotaPlace::Role(role) => (reply::Scope::Role, role.as_str().to_owned(), Scope::Role(*role)),
    };
    Ok(Place { kind, name, scope })
}

/// What holds at a place; for a course, for the students that are in it.
async fn holds_at(app: &App, scope: Scope) -> Result<Effective> {
    let defaults = app.config.quotas;
    Ok(match scope {
        Scope::Seat(seat) => app.store.quotas_of(seat, defaults).await?,
        Scope::Course(_) => app.store.quotas_at(&[Scope::Role(Role::Alumno), scope], defaults).await?,
        Scope::Role(_) => app.store.quotas_at(&[scope], defaults).await?,
    })
}

fn line(effective: &Effective, quota: Quota, used: Option<u32>) -> QuotaLine {
    let (limit, origin) = (effective.quotas.limit(quota), said_by(effective.origin(quota)));
    QuotaLine { quota, used, limit, origin }
}

fn said_by(origin: Origin) -> reply::Scope {
    match origin {
        Origin::Seat => reply::Scope::Seat,
        Origin::Course => reply::Scope::Course,
        Origin::Role => reply::Scope::Role,
        Origin::Default => reply::Scope::Default,
    }
}

async fn of_seat(app: &Arc<App>, seat: &Seat) -> Result<QuotasView> {
    let effective = app.store.quotas_of(seat.id, app.config.quotas).await?;
    let usage = app.store.usage(seat.id).await?;
    let running = app.running(seat.id).await.ok();
    let running = running.filter(|running| !running.unsure).map(|running| running.vms.len() as u32);
    let quotas = Quota::ALL.map(|quota| line(&effective, quota, used(usage, running, quota)));
    Ok(QuotasView { place: reply::Scope::Seat, name: seat.name.to_string(), quotas: quotas.into() })
}

fn used(usage: Usage, running: Option<u32>, quota: Quota) -> Option<u32> {
    match quota {
        Quota::Machines => Some(usage.machines),
        Quota::Running => running,
        Quota::Memory => Some(usage.memory_mib),
        Quota::Cpus => Some(usage.cpus),
        Quota::Disk => Some(usage.disk_mib),
        Quota::Backups => Some(usage.backups),
        Quota::Publications => Some(usage.publications),
    }
}

async fn set(ctx: &Ctx<'_>, quota: Quota, value: Option<u32>, place: &QuotaPlace) -> Result<Reply> {
    let _permit = ctx.permit(Action::QuotaSet, Lab, None, Error::denied()).await?;
    let app = ctx.app;
    let Place { kind, name, scope } = find(app, place).await?;
    let before = app.store.set_quota(scope, quota, value).await?;
    if value.is_none() && before.is_none() {
        let error = Error::new(Kind::NotFound, "error-quota-unset").with("quota", quota.as_str());
        return Err(error.with("name", name));
    }
    let limit = holds_at(app, scope).await?.quotas.limit(quota);
    let over = over(app, scope, quota).await?;
    Ok(Reply::Quota(QuotaReply::Set(QuotaSetView { quota, place: kind, name, value, limit, over })))
}

/// Seats in the scope that have more than they may now. What runs is not asked for: it changes by itself.
async fn over(app: &App, scope: Scope, quota: Quota) -> Result<Vec<String>> {
    let mut over = Vec::new();
    for row in app.store.seats().await? {
        let seat = row.seat;
        let meant = match scope {
            Scope::Seat(id) => id == seat.id,
            Scope::Course(id) => id == seat.course,
            Scope::Role(_) => true,
        };
        // Only backups stay behind without a machine.
        if !meant || (row.machines == 0 && quota != Quota::Backups) {
            continue;
        }
        let effective = app.store.quotas_of(seat.id, app.config.quotas).await?;
        let used = used(app.store.usage(seat.id).await?, None, quota);
        if used.is_some_and(|used| used > effective.quotas.limit(quota)) {
            over.push(seat.name.to_string());
        }
    }
    Ok(over)
}

impl App {
    /// What a person may have: their first seat's, or without one what holds for their role.
    pub(super) async fn quotas_for(&self, person: PersonId, role: Role) -> Result<Quotas> {
        let effective = match self.store.seats_of(person).await?.first() {
            Some(seat) => self.store.quotas_of(seat.id, self.config.quotas).await?,
            None => holds_at(self, Scope::Role(role)).await?,
        };
        Ok(effective.quotas)
    }

    /// How many machines a person may have in all their seats.
    pub async fn machines_allowed(&self, person: PersonId) -> Result<u32> {
        let mut allowed = 0_u32;
        for seat in self.store.seats_of(person).await? {
            let effective = self.store.quotas_of(seat.id, self.config.quotas).await?;
            allowed = allowed.saturating_add(effective.quotas.machines);
        }
        Ok(allowed)
    }
}
