//! Persons, keys and seats as text.

use super::table::Gives::{Cut, Drop};
use super::table::{Table, fields};
use super::{Style, label, method, said, units};
use crate::app::reply::{
    AccountReply, KeyReply, KeyView, LangView, PersonReply, PersonView, SeatReply, SeatView, WhoamiView, Why,
};
use crate::shell::lang::Lang;
use crate::shell::text::text;

pub(super) fn of_keys(reply: &KeyReply, lang: Lang, style: Style) -> String {
    match reply {
        KeyReply::List(all) => keys(all, lang, style),
        KeyReply::Added(key) => {
            let number = key.number.to_string();
            let args = [("number", &*number), ("fingerprint", &*key.fingerprint)];
            said(lang, "done-key-added", &args)
        }
        KeyReply::Removed { key, sessions } => {
            let (closed, stays) = (sessions.closed.to_string(), u32::from(sessions.this_stays).to_string());
            let args = [("fingerprint", &*key.fingerprint), ("sessions", &closed), ("stays", &stays)];
            said(lang, "done-key-removed", &args)
        }
    }
}

pub(super) fn of_account(reply: &AccountReply, lang: Lang) -> String {
    match reply {
        AccountReply::PasswordSet => said(lang, "done-password-set", &[]),
        AccountReply::Whoami(who) => whoami(who, lang),
        AccountReply::Lang(view) => language(*view, lang),
    }
}

pub(super) fn of_persons(reply: &PersonReply, lang: Lang, style: Style) -> String {
    let closed = |id: &str, login: &str, sessions: u32| {
        let sessions = sessions.to_string();
        said(lang, id, &[("login", login), ("sessions", &sessions)])
    };
    match reply {
        PersonReply::List(all) => persons(all, lang, style),
        PersonReply::One(one) => person(one, lang),
        PersonReply::Added { person, code } => match code {
            None => said(lang, "done-person-added", &[("login", &person.login)]),
            Some(code) => {
                let args = [("login", &*person.login), ("code", &**code)];
                // Somebody whose door is closed does not come in by a code either.
                let shut = person.suspended || person.archived;
                said(lang, if shut { "done-person-code-shut" } else { "done-person-code" }, &args)
            }
        },
        PersonReply::Suspended { login, sessions_closed } => {
            closed("done-person-suspended", login, *sessions_closed)
        }
        PersonReply::Resumed { login } => said(lang, "done-person-resumed", &[("login", login)]),
        PersonReply::Removed { login, sessions_closed, machines, backups } => {
            closed("done-person-removed", login, *sessions_closed) + &going(*machines, *backups, lang)
        }
        PersonReply::TotpReset { login } => said(lang, "done-totp-reset", &[("login", login)]),
    }
}

pub(super) fn of_seats(reply: &SeatReply, lang: Lang, style: Style) -> String {
    match reply {
        SeatReply::List(all) => seats(all, lang, style),
        SeatReply::Created(seat) if !seat.team => team("done-seat-created", seat, lang),
        SeatReply::Created(seat) => team("done-team-created", seat, lang),
        SeatReply::Changed(seat) => team("done-team-changed", seat, lang),
        SeatReply::Archived(seat) => {
            team(if seat.archived.is_some() { "done-seat-archived" } else { "done-seat-back" }, seat, lang)
        }
        SeatReply::Removed { seat, machines, backups } => {
            said(lang, "done-seat-removed", &[("seat", seat)]) + &going(*machines, *backups, lang)
        }
    }
}

/// What goes with a seat or a person.
fn going(machines: u32, backups: u32, lang: Lang) -> String {
    if machines == 0 && backups == 0 {
        return String::new();
    }
    let (machines, backups) = (machines.to_string(), backups.to_string());
    said(lang, "done-holding-goes", &[("machines", &machines), ("backups", &backups)])
}

fn yes_no(lang: Lang, yes: bool) -> String {
    text(lang, if yes { "word-yes" } else { "word-no" }, &[])
}

/// Names in a row, or a dash.
fn several(lang: Lang, names: &[String]) -> String {
    if names.is_empty() {
        return text(lang, "word-none", &[]);
    }
    names.join(", ")
}

fn keys(all: &[KeyView], lang: Lang, style: Style) -> String {
    if all.is_empty() {
        return said(lang, "empty-keys", &[]);
    }
    let columns = ["number", "algorithm", "fingerprint", "added", "comment"];
    let mut table = Table::new(lang, &columns).gives(&[Drop("added"), Cut("comment"), Drop("algorithm")]);
    for key in all {
        table.row(vec![
            key.number.to_string(),
            key.algorithm.clone(),
            key.fingerprint.clone(),
            units::minute(&key.added),
            key.comment.clone(),
        ]);
    }
    table.text(style.width) + &units::zone(lang)
}

