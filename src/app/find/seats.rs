//! Seats and courses.

use super::hidden::Named;
use crate::app::App;
use crate::app::command::Whose;
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use puerta_lab::action::Action;
use puerta_lab::model::{Actor, Course, CourseState, Seat, SeatId};
use puerta_lab::names::{CourseName, SeatName};
use puerta_policy::decide::{Lab, Permit};
use puerta_store::{Holding, Store};

/// The seats that a list is about; `None` is all of them. Looking beyond one's own is an act that is
/// judged and written down, before it is said whether there is such a seat or course.
pub(in crate::app) async fn seats_asked(ctx: &Ctx<'_>, whose: &Whose) -> Result<Option<Vec<SeatId>>> {
    let store = &ctx.app.store;
    let found = match whose {
        Whose::Own => return Ok(Some(ctx.actor.seats.clone())),
        Whose::Seat(name) => store.seat_by_name(name).await?.map(|seat| seat.id),
        Whose::Course(_) | Whose::All => None,
    };
    if !found.is_some_and(|seat| ctx.actor.seats.contains(&seat)) {
        // To who may not, somebody else's seat is as absent as one that is not there.
        let refusal = match whose {
            Whose::Seat(name) => no_seat(name),
            _ => Error::denied(),
        };
        let _seats = ctx.permit(Action::SeatList, Lab, None, refusal).await?;
    }
    Ok(match whose {
        Whose::Own | Whose::All => None,
        Whose::Seat(name) => Some(vec![found.ok_or_else(|| no_seat(name))?]),
        Whose::Course(name) => {
            let course = course(store, name).await?;
            Some(store.seats_of_course(course.id).await?.into_iter().map(|seat| seat.id).collect())
        }
    })
}

/// It holds something, and its number was not said.
pub(in crate::app) fn holds(id: &'static str, held: Holding) -> Error {
    let Holding { machines, backups } = held;
    let error = Error::new(Kind::Conflict, id).with("machines", machines).with("backups", backups);
    error.with("all", held.total())
}

/// Nothing begins in a seat that goes.
pub(in crate::app) fn going(seat: &SeatName) -> Error {
    Error::new(Kind::Conflict, "error-seat-leaving").with("seat", seat)
}

pub(in crate::app) fn no_seat(name: &SeatName) -> Error {
    Error::new(Kind::NotFound, "error-no-seat").with("seat", name)
}

/// The seat that was named, or the speaker's own: their own before a team's.
pub(in crate::app) async fn seat_for(
    store: &Store,
    actor: &Actor,
    named: Option<&SeatName>,
) -> Result<Option<Seat>> {
    if let Some(name) = named {
        return Ok(store.seat_by_name(name).await?);
    }
    let none = || Error::new(Kind::NotFound, "error-no-own-seat");
    match actor.means(actor.seats.clone(), |seat| *seat) {
        Ok(seat) => Ok(Some(store.seat(seat.ok_or_else(none)?).await?.ok_or_else(none)?)),
        Err(seats) => {
            let mut names = Vec::new();
            for seat in seats {
                names.extend(store.seat(seat).await?.map(|seat| seat.name.to_string()));
            }
            Err(Error::new(Kind::Usage, "error-which-seat").with("seats", names.join(", ")))
        }
    }
}

/// A seat that somebody named, or has, and the permit to do `action` to it. `subject` is what the audit names;
/// `unseen` is read by who may not, of a seat that is not theirs.
pub(in crate::app) async fn permit_seat(
    ctx: &Ctx<'_>,
    found: Option<Seat>,
    name: &SeatName,
    action: Action,
    (subject, unseen): (Option<String>, Error),
) -> Result<Permit<Seat>> {
    if let Some(own) = found.as_ref().filter(|seat| ctx.actor.seats.contains(&seat.id)) {
        return ctx.permit(action, own.clone(), subject.as_deref(), Error::denied()).await;
    }
    let nobodys = Seat::nobodys(name.clone());
    let named = Named { found, nobodys, subject, absent: no_seat(name), unseen };
    named.permit(ctx, action, action).await
}

/// The course of that name.
pub(in crate::app) async fn course(store: &Store, name: &CourseName) -> Result<Course> {
    let absent = || Error::new(Kind::NotFound, "error-no-course").with("course", name);
    store.course(name).await?.ok_or_else(absent)
}

/// Another course is called so.
pub(in crate::app) fn course_taken(name: &CourseName) -> Error {
    Error::new(Kind::Conflict, "error-course-exists").with("course", name)
}

/// Nothing begins in a course that stands so.
pub(in crate::app) fn not_open(course: &CourseName, state: CourseState) -> Error {
    let error = Error::new(Kind::Conflict, "error-course-read-only").with("course", course);
    error.with("state", state.as_str())
}

impl App {
    /// Nothing begins in a seat that is shut, nor in a course that is not open.
    pub(in crate::app) async fn opened(&self, seat: SeatId, name: &SeatName) -> Result<()> {
        if self.store.is_leaving(seat).await? {
            return Err(going(name));
        }
        if let Some(course) = self.store.course_of(seat).await?.filter(|course| !course.state.is_open()) {
            return Err(not_open(&course.name, course.state));
        }
        if self.store.is_shut(seat).await? {
            return Err(Error::new(Kind::Conflict, "error-seat-archived").with("seat", name));
        }
        Ok(())
    }
}
