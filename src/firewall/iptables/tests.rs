//! Golden files of render and of scripts; and what both flavours printed of one and the same state, in a
//! namespace with a little traffic (`captured/`), as it is read back.

use super::seen::{self, Seen};
use super::{Flavour, Iptables, parse, script};
use crate::plan::{changes, digest, plan};
use crate::{Backend, Desired, EgressTable, Observed, Plan, Site, Step, Target, Why};
use puerta_lab::network::{Egress, PortRange, Protocol, Traffic};
use std::collections::BTreeSet;

fn site() -> Site {
    Site {
        outside: vec!["pub".into()],
        inside: "lan".into(),
        lab: "10.0.0.0/8".parse().unwrap(),
        ssh_ports: vec![22],
        admission: ["198.51.100.0/24", "192.0.2.7/32", "2001:db8::/32"]
            .map(|net| net.parse().unwrap())
            .into(),
        campus: vec!["198.51.100.0/24".parse().unwrap()],
        dns: vec!["192.0.2.53".parse().unwrap()],
        machine_services: vec![(Protocol::Tcp, 8000)],
        ports: PortRange { first: 50_000, last: 50_300 },
        log_group: 27,
    }
}

fn target(protocol: Protocol, port: u16, sources: Option<&[&str]>) -> Target {
    let sources = sources.map(|nets| nets.iter().map(|net| net.parse().unwrap()).collect());
    Target { protocol, address: "10.48.0.5".parse().unwrap(), port, sources }
}

fn desired() -> Desired {
    let places = |places: &[(&str, &str)]| {
        places.iter().map(|(net, egress)| (net.parse().unwrap(), egress.parse().unwrap())).collect()
    };
    Desired {
        owner: "0123456789abcdef".into(),
        publications: [
            (50_012, target(Protocol::Tcp, 80, None)),
            (50_013, target(Protocol::Udp, 53, Some(&["0.0.0.0/0"]))),
            (50_299, target(Protocol::Tcp, 80, Some(&["192.0.2.7/32", "198.51.100.0/25"]))),
        ]
        .into(),
        egress: EgressTable {
            default: Egress::Allow,
            seats: places(&[
                ("10.48.0.0/26", "deny"),
                ("10.48.0.64/26", "allow"),
                ("10.48.0.192/26", "192.0.2.7:443,192.0.2.0/25"),
            ]),
        },
    }
}

const CAPTURED: [[&str; 3]; 2] = [
    [include_str!("captured/nft.v4"), include_str!("captured/nft.v6"), include_str!("captured/nft.ipset")],
    [
        include_str!("captured/legacy.v4"),
        include_str!("captured/legacy.v6"),
        include_str!("captured/legacy.ipset"),
    ],
];

fn look(four: &str, six: &str, sets: &str) -> (Observed, Seen) {
    let flavour = if sets.contains(".n1 ") { Flavour::Nft } else { Flavour::Legacy };
    seen::look(flavour, parse::tables(four), parse::tables(six), &parse::sets(sets))
}

fn text(steps: &[Step]) -> String {
    let step = |step: &Step| format!("$ {} {}\n{}", step.program, step.arguments.join(" "), step.input);
    steps.iter().map(step).collect()
}

#[test]
fn the_fixed_text() {
    insta::assert_snapshot!("fixed", Iptables::new(Flavour::Nft).render(&site(), &desired()).fixed);
}

#[test]
fn nobody_is_named_where_everybody_may() {
    let site = Site { admission: Vec::new(), campus: Vec::new(), dns: Vec::new(), ..site() };
    let fixed = Iptables::new(Flavour::Nft).render(&site, &desired()).fixed;
    assert!(!fixed.contains("admission") && !fixed.contains("PUERTA-campus "), "{fixed}");
    assert!(fixed.contains("-A PUERTA-tcp -m set --match-set PUERTA-campus-tcp dst -g PUERTA-ADMITTED\n"));
    assert!(fixed.contains(":PUERTA-DNS -\n-A PUERTA-DNS -j DROP\n"), "{fixed}");
}

#[test]
fn everything_is_written_at_first() {
    let backend = Iptables::new(Flavour::Legacy);
    let wanted = backend.render(&site(), &desired());
    let steps = backend.script(&desired(), &wanted, &Plan::Whole(Why::Absent));
    insta::assert_snapshot!("whole", text(&steps));
}

