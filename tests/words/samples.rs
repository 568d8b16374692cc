//! One of every reply.

#[path = "samples_roster.rs"]
mod roster;

#[path = "samples_node.rs"]
mod samples_node;

mod samples_policy;

use puerta::app::reply::*;
use puerta_lab::quota::Quotas;

/// Every step of [`ProgressView`].
pub(crate) const STEPS: [&str; 14] = [
    "queue", "create", "keys", "start", "freeze", "export", "verify", "import", "stop", "swap", "move",
    "rollback", "remove", "publish",
];

const AT: &str = "2026-11-23T10:02:03Z";

fn vm(name: &str, seat: &str, state: VmState) -> VmView {
    VmView {
        name: name.into(),
        seat: seat.into(),
        state,
        address: [10, 48, 15, 195].into(),
        template: "debian-12".into(),
        node: Some("nodo01".into()),
        placed: None,
        cpus: 2,
        memory_mib: 512,
        disk_mib: 4096,
        processes: 500,
        usage: None,
        created: AT.into(),
    }
}

fn used() -> VmView {
    VmView {
        usage: Some(UsageView {
            memory_bytes: Some(35_757_260),
            disk_bytes: Some(126_038_835),
            processes: Some(1),
        }),
        cpus: 1,
        ..vm("web1", "alumno1", VmState::Running)
    }
}

fn backup(seat: &str) -> BackupView {
    BackupView {
        name: "web1-20261123-041036".into(),
        vm: "web1".into(),
        seat: seat.into(),
        size: 840_224_768,
        sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
        created: AT.into(),
        took_ms: 188_000,
    }
}

fn key(comment: &str) -> KeyView {
    KeyView {
        number: 1,
        algorithm: "ssh-ed25519".into(),
        fingerprint: "SHA256:9bQ4T1uuvmYp5Xm9y0e2c1Jj8nYw0c7cV8e0o2uYx5k".into(),
        comment: comment.into(),
        added: AT.into(),
    }
}

fn person(login: &str, name: &str, suspended: bool) -> PersonView {
    PersonView {
        login: login.into(),
        name: name.into(),
        role: "alumno",
        suspended,
        seats: vec![login.into(), "equipo2".into()],
        keys: 1,
        password: !suspended,
        email: "inigo@upv.es".into(),
        idnumber: String::new(),
        groups: vec!["G1".into()],
        archived: false,
        second_factor: !suspended,
        created: AT.into(),
    }
}

fn course() -> CourseView {
    CourseView { name: "aso-2026".into(), year: 2026, version: 0, seats: 200, created: AT.into() }
}

fn job(kind: &'static str, state: &'static str, reason: Option<&str>) -> JobView {
    JobView {
        job: 12,
        kind,
        vm: "web1".into(),
        seat: "alumno1".into(),
        state,
        reason: reason.map(Into::into),
        started: AT.into(),
        finished: (state != "running").then(|| AT.into()),
    }
}

