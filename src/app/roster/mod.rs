//! `course enrol` and `course code`: a course's people from a list, and the codes they first come in
//! with. Codes are in the answer and nowhere else.

mod columns;
mod doubt;
mod leave;
mod login;
mod parse;
mod quotes;
mod shut;
mod text;
mod wrong;

pub(super) use leave::{many, running};
pub(super) use parse::fit;
pub use shut::start;

use crate::app::code::new_code;
use crate::app::command::{Enrol, Form};
use crate::app::ctx::{Ctx, Visitor};
use crate::app::error::{Error, Kind, Result};
use crate::app::reply::{
    Change, CodeView, CodedView, CodesView, CourseReply, EnrolView, EnrolWarning, EnrolledView, Reply,
};
use crate::app::{App, clock, find};
use parse::List;
use puerta_audit::{Event, Outcome, Phase};
use puerta_lab::action::Action;
use puerta_lab::model::Course;
use puerta_lab::names::{CampusName, CourseName, Login};
use puerta_policy::decide::Lab;
use puerta_store::{Enrolment, Intake, NewCode, RosterPlan, RosterRow, StoreError};
use std::sync::Arc;

pub(super) async fn enrol(ctx: &Ctx<'_>, asked: Enrol) -> Result<Reply> {
    let course = judged(ctx, &asked.course).await?;
    let (app, visitor) = (Arc::clone(ctx.app), ctx.visitor.clone());
    // Away from the thread that carries connections; begun, it is finished, also when the person is gone.
    let work = ctx.app.tasks.spawn(async move { take(&app, &visitor, &course, asked).await });
    work.await.map_err(|panic| Error::internal(&panic))?
}

async fn take(app: &Arc<App>, visitor: &Visitor, course: &Course, asked: Enrol) -> Result<Reply> {
    let list = parse::parse(&asked.list, &asked.maps)?;
    let (codes, rows) = with_codes(app, &list)?;
    let intake = Intake { course: course.id, add: asked.add, start: asked.start, now: clock::now() };
    let done = app.store.enrol(intake, &rows, |plan| leave::agreed(plan, &asked)).await;
    let enrolled = done.map_err(|error| match error {
        StoreError::Taken(_) => Error::new(Kind::Conflict, "error-seat-names").with("course", &course.name),
        other => other.into(),
    })?;
    let plan = enrolled.value();
    leave::nobody_else(plan, &list)?;
    let stops = leave::running(app, &plan.shut).await;
    if !plan.taken && !asked.dry_run {
        return Err(leave::refused(plan, &asked, stops));
    }
    let view = EnrolView { stops, ..view(course, plan, list, codes, &asked) };
    app.after(enrolled).await;
    if !asked.dry_run {
        note(app, visitor, &view).await;
    }
    Ok(Reply::Course(CourseReply::Enrolled(Box::new(view))))
}

/// The course, once it is clear that who asks may enrol.
async fn judged(ctx: &Ctx<'_>, name: &CourseName) -> Result<Course> {
    let _lab = ctx.permit(Action::CourseEnrol, Lab, None, Error::denied()).await?;
    find::course(&ctx.app.store, name).await
}

/// A code for every row, since only the registry knows in the end who is new; the others' are let go.
fn with_codes(app: &App, list: &List) -> Result<(Vec<CodeView>, Vec<RosterRow>)> {
    let (mut codes, mut rows) = (Vec::new(), Vec::new());
    for row in &list.rows {
        let (code, stored) = new_code(app)?;
        codes.push(shown(code, &stored));
        rows.push(RosterRow {
            login: row.login.clone(),
            campus: row.campus.clone(),
            name: row.name.clone(),
            email: row.email.clone(),
            group: row.group.clone(),
            idnumber: row.idnumber.clone(),
            code: stored,
        });
    }
    Ok((codes, rows))
}

fn shown(code: String, stored: &NewCode) -> CodeView {
    CodeView { code, expires: clock::rfc3339(stored.expires) }
}

