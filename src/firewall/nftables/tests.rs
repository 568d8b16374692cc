//! Golden files of render and of plans, and what a listing is read as.

use super::parse::State;
use super::{Nftables, foreign, parse};
use crate::plan::{digest, plan};
use crate::{Backend, Desired, EgressTable, Observed, Plan, Site, Stamp, Target, Why};
use puerta_lab::network::{Egress, PortRange, Protocol, Traffic};
use std::collections::BTreeMap;

fn site() -> Site {
    Site {
        outside: vec!["campus0".into(), "campus1".into()],
        inside: "lab0".into(),
        lab: "10.0.0.0/8".parse().unwrap(),
        ssh_ports: vec![2222, 22],
        admission: ["192.0.2.0/24", "203.0.113.7/32", "2001:db8::/32"].map(|net| net.parse().unwrap()).into(),
        campus: ["192.0.2.0/25", "192.0.2.128/25"].map(|net| net.parse().unwrap()).into(),
        dns: vec!["192.0.2.53".parse().unwrap()],
        machine_services: vec![(Protocol::Udp, 123), (Protocol::Tcp, 3142)],
        ports: PortRange { first: 50_000, last: 65_000 },
        log_group: 27,
    }
}

fn target(address: &str, sources: Option<&[&str]>) -> Target {
    let sources = sources.map(|nets| nets.iter().map(|net| net.parse().unwrap()).collect());
    Target { protocol: Protocol::Tcp, address: address.parse().unwrap(), port: 80, sources }
}

fn desired() -> Desired {
    let overlapping = ["192.0.2.0/24", "192.0.2.7/32", "203.0.113.4/32"];
    let udp = Target { protocol: Protocol::Udp, ..target("10.0.0.66", Some(&["0.0.0.0/0"])) };
    let places = |places: &[(&str, &str)]| {
        places.iter().map(|(net, egress)| (net.parse().unwrap(), egress.parse().unwrap())).collect()
    };
    Desired {
        owner: "0123456789abcdef".into(),
        publications: [
            (50_001, target("10.0.0.66", None)),
            (50_002, target("10.0.0.130", Some(&overlapping))),
            (50_003, udp),
        ]
        .into(),
        egress: EgressTable {
            default: Egress::Allow,
            seats: places(&[
                ("10.0.0.64/26", "192.0.2.0/24:5432-5433,198.51.100.7"),
                ("10.0.0.128/26", "198.51.100.7,192.0.2.0/24:5432-5433"),
                ("10.0.0.192/26", "0.0.0.0/0:123/udp"),
                ("10.8.0.64/26", "deny"),
            ]),
        },
    }
}

/// As the kernel would have it.
fn observed(desired: &Desired) -> Observed {
    let wanted = Nftables.render(&site(), desired);
    let stamp = Stamp { wanted: digest(&wanted.fixed), listed: "there".into() };
    Observed {
        owner: Some(desired.owner.clone()),
        stamp: Some(stamp),
        listed: "there".into(),
        members: wanted.members,
        ..Observed::default()
    }
}

fn script(desired: &Desired, observed: &Observed) -> String {
    let wanted = Nftables.render(&site(), desired);
    let steps = Nftables.script(desired, &wanted, &plan(&wanted, observed));
    assert!(steps.len() < 2, "one transaction");
    steps
        .iter()
        .map(|step| format!("{} {}\n{}", step.program, step.arguments.join(" "), step.input))
        .collect()
}

#[test]
fn everything_is_written_at_first() {
    insta::assert_snapshot!("whole", script(&desired(), &Observed::default()));
}

#[test]
fn nothing_restricted_has_no_rules_for_it() {
    let open = Site {
        admission: Vec::new(),
        campus: Vec::new(),
        dns: Vec::new(),
        machine_services: Vec::new(),
        ..site()
    };
    insta::assert_snapshot!("open", Nftables.render(&open, &desired()).fixed);
}

#[test]
fn members_come_and_go_by_themselves() {
    let there = observed(&desired());
    let mut wanted = desired();
    wanted.publications.remove(&50_002);
    wanted.publications.insert(50_001, target("10.0.0.67", Some(&["198.51.100.0/24"])));
    wanted.publications.insert(50_004, target("10.0.0.131", None));
    wanted.egress.seats.insert("10.0.0.192/26".parse().unwrap(), Egress::Deny);
    wanted.egress.seats.insert("10.0.1.0/26".parse().unwrap(), "0.0.0.0/0:123/udp".parse().unwrap());
    insta::assert_snapshot!("members", script(&wanted, &there));
}

