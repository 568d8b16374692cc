//! What puerta stands on while it runs: the file of its registry, its keys, its folder of archives. Somebody may
//! remove, move or unmount them under its feet. What it can go on without is said; without its registry it
//! cannot: what is written to a file that nobody will find again would be lost with the next restart.

use crate::app::{App, clock, shelf};
use puerta_audit::{Event, Outcome};
use puerta_store::Ground;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(10);

/// Looks until the registry is gone, and gives the reason to stop for.
pub async fn lost(app: &Arc<App>) -> String {
    let mut missed = BTreeSet::new();
    loop {
        tokio::time::sleep(PAUSE).await;
        let archives = app.store.has_backups().await.unwrap_or(false);
        let looking = Arc::clone(app);
        // A file system that hangs is asked in a thread of its own; the next look waits for its answer.
        let Ok((ground, missing)) = tokio::task::spawn_blocking(move || look(&looking, archives)).await
        else {
            continue;
        };
        if ground != Ground::Firm {
            return gone(app, ground).await;
        }
        say(app, &missed, &missing).await;
        missed = missing;
    }
}

fn look(app: &App, archives: bool) -> (Ground, BTreeSet<PathBuf>) {
    let config = &app.config;
    let archives = (archives && !shelf::there(&config.backup.dir)).then(|| config.backup.dir.clone());
    let missing = [config.host_key(), config.audit_key()].into_iter().filter(|path| !path.exists());
    (app.store.ground(), missing.chain(archives).collect())
}

/// What is missing since the last look, and what is back.
async fn say(app: &App, before: &BTreeSet<PathBuf>, now: &BTreeSet<PathBuf>) {
    for path in now.difference(before) {
        tracing::error!(path = %path.display(), "it is gone, and the next start will want it: put it back");
        note(app, "missing", path.display().to_string()).await;
    }
    for path in before.difference(now) {
        tracing::info!(path = %path.display(), "it is back");
        note(app, "back", path.display().to_string()).await;
    }
}

/// The registry is not where it was. What only we still have is written beside it.
async fn gone(app: &App, ground: Ground) -> String {
    let path = app.config.database();
    let what = match ground {
        Ground::Removed => "was removed",
        Ground::Emptied => "was emptied",
        Ground::Firm | Ground::Elsewhere => "was moved, replaced or unmounted",
    };
    let mut reason = format!("{}: the registry {what} while puerta ran", path.display());
    if ground == Ground::Removed {
        let copy = app.config.state_dir.join(format!("rescued-{}.sqlite", clock::stamp(clock::now())));
        reason += &match app.store.rescue(&copy).await {
            Ok(()) => format!("; all that was in it is in {}", copy.display()),
            Err(error) => format!("; it could not be saved to {}: {error}", copy.display()),
        };
    }
    note(app, "lost", reason.clone()).await;
    reason
}

async fn note(app: &App, what: &'static str, detail: String) {
    let event = Event::note("ground").with("what", what).with("detail", detail);
    app.audit.finish(Event { outcome: Some(Outcome::Done), ..event }).await;
}
