//! Which machines take part, and what is tried between them. Pure.

use super::PORT;
use crate::app::nodes::PUERTA;
use puerta_engine::Node;
use puerta_lab::plan::Vmid;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The engine's API; nodes of Incus listen there.
const ENGINE: u16 = 8443;
/// Ports where nothing listens: a node that says so has been reached.
const NOTHING: u16 = 47_003;
/// The first of such UDP ports. busybox' traceroute takes the answer to another that runs beside it for its
/// own when both ask for one port, so each has its own few.
const NOTHING_UDP: usize = 48_000;
/// What machines call their own node (a routed NIC's gateway).
const GATEWAY: Ipv4Addr = Ipv4Addr::new(169, 254, 0, 1);
/// Machines of one seat that take part when none are named.
const OF_A_SEAT: usize = 3;

/// A running machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) label: String,
    pub(super) address: Ipv4Addr,
    pub(super) node: String,
}

/// How something is tried; `probe.sh` knows them by their words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Tcp,
    Udp,
    Icmp,
    /// ICMPv6 to a machine's link-local address.
    Icmp6,
    /// ICMPv6 to everybody on the link.
    Neighbours6,
    Arp,
    /// TCP that says it comes from another address.
    Forged,
}

impl Kind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Icmp => "icmp",
            Self::Icmp6 => "icmp6",
            Self::Neighbours6 => "neighbours6",
            Self::Arp => "arp",
            Self::Forged => "forged",
        }
    }

    /// As people read it.
    pub(super) fn protocol(self) -> &'static str {
        match self {
            Self::Neighbours6 => Self::Icmp6.as_str(),
            Self::Forged => Self::Tcp.as_str(),
            other => other.as_str(),
        }
    }
}

/// Who is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum To {
    /// A machine that takes part.
    Machine(usize),
    /// A node.
    Node(String),
    /// puerta itself.
    Puerta,
}

/// One thing that is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Probe {
    pub(super) from: usize,
    pub(super) to: To,
    pub(super) kind: Kind,
    pub(super) target: String,
    pub(super) port: u16,
    pub(super) source: Option<Ipv4Addr>,
    /// Whether it must pass.
    pub(super) open: bool,
}

/// Everything that is tried.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) probes: Vec<Probe>,
    /// Nodes whose address nobody knows.
    pub(super) unknown: Vec<String>,
    /// Kinds of neighbourhood that no two machines are in.
    pub(super) missing: Vec<&'static str>,
}

/// How two machines stand to each other.
pub(super) fn relation(a: &Place, b: &Place) -> &'static str {
    match (same_seat(a.address, b.address), a.node == b.node) {
        (true, true) => "own-same-node",
        (true, false) => "own-other-node",
        (false, true) => "other-same-node",
        (false, false) => "other-other-node",
    }
}

fn same_seat(a: Ipv4Addr, b: Ipv4Addr) -> bool {
    match (Vmid::from_address(a), Vmid::from_address(b)) {
        (Some(a), Some(b)) => a.same_seat(b),
        _ => false,
    }
}

/// Whether they are not all of one seat.
pub(super) fn several_seats(places: &[Place], chosen: &[usize]) -> bool {
    chosen.iter().any(|index| !same_seat(places[*index].address, places[chosen[0]].address))
}

/// Up to six machines of two seats, neighbours on one node and strangers on others where there are such.
pub(super) fn chosen(places: &[Place]) -> Vec<usize> {
    let seat = |of: usize| -> Vec<usize> {
        (0..places.len()).filter(|index| same_seat(places[*index].address, places[of].address)).collect()
    };
    let firsts: Vec<usize> = (0..places.len()).filter(|index| seat(*index)[0] == *index).collect();
    let mut seats: Vec<Vec<usize>> = firsts.into_iter().map(seat).collect();
    // The sort is stable: of equals the first by name.
    seats.sort_by_key(|seat| std::cmp::Reverse(seat.len().min(OF_A_SEAT)));
    seats.truncate(2);
    let [one, two] = seats.as_slice() else { return Vec::new() };
    let on = |seat: &[usize], node: &str| seat.iter().copied().find(|index| places[*index].node == node);
    let shared = one.iter().find(|index| on(two, &places[**index].node).is_some());
    let node = &places[*shared.unwrap_or(&one[0])].node;
    [one, two].iter().flat_map(|seat| of_seat(places, seat, node)).collect()
}

