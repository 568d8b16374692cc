//! puerta's own permits: what it does by itself is judged by the same policy.

use crate::app::error::{Error, Result};
use crate::app::{App, clock};
use puerta_lab::action::Action;
use puerta_lab::model::Actor;
use puerta_policy::decide::{Context, Permit, Resource};

/// The permit to do `action` without anybody who asked.
pub(super) fn permit<T: Resource>(app: &App, action: Action, target: T) -> Result<Permit<T>> {
    let context = Context { now: clock::now(), source: None, second_factor: true };
    let judged = app.policy().decide(&Actor::itself(), action, target, context).into_result();
    judged.map_err(|denial| {
        tracing::error!(policies = ?denial.policies, action = action.as_str(), "policy does not let puerta do its own work");
        Error::denied()
    })
}
