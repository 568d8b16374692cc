//! `practice ...`: machines that belong together, published by professors for a course in versions. Who runs one goes on
//! with the version that their machines were made of.

mod begin;
mod fits;
mod mistakes;
mod plan;

use crate::app::command::PracticeCommand;
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::reply::{PartView, PracticeDetail, PracticeReply, PracticeView, Reply};
use crate::app::{App, Outcome, clock, find, jobs, offer, status};
use puerta_lab::action::Action;
use puerta_lab::model::{Course, Job, Vm, VmId};
use puerta_lab::names::{CourseName, PracticeName};
use puerta_lab::network::Service;
use puerta_lab::practice::Practice;
use puerta_policy::decide::{Decision, Lab};
use puerta_store::{Member, Practice as Kept, StoreError};
use std::collections::HashMap;
use std::net::Ipv4Addr;

pub(super) async fn run(ctx: &Ctx<'_>, command: PracticeCommand) -> Result<Outcome> {
    match command {
        PracticeCommand::Publish { course, file } => publish(ctx, &course, &file).await.map(Outcome::from),
        PracticeCommand::List => list(ctx).await.map(Outcome::from),
        PracticeCommand::Show { practice, course } => {
            show(ctx, &practice, course.as_ref()).await.map(Outcome::from)
        }
        PracticeCommand::Start { practice, place } => begin::start(ctx, &practice, &place, false).await,
        PracticeCommand::Reset { practice, place } => begin::start(ctx, &practice, &place, true).await,
        PracticeCommand::Stop { practice, place } => begin::stop(ctx, &practice, &place).await,
        PracticeCommand::Remove { practice, course } => {
            remove(ctx, &practice, &course).await.map(Outcome::from)
        }
    }
}

fn no_practice(practice: &PracticeName) -> Error {
    Error::new(Kind::NotFound, "error-no-practice").with("practice", practice)
}

/// The file as it was read when it was published.
fn parsed(kept: &Kept) -> Result<Practice> {
    let wrong =
        |_| Error::internal(&format!("practice {} version {} does not parse", kept.name, kept.version));
    kept.file.parse().map_err(wrong)
}

/// The course whose practices are published, once it is clear that who asks may.
async fn permit_course(ctx: &Ctx<'_>, name: &CourseName) -> Result<Course> {
    let found = ctx.app.store.course(name).await?;
    let absent = || Error::new(Kind::NotFound, "error-no-course").with("course", name);
    let named = find::Named {
        subject: None,
        found,
        nobodys: Course::nobodys(name.clone()),
        absent: absent(),
        unseen: Error::denied(),
    };
    let permit = named.permit(ctx, Action::PracticePublish, Action::PracticePublish).await?;
    Ok(permit.into_target())
}

async fn publish(ctx: &Ctx<'_>, course: &CourseName, file: &[u8]) -> Result<Reply> {
    let course = permit_course(ctx, course).await?;
    let file = std::str::from_utf8(file).map_err(|_| Error::new(Kind::Usage, "error-practice-utf8"))?;
    let file = file.trim_start_matches('\u{feff}');
    let practice: Practice = file.parse().map_err(|wrong: Vec<_>| mistakes::error(&wrong))?;
    let mut details = Vec::new();
    for machine in &practice.machines {
        if let Err(error) = offer::choose(ctx, &course, Some(&machine.template)).await {
            if error.kind == Kind::Unavailable {
                return Err(error);
            }
            details.push(error.with("of", &machine.name));
        }
    }
    if !details.is_empty() {
        return Err(Error { details, ..Error::new(Kind::Usage, "error-practice-wrong") });
    }
    let store = &ctx.app.store;
    let made = store.publish_practice(course.id, &practice.name, file, &ctx.actor.login, clock::now()).await;
    match made {
        Err(StoreError::Taken(_)) => {
            Err(Error::new(Kind::Conflict, "error-practice-same").with("practice", &practice.name))
        }
        made => {
            made?;
            let kept = newest(ctx.app, &course.name, &practice.name).await?;
            Ok(Reply::Practice(PracticeReply::Published(view(&kept, &practice))))
        }
    }
}

async fn remove(ctx: &Ctx<'_>, practice: &PracticeName, course: &CourseName) -> Result<Reply> {
    let course = permit_course(ctx, course).await?;
    let kept = newest(ctx.app, &course.name, practice).await?;
    if ctx.app.store.retire_practice(course.id, practice, clock::now()).await? == 0 {
        return Err(no_practice(practice));
    }
    Ok(Reply::Practice(PracticeReply::Removed(view(&kept, &parsed(&kept)?))))
}

/// The newest version that is begun.
async fn newest(app: &App, course: &CourseName, practice: &PracticeName) -> Result<Kept> {
    let all = app.store.practices().await?.into_iter();
    let mut of_it =
        all.filter(|one| one.course_name == *course && one.name == *practice && one.retired.is_none());
    of_it.next().ok_or_else(|| no_practice(practice))
}

/// Whether who asks sees those of that course: their own, or all for who may look at seats.
fn sees(ctx: &Ctx<'_>, course: &CourseName) -> bool {
    ctx.actor.courses.contains(course) || matches!(ctx.decide(Action::SeatList, Lab), Decision::Allow(_))
}