/// One on `node` if there is one, one beside it, and one on another node.
fn of_seat(places: &[Place], seat: &[usize], node: &str) -> Vec<usize> {
    let find = |fits: &dyn Fn(usize) -> bool| seat.iter().copied().find(|index| fits(*index));
    let first = find(&|index| places[index].node == node).unwrap_or(seat[0]);
    let beside = find(&|index| index != first && places[index].node == places[first].node);
    let elsewhere = find(&|index| places[index].node != places[first].node);
    [Some(first), beside, elsewhere].into_iter().flatten().collect()
}

impl Plan {
    /// `links` are the machines' IPv6 addresses, `taken` every address of the registry, `services` puerta's
    /// TCP ports and whether machines may reach them.
    pub(super) fn new(
        places: &[Place],
        nodes: &[Node],
        links: &[Option<Ipv6Addr>],
        taken: &[Ipv4Addr],
        services: &[(u16, bool)],
    ) -> Self {
        let mut plan = Self::default();
        for (from, place) in places.iter().enumerate() {
            for (to, other) in places.iter().enumerate().filter(|(to, _)| *to != from) {
                plan.machine(from, to, same_seat(place.address, other.address), other);
                if same_seat(place.address, other.address) {
                    continue;
                }
                if let Some(link) = links[to] {
                    plan.closed(from, To::Machine(to), Kind::Icmp6, link.to_string(), 0);
                }
                plan.closed(from, To::Machine(to), Kind::Arp, other.address.to_string(), 0);
                plan.forged(from, to, other, free(other.address, from, taken));
            }
            // Once as somebody out of the lab.
            if let Some(to) = (0..places.len()).find(|to| !same_seat(place.address, places[*to].address)) {
                let outside = u8::try_from(from).unwrap_or(u8::MAX).saturating_add(10);
                plan.forged(from, to, &places[to], Some(Ipv4Addr::new(198, 51, 100, outside)));
            }
            plan.nodes(from, place, nodes);
            for (port, open) in services {
                plan.push(from, To::Puerta, Kind::Tcp, PUERTA.to_string(), *port, *open);
            }
        }
        plan.unknown =
            nodes.iter().filter(|node| node.address.is_none()).map(|node| node.name.clone()).collect();
        plan.missing = missing(places, nodes.len() > 1);
        plan
    }

    /// The probes that this machine does.
    pub(super) fn of(&self, from: usize) -> impl Iterator<Item = &Probe> {
        self.probes.iter().filter(move |probe| probe.from == from)
    }

    /// The same as `probe.sh` reads them; each is called by its place among all.
    pub(super) fn words_of(&self, from: usize) -> Vec<String> {
        let ours = self.probes.iter().enumerate().filter(|(_, probe)| probe.from == from);
        let source = |probe: &Probe| probe.source.map_or_else(String::new, |source| source.to_string());
        let words = ours.map(|(number, probe)| {
            format!("{number},{},{},{},{}", probe.kind.as_str(), probe.target, probe.port, source(probe))
        });
        words.collect()
    }

    fn machine(&mut self, from: usize, to: usize, open: bool, other: &Place) {
        for (kind, port) in [(Kind::Tcp, PORT), (Kind::Udp, 0), (Kind::Icmp, 0)] {
            self.push(from, To::Machine(to), kind, other.address.to_string(), port, open);
        }
    }

    fn forged(&mut self, from: usize, to: usize, other: &Place, source: Option<Ipv4Addr>) {
        let Some(source) = source else { return };
        self.closed(from, To::Machine(to), Kind::Forged, other.address.to_string(), PORT);
        if let Some(probe) = self.probes.last_mut() {
            probe.source = Some(source);
        }
    }

    fn nodes(&mut self, from: usize, place: &Place, nodes: &[Node]) {
        for node in nodes {
            let to = || To::Node(node.name.clone());
            let own = node.name == place.node;
            for address in node.address.into_iter().chain(own.then_some(GATEWAY)) {
                for (kind, port) in
                    [(Kind::Tcp, ENGINE), (Kind::Tcp, NOTHING), (Kind::Udp, 0), (Kind::Icmp, 0)]
                {
                    self.closed(from, to(), kind, address.to_string(), port);
                }
            }
            if own {
                self.closed(from, to(), Kind::Neighbours6, "ff02::1".into(), 0);
            }
        }
    }

