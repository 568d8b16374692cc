//! How many connections there are, and how many of them have not logged in: russh has no
//! `MaxStartups`. Accounting is released by `Drop`.

use dashmap::DashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use tokio::sync::watch;

#[derive(Debug, Default)]
struct Counts {
    strangers: usize,
    connections: usize,
}

/// The caps and the counts.
#[derive(Debug)]
pub(super) struct Startups {
    max_strangers: usize,
    max_per_source: usize,
    max_connections: usize,
    counts: Arc<watch::Sender<Counts>>,
    sources: Arc<DashMap<IpAddr, usize>>,
}

/// One live connection.
#[derive(Debug)]
pub(super) struct Connected(Arc<watch::Sender<Counts>>);

/// What a new connection is given: both end with it.
pub(super) type Place = (Connected, Stranger);

/// One connection that has not logged in.
#[derive(Debug)]
pub(super) struct Stranger {
    counts: Arc<watch::Sender<Counts>>,
    sources: Arc<DashMap<IpAddr, usize>>,
    source: IpAddr,
}

/// Sources are counted by IPv4 address, or by IPv6 /64: a host has a whole one.
fn block(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) >> 64 << 64).into(),
    }
}

impl Startups {
    pub(super) fn new(max_strangers: usize, max_per_source: usize, max_connections: usize) -> Self {
        let counts = Arc::new(watch::Sender::default());
        Self { max_strangers, max_per_source, max_connections, counts, sources: Arc::default() }
    }

    /// Room for one more, or the cap that it would break.
    pub(super) fn admit(&self, source: IpAddr) -> Result<Place, &'static str> {
        let source = block(source);
        let mut of_source = self.sources.entry(source).or_insert(0);
        let refused = {
            let counts = self.counts.borrow();
            if counts.connections >= self.max_connections {
                Some("max_connections")
            } else if counts.strangers >= self.max_strangers {
                Some("max_startups")
            } else if *of_source >= self.max_per_source {
                Some("max_startups_per_source")
            } else {
                None
            }
        };
        if let Some(cap) = refused {
            drop(of_source);
            self.sources.remove_if(&source, |_, count| *count == 0);
            return Err(cap);
        }
        *of_source += 1;
        drop(of_source);
        self.counts.send_modify(|counts| {
            counts.strangers += 1;
            counts.connections += 1;
        });
        let stranger =
            Stranger { counts: Arc::clone(&self.counts), sources: Arc::clone(&self.sources), source };
        Ok((Connected(Arc::clone(&self.counts)), stranger))
    }

    /// Live connections.
    pub(super) fn connections(&self) -> usize {
        self.counts.borrow().connections
    }

    /// Waits until there is none.
    pub(super) async fn empty(&self) {
        // The sender lives in `self`: waiting cannot fail.
        let _ = self.counts.subscribe().wait_for(|counts| counts.connections == 0).await;
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.send_modify(|counts| counts.connections -= 1);
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.counts.send_modify(|counts| counts.strangers -= 1);
        if let Some(mut count) = self.sources.get_mut(&self.source) {
            *count -= 1;
        }
        self.sources.remove_if(&self.source, |_, count| *count == 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caps_hold_and_places_come_back() {
        let startups = Startups::new(3, 2, 4);
        let a: IpAddr = "192.0.2.1".parse().unwrap();
        let b: IpAddr = "192.0.2.2".parse().unwrap();
        let (_c1, s1) = startups.admit(a).unwrap();
        let (c2, s2) = startups.admit(a).unwrap();
        assert_eq!(startups.admit(a).unwrap_err(), "max_startups_per_source");
        let (_c3, _s3) = startups.admit(b).unwrap();
        assert_eq!(startups.admit(b).unwrap_err(), "max_startups");
        drop((s1, s2)); // both logged in
        let (_c4, _s4) = startups.admit(a).unwrap();
        assert_eq!(startups.admit(b).unwrap_err(), "max_connections");
        drop(c2);
        assert!(startups.admit(b).is_ok());
        assert_eq!(startups.sources.len(), 2);
    }

    #[test]
    fn an_ipv6_host_is_its_network() {
        let block = |text: &str| block(text.parse().unwrap());
        assert_eq!(block("2001:db8::1"), block("2001:db8::2:3:4:5"));
        assert_eq!(block("::ffff:192.0.2.1"), block("192.0.2.1"));
    }
}
