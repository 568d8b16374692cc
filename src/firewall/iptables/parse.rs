//! What `iptables-save` (either flavour, either family) and `ipset save` print, as values. Chains and
//! sets of others are read as well: they are looked at, never touched. Pure.

use std::collections::BTreeMap;

/// Every chain and every set of ours begins so; nothing else does.
pub(super) const OURS: &str = "PUERTA-";

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    /// Packets and bytes that it matched, where they were printed.
    pub(super) counted: (u64, u64),
    /// What follows `-A CHAIN `.
    pub(super) text: String,
}

/// One chain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Chain {
    /// What becomes of what no rule decides; `-` for chains that were made.
    pub(super) policy: String,
    /// Its rules, in their order.
    pub(super) rules: Vec<Rule>,
}

/// A family's tables: name of the table, name of the chain.
pub(super) type Tables = BTreeMap<String, BTreeMap<String, Chain>>;

/// Reads what `iptables-save -c` prints. What it is not sure of it leaves out: a rule of ours that is
/// missed makes a listing that is not the one that was left, and everything is written anew.
pub(super) fn tables(text: &str) -> Tables {
    let mut tables = Tables::new();
    let mut table = String::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('*') {
            table = name.to_owned();
            tables.entry(table.clone()).or_default();
        } else if let Some(chain) = line.strip_prefix(':') {
            let mut words = chain.split(' ');
            let name = words.next().unwrap_or_default().to_owned();
            let policy = words.next().unwrap_or("-").to_owned();
            let chain = Chain { policy, rules: Vec::new() };
            tables.entry(table.clone()).or_default().insert(name, chain);
        } else if let Some((chain, rule)) = rule(line) {
            let chains = tables.entry(table.clone()).or_default();
            chains.entry(chain.to_owned()).or_default().rules.push(rule);
        }
    }
    tables
}

/// `[packets:bytes] -A CHAIN text`, the first part where counters are printed.
fn rule(line: &str) -> Option<(&str, Rule)> {
    let (counted, line) = match line.strip_prefix('[') {
        Some(line) => {
            let (counters, line) = line.split_once("] ")?;
            let (packets, bytes) = counters.split_once(':')?;
            ((packets.parse().ok()?, bytes.parse().ok()?), line)
        }
        None => ((0, 0), line),
    };
    let (chain, text) = line.strip_prefix("-A ")?.split_once(' ')?;
    Some((chain, Rule { counted, text: text.to_owned() }))
}

/// One set of ours.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Set {
    /// Its type and options, less what differs from one making of the same set to the next.
    pub(super) header: String,
    /// Its entries, and the bytes that each counted.
    pub(super) entries: BTreeMap<String, u64>,
}

/// Reads what `ipset save` prints; sets of others are left out.
pub(super) fn sets(text: &str) -> BTreeMap<String, Set> {
    let mut sets: BTreeMap<String, Set> = BTreeMap::new();
    for line in text.lines() {
        let mut words = line.split(' ');
        let (Some(verb), Some(name)) = (words.next(), words.next()) else { continue };
        if !name.starts_with(OURS) {
            continue;
        }
        let set = sets.entry(name.to_owned()).or_default();
        match verb {
            "create" => set.header = header(words),
            "add" => {
                let entry = words.next().unwrap_or_default().to_owned();
                let bytes = words.skip_while(|word| *word != "bytes").nth(1);
                set.entries.insert(entry, bytes.and_then(|bytes| bytes.parse().ok()).unwrap_or(0));
            }
            _ => {}
        }
    }
    sets
}

/// Without the size of the hash, which grows by itself, and its seed.
fn header<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut kept = Vec::new();
    let mut words = words;
    while let Some(word) = words.next() {
        match word {
            "hashsize" | "bucketsize" | "initval" => drop(words.next()),
            word => kept.push(word),
        }
    }
    kept.join(" ")
}

/// What a rule's sets are called: `PUERTA-in.7` of `... --match-set PUERTA-in.7 dst ...`.
pub(super) fn sets_of(rule: &str) -> impl Iterator<Item = &str> {
    rule.split("--match-set ").skip(1).filter_map(|part| part.split(' ').next())
}
