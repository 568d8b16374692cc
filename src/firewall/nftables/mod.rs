//! The nftables backend: one table, `inet puerta`, and nothing outside it. Every change is one `nft -f -`,
//! which the kernel takes whole or not at all.
//!
//! Whose the table is, and how it was left, are the names of two counters in it that count nothing: nft 1.0.6
//! prints no comments of tables.

mod foreign;
mod parse;
mod render;
#[cfg(test)]
mod tests;

use super::run::run;
use super::{Backend, Change, Desired, Observed, Plan, Result, Ruleset, Site, Stamp, Step, Why};
use parse::State;
use std::fmt::Write;

/// nft's family and our table's name.
const TABLE: &str = "inet puerta";

/// Rules by `nft`.
#[derive(Debug, Clone, Copy)]
pub struct Nftables;

impl Backend for Nftables {
    fn render(&self, site: &Site, desired: &Desired) -> Ruleset {
        Ruleset { fixed: render::fixed(site, desired), members: render::members(site, desired) }
    }

    fn script(&self, _desired: &Desired, wanted: &Ruleset, plan: &Plan) -> Vec<Step> {
        match plan {
            Plan::Nothing => Vec::new(),
            Plan::Members(changes) => vec![write(members(changes))],
            // Only a table that is not there is made without one going: of two who saw none, one fails.
            Plan::Whole(Why::Absent) => vec![write(whole(wanted))],
            Plan::Whole(Why::Changed | Why::Drift) => {
                vec![write(format!("delete table {TABLE}\n{}", whole(wanted)))]
            }
        }
    }

    fn stamp(&self, _desired: &Desired, stamp: &Stamp) -> Vec<Step> {
        let Stamp { wanted, listed } = stamp;
        vec![write(format!("add counter {TABLE} {}{wanted}_{listed}\n", parse::STAMP))]
    }

    fn probe(&self, wanted: &Ruleset) -> Vec<Step> {
        let input = format!("table {TABLE}\ndelete table {TABLE}\n{}", whole(wanted));
        vec![nft(&["-c", "-f", "-"], input)]
    }

    fn observe(&self) -> Result<Observed> {
        // Not `list tables`: nft 1.0.6 reads every element before it prints their names.
        let mut observed = match parse::state(&ask(&["-t", "list", "ruleset"])?) {
            State::Absent => Observed::default(),
            State::Asleep(observed) => observed,
            State::Awake => parse::table(&ask(&["-j", "list", "table", "inet", "puerta"])?)?,
        };
        // A table that this `nft` cannot print must not stop ours.
        observed.foreign = match ask(&["-j", "-t", "list", "ruleset"]) {
            Ok(listing) => foreign::lines(&listing),
            Err(error) => vec![format!("the other tables cannot be listed: {error}")],
        };
        Ok(observed)
    }

    fn listing(&self) -> Result<String> {
        ask(&["list", "table", "inet", "puerta"])
    }

    fn remove(&self) -> Vec<Step> {
        vec![write(format!("delete table {TABLE}\n"))]
    }
}

fn nft(arguments: &[&str], input: String) -> Step {
    Step { program: "nft", arguments: arguments.iter().map(ToString::to_string).collect(), input }
}

fn write(input: String) -> Step {
    nft(&["-f", "-"], input)
}

fn ask(arguments: &[&str]) -> Result<String> {
    run(&nft(arguments, String::new()))
}

/// The table and its members. It fails where there is one.
fn whole(wanted: &Ruleset) -> String {
    let mut text = format!("create table {TABLE}\n{}", wanted.fixed);
    for (collection, members) in &wanted.members {
        let elements = members.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        elements_of(&mut text, "add", collection, elements);
    }
    text
}

/// A removal names only keys: nft compares no values.
fn members(changes: &[Change]) -> String {
    let mut text = String::new();
    let parts = changes.chunk_by(|one, next| kind(one) == kind(next));
    for part in parts {
        let Some((verb, collection)) = part.first().map(kind) else { continue };
        let elements = part.iter().map(|change| match change {
            Change::Add { key, value, .. } => (key.as_str(), value.as_str()),
            Change::Remove { key, .. } => (key.as_str(), ""),
        });
        elements_of(&mut text, verb, collection, elements);
    }
    text
}

fn kind(change: &Change) -> (&'static str, &str) {
    match change {
        Change::Add { collection, .. } => ("add", collection),
        Change::Remove { collection, .. } => ("delete", collection),
    }
}

fn elements_of<'a>(
    text: &mut String,
    verb: &str,
    collection: &str,
    elements: impl Iterator<Item = (&'a str, &'a str)>,
) {
    let lines: Vec<String> = elements
        .map(|(key, value)| match value {
            "" => format!("\t{key}"),
            value => format!("\t{key} : {value}"),
        })
        .collect();
    if !lines.is_empty() {
        let _ = writeln!(text, "{verb} element {TABLE} {collection} {{\n{}\n}}", lines.join(",\n"));
    }
}
