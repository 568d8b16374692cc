//! `seat ...`: who sits where, and the seats of teams.

use crate::app::command::SeatCommand;
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::find::no_seat;
use crate::app::reply::{Reply, SeatReply, SeatView};
use crate::app::{clock, find};
use puerta_lab::action::Action;
use puerta_lab::model::{PersonId, Seat, SeatId};
use puerta_lab::names::{CampusName, CourseName, SeatName};
use puerta_lab::plan::Slot;
use puerta_policy::decide::Lab;
use puerta_store::{Holding, SeatRow, StoreError};

pub(super) async fn run(ctx: &Ctx<'_>, command: SeatCommand) -> Result<Reply> {
    match command {
        SeatCommand::List { course } => {
            let _lab = ctx.permit(Action::SeatList, Lab, None, Error::denied()).await?;
            let mut seats = ctx.app.store.seats().await?;
            if let Some(name) = course {
                let course = find::course(&ctx.app.store, &name).await?;
                seats.retain(|row| row.seat.course == course.id);
            }
            Ok(Reply::Seat(SeatReply::List(seats.into_iter().map(|row| view(ctx, row)).collect())))
        }
        SeatCommand::Create { team, course, members } => create(ctx, &team, &course, &members).await,
        SeatCommand::Add { seat, members } => {
            let seat = judged(ctx, &seat, Action::SeatEdit).await?;
            let people = people(ctx, &members).await?;
            let added = ctx.app.store.add_members(seat.id, &people).await;
            ctx.app.after(added.map_err(|error| refused(error, &seat.name, &members))?).await;
            now(ctx, seat.id).await.map(|seat| Reply::Seat(SeatReply::Changed(seat)))
        }
        SeatCommand::Drop { seat, member } => {
            let seat = judged(ctx, &seat, Action::SeatEdit).await?;
            let members = [member];
            let person = people(ctx, &members).await?[0];
            let dropped = ctx.app.store.drop_member(seat.id, person).await;
            ctx.app.after(dropped.map_err(|error| refused(error, &seat.name, &members))?).await;
            now(ctx, seat.id).await.map(|seat| Reply::Seat(SeatReply::Changed(seat)))
        }
        SeatCommand::Archive { seat, back, start } => {
            let seat = judged(ctx, &seat, Action::SeatEdit).await?;
            let archived = (!back).then(clock::now);
            let done = ctx.app.store.set_archived(seat.id, archived, start).await;
            ctx.app.after(done.map_err(|error| refused(error, &seat.name, &[]))?).await;
            now(ctx, seat.id).await.map(|seat| Reply::Seat(SeatReply::Archived(seat)))
        }
        SeatCommand::Remove { seat, all } => {
            let seat = judged(ctx, &seat, Action::SeatRemove).await?;
            let removed = ctx.app.store.remove_seat(seat.id, all, clock::now()).await;
            let removed = removed.map_err(|error| match error {
                StoreError::Holds(held) => find::holds("error-seat-holds", held).with("seat", &seat.name),
                StoreError::Gone => no_seat(&seat.name),
                other => refused(other, &seat.name, &[]),
            })?;
            let Holding { machines, backups } = ctx.app.after(removed).await;
            let seat = seat.name.to_string();
            Ok(Reply::Seat(SeatReply::Removed { seat, machines, backups }))
        }
    }
}

/// A team's seat; a login without members gets a seat of their own.
async fn create(
    ctx: &Ctx<'_>,
    team: &SeatName,
    course: &CourseName,
    members: &[CampusName],
) -> Result<Reply> {
    let _lab = ctx.permit(Action::SeatCreate, Lab, None, Error::denied()).await?;
    let store = &ctx.app.store;
    let found = find::course(store, course).await?;
    let owner = match team.as_str().parse() {
        Ok(login) if members.is_empty() => store.person_by_login(&login).await?,
        _ => None,
    };
    let people = people(ctx, members).await?;
    let made = match owner {
        Some(owner) => store.give_seat(found.id, &owner, clock::now()).await,
        None => store.create_team(found.id, team, &people, clock::now()).await,
    };
    let seat = made.map_err(|error| refused(error, team, members))?;
    let seat = ctx.app.after(seat).await;
    now(ctx, seat.id).await.map(|seat| Reply::Seat(SeatReply::Created(seat)))
}

/// The seat, once policy allows that.
async fn judged(ctx: &Ctx<'_>, name: &SeatName, action: Action) -> Result<Seat> {
    // Who may not change seats learns nothing about which there are.
    let named = find::Named {
        found: ctx.app.store.seat_by_name(name).await?,
        nobodys: Seat::nobodys(name.clone()),
        subject: Some(name.to_string()),
        absent: no_seat(name),
        unseen: Error::denied(),
    };
    let seat = named.seen(ctx, action, action).await?;
    Ok(ctx.permit(action, seat, None, Error::denied()).await?.into_target())
}

async fn people(ctx: &Ctx<'_>, logins: &[CampusName]) -> Result<Vec<PersonId>> {
    let mut people = Vec::new();
    for login in logins {
        people.push(find::person(&ctx.app.store, login).await?.id);
    }
    Ok(people)
}

fn refused(error: StoreError, seat: &SeatName, members: &[CampusName]) -> Error {
    let conflict = |id| {
        let names: Vec<_> = members.iter().map(|login| format!("`{login}`")).collect();
        Error::new(Kind::Conflict, id).with("seat", seat).with("members", names.join(", "))
    };
    match error {
        StoreError::Taken("seat") => conflict("error-team-exists"),
        StoreError::Taken("own seat") => conflict("error-seat-own"),
        StoreError::Taken("login") => conflict("error-team-login"),
        StoreError::Taken(_) => conflict("error-team-member"),
        StoreError::Archived => conflict("error-team-archived"),
        StoreError::NotATeam => conflict("error-team-not"),
        StoreError::Gone => conflict("error-team-no-member"),
        StoreError::Holds(held) => conflict("error-team-last").with("count", held.total()),
        StoreError::Leaving => find::going(seat),
        other => other.into(),
    }
}

/// The seat as it is now.
async fn now(ctx: &Ctx<'_>, seat: SeatId) -> Result<SeatView> {
    let row = ctx.app.store.seat_row(seat).await?;
    row.map(|row| view(ctx, row)).ok_or_else(Error::denied)
}

fn view(ctx: &Ctx<'_>, row: SeatRow) -> SeatView {
    let seat = row.seat;
    let first = Slot::new(0).and_then(|slot| ctx.app.plan().vmid(seat.edition, seat.number, slot));
    SeatView {
        name: seat.name.to_string(),
        number: seat.number.get(),
        course: seat.course_name.to_string(),
        network: first.map_or_else(|_| String::new(), |vmid| format!("{}/26", vmid.address())),
        members: row.members.iter().map(ToString::to_string).collect(),
        machines: row.machines,
        team: row.team,
        group: row.group,
        archived: row.archived.map(clock::rfc3339),
        leaving: row.leaving,
    }
}
