//! The audit log: who did what, from where, to which machine, and whether they were allowed.
//!
//! [`Audit::begin`] comes before an act and may veto it, [`Audit::finish`] after it and may not.
//! One line of JSON an event, chained by hashes ([`chain`] has the format and its limits), in a file
//! that is closed and followed by another when it is large or the day is over (`place`), signed at
//! intervals (`proof`). This module knows no policy, store, engine or connection: callers say what
//! happened. Of ours it knows one thing, the key that signs (`puerta_keys::audit`).
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic"))]

mod about;
pub mod chain;
mod clean;
mod event;
mod export;
mod file;
mod filter;
mod heads;
mod keeper;
mod line;
mod outlet;
mod place;
mod proof;
mod read;
mod reserve;
mod sink;
mod verify;
mod writer;

pub use about::About;
pub use chain::Why;
pub use event::{Event, Meant, Outcome, Phase};
pub use export::{ExportError, Range, export};
pub use file::OpenError;
pub use filter::{Filter, Query};
pub use read::{Found, each, search};
pub use reserve::Room;
pub use sink::{Audit, AuditUnavailable, Settings};
pub use verify::{Broken, Check, Rest, SignedUpTo, Verdict, verify, verify_reader};

use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

/// Milliseconds since 1970: the clock for [`Audit::open`] outside of tests.
pub fn system_clock() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// How far back times may go inside a file, in milliseconds: a clock that is set back further begins another one, so
/// that a time can be looked for by halving.
const BACK: i64 = 5 * 60 * 1000;

const TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// `2026-11-23T04:22:00.123Z`: RFC 3339 in UTC with milliseconds, always this long, so that texts
/// are in the order of their times.
pub fn timestamp(ms: i64) -> Option<String> {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000).ok()?;
    (0..=9999).contains(&at.year()).then(|| at.format(TIME).ok())?
}

#[cfg(test)]
mod tests;
