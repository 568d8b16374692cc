//! The hours of a week: `mon-fri 08:00-21:00, sat 09:00-14:00`. Which moments they are is for who
//! knows the time zone.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const DIAS: [&str; 7] = ["lun", "mar", "mie", "jue", "vie", "sab", "dom"];

/// More than anybody means.
const MOST: usize = 16;

/// Hours of a week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Hours(Vec<Span>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    /// Days, 0 is Monday; the last may come before the first: `fri-mon`.
    days: (u8, u8),
    /// Minutes of the day, from and until.
    minutes: (u16, u16),
}

/// A part that is not `DAY[-DAY] HH:MM-HH:MM`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not DAY[-DAY] HH:MM-HH:MM")]
pub struct NoHours(pub String);

impl Hours {
    /// What is open on a day of the week (0 is Monday), in minutes of that day, up to 1440: from, until.
    pub fn of_day(&self, weekday: u8) -> impl Iterator<Item = (u16, u16)> {
        let has = move |(first, last): (u8, u8)| match first <= last {
            true => (first..=last).contains(&weekday),
            false => weekday >= first || weekday <= last,
        };
        self.0.iter().filter(move |span| has(span.days)).map(|span| span.minutes)
    }
}

impl FromStr for Hours {
    type Err = NoHours;
    fn from_str(text: &str) -> Result<Self, NoHours> {
        let spans = text.split(',').map(|part| span(part).ok_or_else(|| NoHours(part.trim().to_owned())));
        let spans = spans.take(MOST + 1).collect::<Result<Vec<_>, _>>()?;
        if spans.len() > MOST { Err(NoHours(text.to_owned())) } else { Ok(Self(spans)) }
    }
}

fn span(part: &str) -> Option<Span> {
    let mut words = part.split_whitespace();
    let (days, times, None) = (words.next()?, words.next()?, words.next()) else { return None };
    let (first, last) = days.split_once('-').unwrap_or((days, days));
    let (from, until) = times.split_once('-')?;
    let minutes = (minute(from)?, minute(until)?);
    (minutes.0 < minutes.1).then_some(Span { days: (day(first)?, day(last)?), minutes })
}

fn day(word: &str) -> Option<u8> {
    let at = |days: &[&str]| days.iter().position(|day| day.eq_ignore_ascii_case(word));
    at(&DAYS).or_else(|| at(&DIAS)).and_then(|day| u8::try_from(day).ok())
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let number = |text: &str, max| {
        let digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse::<u16>().ok()).flatten().filter(|n| *n <= max)
    };
    let minutes = number(hour, 24)? * 60 + number(minute, 59)?;
    (minutes <= 24 * 60).then_some(minutes)
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, Span { days: (first, last), minutes: (from, until) }) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(f, "{comma}{}", DAYS[usize::from(*first)])?;
            if first != last {
                write!(f, "-{}", DAYS[usize::from(*last)])?;
            }
            write!(f, " {:02}:{:02}-{:02}:{:02}", from / 60, from % 60, until / 60, until % 60)?;
        }
        Ok(())
    }
}

impl From<Hours> for String {
    fn from(hours: Hours) -> Self {
        hours.to_string()
    }
}

impl TryFrom<String> for Hours {
    type Error = NoHours;
    fn try_from(text: String) -> Result<Self, NoHours> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_read_and_written() {
        for (text, written) in [
            ("mon-fri 08:00-21:00", "mon-fri 08:00-21:00"),
            ("Lun-Vie 08:00-21:00,sab 09:00-14:00", "mon-fri 08:00-21:00, sat 09:00-14:00"),
            ("sun 00:00-24:00", "sun 00:00-24:00"),
        ] {
            assert_eq!(text.parse::<Hours>().map(|hours| hours.to_string()).as_deref(), Ok(written));
        }
        for text in [
            "",
            "mon",
            "mon 8:00-9:00",
            "mon 09:00-08:00",
            "mon 08:00-08:00",
            "mon 08:00-24:01",
            "mon 25:00-26:00",
            "mon 08:60-09:00",
            "day 08:00-09:00",
            "mon-fri-sat 08:00-09:00",
            "mon 08:00-09:00,",
            "mon 08:00-09:00 x",
            "mon +8:00-09:00",
        ] {
            assert!(text.parse::<Hours>().is_err(), "{text}");
        }
        assert!(["mon 08:00-09:00"; 17].join(",").parse::<Hours>().is_err());
    }

    #[test]
    fn a_week_may_go_over_its_end() {
        let hours: Hours = "fri-mon 10:00-12:00".parse().unwrap();
        let open: Vec<u8> = (0..7).filter(|day| hours.of_day(*day).next() == Some((600, 720))).collect();
        assert_eq!(open, [0, 4, 5, 6]);
    }
}
