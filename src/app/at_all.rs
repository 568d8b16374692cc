//! What somebody may do at all, for help and Tab: policy is asked when it is wanted, and once for each
//! action. It is no permit, and nothing is written down.

use crate::app::App;
use crate::app::ctx::Visitor;
use puerta_lab::action::Action;
use puerta_lab::model::Actor;
use puerta_policy::decide::{Context, Policy};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Somebody, and the policy in force. Making one asks nothing.
pub struct AtAll {
    policy: Arc<Policy>,
    /// `None`: nobody that is known, who may nothing.
    actor: Option<Actor>,
    context: Context,
    known: Mutex<BTreeMap<Action, bool>>,
}

impl App {
    /// What this visitor, as whom the store knows them now, may do at all.
    pub fn at_all(&self, visitor: &Visitor, actor: Option<Actor>) -> AtAll {
        let known = Mutex::new(BTreeMap::new());
        AtAll { policy: self.policy(), actor, context: visitor.context(), known }
    }
}

impl AtAll {
    /// Whether they may do this to anything.
    pub fn allows(&self, action: Action) -> bool {
        let Some(actor) = &self.actor else {
            return false;
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        *known.entry(action).or_insert_with(|| self.policy.allows_at_all(actor, action, self.context))
    }
}
