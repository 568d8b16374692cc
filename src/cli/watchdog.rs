//! The service manager's watchdog: it hears that puerta lives only when every part that must go on has answered.

use crate::app::App;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// Between two questions when nobody waits for the answer but the log.
const UNWATCHED: Duration = Duration::from_secs(30);

/// Asks each part, for ever, a few times within what the manager waits (`WATCHDOG_USEC`).
pub(super) async fn mind(app: Arc<App>) {
    let watched = sd_notify::watchdog_enabled().map(|patience| patience / 4);
    let pause = watched.unwrap_or(UNWATCHED);
    let mut ticks = interval(pause);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let silent = app.silent(pause * 2).await;
        if !silent.is_empty() {
            tracing::error!(parts = silent.join(", "), "does not answer");
        } else if watched.is_some()
            && let Err(error) = sd_notify::notify(&[sd_notify::NotifyState::Watchdog])
        {
            tracing::warn!(%error, "the service manager cannot be told that all is well");
        }
    }
}
