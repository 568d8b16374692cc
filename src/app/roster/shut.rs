//! Machines of shut seats are stopped, by ordinary jobs of puerta itself, and those that it stopped so are started
//! when their seat is open again and somebody asked for it. It takes no input: it looks at which seats are shut and
//! which machines run, after an enrolment, at each start and each minute, so that nothing that got in between
//! (a restart, a backup under way) leaves one running.

use crate::app::App;
use crate::app::error::{Kind, Result};
use crate::app::jobs::start::Start;
use crate::app::jobs::stop::Stop;
use crate::app::jobs::{JobWatch, Task};
use puerta_engine::Status;
use puerta_lab::model::{Phase, Vm};
use std::sync::Arc;
use std::time::Duration;

/// How often it is looked.
const MINUTE: Duration = Duration::from_secs(60);
/// Machines that are stopped at once: a class that goes must not take the engine from those who stay.
const AT_ONCE: usize = 8;

/// Begins to look, for good.
pub fn start(app: &Arc<App>) {
    let looking = Arc::clone(app);
    app.keep("who stops machines of archived seats", async move {
        loop {
            if let Err(error) = stop_all(&looking).await {
                tracing::warn!(?error, "machines of archived seats could not be stopped yet");
            }
            if let Err(error) = wake_all(&looking).await {
                tracing::warn!(?error, "machines of seats that came back could not be started yet");
            }
            // Woken or not, it looks again.
            let _ = tokio::time::timeout(MINUTE, looking.upkeep.shut_seats()).await;
        }
    });
}

async fn stop_all(app: &Arc<App>) -> Result<()> {
    let vms = app.store.vms_of_shut_seats().await?;
    let Some(seen) = app.seen(&vms).await else { return Ok(()) };
    let runs = |vm: &&Vm| seen.get(&vm.vmid).is_some_and(|instance| instance.status == Status::Running);
    let due: Vec<&Vm> = vms.iter().filter(|vm| vm.phase == Phase::Ready).filter(runs).collect();
    for some in due.chunks(AT_ONCE) {
        let mut watches = Vec::new();
        for vm in some {
            let permit = Stop::GENTLY.permit(app, (*vm).clone()).await?;
            // It may have been put back by now. Somebody else's job goes first, and puerta comes again.
            if !app.store.is_shut(vm.seat).await? {
                continue;
            }
            // Written first: what is not stopped after all runs, and is forgotten when that is seen.
            app.store.lay_to_rest(vm.id).await?;
            if let Ok(job) = app.begin_job(&Stop::GENTLY, vm, None, None).await {
                watches.push(app.launch(job, permit, Stop::GENTLY));
            }
        }
        ended(watches).await;
    }
    Ok(())
}

/// Those of seats that are open again.
async fn wake_all(app: &Arc<App>) -> Result<()> {
    let resting = app.store.resting().await?;
    let vms: Vec<Vm> = resting.iter().map(|(vm, _)| vm.clone()).collect();
    let Some(seen) = app.seen(&vms).await else { return Ok(()) };
    let status = |vm: &Vm| seen.get(&vm.vmid).map(|instance| instance.status);
    for (vm, _) in resting.iter().filter(|(vm, _)| status(vm) == Some(Status::Running)) {
        app.store.forget_rest(vm.id).await?;
    }
    let due: Vec<&Vm> = resting
        .iter()
        .filter(|(vm, waking)| *waking && status(vm) == Some(Status::Stopped))
        .map(|(vm, _)| vm)
        .collect();
    for some in due.chunks(AT_ONCE) {
        let mut watches = Vec::new();
        for vm in some {
            watches.extend(wake(app, vm).await?);
        }
        ended(watches).await;
    }
    Ok(())
}

/// Starts one, once: whether that goes well is in `job list`. What has it now, or does not answer, is waited for.
async fn wake(app: &Arc<App>, vm: &Vm) -> Result<Option<JobWatch>> {
    let permit = Start.permit(app, vm.clone()).await?;
    match app.begin_job(&Start, vm, None, None).await {
        Ok(job) => {
            app.store.forget_rest(vm.id).await?;
            Ok(Some(app.launch(job, permit, Start)))
        }
        Err(error) if matches!(error.kind, Kind::Conflict | Kind::Unavailable) => Ok(None),
        Err(error) => {
            tracing::warn!(%error, vm = %vm.name, seat = %vm.seat_name, "a machine of who came back is not started");
            app.store.forget_rest(vm.id).await?;
            Ok(None)
        }
    }
}

async fn ended(watches: Vec<JobWatch>) {
    for mut watch in watches {
        // A sender that is gone has ended too.
        let _ = watch.now.wait_for(|now| now.end.is_some()).await;
    }
}
