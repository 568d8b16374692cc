//! Seats that go with all that they hold: their machines are removed by ordinary jobs of puerta itself, then their backups,
//! protected ones too, then what is left of them. It takes no input: it looks at which seats are to go, after each removal,
//! whenever a job of theirs ends, at each start and each minute; so a restart in between loses nothing of it.

use crate::app::error::Result;
use crate::app::jobs::Task;
use crate::app::jobs::delete::Delete;
use crate::app::{App, archive};
use puerta_audit::{Event, Outcome};
use puerta_lab::model::Seat;
use std::sync::Arc;
use std::time::Duration;

/// How often it is looked.
const MINUTE: Duration = Duration::from_secs(60);
/// Machines of one seat that are removed at once.
const AT_ONCE: usize = 8;

/// Begins to look, for good.
pub fn start(app: &Arc<App>) {
    let looking = Arc::clone(app);
    app.keep("who removes seats with all that they hold", async move {
        loop {
            if let Err(error) = look(&looking).await {
                tracing::warn!(?error, "seats that are to go could not be looked at");
            }
            // Woken or not, it looks again.
            let _ = tokio::time::timeout(MINUTE, looking.upkeep.leaving_seats()).await;
        }
    });
}

async fn look(app: &Arc<App>) -> Result<()> {
    for seat in app.store.leaving_seats().await? {
        if let Err(error) = remove(app, &seat).await {
            tracing::warn!(?error, seat = %seat.name, "a seat is not removed yet");
        }
    }
    Ok(())
}

/// As far as that goes now. Whoever has a machine goes first, and it comes again at their end.
async fn remove(app: &Arc<App>, seat: &Seat) -> Result<()> {
    let vms = app.store.vms_of(&[seat.id]).await?;
    let mut running = 0;
    for vm in &vms {
        if running == AT_ONCE {
            break;
        }
        if app.store.running_job_of(vm.id).await?.is_some() {
            running += 1;
            continue;
        }
        if app.reachable(vm).await.is_err() {
            continue;
        }
        let permit = Delete.permit(app, vm.clone()).await?;
        match app.begin_job(&Delete, vm, None, None).await {
            Ok(job) => drop(app.launch(job, permit, Delete)),
            Err(error) => {
                tracing::warn!(?error, vm = %vm.name, seat = %seat.name, "a machine is not removed yet")
            }
        }
        running += 1;
    }
    if !vms.is_empty() {
        return Ok(());
    }
    for backup in app.store.backups_of(&[seat.id]).await? {
        // The yes was to all of them.
        app.store.protect_backup(backup.id, false).await?;
        app.discard(&backup).await?;
    }
    archive::forget(app, seat.id).await?;
    if app.after(app.store.forget_seat(seat.id).await?).await {
        let mut event = Event::note("seat").with("what", "removed").with("seat", seat.name.as_str());
        event.actor = Some("puerta".into());
        event.outcome = Some(Outcome::Done);
        app.audit.finish(event.with("course", seat.course_name.as_str())).await;
    }
    Ok(())
}