/// A generation of its own; what is there is called off, and what is no longer wanted is named.
#[test]
fn everything_is_written_over_what_is_there() {
    let [four, six, sets] = CAPTURED[0];
    let (_, seen) = look(four, six, sets);
    let mut other = desired();
    other.egress.seats.clear();
    let wanted = super::render::render(&site(), &other);
    let steps = script::whole(Flavour::Nft, &seen, &other.owner, &wanted);
    assert!(steps[0].input.contains("create PUERTA-in.n2 ") && !steps[0].input.contains("destroy"));
    let rules = &steps[1].input;
    for line in
        ["-D FORWARD -j PUERTA-FORWARD\n", "-I FORWARD -j PUERTA-FORWARD\n", "-X PUERTA-E-f14eb16a48\n"]
    {
        assert_eq!(rules.matches(line).count(), 1, "{line}");
    }
    assert!(!rules.contains("203.0.113.9") && !rules.contains("DOCKER") && !rules.contains(":FORWARD"));
    assert!(!rules.contains(".n1 ") && rules.contains("PUERTA-in.n2 "), "sets of two generations");
}

#[test]
fn everything_goes() {
    let [four, six, sets] = CAPTURED[1];
    let (_, seen) = look(four, six, sets);
    let steps = script::remove(Flavour::Legacy, &seen);
    let rules = &steps[0].input;
    let place = |table| rules.find(table).unwrap();
    assert!(place("*nat") < place("*mangle") && place("*mangle") < place("*filter"), "translations first");
    assert_eq!(rules.matches("-X PUERTA-").count(), four.matches(":PUERTA-").count());
    assert_eq!(steps[2].input.lines().count(), sets.matches("create PUERTA-").count());
    assert!(!text(&steps).contains("blocked") && !text(&steps).contains("DOCKER"));
}

#[test]
fn both_flavours_are_read_back_as_what_was_written() {
    let wanted = super::render::render(&site(), &desired());
    for ([four, six, sets], flavour) in CAPTURED.into_iter().zip([Flavour::Nft, Flavour::Legacy]) {
        let (observed, seen) = look(four, six, sets);
        assert_eq!(observed.owner.as_deref(), Some("0123456789abcdef"));
        let stamp = observed.stamp.unwrap();
        assert_eq!(stamp.listed, observed.listed, "it is listed as it was right after it was written");
        assert_eq!(stamp.wanted.len(), 16);
        assert_eq!(observed.members, wanted.members);
        assert_eq!(observed.foreign, ["iptables, table filter, chain FORWARD: policy DROP"]);
        let generation = seen.generation.as_deref();
        let known = [(Some("n1"), "n2"), (Some("l1"), "l2")];
        assert!(known.contains(&(generation, &seen.next(flavour))), "{generation:?}");
        assert_eq!(seen.strays, BTreeSet::new());
    }
}

#[test]
fn traffic_is_read_by_port() {
    let udp = Traffic { connections: 1, bytes_in: 30, bytes_out: 43 };
    for [four, six, sets] in CAPTURED {
        let (observed, _) = look(four, six, sets);
        assert_eq!(observed.traffic[&50_013], udp);
        let tcp = observed.traffic[&50_012];
        assert_eq!(tcp.connections, 1);
        assert!((200..300).contains(&tcp.bytes_in) && (170..300).contains(&tcp.bytes_out), "{tcp:?}");
        // It leads to the same place.
        assert_eq!(observed.traffic[&50_299], Traffic::default());
    }
}

