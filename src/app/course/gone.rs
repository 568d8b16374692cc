//! `course remove`: a course that has nothing any more.

use super::{judged, note};
use crate::app::clock;
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::reply::{CourseReply, Reply};
use puerta_lab::action::Action;
use puerta_lab::names::CourseName;
use puerta_store::{CourseGone, CourseLeft, StoreError};

/// More than this is not read.
const NAMED: usize = 20;

pub(super) async fn remove(ctx: &Ctx<'_>, name: &CourseName) -> Result<Reply> {
    let course = judged(ctx, name, Action::CourseRemove).await?;
    let removed = ctx.app.store.remove_course(course.id, clock::now()).await;
    let removed = removed.map_err(|error| match error {
        StoreError::Left(left) => refused(name, left),
        StoreError::Gone => Error::new(Kind::NotFound, "error-no-course").with("course", name),
        other => other.into(),
    })?;
    let CourseGone { seats, templates, unseated } = ctx.app.after(removed).await;
    note(ctx, "removed", name, |event| event.with("seats", seats.len()).with("templates", templates.len()))
        .await;
    if let Err(error) = ctx.app.label_archives().await {
        tracing::warn!(?error, "what says whose archives were a removed course's is still there");
    }
    Ok(Reply::Course(CourseReply::Removed {
        course: name.to_string(),
        seats: seats.len() as u32,
        templates: templates.iter().map(ToString::to_string).collect(),
        unseated: unseated.iter().map(ToString::to_string).collect(),
    }))
}

/// What is left, and what takes it away.
fn refused(name: &CourseName, left: CourseLeft) -> Error {
    let CourseLeft { seats, rules } = left;
    let conflict = |id| Error::new(Kind::Conflict, id);
    let of_rules = rules.iter().map(|rule| conflict("error-course-left-rule").with("rule", rule));
    let of_seats = seats.iter().take(NAMED).map(|(seat, machines, backups)| {
        let error = conflict("error-course-left-seat").with("seat", seat);
        error.with("machines", machines).with("backups", backups)
    });
    let mut details: Vec<Error> = of_rules.chain(of_seats).collect();
    let more = seats.len().saturating_sub(NAMED);
    if more > 0 {
        details.push(conflict("error-course-left-more").with("count", more));
    }
    Error { details, ..conflict("error-course-left").with("course", name) }
}
