//! What is said about sessions and consoles without being asked for.

use super::line;
use crate::app::console::{Announcement, Playing, Size, Watching};
use crate::app::presence::Notice;
use crate::shell::lang::Lang;

/// A line above whatever a shell shows.
pub fn heard(lang: Lang, notice: &Notice) -> String {
    match notice {
        Notice::Message { from, text } => line(lang, "notice-message", &[("from", from), ("text", text)]),
        Notice::ForwardCut { vm, port } => {
            line(lang, "notice-forward-cut", &[("vm", vm), ("port", &port.to_string())])
        }
        Notice::ExamBegins { course, until, machines } => {
            let args = [("course", &**course), ("until", &**until), ("machines", &**machines)];
            line(lang, "notice-exam-begins", &args)
        }
        Notice::ExamEnds { course } => line(lang, "notice-exam-ends", &[("course", course)]),
    }
}

/// Before a console opens: how to leave it, and whether it is recorded.
pub fn console(lang: Lang, vm: &str, recorded: bool) -> String {
    let recorded = if recorded { line(lang, "notice-console-recorded", &[]) } else { String::new() };
    recorded + &line(lang, "notice-console", &[("vm", vm)])
}

/// After leaving it by the key.
pub fn console_left(lang: Lang, vm: &str) -> String {
    line(lang, "notice-console-left", &[("vm", vm)])
}

/// Somebody looks on, or does not any more.
pub fn watched(lang: Lang, announcement: &Announcement) -> String {
    match announcement {
        Announcement::Watched(by) => line(lang, "notice-watched", &[("login", by)]),
        Announcement::Left(by) => line(lang, "notice-watched-no-more", &[("login", by)]),
    }
}

fn window(size: Size) -> [String; 2] {
    [size.columns.to_string(), size.rows.to_string()]
}

/// Before a recording plays.
pub fn playing(lang: Lang, playing: &Playing, size: Option<Size>) -> String {
    let [columns, rows] = size.map_or_else(|| ["?".into(), "?".into()], window);
    let args = [("login", &*playing.login), ("vm", &*playing.vm), ("columns", &*columns), ("rows", &*rows)];
    line(lang, "notice-playing", &args)
}

/// After it, or when it was stopped.
pub fn played(lang: Lang, whole: bool) -> String {
    line(lang, if whole { "notice-played" } else { "notice-play-stopped" }, &[])
}

/// Before somebody looks on.
pub fn watching(lang: Lang, watching: &Watching) -> String {
    let [columns, rows] = window(watching.size);
    let args = [("login", &*watching.login), ("vm", &*watching.vm), ("columns", &*columns), ("rows", &*rows)];
    line(lang, "notice-watching", &args)
}

/// The window that is looked at has another size.
pub fn watched_size(lang: Lang, size: Size) -> String {
    let [columns, rows] = window(size);
    line(lang, "notice-watched-size", &[("columns", &columns), ("rows", &rows)])
}

/// The console ended, or whoever looked on left.
pub fn watch_ended(lang: Lang) -> String {
    line(lang, "notice-watch-ended", &[])
}