/// One change by somebody else, whatever it is, is another listing; counters and members are none.
#[test]
fn drift_is_another_listing() {
    let wanted = super::render::render(&site(), &desired());
    let [four, six, sets] = CAPTURED[0];
    let seen_as = |four: &str, six: &str, sets: &str| {
        let mut observed = look(four, six, sets).0;
        // What was wanted when this was captured is what is wanted now.
        observed.stamp.iter_mut().for_each(|stamp| stamp.wanted = digest(&wanted.fixed));
        plan(&wanted, &observed)
    };
    let drift = Plan::Whole(Why::Drift);
    let without = |text: &str, line: &str| {
        assert!(text.contains(line), "{line}");
        text.lines().filter(|there| !there.contains(line)).map(|line| format!("{line}\n")).collect::<String>()
    };
    let first = "-A FORWARD -s 203.0.113.9/32 -j DROP\n";
    let hook = "-A FORWARD -j PUERTA-FORWARD\n";
    let bare: String = four.lines().map(|line| format!("{}\n", line.rsplit("] ").next().unwrap())).collect();
    assert_eq!(seen_as(&bare, six, sets), Plan::Nothing);
    let behind = bare.replace(first, "").replace(hook, &format!("{first}{hook}"));
    assert_ne!(bare, behind);
    assert_eq!(seen_as(&behind, six, sets), drift, "not the first any more");
    assert_eq!(seen_as(&without(four, "-A PREROUTING -j PUERTA-PREROUTING"), six, sets), drift);
    assert_eq!(
        seen_as(&without(four, "PUERTA-ENTER -m conntrack --ctdir ORIGINAL -j DROP"), six, sets),
        drift
    );
    assert_eq!(seen_as(four, &without(six, "-o lan -j DROP"), sets), drift);
    let rule = "-A PUERTA-ENTER -d 0.0.0.1/0.0.0.63 ";
    let added = bare.replace(rule, &format!("-A PUERTA-ENTER -j ACCEPT\n{rule}"));
    assert_ne!(added, bare);
    assert_eq!(seen_as(&added, six, sets), drift);
    let member = "-A PUERTA-D-195 -p tcp -m tcp --dport 50012 -j DNAT --to-destination 10.48.0.5:80\n";
    let shadowed = member.replace(":80", ":81");
    let twice = bare.replace(member, &format!("{shadowed}{member}"));
    assert_eq!(seen_as(&twice, six, sets), drift, "a second one for the same port");
    assert_eq!(seen_as(four, six, &sets.replace("range 50000-50300", "range 50000-50301")), drift);
    assert!(matches!(seen_as(&bare.replace(member, ""), six, sets), Plan::Members(_)));
    assert!(matches!(seen_as(&without(four, "--ctorigdstport 50013"), six, sets), Plan::Members(_)));
    assert!(matches!(seen_as(four, six, &without(sets, "add PUERTA-in.n1 50013")), Plan::Members(_)));
    assert_eq!(seen_as(four, six, &without(sets, "add PUERTA-campus.n1 ")), drift);
    let mixed = four.replace("--match-set PUERTA-in.n1", "--match-set PUERTA-in.n2");
    assert_eq!(seen_as(&mixed, six, sets), drift, "tables of two writings");
    assert_eq!(seen_as(&without(four, "--comment"), six, sets), Plan::Whole(Why::Absent));
}

/// What loses access comes before where ports lead, and what gains it after; egress gains before it loses.
#[test]
fn members_come_and_go_in_an_order_that_opens_nothing() {
    let [four, six, sets] = CAPTURED[0];
    let (observed, seen) = look(four, six, sets);
    let mut other = desired();
    other.publications.remove(&50_299);
    other.publications.insert(50_012, target(Protocol::Tcp, 8080, Some(&["0.0.0.0/0"])));
    other.egress.seats.insert("10.48.0.0/26".parse().unwrap(), Egress::Allow);
    let wanted = super::render::render(&site(), &other);
    let steps = script::members(Flavour::Nft, &seen, &changes(&wanted.members, &observed.members));
    insta::assert_snapshot!("members", text(&steps));
}

#[test]
fn names_fit() {
    let mut desired = desired();
    desired.egress.seats.insert("10.48.0.128/26".parse().unwrap(), "192.0.2.1".parse().unwrap());
    let wanted = super::render::render(&site(), &desired);
    for line in wanted.fixed.lines() {
        match line.split(' ').collect::<Vec<_>>()[..] {
            // A generation has up to five digits.
            ["create", name, ..] => assert!(name.len() + ".n99999".len() <= 31, "{name}"),
            [chain, ..] if chain.starts_with(':') => assert!(chain.len() - 1 <= 28, "{chain}"),
            _ => {}
        }
    }
}

#[test]
fn networks_of_no_length_are_two_halves() {
    let site = Site {
        admission: vec!["::/0".parse().unwrap()],
        campus: vec!["0.0.0.0/0".parse().unwrap()],
        ..site()
    };
    let wanted = super::render::render(&site, &desired());
    for line in ["campus 0.0.0.0/1", "campus 128.0.0.0/1", "admission6 ::/1", "admission6 8000::/1"] {
        assert!(wanted.fixed.contains(&format!("add PUERTA-{line}\n")), "{line}");
    }
    assert!(!wanted.fixed.contains("add PUERTA-admission "), "nobody of IPv4 is admitted");
    assert!(wanted.members["set:from"].contains_key("128.0.0.0/1,udp:50013"));
}
