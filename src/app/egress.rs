//! `egress ...`: what machines may reach outside, by seat, by course, and when neither says.

use crate::app::command::{EgressCommand, EgressPlace};
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::firewall::refused;
use crate::app::reply::{EgressReply, EgressView, Reply, Scope};
use crate::app::{App, find};
use puerta_firewall::FirewallError;
use puerta_lab::action::Action;
use puerta_lab::network::Egress;
use puerta_policy::decide::Lab;
use puerta_store::Place;
use std::sync::Arc;

pub(super) async fn run(ctx: &Ctx<'_>, command: EgressCommand) -> Result<Reply> {
    match command {
        EgressCommand::List => list(ctx).await,
        EgressCommand::Set { egress, place } => set(ctx, place, Some(egress)).await,
        EgressCommand::Clear(place) => set(ctx, place, None).await,
    }
}

async fn list(ctx: &Ctx<'_>) -> Result<Reply> {
    let _lab = ctx.permit(Action::EgressView, Lab, None, Error::denied()).await?;
    let mut views = vec![view(Scope::Default, None, &ctx.app.config.firewall.egress)];
    for (course, egress) in ctx.app.store.egress_of_courses().await? {
        views.push(view(Scope::Course, Some(course.name.to_string()), &egress));
    }
    for (seat, egress) in ctx.app.store.egress_of_seats().await? {
        views.push(view(Scope::Seat, Some(seat.name.to_string()), &egress));
    }
    Ok(Reply::Egress(EgressReply::List(views)))
}

async fn set(ctx: &Ctx<'_>, place: EgressPlace, egress: Option<Egress>) -> Result<Reply> {
    let _lab = ctx.permit(Action::EgressSet, Lab, None, Error::denied()).await?;
    let store = &ctx.app.store;
    let (kind, name, place) = match place {
        EgressPlace::Course(name) => {
            let course = find::course(store, &name).await?;
            (Scope::Course, course.name.to_string(), Place::Course(course.id))
        }
        EgressPlace::Seat(name) => {
            let seat = store.seat_by_name(&name).await?.ok_or_else(|| find::no_seat(&name))?;
            (Scope::Seat, seat.name.to_string(), Place::Seat(seat.id))
        }
    };
    let app = Arc::clone(ctx.app);
    // Begun, it is finished: registry and firewall go together.
    let work = ctx.app.tasks.spawn(async move { change(&app, place, egress).await });
    let (before, after, active) = work.await.map_err(|panic| Error::internal(&panic))??;
    match (after, before) {
        (Some(egress), _) => {
            Ok(Reply::Egress(EgressReply::Set { rule: view(kind, Some(name), &egress), active }))
        }
        (None, Some(before)) => Ok(Reply::Egress(EgressReply::Cleared(view(kind, Some(name), &before)))),
        (None, None) => Err(Error::new(Kind::NotFound, "error-no-egress").with("name", name)),
    }
}

/// The rule before and after, and whether a firewall heeds it.
async fn change(
    app: &Arc<App>,
    place: Place,
    egress: Option<Egress>,
) -> Result<(Option<Egress>, Option<Egress>, bool)> {
    let mut turn = app.wall.turn().await;
    let before = app.after_leading(app.store.set_egress(place, egress.as_ref()).await?, &mut turn);
    let active = match app.reconcile_now(&mut turn).await {
        Ok(_) => true,
        Err(FirewallError::Off) => false,
        Err(error) => {
            app.after_leading(app.store.set_egress(place, before.as_ref()).await?, &mut turn);
            return Err(refused(&error));
        }
    };
    Ok((before, egress, active))
}

fn view(place: Scope, name: Option<String>, egress: &Egress) -> EgressView {
    EgressView { place, name, egress: egress.to_string() }
}