fn port(seat: &str, protocol: &'static str) -> PortView {
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

fn rule(place: &'static str, name: Option<&str>, egress: &str) -> EgressView {
    EgressView { place, name: name.map(Into::into), egress: egress.into() }
}

fn done(done: &'static str) -> FirewallDone {
    let members = done == "members";
    FirewallDone { done, added: if members { 2 } else { 0 }, removed: usize::from(members) }
}

fn rules(would: &'static str) -> FirewallView {
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
    untried: &[(&'static str, &str)],
) -> IsolationView {
    let untried = untried.iter().map(|(why, what)| UntriedView { why, what: (*what).into() });
    IsolationView {
        good,
        open: 2,
        closed: 126,
        flows: flows.map(|(open, expected, relation)| flow(open, expected, relation)).into(),
        untried: untried.collect(),
    }
}

fn whoami(second_factor: Option<FactorView>) -> WhoamiView {
    WhoamiView {
        login: "alumno1".into(),
        name: "Ana Pérez".into(),
        role: "alumno",
        seats: vec!["alumno1".into(), "equipo2".into()],
        method: "publickey".into(),
        fingerprint: Some("SHA256:9bQ4".into()),
        second_factor,
        source: "158.42.1.2".into(),
        quotas: Quotas {
            machines: 5,
            running: 3,
            memory_mib: 2048,
            cpus: 10,
            disk_mib: 40_960,
            backups: 6,
            publications: 4,
        },
    }
}

/// A name for each variant; a new one does not compile until it has one, and then a sample.
fn name(reply: &Reply) -> &'static str {
    match reply {
        Reply::Vms(_) => "Vms",
        Reply::Vm(_) => "Vm",
        Reply::VmCreated { .. } => "VmCreated",
        Reply::VmStarted(_) => "VmStarted",
        Reply::VmStopped(_) => "VmStopped",
        Reply::VmRestarted(_) => "VmRestarted",
        Reply::VmDeleted { .. } => "VmDeleted",
        Reply::BackupMade { .. } => "BackupMade",
        Reply::VmRestored { .. } => "VmRestored",
        Reply::Backups(_) => "Backups",
        Reply::Backup(_) => "Backup",
        Reply::BackupDeleted { .. } => "BackupDeleted",
        Reply::Templates(_) => "Templates",
        Reply::Template(_) => "Template",
        Reply::TemplatePublished(_) => "TemplatePublished",
        Reply::TemplateRetired(_) => "TemplateRetired",
        Reply::Quotas(_) => "Quotas",
        Reply::QuotaSet(_) => "QuotaSet",
        Reply::Keys(_) => "Keys",
        Reply::KeyAdded(_) => "KeyAdded",
        Reply::KeyRemoved(_) => "KeyRemoved",
        Reply::Jobs(_) => "Jobs",
        Reply::PasswordSet => "PasswordSet",
        Reply::Whoami(_) => "Whoami",
        Reply::Courses(_) => "Courses",
        Reply::CourseCreated(_) => "CourseCreated",
        Reply::Persons(_) => "Persons",
        Reply::Person(_) => "Person",
        Reply::PersonAdded { .. } => "PersonAdded",
        Reply::PersonSuspended { .. } => "PersonSuspended",
        Reply::PersonResumed { .. } => "PersonResumed",
        Reply::PersonRemoved { .. } => "PersonRemoved",
        Reply::PersonTotpReset { .. } => "PersonTotpReset",
        Reply::TotpOffered(_) => "TotpOffered",
        Reply::TotpAdded { .. } => "TotpAdded",
        Reply::TotpRemoved => "TotpRemoved",
        Reply::TotpCodes { .. } => "TotpCodes",
        Reply::Seats(_) => "Seats",
        Reply::Enrolled(_) => "Enrolled",
        Reply::CodesMade(_) => "CodesMade",
        Reply::TeamCreated(_) => "TeamCreated",
        Reply::TeamChanged(_) => "TeamChanged",
        Reply::Ports(_) => "Ports",
        Reply::PortPublished(_) => "PortPublished",
        Reply::PortUnpublished(_) => "PortUnpublished",
        Reply::Egress(_) => "Egress",
        Reply::EgressSet { .. } => "EgressSet",
        Reply::EgressCleared(_) => "EgressCleared",
        Reply::Firewall(_) => "Firewall",
        Reply::FirewallPlan(_) => "FirewallPlan",
        Reply::FirewallApplied { .. } => "FirewallApplied",
        Reply::FirewallChecked { .. } => "FirewallChecked",
        Reply::Audit(_) => "Audit",
        Reply::AuditStory(_) => "AuditStory",
        Reply::AuditVerdict(_) => "AuditVerdict",
        Reply::Nodes(_) => "Nodes",
        Reply::NodeDrained(_) => "NodeDrained",
        Reply::NodeResumed { .. } => "NodeResumed",
        Reply::VmMoved { .. } => "VmMoved",
        Reply::Isolation(_) => "Isolation",
        Reply::Sessions(_) => "Sessions",
        Reply::Session(_) => "Session",
        Reply::SessionClosed { .. } => "SessionClosed",
        Reply::Recordings(_) => "Recordings",
        Reply::MessageSent(_) => "MessageSent",
        Reply::Policies(_) => "Policies",
        Reply::Policy(_) => "Policy",
        Reply::PolicyChecked(_) => "PolicyChecked",
        Reply::PolicyExplained(_) => "PolicyExplained",
        Reply::Rules(_) => "Rules",
        Reply::RuleAdded(_) => "RuleAdded",
        Reply::RuleRemoved(_) => "RuleRemoved",
    }
}

/// At least one of every variant, lists also empty.
pub(crate) fn replies() -> Vec<(&'static str, Reply)> {
    use VmState::*;
    let login = || "alumno1".to_owned();
    let all = vec![
        Reply::Vms(vec![]),
        Reply::Vms(vec![vm("web1", "alumno1", Running), vm("bd", "alumno1", Stopped)]),
        Reply::Vms(vec![
            vm("a", "alumno1", Creating),
            vm("b", "alumno1", Deleting),
            vm("c", "alumno1", BackingUp),
            vm("d", "alumno10", Restoring),
            vm("e", "alumno10", Busy),
            vm("f", "equipo2", Unreachable),
            vm("g", "equipo2", Missing),
        ]),
        Reply::Vm(Box::new(used())),
        Reply::VmCreated { vm: Box::new(used()), ports: vec![], unpublished: vec![] },
        Reply::VmStarted(Box::new(used())),
        Reply::VmStopped(Box::new(used())),
        Reply::VmRestarted(Box::new(used())),
        Reply::VmDeleted { vm: "web1".into(), backups_kept: 0, ports_closed: 0 },
        Reply::VmDeleted { vm: "web1".into(), backups_kept: 1, ports_closed: 1 },
        Reply::VmDeleted { vm: "web1".into(), backups_kept: 3, ports_closed: 2 },
        Reply::BackupMade { backup: backup("alumno1"), removed: vec![] },
        Reply::BackupMade {
            backup: backup("alumno1"),
            removed: vec!["web1-20261101-000000".into(), "web1-20261102-000000".into()],
        },
        Reply::VmRestored { vm: Box::new(used()), backup: "web1-20261123-041036".into() },
        Reply::Backups(vec![]),
        Reply::Backups(vec![backup("alumno1")]),
        Reply::Backups(vec![backup("alumno1"), backup("equipo2")]),
        Reply::Backup(backup("alumno1")),
        Reply::BackupDeleted { backup: "web1-20261123-041036".into() },
        Reply::Keys(vec![]),
        Reply::Keys(vec![key("ana@portátil"), key("\u{202e}x")]),
        Reply::KeyAdded(key("ana@portátil")),
        Reply::KeyRemoved(key("ana@portátil")),
        Reply::Jobs(vec![]),
        Reply::Jobs(vec![
            job("backup", "running", None),
            job("create", "done", None),
            job("restore", "failed", Some("error-no-space")),
            job("backup", "failed", Some("exit 2")),
            job("delete", "undone", Some("puerta restarted")),
        ]),
        Reply::PasswordSet,
        Reply::Whoami(whoami(None)),
        Reply::Whoami(whoami(Some(FactorView { proved: true, added: AT.into(), recovery_left: 9 }))),
        Reply::Whoami(whoami(Some(FactorView { proved: false, added: AT.into(), recovery_left: 1 }))),
        Reply::Courses(vec![]),
        Reply::Courses(vec![course()]),
        Reply::CourseCreated(course()),
        Reply::Persons(vec![]),
        Reply::Persons(vec![person("alumno1", "Íñigo Núñez", false), person("alumno10", "王小明", true)]),
        Reply::Person(person("alumno1", "Íñigo Núñez", false)),
        Reply::PersonAdded { person: person("alumno1", "", false), code: None },
        Reply::PersonAdded { person: person("alumno1", "", false), code: Some("K7QF-M2XD-9RTW".into()) },
        Reply::PersonAdded { person: person("alumno1", "", true), code: Some("K7QF-M2XD-9RTW".into()) },
        Reply::PersonSuspended { login: login(), sessions_closed: 0 },
        Reply::PersonSuspended { login: login(), sessions_closed: 2 },
        Reply::PersonResumed { login: login() },
        Reply::PersonRemoved { login: login(), sessions_closed: 1 },
        Reply::Seats(vec![]),
        Reply::Seats(vec![SeatView {
            name: "equipo2".into(),
            number: 63,
            course: "aso-2026".into(),
            network: "10.48.15.192/26".into(),
            members: vec!["alumno1".into(), "alumno2".into()],
            machines: 3,
            team: true,
            group: String::new(),
            archived: None,
        }]),
        Reply::Ports(vec![]),
        Reply::Ports(vec![port("alumno1", "tcp"), port("alumno1", "udp")]),
        Reply::Ports(vec![PortView { counted: None, ..port("alumno1", "tcp") }, port("equipo2", "tcp")]),
        Reply::PortPublished(PublishedView { port: port("alumno1", "tcp"), active: true }),
        Reply::PortPublished(PublishedView { port: port("alumno1", "udp"), active: false }),
        Reply::PortUnpublished(port("alumno1", "tcp")),
        Reply::Egress(vec![
            rule("default", None, "allow"),
            rule("course", Some("aso-2026"), "192.0.2.0/24,192.0.2.7/32:443"),
            rule("seat", Some("alumno1"), "deny"),
        ]),
        Reply::EgressSet { rule: rule("course", Some("aso-2026"), "deny"), active: true },
        Reply::EgressSet { rule: rule("seat", Some("alumno1"), "192.0.2.7/32:53/udp"), active: false },
        Reply::EgressCleared(rule("seat", Some("alumno1"), "deny")),
        Reply::Firewall(FirewallView { listing: vec![], ..rules("absent") }),
        Reply::Firewall(rules("nothing")),
        Reply::FirewallPlan(FirewallView { listing: vec![], plan: vec![], ..rules("nothing") }),
        Reply::FirewallPlan(FirewallView { listing: vec![], ..rules("members") }),
        Reply::FirewallPlan(FirewallView { listing: vec![], ..rules("drift") }),
        Reply::FirewallApplied { done: done("nothing"), foreign: vec![] },
        Reply::FirewallApplied { done: done("members"), foreign: vec!["table inet filter: drop".into()] },
        Reply::FirewallApplied { done: done("absent"), foreign: vec![] },
        Reply::FirewallApplied { done: done("changed"), foreign: vec![] },
        Reply::FirewallChecked { foreign: vec![] },
        Reply::Isolation(isolation(true, [(true, true, "own-other-node"), (true, true, "puerta")], &[])),
        Reply::Isolation(isolation(
            false,
            [(false, true, "own-same-node"), (true, false, "other-other-node")],
            &[
                ("tool", "web1.alumno1 (arp)"),
                ("machine", "web1.alumno1"),
                ("listener", "web1.alumno1"),
                ("node", "nodo03"),
                ("relation", "other-same-node"),
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
    ];
    let all = all.into_iter().chain(roster::replies());
    let all = all.chain(crate::samples_template::replies(used(), port("alumno1", "tcp")));
    let all = all.chain(crate::samples_session::replies());
    let all = all.chain(crate::samples_audit::replies());
    let all = all.chain(samples_node::replies());
    let all = all.chain(samples_policy::replies());
    let all = all.chain(crate::samples_factor::replies());
    let all: Vec<_> = all.map(|reply| (name(&reply), reply)).collect();
    let names: std::collections::BTreeSet<_> = all.iter().map(|(name, _)| *name).collect();
    assert_eq!(names.len(), 72, "a variant without a sample");
    all
}
