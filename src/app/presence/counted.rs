//! So many of something at once, by person.

use dashmap::DashMap;
use puerta_lab::model::PersonId;
use std::sync::Arc;

type Counts = Arc<DashMap<PersonId, usize>>;

/// How many of something each person has, and how many they may.
#[derive(Debug)]
pub(super) struct ByPerson {
    counts: Counts,
    pub(super) max: usize,
}

/// One of somebody's; leaving is dropping it.
#[derive(Debug)]
pub struct Counted {
    counts: Counts,
    person: PersonId,
}

impl ByPerson {
    pub(super) fn new(max: usize) -> Self {
        Self { counts: Counts::default(), max }
    }

    /// One more, while they may.
    pub(super) fn one(&self, person: PersonId) -> Option<Counted> {
        let mut count = self.counts.entry(person).or_insert(0);
        if *count >= self.max {
            return None;
        }
        *count += 1;
        Some(Counted { counts: Arc::clone(&self.counts), person })
    }

    /// How many they have.
    pub(super) fn of(&self, person: PersonId) -> usize {
        self.counts.get(&person).map_or(0, |count| *count)
    }

    #[cfg(test)]
    pub(super) fn people(&self) -> usize {
        self.counts.len()
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if let Some(mut count) = self.counts.get_mut(&self.person) {
            *count -= 1;
        }
        self.counts.remove_if(&self.person, |_, count| *count == 0);
    }
}
