//! Courses as text.

use super::table::Gives::{Cut, Drop};
use super::table::Table;
use super::{Style, roster, said, units};
use crate::app::reply::{CourseReply, CourseStands, CourseView};
use crate::shell::lang::Lang;
use crate::shell::text::text;

pub(super) fn reply(reply: &CourseReply, lang: Lang, style: Style) -> String {
    match reply {
        CourseReply::List(all) => courses(all, lang, style),
        CourseReply::Created(course) => {
            let args = [
                ("course", &*course.name),
                ("year", &*course.year.to_string()),
                ("version", &*course.version.to_string()),
            ];
            said(lang, "done-course-created", &args)
        }
        CourseReply::Renamed { course, was, rules } => {
            let done = said(lang, "done-course-renamed", &[("course", &course.name), ("was", was)]);
            done + &beside(lang, "done-course-followed", "rules", rules)
        }
        CourseReply::Set(course) => match &course.template {
            Some(template) => {
                said(lang, "done-course-template", &[("course", &course.name), ("template", template)])
            }
            None => said(lang, "done-course-no-template", &[("course", &course.name)]),
        },
        CourseReply::Turned { course, changed, seats, stops, resting, start } => {
            let (seats, stops) = (seats.to_string(), stops.to_string());
            let id = match (changed, course.state) {
                (false, _) => "done-course-same",
                (true, CourseStands::Closed) => "done-course-closed",
                (true, CourseStands::Archived) => "done-course-archived",
                (true, CourseStands::Open) => "done-course-reopened",
            };
            let args = [
                ("course", &*course.name),
                ("state", course.state.as_str()),
                ("count", &*seats),
                ("machines", &*stops),
            ];
            said(lang, id, &args) + &rest(course, resting, *start, lang)
        }
        CourseReply::Removed { course, seats, templates, unseated } => {
            let seats = seats.to_string();
            let mut done = said(lang, "done-course-removed", &[("course", course), ("count", &seats)]);
            done += &beside(lang, "done-course-templates", "templates", templates);
            done + &beside(lang, "done-course-unseated", "logins", unseated)
        }
        CourseReply::Enrolled(view) => roster::enrolled(view, lang, style),
        CourseReply::CodesMade(view) => roster::codes(view, lang, style),
    }
}

/// A sentence about some names, where there are any.
fn beside(lang: Lang, id: &str, name: &str, names: &[String]) -> String {
    match names {
        [] => String::new(),
        names => said(lang, id, &[(name, &roster::listed(names))]),
    }
}

/// What archiving stopped, and is not running yet.
fn rest(course: &CourseView, resting: &[String], start: bool, lang: Lang) -> String {
    let Some(first) = resting.first() else { return String::new() };
    let (count, names) = (resting.len().to_string(), roster::listed(resting));
    let id = if start { "enrol-starts" } else { "course-resting" };
    said(lang, id, &[("count", &count), ("names", &names), ("course", &course.name), ("vm", first)])
}

fn courses(all: &[CourseView], lang: Lang, style: Style) -> String {
    if all.is_empty() {
        return said(lang, "empty-courses", &[]);
    }
    let columns = ["course", "state", "year", "version", "seats", "template", "created"];
    let gives = [Drop("created"), Drop("version"), Drop("year"), Cut("template")];
    let mut table = Table::new(lang, &columns).gives(&gives);
    for course in all {
        table.row(vec![
            course.name.clone(),
            state(course, lang),
            course.year.to_string(),
            course.version.to_string(),
            course.seats.to_string(),
            course.template.clone().unwrap_or_else(|| text(lang, "word-none", &[])),
            units::minute(&course.created),
        ]);
    }
    table.text(style.width) + &units::zone(lang)
}

fn state(course: &CourseView, lang: Lang) -> String {
    let id = match course.state {
        CourseStands::Open => "word-course-open",
        CourseStands::Closed => "word-course-closed",
        CourseStands::Archived => "word-course-archived",
    };
    text(lang, id, &[])
}
