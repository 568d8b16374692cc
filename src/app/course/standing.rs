//! `course close|archive|reopen`: how a course stands. One write says it; who sits there, which machines stop and
//! which ports lead nowhere is asked of the registry afterwards, as for a seat that a list archives.

use super::{judged, note, now};
use crate::app::clock;
use crate::app::command::Sentence;
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::find;
use crate::app::reply::{CourseReply, Reply};
use crate::app::roster::{many, running};
use puerta_lab::action::Action;
use puerta_lab::model::CourseState;
use puerta_lab::names::CourseName;
use puerta_policy::decide::{Decision, Lab};
use puerta_store::{Turn, Turned};

pub(super) async fn close(ctx: &Ctx<'_>, name: &CourseName) -> Result<Reply> {
    turn(ctx, name, (CourseState::Closed(clock::now()), false), None).await
}

pub(super) async fn reopen(ctx: &Ctx<'_>, name: &CourseName, start: bool) -> Result<Reply> {
    turn(ctx, name, (CourseState::Open, start), None).await
}

pub(super) async fn archive(ctx: &Ctx<'_>, name: &CourseName, agreed: Option<u32>) -> Result<Reply> {
    turn(ctx, name, (CourseState::Archived(clock::now()), false), agreed).await
}

async fn turn(
    ctx: &Ctx<'_>,
    name: &CourseName,
    (to, start): (CourseState, bool),
    agreed: Option<u32>,
) -> Result<Reply> {
    let course = judged(ctx, name, Action::CourseEdit).await?;
    let wanted = Turn { course: course.id, to, start };
    let turned = ctx.app.store.turn_course(wanted, |turned| is_agreed(turned, agreed)).await?;
    let stops = running(ctx.app, &turned.value().vms).await;
    if !turned.value().taken {
        let error = Error::new(Kind::Conflict, "error-course-archives").with("course", name);
        let error = error.with("count", turned.value().seats.len());
        return Err(error.with("machines", stops));
    }
    let Turned { course, before, seats, resting, .. } = ctx.app.after(turned).await;
    let seats = seats.len() as u32;
    if before.as_str() != course.state.as_str() {
        let counts = |event: puerta_audit::Event| event.with("seats", seats).with("machines", stops);
        note(ctx, course.state.as_str(), name, counts).await;
    }
    // What rests in a course that is not open stays as it is, and is not the news.
    let resting = if course.state.is_open() { resting } else { Vec::new() };
    Ok(Reply::Course(CourseReply::Turned {
        course: now(ctx, name).await?,
        changed: before.as_str() != course.state.as_str(),
        seats,
        stops,
        resting: resting.iter().map(find::subject).collect(),
        start,
    }))
}

/// Few seats, or their number was said.
fn is_agreed(turned: &Turned, agreed: Option<u32>) -> bool {
    let gone = turned.seats.len() as u32;
    !many(gone, gone) || agreed == Some(gone)
}

/// What somebody is asked before they archive a course, and how many seats that is.
pub(in crate::app) async fn before_archive(ctx: &Ctx<'_>, name: &CourseName) -> Option<(Sentence, u32)> {
    if let Decision::Deny(_) = ctx.decide(Action::CourseEdit, Lab) {
        return None;
    }
    let course = ctx.app.store.course(name).await.ok()??;
    let wanted = Turn { course: course.id, to: CourseState::Archived(clock::now()), start: false };
    let turned = ctx.app.store.turn_course(wanted, |_| false).await.ok()?;
    let turned = turned.value();
    let gone = turned.seats.len() as u32;
    let stops = running(ctx.app, &turned.vms).await;
    let question = Sentence::new("ask-course-archive").with("course", name).with("count", gone);
    Some((question.with("machines", stops), gone))
}
