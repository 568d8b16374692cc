//! What a start does with the work that the last puerta left: every job is carried on, or undone,
//! and the registry says which. Machines stay reserved by their job until then.

use crate::app::error::{Error, Result};
use crate::app::vm_jobs::Work;
use crate::app::{App, archive, clock, restore, template};
use puerta_audit::{Event, Outcome};
use puerta_engine::Which;
use puerta_lab::action::Action;
use puerta_lab::model::{Actor, Job, JobKind, JobState, Phase as VmPhase, Vm};
use puerta_policy::decide::{Context, Denial, Permit};
use std::sync::Arc;
use std::time::Duration;

/// How long a finished job is remembered.
const REMEMBERED_MS: i64 = 30 * 86_400_000;

/// Settles every job that a restart found running. Each in its own task: one that waits for its
/// engine holds up nobody.
pub async fn recover(app: &Arc<App>) -> Result<()> {
    app.store.prune_jobs(puerta_lab::model::Timestamp(clock::now().0 - REMEMBERED_MS)).await?;
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
    template::keep_swept(app);
    app.end_recordings().await?;
    // A crash between "failed" and "forgotten" leaves a machine without a job: it is removed.
    for vm in app.store.vms().await?.into_iter().filter(|vm| !held.contains(&vm.id)) {
        if vm.phase != VmPhase::Ready {
            // Nothing here keeps the door shut: what cannot be removed now stays, and is logged.
            let Ok(permit) = itself(app, JobKind::Delete, vm.clone()).await else { continue };
            let job = app.begin_job(JobKind::Delete, &vm, None, None).await?;
            drop(app.launch(job, None, Work::new(permit)));
        }
    }
    Ok(())
}

/// puerta's own permit: the same policy judges it.
pub(super) async fn itself(app: &App, kind: JobKind, vm: Vm) -> Result<Permit<Vm>> {
    let context = Context { now: clock::now(), source: None, second_factor: true };
    let (policy, actor) = (app.policy(), Actor::itself());
    let action = match kind {
        // Making a machine is judged on its seat.
        JobKind::Create => {
            let seat = app.store.seat(vm.seat).await?.ok_or_else(Error::denied)?;
            let judged = policy.decide(&actor, Action::VmCreate, seat, context).into_result();
            return judged.map_err(refused)?.machine(vm).ok_or_else(Error::denied);
        }
        JobKind::Start => Action::VmStart,
        JobKind::Stop => Action::VmStop,
        JobKind::Restart => Action::VmRestart,
        JobKind::Delete => Action::VmDelete,
        // What is left to do for a template that was not made is to put its export away, as a backup's.
        JobKind::Backup | JobKind::Publish => Action::VmBackup,
        JobKind::Restore => Action::VmRestore,
        JobKind::Move => Action::VmMove,
    };
    policy.decide(&actor, action, vm, context).into_result().map_err(refused)
}

fn refused(denial: Denial) -> Error {
    tracing::error!(policies = ?denial.policies, "policy does not let puerta finish its own job");
    Error::denied()
}

async fn settle(app: &Arc<App>, job: &Job, step: &str) -> Result<()> {
    let Some(vm) = app.store.vm(job.vm).await? else {
        return undone(app, job, "error-undone-gone").await;
    };
    let untouched = match job.kind {
        JobKind::Move => app.store.move_of(job.id).await?.is_none_or(|known| known.origin.is_none()),
        _ => false,
    };
    if untouched {
        return undone(app, job, "error-undone-move").await;
    }
    let permit = itself(app, job.kind, vm).await?;
    // The engine goes on with what the last puerta asked for: nothing is judged before that ends.
    restore::insist(|| app.engine.settle(&permit)).await?;
    match (job.kind, step) {
        (JobKind::Backup, _) => {
            archive::remove(&app.part(job)).await?;
            // A name is one second long: another backup of this second may have it.
            let name = app.name_of(job)?;
            if app.store.backup_by_name(job.seat, &name).await?.is_none() {
                archive::remove(&app.archive(job.seat, &name)).await?;
            }
            undone(app, job, "error-undone-backup").await
        }
        (JobKind::Publish, _) => {
            archive::remove(&app.part(job)).await?;
            undone(app, job, "error-undone-publish").await?;
            // Who wakes now forgets the version, and what of its image there is.
            app.sweep.notify_one();
            Ok(())
        }
        (JobKind::Restore, step) if step != restore::SWAP && step != restore::ROLLBACK => {
            restore::insist(|| app.engine.remove(&permit, Which::New)).await?;
            undone(app, job, "error-undone-restore").await
        }
        _ => {
            tracing::info!(job = job.id.0, kind = job.kind.as_str(), "carrying on a job after a restart");
            let resumed = Some(step.to_owned());
            let ports = match job.kind {
                JobKind::Create => template::wanted_again(app, job, permit.target()).await?,
                _ => Vec::new(),
            };
            drop(app.launch(job.clone(), None, Work { resumed, ports, ..Work::new(permit) }));
            Ok(())
        }
    }
}

/// `why` is the id of a sentence.
async fn undone(app: &App, job: &Job, why: &str) -> Result<()> {
    tracing::info!(job = job.id.0, kind = job.kind.as_str(), why, "a job was undone after a restart");
    app.store.finish_job(job.id, &JobState::Undone(why.to_owned()), clock::now()).await?;
    let mut event = Event::finish("job");
    event.actor = Some("puerta".into());
    event.vm = Some(format!("{}.{}", job.vm_name, job.seat_name));
    event.outcome = Some(Outcome::Failed("undone".into()));
    event.detail.insert("job".into(), job.id.0.into());
    event.detail.insert("kind".into(), job.kind.as_str().into());
    event.detail.insert("reason".into(), why.into());
    app.audit.finish(event).await;
    Ok(())
}
