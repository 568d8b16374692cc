//! Lines of the audit as text. A line is whatever JSON the log holds: fields are looked up by name and
//! a missing one is a dash, so that an old log stays readable.

use super::record::{field, none};
use super::table::Gives::{Cut, Drop};
use super::table::{Table, cut, fields};
use super::{Style, csv, label, said, units};
use crate::app::reply::{AuditPage, AuditReply, AuditStory, AuditVerdict};
use crate::shell::lang::Lang;
use crate::shell::printable::printable;
use crate::shell::text::text;
use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

pub(super) fn reply(reply: &AuditReply, lang: Lang, style: Style) -> String {
    match reply {
        AuditReply::Page(page) if page.csv => as_csv(page, lang),
        AuditReply::Page(page) => as_table(page, lang, style),
        AuditReply::Story(story) => as_story(story, lang),
        AuditReply::Verdict(verdict) => as_verdict(verdict, lang),
    }
}

/// The machine, or the one that was meant; an attempt on what is no machine of the lab says where it wanted to go.
fn machine(line: &Value) -> Option<String> {
    let meant = || field(line.get("meant")?, &["target"]);
    field(line, &["vm"]).or_else(meant).or_else(|| field(line.get("detail")?, &["destination"]))
}

/// How it came out; what has no outcome may say what it was about: the firewall's drift.
fn outcome(line: &Value) -> Option<String> {
    let outcome = field(line, &["outcome"]).or_else(|| field(line.get("detail")?, &["what"]));
    let outcome = match field(line, &["failure"]) {
        Some(failure) => Some(format!("{}: {failure}", outcome.unwrap_or_default())),
        None => outcome,
    };
    // A line that stands for several.
    match line.get("detail").and_then(|detail| detail.get("count")?.as_u64()) {
        Some(count) => Some(format!("{} ×{count}", outcome.unwrap_or_default())),
        None => outcome,
    }
}

fn as_table(page: &AuditPage, lang: Lang, style: Style) -> String {
    if page.lines.is_empty() {
        return said(lang, "empty-audit", &[]);
    }
    let columns = ["time", "login", "source", "action", "vm", "outcome", "policies"];
    let mut table = Table::new(lang, &columns).gives(&[
        Drop("policies"),
        Drop("source"),
        Cut("outcome"),
        Cut("vm"),
        Cut("action"),
    ]);
    for line in &page.lines {
        let cell = |found: Option<String>| found.unwrap_or_else(|| none(lang));
        table.row(vec![
            units::second(&cell(field(line, &["time"]))),
            cell(field(line, &["actor"])),
            cell(field(line, &["source"])),
            cell(field(line, &["action", "code"])),
            cell(machine(line)),
            cell(outcome(line)),
            cell(field(line, &["policies"])),
        ]);
    }
    let mut text = table.text(style.width) + &units::zone(lang);
    if page.more && page.page > 0 {
        let (now, next) = (page.page.to_string(), (page.page + 1).to_string());
        let until = page.until.as_deref().unwrap_or_default();
        text += &said(lang, "audit-more", &[("page", &now), ("next", &next), ("until", until)]);
    }
    text
}

/// One line as it comes: the columns stand where they mostly do.
pub(super) fn line(line: &Value, lang: Lang, width: Option<u16>) -> String {
    let cell = |found: Option<String>| found.unwrap_or_else(|| none(lang));
    let time = units::second(&cell(field(line, &["time"])));
    let actor = cell(field(line, &["actor"]));
    let action = cell(field(line, &["action", "code"]));
    let (vm, outcome) = (cell(machine(line)), cell(outcome(line)));
    let source = cell(field(line, &["source"]));
    let text = format!("{time}  {actor:<12}  {action:<16}  {vm:<20}  {outcome:<8}");
    let whole = format!("{text}  {source}");
    let fits = width.is_none_or(|width| whole.trim_end().width() <= usize::from(width));
    let text = printable(if fits { whole.trim_end() } else { text.trim_end() }).into_owned();
    width.map_or_else(|| text.clone(), |width| cut(&text, usize::from(width))) + "\n"
}

