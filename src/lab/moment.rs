//! A moment as text, in UTC, without a library of calendars.

use crate::model::Timestamp;

impl Timestamp {
    /// `2026-11-23T04:10:36.000Z`, or `None` outside the years 1970 to 9999.
    pub fn written(self) -> Option<String> {
        const DAY: u64 = 86_400_000;
        const END: u64 = 253_402_300_800_000; // 10000-01-01
        let ms = u64::try_from(self.0).ok().filter(|ms| *ms < END)?;
        let (year, month, day) = date(ms / DAY);
        let (hour, minute) = (ms % DAY / 3_600_000, ms % 3_600_000 / 60_000);
        let (second, milli) = (ms % 60_000 / 1000, ms % 1000);
        Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z"))
    }
}

/// The civil date of a day counted from 1970-01-01 (Howard Hinnant, "chrono-compatible
/// low-level date algorithms", `civil_from_days`): years begin in March, eras have 400 years.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march + 2) / 5 + 1;
    let month = if march < 10 { march + 3 } else { march - 9 };
    (era * 400 + year + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_with_their_date() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_795_407_036_123, "2026-11-23T04:10:36.123Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(Timestamp(ms).written().as_deref(), Some(text));
        }
        for ms in [i64::MIN, -1, 253_402_300_800_000, i64::MAX] {
            assert_eq!(Timestamp(ms).written(), None);
        }
    }
}
