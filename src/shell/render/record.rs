//! Jobs as text, and how a field of a record is looked up.

use super::table::Gives::{Cut, Drop};
use super::table::Table;
use super::{Style, said, units};
use crate::app::reply::JobView;
use crate::shell::lang::Lang;
use crate::shell::text::{text, texts};
use serde_json::Value;

pub(super) fn jobs(all: &[JobView], lang: Lang, style: Style) -> String {
    if all.is_empty() {
        return said(lang, "empty-jobs", &[]);
    }
    let columns = ["job", "kind", "vm", "seat", "state", "started", "finished", "reason"];
    let mut table =
        Table::new(lang, &columns).gives(&[Drop("finished"), Cut("reason"), Drop("seat"), Drop("started")]);
    for job in all {
        let finished = job.finished.as_deref().map(units::minute);
        table.row(vec![
            job.said.clone(),
            word(lang, "kind", &job.kind),
            job.vm.clone(),
            job.seat.clone(),
            word(lang, "job", job.state),
            units::minute(&job.started),
            finished.unwrap_or_else(|| none(lang)),
            job.reason.as_ref().map_or_else(String::new, |why| super::reason(why, lang)),
        ]);
    }
    table.text(style.width) + &units::zone(lang)
}

/// The first of the fields that is there, flat: an object gives its name, an array its parts.
pub(super) fn field(line: &Value, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| flat(line.get(name)?))
}

fn flat(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => (!text.is_empty()).then(|| text.clone()),
        Value::Array(parts) => {
            let parts: Vec<_> = parts.iter().filter_map(flat).collect();
            (!parts.is_empty()).then(|| parts.join(" "))
        }
        Value::Object(_) => field(value, &["login", "name", "kind"]),
        other => Some(other.to_string()),
    }
}

/// A stable word in the person's language, or the word itself when it is new.
pub(super) fn word(lang: Lang, family: &str, word: &str) -> String {
    let id = format!("{family}-{word}");
    if texts().has(lang, &id) { text(lang, &id, &[]) } else { word.to_owned() }
}

pub(super) fn none(lang: Lang) -> String {
    text(lang, "word-none", &[])
}
