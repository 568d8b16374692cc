//! Whose machines an act on many is about. Looking beyond one's own is judged and written down; what is done to each machine
//! is judged by itself.

use crate::app::command::{Place, Whose};
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::find;
use puerta_lab::action::Action;
use puerta_lab::model::Seat;
use puerta_lab::names::CourseName;
use puerta_policy::decide::Lab;

/// The seats that are meant, and how the place is called.
pub(super) async fn seats(ctx: &Ctx<'_>, place: &Place) -> Result<(Vec<Seat>, String)> {
    let store = &ctx.app.store;
    let named = match place {
        Place::Course(name, group) => return of_course(ctx, name, group.as_deref()).await,
        Place::Own => None,
        Place::Seat(name) => {
            find::seats_asked(ctx, &Whose::Seat(name.clone())).await?;
            Some(name)
        }
    };
    let seat = find::seat_for(store, &ctx.actor, named).await?.ok_or_else(Error::denied)?;
    let said = seat.name.to_string();
    Ok((vec![seat], said))
}

/// Everybody's own seat in a course, or in a group of it: no team's, and none that is put away.
pub(super) async fn of_course(
    ctx: &Ctx<'_>,
    name: &CourseName,
    group: Option<&str>,
) -> Result<(Vec<Seat>, String)> {
    let _seats = ctx.permit(Action::SeatList, Lab, None, Error::denied()).await?;
    let course = find::course(&ctx.app.store, name).await?;
    let all = ctx.app.store.seats().await?.into_iter();
    let wanted = all.filter(|row| {
        let in_group = group.is_none_or(|group| row.group == group);
        row.seat.course == course.id && in_group && !row.team && row.archived.is_none() && !row.leaving
    });
    let found: Vec<Seat> = wanted.map(|row| row.seat).collect();
    let place = group.map_or_else(|| name.to_string(), |group| format!("{name}, {group}"));
    match found.is_empty() {
        true => Err(Error::new(Kind::NotFound, "error-many-nobody").with("place", place)),
        false => Ok((found, place)),
    }
}
