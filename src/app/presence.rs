//! Who is here: live connections by person, and how many forwards each has open. Accounting is
//! released by `Drop`, so a panic or a killed task cannot leak it.

use crate::app::error::{Error, Kind, Result};
use dashmap::DashMap;
use puerta_policy::model::PersonId;
use std::sync::Arc;

type Counts = Arc<DashMap<PersonId, usize>>;

/// Counts of what people have open.
#[derive(Debug)]
pub struct Presence {
    connections: Counts,
    forwards: Counts,
    max_forwards: usize,
    max_connections: usize,
}

/// One thing that is open; closing is dropping it.
#[derive(Debug)]
pub struct Open {
    counts: Counts,
    person: PersonId,
}

impl Open {
    fn new(counts: &Counts, person: PersonId, max: usize) -> Option<Self> {
        let mut count = counts.entry(person).or_insert(0);
        if *count >= max {
            return None;
        }
        *count += 1;
        Some(Self { counts: Arc::clone(counts), person })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(mut count) = self.counts.get_mut(&self.person) {
            *count -= 1;
        }
        self.counts.remove_if(&self.person, |_, count| *count == 0);
    }
}

impl Presence {
    pub(super) fn new(max_forwards: usize, max_connections: usize) -> Self {
        Self { connections: Counts::default(), forwards: Counts::default(), max_forwards, max_connections }
    }

    /// A connection of theirs came in; `None` when they have too many.
    pub fn connection(&self, person: PersonId) -> Option<Open> {
        Open::new(&self.connections, person, self.max_connections)
    }

    /// Live connections of theirs.
    pub fn connections(&self, person: PersonId) -> u32 {
        self.connections.get(&person).map_or(0, |count| *count as u32)
    }

    /// A forward of theirs opens, if it fits.
    pub fn forward(&self, person: PersonId) -> Result<Open> {
        Open::new(&self.forwards, person, self.max_forwards).ok_or_else(|| {
            Error::new(Kind::Limited, "error-too-many-forwards").with("max", self.max_forwards)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cap_holds_and_drop_gives_back() {
        let presence = Presence::new(2, 10);
        let person = PersonId(1);
        let first = presence.forward(person).unwrap();
        let _second = presence.forward(person).unwrap();
        assert!(presence.forward(person).is_err());
        drop(first);
        assert!(presence.forward(person).is_ok());
        assert_eq!(presence.forwards.len(), 1);
    }
}
