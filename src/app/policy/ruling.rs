//! The policy in force, and whose turn it is to put another one together.

use puerta_policy::decide::Policy;
use puerta_store::{Changed, What};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::{Mutex, MutexGuard};

/// What holds.
pub(in crate::app) struct Ruling {
    policy: RwLock<Arc<Policy>>,
    turn: Mutex<()>,
}

/// Held from reading what a policy is made of until it is in force.
pub(in crate::app) struct RulingTurn<'a> {
    ruling: &'a Ruling,
    _turn: MutexGuard<'a, ()>,
}

impl Ruling {
    pub(in crate::app) fn new(policy: Policy) -> Self {
        Self { policy: RwLock::new(Arc::new(policy)), turn: Mutex::default() }
    }

    /// The policy in force.
    pub(in crate::app) fn now(&self) -> Arc<Policy> {
        Arc::clone(&self.policy.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) async fn turn(&self) -> RulingTurn<'_> {
        RulingTurn { ruling: self, _turn: self.turn.lock().await }
    }
}

impl RulingTurn<'_> {
    /// Puts another policy in force.
    pub(super) fn replace(&self, policy: Policy) -> Changed<()> {
        *self.ruling.policy.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(policy);
        Changed::new((), What::ruled())
    }
}
