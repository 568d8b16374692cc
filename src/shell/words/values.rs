//! Values that are not names: sizes, counts, moments. It knows the time only as it is told.

use crate::app::error::{Error, Kind, Result};
use ipnet::Ipv4Net;
use puerta_lab::network::network_of;
use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime, macros::format_description};

/// `option` was given `value`, and `expected` (a word that the sentence knows) was wanted.
pub(super) fn bad(option: &'static str, value: &str, expected: &'static str) -> Error {
    Error::new(Kind::Usage, "error-value")
        .with("option", option)
        .with("value", short(value))
        .with("expected", expected)
}

/// A word of somebody's for a sentence: its beginning, when it is long.
pub(super) fn short(word: &str) -> String {
    const MOST: usize = 60;
    match word.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &word[..end]),
        None => word.to_owned(),
    }
}

/// MiB: `512`, `512M`, `1G`, `2T`, with `B` or `iB` behind the letter when somebody writes it.
pub(super) fn size_mib(option: &'static str, text: &str) -> Result<u32> {
    let wrong = || bad(option, text, "size");
    let lower = text.to_ascii_lowercase();
    let letters = lower.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = &lower[..lower.len() - letters.len()];
    let unit: u32 = match letters {
        "" | "m" | "mb" | "mib" => 1,
        "g" | "gb" | "gib" => 1024,
        "t" | "tb" | "tib" => 1024 * 1024,
        _ => return Err(wrong()),
    };
    digits
        .parse::<u32>()
        .ok()
        .and_then(|count| count.checked_mul(unit))
        .filter(|mib| *mib > 0)
        .ok_or_else(wrong)
}

/// A whole number from 1.
pub(super) fn count(option: &'static str, text: &str) -> Result<u32> {
    number(text).filter(|count| *count > 0).ok_or_else(|| bad(option, text, "count"))
}

/// A number of at most `max`.
pub(super) fn up_to(option: &'static str, text: &str, max: u32) -> Result<u32> {
    number(text)
        .filter(|count| (1..=max).contains(count))
        .ok_or_else(|| bad(option, text, "limit").with("max", max))
}

/// A port's number.
pub(super) fn port(option: &'static str, text: &str) -> Result<u16> {
    number(text).filter(|port| *port > 0).ok_or_else(|| bad(option, text, "port"))
}

/// Networks with commas between, as few as say the same.
pub(super) fn networks(option: &'static str, text: &str) -> Result<Vec<Ipv4Net>> {
    /// More than anybody means, and few enough for a rule each.
    const MOST: usize = 32;
    let network = |word: &str| network_of(word).ok_or_else(|| bad(option, word, "network"));
    let networks = text.split(',').map(network).collect::<Result<Vec<_>>>()?;
    if networks.len() > MOST {
        return Err(Error::new(Kind::Usage, "error-too-many-networks").with("max", MOST));
    }
    Ok(Ipv4Net::aggregate(&networks))
}

/// Digits and nothing else (`str::parse` takes a `+`).
pub(super) fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// Which end of a day a date without an hour means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    /// `--since`: its first millisecond.
    First,
    /// `--until`: its last.
    Last,
}

/// Milliseconds since 1970 of `30m`, `2h`, `3d` (ago), `2026-11-23` (UTC) or an RFC 3339 moment.
pub(super) fn moment(option: &'static str, text: &str, now_ms: i64, edge: Edge) -> Result<i64> {
    ago(text)
        .map(|ms| now_ms.saturating_sub(ms))
        .or_else(|| day(text, edge))
        .or_else(|| Some(milliseconds(OffsetDateTime::parse(text, &Rfc3339).ok()?)))
        .ok_or_else(|| bad(option, text, "moment"))
}

fn ago(text: &str) -> Option<i64> {
    let unit = match text.chars().next_back()? {
        's' => 1000,
        'm' => 60_000,
        'h' => 3_600_000,
        'd' => 86_400_000,
        _ => return None,
    };
    number::<i64>(&text[..text.len() - 1])?.checked_mul(unit)
}

fn day(text: &str, edge: Edge) -> Option<i64> {
    let format = format_description!("[year]-[month]-[day]");
    let start = milliseconds(Date::parse(text, &format).ok()?.midnight().assume_utc());
    Some(match edge {
        Edge::First => start,
        Edge::Last => start + 86_400_000 - 1,
    })
}

fn milliseconds(moment: OffsetDateTime) -> i64 {
    moment.unix_timestamp() * 1000 + i64::from(moment.millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_mebibytes_unless_they_say_more() {
        for (text, mib) in
            [("512", 512), ("512M", 512), ("512mib", 512), ("1G", 1024), ("2gb", 2048), ("1T", 1_048_576)]
        {
            assert_eq!(size_mib("--memory", text), Ok(mib), "{text}");
        }
        for text in ["", "G", "0", "-1", "+5", "1.5G", "5K", "99999T", "5 M", "ñ"] {
            assert!(size_mib("--memory", text).is_err(), "{text}");
        }
    }

    #[test]
    fn ports_and_networks_name_the_word_that_is_wrong() {
        assert_eq!((port("--port", "1"), port("--port", "65535")), (Ok(1), Ok(65_535)));
        for text in ["", "0", "65536", "-1", "+80", "http", "80/tcp"] {
            assert_eq!(port("--port", text), Err(bad("--port", text, "port")), "{text}");
        }
        let nets = |text: &str| {
            networks("--from", text).map(|nets| nets.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert_eq!(nets("192.0.2.7").unwrap(), ["192.0.2.7/32"]);
        assert_eq!(
            nets("192.0.2.128/25,192.0.2.1/25,198.51.100.9/24").unwrap(),
            ["192.0.2.0/24", "198.51.100.0/24"]
        );
        for (text, word) in
            [("", ""), ("192.0.2.0/24,", ""), ("192.0.2.0/33", "192.0.2.0/33"), ("a,b", "a"), ("::1", "::1")]
        {
            assert_eq!(networks("--from", text), Err(bad("--from", word, "network")), "{text}");
        }
        assert_eq!(
            networks("--from", &["192.0.2.1"; 33].join(",")).unwrap_err().id,
            "error-too-many-networks"
        );
    }

    #[test]
    fn moments() {
        let now = 1_795_428_000_000;
        let at = |text: &str, edge| moment("--since", text, now, edge);
        assert_eq!(at("2h", Edge::First), Ok(now - 7_200_000));
        assert_eq!(at("3d", Edge::First), Ok(now - 259_200_000));
        assert_eq!(at("30m", Edge::Last), Ok(now - 1_800_000));
        assert_eq!(at("2026-11-23", Edge::First), Ok(1_795_392_000_000));
        assert_eq!(at("2026-11-23", Edge::Last), Ok(1_795_478_399_999));
        assert_eq!(at("2026-11-23T10:00:00.5Z", Edge::First), Ok(1_795_428_000_500));
        assert_eq!(at("2026-11-23T11:00:00+01:00", Edge::First), Ok(now));
        for text in ["", "h", "ayer", "2026-13-01", "-2h", "99999999999999999d", "ñ"] {
            assert!(at(text, Edge::First).is_err(), "{text}");
        }
    }
}
