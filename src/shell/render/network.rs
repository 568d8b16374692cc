//! Published ports, egress and the firewall as text.

use super::machine::mixed;
use super::table::Gives::{Cut, Drop};
use super::table::Table;
use super::{Style, said, units};
use crate::app::reply::{
    EgressReply, EgressView, FirewallDone, FirewallReply, FirewallView, PortReply, PortView, PublishedView,
    Scope,
};
use crate::shell::here;
use crate::shell::lang::Lang;
use crate::shell::printable::printable;
use crate::shell::text::text;

pub(super) fn reply(reply: &PortReply, lang: Lang, style: Style) -> String {
    match reply {
        PortReply::List(all) => ports(all, lang, style),
        PortReply::Published(published) => published_at(published, lang),
        PortReply::Unpublished(port) => said(lang, "done-port-unpublished", &[("route", &route(port))]),
    }
}

pub(super) fn of_egress(reply: &EgressReply, lang: Lang, style: Style) -> String {
    match reply {
        EgressReply::List(all) => egress(all, lang, style),
        EgressReply::Set { rule, active } => {
            let mut text = changed("done-egress-set", rule, lang);
            if !active {
                text += &said(lang, "done-egress-unheeded", &[]);
            }
            text
        }
        EgressReply::Cleared(rule) => changed("done-egress-cleared", rule, lang),
    }
}

pub(super) fn of_firewall(reply: &FirewallReply, lang: Lang) -> String {
    match reply {
        FirewallReply::Shown(view) => lines(&view.listing, &view.foreign, "empty-firewall", lang),
        FirewallReply::Plan(view) => plan(view, lang),
        FirewallReply::Applied { done, foreign } => {
            had_to(done, "applied", lang) + &lines(&[], foreign, "", lang)
        }
        FirewallReply::Checked { foreign } => {
            said(lang, "done-firewall-checked", &[]) + &lines(&[], foreign, "", lang)
        }
    }
}

/// Where it is, and whether it leads there yet.
pub(super) fn published_at(published: &PublishedView, lang: Lang) -> String {
    let mut text = route(&published.port) + "\n";
    if !published.active {
        text += &said(lang, "done-port-reserved", &[]);
    }
    text
}

/// `puerta:50012 -> web1:80`: the same in every language, to be read by scripts too.
fn route(port: &PortView) -> String {
    let udp = if port.protocol == "udp" { "/udp" } else { "" };
    format!("{}:{}{udp} -> {}:{}{udp}", here::host(), port.port, printable(&port.vm), port.vm_port)
}

fn ports(all: &[PortView], lang: Lang, style: Style) -> String {
    let Some(first) = all.first() else { return said(lang, "empty-ports", &[]) };
    let mixed = mixed(all.iter().map(|port| &*port.seat));
    let mut columns =
        vec!["port", "protocol", "vm", "vm-port", "publisher", "connections", "bytes-in", "bytes-out"];
    if mixed {
        columns.insert(3, "seat");
    }
    columns.push("from");
    let mut table = Table::new(lang, &columns).gives(&[
        Drop("bytes-out"),
        Drop("bytes-in"),
        Drop("connections"),
        Drop("publisher"),
        Cut("from"),
    ]);
    for port in all {
        let from = port.from.as_ref().map(|networks| networks.join(","));
        let mut row = vec![
            port.port.to_string(),
            port.protocol.to_owned(),
            port.vm.clone(),
            port.vm_port.to_string(),
            port.publisher.clone(),
            port.connections.to_string(),
            units::bytes(port.bytes_in, lang),
            units::bytes(port.bytes_out, lang),
            from.unwrap_or_else(|| text(lang, "word-everybody", &[])),
        ];
        if mixed {
            row.insert(3, port.seat.clone());
        }
        table.row(row);
    }
    let counted = match &first.counted {
        Some(moment) => said(lang, "ports-counted", &[("at", &units::second_there(moment))]),
        None => said(lang, "ports-not-counted", &[]),
    };
    table.text(style.width) + &counted
}

fn egress(all: &[EgressView], lang: Lang, style: Style) -> String {
    let mut table = Table::new(lang, &["place", "name", "egress"]).gives(&[Cut("egress")]);
    for rule in all {
        let name = rule.name.clone();
        table.row(vec![
            text(lang, place(rule), &[]),
            name.unwrap_or_else(|| text(lang, "word-none", &[])),
            rule.egress.clone(),
        ]);
    }
    table.text(style.width)
}

fn place(rule: &EgressView) -> &'static str {
    match rule.place {
        Scope::Course => "word-place-course",
        Scope::Seat => "word-place-seat",
        // No rule is a role's.
        Scope::Default | Scope::Role => "word-place-default",
    }
}

fn changed(id: &str, rule: &EgressView, lang: Lang) -> String {
    let name = rule.name.as_deref().unwrap_or_default();
    said(lang, id, &[("place", rule.place.as_str()), ("name", name), ("egress", &rule.egress)])
}

fn plan(view: &FirewallView, lang: Lang) -> String {
    let lines = lines(&view.plan, &view.foreign, "", lang);
    had_to(&view.would, "plan", lang) + &lines
}

/// What has to be done (`plan`), or had to be (`applied`).
fn had_to(done: &FirewallDone, tense: &str, lang: Lang) -> String {
    let (added, removed) = (done.added.to_string(), done.removed.to_string());
    let args = [("done", done.done.as_str()), ("added", &added), ("removed", &removed)];
    said(lang, if tense == "plan" { "done-firewall-plan" } else { "done-firewall-applied" }, &args)
}

/// Lines as they are, or the sentence for none; and whose rules may be in the way.
fn lines(lines: &[String], foreign: &[String], empty: &str, lang: Lang) -> String {
    let mut out = String::new();
    for line in lines {
        // The tool indents with tabs.
        out += &printable(&line.replace('\t', "    "));
        out.push('\n');
    }
    if lines.is_empty() && !empty.is_empty() {
        out += &said(lang, empty, &[]);
    }
    for line in foreign {
        out += &said(lang, "done-firewall-foreign", &[("line", line)]);
    }
    out
}