async fn list(ctx: &Ctx<'_>) -> Result<Reply> {
    let _permit = ctx.permit(Action::TemplateList, Lab, None, Error::denied()).await?;
    let mut views: Vec<PracticeView> = Vec::new();
    let all = ctx.app.store.practices().await?.into_iter();
    for kept in all.filter(|one| one.retired.is_none() && sees(ctx, &one.course_name)) {
        let (name, course) = (kept.name.as_str(), kept.course_name.as_str());
        // The newest of each comes first.
        if views.iter().any(|known| known.practice == name && known.course == course) {
            continue;
        }
        match parsed(&kept) {
            Ok(practice) => views.push(view(&kept, &practice)),
            Err(error) => tracing::error!(?error, "a practice is left out"),
        }
    }
    Ok(Reply::Practice(PracticeReply::List(views)))
}

async fn show(ctx: &Ctx<'_>, wanted: &PracticeName, course: Option<&CourseName>) -> Result<Reply> {
    let _permit = ctx.permit(Action::TemplateList, Lab, None, Error::denied()).await?;
    let all = ctx.app.store.practices().await?;
    let seen = |one: &&Kept| {
        let of_course = match course {
            Some(course) => one.course_name == *course,
            None => true,
        };
        one.name == *wanted && of_course && sees(ctx, &one.course_name)
    };
    let mut vms = ctx.app.store.vms_of(&ctx.actor.seats).await?;
    vms.retain(|vm| matches!(ctx.decide(Action::VmView, vm.clone()), Decision::Allow(_)));
    let members = ctx.app.store.members_of(&ctx.actor.seats).await?;
    let versions: Vec<&Kept> = all.iter().filter(seen).collect();
    let newest = versions.iter().find(|one| one.retired.is_none());
    // The one that they have.
    let own = versions.iter().find(|one| members.values().any(|member| member.practice == one.id));
    let kept = own.or(newest).ok_or_else(|| no_practice(wanted))?;
    let practice = parsed(kept)?;
    let seen = if vms.is_empty() { None } else { ctx.app.seen(&vms).await };
    let busy: HashMap<VmId, Job> =
        ctx.app.store.running_jobs().await?.into_iter().map(|(job, _)| (job.vm, job)).collect();
    let mut parts = Vec::new();
    for machine in &practice.machines {
        let own = vms.iter().find(|vm| {
            let member = members.get(&vm.id);
            member.is_some_and(|member| member.practice == kept.id && member.role == machine.name)
        });
        let vm =
            own.map(|vm| Box::new(status::view(vm, seen.as_ref(), busy.get(&vm.id).and_then(jobs::seen_as))));
        parts.push(PartView {
            name: machine.name.to_string(),
            template: machine.template.to_string(),
            ports: machine.publish.iter().map(ToString::to_string).collect(),
            after: machine.after.iter().map(ToString::to_string).collect(),
            vm,
        });
    }
    let newer = newest.map(|newest| newest.version).filter(|version| *version > kept.version);
    let detail = PracticeDetail { practice: view(kept, &practice), newer, parts };
    Ok(Reply::Practice(PracticeReply::One(detail)))
}

fn view(kept: &Kept, practice: &Practice) -> PracticeView {
    PracticeView {
        practice: kept.name.to_string(),
        course: kept.course_name.to_string(),
        version: kept.version,
        title: practice.title.clone(),
        machines: practice.machines.iter().map(|machine| machine.name.to_string()).collect(),
        checks: practice.checks.len() as u32,
        publisher: kept.publisher.clone(),
        published: clock::rfc3339(kept.published),
    }
}

impl App {
    /// The practice that a machine is one of, and its name there.
    async fn practice_of(&self, vm: &Vm) -> Result<Option<(Kept, Practice, Member)>> {
        let mut members = self.store.members_of(&[vm.seat]).await?;
        let Some(member) = members.remove(&vm.id) else { return Ok(None) };
        let Some(kept) = self.store.practice(member.practice).await? else { return Ok(None) };
        let practice = parsed(&kept)?;
        Ok(Some((kept, practice, member)))
    }

    /// What a machine of a practice has published from the start; `None`: it is of none.
    pub(super) async fn practice_ports(&self, vm: &Vm) -> Result<Option<Vec<Service>>> {
        let Some((_, practice, member)) = self.practice_of(vm).await? else { return Ok(None) };
        let machine = practice.machines.into_iter().find(|machine| machine.name == member.role);
        Ok(machine.map(|machine| machine.publish))
    }

    /// The others of its practice, by the names that they have there, and itself; nothing for a machine of none.
    pub(super) async fn names_known_to(&self, vm: &Vm) -> Result<Vec<(Ipv4Addr, String)>> {
        let members = self.store.members_of(&[vm.seat]).await?;
        let Some(own) = members.get(&vm.id) else { return Ok(Vec::new()) };
        let mut names: Vec<(Ipv4Addr, String)> = Vec::new();
        for other in self.store.vms_of(&[vm.seat]).await? {
            let member = members.get(&other.id).filter(|member| member.practice == own.practice);
            names.extend(member.map(|member| (other.address(), member.role.to_string())));
        }
        names.sort();
        Ok(names)
    }

    /// The machines of its practice that start before it.
    pub(super) async fn start_before(&self, vm: &Vm) -> Result<Vec<VmId>> {
        let Some((kept, practice, member)) = self.practice_of(vm).await? else { return Ok(Vec::new()) };
        let machine = practice.machines.into_iter().find(|machine| machine.name == member.role);
        let after = machine.map(|machine| machine.after).unwrap_or_default();
        let others = self.store.members_of(&[vm.seat]).await?.into_iter();
        let before = others.filter(|(_, other)| other.practice == kept.id && after.contains(&other.role));
        Ok(before.map(|(id, _)| id).collect())
    }
}
