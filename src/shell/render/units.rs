//! Figures as people read them: sizes, durations, moments. JSON has the plain numbers.

use crate::shell::lang::Lang;

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

/// An RFC 3339 UTC moment to the minute, `2026-11-23 10:02`; other text as it is.
pub(super) fn minute(moment: &str) -> String {
    split(moment).map_or_else(|| moment.to_owned(), |(date, time)| format!("{date} {}", &time[..5]))
}

/// The same to the second, for records.
pub(super) fn second(moment: &str) -> String {
    split(moment).map_or_else(|| moment.to_owned(), |(date, time)| format!("{date} {}", &time[..8]))
}

/// Only the hour, `10:02 UTC`; other text as it is.
pub(super) fn hour(moment: &str) -> String {
    split(moment).map_or_else(|| moment.to_owned(), |(_, time)| format!("{} UTC", &time[..5]))
}

/// Date and time of `2026-11-23T10:02:03.5Z`.
fn split(moment: &str) -> Option<(&str, &str)> {
    let (date, time) = moment.strip_suffix('Z')?.split_once('T')?;
    let ours = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b"-:.".contains(&b));
    (date.len() == 10 && time.len() >= 8 && ours(date) && ours(time)).then_some((date, time))
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
        assert_eq!(minute("2026-11-23T10:02:03.123Z"), "2026-11-23 10:02");
        assert_eq!(second("2026-11-23T10:02:03Z"), "2026-11-23 10:02:03");
        assert_eq!(hour("2026-11-23T10:02:03Z"), "10:02 UTC");
        assert_eq!(hour("10:02"), "10:02");
        assert_eq!(minute("ñññññTñññññZ"), "ñññññTñññññZ");
    }
}
