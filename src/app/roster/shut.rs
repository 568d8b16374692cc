//! Machines of shut seats are stopped, by ordinary jobs of puerta itself. It takes no input: it looks
//! at which seats are shut and which of their machines run, after an enrolment, at each start and each
//! minute, so that nothing that got in between (a restart, a backup under way) leaves one running.

use crate::app::App;
use crate::app::error::Result;
use crate::app::jobs::Task;
use crate::app::jobs::stop::Stop;
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
    let app = Arc::clone(app);
    tokio::spawn(async move {
        loop {
            if let Err(error) = stop_all(&app).await {
                tracing::warn!(?error, "machines of archived seats could not be stopped yet");
            }
            // Woken or not, it looks again.
            let _ = tokio::time::timeout(MINUTE, app.upkeep.shut_seats()).await;
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
            if app.store.is_shut(vm.seat).await?
                && let Ok(job) = app.begin_job(&Stop::GENTLY, vm, None, None).await
            {
                watches.push(app.launch(job, None, permit, Stop::GENTLY));
            }
        }
        for mut watch in watches {
            // A sender that is gone has ended too.
            let _ = watch.now.wait_for(|now| now.end.is_some()).await;
        }
    }
    Ok(())
}
