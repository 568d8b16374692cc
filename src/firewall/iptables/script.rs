//! A plan as programs to run. Pure.
//!
//! A table is replaced in one transaction (`iptables-restore --noflush`), but tables and sets are not
//! replaced together. So a whole writing makes its sets anew, under names of their own (a generation), and
//! each table goes from the old rules with the old sets to the new rules with the new sets at once; the
//! old sets go when nothing reads them. What closes comes before what opens: `filter`, `mangle`, and
//! translations last.

use super::parse::{OURS, Rule, Tables, tables};
use super::render::{FOUR, SIX};
use super::rows::KINDS;
use super::seen::Seen;
use super::{Family, Flavour};
use crate::{Change, Members, Ruleset, Step};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The chain of `mangle`, called by nobody, whose only rule says whose all this is and how it was left.
pub(super) const STAMP: &str = "PUERTA-STAMP";

fn restore(flavour: Flavour, family: Family, arguments: &[&str], input: String) -> Step {
    let arguments = ["--noflush", "-w", "10"].iter().chain(arguments).map(ToString::to_string).collect();
    Step { program: flavour.restore(family), arguments, input }
}

fn ipset(input: String) -> Step {
    Step { program: "ipset", arguments: vec!["restore".into()], input }
}

/// Everything anew.
pub(super) fn whole(flavour: Flavour, seen: &Seen, owner: &str, wanted: &Ruleset) -> Vec<Step> {
    let generation = seen.next(flavour);
    let (create, six, four) = sections(&wanted.fixed);
    let mut sets = destroy(&seen.strays);
    sets.push_str(&creation(create, &generation));
    for (name, members) in collections(&wanted.members, "set:") {
        for entry in members.keys() {
            let _ = writeln!(sets, "add {OURS}{name}.{generation} {}", added(name, entry));
        }
    }
    let mut four = tables(four);
    let stamp = four.entry("mangle".into()).or_default().entry(STAMP.into()).or_default();
    stamp.rules.push(Rule { counted: (0, 0), text: comment(owner, "") });
    let write = |family, wanted: &Tables, members: &BTreeMap<_, _>| {
        let mut input = String::new();
        for name in wanted.keys() {
            table(&mut input, name, Some(wanted), seen.tables(family), &generation, members);
        }
        restore(flavour, family, &[], input)
    };
    // What fails, fails in IPv4, and then nothing was written.
    vec![
        ipset(sets),
        write(Family::Four, &four, &wanted.members),
        write(Family::Six, &tables(six), &BTreeMap::new()),
    ]
}

/// Sets, and both families' rules, tried and not written. The sets are there for a moment: the rules name
/// them. Those of a probe that was killed go with the next whole writing.
pub(super) fn probe(flavour: Flavour, generation: &str, wanted: &Ruleset) -> Vec<Step> {
    let (create, six, four) = sections(&wanted.fixed);
    let mut steps = vec![ipset(creation(create, generation))];
    for (family, text) in [(Family::Six, six), (Family::Four, four)] {
        let (wanted, mut input) = (tables(text), String::new());
        for name in wanted.keys() {
            table(&mut input, name, Some(&wanted), &Tables::new(), generation, &BTreeMap::new());
        }
        steps.push(restore(flavour, family, &["--test"], input));
    }
    let names = create.lines().filter_map(|line| line.strip_prefix("create ")?.split(' ').next());
    steps.push(ipset(names.map(|name| format!("destroy {name}.{generation}\n")).collect()));
    steps
}

/// Takes away everything of ours: translations first.
pub(super) fn remove(flavour: Flavour, seen: &Seen) -> Vec<Step> {
    let mut steps = Vec::new();
    for family in [Family::Four, Family::Six] {
        let mut input = String::new();
        for name in seen.tables(family).keys().rev() {
            table(&mut input, name, None, seen.tables(family), "", &BTreeMap::new());
        }
        steps.push(restore(flavour, family, &[], input));
    }
    steps.push(ipset(destroy(seen.strays.iter().chain(&seen.living))));
    steps
}

/// Who is stricter comes first: what access loses, then where ports lead, then what access gains. Egress the
/// other way round: who is in two sets is judged by the stricter, who is in none by what is more general.
pub(super) fn members(flavour: Flavour, seen: &Seen, changes: &[Change]) -> Vec<Step> {
    let (mut before, mut rests, mut after) = (String::new(), String::new(), String::new());
    let mut rules: BTreeMap<&str, String> = BTreeMap::new();
    let generation = seen.generation.as_deref().unwrap_or_default();
    for change in changes {
        let (verb, flag, collection, key, value) = match change {
            Change::Add { collection, key, value } => ("add", "-I", collection, key, value),
            Change::Remove { collection, key, value } => ("del", "-D", collection, key, value),
        };
        for kind in &KINDS {
            if let Some(number) = collection.strip_prefix(kind.collection) {
                let text = rules.entry(kind.table).or_default();
                let _ = writeln!(text, "{flag} {OURS}{}{number} {}", kind.chain, (kind.write)(key, value));
            }
        }
        if let Some(name) = collection.strip_prefix("set:") {
            let is_egress = name.starts_with("seat-");
            let text = match (verb, is_egress) {
                ("del", true) => &mut rests,
                ("del", false) | ("add", true) => &mut before,
                _ => &mut after,
            };
            let entry = if verb == "add" { added(name, key) } else { key.clone() };
            let _ = writeln!(text, "{verb} {OURS}{name}.{generation} {entry}");
        }
    }
    before.push_str(&rests);
    let mut steps = Vec::new();
    if !before.is_empty() {
        steps.push(ipset(before));
    }
    let input: String = rules.iter().map(|(table, rules)| format!("*{table}\n{rules}COMMIT\n")).collect();
    if !input.is_empty() {
        steps.push(restore(flavour, Family::Four, &[], input));
    }
    if !after.is_empty() {
        steps.push(ipset(after));
    }
    steps
}

