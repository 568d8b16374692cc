//! What came of the probes: which flows passed, which of them must not, and what could not be tried.
//! What machines say is data of strangers; a word that is not understood is nothing. Pure.

use super::plan::{Kind, Place, Plan, Probe, To, relation};
use crate::app::reply::{FlowView, IsolationView, Untried, UntriedView};
use puerta_engine::{EngineError, Ran};
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
    /// Nobody knows, and why.
    Untried(Untried),
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
    untried.extend(plan.unknown.iter().map(|node| (Untried::Node, node.clone())));
    untried.extend(plan.missing.iter().map(|relation| (Untried::Relation, (*relation).to_owned())));
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
        return Seen::Untried(Untried::Listener);
    }
    match (words[probe.from].get(&number).copied(), &probe.to, probe.kind) {
        (None, _, _) => Seen::Untried(Untried::Machine),
        (Some("missing"), _, _) => Seen::Untried(Untried::Tool),
        (Some("sent"), To::Machine(to), Kind::Forged) => arrived(probe, &said.cleaned[*to]),
        (Some("open"), _, _) => Seen::Open,
        // That a port is closed is an answer of a node, which was to be silent. puerta's rules may say
        // so of what they close.
        (Some("refused"), To::Node(_), _) => Seen::Open,
        (Some("refused" | "silent"), _, _) => Seen::Closed,
        _ => Seen::Untried(Untried::Machine),
    }
}

/// Whether the target saw the beginning of a connection from the forged address.
fn arrived(probe: &Probe, target: &Result<Ran, EngineError>) -> Seen {
    if target.is_err() {
        return Seen::Untried(Untried::Listener);
    }
    let mut half = lines(target).filter_map(|line| line.strip_prefix("half ")?.parse::<Ipv4Addr>().ok());
    if half.any(|address| Some(address) == probe.source) { Seen::Open } else { Seen::Closed }
}

/// What could not be tried, in as few lines as say it.
fn about(why: Untried, probe: &Probe, places: &[Place]) -> String {
    match (why, &probe.to) {
        (Untried::Listener, To::Machine(to)) => places[*to].label.clone(),
        (Untried::Tool, _) => format!("{} ({})", places[probe.from].label, probe.kind.protocol()),
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

#[cfg(test)]
mod tests {
    use super::*;
    use puerta_engine::{Node, NodeState};

    fn ran(output: &str) -> Result<Ran, EngineError> {
        Ok(Ran { status: 0, output: output.into() })
    }

    fn gone() -> Result<Ran, EngineError> {
        Err(EngineError::Away("simulated".into()))
    }

    /// Two machines of two seats on one node.
    fn places() -> [Place; 2] {
        [(1, "web1.a"), (2, "web1.b")].map(|(seat, label)| Place {
            label: label.into(),
            address: Ipv4Addr::new(10, 0, seat, 2),
            node: "nodo01".into(),
        })
    }

    fn plan() -> Plan {
        let node = Node { name: "nodo01".into(), state: NodeState::Online, address: None };
        Plan::new(&places(), &[node], &[None, None], &[], &[(22, false), (53, true)])
    }

    /// Every probe ends with this word, but those for which `other` knows one.
    fn all(word: &str, other: impl Fn(&Probe) -> Option<&'static str>) -> [Result<Ran, EngineError>; 2] {
        let lines = |from: usize| {
            let ours = plan().probes.into_iter().enumerate().filter(move |(_, probe)| probe.from == from);
            ours.map(|(number, probe)| format!("{number} {}\n", other(&probe).unwrap_or(word)))
                .collect::<String>()
        };
        [ran(&lines(0)), ran(&lines(1))]
    }

    fn judged(
        begun: [Result<Ran, EngineError>; 2],
        tried: [Result<Ran, EngineError>; 2],
        cleaned: [Result<Ran, EngineError>; 2],
    ) -> IsolationView {
        let said = Said { begun: begun.into(), tried: tried.into(), cleaned: cleaned.into() };
        view(&places(), &plan(), &said)
    }

    fn listening() -> [Result<Ran, EngineError>; 2] {
        [ran("link fe80::1\nready\n"), ran("ready\n")]
    }

    fn quiet(probe: &Probe) -> Option<&'static str> {
        match (probe.kind, &probe.to) {
            (Kind::Forged, _) => Some("sent"),
            (_, To::Puerta) if probe.open => Some("open"),
            (_, To::Puerta) => Some("refused"),
            _ => None,
        }
    }

    #[test]
    fn closed_is_good_and_one_leak_is_not() {
        let good =
            judged(listening(), all("silent", quiet), [ran(""), ran("half nonsense\nhalf 10.0.0.9\n")]);
        assert!(good.good, "{good:?}");
        assert_eq!(good.open, 2);
        let leaks: [fn(&Probe) -> Option<&'static str>; 3] = [
            |probe| if probe.kind == Kind::Icmp && probe.from == 1 { Some("open") } else { quiet(probe) },
            // A node that says "closed" was reached.
            |probe| if matches!(probe.to, To::Node(_)) { Some("refused") } else { quiet(probe) },
            // What must pass does not.
            |probe| if probe.open { Some("silent") } else { quiet(probe) },
        ];
        for leak in leaks {
            let seen = judged(listening(), all("silent", leak), [ran(""), ran("")]);
            assert!(!seen.good && seen.flows.last().unwrap().open != seen.flows.last().unwrap().expected);
        }
    }

    #[test]
    fn the_target_tells_of_a_forged_source() {
        let source = plan().probes.iter().find_map(|probe| probe.source).unwrap();
        let seen = judged(listening(), all("silent", quiet), [ran(""), ran(&format!("half {source}\n"))]);
        assert!(!seen.good);
        assert_eq!(seen.flows.last().unwrap().flow, format!("tcp {source} -> 10.0.2.2:47001"));
    }

    #[test]
    fn what_nobody_saw_is_never_closed() {
        let silent = || all("silent", quiet);
        for (begun, tried, cleaned, why) in [
            ([ran("missing busybox\n"), ran("ready")], silent(), [ran(""), ran("")], Untried::Listener),
            (listening(), [gone(), gone()], [ran(""), ran("")], Untried::Machine),
            (
                listening(),
                [ran("1 maybe\nx\n\u{1b}[2J 0 open\n-1 open"), gone()],
                [ran(""), ran("")],
                Untried::Machine,
            ),
            (listening(), all("missing", |_| None), [ran(""), ran("")], Untried::Tool),
            (listening(), silent(), [gone(), gone()], Untried::Listener),
        ] {
            let seen = judged(begun, tried, cleaned);
            assert!(seen.untried.iter().any(|untried| untried.why == why), "{why:?}: {seen:?}");
        }
        let nothing = judged(listening(), [gone(), gone()], [gone(), gone()]);
        assert_eq!((nothing.good, nothing.open, nothing.closed), (false, 0, 0));
        assert_eq!(
            links(&vec![ran("link fe80::1"), ran("link 10.0.0.1\nlink ::1"), gone()])[1..],
            [None, None]
        );
    }
}
