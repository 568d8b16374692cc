//! Values that are not names: sizes, counts, moments. It knows the time only as it is told.

use crate::app::error::{Error, Kind, Result};
use crate::shell::printable::is_printable;
use ipnet::Ipv4Net;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use puerta_lab::model::Role;
use puerta_lab::names::{NameError, NodeName, VmRef};
use puerta_lab::network::network_of;
use puerta_lab::quota;

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
    quota::size_mib(text).ok_or_else(|| bad(text, "size"))
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

/// The clock on the lab's wall.
#[derive(Debug, Clone, Copy)]
pub struct Wall<'a> {
    /// Now, milliseconds since 1970.
    pub now_ms: i64,
    /// Where it hangs.
    pub zone: &'a TimeZone,
}

/// Which end of a day a date without an hour means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    /// `--since`, `--from`, `--at`: its first millisecond.
    First,
    /// `--until`: its last.
    Last,
}

/// A moment as somebody wrote it: when that is depends on the lab's clock, and on which end of a time it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// So many milliseconds ago.
    Ago(i64),
    /// With its distance from UTC.
    At(Timestamp),
    /// As the clock on the wall shows it.
    Local(DateTime),
    /// A whole day of the lab's.
    Day(Date),
}

impl Moment {
    /// Milliseconds since 1970; `None` outside the calendar.
    fn on(self, wall: Wall<'_>, edge: Edge) -> Option<i64> {
        let shown = |local: DateTime| local.to_zoned(wall.zone.clone()).ok().map(|zoned| zoned.timestamp());
        let first = |day: Date| day.to_zoned(wall.zone.clone()).ok().map(|zoned| zoned.timestamp());
        let at = match self {
            Self::Ago(ms) => return Some(wall.now_ms.saturating_sub(ms)),
            Self::At(at) => at,
            // An hour that a change of the clock leaves out, or has twice, is what most clocks make of it.
            Self::Local(local) => shown(local)?,
            Self::Day(day) if edge == Edge::First => first(day)?,
            Self::Day(day) => first(day.tomorrow().ok()?)? - SignedDuration::from_millis(1),
        };
        Some(at.as_millisecond())
    }

    /// Milliseconds since 1970.
    pub(super) fn at(self, wall: Wall<'_>, edge: Edge) -> Result<i64> {
        self.on(wall, edge).ok_or_else(|| Error::new(Kind::Usage, "error-moment"))
    }
}

/// `30m`, `2h`, `3d` (ago), `2026-11-23` or `2026-11-23T10:00` (the lab's clock), or a moment with its distance from
/// UTC: wherever a moment is written.
pub(super) fn moment(text: &str) -> Result<Moment> {
    let read = || {
        // A zone's name in brackets would be read and left aside.
        if text.contains('[') {
            return None;
        }
        let day = || text.parse().ok().filter(|_| !text.contains(['T', 't', ' ', ':']));
        let at = || text.parse().ok().map(Moment::At);
        let local = || text.parse().ok().map(Moment::Local);
        day().map(Moment::Day).or_else(at).or_else(local)
    };
    ago(text).map(Moment::Ago).or_else(read).ok_or_else(|| bad(text, "moment"))
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
    fn moments_are_those_of_the_clock_on_the_labs_wall() {
        let now = 1_795_428_000_000; // 2026-11-23T10:00:00Z
        let madrid = TimeZone::get("Europe/Madrid").expect("tzdata is not installed");
        let on = |zone: &TimeZone, text: &str, edge| {
            moment(text).and_then(|moment| moment.at(Wall { now_ms: now, zone }, edge))
        };
        let utc = |text: &str, edge| on(&TimeZone::UTC, text, edge);
        assert_eq!(utc("2h", Edge::First), Ok(now - 7_200_000));
        assert_eq!(utc("3d", Edge::First), Ok(now - 259_200_000));
        assert_eq!(utc("30m", Edge::Last), Ok(now - 1_800_000));
        assert_eq!(utc("2026-11-23", Edge::First), Ok(1_795_392_000_000));
        assert_eq!(utc("2026-11-23", Edge::Last), Ok(1_795_478_399_999));
        assert_eq!(utc("2026-11-23T10:00:00.5Z", Edge::First), Ok(1_795_428_000_500));
        let at = |text: &str, edge| on(&madrid, text, edge);
        let hour = 3_600_000;
        for same in ["2026-11-23T11:00:00+01:00", "2026-11-23T11:00", "2026-11-23 11:00", "2026-11-23T10:00Z"]
        {
            assert_eq!(at(same, Edge::First), Ok(now), "{same}");
        }
        assert_eq!(at("2026-11-23", Edge::First), Ok(1_795_392_000_000 - hour));
        assert_eq!(at("2026-11-23", Edge::Last), Ok(1_795_478_399_999 - hour));
        // The day that has an hour more.
        let long = at("2026-10-25", Edge::Last).unwrap() - at("2026-10-25", Edge::First).unwrap();
        assert_eq!(long, 25 * hour - 1);
        for text in ["", "h", "ayer", "2026-13-01", "2026-02-30T08:00", "-2h", "99999999999999999d", "ñ"] {
            assert_eq!(at(text, Edge::First), Err(bad(text, "moment")), "{text}");
        }
        assert!(moment("2026-12-04T08:00[Asia/Tokyo]").is_err());
        assert_eq!(at("9999-12-31", Edge::Last).unwrap_err().id, "error-moment");
    }
}