/// The sets that nothing reads any more go, and the stamp is written.
pub(super) fn stamp(flavour: Flavour, seen: &Seen, owner: &str, digests: &str) -> Vec<Step> {
    let comment = comment(owner, digests);
    let input = format!("*mangle\n:{STAMP} - [0:0]\n-A {STAMP} {comment}\nCOMMIT\n");
    let mut steps = Vec::new();
    if !seen.strays.is_empty() {
        steps.push(ipset(destroy(&seen.strays)));
    }
    steps.push(restore(flavour, Family::Four, &[], input));
    steps
}

fn comment(owner: &str, digests: &str) -> String {
    format!("-m comment --comment \"puerta {owner}{digests}\"")
}

fn sections(fixed: &str) -> (&str, &str, &str) {
    let (create, rules) = fixed.split_once(SIX).unwrap_or_default();
    let (six, four) = rules.split_once(FOUR).unwrap_or_default();
    (create, six, four)
}

/// `create NAME TYPE` and `add NAME ENTRY`, with a generation.
fn creation(create: &str, generation: &str) -> String {
    let mut text = String::new();
    for line in create.lines() {
        if let [verb, name, rest] = line.splitn(3, ' ').collect::<Vec<_>>()[..] {
            let _ = writeln!(text, "{verb} {name}.{generation} {rest}");
        }
    }
    text
}

/// A bitmap keeps the counters of an entry that went, for when it comes again.
fn added(set: &str, entry: &str) -> String {
    match set {
        "in" => format!("{entry} packets 0 bytes 0"),
        _ => entry.to_owned(),
    }
}

fn destroy<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    names.into_iter().map(|name| format!("destroy {name}\n")).collect()
}

fn collections<'a>(
    members: &'a BTreeMap<String, Members>,
    kind: &'a str,
) -> impl Iterator<Item = (&'a str, &'a Members)> {
    members.iter().filter_map(move |(name, members)| Some((name.strip_prefix(kind)?, members)))
}

/// One table from what was seen to what is wanted (nothing: all of ours goes), in one transaction.
fn table(
    input: &mut String,
    name: &str,
    wanted: Option<&Tables>,
    seen: &Tables,
    generation: &str,
    members: &BTreeMap<String, Members>,
) {
    let nothing = BTreeMap::new();
    let wanted = wanted.and_then(|wanted| wanted.get(name)).unwrap_or(&nothing);
    let seen = seen.get(name).unwrap_or(&nothing);
    let is_ours = |chain: &&String| chain.starts_with(OURS);
    let _ = writeln!(input, "*{name}");
    for chain in wanted.keys().filter(is_ours) {
        let _ = writeln!(input, ":{chain} - [0:0]");
    }
    let gone = || seen.keys().filter(is_ours).filter(|chain| !wanted.contains_key(*chain));
    for chain in gone() {
        let _ = writeln!(input, ":{chain} - [0:0]");
    }
    for (chain, there) in seen.iter().filter(|(chain, _)| !chain.starts_with(OURS)) {
        for rule in &there.rules {
            let _ = writeln!(input, "-D {chain} {}", rule.text);
        }
    }
    for (chain, there) in wanted {
        let verb = if chain.starts_with(OURS) { "-A" } else { "-I" };
        for rule in &there.rules {
            let _ = writeln!(input, "{verb} {chain} {}", of_generation(&rule.text, generation));
        }
    }
    for kind in KINDS.iter().filter(|kind| kind.table == name) {
        for (number, members) in collections(members, kind.collection) {
            for (port, value) in members {
                let _ = writeln!(input, "-I {OURS}{}{number} {}", kind.chain, (kind.write)(port, value));
            }
        }
    }
    for chain in gone() {
        let _ = writeln!(input, "-X {chain}");
    }
    input.push_str("COMMIT\n");
}

/// A rule whose sets are those of a generation.
fn of_generation(rule: &str, generation: &str) -> String {
    const MATCH: &str = "--match-set ";
    let mut parts = rule.split(MATCH);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(' ').unwrap_or((part, ""));
        let _ = write!(text, "{MATCH}{name}.{generation} {rest}");
    }
    text
}
