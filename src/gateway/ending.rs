//! The end of something, with its reason: told once, heard by all.

use std::sync::Arc;
use tokio::sync::watch;

/// A flag that many wait for. The reason is a stable word: `shutdown`, `suspended`, `hang-up`, ...
#[derive(Debug, Clone)]
pub(super) struct Ending(Arc<watch::Sender<Option<&'static str>>>);

impl Default for Ending {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }
}

impl Ending {
    /// Says that it ends. The first reason stays.
    pub(super) fn end(&self, reason: &'static str) {
        self.0.send_if_modified(|now| {
            let first = now.is_none();
            if first {
                *now = Some(reason);
            }
            first
        });
    }

    /// The reason, once there is one.
    pub(super) fn reason(&self) -> Option<&'static str> {
        *self.0.borrow()
    }

    /// Waits for the end.
    pub(super) async fn ended(&self) -> &'static str {
        let mut now = self.0.subscribe();
        match now.wait_for(Option::is_some).await {
            Ok(reason) => reason.unwrap_or("closed"),
            Err(_) => "closed",
        }
    }
}
