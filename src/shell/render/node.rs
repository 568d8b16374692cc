//! Nodes, and what machines reach, as text.

use super::table::Table;
use super::{Style, labels, said};
use crate::app::reply::{FlowView, IsolationView, NodeView};
use crate::shell::lang::Lang;
use crate::shell::text::text;

pub(super) fn nodes(all: &[NodeView], lang: Lang, style: Style) -> String {
    let columns = ["node", "state", "address", "machines", "isolation"];
    let mut table = Table::new(labels(lang, &columns));
    for node in all {
        let version = node.rules.version.map_or_else(String::new, |version| version.to_string());
        let rules = text(lang, &format!("rules-{}", node.rules.state), &[("version", &version)]);
        let address = node.address.map(|address| address.to_string());
        table.row(vec![
            node.name.clone(),
            text(lang, if node.online { "node-online" } else { "node-offline" }, &[]),
            address.unwrap_or_else(|| text(lang, "word-none", &[])),
            node.machines.to_string(),
            rules,
        ]);
    }
    let mut answer = table.text(style.width);
    let bare = |node: &&NodeView| ["none", "old"].contains(&node.rules.state);
    if let Some(node) = all.iter().find(bare) {
        answer.push_str(&said(lang, "node-rules-hint", &[("node", &node.name)]));
    }
    answer
}

pub(super) fn isolation(view: &IsolationView, lang: Lang, style: Style) -> String {
    let mut answer = String::new();
    if !view.flows.is_empty() {
        let mut table = Table::new(labels(lang, &["source", "to", "relation", "result", "flow"]));
        for flow in &view.flows {
            table.row(vec![
                flow.from.clone(),
                flow.to.clone(),
                text(lang, &format!("relation-{}", flow.relation), &[]),
                result(flow, lang),
                flow.flow.clone(),
            ]);
        }
        answer.push_str(&table.text(style.width));
    }
    for untried in &view.untried {
        let what = match untried.why {
            "relation" => text(lang, &format!("relation-{}", untried.what), &[]),
            _ => untried.what.clone(),
        };
        answer.push_str(&said(lang, &format!("untried-{}", untried.why), &[("what", &what)]));
    }
    let wrong = view.flows.iter().filter(|flow| flow.open != flow.expected).count().to_string();
    let args = [("open", &*view.open.to_string()), ("closed", &*view.closed.to_string()), ("wrong", &*wrong)];
    answer.push_str(&said(lang, if view.good { "isolation-good" } else { "isolation-wrong" }, &args));
    answer
}

fn result(flow: &FlowView, lang: Lang) -> String {
    let id = match (flow.open, flow.expected) {
        (true, true) => "flow-open",
        (true, false) => "flow-leak",
        (false, _) => "flow-cut",
    };
    text(lang, id, &[])
}
