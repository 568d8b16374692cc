//! `job list` and `job watch`.

use crate::app::command::JobCommand;
use crate::app::ctx::Ctx;
use crate::app::error::Result;
use crate::app::reply::{JobView, Reply};
use crate::app::{Outcome, clock, find};
use puerta_lab::action::Action;
use puerta_lab::model::{Job, JobState};
use puerta_policy::decide::Decision;

/// The newest that are listed.
const LISTED: u32 = 50;

pub(in crate::app) async fn run(ctx: &Ctx<'_>, command: JobCommand) -> Result<Outcome> {
    let store = &ctx.app.store;
    match command {
        JobCommand::List(whose) => {
            let jobs = match find::seats_asked(ctx, &whose).await? {
                Some(seats) => store.jobs_of(&seats, LISTED).await?,
                None => store.jobs(LISTED).await?,
            };
            let mut visible = Vec::new();
            for job in &jobs {
                // Who may see the machine sees its jobs; those of a removed one are its seat's.
                let hidden = match store.vm(job.vm).await? {
                    Some(vm) => matches!(ctx.decide(Action::VmView, vm), Decision::Deny(_)),
                    None => false,
                };
                visible.extend((!hidden).then(|| view(ctx, job)));
            }
            Ok(Reply::Jobs(visible).into())
        }
        JobCommand::Watch(wanted) => {
            let job = find::job(ctx, &wanted).await?;
            let said = find::said_job(Some(&ctx.actor), &job);
            Ok(match ctx.app.watch(job.clone(), said) {
                Some(watch) => Outcome::Job(watch),
                // It ended, perhaps just now: read how.
                None => Reply::Jobs(vec![view(ctx, &store.job(job.id).await?.unwrap_or(job))]).into(),
            })
        }
    }
}

fn view(ctx: &Ctx<'_>, job: &Job) -> JobView {
    let (state, reason) = match &job.state {
        JobState::Running => ("running", None),
        JobState::Done => ("done", None),
        JobState::Failed(reason) => ("failed", Some(reason.clone())),
        JobState::Undone(reason) => ("undone", Some(reason.clone())),
    };
    JobView {
        job: job.number,
        said: find::said_job(Some(&ctx.actor), job),
        kind: job.kind.as_str().to_owned(),
        vm: job.vm_name.to_string(),
        seat: job.seat_name.to_string(),
        state,
        reason,
        started: clock::rfc3339(job.started),
        finished: job.finished.map(clock::rfc3339),
    }
}
