//! What a start does with the work that the last puerta left: every job is carried on, or undone,
//! and the registry says which. Machines stay reserved by their job until then.

use super::delete::Delete;
use super::kind_of;
use super::report::insist;
use super::task::{Cut, TakenUp, Task};
use crate::app::error::{Error, Result};
use crate::app::reply::Step;
use crate::app::{App, clock};
use puerta_audit::{Event, Outcome};
use puerta_lab::model::{Job, JobState, Phase as VmPhase};
use std::sync::Arc;
use std::time::Duration;

/// Settles every job that a restart found running. Each in its own task: one that waits for its
/// engine holds up nobody.
pub async fn recover(app: &Arc<App>) -> Result<()> {
    let running = app.store.running_jobs().await?;
    let held: Vec<_> = running.iter().map(|(job, _)| job.vm).collect();
    for (job, step) in running {
        let app = Arc::clone(app);
        tokio::spawn(async move {
            let mut pause = Duration::from_secs(1);
            while let Err(error) = settle(&app, &job, &step).await {
                tracing::error!(job = job.id.0, ?error, "a job could not be settled yet");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(300));
            }
        });
    }
    // A crash between "failed" and "forgotten" leaves a machine without a job: it is removed.
    for vm in app.store.vms().await?.into_iter().filter(|vm| !held.contains(&vm.id)) {
        if vm.phase != VmPhase::Ready {
            // Nothing here keeps the door shut: what cannot be removed now stays, and is logged.
            let Ok(permit) = Delete.permit(app, vm.clone()).await else { continue };
            let job = app.begin_job(&Delete, &vm, None, None).await?;
            drop(app.launch(job, permit, Delete));
        }
    }
    Ok(())
}

async fn settle(app: &Arc<App>, job: &Job, step: &str) -> Result<()> {
    let Some(vm) = app.store.vm(job.vm).await? else {
        return undone(app, job, "error-undone-gone").await;
    };
    let unknown =
        || Error::internal(&format!("job {} is of an unknown kind, `{}`", job.id, job.kind.as_str()));
    let kind = kind_of(job).ok_or_else(unknown)?;
    if let Some(why) = kind.untouched(app, job).await? {
        return undone(app, job, why).await;
    }
    let permit = kind.permit(app, vm).await?;
    // The engine goes on with what the last puerta asked for: nothing is judged before that ends.
    insist(|| app.engine.settle(&permit)).await?;
    let step = Step::named(step);
    match kind.take_up(&Cut { app, job, permit: &permit, step }).await? {
        TakenUp::Undone(why) => {
            undone(app, job, why).await?;
            // What it kept from being written before.
            app.hand_soon(job.vm);
        }
        TakenUp::Again(task) => {
            tracing::info!(job = job.id.0, kind = kind.word(), "carrying on a job after a restart");
            app.owe(job.vm);
            drop(app.go_on(job.clone(), permit, task, step.unwrap_or(Step::Queue)));
        }
    }
    Ok(())
}

/// `why` is the id of a sentence.
async fn undone(app: &Arc<App>, job: &Job, why: &str) -> Result<()> {
    tracing::info!(job = job.id.0, kind = job.kind.as_str(), why, "a job was undone after a restart");
    app.after(app.store.finish_job(job.id, &JobState::Undone(why.to_owned()), clock::now()).await?).await;
    let mut event = Event::finish("job");
    event.actor = Some("puerta".into());
    event.vm = Some(format!("{}.{}", job.vm_name, job.seat_name));
    event.outcome = Some(Outcome::Failed("undone".into()));
    event.detail.insert("job".into(), job.number.into());
    event.detail.insert("kind".into(), job.kind.as_str().into());
    event.detail.insert("reason".into(), why.into());
    app.audit.finish(event).await;
    Ok(())
}
