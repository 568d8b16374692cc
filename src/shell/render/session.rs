//! Sessions, messages and recordings as text.

use super::table::Gives::{Cut, Drop};
use super::table::{Table, fields};
use super::{Style, label, method, said, units};
use crate::app::reply::{MessageView, OpenKind, OpenView, RecordingView, SessionReply, SessionView};
use crate::shell::lang::Lang;
use crate::shell::text::text;

/// Names that a sentence lists; JSON has all.
const NAMED: usize = 30;

pub(super) fn reply(reply: &SessionReply, lang: Lang, style: Style) -> String {
    match reply {
        SessionReply::List(all) => sessions(all, lang, style),
        SessionReply::One(one) => session(one, lang, style),
        SessionReply::Closed { session, login } => {
            said(lang, "done-session-closed", &[("session", session), ("login", login)])
        }
        SessionReply::Recordings(all) => recordings(all, lang, style),
    }
}

/// `forward web1.alumno1:22`: the words are the same in every language, as the verbs are.
fn what(open: &OpenView, lang: Lang) -> String {
    let mut text = open.kind.as_str().to_owned();
    if let Some(vm) = &open.vm {
        text += &format!(" {vm}");
    }
    if let Some(port) = open.port {
        text += &format!(":{port}");
    }
    if open.recorded {
        text += &format!(" ({})", super::text(lang, "word-recorded", &[]));
    }
    text
}

/// Everything open on a connection; what is there several times once, with its number.
fn summary(open: &[OpenView], lang: Lang) -> String {
    let mut counted: Vec<(String, usize)> = Vec::new();
    for one in open {
        let what = what(one, lang);
        match counted.iter_mut().find(|(known, _)| *known == what) {
            Some((_, count)) => *count += 1,
            None => counted.push((what, 1)),
        }
    }
    let one = |(what, count): (String, usize)| if count > 1 { format!("{count} × {what}") } else { what };
    let all: Vec<_> = counted.into_iter().map(one).collect();
    if all.is_empty() { text(lang, "word-none", &[]) } else { all.join(", ") }
}

fn sessions(all: &[SessionView], lang: Lang, style: Style) -> String {
    if all.is_empty() {
        return said(lang, "empty-sessions", &[]);
    }
    let columns = ["session", "login", "source", "came", "bytes-in", "bytes-out", "open"];
    let mut table =
        Table::new(lang, &columns).gives(&[Drop("bytes-out"), Drop("bytes-in"), Cut("open"), Drop("source")]);
    for one in all {
        // A console's bytes go through the shell or command that it was opened in.
        let carrying = || one.open.iter().filter(|open| open.kind != OpenKind::Console);
        let sum = |bytes: fn(&OpenView) -> u64| units::bytes(carrying().map(bytes).sum(), lang);
        table.row(vec![
            one.session.clone(),
            one.login.clone(),
            one.from.clone(),
            units::minute(&one.since),
            sum(|open| open.bytes_up),
            sum(|open| open.bytes_down),
            summary(&one.open, lang),
        ]);
    }
    table.text(style.width) + &units::zone(lang)
}

fn session(one: &SessionView, lang: Lang, style: Style) -> String {
    let rows = [
        ("session", one.session.clone()),
        ("login", one.login.clone()),
        ("source", one.from.clone()),
        ("came", units::second(&one.since)),
        ("method", method(one.method, lang)),
        ("times", units::place()),
    ];
    let head = fields(&rows.map(|(name, value)| (label(lang, name), value)));
    if one.open.is_empty() {
        return head;
    }
    let mut table = Table::new(lang, &["session", "came", "bytes-in", "bytes-out", "open"]).gives(&[
        Drop("bytes-out"),
        Drop("bytes-in"),
        Cut("open"),
    ]);
    for open in &one.open {
        table.row(vec![
            open.id.clone(),
            units::second(&open.since),
            units::bytes(open.bytes_up, lang),
            units::bytes(open.bytes_down, lang),
            what(open, lang),
        ]);
    }
    head + "\n" + &table.text(style.width)
}

fn recordings(all: &[RecordingView], lang: Lang, style: Style) -> String {
    if all.is_empty() {
        return said(lang, "empty-recordings", &[]);
    }
    let mut table = Table::new(lang, &["session", "login", "vm", "started", "finished", "size"]).gives(&[
        Drop("finished"),
        Drop("size"),
        Cut("vm"),
    ]);
    for one in all {
        let finished = one.finished.as_deref().map(units::second);
        table.row(vec![
            one.id.clone(),
            one.login.clone(),
            one.vm.clone(),
            units::second(&one.started),
            finished.unwrap_or_else(|| text(lang, "word-none", &[])),
            units::bytes(one.size, lang),
        ]);
    }
    table.text(style.width) + &units::zone(lang)
}

pub(super) fn message(view: &MessageView, lang: Lang) -> String {
    let (shells, persons) = (view.shells.to_string(), view.reached.len().to_string());
    let mut text = said(lang, "done-message", &[("shells", &shells), ("persons", &persons)]);
    if !view.without.is_empty() {
        let mut names: Vec<&str> = view.without.iter().take(NAMED).map(String::as_str).collect();
        if view.without.len() > NAMED {
            names.push("…");
        }
        text += &said(lang, "done-message-without", &[("names", &names.join(", "))]);
    }
    text
}