fn as_csv(page: &AuditPage, lang: Lang) -> String {
    const COLUMNS: [&str; 12] = [
        "seq",
        "time",
        "connection",
        "source",
        "actor",
        "code",
        "phase",
        "action",
        "vm",
        "outcome",
        "failure",
        "policies",
    ];
    let mut file = csv::File::new(lang);
    file.row(COLUMNS.into_iter().chain(["detail", "meant"]));
    for line in &page.lines {
        let mut cells: Vec<String> =
            COLUMNS.iter().map(|name| field(line, &[name]).unwrap_or_default()).collect();
        let json = |name| line.get(name).map(ToString::to_string).unwrap_or_default();
        cells.extend([json("detail"), json("meant")]);
        file.row(cells.iter().map(String::as_str));
    }
    file.text()
}

fn as_story(story: &AuditStory, lang: Lang) -> String {
    let first = |name| story.lines.iter().find_map(|line| field(line, &[name])).unwrap_or_else(|| none(lang));
    let facts = [
        ("connection", story.connection.clone()),
        ("login", first("actor")),
        ("source", first("source")),
        ("times", units::place()),
    ];
    let mut text = fields(&facts.map(|(name, value)| (label(lang, name), value)));
    if story.more {
        text += &said(lang, "audit-story-cut", &[]);
    }
    for line in &story.lines {
        text += &step(line);
    }
    text
}

/// One step of a story: when, what, with which machine, how, and its details.
fn step(line: &Value) -> String {
    let time = units::second(&field(line, &["time"]).unwrap_or_default());
    let mut parts = vec![time];
    parts.extend(field(line, &["code"]));
    parts.extend(field(line, &["phase"]));
    parts.extend(field(line, &["action"]).filter(|action| field(line, &["code"]).as_ref() != Some(action)));
    parts.extend(field(line, &["vm"]));
    parts.extend(outcome(line));
    let detail = line.get("detail").and_then(Value::as_object);
    for (name, value) in detail.into_iter().flatten() {
        let value = match value {
            Value::String(text) if !text.contains(' ') => text.clone(),
            other => other.to_string(),
        };
        parts.push(format!("{name}={value}"));
    }
    parts.extend(line.get("meant").map(|meant| format!("meant={meant}")));
    printable(&parts.join("  ")).into_owned() + "\n"
}

fn as_verdict(verdict: &AuditVerdict, lang: Lang) -> String {
    let number = |number: u64| number.to_string();
    let mut text = String::new();
    match &verdict.broken {
        None => {
            let args = [("lines", &*number(verdict.lines)), ("files", &number(verdict.files))];
            text += &said(lang, "audit-whole", &args);
        }
        Some(broken) => {
            let args = [("file", &*broken.file), ("line", &number(broken.line)), ("reason", &broken.why)];
            text += &said(lang, "audit-broken", &args);
            let (rest, intact) = (number(broken.rest), number(broken.intact));
            let args = [("lines", &*number(verdict.lines)), ("rest", &rest), ("intact", &intact)];
            text += &said(lang, "audit-rest", &args);
        }
    }
    if let Some(removed) = verdict.removed {
        text += &said(lang, "audit-begins", &[("last", &number(removed))]);
    }
    if verdict.unremembered {
        text += &said(lang, "audit-unremembered", &[]);
    }
    match &verdict.signed {
        None => text += &said(lang, "audit-unsigned", &[]),
        Some(signed) => {
            let key = verdict.key.as_deref().unwrap_or_default();
            let args =
                [("line", &*number(signed.line)), ("at", &units::second_there(&signed.time)), ("key", key)];
            text += &said(lang, "audit-signed", &args);
            let since = verdict.last.saturating_sub(signed.line + 1);
            if since > 0 {
                text += &said(lang, "audit-since", &[("lines", &number(since))]);
            }
        }
    }
    text
}

/// How far a check is, without a newline.
pub(super) fn progress(lines: u64, lang: Lang) -> String {
    text(lang, "audit-checking", &[("lines", &lines.to_string())])
}
