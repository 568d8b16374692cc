//! Practices, and acts on many machines, as text.

use super::record::{none, word};
use super::table::Gives::{Cut, Drop};
use super::table::Table;
use super::{Style, machine, roster, said, units};
use crate::app::reply::{BatchItem, BatchView, PartView, PracticeDetail, PracticeReply, PracticeView};
use crate::shell::lang::Lang;

/// Of more machines than these only those are told with which it did not go well.
const TOLD: usize = 8;

pub(super) fn reply(reply: &PracticeReply, lang: Lang, style: Style) -> String {
    match reply {
        PracticeReply::List(all) => practices(all, lang, style),
        PracticeReply::One(one) => detail(one, lang, style),
        PracticeReply::Published(view) => named("done-practice-published", view, lang),
        PracticeReply::Removed(view) => named("done-practice-removed", view, lang),
        PracticeReply::Already(view) => named("done-practice-already", view, lang),
    }
}

fn named(id: &str, view: &PracticeView, lang: Lang) -> String {
    let (version, machines) = (view.version.to_string(), view.machines.len().to_string());
    let args = [
        ("practice", &*view.practice),
        ("number", &*version),
        ("course", &*view.course),
        ("machines", &*machines),
        ("checks", &*view.checks.to_string()),
    ];
    said(lang, id, &args)
}

fn practices(all: &[PracticeView], lang: Lang, style: Style) -> String {
    if all.is_empty() {
        return said(lang, "empty-practices", &[]);
    }
    let columns = ["practice", "version", "course", "machines", "published", "title"];
    let mut table = Table::new(lang, &columns).gives(&[Drop("published"), Cut("machines"), Cut("title")]);
    for view in all {
        table.row(vec![
            view.practice.clone(),
            view.version.to_string(),
            view.course.clone(),
            view.machines.join(" "),
            units::minute(&view.published),
            view.title.in_lang(lang).unwrap_or_default().to_owned(),
        ]);
    }
    table.text(style.width) + &units::zone(lang)
}

fn detail(one: &PracticeDetail, lang: Lang, style: Style) -> String {
    let view = &one.practice;
    let mut text = named("practice-is", view, lang);
    if let Some(title) = view.title.in_lang(lang) {
        text += &said(lang, "practice-title", &[("title", title)]);
    }
    let columns = ["name", "state", "address", "template", "ports", "after"];
    let mut table =
        Table::new(lang, &columns).gives(&[Drop("after"), Drop("ports"), Cut("template"), Drop("address")]);
    for PartView { name, template, ports, after, vm } in &one.parts {
        let (state, address) = match vm {
            Some(vm) => (machine::state(vm.state, lang), vm.address.to_string()),
            None => (none(lang), none(lang)),
        };
        table.row(vec![name.clone(), state, address, template.clone(), ports.join(" "), after.join(" ")]);
    }
    text += &table.text(style.width);
    if let Some(newer) = one.newer {
        let newer = newer.to_string();
        text += &said(lang, "practice-newer", &[("number", &newer), ("practice", &view.practice)]);
    }
    text
}

/// What came of an act on many machines.
pub(super) fn batch(view: &BatchView, lang: Lang) -> String {
    let all = view.machines.len() <= TOLD;
    let told = view.machines.iter().filter(|item| all || item.state != "done");
    let mut text: String = told.map(|item| one(item, &view.kind, lang)).collect();
    let (done, total, failed) = (view.done.to_string(), view.total.to_string(), view.failed.to_string());
    let kind = word(lang, "kind", &view.kind);
    let args = [
        ("what", &*view.what),
        ("kind", &*kind),
        ("place", &*view.place),
        ("done", &*done),
        ("total", &*total),
        ("failed", &*failed),
        ("job", &*view.job),
        ("act", &*view.kind),
    ];
    if let [first, ..] = view.absent.as_slice() {
        let (count, names) = (view.absent.len().to_string(), roster::listed(&view.absent));
        let args = [("count", &*count), ("names", &*names), ("what", &*view.what), ("seat", &**first)];
        text += &said(lang, "batch-absent", &args);
    }
    text += &said(lang, "done-batch", &args);
    text
}

fn one(item: &BatchItem, kind: &str, lang: Lang) -> String {
    if let Some(reason) = &item.reason {
        let reason = super::reason(reason, lang);
        return said(lang, "batch-failed", &[("vm", &item.vm), ("reason", &reason)]);
    }
    let address = item.address.as_deref().unwrap_or_default();
    let (starts, id) = match kind {
        "practice-stop" | "many-stop" => (false, "batch-stopped"),
        "many-delete" => (false, "batch-deleted"),
        _ => (true, "batch-running"),
    };
    let mut text = said(lang, id, &[("vm", &item.vm), ("address", address)]);
    for port in item.ports.iter().filter(|_| starts) {
        text += &said(lang, "batch-port", &[("port", port)]);
    }
    text
}
