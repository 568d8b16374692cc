//! Templates and quotas as text.

use super::table::Gives::{Cut, Drop};
use super::table::{Table, fields};
use super::{Style, label, network, said, sentence, units};
use crate::app::reply::{
    PublishedView, QuotaLine, QuotaReply, QuotaSetView, QuotasView, Scope, TemplateDetail, TemplateReply,
    TemplateView, UnpublishedView, VersionView,
};
use crate::shell::lang::Lang;
use crate::shell::text::{of_quota, text};
use puerta_lab::quota::Quota;

pub(super) fn reply(reply: &TemplateReply, lang: Lang, style: Style) -> String {
    match reply {
        TemplateReply::List(all) => templates(all, lang, style),
        TemplateReply::One(one) => detail(one, lang) + &units::zone(lang),
        TemplateReply::Published(made) => {
            let (version, size) = (made.version.to_string(), units::bytes(made.size, lang));
            let took = units::duration(made.took_ms, lang);
            let args = [
                ("template", &*made.name),
                ("number", &*version),
                ("course", &*made.course),
                ("size", &*size),
                ("took", &*took),
            ];
            said(lang, "done-template-published", &args)
        }
        TemplateReply::Retired(all) => all.iter().map(|one| retired(one, lang)).collect(),
    }
}

pub(super) fn of_quotas(reply: &QuotaReply, lang: Lang, style: Style) -> String {
    match reply {
        QuotaReply::List(all) if all.is_empty() => said(lang, "empty-quotas", &[]),
        QuotaReply::List(all) => {
            let tables: Vec<String> = all.iter().map(|view| quotas(view, lang, style)).collect();
            tables.join("\n")
        }
        QuotaReply::Set(view) => quota_set(view, lang),
    }
}

/// What became of the ports that a new machine's template wants.
pub(super) fn wanted(ports: &[PublishedView], unpublished: &[UnpublishedView], lang: Lang) -> String {
    let mut out: String = ports.iter().map(|port| network::published_at(port, lang)).collect();
    for one in unpublished {
        let reason = sentence(&one.error, lang);
        out += &said(lang, "done-port-unwanted", &[("service", &one.service), ("reason", &reason)]);
    }
    out
}

fn templates(all: &[TemplateView], lang: Lang, style: Style) -> String {
    if all.is_empty() {
        return said(lang, "empty-templates", &[]);
    }
    let columns = [
        "template",
        "version",
        "course",
        "cpus",
        "memory",
        "disk",
        "ports",
        "machines",
        "size",
        "description",
    ];
    let mut table = Table::new(lang, &columns).gives(&[
        Drop("size"),
        Drop("machines"),
        Cut("description"),
        Drop("ports"),
        Drop("disk"),
        Drop("cpus"),
        Drop("memory"),
    ]);
    for template in all {
        table.row(vec![
            template.name.clone(),
            template.version.map_or_else(|| none(lang), |version| version.to_string()),
            template.course.clone().unwrap_or_else(|| none(lang)),
            template.cpus.to_string(),
            units::mib(template.memory_mib),
            units::mib(template.disk_mib),
            several(&template.ports, lang),
            template.machines.to_string(),
            units::bytes(template.size, lang),
            template.description.clone(),
        ]);
    }
    table.text(style.width)
}

fn none(lang: Lang) -> String {
    text(lang, "word-none", &[])
}

fn several(ports: &[String], lang: Lang) -> String {
    if ports.is_empty() { none(lang) } else { ports.join(",") }
}

fn detail(detail: &TemplateDetail, lang: Lang) -> String {
    let mut parts = Vec::new();
    if let Some(own) = &detail.own {
        parts.push(fields(&[
            (label(lang, "template"), own.name.clone()),
            (label(lang, "description"), own.description.clone()),
            (label(lang, "limits"), limits(own.cpus, own.memory_mib, own.disk_mib, lang)),
            (label(lang, "size"), units::bytes(own.size, lang)),
            (label(lang, "machines"), own.machines.to_string()),
        ]));
    }
    parts.extend(detail.versions.iter().map(|one| version(one, lang)));
    parts.join("\n")
}

