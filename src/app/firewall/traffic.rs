//! What went through publications: sums in the registry, and who connected in the audit. Under a flood
//! the kernel reports a sample of the connections and its counters have them all: the difference is
//! written down as a number.

use crate::app::{App, clock};
use puerta_audit::Event;
use puerta_firewall::{Done, NewConnection, Report};
use puerta_lab::model::Timestamp;
use puerta_lab::network::{Publication, Traffic};
use puerta_store::{self as store, Store};
use std::collections::{BTreeMap, HashMap};
use std::sync::PoisonError;

/// Connections of one port that the counters showed by the reading before the last, less those in the
/// audit. A connection's line may be written after a reading that counts it, and not a reading later.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tally {
    counted: u64,
    written: u64,
}

impl Tally {
    /// A new reading counted `more`: how many of those before it never got a line.
    fn settle(&mut self, more: u64) -> u64 {
        let left_out = self.counted.saturating_sub(self.written);
        self.written = self.written.saturating_sub(self.counted);
        self.counted = more;
        left_out
    }
}

/// What the readings of this process remember.
#[derive(Debug, Default)]
pub(super) struct Tallies {
    ports: HashMap<u16, Tally>,
    /// When the counters were read last.
    pub(super) read: Option<Timestamp>,
}

impl Tallies {
    /// Ports with connections that are not in the audit, and how many.
    fn settle(&mut self, added: &BTreeMap<u16, Traffic>) -> BTreeMap<u16, u64> {
        for port in added.keys() {
            self.ports.entry(*port).or_default();
        }
        let mut left_out = BTreeMap::new();
        self.ports.retain(|port, tally| {
            let more = added.get(port).map_or(0, |traffic| traffic.connections);
            match tally.settle(more) {
                0 => {}
                count => drop(left_out.insert(*port, count)),
            }
            *tally != Tally::default()
        });
        left_out
    }
}

/// Adds a reading to the registry, and gives what came since the last; also for the technician's commands.
/// Counters that were written anew begin from nothing.
pub async fn count(store: &Store, report: &Report) -> store::Result<BTreeMap<u16, Traffic>> {
    store.add_traffic(&report.traffic, matches!(report.done, Done::Whole { .. })).await
}

impl App {
    /// Adds a reading of the counters to the registry.
    pub(super) async fn account(&self, report: &Report) {
        match count(&self.store, report).await {
            Ok(added) => self.leave_out(&added).await,
            // The next reading has it all.
            Err(error) => return tracing::error!(%error, "traffic could not be written down yet"),
        }
        self.wall.tallies.lock().unwrap_or_else(PoisonError::into_inner).read = Some(clock::now());
    }

    /// Writes down how many connections have no line of their own.
    pub(super) async fn leave_out(&self, added: &BTreeMap<u16, Traffic>) {
        let left_out = self.wall.tallies.lock().unwrap_or_else(PoisonError::into_inner).settle(added);
        for (port, count) in left_out {
            let publication = self.published_at(port).await;
            self.audit.finish(event(port, publication.as_ref()).with("left_out", count)).await;
        }
    }

    /// Writes a new connection to a published port down: from where, to which machine, and who published it.
    pub(super) async fn connected(&self, connection: NewConnection) {
        let publication = self.published_at(connection.port).await;
        let mut event = event(connection.port, publication.as_ref());
        event.source = Some(connection.source.to_string());
        self.audit.finish(event).await;
        let mut tallies = self.wall.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        tallies.ports.entry(connection.port).or_default().written += 1;
    }

    async fn published_at(&self, port: u16) -> Option<Publication> {
        let found = self.store.publication(port).await;
        found.inspect_err(|error| tracing::error!(%error, port, "whose port it is cannot be read")).ok()?
    }
}

fn event(port: u16, publication: Option<&Publication>) -> Event {
    let event = Event::note("publication").with("port", port);
    let Some(publication) = publication else { return event };
    let vm = Some(format!("{}.{}", publication.vm_name, publication.seat_name));
    let event = event.with("publisher", publication.publisher.as_str()).with("vm_port", publication.vm_port);
    Event { vm, ..event }.with("protocol", publication.protocol.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(connections: u64) -> BTreeMap<u16, Traffic> {
        BTreeMap::from([(50_000, Traffic { connections, ..Traffic::default() })])
    }

    #[test]
    fn what_has_a_line_is_not_left_out_also_when_the_line_comes_late() {
        let mut tallies = Tallies::default();
        tallies.ports.entry(50_000).or_default().written += 2;
        assert!(tallies.settle(&connections(3)).is_empty(), "the third may still come");
        tallies.ports.get_mut(&50_000).unwrap().written += 1;
        assert!(tallies.settle(&BTreeMap::new()).is_empty());
        assert!(tallies.ports.is_empty(), "nothing is kept of a port that is quiet");
    }

    #[test]
    fn what_never_gets_a_line_is_a_number_once() {
        let mut tallies = Tallies::default();
        tallies.ports.entry(50_000).or_default().written += 5;
        assert!(tallies.settle(&connections(1000)).is_empty());
        assert_eq!(tallies.settle(&connections(1)), BTreeMap::from([(50_000, 995)]));
        assert_eq!(tallies.settle(&BTreeMap::new()), BTreeMap::from([(50_000, 1)]));
        assert!(tallies.settle(&BTreeMap::new()).is_empty());
    }
}
