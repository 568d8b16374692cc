//! The lab's time zone: what people write and read is the clock on its wall, and everything else is UTC.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{ToSpan as _, Zoned};
use puerta_lab::model::Timestamp;
use puerta_lab::rules::{Hours, ReadyRule, Rule, Window};

/// How many days of a timetable are written out. It is written anew at each of its edges, of which
/// every week has one; beyond the last day it would be closed.
const DAYS: i32 = 15;

fn zoned(at: Timestamp, zone: &TimeZone) -> Option<Zoned> {
    Some(jiff::Timestamp::from_millisecond(at.0).ok()?.to_zoned(zone.clone()))
}

fn moment(local: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    // An hour that a change of the clock leaves out, or has twice, is what most clocks make of it.
    Some(Timestamp(local.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond()))
}

/// `2026-12-04T08:00:00+01:00`.
pub(super) fn written(at: Timestamp, zone: &TimeZone) -> String {
    zoned(at, zone).map_or_else(String::new, |zoned| zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
}

/// A moment near `now` as people say it: `11:00`, or with its day when that is another one.
pub(super) fn spoken(at: Timestamp, zone: &TimeZone, now: Timestamp) -> String {
    let (Some(at), Some(now)) = (zoned(at, zone), zoned(now, zone)) else { return String::new() };
    at.strftime(if at.date() == now.date() { "%H:%M" } else { "%Y-%m-%d %H:%M" }).to_string()
}

/// The moments of a rule around `now`, in their order: an exam's time, and the days of a timetable
/// from yesterday on.
pub(super) fn windows(rule: &Rule, zone: &TimeZone, now: Timestamp) -> Vec<Window> {
    match rule {
        Rule::Exam { time, .. } => vec![*time],
        Rule::Timetable { open, .. } => {
            let today = zoned(now, zone).map(|now| now.date());
            let first = today.and_then(|today| today.yesterday().ok());
            let days = first.into_iter().flat_map(|first| first.series(1.day()).take(DAYS as usize));
            days.flat_map(|day| of_day(open, day, zone)).collect()
        }
        Rule::Campus { .. } | Rule::SecondFactor { .. } => Vec::new(),
    }
}

fn of_day(open: &Hours, day: Date, zone: &TimeZone) -> Vec<Window> {
    let weekday = day.weekday().to_monday_zero_offset();
    let at = |minutes: u16| {
        let day = if minutes == 24 * 60 { day.tomorrow().ok()? } else { day };
        let minutes = minutes % (24 * 60);
        moment(day.at((minutes / 60) as i8, (minutes % 60) as i8, 0, 0), zone)
    };
    let window = |(from, until)| Window::new(at(from)?, at(until)?).ok();
    open.of_day(weekday.unsigned_abs()).filter_map(window).collect()
}

/// The first moment after `after` at which one of the rules begins or ceases to hold.
pub(super) fn next_edge(rules: &[ReadyRule], zone: &TimeZone, after: Timestamp) -> Option<Timestamp> {
    let windows = rules.iter().flat_map(|ready| windows(&ready.rule, zone, after));
    windows.flat_map(|window| [window.from(), window.until()]).filter(|edge| *edge > after).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use puerta_lab::model::RuleId;

    fn at(text: &str) -> Timestamp {
        Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    fn madrid() -> TimeZone {
        TimeZone::get("Europe/Madrid").expect("tzdata is not installed")
    }

    fn timetable(open: &str) -> ReadyRule {
        let rule = Rule::Timetable { course: "aso-2026".parse().unwrap(), open: open.parse().unwrap() };
        ReadyRule { id: RuleId(1), rule, author: "profesor".into(), created: Timestamp(0) }
    }

    #[test]
    fn the_same_hour_of_the_wall_is_another_moment_in_summer() {
        let hours = timetable("mon-fri 08:00-21:00");
        for (now, from, until) in [
            ("2026-10-23T12:00:00Z", "2026-10-23T06:00:00Z", "2026-10-23T19:00:00Z"),
            ("2026-10-26T12:00:00Z", "2026-10-26T07:00:00Z", "2026-10-26T20:00:00Z"),
        ] {
            let window = Window::new(at(from), at(until)).unwrap();
            assert!(windows(&hours.rule, &madrid(), at(now)).contains(&window), "{now}");
        }
    }

    #[test]
    fn the_next_edge_is_a_beginning_or_an_end() {
        let rules = [timetable("mon-fri 08:00-21:00, sat 09:00-24:00")];
        for (after, edge) in [
            ("2026-11-23T06:59:59Z", "2026-11-23T07:00:00Z"),
            ("2026-11-23T07:00:00Z", "2026-11-23T20:00:00Z"),
            ("2026-11-27T20:00:00Z", "2026-11-28T08:00:00Z"),
            ("2026-11-28T08:00:00Z", "2026-11-28T23:00:00Z"),
            ("2026-11-28T23:00:00Z", "2026-11-30T07:00:00Z"),
        ] {
            assert_eq!(next_edge(&rules, &madrid(), at(after)), Some(at(edge)), "{after}");
        }
        assert_eq!(next_edge(&[], &madrid(), at("2026-11-23T06:59:59Z")), None);
        // Each edge is known before what was written out at the one before ends.
        let weekly = [timetable("mon 08:00-09:00")];
        let monday = at("2026-11-23T08:00:00Z");
        let last = windows(&weekly[0].rule, &madrid(), monday).last().map(|window| window.until());
        assert!(last > next_edge(&weekly, &madrid(), monday));
    }

    #[test]
    fn times_are_written_as_the_wall_shows_them() {
        assert_eq!(written(at("2026-12-04T07:00:00Z"), &madrid()), "2026-12-04T08:00:00+01:00");
        assert_eq!(written(at("2026-07-04T07:00:00Z"), &madrid()), "2026-07-04T09:00:00+02:00");
    }
}
