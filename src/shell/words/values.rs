//! Values that are not names: sizes, counts, moments. It knows the time only as it is told.

use crate::app::error::{Error, Kind, Result};
use crate::shell::printable::is_printable;
use ipnet::Ipv4Net;
use puerta_lab::model::Role;
use puerta_lab::names::{NameError, NodeName, VmRef};
use puerta_lab::network::network_of;
use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime, macros::format_description};

/// `value` was given, and `expected` (a word that the sentence knows) was wanted. Whoever knows which option
/// it was given to says so: [`about`].
pub(super) fn bad(value: &str, expected: &'static str) -> Error {
    Error::new(Kind::Usage, "error-value").with("value", short(value)).with("expected", expected)
}

/// The same about this option, or about what stands for one.
pub(super) fn about(option: &str, mut error: Error) -> Error {
    error.args.insert(0, ("option", option.to_owned()));
    error
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
pub(super) fn size_mib(text: &str) -> Result<u32> {
    let wrong = || bad(text, "size");
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
pub(super) fn count(text: &str) -> Result<u32> {
    number(text).filter(|count| *count > 0).ok_or_else(|| bad(text, "count"))
}

/// A port's number.
pub(super) fn port(text: &str) -> Result<u16> {
    number(text).filter(|port| *port > 0).ok_or_else(|| bad(text, "port"))
}

/// Networks with commas between, as few as say the same.
pub(super) fn networks(text: &str) -> Result<Vec<Ipv4Net>> {
    /// More than anybody means, and few enough for a rule each.
    const MOST: usize = 32;
    let network = |word: &str| network_of(word).ok_or_else(|| bad(word, "network"));
    let networks = text.split(',').map(network).collect::<Result<Vec<_>>>()?;
    if networks.len() > MOST {
        return Err(Error::new(Kind::Usage, "error-too-many-networks").with("max", MOST));
    }
    Ok(Ipv4Net::aggregate(&networks))
}

/// A machine. The lab's domain is taken off where the whole line is parsed, which knows it.
pub(super) fn machine(text: &str) -> std::result::Result<VmRef, NameError> {
    VmRef::parse(text, "")
}

/// A node; what cannot be a node's name is no node.
pub(super) fn node(text: &str) -> Result<NodeName> {
    text.parse().map_err(|_| Error::new(Kind::Usage, "error-bad-node").with("node", text))
}

/// A text that people will read, in which everything is seen.
pub(super) fn note(text: &str) -> Result<String> {
    match text.chars().all(is_printable) {
        true => Ok(text.to_owned()),
        false => Err(Error::new(Kind::Usage, "error-unseen").with("value", short(text))),
    }
}

/// A role.
pub(super) fn role(text: &str) -> Result<Role> {
    text.parse().map_err(|()| bad(text, "role"))
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

/// A moment as somebody wrote it: when that is depends on now, and on which end of a time it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// So many milliseconds ago.
    Ago(i64),
    /// Milliseconds since 1970.
    At(i64),
    /// A whole day, by its first millisecond.
    Day(i64),
}

impl Moment {
    /// Milliseconds since 1970.
    pub(super) fn at(self, now_ms: i64, edge: Edge) -> i64 {
        match (self, edge) {
            (Self::Ago(ms), _) => now_ms.saturating_sub(ms),
            (Self::At(ms), _) | (Self::Day(ms), Edge::First) => ms,
            (Self::Day(ms), Edge::Last) => ms + 86_400_000 - 1,
        }
    }
}

/// `30m`, `2h`, `3d` (ago), `2026-11-23` (UTC) or an RFC 3339 moment.
pub(super) fn moment(text: &str) -> Result<Moment> {
    let at = || Some(Moment::At(milliseconds(OffsetDateTime::parse(text, &Rfc3339).ok()?)));
    ago(text).map(Moment::Ago).or_else(|| day(text)).or_else(at).ok_or_else(|| bad(text, "moment"))
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

fn day(text: &str) -> Option<Moment> {
    let format = format_description!("[year]-[month]-[day]");
    Some(Moment::Day(milliseconds(Date::parse(text, &format).ok()?.midnight().assume_utc())))
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
            assert_eq!(size_mib(text), Ok(mib), "{text}");
        }
        for text in ["", "G", "0", "-1", "+5", "1.5G", "5K", "99999T", "5 M", "ñ"] {
            assert!(size_mib(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ports_and_networks_name_the_word_that_is_wrong() {
        assert_eq!((port("1"), port("65535")), (Ok(1), Ok(65_535)));
        for text in ["", "0", "65536", "-1", "+80", "http", "80/tcp"] {
            assert_eq!(port(text), Err(bad(text, "port")), "{text}");
        }
        let nets =
            |text: &str| networks(text).map(|nets| nets.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(nets("192.0.2.7").unwrap(), ["192.0.2.7/32"]);
        assert_eq!(
            nets("192.0.2.128/25,192.0.2.1/25,198.51.100.9/24").unwrap(),
            ["192.0.2.0/24", "198.51.100.0/24"]
        );
        for (text, word) in
            [("", ""), ("192.0.2.0/24,", ""), ("192.0.2.0/33", "192.0.2.0/33"), ("a,b", "a"), ("::1", "::1")]
        {
            assert_eq!(networks(text), Err(bad(word, "network")), "{text}");
        }
        assert_eq!(networks(&["192.0.2.1"; 33].join(",")).unwrap_err().id, "error-too-many-networks");
    }

    #[test]
    fn moments() {
        let now = 1_795_428_000_000;
        let at = |text: &str, edge| moment(text).map(|moment| moment.at(now, edge));
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
