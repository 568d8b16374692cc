//! Is this code right? Each wrong one is counted by person, over all connections, so that whoever
//! has somebody's key cannot guess at leisure. Only who proved the first factor gets this far, so
//! nobody locks others.

use super::First;
use crate::app::secret::Secret;
use crate::app::{App, clock, error};
use puerta_keys::code;
use puerta_keys::totp::{self, Shared};
use puerta_lab::model::PersonId;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Wrong codes in a row after which none is looked at for a while, and again after as many more.
const IN_A_ROW: u32 = 5;
/// That while, the first time; each time it is twice as long. Whatever is done to the clock, it is as long.
const FIRST_WHILE: Duration = Duration::from_secs(5 * 60);
/// It is doubled so often at most: to more than a day.
const DOUBLINGS: u32 = 9;

/// What a second factor was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Factor {
    /// A code that an app shows for thirty seconds.
    Totp,
    /// One of the codes that were printed when it was set up, now used up.
    Recovery,
}

impl Factor {
    /// As the audit writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Recovery => "recovery code",
        }
    }
}

/// What a code came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checked {
    /// It was right, and is used up.
    Right(Factor),
    /// It was wrong, or used before; or there is no second factor.
    Wrong,
    /// It was not looked at, nor will any other be for a while.
    Closed {
        /// What is left of it.
        left: Duration,
    },
}

/// Wrong codes in a row.
#[derive(Debug, Clone, Copy, Default)]
struct Row {
    wrong: u32,
    closed: Option<Instant>,
}

impl Row {
    /// For how long none is looked at.
    fn closed(&self, now: Instant) -> Option<Duration> {
        self.closed?.checked_duration_since(now).filter(|left| !left.is_zero())
    }
}

/// Everybody's wrong codes, since they last had a right one or puerta was started.
#[derive(Debug, Default)]
pub(super) struct Tries(Mutex<HashMap<PersonId, Row>>);

impl Tries {
    /// Counts a try before anybody knows whether it is right, so that many at once are counted too.
    fn begin(&self, person: PersonId, now: Instant) -> Result<(), Duration> {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let row = tries.entry(person).or_default();
        if let Some(left) = row.closed(now) {
            return Err(left);
        }
        row.wrong = row.wrong.saturating_add(1);
        if row.wrong.is_multiple_of(IN_A_ROW) {
            let doublings = (row.wrong / IN_A_ROW - 1).min(DOUBLINGS);
            row.closed = Some(now + FIRST_WHILE * (1 << doublings));
        }
        Ok(())
    }

    /// For how long none is looked at.
    fn closed(&self, person: PersonId, now: Instant) -> Option<Duration> {
        let tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tries.get(&person).and_then(|row| row.closed(now))
    }

    /// It was right, or starts afresh.
    pub(super) fn forget(&self, person: PersonId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&person);
    }
}

impl App {
    /// Whether no code of theirs would be looked at now.
    pub fn second_closed(&self, first: &First) -> bool {
        self.logins.tries.closed(first.person, Instant::now()).is_some()
    }

    /// Uses a code of a person's second factor up, if it is right.
    pub(in crate::app) async fn check_factor(
        &self,
        person: PersonId,
        text: &Secret,
    ) -> error::Result<Checked> {
        let now = Instant::now();
        // A program that cannot ask anybody answers with nothing, three times a run: that is no guess.
        if !totp::is_code(text.expose()) && code::normalise(text.expose()).is_none() {
            let closed = self.logins.tries.closed(person, now);
            return Ok(closed.map_or(Checked::Wrong, |left| Checked::Closed { left }));
        }
        if let Err(left) = self.logins.tries.begin(person, now) {
            return Ok(Checked::Closed { left });
        }
        let Some(factor) = self.store.second_factor(person).await? else { return Ok(Checked::Wrong) };
        let seconds = u64::try_from(clock::now().0 / 1000).unwrap_or_default();
        let shared = Shared::parse(&factor.secret);
        let steps = shared.map(|shared| shared.steps(text.expose(), seconds)).unwrap_or_default();
        let right = if totp::is_code(text.expose()) {
            let newest = totp::newest_step(seconds);
            let taken = self.store.take_step(person, &factor.secret, &steps, newest).await?;
            taken.then_some(Factor::Totp)
        } else {
            let taken = self.store.take_recovery_code(person, &code::hash(text.expose())).await?;
            taken.then_some(Factor::Recovery)
        };
        Ok(match right {
            Some(factor) => {
                self.logins.tries.forget(person);
                Checked::Right(factor)
            }
            None => Checked::Wrong,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_in_a_row_close_it_for_longer_each_time() {
        let tries = Tries::default();
        let (one, other) = (PersonId(1), PersonId(2));
        let mut now = Instant::now();
        let (minute, moment) = (Duration::from_secs(60), Duration::from_millis(1));
        for minutes in [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 2560, 2560] {
            for _ in 0..5 {
                assert_eq!(tries.begin(one, now), Ok(()));
            }
            assert_eq!(tries.begin(one, now), Err(minute * minutes), "{minutes}");
            let until = now + minute * minutes;
            assert_eq!(tries.begin(one, until - moment), Err(moment));
            assert_eq!(tries.begin(other, now), Ok(()));
            tries.forget(other);
            now = until;
        }
        assert_eq!((tries.closed(one, now), tries.closed(other, now)), (None, None));
        tries.forget(one);
        for _ in 0..5 {
            assert_eq!(tries.begin(one, now), Ok(()));
        }
        let left = minute * 5;
        assert_eq!((tries.begin(one, now), tries.closed(one, now)), (Err(left), Some(left)));
    }
}
