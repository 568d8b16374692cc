//! The decision: a typed request in, a [`Permit`] or a [`Denial`] out. Cedar answers; this file
//! builds its entities and keeps the names of the policies that decided.

use crate::action::Action;
use crate::model::{Actor, Timestamp};
use crate::model::Vm;
use std::net::IpAddr;

/// What surrounds a request. The caller says what time it is.
#[derive(Debug, Clone, Copy)]
pub struct Context {
    /// Now.
    pub now: Timestamp,
    /// Where the client is; `None` for puerta itself.
    pub source: Option<IpAddr>,
}

/// Something that can be acted on.
pub trait Resource: Clone + Send + Sync {}
impl Resource for Vm {}

/// Proof that one act on one thing was judged and allowed. Only [`Policy::decide`] makes one.
#[must_use]
#[derive(Debug, Clone)]
pub struct Permit<T> {
    action: Action,
    target: T,
    policies: Vec<String>,
}

impl<T> Permit<T> {
    /// What was allowed.
    pub fn action(&self) -> Action {
        self.action
    }
    /// On what.
    pub fn target(&self) -> &T {
        &self.target
    }
    /// Ids of the policies that allowed it.
    pub fn policies(&self) -> &[String] {
        &self.policies
    }
}

/// A request that was judged and refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// What was refused.
    pub action: Action,
    /// Ids of the `forbid` policies that refused it; empty when simply nothing allowed it.
    pub policies: Vec<String>,
}

/// The answer.
#[must_use]
#[derive(Debug, Clone)]
pub enum Decision<T> {
    /// Go on, with this in hand.
    Allow(Permit<T>),
    /// Do not.
    Deny(Denial),
}

/// Why a policy folder is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {message}")]
pub struct PolicyError {
    /// The file at fault.
    pub file: String,
    /// What is wrong with it.
    pub message: String,
}

/// A set of policies that parsed and validated against the schema.
#[derive(Debug)]
pub struct Policy {
    _private: (),
}

impl Policy {
    /// Judges one act.
    pub fn decide<T: Resource>(&self, _actor: &Actor, action: Action, _target: T, _context: Context) -> Decision<T> {
        Decision::Deny(Denial { action, policies: Vec::new() })
    }
}
