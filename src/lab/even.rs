//! Whether the clock can be believed when something is to be removed for its age. A clock that was once a year ahead
//! makes everything old, and what was removed by it is gone; so it must have run evenly for a week, beside a
//! clock that nobody sets. The caller reads both.

use crate::model::Timestamp;
use core::time::Duration;

/// Further off than this between two looks, in milliseconds, it has jumped; to be put right by less is no jump.
const JUMP: i64 = 10 * 60 * 1000;
/// Nobody knows what it did for longer than this while nobody looked.
const AWAY: i64 = 2 * 86_400_000;
/// So long it must have run evenly.
const BELIEVED: i64 = 7 * 86_400_000;

/// What is known of a clock between one run and the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// What it showed.
    pub wall: Timestamp,
    /// For how long it had run evenly then, in milliseconds of looking at it.
    pub even: i64,
}

/// It shows something else than it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Jump {
    /// What it should show, or showed when it was looked at last.
    pub expected: Timestamp,
    /// What it shows.
    pub found: Timestamp,
}

/// A clock that is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Evenness {
    seen: Seen,
    steady: Duration,
}

/// The clock was believed at this moment. Nothing is removed for its age without it.
#[derive(Debug)]
pub struct Believed(Timestamp);

/// Up to when things are old: kept long enough, by a clock that is believed.
#[derive(Debug)]
pub struct Old {
    before: Timestamp,
    now: Timestamp,
}

impl Evenness {
    /// From what is known of the run before. `steady` is of a clock that nobody sets, from any beginning.
    pub fn begin(before: Option<Seen>, wall: Timestamp, steady: Duration) -> (Self, Option<Jump>) {
        let jump = before.map(|seen| Jump { expected: seen.wall, found: wall });
        let jump = jump.filter(|jump| !(-JUMP..=AWAY).contains(&(wall.0 - jump.expected.0)));
        let even = if jump.is_none() { before.map_or(0, |seen| seen.even) } else { 0 };
        (Self { seen: Seen { wall, even }, steady }, jump)
    }

    /// Looks again.
    pub fn look(&mut self, wall: Timestamp, steady: Duration) -> Option<Jump> {
        let passed = steady.saturating_sub(self.steady).as_millis() as i64;
        let expected = Timestamp(self.seen.wall.0.saturating_add(passed));
        let jumped = wall.0.abs_diff(expected.0) > JUMP.unsigned_abs();
        let even = if jumped { 0 } else { self.seen.even.saturating_add(passed) };
        *self = Self { seen: Seen { wall, even }, steady };
        jumped.then_some(Jump { expected, found: wall })
    }

    /// What is to be known of it the next time.
    pub fn seen(&self) -> Seen {
        self.seen
    }

    /// Whether it was believed at the last look.
    pub fn believed(&self) -> Option<Believed> {
        (self.seen.even >= BELIEVED).then_some(Believed(self.seen.wall))
    }
}

impl Believed {
    /// What is kept for so long is old then.
    pub fn old(&self, kept: Duration) -> Old {
        let kept = i64::try_from(kept.as_millis()).unwrap_or(i64::MAX);
        Old { before: Timestamp(self.0.0.saturating_sub(kept)), now: self.0 }
    }
}

impl Old {
    /// What is of a time before this one is old, as long as nothing that came earlier is not: its clock may have
    /// been behind.
    pub fn before(&self) -> Timestamp {
        self.before
    }

    /// What is of a time after this one says nothing about what came later: its clock was ahead.
    pub fn now(&self) -> Timestamp {
        self.now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);
    const DAY: i64 = 86_400_000;
    const NOW: i64 = 1_795_407_036_123;

    /// Both clocks, and the one that is looked at.
    struct Hands {
        wall: i64,
        steady: Duration,
        clock: Evenness,
    }

    impl Hands {
        /// Set by `off` milliseconds, and a minute later.
        fn minute(&mut self, off: i64) -> Option<Jump> {
            self.wall += 60_000 + off;
            self.steady += MINUTE;
            self.clock.look(Timestamp(self.wall), self.steady)
        }
    }

    fn hands(before: Option<Seen>) -> Hands {
        let steady = Duration::from_secs(12_345);
        let (clock, jump) = Evenness::begin(before, Timestamp(NOW), steady);
        assert_eq!(jump, None);
        Hands { wall: NOW, steady, clock }
    }

    #[test]
    fn it_is_believed_after_a_week_and_not_for_a_week_after_a_jump() {
        let mut hands = hands(None);
        let week = 7 * 24 * 60;
        for off in [0, 365 * DAY, -365 * DAY, -3_600_000, 660_000] {
            if off != 0 {
                let expected = Timestamp(hands.wall + 60_000);
                let found = Timestamp(expected.0 + off);
                assert_eq!(hands.minute(off), Some(Jump { expected, found }), "{off}");
            }
            for minute in 0..week {
                assert!(hands.clock.believed().is_none(), "{off}, {minute}");
                // A time server puts it right, now and then.
                let right = if minute % 1000 == 0 { 300_000 - 600_000 * (minute / 1000 % 2) } else { 0 };
                assert_eq!(hands.minute(right), None);
            }
            let old = hands.clock.believed().unwrap().old(Duration::from_secs(3600));
            assert_eq!((old.now().0, old.before().0), (hands.wall, hands.wall - 3_600_000));
        }
    }

    #[test]
    fn a_start_goes_on_from_the_last_run_unless_that_is_far_away() {
        let even = 7 * DAY;
        for (away, even_still) in [
            (0, true),
            (2 * DAY, true),
            (2 * DAY + 1, false),
            (365 * DAY, false),
            (-60_000, true),
            (-DAY, false),
            (-365 * DAY, false),
        ] {
            let seen = Seen { wall: Timestamp(NOW - away), even };
            let (clock, jump) = Evenness::begin(Some(seen), Timestamp(NOW), MINUTE);
            assert_eq!((jump.is_none(), clock.believed().is_some()), (even_still, even_still), "{away}");
            assert_eq!(clock.seen().wall, Timestamp(NOW));
        }
        // It is no more even for the time that nobody looked.
        let seen = Seen { wall: Timestamp(NOW - DAY), even: even - 60_000 };
        let mut hands = hands(Some(seen));
        assert!(hands.clock.believed().is_none());
        assert_eq!(hands.minute(0), None);
        assert!(hands.clock.believed().is_some());
    }
}