fn view(
    course: &Course,
    plan: &RosterPlan,
    List { rows, warnings }: List,
    codes: Vec<CodeView>,
    asked: &Enrol,
) -> EnrolView {
    let mut view = EnrolView {
        course: course.name.to_string(),
        dry_run: asked.dry_run,
        new: 0,
        changed: 0,
        back: 0,
        archived: plan.archived.len() as u32,
        unchanged: 0,
        stops: 0,
        many: leave::many(plan.archived.len() as u32, plan.class),
        resting: plan.resting.iter().map(|vm| format!("{}.{}", vm.name, vm.seat_name)).collect(),
        start: asked.start,
        people: Vec::new(),
        warnings,
        form: asked.form,
    };
    for ((entry, row), code) in plan.people.iter().zip(rows).zip(codes) {
        let (count, change) = match entry.what {
            Enrolment::New | Enrolment::Seated => (&mut view.new, Change::New),
            Enrolment::Back => (&mut view.back, Change::Back),
            Enrolment::Changed => (&mut view.changed, Change::Changed),
            Enrolment::Same => {
                view.unchanged += 1;
                continue;
            }
            // Refused before.
            Enrolment::Another => continue,
            Enrolment::Staff => {
                view.warnings.push(EnrolWarning::at(row.line, "staff", entry.login.to_string()));
                continue;
            }
        };
        *count += 1;
        view.people.push(EnrolledView {
            login: entry.login.to_string(),
            campus: row.campus.as_ref().map(ToString::to_string),
            name: row.name.clone(),
            email: row.email.clone(),
            change,
            seat: entry.seat.as_ref().map(ToString::to_string).unwrap_or_default(),
            code: (entry.what == Enrolment::New && !asked.dry_run).then_some(code),
        });
    }
    view.people.extend(plan.archived.iter().map(|(person, seat)| EnrolledView {
        login: person.login.to_string(),
        campus: None,
        name: person.name.clone(),
        email: String::new(),
        change: Change::Archived,
        seat: seat.to_string(),
        code: None,
    }));
    view
}

/// The registry has it: the audit has who came and went.
async fn note(app: &App, visitor: &Visitor, view: &EnrolView) {
    let event = |code| Event {
        action: Some(Action::CourseEnrol.as_str()),
        outcome: Some(Outcome::Done),
        ..visitor.event(Phase::Note, code).with("course", view.course.as_str())
    };
    let counts =
        event("enrolment").with("new", view.new).with("changed", view.changed).with("back", view.back);
    app.audit.finish(counts.with("archived", view.archived).with("unchanged", view.unchanged)).await;
    // Everybody by name: from these a registry that was lost is made again.
    for person in view.people.iter().filter(|person| person.change != Change::Changed) {
        let seat = event("seat").with("what", person.change.as_str()).with("seat", person.seat.as_str());
        app.audit.finish(seat.with("person", person.login.as_str())).await;
    }
}

/// New codes for everybody of the course who has no other way in: a sheet that was lost.
pub(super) async fn codes(ctx: &Ctx<'_>, name: &CourseName, form: Form) -> Result<Reply> {
    let course = judged(ctx, name).await?;
    let store = &ctx.app.store;
    let (mut people, mut codes) = (Vec::new(), Vec::new());
    for row in store.without_key(course.id).await? {
        let (code, stored) = new_code(ctx.app)?;
        people.push(CodedView {
            login: row.person.login.to_string(),
            name: row.person.name,
            email: row.email,
            code: shown(code, &stored),
        });
        codes.push((row.person.id, stored));
    }
    store.set_codes(&codes).await?;
    Ok(Reply::Course(CourseReply::CodesMade(CodesView { course: course.name.to_string(), people, form })))
}

/// The login of whoever is typed so, by the rule; theirs may have been another before.
pub(super) fn login_of(typed: &CampusName) -> Option<Login> {
    login::login(typed.as_str()).ok().map(|(login, _)| login)
}
