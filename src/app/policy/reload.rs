//! The policy read again, on SIGHUP.

use super::files::{load, with};
use crate::app::App;
use puerta_audit::Event;
use std::sync::Arc;

impl App {
    /// Reads the policy again (SIGHUP). Says in log and audit whether it holds now.
    pub async fn reload_policy(self: &Arc<Self>) {
        let event = Event::note("policy.reload");
        let turn = self.ruling.turn().await;
        let rules = self.rendered_rules().await.map_err(|error| vec![format!("ready rules: {error:?}")]);
        let loaded = rules.and_then(|rules| with(&load(self.config.policy_dir.as_deref())?, &rules));
        match loaded {
            Ok(policy) => {
                let count = policy.ids().len();
                let ruled = turn.replace(policy);
                drop(turn);
                self.after(ruled).await;
                tracing::info!(policies = count, "the policy was read again and holds now");
                self.audit.finish(event.with("policies", count).with("result", "replaced")).await;
            }
            Err(errors) => {
                for error in &errors {
                    tracing::error!(error, "the policy was refused; the one in force stays");
                }
                self.audit.finish(event.with("result", "refused").with("errors", errors)).await;
            }
        }
    }
}
