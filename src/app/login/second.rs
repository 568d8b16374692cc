//! Is this code right? Each wrong one is counted by person, over all connections, so that whoever
//! has somebody's key cannot guess at leisure. Only who proved the first factor gets this far, so
//! nobody locks others.

use super::First;
use crate::app::secret::Secret;
use crate::app::{App, clock, error};
use puerta_keys::code;
use puerta_keys::totp::{self, Shared};
use puerta_lab::model::{PersonId, Timestamp};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Wrong codes in a row after which none is looked at for a while, and again after as many more.
const IN_A_ROW: u32 = 5;
/// That while, the first time, in milliseconds; each time it is twice as long.
const FIRST_WHILE: i64 = 5 * 60 * 1000;
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
    /// It was not looked at, nor will any other be before then.
    Closed {
        /// Then.
        until: Timestamp,
    },
}

/// Wrong codes in a row.
#[derive(Debug, Clone, Copy, Default)]
struct Row {
    wrong: u32,
    closed: Option<Timestamp>,
}

/// Everybody's wrong codes, since they last had a right one or puerta was started.
#[derive(Debug, Default)]
pub(super) struct Tries(Mutex<HashMap<PersonId, Row>>);

impl Tries {
    /// Counts a try before anybody knows whether it is right, so that many at once are counted too.
    fn begin(&self, person: PersonId, now: Timestamp) -> Result<(), Timestamp> {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let row = tries.entry(person).or_default();
        if let Some(until) = row.closed.filter(|until| now < *until) {
            return Err(until);
        }
        row.wrong = row.wrong.saturating_add(1);
        if row.wrong.is_multiple_of(IN_A_ROW) {
            let doublings = (row.wrong / IN_A_ROW - 1).min(DOUBLINGS);
            row.closed = Some(Timestamp(now.0 + (FIRST_WHILE << doublings)));
        }
        Ok(())
    }

    /// Until when none is looked at.
    fn closed(&self, person: PersonId, now: Timestamp) -> Option<Timestamp> {
        let tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tries.get(&person).and_then(|row| row.closed).filter(|until| now < *until)
    }

    /// It was right, or starts afresh.
    pub(super) fn forget(&self, person: PersonId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&person);
    }
}

impl App {
    /// Whether no code of theirs would be looked at now.
    pub fn second_closed(&self, first: &First) -> bool {
        self.logins.tries.closed(first.person, clock::now()).is_some()
    }

    /// Uses a code of a person's second factor up, if it is right.
    pub(in crate::app) async fn check_factor(
        &self,
        person: PersonId,
        text: &Secret,
    ) -> error::Result<Checked> {
        let now = clock::now();
        // A program that cannot ask anybody answers with nothing, three times a run: that is no guess.
        if !totp::is_code(text.expose()) && code::normalise(text.expose()).is_none() {
            let closed = self.logins.tries.closed(person, now);
            return Ok(closed.map_or(Checked::Wrong, |until| Checked::Closed { until }));
        }
        if let Err(until) = self.logins.tries.begin(person, now) {
            return Ok(Checked::Closed { until });
        }
        let Some(factor) = self.store.second_factor(person).await? else { return Ok(Checked::Wrong) };
        let seconds = u64::try_from(now.0 / 1000).unwrap_or_default();
        let shared = Shared::parse(&factor.secret);
        let step = shared.and_then(|shared| shared.verify(text.expose(), seconds, factor.last_step));
        let right = if let Some(step) = step {
            self.store.take_step(person, &factor.secret, step).await?.then_some(Factor::Totp)
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
        let mut now = Timestamp(1_000_000);
        let minute = 60 * 1000;
        for minutes in [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 2560, 2560] {
            for _ in 0..5 {
                assert_eq!(tries.begin(one, now), Ok(()));
            }
            let until = Timestamp(now.0 + minutes * minute);
            assert_eq!(tries.begin(one, now), Err(until), "{minutes}");
            assert_eq!(tries.begin(one, Timestamp(until.0 - 1)), Err(until));
            assert_eq!(tries.begin(other, now), Ok(()));
            tries.forget(other);
            now = until;
        }
        assert_eq!((tries.closed(one, now), tries.closed(other, now)), (None, None));
        tries.forget(one);
        for _ in 0..5 {
            assert_eq!(tries.begin(one, now), Ok(()));
        }
        let until = Timestamp(now.0 + 5 * minute);
        assert_eq!((tries.begin(one, now), tries.closed(one, now)), (Err(until), Some(until)));
    }
}
