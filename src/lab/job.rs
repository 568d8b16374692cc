//! A job as somebody names it. Its number is its seat's own, and a parent's is its person's, so that neither tells anything of
//! what others do.

use crate::names::{NameError, SeatName};
use std::fmt;
use std::str::FromStr;

/// `3`, the third job of one's seat; `3.alumno1`, of that seat.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JobRef {
    /// Its number in the seat, from 1.
    pub number: u32,
    /// The seat, when it was named; otherwise one of the speaker's own.
    pub seat: Option<SeatName>,
}

/// Why a text names no job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobRefError {
    /// It does not begin with a number.
    Number,
    /// What stands behind the dot is no seat's name.
    Seat(NameError),
}

impl FromStr for JobRef {
    type Err = JobRefError;

    fn from_str(text: &str) -> Result<Self, JobRefError> {
        let (number, seat) = match text.split_once('.') {
            None => (text, None),
            Some((number, seat)) => (number, Some(seat.parse().map_err(JobRefError::Seat)?)),
        };
        // `str::parse` takes a `+`.
        let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.then(|| number.parse().ok()).flatten().ok_or(JobRefError::Number)?;
        Ok(Self { number, seat })
    }
}

impl fmt::Display for JobRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.seat {
            None => write!(f, "{}", self.number),
            Some(seat) => write!(f, "{}.{seat}", self.number),
        }
    }
}

/// A job, or a parent of jobs: `@3`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum JobName {
    /// One machine's.
    One(JobRef),
    /// Of many machines, under one parent: its number among those of who asked, from 1.
    Parent(u32),
}

impl FromStr for JobName {
    type Err = JobRefError;

    fn from_str(text: &str) -> Result<Self, JobRefError> {
        let Some(number) = text.strip_prefix('@') else { return text.parse().map(Self::One) };
        let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.then(|| number.parse().ok()).flatten().ok_or(JobRefError::Number)?;
        Ok(Self::Parent(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_perhaps_a_seat() {
        for text in ["3", "3.alumno1", "12.equipo_3"] {
            assert_eq!(text.parse::<JobRef>().unwrap().to_string(), text);
        }
        for text in ["", "one", "+3", "-1", "3.", ".alumno1", "3.4", "alumno1.3", "99999999999"] {
            assert!(text.parse::<JobRef>().is_err(), "{text}");
        }
    }
}
