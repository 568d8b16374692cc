//! `course ...`.

mod gone;
mod standing;

pub(super) use standing::before_archive;

use crate::app::command::CourseCommand;
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::reply::{CourseReply, CourseStands, CourseView, Reply};
use crate::app::{clock, find, offer, roster};
use puerta_audit::{Event, Outcome, Phase};
use puerta_lab::action::Action;
use puerta_lab::model::{Course, CourseState};
use puerta_lab::names::{CourseName, TemplateRef};
use puerta_lab::plan::PlanError;
use puerta_policy::decide::Lab;
use puerta_store::StoreError;
use std::sync::Arc;

pub(super) async fn run(ctx: &Ctx<'_>, command: CourseCommand) -> Result<Reply> {
    match command {
        CourseCommand::List => {
            let _lab = ctx.permit(Action::CourseList, Lab, None, Error::denied()).await?;
            let courses = ctx.app.store.courses().await?;
            Ok(Reply::Course(CourseReply::List(
                courses.iter().map(|(course, seats)| view(course, *seats)).collect(),
            )))
        }
        CourseCommand::Enrol(asked) => roster::enrol(ctx, asked).await,
        CourseCommand::Code { course, form } => roster::codes(ctx, &course, form).await,
        CourseCommand::Create { name, year, version } => create(ctx, &name, year, version).await,
        CourseCommand::Rename { course, name } => rename(ctx, &course, name).await,
        CourseCommand::Set { course, template } => set(ctx, &course, template).await,
        CourseCommand::Close(course) => standing::close(ctx, &course).await,
        CourseCommand::Archive { course, agreed } => standing::archive(ctx, &course, agreed).await,
        CourseCommand::Reopen { course, start } => standing::reopen(ctx, &course, start).await,
        CourseCommand::Remove(course) => gone::remove(ctx, &course).await,
    }
}

async fn create(ctx: &Ctx<'_>, name: &CourseName, year: Option<u16>, version: Option<u8>) -> Result<Reply> {
    let _lab = ctx.permit(Action::CourseCreate, Lab, None, Error::denied()).await?;
    let now = clock::now();
    let year = year.or_else(|| name.year()).unwrap_or_else(|| clock::academic_year(now));
    let made = ctx.app.store.create_course(name, year, version, ctx.app.plan(), now).await;
    let course = made.map_err(|error| match error {
        StoreError::Taken(_) => find::course_taken(name),
        StoreError::Plan(PlanError::Year { year, first, last }) => {
            let error = Error::new(Kind::Usage, "error-year").with("year", year);
            error.with("first", first).with("last", last)
        }
        other => other.into(),
    })?;
    Ok(Reply::Course(CourseReply::Created(view(&course, 0))))
}

/// The course, once it is clear that who asks may do that to courses.
async fn judged(ctx: &Ctx<'_>, name: &CourseName, action: Action) -> Result<Course> {
    let _lab = ctx.permit(action, Lab, None, Error::denied()).await?;
    find::course(&ctx.app.store, name).await
}

/// Seats, machines and addresses are known by numbers and stay as they are.
async fn rename(ctx: &Ctx<'_>, old: &CourseName, name: CourseName) -> Result<Reply> {
    let course = judged(ctx, old, Action::CourseEdit).await?;
    let (app, was) = (Arc::clone(ctx.app), course.name.clone());
    let new = name.clone();
    // Begun, it is finished: registry and policy go together.
    let work = ctx.app.tasks.spawn(async move { app.rename_course(&course, &new).await });
    let rules = work.await.map_err(|panic| Error::internal(&panic))??;
    note(ctx, "renamed", &name, |event| event.with("was", was.as_str())).await;
    let course = now(ctx, &name).await?;
    Ok(Reply::Course(CourseReply::Renamed { course, was: was.to_string(), rules }))
}

/// Without a template of its own it is as before there was one.
async fn set(ctx: &Ctx<'_>, name: &CourseName, template: Option<TemplateRef>) -> Result<Reply> {
    let course = judged(ctx, name, Action::CourseEdit).await?;
    if let Some(template) = &template {
        offer::choose(ctx, &course, Some(template)).await?;
    }
    ctx.app.store.set_course_template(course.id, template.as_ref()).await?;
    let said = template.map_or_else(String::new, |template| template.to_string());
    note(ctx, "template", name, |event| event.with("template", said)).await;
    Ok(Reply::Course(CourseReply::Set(now(ctx, name).await?)))
}

/// The registry has it: the audit says what became of the course.
async fn note(ctx: &Ctx<'_>, what: &'static str, course: &CourseName, more: impl FnOnce(Event) -> Event) {
    let event = ctx.line(Phase::Note, "course").with("what", what).with("course", course.as_str());
    ctx.app.audit.finish(Event { outcome: Some(Outcome::Done), ..more(event) }).await;
}

/// The course as it is now.
async fn now(ctx: &Ctx<'_>, name: &CourseName) -> Result<CourseView> {
    let all = ctx.app.store.courses().await?;
    let found = all.iter().find(|(course, _)| course.name == *name);
    let absent = || Error::new(Kind::NotFound, "error-no-course").with("course", name);
    found.map(|(course, seats)| view(course, *seats)).ok_or_else(absent)
}

fn view(course: &Course, seats: u32) -> CourseView {
    CourseView {
        name: course.name.to_string(),
        year: course.edition.year,
        version: course.edition.version,
        seats,
        state: match course.state {
            CourseState::Open => CourseStands::Open,
            CourseState::Closed(_) => CourseStands::Closed,
            CourseState::Archived(_) => CourseStands::Archived,
        },
        since: course.state.since().map(clock::rfc3339),
        template: course.template.as_ref().map(ToString::to_string),
        created: clock::rfc3339(course.created),
    }
}
