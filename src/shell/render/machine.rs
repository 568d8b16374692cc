//! Machines as text.

use super::table::Gives::{Cut, Drop};
use super::table::{Table, fields};
use super::{Style, label, node, said, template, units};
use crate::app::reply::{VmReply, VmState, VmView};
use crate::shell::lang::Lang;
use crate::shell::text::text;

pub(super) fn reply(reply: &VmReply, lang: Lang, style: Style) -> String {
    let running = |id: &str, vm: &VmView| {
        let address = vm.address.to_string();
        said(lang, id, &[("vm", &vm.said), ("seat", &vm.seat), ("address", &address)]) + &blocked(vm, lang)
    };
    match reply {
        VmReply::List(vms) => machines(vms, lang, style),
        VmReply::One(vm) => machine(vm, lang),
        VmReply::Created { vm, keyless, ports, unpublished } => {
            let id = if *keyless { "done-vm-created-keyless" } else { "done-vm-created" };
            running(id, vm) + &template::wanted(ports, unpublished, lang)
        }
        VmReply::Started(vm) => running("done-vm-started", vm),
        VmReply::Stopped(vm) => running("done-vm-stopped", vm),
        VmReply::Restarted(vm) => running("done-vm-restarted", vm),
        VmReply::Renamed { vm, was } => said(lang, "done-vm-renamed", &[("vm", &vm.said), ("name", was)]),
        VmReply::Deleted { vm, backups_kept, ports_closed } => {
            let (backups, ports) = (backups_kept.to_string(), ports_closed.to_string());
            said(lang, "done-vm-deleted", &[("vm", vm), ("backups", &backups), ("ports", &ports)])
        }
        VmReply::Restored { vm, backup } => {
            let address = vm.address.to_string();
            let args = [("vm", &*vm.said), ("backup", &**backup), ("address", &*address)];
            said(lang, "done-vm-restored", &args) + &blocked(vm, lang)
        }
        VmReply::Remade { vm, backup, copy } => {
            let address = vm.address.to_string();
            let id = if *copy { "done-vm-copied" } else { "done-vm-remade" };
            said(lang, id, &[("vm", &vm.said), ("backup", backup), ("address", &address)])
        }
        VmReply::Moved { vm, ran, .. } => {
            let node = vm.node.as_deref().unwrap_or_default();
            let (address, id) = match ran {
                true => (vm.address.to_string(), "done-vm-moved"),
                false => (String::new(), "done-vm-moved-stopped"),
            };
            said(lang, id, &[("vm", &vm.said), ("node", node), ("address", &address)])
        }
    }
}

/// What is in the way of its people's keys.
fn blocked(vm: &VmView, lang: Lang) -> String {
    let note = |file: &String| said(lang, "done-vm-keys-blocked", &[("vm", &vm.name), ("file", file)]);
    vm.keys_blocked.as_ref().map(note).unwrap_or_default()
}

/// Whether the rows are of more than one seat, so that it must be said whose each is.
pub(super) fn mixed<'a>(mut seats: impl Iterator<Item = &'a str>) -> bool {
    let first = seats.next();
    seats.any(|seat| Some(seat) != first)
}

fn machines(vms: &[VmView], lang: Lang, style: Style) -> String {
    if vms.is_empty() {
        return said(lang, "empty-vms", &[]);
    }
    let mixed = mixed(vms.iter().map(|vm| &*vm.seat));
    let mut columns = vec!["name", "state", "address", "cpus", "memory", "disk"];
    if mixed {
        columns.insert(1, "seat");
    }
    columns.push("template");
    let mut table =
        Table::new(lang, &columns).gives(&[Drop("disk"), Drop("cpus"), Drop("memory"), Cut("template")]);
    for vm in vms {
        let mut row = vec![
            vm.name.clone(),
            state(vm.state, lang),
            vm.address.to_string(),
            vm.cpus.to_string(),
            units::mib(vm.memory_mib),
            units::mib(vm.disk_mib),
            vm.template.clone(),
        ];
        if mixed {
            row.insert(1, vm.seat.clone());
        }
        table.row(row);
    }
    table.text(style.width)
}

fn machine(vm: &VmView, lang: Lang) -> String {
    let limits = text(
        lang,
        "limits",
        &[
            ("cpus", &vm.cpus.to_string()),
            ("memory", &units::mib(vm.memory_mib)),
            ("disk", &units::mib(vm.disk_mib)),
            ("processes", &vm.processes.to_string()),
        ],
    );
    let mut lines = vec![
        (label(lang, "name"), vm.name.clone()),
        (label(lang, "seat"), vm.seat.clone()),
        (label(lang, "state"), state(vm.state, lang)),
        (label(lang, "address"), vm.address.to_string()),
        (label(lang, "template"), vm.template.clone()),
    ];
    if let Some(node) = &vm.node {
        lines.push((label(lang, "node"), node.clone()));
    }
    if let Some(placed) = &vm.placed {
        lines.push((label(lang, "placed"), node::placed(placed, lang)));
    }
    lines.push((label(lang, "limits"), limits));
    if let Some(usage) = &vm.usage {
        let size = |id: &str, bytes: u64| text(lang, id, &[("size", &units::bytes(bytes, lang))]);
        let figures: Vec<String> = [
            usage.memory_bytes.map(|bytes| size("usage-memory", bytes)),
            usage.disk_bytes.map(|bytes| size("usage-disk", bytes)),
            usage.processes.map(|count| text(lang, "usage-processes", &[("count", &count.to_string())])),
        ]
        .into_iter()
        .flatten()
        .collect();
        lines.push((label(lang, "usage"), figures.join(", ")));
    }
    for visit in &vm.visitors {
        let since = units::minute_there(&visit.since);
        let helps = text(lang, "visitor", &[("login", &visit.login), ("since", &since)]);
        lines.push((label(lang, "visitor"), helps));
    }
    for key in &vm.host_keys {
        lines.push((label(lang, "host-key"), format!("{} {}", key.algorithm, key.fingerprint)));
    }
    lines.push((label(lang, "created"), units::minute_there(&vm.created)));
    fields(&lines)
}

pub(super) fn state(state: VmState, lang: Lang) -> String {
    let id = match state {
        VmState::Running => "state-running",
        VmState::Stopped => "state-stopped",
        VmState::Creating => "state-creating",
        VmState::Deleting => "state-deleting",
        VmState::BackingUp => "state-backup",
        VmState::Restoring => "state-restoring",
        VmState::Publishing => "state-publishing",
        VmState::Moving => "state-moving",
        VmState::Busy => "state-busy",
        VmState::Unreachable => "state-unreachable",
        VmState::Missing => "state-missing",
    };
    text(lang, id, &[])
}
