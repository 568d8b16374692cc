//! What was there at the last look, as far as it takes to write over it: chains and sets can only be taken
//! away by name, and those of a list of egress that nobody has any more are in no desired state. Pure.

use super::parse::{Chain, OURS, Rule, Set, Tables, sets_of};
use super::render::FIXED;
use super::rows::KINDS;
use super::script::STAMP;
use super::{Family, Flavour};
use crate::plan::digest;
use crate::{Members, Observed, Stamp};
use puerta_lab::network::Traffic;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// See above.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    four: Tables,
    six: Tables,
    /// Of the sets that the rules read; `None` when they read none, or those of several.
    pub(super) generation: Option<String>,
    /// Those sets.
    pub(super) living: BTreeSet<String>,
    /// Sets of ours that no rule of ours reads.
    pub(super) strays: BTreeSet<String>,
}

impl Seen {
    /// Our chains without their rules, and of others' chains the rules that call ours.
    pub(super) fn tables(&self, family: Family) -> &Tables {
        match family {
            Family::Four => &self.four,
            Family::Six => &self.six,
        }
    }

    /// A generation that no set is of. Both flavours may be there: sets are neither's, so their names say whose.
    pub(super) fn next(&self, flavour: Flavour) -> String {
        let all = self.living.iter().chain(&self.strays);
        let last =
            all.filter_map(|name| generation(name)?.strip_prefix(flavour.letter())?.parse::<u32>().ok());
        format!("{}{}", flavour.letter(), last.max().unwrap_or(0) % 99_999 + 1)
    }
}

fn generation(set: &str) -> Option<&str> {
    Some(set.rsplit_once('.')?.1)
}

/// A set of this flavour, or one that was tried.
fn is_its(set: &str, flavour: Flavour) -> bool {
    generation(set).is_some_and(|generation| generation.starts_with([flavour.letter(), 't']))
}

/// Whether a rule leads to a chain of ours, which is the end of how it is printed.
fn calls_ours(rule: &Rule) -> bool {
    let mut words = rule.text.rsplit(' ');
    let chain = words.next().filter(|chain| chain.starts_with(OURS) && !chain.ends_with('"'));
    chain.is_some() && matches!(words.next(), Some("-j" | "-g"))
}

/// What the kernel has, in both shapes.
pub(super) fn look(
    flavour: Flavour,
    four: Tables,
    six: Tables,
    sets: &BTreeMap<String, Set>,
) -> (Observed, Seen) {
    let mut seen = Seen { four: calls(&four), six: calls(&six), ..Seen::default() };
    let rules = || [&four, &six].into_iter().flat_map(our_rules).map(|(_, rule)| rule);
    let read: BTreeSet<&str> = rules().flat_map(|rule| sets_of(&rule.text)).collect();
    let its = sets.keys().filter(|name| is_its(name, flavour));
    let (living, strays) = its.cloned().partition(|name| read.contains(name.as_str()));
    (seen.living, seen.strays) = (living, strays);
    let generations: BTreeSet<_> = read.iter().map(|name| generation(name)).collect();
    let one = generations.first().copied().flatten().filter(|_| generations.len() == 1);
    seen.generation = one.map(str::to_owned);
    let mut listing = String::new();
    let mut members = BTreeMap::new();
    list(&mut listing, &mut members, "ip6tables", &six);
    list(&mut listing, &mut members, "iptables", &four);
    for (name, set) in sets.iter().filter(|(name, _)| seen.living.contains(*name)) {
        let _ = writeln!(listing, "{name} {}", set.header);
        if FIXED.contains(&plain(name)) {
            set.entries.keys().for_each(|entry| _ = writeln!(listing, "{name} {entry}"));
        } else {
            let entries = set.entries.keys().map(|entry| (entry.clone(), String::new())).collect();
            members.insert(format!("set:{}", plain(name)), entries);
        }
    }
    let (owner, stamp) = stamp(&four);
    let observed = Observed {
        owner,
        // Tables of two writings: neither is what it should be.
        stamp: stamp.filter(|_| seen.generation.is_some()),
        listed: digest(&listing),
        members,
        traffic: traffic(&four, sets, seen.generation.as_deref()),
        foreign: [drops("iptables", &four, Some(OURS)), drops("ip6tables", &six, Some(OURS))].concat(),
    };
    (observed, seen)
}

/// A set's name without what is ours and its generation.
fn plain(name: &str) -> &str {
    let name = name.strip_prefix(OURS).unwrap_or(name);
    name.rsplit_once('.').map_or(name, |(name, _)| name)
}

fn our_rules(tables: &Tables) -> impl Iterator<Item = (&str, &Rule)> {
    let chains = tables.values().flatten().filter(|(name, _)| name.starts_with(OURS));
    chains.flat_map(|(name, chain)| chain.rules.iter().map(move |rule| (name.as_str(), rule)))
}

