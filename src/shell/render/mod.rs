//! A [`Reply`], an [`Error`] or a [`ProgressView`] as text in the person's language, or as JSON.
//! Lines end in `\n`; what a terminal needs ([`crlf`]) is the session's to know. Nothing from outside
//! comes through unprintable: sentences escape their arguments, tables their cells.

mod audit;
mod backup;
mod course;
mod csv;
mod factor;
mod isolation;
mod json;
mod known;
mod machine;
mod network;
mod node;
mod people;
mod policy;
mod practice;
mod record;
mod roster;
mod session;
mod table;
mod template;
mod units;

use crate::app::command::Form;
use crate::app::ctx::Method;
use crate::app::error::Error;
use crate::app::reply::{AuditReply, CourseReply, ProgressView, Reply};
pub use table::cut;

use crate::shell::help;
use crate::shell::lang::Lang;
use crate::shell::text::{of_quota, text, texts};

/// How to write an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    /// One JSON document instead of text.
    pub json: bool,
    /// Columns of the terminal, when there is one.
    pub width: Option<u16>,
}

/// The answer, with its last newline.
pub fn reply(reply: &Reply, lang: Lang, style: Style) -> String {
    if style.json {
        return json::reply(reply);
    }
    match reply {
        Reply::Vm(reply) => machine::reply(reply, lang, style),
        Reply::Backup(reply) => backup::reply(reply, lang, style),
        Reply::Template(reply) => template::reply(reply, lang, style),
        Reply::Quota(reply) => template::of_quotas(reply, lang, style),
        Reply::Key(reply) => people::of_keys(reply, lang, style),
        Reply::Account(reply) => people::of_account(reply, lang),
        Reply::Course(reply) => course::reply(reply, lang, style),
        Reply::Person(reply) => people::of_persons(reply, lang, style),
        Reply::Seat(reply) => people::of_seats(reply, lang, style),
        Reply::Totp(reply) => factor::reply(reply, lang, style),
        Reply::Port(reply) => network::reply(reply, lang, style),
        Reply::Egress(reply) => network::of_egress(reply, lang, style),
        Reply::Firewall(reply) => network::of_firewall(reply, lang),
        Reply::Session(reply) => session::reply(reply, lang, style),
        Reply::Message(view) => session::message(view, lang),
        Reply::Policy(reply) => policy::reply(reply, lang, style),
        Reply::Known(reply) => known::reply(reply, lang),
        Reply::Practice(reply) => practice::reply(reply, lang, style),
        Reply::Batch(view) => practice::batch(view, lang),
        Reply::Jobs(jobs) => record::jobs(jobs, lang, style),
        Reply::Audit(reply) => audit::reply(reply, lang, style),
        Reply::Node(reply) => node::reply(reply, lang, style),
        Reply::Isolation(view) => isolation::isolation(view, lang, style),
    }
}

/// How somebody came in.
fn method(method: Method, lang: Lang) -> String {
    let id = match method {
        Method::PublicKey => "method-publickey",
        Method::Password => "method-password",
        Method::Code => "method-code",
    };
    text(lang, id, &[])
}

/// Whether the answer is for a program or a file, and stays as it is on whatever terminal.
pub fn is_file(reply: &Reply, json: bool) -> bool {
    let form = match reply {
        Reply::Audit(AuditReply::Page(page)) => return json || page.csv,
        Reply::Course(CourseReply::Enrolled(view)) => view.form,
        Reply::Course(CourseReply::CodesMade(view)) => view.form,
        Reply::Known(_) => return true,
        _ => return json,
    };
    json || form != Form::Table
}

/// What belongs to an answer that is a file, and not into the file; it goes to standard error.
pub fn aside(reply: &Reply, lang: Lang, json: bool) -> String {
    match reply {
        Reply::Course(CourseReply::Enrolled(view)) if !json => roster::enrolled_aside(view, lang),
        Reply::Course(CourseReply::CodesMade(view)) if !json => roster::codes_aside(view, lang),
        _ => String::new(),
    }
}

/// The error, with its last newline: its sentence and its details, a line each, or with `json`
/// `{"error":{"code","id","message","args"}}`. Either goes to standard error.
pub fn error(error: &Error, lang: Lang, json: bool) -> String {
    if json {
        return json::error(error, lang);
    }
    let mut lines = sentence(error, lang) + "\n";
    for one in &error.details {
        lines.push_str(&format!("  {}\n", detail(one, lang)));
    }
    lines
}

/// A detail, behind the line and the word that it is about.
fn detail(error: &Error, lang: Lang) -> String {
    let said =
        |name: &str| error.args.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
    let what = sentence(error, lang);
    match (said("line"), said("value")) {
        (Some(line), Some(value)) => text(lang, "detail-value", &[("line", line), ("value", value)]) + &what,
        (Some(line), None) => text(lang, "detail-line", &[("line", line)]) + &what,
        _ => match said("of") {
            Some(of) => text(lang, "detail-of", &[("of", of)]) + &what,
            None => what,
        },
    }
}