#[test]
fn what_is_there_is_replaced_in_one() {
    let mut there = observed(&desired());
    there.listed = "otherwise".into();
    let text = script(&desired(), &there);
    let start = "nft -f -\ndelete counter inet puerta owner_0123456789abcdef\ndelete table inet puerta\ncreate table inet puerta\n";
    assert!(text.starts_with(start), "{text}");
    assert_eq!(script(&desired(), &observed(&desired())), "");
}

#[test]
fn a_list_is_one_chain_however_it_is_ordered() {
    let fixed = Nftables.render(&site(), &desired()).fixed;
    assert_eq!(fixed.matches("chain only_").count(), 2, "{fixed}");
}

/// As nft 1.0.6 lists it.
const LISTED: &str = r#"{"nftables": [{"metainfo": {"version": "1.0.6"}},
{"table": {"family": "inet", "name": "puerta", "handle": 1}},
{"counter": {"family": "inet", "name": "owner_0123456789abcdef", "table": "puerta", "handle": 2, "packets": 0, "bytes": 0}},
{"counter": {"family": "inet", "name": "stamp_aaaaaaaaaaaaaaaa_bbbbbbbbbbbbbbbb", "table": "puerta", "handle": 3, "packets": 0, "bytes": 0}},
{"map": {"family": "inet", "name": "to", "table": "puerta", "type": ["inet_proto", "inet_service"], "handle": 13, "map": "ipv4_addr . inet_service", "elem": [[{"concat": ["tcp", 50001]}, {"concat": ["10.0.0.66", 80]}]]}},
{"map": {"family": "inet", "name": "access", "table": "puerta", "handle": 14, "map": "verdict", "elem": [[{"concat": ["tcp", 50001]}, {"goto": {"target": "from_named"}}]]}},
{"set": {"family": "inet", "name": "from", "table": "puerta", "handle": 15, "flags": ["interval"], "elem": [{"concat": ["tcp", 50001, {"prefix": {"addr": "192.0.2.0", "len": 24}}]}, {"concat": ["tcp", 50001, "203.0.113.4"]}]}},
{"set": {"family": "inet", "name": "opened", "table": "puerta", "handle": 16, "elem": [{"elem": {"val": {"concat": ["tcp", 50001]}, "counter": {"packets": 3, "bytes": 180}}}], "stmt": [{"counter": null}]}},
{"set": {"family": "inet", "name": "carried_in", "table": "puerta", "handle": 17, "elem": [{"elem": {"val": {"concat": ["tcp", 50001]}, "counter": {"packets": 7, "bytes": 700}}}]}},
{"set": {"family": "inet", "name": "carried_out", "table": "puerta", "handle": 18, "elem": [{"elem": {"val": {"concat": ["tcp", 50001, "10.0.0.66"]}, "counter": {"packets": 8, "bytes": 9000}}}]}},
{"set": {"family": "inet", "name": "serves", "table": "puerta", "type": ["inet_proto", "ipv4_addr", "inet_service"], "handle": 21, "elem": [{"concat": ["tcp", "10.0.0.66", 80]}]}},
{"set": {"family": "inet", "name": "answers", "table": "puerta", "type": ["ipv4_addr", "ipv4_addr"], "handle": 22, "elem": [{"concat": ["10.0.0.66", "10.0.0.66"]}]}},
{"set": {"family": "inet", "name": "told", "table": "puerta", "type": ["inet_proto", "inet_service"], "handle": 23, "size": 65535, "flags": ["timeout"], "timeout": 60, "elem": [{"elem": {"val": {"concat": ["udp", 9]}, "expires": 59, "limit": {"rate": 5, "burst": 20, "per": "second"}}}]}},
{"map": {"family": "inet", "name": "egress_seats", "table": "puerta", "handle": 19, "map": "verdict", "elem": [["10.0.0.64", {"drop": null}]]}},
{"chain": {"family": "inet", "table": "puerta", "name": "forward", "handle": 30, "type": "filter", "hook": "forward", "prio": 0, "policy": "accept"}},
{"rule": {"family": "inet", "table": "puerta", "chain": "forward", "handle": 56, "expr": [{"match": {"op": "==", "left": {"meta": {"key": "iifname"}}, "right": {"set": ["b", "a"]}}}, {"drop": null}]}}]}"#;

