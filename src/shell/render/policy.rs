//! The policy, what it would say, and the ready rules as text.

use super::table::Gives::{Cut, Drop};
use super::table::Table;
use super::{Style, said};
use crate::app::reply::{CheckView, ExplainView, PolicyReply, PolicyView, RuleState, RuleView};
use crate::shell::lang::Lang;
use crate::shell::printable::printable;
use crate::shell::text::text;

pub(super) fn reply(reply: &PolicyReply, lang: Lang, style: Style) -> String {
    match reply {
        PolicyReply::List(all) => all.iter().map(cedar).collect::<Vec<_>>().join("\n"),
        PolicyReply::One(policy) => cedar(policy),
        PolicyReply::Checked(check) => checked(check, lang),
        PolicyReply::Explained(view) => explained(view, lang, style),
        PolicyReply::Rules(all) => rules(all, lang, style),
        PolicyReply::RuleAdded(rule) => changed("done-rule-added", rule, lang) + &nobodys(rule, lang),
        PolicyReply::RuleRemoved(rule) => changed("done-rule-removed", rule, lang),
    }
}

/// As it was written, under a comment that says where: the whole can be read as Cedar again.
fn cedar(policy: &PolicyView) -> String {
    let mut out = format!("// {}:{}\n", printable(&policy.file), policy.line);
    for line in policy.text.lines() {
        out += &printable(&line.replace('\t', "    "));
        out.push('\n');
    }
    out
}

fn checked(check: &CheckView, lang: Lang) -> String {
    let count = check.policies.to_string();
    let mut out = match check.taken {
        true => said(lang, "done-policy-taken", &[("source", check.source), ("policies", &count)]),
        false => said(lang, "done-policy-refused", &[("source", check.source)]),
    };
    for error in &check.errors {
        out += &format!("  {}\n", printable(error));
    }
    if !check.known.is_empty() {
        let known: Vec<String> = check.known.iter().map(|id| format!("`{id}`")).collect();
        out += &said(lang, "done-policy-known", &[("known", &known.join(", "))]);
    }
    out
}

fn explained(view: &ExplainView, lang: Lang, style: Style) -> String {
    let answer = if view.allowed { "done-policy-allowed" } else { "done-policy-denied" };
    let target = view.target.as_deref().map(|target| format!("`{target}`"));
    let target = target.unwrap_or_else(|| text(lang, "word-the-lab", &[]));
    let args = [
        ("login", &*view.who),
        ("verb", view.verb),
        ("target", &target),
        ("at", &view.at),
        ("from", &view.from),
    ];
    let mut out = said(lang, answer, &args);
    if view.policies.is_empty() {
        out += &said(lang, "done-policy-reason", &[("reason", view.reason)]);
    } else {
        let mut table = Table::new(lang, &["policy", "file"]).gives(&[Cut("file")]);
        for policy in &view.policies {
            let place = policy.place.clone();
            table.row(vec![policy.id.clone(), place.unwrap_or_else(|| text(lang, "word-none", &[]))]);
        }
        out += &table.text(style.width);
    }
    if view.second_factor_helps {
        out += &said(lang, "done-policy-second-factor", &[]);
    }
    out
}

fn rules(all: &[RuleView], lang: Lang, style: Style) -> String {
    if all.is_empty() {
        return said(lang, "empty-rules", &[]);
    }
    let mut table = Table::new(lang, &["rule", "rule-kind", "course", "state", "says", "author"])
        .gives(&[Drop("author")]);
    for rule in all {
        let course = rule.course.clone();
        table.row(vec![
            rule.id.to_string(),
            rule.kind.to_owned(),
            course.unwrap_or_else(|| text(lang, "word-none", &[])),
            text(lang, state(rule), &[]),
            parameters(rule),
            rule.author.clone(),
        ]);
    }
    table.text(style.width)
}

fn state(rule: &RuleView) -> &'static str {
    match rule.state {
        RuleState::On => "state-rule-on",
        RuleState::Over => "state-rule-over",
        RuleState::Off => "state-rule-off",
    }
}

/// As one would type it: the same in every language.
fn parameters(rule: &RuleView) -> String {
    let mut words = Vec::new();
    let mut option = |name: &str, value: Option<&str>| {
        words.extend(value.filter(|value| !value.is_empty()).map(|value| format!("--{name} {value}")));
    };
    option("from", rule.from.as_deref());
    option("until", rule.until.as_deref());
    option("machines", Some(&rule.machines.join(",")));
    option("verbs", rule.verbs.as_deref());
    option("open", rule.open.as_ref().map(|open| format!("\"{open}\"")).as_deref());
    option("networks", Some(&rule.networks.join(",")));
    option("role", rule.role);
    words.join(" ")
}

fn changed(id: &str, rule: &RuleView, lang: Lang) -> String {
    let course = rule.course.as_ref().map(|course| format!("--course {course} ")).unwrap_or_default();
    let says = format!("{} {course}{}", rule.kind, parameters(rule));
    let number = rule.id.to_string();
    let args = [("rule", &*number), ("policy", &rule.policy), ("says", &says)];
    let mut out = said(lang, id, &args);
    if let Some(zone) = rule.zone.as_ref().filter(|_| rule.open.is_some()) {
        out += &said(lang, "done-rule-zone", &[("zone", zone)]);
    }
    out
}

fn nobodys(rule: &RuleView, lang: Lang) -> String {
    if rule.nobodys.is_empty() {
        return String::new();
    }
    let names: Vec<String> = rule.nobodys.iter().map(|name| format!("`{name}`")).collect();
    said(lang, "done-rule-nobodys", &[("machines", &names.join(", "))])
}