/// The error's sentence alone, for an SSH open failure or a disconnect message.
pub fn sentence(error: &Error, lang: Lang) -> String {
    let mut args: Vec<(&str, String)> = Vec::new();
    for (name, value) in &error.args {
        let value = match *name {
            "since" => units::hour_there(value),
            "reason" => reason(value, lang),
            // What was given to a quota.
            "option" => value.parse().map_or_else(|()| value.clone(), |quota| of_quota(quota, lang)),
            _ => value.clone(),
        };
        args.push((name, value));
    }
    if let Some((_, quota)) = error.args.iter().find(|(name, _)| *name == "quota") {
        let named = quota.parse().map_or_else(|()| quota.clone(), |quota| of_quota(quota, lang));
        args.push(("named", named));
    }
    if let Some((_, topic)) = error.args.iter().find(|(name, _)| *name == "help") {
        let command = topic.trim_start_matches("help").trim_start();
        let usage = help::usage(command, lang).unwrap_or_else(|| topic.clone());
        args.push(("usage", usage));
    }
    whole(lang, error.id, args)
}

/// The sentence; one with a hole reads better than one with `{$vm}` in it.
fn whole(lang: Lang, id: &str, mut args: Vec<(&str, String)>) -> String {
    for name in ["vm", "seat", "course", "login", "backup", "job", "port", "max"] {
        if !args.iter().any(|(given, _)| *given == name) {
            args.push((name, "…".to_owned()));
        }
    }
    let args: Vec<(&str, &str)> = args.iter().map(|(name, value)| (*name, &**value)).collect();
    text(lang, id, &args)
}

/// The error's sentence in every language, where the client's is not known yet, in the letters
/// that every client prints.
pub fn both_languages(error: &Error) -> String {
    plain(&Lang::ALL.map(|lang| sentence(error, lang)).join(" / "))
}

/// Without accents: OpenSSH prints open failures and disconnects through vis(3), which turns `á`
/// into `\303\241`.
pub fn plain(text: &str) -> String {
    let plain = |c| match c {
        'á' => 'a',
        'é' => 'e',
        'í' => 'i',
        'ó' => 'o',
        'ú' | 'ü' => 'u',
        'ñ' => 'n',
        'Á' => 'A',
        'É' => 'E',
        'Í' => 'I',
        'Ó' => 'O',
        'Ú' | 'Ü' => 'U',
        'Ñ' => 'N',
        c if c.is_ascii() => c,
        _ => '?',
    };
    text.chars().filter(|c| !"¿¡".contains(*c)).map(plain).collect()
}

/// One short line without a newline: `tarea 12: exportando 45 % (12,3 de 27,0 MiB)`. The session
/// rewrites it in place on a terminal.
pub fn progress(job: &str, progress: &ProgressView, lang: Lang) -> String {
    let step = text(lang, &format!("step-{}", progress.step.as_str()), &[]);
    if let (Some(failed), Some(done), Some(total)) = (progress.failed, progress.done, progress.total) {
        let (done, total, failed) = (done.to_string(), total.to_string(), failed.to_string());
        let args = [("job", job), ("done", &*done), ("total", &*total), ("failed", &*failed)];
        return text(lang, "progress-machines", &args);
    }
    let done = progress.done.map(|done| units::bytes(done, lang));
    match (done, progress.total) {
        (Some(done), Some(total)) if total > 0 => {
            let percent = u128::from(progress.done.unwrap_or(0)) * 100 / u128::from(total);
            let args = [
                ("job", job),
                ("step", &*step),
                ("percent", &*percent.min(100).to_string()),
                ("done", &*done),
                ("total", &*units::bytes(total, lang)),
            ];
            text(lang, "progress-of", &args)
        }
        (Some(done), _) => {
            let args = [("job", job), ("step", &*step), ("done", &*done)];
            text(lang, "progress-bytes", &args)
        }
        (None, _) => text(lang, "progress", &[("job", job), ("step", &*step)]),
    }
}

/// A line of the audit that was written just now: one line of text, or of JSON.
pub fn audit_line(line: &serde_json::Value, lang: Lang, style: Style) -> String {
    if style.json { json::value(line) } else { audit::line(line, lang, style.width) }
}

/// The last lines of the audit, to which others may come: before text, whose clock their times are of.
pub fn audit_lines(lines: &[serde_json::Value], lang: Lang, style: Style) -> String {
    let head = if style.json { String::new() } else { units::zone(lang) };
    head + &lines.iter().map(|line| audit_line(line, lang, style)).collect::<String>()
}

/// How far a check of the audit is: one short line without a newline.
pub fn audit_progress(lines: u64, lang: Lang) -> String {
    audit::progress(lines, lang)
}

/// Text for a terminal in raw mode: every line ends in CR LF.
pub fn crlf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\n', "\r\n")
}

/// A reason that was kept (a job's) may be the id of a sentence; otherwise it is text.
fn reason(reason: &str, lang: Lang) -> String {
    if reason.starts_with("error-") && texts().has(lang, reason) {
        whole(lang, reason, Vec::new())
    } else {
        reason.to_owned()
    }
}

/// A heading or label.
fn label(lang: Lang, name: &str) -> String {
    text(lang, &format!("col-{name}"), &[])
}

/// A sentence as a line.
fn said(lang: Lang, id: &str, args: &[(&str, &str)]) -> String {
    text(lang, id, args) + "\n"
}
