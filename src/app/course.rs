//! `course ...`.

use crate::app::clock;
use crate::app::command::CourseCommand;
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::reply::{CourseReply, CourseView, Reply};
use crate::app::roster;
use puerta_lab::action::Action;
use puerta_lab::model::Course;
use puerta_lab::plan::PlanError;
use puerta_policy::decide::Lab;
use puerta_store::StoreError;

pub(super) async fn run(ctx: &Ctx<'_>, command: CourseCommand) -> Result<Reply> {
    let store = &ctx.app.store;
    match command {
        CourseCommand::List => {
            let _lab = ctx.permit(Action::CourseList, Lab, None, Error::denied()).await?;
            let courses = store.courses().await?;
            Ok(Reply::Course(CourseReply::List(
                courses.iter().map(|(course, seats)| view(course, *seats)).collect(),
            )))
        }
        CourseCommand::Enrol(asked) => roster::enrol(ctx, asked).await,
        CourseCommand::Code { course, form } => roster::codes(ctx, &course, form).await,
        CourseCommand::Create { name, year, version } => {
            let _lab = ctx.permit(Action::CourseCreate, Lab, None, Error::denied()).await?;
            let now = clock::now();
            let year = year.or_else(|| name.year()).unwrap_or_else(|| clock::academic_year(now));
            let made = store.create_course(&name, year, version, ctx.app.plan(), now).await;
            let course = made.map_err(|error| match error {
                StoreError::Taken(_) => {
                    Error::new(Kind::Conflict, "error-course-exists").with("course", &name)
                }
                StoreError::Plan(PlanError::Year { year, first, last }) => {
                    let error = Error::new(Kind::Usage, "error-year").with("year", year);
                    error.with("first", first).with("last", last)
                }
                other => other.into(),
            })?;
            Ok(Reply::Course(CourseReply::Created(view(&course, 0))))
        }
    }
}

fn view(course: &Course, seats: u32) -> CourseView {
    CourseView {
        name: course.name.to_string(),
        year: course.edition.year,
        version: course.edition.version,
        seats,
        created: clock::rfc3339(course.created),
    }
}
