//! The firewall as the rest of puerta sees it.

use super::{Desired, FirewallError, NewConnection, Report, Result, Target, View};

/// A way to the firewall; clones share it. Calls are carried out one after another.
#[derive(Debug, Clone)]
pub struct Firewall;

impl Firewall {
    /// None: every call is refused with [`FirewallError::Off`].
    pub fn off() -> Self {
        Self
    }

    /// Whether there is none.
    pub fn is_off(&self) -> bool {
        true
    }

    /// Makes the kernel have what should be.
    pub async fn reconcile(&self, _desired: &Desired) -> Result<Report> {
        Err(FirewallError::Off)
    }

    /// One publication comes or goes: the short way, which reads and writes nothing else. When the kernel
    /// does not have what was there before, it is a reconcile.
    pub async fn change(&self, _port: u16, _target: Option<&Target>) -> Result<Report> {
        Err(FirewallError::Off)
    }

    /// Looks, and changes nothing.
    pub async fn look(&self, _desired: &Desired) -> Result<View> {
        Err(FirewallError::Off)
    }

    /// The next new connection to a published port; waits for ever where none is reported.
    pub async fn connection(&self) -> NewConnection {
        std::future::pending().await
    }
}
