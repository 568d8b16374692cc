//! The hours of a week: `mon-fri 08:00-21:00, sat 09:00-14:00`. Which moments they are is for who
//! knows the time zone.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const DIAS: [&str; 7] = ["lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo"];
/// How timetables abbreviate them in Spanish. `M` and `S` are left out: in English they are other days.
const INITIALS: [(&str, u8); 5] = [("l", 0), ("x", 2), ("j", 3), ("v", 4), ("d", 6)];

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
    // A word processor makes a dash of it.
    let (first, last) = days.split_once(['-', '–']).unwrap_or((days, days));
    let (from, until) = times.split_once(['-', '–'])?;
    let minutes = (minute(from)?, minute(until)?);
    (minutes.0 < minutes.1).then_some(Span { days: (day(first)?, day(last)?), minutes })
}

/// A day by its name, or by the beginning of it from three letters on; with or without accents, which may be letters
/// of their own (`mie\u{301}`).
fn day(word: &str) -> Option<u8> {
    let plain = |c| match c {
        'á' => 'a',
        'é' => 'e',
        c => c,
    };
    let letters = word.chars().flat_map(char::to_lowercase).filter(|c| *c != '\u{301}');
    let word: String = letters.map(plain).collect();
    if let Some((_, day)) = INITIALS.iter().find(|(initial, _)| *initial == word) {
        return Some(*day);
    }
    let at = |days: &[&str]| days.iter().position(|day| word.len() >= 3 && plural(day, &word));
    at(&DAYS).or_else(|| at(&DIAS)).and_then(|day| u8::try_from(day).ok())
}

/// Whether a word is a day, begins it, or is more than one of it: `sábados`.
fn plural(day: &str, word: &str) -> bool {
    day.starts_with(word) || word.strip_suffix('s') == Some(day)
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
            write!(f, "{comma}{}", &DAYS[usize::from(*first)][..3])?;
            if first != last {
                write!(f, "-{}", &DAYS[usize::from(*last)][..3])?;
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
            ("lunes-viernes 08:00-21:00", "mon-fri 08:00-21:00"),
            ("miércoles 08:00-21:00, MIERCOLES 22:00-23:00", "wed 08:00-21:00, wed 22:00-23:00"),
            ("Mié 08:00-21:00, mie\u{301}rcoles 22:00-23:00", "wed 08:00-21:00, wed 22:00-23:00"),
            ("SÁBADO-domingo 08:00-21:00, sábados 22:00-23:00", "sat-sun 08:00-21:00, sat 22:00-23:00"),
            ("L-V 08:00-21:00, x 22:00-23:00", "mon-fri 08:00-21:00, wed 22:00-23:00"),
            ("Monday–Thurs 08:00–21:00, Tues 22:00-23:00", "mon-thu 08:00-21:00, tue 22:00-23:00"),
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
            "M 08:00-09:00",
            "S-D 08:00-09:00",
            "lu 08:00-09:00",
            "lunesx 08:00-09:00",
            "màrtes 08:00-09:00",
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
