//! Which networks may reach the SSH port at all. The firewall says the same where there is one; here it
//! holds in any case. Who is refused is counted, and the audit has one line a minute of them at most.

use crate::app::App;
use ipnet::IpNet;
use puerta_audit::{Audit, Event};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Between two lines of the audit.
const MINUTE: Duration = Duration::from_secs(60);

/// The networks, and those refused that are not written down yet.
#[derive(Debug, Default)]
pub(super) struct Admission {
    networks: Vec<IpNet>,
    refused: Mutex<Refused>,
}

#[derive(Debug, Default)]
struct Refused {
    count: u64,
    last: Option<SocketAddr>,
    /// A task is to write it down.
    awaited: bool,
}

impl Admission {
    /// No networks: everybody is admitted.
    pub(super) fn new(networks: Vec<IpNet>) -> Self {
        Self { networks, refused: Mutex::default() }
    }

    /// May this address knock? One that came in over IPv4 on a socket of IPv6 is an IPv4 address.
    pub(super) fn admits(&self, source: IpAddr) -> bool {
        let source = source.to_canonical();
        self.networks.is_empty() || self.networks.iter().any(|network| network.contains(&source))
    }

    /// Counts one that was refused. The first is written down at once, what follows after a minute.
    pub(super) fn refused(self: &Arc<Self>, peer: SocketAddr, app: &Arc<App>) {
        tracing::debug!(%peer, "connection refused: not of the networks that are admitted");
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.count += 1;
        refused.last = Some(peer);
        if !std::mem::replace(&mut refused.awaited, true) {
            let (admission, app) = (Arc::clone(self), Arc::clone(app));
            tokio::spawn(async move {
                while admission.write_down(&app.audit).await {
                    tokio::time::sleep(MINUTE).await;
                }
            });
        }
    }

    /// Writes a line for those that have none; `false`: there were none, and nobody waits for more.
    pub(super) async fn write_down(&self, audit: &Audit) -> bool {
        let (count, last) = {
            let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
            refused.awaited = refused.count > 0;
            (std::mem::take(&mut refused.count), refused.last)
        };
        if count == 0 {
            return false;
        }
        let event = Event::note("admission").with("refused", count);
        audit.finish(Event { source: last.map(|peer| peer.to_string()), ..event }).await;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_of_both_families_and_nobody_else() {
        let admission =
            Admission::new(vec!["192.0.2.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()]);
        let admits = |text: &str| admission.admits(text.parse().unwrap());
        assert!(admits("192.0.2.7") && admits("::ffff:192.0.2.7") && admits("2001:db8::1"));
        assert!(!admits("192.0.3.7") && !admits("127.0.0.1") && !admits("2001:db9::1") && !admits("::1"));
        assert!(Admission::default().admits("203.0.113.1".parse().unwrap()));
    }
}
