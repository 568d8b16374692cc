//! How fast somebody may go on doing what is written down: a burst, and then so many a second. What is over it is
//! refused in words before anything is judged, so that nobody learns from it what there is.

use crate::app::App;
use crate::app::error::{Error, Kind, Result};
use puerta_lab::model::PersonId;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// So many seconds' worth may be done at once.
const BURST: f64 = 60.0;
/// People or places looked after at once; who is not in a hurry needs no place.
const MOST: usize = 4096;

/// Whoever goes, and how much each may do now.
#[derive(Debug)]
pub(super) struct Pace<K> {
    rate: f64,
    kept: Mutex<HashMap<K, Left>>,
}

#[derive(Debug, Clone, Copy)]
struct Left {
    acts: f64,
    at: Instant,
}

impl<K: Eq + Hash> Pace<K> {
    /// So many acts a second.
    pub(super) fn new(rate: u32) -> Self {
        Self { rate: f64::from(rate), kept: Mutex::default() }
    }

    /// One more act; `false`: too fast.
    pub(super) fn take(&self, who: K) -> bool {
        let (most, now) = (self.rate * BURST, Instant::now());
        let left = |left: &Left| (left.acts + self.rate * (now - left.at).as_secs_f64()).min(most);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST && !kept.contains_key(&who) {
            kept.retain(|_, one| left(one) < most);
            if kept.len() >= MOST {
                return false;
            }
        }
        let one = kept.entry(who).or_insert(Left { acts: most, at: now });
        *one = Left { acts: left(one), at: now };
        let may = one.acts >= 1.0;
        one.acts -= if may { 1.0 } else { 0.0 };
        may
    }
}

impl App {
    /// One more act of somebody that is written down.
    pub(super) fn paced(&self, person: PersonId) -> Result<()> {
        if self.pace.take(person) {
            return Ok(());
        }
        Err(Error::new(Kind::Limited, "error-slow-down"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_and_then_slowly_and_nobody_pays_for_another() {
        let pace = Pace::new(1);
        let done = (0..1000).filter(|_| pace.take("one")).count();
        assert!((60..70).contains(&done), "{done}");
        assert!(pace.take("two"));
    }

    #[test]
    fn so_many_are_looked_after_and_who_has_rested_gives_place() {
        let pace = Pace::new(1);
        assert!((0..MOST).all(|who| pace.take(who)));
        assert!(!pace.take(MOST), "all of them have done something just now");
        let pace = Pace::new(u32::MAX);
        assert!((0..MOST * 2).all(|who| pace.take(who)));
    }
}
