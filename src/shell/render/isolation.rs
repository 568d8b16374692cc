//! What machines reach, as text.

use super::table::Gives::{Cut, Drop};
use super::table::Table;
use super::{Style, said};
use crate::app::reply::{FlowView, IsolationView, Untried};
use crate::shell::lang::Lang;
use crate::shell::text::text;

pub(super) fn isolation(view: &IsolationView, lang: Lang, style: Style) -> String {
    let mut answer = String::new();
    if !view.flows.is_empty() {
        let mut table = Table::new(lang, &["source", "to", "relation", "result", "flow"])
            .gives(&[Cut("flow"), Drop("relation")]);
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
            Untried::Relation => text(lang, &format!("relation-{}", untried.what), &[]),
            _ => untried.what.clone(),
        };
        answer.push_str(&said(lang, &format!("untried-{}", untried.why.as_str()), &[("what", &what)]));
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
