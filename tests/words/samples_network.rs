//! One of every reply about what goes over the network: publications, what machines may reach, the firewall, isolation.

use puerta::app::reply::*;

const AT: &str = "2026-11-23T10:02:03Z";

pub(super) fn port(seat: &str, protocol: &'static str) -> PortView {
    let udp = protocol == "udp";
    PortView {
        port: if udp { 50_013 } else { 50_012 },
        protocol,
        vm: "web1".into(),
        seat: seat.into(),
        vm_port: if udp { 53 } else { 80 },
        from: udp.then(|| vec!["192.0.2.0/24".into(), "198.51.100.7/32".into()]),
        publisher: "alumno1".into(),
        created: AT.into(),
        connections: 1234,
        bytes_in: 13_000_000,
        bytes_out: 840_224_768,
        counted: Some(AT.into()),
    }
}

fn rule(place: Scope, name: Option<&str>, egress: &str) -> EgressView {
    EgressView { place, name: name.map(Into::into), egress: egress.into() }
}

fn done(done: FirewallWork) -> FirewallDone {
    let members = done == FirewallWork::Members;
    FirewallDone { done, added: if members { 2 } else { 0 }, removed: usize::from(members) }
}

fn rules(would: FirewallWork) -> FirewallView {
    FirewallView {
        would: done(would),
        plan: vec!["add element inet puerta web { 50012 : 10.48.15.195 . 80 }".into()],
        listing: vec![
            "table inet puerta {".into(),
            "\tchain pre {\u{1b}[31m".into(),
            "\t}".into(),
            "}".into(),
        ],
        foreign: vec!["table inet filter, chain forward: policy drop".into()],
    }
}

fn flow(open: bool, expected: bool, relation: &'static str) -> FlowView {
    FlowView {
        from: "web1.alumno1".into(),
        to: "web1.alumno2".into(),
        relation,
        flow: "tcp 10.0.0.191 -> 10.0.0.131:47001".into(),
        open,
        expected,
    }
}

fn isolation(
    good: bool,
    flows: [(bool, bool, &'static str); 2],
    untried: &[(Untried, &str)],
) -> IsolationView {
    let untried = untried.iter().map(|(why, what)| UntriedView { why: *why, what: (*what).into() });
    IsolationView {
        good,
        open: 2,
        closed: 126,
        flows: flows.map(|(open, expected, relation)| flow(open, expected, relation)).into(),
        untried: untried.collect(),
    }
}

/// At least one of every variant, lists also empty.
pub(super) fn replies() -> Vec<Reply> {
    vec![
        Reply::Port(PortReply::List(vec![])),
        Reply::Port(PortReply::List(vec![port("alumno1", "tcp"), port("alumno1", "udp")])),
        Reply::Port(PortReply::List(vec![
            PortView { counted: None, ..port("alumno1", "tcp") },
            port("equipo2", "tcp"),
        ])),
        Reply::Port(PortReply::Published(PublishedView { port: port("alumno1", "tcp"), active: true })),
        Reply::Port(PortReply::Published(PublishedView { port: port("alumno1", "udp"), active: false })),
        Reply::Port(PortReply::Unpublished(port("alumno1", "tcp"))),
        Reply::Egress(EgressReply::List(vec![
            rule(Scope::Default, None, "allow"),
            rule(Scope::Course, Some("aso-2026"), "192.0.2.0/24,192.0.2.7/32:443"),
            rule(Scope::Seat, Some("alumno1"), "deny"),
        ])),
        Reply::Egress(EgressReply::Set { rule: rule(Scope::Course, Some("aso-2026"), "deny"), active: true }),
        Reply::Egress(EgressReply::Set {
            rule: rule(Scope::Seat, Some("alumno1"), "192.0.2.7/32:53/udp"),
            active: false,
        }),
        Reply::Egress(EgressReply::Cleared(rule(Scope::Seat, Some("alumno1"), "deny"))),
        Reply::Firewall(FirewallReply::Shown(FirewallView {
            listing: vec![],
            ..rules(FirewallWork::Absent)
        })),
        Reply::Firewall(FirewallReply::Shown(rules(FirewallWork::Nothing))),
        Reply::Firewall(FirewallReply::Plan(FirewallView {
            listing: vec![],
            plan: vec![],
            ..rules(FirewallWork::Nothing)
        })),
        Reply::Firewall(FirewallReply::Plan(FirewallView {
            listing: vec![],
            ..rules(FirewallWork::Members)
        })),
        Reply::Firewall(FirewallReply::Plan(FirewallView { listing: vec![], ..rules(FirewallWork::Drift) })),
        Reply::Firewall(FirewallReply::Applied { done: done(FirewallWork::Nothing), foreign: vec![] }),
        Reply::Firewall(FirewallReply::Applied {
            done: done(FirewallWork::Members),
            foreign: vec!["table inet filter: drop".into()],
        }),
        Reply::Firewall(FirewallReply::Applied { done: done(FirewallWork::Absent), foreign: vec![] }),
        Reply::Firewall(FirewallReply::Applied { done: done(FirewallWork::Changed), foreign: vec![] }),
        Reply::Firewall(FirewallReply::Checked { foreign: vec![] }),
        Reply::Isolation(isolation(true, [(true, true, "own-other-node"), (true, true, "puerta")], &[])),
        Reply::Isolation(isolation(
            false,
            [(false, true, "own-same-node"), (true, false, "other-other-node")],
            &[
                (Untried::Tool, "web1.alumno1 (arp)"),
                (Untried::Machine, "web1.alumno1"),
                (Untried::Listener, "web1.alumno1"),
                (Untried::Node, "nodo03"),
                (Untried::Relation, "other-same-node"),
            ],
        )),
        Reply::Isolation(IsolationView {
            flows: vec![],
            open: 0,
            ..isolation(false, [(true, true, "own-node"); 2], &[])
        }),
        Reply::Isolation(IsolationView {
            flows: ["own-node", "other-node"].map(|relation| flow(true, false, relation)).into(),
            ..isolation(false, [(true, false, "own-node"); 2], &[])
        }),
    ]
}