fn limits(cpus: u32, memory_mib: u32, disk_mib: u32, lang: Lang) -> String {
    let (memory, disk) = (units::mib(memory_mib), units::mib(disk_mib));
    text(lang, "template-limits", &[("cpus", &cpus.to_string()), ("memory", &memory), ("disk", &disk)])
}

fn version(one: &VersionView, lang: Lang) -> String {
    let state = match (&one.retired, one.image) {
        (None, _) => text(lang, "word-offered", &[]),
        (Some(since), true) => text(lang, "word-retired", &[("at", &units::minute(since))]),
        (Some(since), false) => text(lang, "word-retired-removed", &[("at", &units::minute(since))]),
    };
    fields(&[
        (label(lang, "template"), format!("{}:{}", one.name, one.version)),
        (label(lang, "course"), one.course.clone().unwrap_or_else(|| none(lang))),
        (label(lang, "state"), state),
        (label(lang, "description"), one.description.clone()),
        (label(lang, "limits"), limits(one.cpus, one.memory_mib, one.disk_mib, lang)),
        (label(lang, "ports"), several(&one.ports, lang)),
        (label(lang, "size"), units::bytes(one.size, lang)),
        (label(lang, "machines"), one.machines.to_string()),
        (label(lang, "publisher"), one.publisher.clone()),
        (label(lang, "made-of"), one.source.clone()),
        (label(lang, "created"), units::minute(&one.created)),
    ])
}

fn retired(one: &VersionView, lang: Lang) -> String {
    let (version, machines) = (one.version.to_string(), one.machines.to_string());
    let args = [("template", &*one.name), ("number", &*version), ("machines", &*machines)];
    said(lang, "done-template-retired", &args)
}

fn quotas(view: &QuotasView, lang: Lang, style: Style) -> String {
    let args = [("place", view.place.as_str()), ("name", &*view.name)];
    let mut out = said(lang, "quotas-of", &args);
    let seat = view.place == Scope::Seat;
    let columns: &[&str] =
        if seat { &["quota", "used", "limit", "origin"] } else { &["quota", "limit", "origin"] };
    let mut table = Table::new(lang, columns);
    for line in &view.quotas {
        let mut row = vec![of_quota(line.quota, lang), amount(line.quota, line.limit), origin(line, lang)];
        if seat {
            let used = line.used.map_or_else(|| "?".to_owned(), |used| amount(line.quota, used));
            row.insert(1, used);
        }
        table.row(row);
    }
    out += &table.text(style.width);
    out
}

fn amount(quota: Quota, number: u32) -> String {
    if quota.is_size() { units::mib(number) } else { number.to_string() }
}

fn origin(line: &QuotaLine, lang: Lang) -> String {
    let id = match line.origin {
        Scope::Seat => "word-place-seat",
        Scope::Course => "word-place-course",
        Scope::Role => "word-place-role",
        Scope::Default => "word-place-config",
    };
    text(lang, id, &[])
}

fn quota_set(view: &QuotaSetView, lang: Lang) -> String {
    let (quota, limit) = (of_quota(view.quota, lang), amount(view.quota, view.limit));
    let args =
        [("place", view.place.as_str()), ("name", &*view.name), ("quota", &*quota), ("limit", &*limit)];
    let id = if view.value.is_some() { "done-quota-set" } else { "done-quota-cleared" };
    let mut out = said(lang, id, &args);
    if !view.over.is_empty() {
        let seats: Vec<String> = view.over.iter().map(|seat| format!("`{seat}`")).collect();
        out += &said(lang, "done-quota-over", &[("seats", &seats.join(", "))]);
    }
    out
}
