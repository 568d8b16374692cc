//! Published ports, egress and the firewall as text.

use super::machine::mixed;
use super::table::Table;
use super::{Style, labels, said, units};
use crate::app::reply::{EgressView, FirewallDone, FirewallView, PortView, PublishedView, Reply};
use crate::shell::lang::Lang;
use crate::shell::printable::printable;
use crate::shell::text::text;

pub(super) fn reply(reply: &Reply, lang: Lang, style: Style) -> String {
    match reply {
        Reply::Ports(all) => ports(all, lang, style),
        Reply::PortPublished(published) => published_at(published, lang),
        Reply::PortUnpublished(port) => said(lang, "done-port-unpublished", &[("route", &route(port))]),
        Reply::Egress(all) => egress(all, lang, style),
        Reply::EgressSet { rule, active } => {
            let mut text = changed("done-egress-set", rule, lang);
            if !active {
                text += &said(lang, "done-egress-unheeded", &[]);
            }
            text
        }
        Reply::EgressCleared(rule) => changed("done-egress-cleared", rule, lang),
        Reply::Firewall(view) => lines(&view.listing, &view.foreign, "empty-firewall", lang),
        Reply::FirewallPlan(view) => plan(view, lang),
        Reply::FirewallApplied { done, foreign } => {
            had_to(done, "applied", lang) + &lines(&[], foreign, "", lang)
        }
        Reply::FirewallChecked { foreign } => {
            said(lang, "done-firewall-checked", &[]) + &lines(&[], foreign, "", lang)
        }
        _ => String::new(),
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
    format!("puerta:{}{udp} -> {}:{}{udp}", port.port, printable(&port.vm), port.vm_port)
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
    let mut table = Table::new(labels(lang, &columns));
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
        Some(moment) => said(lang, "ports-counted", &[("at", &units::second(moment))]),
        None => said(lang, "ports-not-counted", &[]),
    };
    table.text(style.width) + &counted
}

fn egress(all: &[EgressView], lang: Lang, style: Style) -> String {
    let mut table = Table::new(labels(lang, &["place", "name", "egress"]));
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
        "course" => "word-place-course",
        "seat" => "word-place-seat",
        _ => "word-place-default",
    }
}

fn changed(id: &str, rule: &EgressView, lang: Lang) -> String {
    let name = rule.name.as_deref().unwrap_or_default();
    said(lang, id, &[("place", rule.place), ("name", name), ("egress", &rule.egress)])
}

fn plan(view: &FirewallView, lang: Lang) -> String {
    let lines = lines(&view.plan, &view.foreign, "", lang);
    had_to(&view.would, "plan", lang) + &lines
}

/// What has to be done (`plan`), or had to be (`applied`).
fn had_to(done: &FirewallDone, tense: &str, lang: Lang) -> String {
    let (added, removed) = (done.added.to_string(), done.removed.to_string());
    let args = [("done", done.done), ("added", &added), ("removed", &removed)];
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
