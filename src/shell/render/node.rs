//! Nodes as text.

use super::table::Gives::{Cut, Drop};
use super::table::Table;
use super::{Style, said, units};
use crate::app::reply::{DrainView, DrainedView, NodeReply, NodeView, PlacedView, RulesState};
use crate::shell::lang::Lang;
use crate::shell::text::text;

pub(super) fn reply(reply: &NodeReply, lang: Lang, style: Style) -> String {
    match reply {
        NodeReply::List(all) => nodes(all, lang, style),
        NodeReply::Drained(view) => drained(view, lang),
        NodeReply::Resumed { node, changed: true } => said(lang, "done-node-resumed", &[("node", node)]),
        NodeReply::Resumed { node, .. } => said(lang, "done-node-resumed-already", &[("node", node)]),
    }
}

fn nodes(all: &[NodeView], lang: Lang, style: Style) -> String {
    let columns = ["node", "state", "load", "memory", "disk", "machines", "isolation"];
    let mut table =
        Table::new(lang, &columns).gives(&[Drop("load"), Cut("isolation"), Drop("disk"), Cut("state")]);
    for node in all {
        let version = node.rules.version.map_or_else(String::new, |version| version.to_string());
        let rules = text(lang, &format!("rules-{}", node.rules.state.as_str()), &[("version", &version)]);
        table.row(vec![
            node.name.clone(),
            state(node, lang),
            node.load.map_or_else(|| unknown(lang), |[one, ..]| units::hundredths(one, lang)),
            room(node.memory_used, node.memory_total, lang),
            room(node.disk_used, node.disk_total, lang),
            machines(node, lang),
            rules,
        ]);
    }
    let mut answer = table.text(style.width);
    for node in all {
        answer.extend(node.drained.as_ref().map(|drained| note(&node.name, drained, lang)));
    }
    if all.iter().any(|node| node.silent_since.is_some() || node.drained.is_some()) {
        answer += &units::zone(lang);
    }
    let bare = |node: &&NodeView| matches!(node.rules.state, RulesState::None | RulesState::Old);
    if let Some(node) = all.iter().find(bare) {
        answer.push_str(&said(lang, "node-rules-hint", &[("node", &node.name)]));
    }
    answer
}

fn unknown(lang: Lang) -> String {
    text(lang, "word-none", &[])
}

fn state(node: &NodeView, lang: Lang) -> String {
    match &node.silent_since {
        Some(since) => text(lang, "node-offline-since", &[("since", &units::minute(since))]),
        None => text(lang, &format!("node-{}", node.state.as_str()), &[]),
    }
}

fn room(used: Option<u64>, total: Option<u64>, lang: Lang) -> String {
    let (Some(used), Some(total)) = (used, total) else { return unknown(lang) };
    text(lang, "node-room", &[("used", &units::gib(used, lang)), ("total", &units::gib(total, lang))])
}

fn machines(node: &NodeView, lang: Lang) -> String {
    let all = node.machines.to_string();
    let Some(running) = node.running else { return all };
    text(lang, "node-machines", &[("running", &running.to_string()), ("all", &all)])
}

fn note(node: &str, drained: &DrainedView, lang: Lang) -> String {
    let since = units::minute(&drained.since);
    let emptying = if drained.emptying { "yes" } else { "no" };
    let mut args = vec![("node", node), ("by", &drained.by), ("since", &since), ("emptying", emptying)];
    let Some(reason) = &drained.reason else { return said(lang, "node-drained-note", &args) };
    args.push(("reason", reason));
    said(lang, "node-drained-reason", &args)
}

fn drained(view: &DrainView, lang: Lang) -> String {
    let machines = view.machines.to_string();
    let args = [("node", &*view.node), ("machines", &*machines)];
    let mut answer =
        said(lang, if view.changed { "done-node-drained" } else { "done-node-drained-already" }, &args);
    let rest = match view {
        DrainView { machines: 0, .. } => "done-node-empty",
        DrainView { moving: true, silent: true, .. } => "done-node-waiting",
        DrainView { moving: true, .. } => "done-node-moving",
        _ => "done-node-staying",
    };
    answer.push_str(&said(lang, rest, &args));
    if view.others == 0 {
        answer.push_str(&said(lang, "done-node-none-left", &args));
    }
    answer
}

/// Why a machine is on its node.
pub(super) fn placed(view: &PlacedView, lang: Lang) -> String {
    let free = view.free_mib.map_or_else(|| unknown(lang), units::mib);
    let args = [("nodes", &*view.nodes.to_string()), ("free", &*free)];
    text(lang, &format!("placed-{}", view.chosen), &args)
}
