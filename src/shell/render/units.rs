//! Figures as people read them: sizes, durations, moments. JSON has the plain numbers.

use crate::shell::here;
use crate::shell::lang::Lang;
use crate::shell::text::text;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Bytes with one decimal: `12 B`, `1,2 KiB`, `801.3 MiB`.
pub(super) fn bytes(count: u64, lang: Lang) -> String {
    let (shift, unit) = match count {
        0..1024 => return format!("{count} B"),
        1024..0x10_0000 => (10, "KiB"),
        _ => (20, "MiB"),
    };
    let tenths = (u128::from(count) * 10 + (1 << (shift - 1))) >> shift;
    format!("{}{}{} {unit}", tenths / 10, comma(lang), tenths % 10)
}

/// Bytes in GiB with one decimal, without the unit.
pub(super) fn gib(count: u64, lang: Lang) -> String {
    let tenths = (u128::from(count) * 10 + (1 << 29)) >> 30;
    format!("{}{}{}", tenths / 10, comma(lang), tenths % 10)
}

/// With two decimals, as loads are written: `0.35`.
pub(super) fn hundredths(number: f64, lang: Lang) -> String {
    format!("{number:.2}").replace('.', &comma(lang).to_string())
}

/// A limit that is given in MiB: `512 MiB`, `2 GiB`.
pub(super) fn mib(count: u32) -> String {
    if count >= 1024 && count.is_multiple_of(1024) {
        format!("{} GiB", count / 1024)
    } else {
        format!("{count} MiB")
    }
}

/// `850 ms`, `12.3 s`, `3 min 8 s`, `1 h 2 min`.
pub(super) fn duration(ms: u64, lang: Lang) -> String {
    let seconds = ms / 1000;
    match seconds {
        0 => format!("{ms} ms"),
        1..60 => format!("{seconds}{}{} s", comma(lang), ms % 1000 / 100),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// A moment of an answer as the lab's clock shows it, `2026-11-23 11:02`; other text as it is. Which zone that is, the
/// answer says once: [`zone`].
pub(super) fn minute(moment: &str) -> String {
    shown(moment, &here::zone(), "%Y-%m-%d %H:%M")
}

/// The same to the second, for records.
pub(super) fn second(moment: &str) -> String {
    shown(moment, &here::zone(), "%Y-%m-%d %H:%M:%S")
}

/// Only its day.
pub(super) fn day(moment: &str) -> String {
    shown(moment, &here::zone(), "%Y-%m-%d")
}

/// The only moment of an answer, with its zone: `2026-11-23 11:02 CET`.
pub(super) fn minute_there(moment: &str) -> String {
    shown(moment, &here::zone(), "%Y-%m-%d %H:%M %Z")
}

/// The same to the second.
pub(super) fn second_there(moment: &str) -> String {
    shown(moment, &here::zone(), "%Y-%m-%d %H:%M:%S %Z")
}

/// Only its hour, `11:02 CET`.
pub(super) fn hour_there(moment: &str) -> String {
    shown(moment, &here::zone(), "%H:%M %Z")
}

/// A line below an answer with several moments: whose clock that is.
pub(super) fn zone(lang: Lang) -> String {
    text(lang, "times-of", &[("zone", &place())]) + "\n"
}

/// The name of the lab's time zone.
pub(super) fn place() -> String {
    here::zone().iana_name().unwrap_or("UTC").to_owned()
}

fn shown(moment: &str, zone: &TimeZone, format: &str) -> String {
    let Ok(at) = moment.parse::<Timestamp>() else { return moment.to_owned() };
    at.to_zoned(zone.clone()).strftime(format).to_string()
}

fn comma(lang: Lang) -> char {
    match lang {
        Lang::Es => ',',
        Lang::En => '.',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures() {
        assert_eq!(bytes(840_224_768, Lang::En), "801.3 MiB");
        assert_eq!(bytes(0, Lang::Es), "0 B");
        assert_eq!(bytes(1023, Lang::Es), "1023 B");
        assert_eq!(bytes(33_000, Lang::Es), "32,2 KiB");
        assert_eq!(bytes(1 << 20, Lang::Es), "1,0 MiB");
        assert_eq!(bytes(u64::MAX, Lang::Es), "17592186044416,0 MiB");
        assert_eq!(mib(512), "512 MiB");
        assert_eq!(mib(1536), "1536 MiB");
        assert_eq!(mib(2048), "2 GiB");
        assert_eq!(duration(188_000, Lang::En), "3 min 8 s");
        assert_eq!(duration(5_040, Lang::Es), "5,0 s");
        assert_eq!(duration(40, Lang::Es), "40 ms");
        assert_eq!(duration(3_720_000, Lang::Es), "1 h 2 min");
    }

    #[test]
    fn moments_are_the_labs() {
        let madrid = TimeZone::get("Europe/Madrid").expect("tzdata is not installed");
        for (moment, there) in [
            ("2026-11-23T10:02:03.123Z", "2026-11-23 11:02 CET"),
            ("2026-06-30T22:30:00Z", "2026-07-01 00:30 CEST"),
            ("10:02", "10:02"),
            ("ñññññTñññññZ", "ñññññTñññññZ"),
        ] {
            assert_eq!(shown(moment, &madrid, "%Y-%m-%d %H:%M %Z"), there);
        }
        assert_eq!(second_there("2026-11-23T10:02:03Z"), "2026-11-23 10:02:03 UTC");
        assert_eq!(hour_there("2026-11-23T10:02:03Z"), "10:02 UTC");
    }
}