#[test]
fn a_listing_is_read_back_as_it_was_written() {
    let read = parse::table(LISTED).unwrap();
    assert_eq!(read.owner.as_deref(), Some("0123456789abcdef"));
    let stamp = Stamp { wanted: "a".repeat(16), listed: "b".repeat(16) };
    assert_eq!(read.stamp, Some(stamp));
    let mut desired = desired();
    desired.publications = [(50_001, target("10.0.0.66", Some(&["192.0.2.0/24", "203.0.113.4/32"])))].into();
    desired.egress.seats = [("10.0.0.64/26".parse().unwrap(), Egress::Deny)].into();
    assert_eq!(read.members, Nftables.render(&site(), &desired).members);
    let traffic = Traffic { connections: 3, bytes_in: 700, bytes_out: 9000 };
    assert_eq!(read.traffic, BTreeMap::from([(50_001, traffic)]));
}

#[test]
fn only_what_somebody_did_makes_a_listing_another() {
    let listed = |from: &str, to: &str| {
        assert!(LISTED.contains(from), "{from}");
        parse::table(&LISTED.replace(from, to)).unwrap().listed
    };
    let same = listed("1.0.6", "1.1.3");
    for (from, to) in [
        (r#""handle": 56"#, r#""handle": 99"#),
        (r#""packets": 7"#, r#""packets": 8"#),
        ("stamp_aaaa", "stamp_cccc"),
        (r#"["b", "a"]"#, r#"["a", "b"]"#),
        ("10.0.0.64", "10.0.0.128"),
    ] {
        assert_eq!(listed(from, to), same, "{from}");
    }
    for (from, to) in [
        (r#""policy": "accept""#, r#""policy": "drop""#),
        (r#""key": "iifname""#, r#""key": "oifname""#),
        (r#""stmt": [{"counter": null}]"#, r#""stmt": []"#),
        ("owner_0123456789abcdef", "other"),
    ] {
        assert_ne!(listed(from, to), same, "{from}");
    }
}

#[test]
fn what_cannot_be_read_is_an_error() {
    for text in ["", "{}", "[]", r#"{"nftables": 1}"#] {
        assert!(parse::table(text).is_err(), "{text}");
    }
    assert_eq!(plan(&Nftables.render(&site(), &desired()), &Observed::default()), Plan::Whole(Why::Absent));
}

#[test]
fn ours_is_told_from_others_and_whether_it_sleeps() {
    let others = "table ip puerta {\n}\ntable inet puertas {\n\tflags dormant\n}\n";
    let text = "table inet puerta {\n\tflags dormant\n\n\tcounter owner_0123456789abcdef {\n\t}\n}\n";
    let State::Asleep(asleep) = parse::state(&format!("{others}{text}")) else { panic!() };
    assert_eq!(asleep.owner.as_deref(), Some("0123456789abcdef"));
    assert_eq!(plan(&Nftables.render(&site(), &desired()), &asleep), Plan::Whole(Why::Drift));
    let awake = text.replace("\tflags dormant\n\n", "");
    assert_eq!(parse::state(&format!("{awake}{others}")), State::Awake);
    assert_eq!(parse::state(others), State::Absent);
}

#[test]
fn others_that_drop_are_said() {
    let listing = r#"{"nftables": [
{"chain": {"family": "ip", "table": "filter", "name": "FORWARD", "hook": "forward", "policy": "drop"}},
{"chain": {"family": "ip", "table": "filter", "name": "DOCKER"}},
{"chain": {"family": "inet", "table": "ufw", "name": "in", "hook": "input", "policy": "accept"}},
{"chain": {"family": "inet", "table": "ufw", "name": "out", "hook": "output", "policy": "drop"}},
{"chain": {"family": "inet", "table": "puerta", "name": "forward", "hook": "forward", "policy": "drop"}},
{"chain": {"family": "ip", "table": "nat", "name": "POSTROUTING", "hook": "output", "policy": "drop"}},
{"chain": {"family": "bridge", "table": "b", "name": "f", "hook": "forward", "policy": "drop"}},
{"rule": {"family": "ip", "table": "filter", "chain": "DOCKER", "expr": [{"counter": null}, {"drop": null}]}},
{"rule": {"family": "ip", "table": "filter", "chain": "FORWARD", "expr": [{"accept": null}]}},
{"rule": {"family": "inet", "table": "ufw", "chain": "in", "expr": [{"vmap": {"key": 1, "data": {"set": [[1, {"reject": null}]]}}}]}},
{"rule": {"family": "inet", "table": "ufw", "chain": "out", "expr": [{"drop": null}]}},
{"rule": {"family": "ip", "table": "nat", "chain": "X", "expr": [{"drop": null}]}}]}"#;
    assert_eq!(
        foreign::lines(listing),
        [
            "table inet ufw, chain in: has rules that drop or reject",
            "table ip filter, chain DOCKER: has rules that drop or reject",
            "table ip filter, chain FORWARD: policy drop",
        ]
    );
}