    fn closed(&mut self, from: usize, to: To, kind: Kind, target: String, port: u16) {
        self.push(from, to, kind, target, port, false);
    }

    fn push(&mut self, from: usize, to: To, kind: Kind, target: String, port: u16, open: bool) {
        let port = match kind {
            Kind::Udp => u16::try_from(NOTHING_UDP + 4 * self.probes.len()).unwrap_or(port),
            _ => port,
        };
        self.probes.push(Probe { from, to, kind, target, port, source: None, open });
    }
}

/// An address of that seat that no machine has, another one for each that forges.
fn free(of: Ipv4Addr, nth: usize, taken: &[Ipv4Addr]) -> Option<Ipv4Addr> {
    let first = u32::from(of) & !63;
    let slots = (2..64).rev().map(|slot| Ipv4Addr::from(first | slot));
    slots.filter(|address| !taken.contains(address)).nth(nth)
}

fn missing(places: &[Place], several_nodes: bool) -> Vec<&'static str> {
    let pairs =
        || places.iter().flat_map(|a| places.iter().filter(move |b| *b != a).map(move |b| relation(a, b)));
    let wanted: &[&str] = if several_nodes {
        &["own-same-node", "own-other-node", "other-same-node", "other-other-node"]
    } else {
        &["own-same-node", "other-same-node"]
    };
    wanted.iter().copied().filter(|wanted| !pairs().any(|found| found == *wanted)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(seat: u8, slot: u8, node: &str) -> Place {
        let label = format!("m{slot}.s{seat}");
        Place { label, address: Ipv4Addr::new(10, 0, seat, 64 + slot), node: node.into() }
    }

    fn labels(places: &[Place]) -> Vec<String> {
        chosen(places).into_iter().map(|index| places[index].label.clone()).collect()
    }

    #[test]
    fn neighbours_and_strangers_of_two_seats() {
        assert_eq!(labels(&[]), [""; 0]);
        assert_eq!(labels(&[place(1, 2, "a"), place(1, 3, "b")]), [""; 0]);
        assert_eq!(labels(&[place(1, 2, "a"), place(2, 2, "b")]), ["m2.s1", "m2.s2"]);
        let many = [
            place(1, 2, "b"),
            place(2, 2, "a"),
            place(2, 3, "b"),
            place(2, 4, "a"),
            place(2, 5, "a"),
            place(3, 2, "c"),
            place(3, 3, "a"),
        ];
        // The two seats with most; the node that both have first.
        assert_eq!(labels(&many), ["m2.s2", "m4.s2", "m3.s2", "m3.s3", "m2.s3"]);
    }

    #[test]
    fn what_is_tried() {
        let places = [place(1, 2, "a"), place(1, 3, "b"), place(2, 2, "a")];
        let node = |name: &str, address| Node {
            name: name.into(),
            state: puerta_engine::NodeState::Online,
            address,
        };
        let nodes = [node("a", Some(Ipv4Addr::new(10, 0, 0, 65))), node("b", None)];
        let taken: Vec<_> = places.iter().map(|place| place.address).collect();
        let plan = Plan::new(&places, &nodes, &[None; 3], &taken, &[(22, false)]);
        assert_eq!(plan.unknown, ["b"]);
        assert_eq!(plan.missing, ["own-same-node"]);
        let to = |from: usize, to: &To| plan.of(from).filter(|probe| probe.to == *to).collect::<Vec<_>>();
        assert!(to(0, &To::Machine(1)).iter().all(|probe| probe.open));
        assert_eq!(to(0, &To::Machine(1)).len(), 3);
        assert!(to(0, &To::Machine(2)).iter().all(|probe| !probe.open));
        assert_eq!(to(0, &To::Node("a".into())).len(), 9);
        assert_eq!(to(1, &To::Node("a".into())).len(), 4);
        // A forged source names whoever forged it, and is nobody's.
        let forged: Vec<_> =
            plan.probes.iter().filter_map(|probe| Some((probe.from, probe.source?))).collect();
        assert_eq!(forged.len(), 4 + 3);
        for (from, source) in &forged {
            assert!(forged.iter().all(|(other, same)| other == from || same != source), "{source} twice");
            assert!(!taken.contains(source));
        }
        assert_eq!(plan.words_of(0)[0], "0,tcp,10.0.1.67,47001,");
    }
}
