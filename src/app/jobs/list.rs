//! `job list` and `job watch`.

use super::batch;
use super::report::state;
use crate::app::command::{JobCommand, Whose};
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::reply::{JobView, Reply};
use crate::app::{Outcome, clock, find};
use puerta_lab::action::Action;
use puerta_lab::job::JobName;
use puerta_lab::model::Job;
use puerta_policy::decide::Decision;
use puerta_store::Batch;

/// The newest that are listed.
const LISTED: u32 = 50;
/// The newest of one's own parents.
const PARENTS: u32 = 10;

pub(in crate::app) async fn run(ctx: &Ctx<'_>, command: JobCommand) -> Result<Outcome> {
    let store = &ctx.app.store;
    match command {
        JobCommand::List(whose) => {
            let jobs = match find::seats_asked(ctx, &whose).await? {
                Some(seats) => store.jobs_of(&seats, LISTED).await?,
                None => store.jobs(LISTED).await?,
            };
            let mut visible = Vec::new();
            if whose == Whose::Own {
                let parents = store.batches_of(ctx.visitor.person, PARENTS).await?;
                visible.extend(parents.iter().map(parent));
            }
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
        JobCommand::Watch(JobName::Parent(number)) => {
            let absent = || Error::new(Kind::NotFound, "error-no-job").with("job", batch::said(number));
            let found = store.batch_of(ctx.visitor.person, number).await?.ok_or_else(absent)?;
            Ok(match found.finished {
                None => Outcome::Batch(ctx.app.watch_batch(ctx.visitor, &found)),
                Some(_) => Reply::Batch(ctx.app.came_of(ctx.visitor, &found).await?).into(),
            })
        }
        JobCommand::Watch(JobName::One(wanted)) => {
            let job = find::job(ctx, &wanted).await?;
            let said = find::said_job(Some(&ctx.actor), &job);
            Ok(match ctx.app.watch(job.clone(), said) {
                Some(watch) => Outcome::Job(Box::new(watch)),
                // It ended, perhaps just now: read how.
                None => Reply::Jobs(vec![view(ctx, &store.job(job.id).await?.unwrap_or(job))]).into(),
            })
        }
    }
}

/// A parent in the list: its machines are counted.
fn parent(batch: &Batch) -> JobView {
    let state = match (batch.finished, batch.failed) {
        (None, _) => "running",
        (Some(_), 0) => "done",
        (Some(_), _) => "failed",
    };
    JobView {
        job: batch.number,
        said: batch::said(batch.number),
        kind: batch.kind.clone(),
        vm: batch.what.clone(),
        seat: batch.place.clone(),
        state,
        reason: None,
        machines: Some([batch.total, batch.done, batch.failed]),
        started: clock::rfc3339(batch.started),
        finished: batch.finished.map(clock::rfc3339),
    }
}

fn view(ctx: &Ctx<'_>, job: &Job) -> JobView {
    let (state, reason) = state(job);
    JobView {
        job: job.number,
        said: find::said_job(Some(&ctx.actor), job),
        kind: job.kind.as_str().to_owned(),
        vm: job.vm_name.to_string(),
        seat: job.seat_name.to_string(),
        state,
        reason,
        machines: None,
        started: clock::rfc3339(job.started),
        finished: job.finished.map(clock::rfc3339),
    }
}
