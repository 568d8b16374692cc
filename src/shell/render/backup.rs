//! Backups as text.

use super::machine::mixed;
use super::table::Gives::{Cut, Drop};
use super::table::{Table, fields};
use super::{Style, label, said, units};
use crate::app::reply::{BackupReply, BackupView};
use crate::shell::lang::Lang;
use crate::shell::text::text;

pub(super) fn reply(reply: &BackupReply, lang: Lang, style: Style) -> String {
    match reply {
        BackupReply::Made { backup, removed } => made(backup, removed, lang),
        BackupReply::List(all) => list(all, lang, style),
        BackupReply::One(one) => one_of(one, lang),
        BackupReply::Protected(one) => {
            let id = if one.protected { "done-backup-protected" } else { "done-backup-unprotected" };
            said(lang, id, &[("backup", &one.name)])
        }
        BackupReply::Deleted { backup } => said(lang, "done-backup-deleted", &[("backup", backup)]),
    }
}

fn made(backup: &BackupView, removed: &[String], lang: Lang) -> String {
    let size = units::bytes(backup.size, lang);
    let took = units::duration(backup.took_ms, lang);
    let args = [("backup", &*backup.name), ("size", &size), ("took", &took)];
    let mut text = said(lang, "done-backup-made", &args);
    if !removed.is_empty() {
        let names: Vec<_> = removed.iter().map(|name| format!("`{name}`")).collect();
        let names = names.join(", ");
        text += &said(lang, "done-backups-removed", &[("backups", &names)]);
    }
    text
}

/// Machine by machine, as they come, under one heading.
fn list(all: &[BackupView], lang: Lang, style: Style) -> String {
    if all.is_empty() {
        return said(lang, "empty-backups", &[]);
    }
    let mut table =
        Table::new(lang, &["backup", "size", "created", "mark", "note"]).gives(&[Cut("note"), Drop("size")]);
    let mixed = mixed(all.iter().map(|backup| &*backup.seat));
    for own in all.chunk_by(|a, b| machine(a) == machine(b)) {
        table.line(&heading(own, mixed, lang));
        for backup in own {
            table.row(vec![
                backup.name.clone(),
                units::bytes(backup.size, lang),
                units::minute(&backup.created),
                mark(backup, lang),
                backup.note.clone(),
            ]);
        }
    }
    let mut text = table.text(style.width);
    text += &units::zone(lang);
    if let Some(next) = all.iter().find(|backup| backup.goes_next) {
        text += &said(lang, "backup-goes-next", &[("backup", &next.name)]);
    }
    text
}

fn machine(backup: &BackupView) -> (&str, &str, bool) {
    (&backup.seat, &backup.vm, backup.deleted)
}

fn heading(own: &[BackupView], mixed: bool, lang: Lang) -> String {
    let Some(first) = own.first() else { return String::new() };
    let vm = if mixed { format!("{}.{}", first.vm, first.seat) } else { first.vm.clone() };
    let id = if first.deleted { "backups-of-deleted" } else { "backups-of" };
    said(lang, id, &[("vm", &vm), ("count", &own.len().to_string())])
}

fn mark(backup: &BackupView, lang: Lang) -> String {
    match backup {
        BackupView { protected: true, .. } => text(lang, "mark-protected", &[]),
        BackupView { goes_next: true, .. } => text(lang, "mark-goes-next", &[]),
        _ => String::new(),
    }
}

fn one_of(backup: &BackupView, lang: Lang) -> String {
    let mut lines = vec![
        (label(lang, "backup"), backup.name.clone()),
        (label(lang, "vm"), backup.vm.clone()),
        (label(lang, "seat"), backup.seat.clone()),
        (label(lang, "size"), units::bytes(backup.size, lang)),
        (label(lang, "took"), units::duration(backup.took_ms, lang)),
        (label(lang, "created"), units::minute_there(&backup.created)),
        (label(lang, "sha256"), backup.sha256.clone()),
    ];
    if backup.deleted {
        lines[1].1 = text(lang, "vm-deleted", &[("vm", &backup.vm)]);
    }
    for (name, value) in [("mark", mark(backup, lang)), ("note", backup.note.clone())] {
        if !value.is_empty() {
            lines.push((label(lang, name), value));
        }
    }
    fields(&lines)
}
