//! The one place that asks what time it is, and how times are written.

use puerta_lab::model::Timestamp;
use std::time::{SystemTime, UNIX_EPOCH};
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

/// Now.
pub fn now() -> Timestamp {
    of(SystemTime::now())
}

/// A time that the system says.
pub fn of(time: SystemTime) -> Timestamp {
    let elapsed = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(elapsed.as_millis() as i64)
}

fn utc(at: Timestamp) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.0) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// `2026-11-23T04:10:36Z`.
pub fn rfc3339(at: Timestamp) -> String {
    let whole = utc(Timestamp(at.0 - at.0.rem_euclid(1000)));
    whole.format(&Rfc3339).unwrap_or_default()
}

/// `20261123-041036`, for names of backups.
pub fn stamp(at: Timestamp) -> String {
    utc(at).format(format_description!("[year][month][day]-[hour][minute][second]")).unwrap_or_default()
}

/// What [`stamp`] wrote.
pub fn of_stamp(text: &str) -> Option<Timestamp> {
    let read =
        PrimitiveDateTime::parse(text, format_description!("[year][month][day]-[hour][minute][second]"));
    Some(Timestamp(read.ok()?.assume_utc().unix_timestamp() * 1000))
}

/// A time as RFC 3339 has it.
pub fn of_rfc3339(text: &str) -> Option<Timestamp> {
    let read = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(read.unix_timestamp_nanos() / 1_000_000).ok().map(Timestamp)
}

/// First calendar year of the academic year (it begins in September).
pub fn academic_year(at: Timestamp) -> u16 {
    let date = utc(at);
    let year = if u8::from(date.month()) >= 9 { date.year() } else { date.year() - 1 };
    year.clamp(0, i32::from(u16::MAX)) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_as_people_read_them() {
        let at = Timestamp(1_795_407_036_123);
        assert_eq!(rfc3339(at), "2026-11-23T04:10:36Z");
        assert_eq!(stamp(at), "20261123-041036");
        assert_eq!(of_stamp(&stamp(at)), Some(Timestamp(at.0 - 123)));
        assert_eq!(of_rfc3339("2026-11-23T04:10:36.123Z"), Some(at));
        assert_eq!(academic_year(at), 2026);
        assert_eq!(academic_year(Timestamp(at.0 + 90 * 86_400_000)), 2026);
        assert_eq!(academic_year(Timestamp(at.0 - 90 * 86_400_000)), 2025);
    }
}
