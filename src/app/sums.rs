//! Repeats of one thing are told as one with a count: the first at once, what follows in a sum every so often.
//! Nothing is lost in number, and only so many things are told apart at a time. What is told, and where, is the
//! caller's.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Things of kind `K`, of which the last occurrence `V` is kept.
#[derive(Debug)]
pub struct Sums<K, V> {
    every: Duration,
    most: usize,
    kept: Mutex<Kept<K, V>>,
}

#[derive(Debug)]
struct Kept<K, V> {
    sums: HashMap<K, Sum<V>>,
    /// Of things for which there was no place.
    others: Sum<V>,
}

#[derive(Debug)]
struct Sum<V> {
    /// When the last line of it was told.
    told: Instant,
    count: u64,
    last: Option<V>,
}

/// What is to be told now.
#[derive(Debug, PartialEq, Eq)]
pub struct Summed<V> {
    /// The last occurrence.
    pub last: V,
    /// How many there were since something was told of it.
    pub count: u64,
    /// They are of several kinds, of which this is one.
    pub mixed: bool,
}

impl<V> Sum<V> {
    fn new() -> Self {
        Self { told: Instant::now(), count: 0, last: None }
    }

    fn add(&mut self, value: V) {
        self.count += 1;
        self.last = Some(value);
    }

    fn take(&mut self, mixed: bool) -> Option<Summed<V>> {
        self.told = Instant::now();
        let count = std::mem::take(&mut self.count);
        self.last.take().map(|last| Summed { last, count, mixed })
    }
}

impl<K: Eq + Hash, V> Sums<K, V> {
    /// A line each `every` of one thing, and `most` things apart.
    pub fn new(every: Duration, most: usize) -> Self {
        Self { every, most, kept: Mutex::new(Kept { sums: HashMap::new(), others: Sum::new() }) }
    }

    fn lock(&self) -> MutexGuard<'_, Kept<K, V>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one. It comes back when it is the first for some time and is to be told at once.
    pub fn count(&self, key: K, value: V) -> Option<V> {
        let mut kept = self.lock();
        if let Some(sum) = kept.sums.get_mut(&key) {
            sum.add(value);
            return None;
        }
        if kept.sums.len() >= self.most {
            kept.others.add(value);
            return None;
        }
        kept.sums.insert(key, Sum::new());
        Some(value)
    }

    /// The sums whose time has come; what was quiet since is a first one again.
    pub fn due(&self) -> Vec<Summed<V>> {
        let mut due = Vec::new();
        let mut kept = self.lock();
        kept.sums.retain(|_, sum| {
            if sum.told.elapsed() < self.every {
                return true;
            }
            let told = sum.take(false);
            let goes_on = told.is_some();
            due.extend(told);
            goes_on
        });
        if kept.others.told.elapsed() >= self.every {
            due.extend(kept.others.take(true));
        }
        due
    }

    /// Every sum of these things, at once; they are forgotten.
    pub fn take(&self, which: impl Fn(&K) -> bool) -> Vec<Summed<V>> {
        let taken = self.lock().sums.extract_if(|key, _| which(key)).collect::<Vec<_>>();
        taken.into_iter().filter_map(|(_, mut sum)| sum.take(false)).collect()
    }

    /// Whether nothing is counted now.
    pub fn is_empty(&self) -> bool {
        let kept = self.lock();
        kept.sums.is_empty() && kept.others.count == 0
    }

    /// Every sum there is.
    pub fn rest(&self) -> Vec<Summed<V>> {
        let mut rest = self.take(|_| true);
        rest.extend(self.lock().others.take(true));
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_at_once_then_sums_and_none_is_lost() {
        let sums = Sums::new(Duration::ZERO, 9);
        assert_eq!(sums.count("a", 1), Some(1));
        assert_eq!((sums.count("a", 2), sums.count("a", 3)), (None, None));
        assert_eq!(sums.due(), [Summed { last: 3, count: 2, mixed: false }]);
        assert_eq!(sums.count("a", 4), None, "it goes on: no first one each time");
        assert_eq!(sums.due().len(), 1);
        assert_eq!((sums.due(), sums.count("a", 5)), (vec![], Some(5)), "it was quiet");
    }

    #[test]
    fn nothing_is_due_before_its_time_and_an_end_takes_what_there_is() {
        let sums = Sums::new(Duration::from_secs(3600), 9);
        for key in ["a", "a", "b", "b", "b"] {
            sums.count(key, ());
        }
        assert_eq!(sums.due(), []);
        assert_eq!(sums.take(|key| *key == "b"), [Summed { last: (), count: 2, mixed: false }]);
        assert_eq!(sums.rest(), [Summed { last: (), count: 1, mixed: false }]);
        assert_eq!(sums.rest(), []);
    }

    #[test]
    fn who_makes_up_new_things_gets_one_sum_for_all_of_them() {
        let sums = Sums::new(Duration::from_secs(3600), 2);
        let told = (0..1000).filter_map(|key| sums.count(key, key)).count();
        assert_eq!((told, sums.lock().sums.len()), (2, 2));
        assert_eq!(sums.rest(), [Summed { last: 999, count: 998, mixed: true }]);
    }
}