fn whoami(who: &WhoamiView, lang: Lang) -> String {
    let quotas = text(
        lang,
        "quotas",
        &[
            ("machines", &who.quotas.machines.to_string()),
            ("running", &who.quotas.running.to_string()),
            ("cpus", &who.quotas.cpus.to_string()),
            ("memory", &units::mib(who.quotas.memory_mib)),
            ("disk", &units::mib(who.quotas.disk_mib)),
            ("backups", &who.quotas.backups.to_string()),
            ("publications", &who.quotas.publications.to_string()),
            ("keep", &who.keep.to_string()),
        ],
    );
    let mut lines = vec![
        (label(lang, "login"), who.login.clone()),
        (label(lang, "full-name"), who.name.clone()),
        (label(lang, "role"), who.role.to_owned()),
        (label(lang, "seats"), several(lang, &who.seats)),
        (label(lang, "method"), method(who.method, lang)),
    ];
    if let Some(fingerprint) = &who.fingerprint {
        lines.push((label(lang, "fingerprint"), fingerprint.clone()));
    }
    lines.push(super::factor::line(who.second_factor.as_ref(), lang));
    lines.push((label(lang, "source"), who.source.clone()));
    lines.push((label(lang, "quotas"), quotas));
    fields(&lines)
}

fn language(view: LangView, lang: Lang) -> String {
    let id = match view.why {
        Why::Set => "lang-set",
        Why::Sent => "lang-sent",
        Why::Lab => "lang-lab",
    };
    said(lang, id, &[("lang", view.lang.as_str())])
}

fn door(lang: Lang, person: &PersonView) -> String {
    let id = match (person.suspended, person.archived) {
        (true, _) => "door-suspended",
        (false, true) => "door-archived",
        (false, false) => "door-open",
    };
    text(lang, id, &[])
}

fn persons(all: &[PersonView], lang: Lang, style: Style) -> String {
    if all.is_empty() {
        return said(lang, "empty-persons", &[]);
    }
    let columns = ["login", "role", "door", "keys", "password", "seats", "full-name"];
    let mut table = Table::new(lang, &columns).gives(&[
        Drop("password"),
        Drop("keys"),
        Cut("full-name"),
        Cut("seats"),
        Drop("full-name"),
    ]);
    for person in all {
        table.row(vec![
            person.login.clone(),
            person.role.to_owned(),
            door(lang, person),
            person.keys.to_string(),
            yes_no(lang, person.password),
            several(lang, &person.seats),
            person.name.clone(),
        ]);
    }
    table.text(style.width)
}

fn person(person: &PersonView, lang: Lang) -> String {
    let mut lines = vec![
        (label(lang, "login"), person.login.clone()),
        (label(lang, "full-name"), person.name.clone()),
        (label(lang, "role"), person.role.to_owned()),
        (label(lang, "door"), door(lang, person)),
        (label(lang, "seats"), several(lang, &person.seats)),
    ];
    let groups = person.groups.join(", ");
    let campus = person.campus.clone().unwrap_or_default();
    let more =
        [("campus", &campus), ("group", &groups), ("email", &person.email), ("idnumber", &person.idnumber)];
    let more = more.into_iter().filter(|(_, value)| !value.is_empty());
    lines.extend(more.map(|(name, value)| (label(lang, name), value.clone())));
    lines.extend([
        (label(lang, "keys"), person.keys.to_string()),
        (label(lang, "password"), yes_no(lang, person.password)),
        (label(lang, "second-factor"), yes_no(lang, person.second_factor)),
        (label(lang, "created"), units::minute_there(&person.created)),
    ]);
    fields(&lines)
}

fn team(id: &str, seat: &SeatView, lang: Lang) -> String {
    let members = several(lang, &seat.members);
    said(lang, id, &[("seat", &seat.name), ("network", &seat.network), ("members", &members)])
}

/// What a seat is, beside its name.
fn kind(seat: &SeatView, lang: Lang) -> String {
    let id = match (&seat.archived, seat.team) {
        _ if seat.leaving => "seat-leaving",
        (Some(_), _) => "seat-archived",
        (None, true) => "seat-team",
        (None, false) => "seat-own",
    };
    text(lang, id, &[])
}

fn seats(all: &[SeatView], lang: Lang, style: Style) -> String {
    if all.is_empty() {
        return said(lang, "empty-seats", &[]);
    }
    let columns = ["seat", "seat-kind", "number", "course", "group", "network", "machines", "members"];
    let mut table = Table::new(lang, &columns).gives(&[
        Drop("number"),
        Cut("members"),
        Drop("group"),
        Drop("machines"),
        Drop("members"),
        Drop("seat-kind"),
    ]);
    let none = text(lang, "word-none", &[]);
    for seat in all {
        table.row(vec![
            seat.name.clone(),
            kind(seat, lang),
            seat.number.to_string(),
            seat.course.clone(),
            if seat.group.is_empty() { none.clone() } else { seat.group.clone() },
            seat.network.clone(),
            seat.machines.to_string(),
            several(lang, &seat.members),
        ]);
    }
    table.text(style.width)
}