fn calls(tables: &Tables) -> Tables {
    let of = |(name, chain): (&String, &Chain)| {
        let ours = name.starts_with(OURS);
        let rules: Vec<Rule> = match ours {
            true => Vec::new(),
            false => chain.rules.iter().filter(|rule| calls_ours(rule)).cloned().collect(),
        };
        (ours || !rules.is_empty()).then(|| (name.clone(), Chain { policy: String::new(), rules }))
    };
    let tables = tables.iter().map(|(name, chains)| (name.clone(), chains.iter().filter_map(of).collect()));
    tables.filter(|(_, chains): &(_, BTreeMap<_, _>)| !chains.is_empty()).collect()
}

/// Everything of ours but members and stamp goes to `text`; members to `members`.
fn list(text: &mut String, members: &mut BTreeMap<String, Members>, family: &str, tables: &Tables) {
    for (table, chains) in tables {
        for (name, chain) in chains.iter().filter(|(name, _)| *name != STAMP) {
            let is_ours = name.starts_with(OURS);
            if is_ours {
                let _ = writeln!(text, "{family} {table} :{name}");
            }
            let mut rules = chain.rules.iter().enumerate().collect::<Vec<_>>();
            for kind in &KINDS {
                if let Some(number) = kind.number(table, name) {
                    let mut there = Members::new();
                    // A second one for the same port is not ours.
                    rules.retain(|(_, rule)| !is_first(&mut there, kind.member(rule)));
                    members.insert(format!("{}{number}", kind.collection), there);
                }
            }
            for (place, rule) in rules {
                if is_ours {
                    let _ = writeln!(text, "{family} {table} -A {name} {}", rule.text);
                } else if calls_ours(rule) {
                    let _ = writeln!(text, "{family} {table} -A {name} {} at {place}", rule.text);
                }
            }
        }
    }
}

fn is_first(there: &mut Members, member: Option<(String, String)>) -> bool {
    match member.map(|(key, value)| (there.entry(key), value)) {
        Some((Entry::Vacant(free), value)) => {
            free.insert(value);
            true
        }
        _ => false,
    }
}

/// `-m comment --comment "puerta OWNER WANTED LISTED"`; the digests come later than the owner.
fn stamp(four: &Tables) -> (Option<String>, Option<Stamp>) {
    let rule = four.get("mangle").and_then(|chains| chains.get(STAMP)).and_then(|chain| chain.rules.first());
    let text = rule.and_then(|rule| rule.text.split('"').nth(1)).unwrap_or_default();
    let words: Vec<&str> = text.split(' ').collect();
    match words[..] {
        ["puerta", owner] => (Some(owner.to_owned()), None),
        ["puerta", owner, wanted, listed] => {
            let stamp = Stamp { wanted: wanted.to_owned(), listed: listed.to_owned() };
            (Some(owner.to_owned()), Some(stamp))
        }
        _ => (None, None),
    }
}

/// Connections are what was translated: only a connection's first packet comes to `nat`.
fn traffic(four: &Tables, sets: &BTreeMap<String, Set>, generation: Option<&str>) -> BTreeMap<u16, Traffic> {
    let incoming = generation.and_then(|generation| sets.get(&format!("{OURS}in.{generation}")));
    let mut traffic: BTreeMap<u16, Traffic> = BTreeMap::new();
    for kind in &KINDS {
        for (name, chain) in four.get(kind.table).into_iter().flatten() {
            for rule in chain.rules.iter().filter(|_| kind.number(kind.table, name).is_some()) {
                let Some(port) = kind.member(rule).and_then(|(port, _)| port.parse().ok()) else { continue };
                let traffic = traffic.entry(port).or_default();
                match kind.collection {
                    "dnat:" => traffic.connections = rule.counted.0,
                    "back:" => traffic.bytes_out = rule.counted.1,
                    _ => {}
                }
            }
        }
    }
    for (port, traffic) in &mut traffic {
        traffic.bytes_in = incoming.and_then(|set| set.entries.get(&port.to_string())).copied().unwrap_or(0);
    }
    traffic
}

/// A line for each chain that drops, less those of ours.
pub(super) fn drops(program: &str, tables: &Tables, ours: Option<&str>) -> Vec<String> {
    let mut lines = Vec::new();
    for (table, chains) in tables {
        // What puerta itself says is not what it carries.
        for (name, chain) in chains {
            if name == "OUTPUT" || ours.is_some_and(|ours| name.starts_with(ours)) {
                continue;
            }
            let what = match () {
                () if chain.policy == "DROP" => "policy DROP",
                () if chain.rules.iter().any(is_drop) => "has rules that drop or reject",
                () => continue,
            };
            lines.push(format!("{program}, table {table}, chain {}: {what}", name.escape_debug()));
        }
    }
    lines
}

fn is_drop(rule: &Rule) -> bool {
    let words: Vec<&str> = rule.text.split(' ').collect();
    words.windows(2).any(|pair| matches!(pair, ["-j", "DROP" | "REJECT" | "QUEUE" | "NFQUEUE" | "TPROXY"]))
}
