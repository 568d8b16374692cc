//! What is remembered of places: where somebody came in lately, and from where many went away without having
//! logged in. Both are bounded, in time and in memory, and know no person and no key.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// A place is known for so long after somebody came in, or was in, from there: students study at home
/// in the evening as they did the day before.
const LATELY: Duration = Duration::from_secs(24 * 3600);
/// What one who gave up weighs, until it is forgotten; who comes in takes one away.
const WEIGHT: Duration = Duration::from_secs(10);
/// So many in a row are nothing: a typo, a class with a wrong key, a program that tries.
const TOLERATED: Duration = Duration::from_secs(20 * WEIGHT.as_secs());
/// However many there were, the penalty ends after this without more of them.
const LONGEST: Duration = Duration::from_secs(5 * 60);
/// Places of each kind that are remembered.
pub(super) const KEPT: usize = 4096;

#[derive(Debug, Default)]
pub(super) struct Past {
    /// Until when a place is known.
    known: HashMap<IpAddr, Instant>,
    /// When all who gave up there are forgotten.
    given_up: HashMap<IpAddr, Instant>,
}

impl Past {
    /// Somebody is in from there, or was until now.
    pub(super) fn was_in(&mut self, place: IpAddr, now: Instant) {
        keep(&mut self.known, place, now + LATELY);
    }

    /// Somebody came in: one of those who gave up is forgotten.
    pub(super) fn came_in(&mut self, place: IpAddr, now: Instant) {
        self.was_in(place, now);
        if let Some(until) = self.given_up.get_mut(&place) {
            *until = until.checked_sub(WEIGHT).unwrap_or(now);
        }
    }

    /// Somebody went away without having logged in; whether that is the one with whom a penalty begins.
    pub(super) fn gave_up(&mut self, place: IpAddr, now: Instant) -> bool {
        let before = self.penalty(place, now);
        let until = self.given_up.get(&place).map_or(now, |until| (*until).max(now));
        keep(&mut self.given_up, place, (until + WEIGHT).min(now + TOLERATED + LONGEST));
        before.is_none() && self.penalty(place, now).is_some()
    }

    /// Whether somebody came in from there lately.
    pub(super) fn knows(&self, place: IpAddr, now: Instant) -> bool {
        self.known.get(&place).is_some_and(|until| *until > now)
    }

    /// How long its penalty lasts, if it has one and nobody more gives up there.
    pub(super) fn penalty(&self, place: IpAddr, now: Instant) -> Option<Duration> {
        let left = self.given_up.get(&place)?.saturating_duration_since(now);
        left.checked_sub(TOLERATED).filter(|left| !left.is_zero())
    }
}

/// Remembers a moment. When there is no more room those go that would be forgotten first, many at once: each
/// newcomer costs the same in the end.
fn keep(all: &mut HashMap<IpAddr, Instant>, place: IpAddr, until: Instant) {
    if all.len() >= KEPT && !all.contains_key(&place) {
        let mut first: Vec<_> = all.iter().map(|(place, until)| (*until, *place)).collect();
        first.select_nth_unstable(KEPT / 8);
        for (_, place) in first.iter().take(KEPT / 8) {
            all.remove(place);
        }
    }
    all.insert(place, until);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(n: u32) -> IpAddr {
        std::net::Ipv4Addr::from(0x0a00_0000 + n).into()
    }

    #[test]
    fn a_penalty_has_a_threshold_and_an_end_and_logins_pay_for_it() {
        let (mut past, now) = (Past::default(), Instant::now());
        for n in 1..=20 {
            assert!(!past.gave_up(place(1), now), "{n}");
        }
        assert!(past.penalty(place(1), now).is_none(), "twenty are tolerated");
        assert!(past.gave_up(place(1), now) && !past.gave_up(place(1), now), "it begins once");
        assert_eq!(past.penalty(place(1), now), Some(2 * WEIGHT));
        assert!(past.penalty(place(2), now).is_none(), "it is that place's alone");
        assert!(past.penalty(place(1), now + 2 * WEIGHT).is_none(), "it ends");
        past.came_in(place(1), now);
        past.came_in(place(1), now);
        assert!(past.penalty(place(1), now).is_none(), "who comes in pays for who did not");
        for _ in 0..10_000 {
            past.gave_up(place(1), now);
        }
        assert_eq!(past.penalty(place(1), now), Some(LONGEST));
    }

    #[test]
    fn a_place_is_known_for_a_day() {
        let (mut past, now) = (Past::default(), Instant::now());
        assert!(!past.knows(place(1), now));
        past.came_in(place(1), now);
        assert!(past.knows(place(1), now + LATELY / 2) && !past.knows(place(1), now + LATELY));
    }

    /// Nobody makes it grow, nor forget a place where somebody came in, by giving up from many.
    #[test]
    fn a_hundred_thousand_places_are_bounded() {
        let (mut past, now) = (Past::default(), Instant::now());
        past.came_in(place(0), now);
        for _ in 0..30 {
            past.gave_up(place(0), now);
        }
        for n in 1..=100_000 {
            past.gave_up(place(n), now);
        }
        assert!(past.given_up.len() <= KEPT && past.known.len() == 1);
        assert!(past.knows(place(0), now), "strangers make nobody unknown");
        assert!(past.penalty(place(0), now).is_some(), "the worst are not the first to be forgotten");
        for n in 1..=100_000 {
            past.was_in(place(n), now + Duration::from_millis(n.into()));
        }
        assert!(past.known.len() <= KEPT && past.knows(place(100_000), now));
        assert!(past.capacity() < 4 * KEPT);
    }

    impl Past {
        fn capacity(&self) -> usize {
            self.known.capacity().max(self.given_up.capacity())
        }
    }
}
