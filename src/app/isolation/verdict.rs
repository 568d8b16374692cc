//! What came of the probes: which flows passed, which of them must not, and what could not be tried.
//! What machines say is data of strangers; a word that is not understood is nothing. Pure.

use super::plan::{Kind, Place, Plan, Probe, To, relation};
use crate::app::reply::{FlowView, IsolationView, UntriedView};
use crate::engine::{EngineError, Ran};
use std::collections::{BTreeSet, HashMap};
use std::net::{Ipv4Addr, Ipv6Addr};

type Runs = Vec<Result<Ran, EngineError>>;

/// What the three scripts said, by machine.
pub(super) struct Said {
    pub(super) begun: Runs,
    pub(super) tried: Runs,
    pub(super) cleaned: Runs,
}

/// How a probe ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    Open,
    Closed,
    /// Nobody knows; the word says why.
    Untried(&'static str),
}

/// The machines' IPv6 addresses on their links.
pub(super) fn links(begun: &Runs) -> Vec<Option<Ipv6Addr>> {
    let link = |ran: &Result<Ran, EngineError>| {
        let mut found = lines(ran).filter_map(|line| line.strip_prefix("link ")?.parse::<Ipv6Addr>().ok());
        found.find(|address| address.segments()[0] == 0xfe80)
    };
    begun.iter().map(link).collect()
}

fn lines(ran: &Result<Ran, EngineError>) -> impl Iterator<Item = &str> {
    ran.iter().flat_map(|ran| ran.output.lines())
}

/// The answer.
pub(super) fn view(places: &[Place], plan: &Plan, said: &Said) -> IsolationView {
    let words: Vec<_> = said.tried.iter().map(words).collect();
    let mut view = IsolationView { good: true, open: 0, closed: 0, flows: Vec::new(), untried: Vec::new() };
    let mut untried = BTreeSet::new();
    let mut between_seats = false;
    for (number, probe) in plan.probes.iter().enumerate() {
        let open = match seen(number, probe, &words, said) {
            Seen::Untried(why) => {
                untried.insert((why, about(why, probe, places)));
                continue;
            }
            Seen::Open => true,
            Seen::Closed => false,
        };
        *(if open { &mut view.open } else { &mut view.closed }) += 1;
        view.good &= open == probe.open;
        between_seats |= matches!(probe.to, To::Machine(_)) && !probe.open;
        if open || probe.open {
            view.flows.push(flow(probe, open, places));
        }
    }
    // Nothing seen is not nothing there.
    view.good &= between_seats;
    untried.extend(plan.unknown.iter().map(|node| ("node", node.clone())));
    untried.extend(plan.missing.iter().map(|relation| ("relation", (*relation).to_owned())));
    view.untried = untried.into_iter().map(|(why, what)| UntriedView { why, what }).collect();
    // What is wrong comes last, where a person looks.
    view.flows.sort_by_key(|flow| flow.open != flow.expected);
    view
}

/// `NUMBER WORD` lines.
fn words(ran: &Result<Ran, EngineError>) -> HashMap<usize, &str> {
    let pair = |line: &'_ str| line.split_once(' ').and_then(|(number, _)| number.parse().ok());
    lines(ran).filter_map(|line| Some((pair(line)?, line.split_once(' ')?.1.trim()))).collect()
}

fn seen(number: usize, probe: &Probe, words: &[HashMap<usize, &str>], said: &Said) -> Seen {
    if let (To::Machine(to), Kind::Tcp | Kind::Forged) = (&probe.to, probe.kind)
        && !lines(&said.begun[*to]).any(|line| line == "ready")
    {
        return Seen::Untried("listener");
    }
    match (words[probe.from].get(&number).copied(), &probe.to, probe.kind) {
        (None, _, _) => Seen::Untried("machine"),
        (Some("missing"), _, _) => Seen::Untried("tool"),
        (Some("sent"), To::Machine(to), Kind::Forged) => arrived(probe, &said.cleaned[*to]),
        (Some("open"), _, _) => Seen::Open,
        // That a port is closed is an answer of a node, which was to be silent. puerta's rules may say
        // so of what they close.
        (Some("refused"), To::Node(_), _) => Seen::Open,
        (Some("refused" | "silent"), _, _) => Seen::Closed,
        _ => Seen::Untried("machine"),
    }
}

/// Whether the target saw the beginning of a connection from the forged address.
fn arrived(probe: &Probe, target: &Result<Ran, EngineError>) -> Seen {
    if target.is_err() {
        return Seen::Untried("listener");
    }
    let mut half = lines(target).filter_map(|line| line.strip_prefix("half ")?.parse::<Ipv4Addr>().ok());
    if half.any(|address| Some(address) == probe.source) { Seen::Open } else { Seen::Closed }
}

/// What could not be tried, in as few lines as say it.
fn about(why: &str, probe: &Probe, places: &[Place]) -> String {
    match (why, &probe.to) {
        ("listener", To::Machine(to)) => places[*to].label.clone(),
        ("tool", _) => format!("{} ({})", places[probe.from].label, probe.kind.protocol()),
        _ => places[probe.from].label.clone(),
    }
}

fn flow(probe: &Probe, open: bool, places: &[Place]) -> FlowView {
    let from = &places[probe.from];
    let (to, relation) = match &probe.to {
        To::Machine(to) => (places[*to].label.clone(), relation(from, &places[*to])),
        To::Node(name) if *name == from.node => (name.clone(), "own-node"),
        To::Node(name) => (name.clone(), "other-node"),
        To::Puerta => ("puerta".to_owned(), "puerta"),
    };
    let port = if probe.port == 0 { String::new() } else { format!(":{}", probe.port) };
    let source = probe.source.map_or_else(String::new, |source| format!("{source} -> "));
    let target =
        if probe.target.contains(':') { format!("[{}]", probe.target) } else { probe.target.clone() };
    FlowView {
        from: from.label.clone(),
        to,
        relation,
        flow: format!("{} {source}{target}{port}", probe.kind.protocol()),
        open,
        expected: probe.open,
    }
}
