//! One of every reply.

#[path = "samples_network.rs"]
mod network;
#[path = "samples_roster.rs"]
mod roster;

#[path = "samples_node.rs"]
mod samples_node;

mod samples_policy;

use puerta::app::ctx::Method;
use puerta::app::reply::*;
use puerta::shell::lang::Lang;
use puerta_lab::quota::Quotas;

pub(crate) const AT: &str = "2026-11-23T10:02:03Z";

pub(crate) fn vm(name: &str, seat: &str, state: VmState) -> VmView {
    VmView {
        name: name.into(),
        said: name.into(),
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
        visitors: vec![],
        host_keys: Vec::new(),
        keys_blocked: None,
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
        deleted: false,
        seat: seat.into(),
        size: 840_224_768,
        sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
        created: AT.into(),
        took_ms: 188_000,
        protected: false,
        goes_next: false,
        note: String::new(),
    }
}

/// Of a machine, of one that was called so before it, and of another.
fn marked() -> Vec<BackupView> {
    let named = |name: &str| BackupView { name: name.into(), ..backup("alumno1") };
    vec![
        BackupView {
            protected: true,
            note: "antes del examen \u{1b}[2J".into(),
            ..named("web1-20261123-041036")
        },
        BackupView { goes_next: true, ..named("web1-20261122-041036") },
        BackupView { deleted: true, ..named("web1-20260901-041036") },
        BackupView { vm: "web2".into(), ..named("web2-20261123-041036") },
    ]
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

fn host_key() -> HostKeyView {
    HostKeyView {
        algorithm: "ssh-ed25519".into(),
        fingerprint: "SHA256:9bQ4T1uuvmYp5Xm9y0e2c1Jj8nYw0c7cV8e0o2uYx5k".into(),
        line: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGoVIeLgdvWVrB4hXnYUEqvNmXDaSRlWrxQGu3ymG9cK".into(),
    }
}

fn known(vm: &str, keys: Vec<HostKeyView>) -> KnownHost {
    let full = format!("{vm}.alumno1");
    let names = vec![vm.to_owned(), full.clone(), format!("{full}.virtuales"), "10.48.15.195".into()];
    KnownHost { vm: full, names, keys }
}

fn config(file: bool) -> ConfigView {
    ConfigView {
        host: "puerta.uni.es".into(),
        port: 2222,
        login: "alumno1".into(),
        hosts: ["web1", "bd", "*.alumno1", "*.virtuales"].map(String::from).to_vec(),
        file,
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
        campus: Some("alumno.uno@upv.es".into()),
        idnumber: String::new(),
        groups: vec!["G1".into()],
        archived: false,
        second_factor: !suspended,
        created: AT.into(),
    }
}

pub(crate) fn course() -> CourseView {
    CourseView {
        name: "aso-2026".into(),
        year: 2026,
        version: 0,
        seats: 200,
        state: CourseStands::Open,
        since: None,
        template: Some("tomcat".into()),
        created: AT.into(),
    }
}

fn job(kind: &str, state: &'static str, reason: Option<&str>) -> JobView {
    JobView {
        job: 12,
        said: "12".into(),
        kind: kind.into(),
        vm: "web1".into(),
        seat: "alumno1".into(),
        state,
        reason: reason.map(Into::into),
        started: AT.into(),
        machines: None,
        finished: (state != "running").then(|| AT.into()),
    }
}

fn whoami(second_factor: Option<FactorView>) -> WhoamiView {
    WhoamiView {
        login: "alumno1".into(),
        name: "Ana Pérez".into(),
        role: "alumno",
        seats: vec!["alumno1".into(), "equipo2".into()],
        method: Method::PublicKey,
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
        keep: 3,
    }
}

/// A name for each variant; a new one does not compile until it has one, and then a sample.
fn name(reply: &Reply) -> &'static str {
    match reply {
        Reply::Vm(VmReply::List(_)) => "Vms",
        Reply::Vm(VmReply::One(_)) => "Vm",
        Reply::Vm(VmReply::Created { .. }) => "VmCreated",
        Reply::Vm(VmReply::Started(_)) => "VmStarted",
        Reply::Vm(VmReply::Stopped(_)) => "VmStopped",
        Reply::Vm(VmReply::Restarted(_)) => "VmRestarted",
        Reply::Vm(VmReply::Renamed { .. }) => "VmRenamed",
        Reply::Vm(VmReply::Deleted { .. }) => "VmDeleted",
        Reply::Backup(BackupReply::Made { .. }) => "BackupMade",
        Reply::Vm(VmReply::Restored { .. }) => "VmRestored",
        Reply::Vm(VmReply::Remade { .. }) => "VmRemade",
        Reply::Backup(BackupReply::List(_)) => "Backups",
        Reply::Backup(BackupReply::One(_)) => "Backup",
        Reply::Backup(BackupReply::Protected(_)) => "BackupProtected",
        Reply::Backup(BackupReply::Deleted { .. }) => "BackupDeleted",
        Reply::Template(TemplateReply::List(_)) => "Templates",
        Reply::Template(TemplateReply::One(_)) => "Template",
        Reply::Template(TemplateReply::Published(_)) => "TemplatePublished",
        Reply::Template(TemplateReply::Retired(_)) => "TemplateRetired",
        Reply::Quota(QuotaReply::List(_)) => "Quotas",
        Reply::Quota(QuotaReply::Set(_)) => "QuotaSet",
        Reply::Key(KeyReply::List(_)) => "Keys",
        Reply::Key(KeyReply::Added(_)) => "KeyAdded",
        Reply::Key(KeyReply::Removed { .. }) => "KeyRemoved",
        Reply::Jobs(_) => "Jobs",
        Reply::Account(AccountReply::PasswordSet) => "PasswordSet",
        Reply::Account(AccountReply::Whoami(_)) => "Whoami",
        Reply::Account(AccountReply::Lang(_)) => "Lang",
        Reply::Known(KnownReply::Hosts(_)) => "KnownHosts",
        Reply::Known(KnownReply::Config(_)) => "SshConfig",
        Reply::Course(CourseReply::List(_)) => "Courses",
        Reply::Course(CourseReply::Created(_)) => "CourseCreated",
        Reply::Course(CourseReply::Renamed { .. }) => "CourseRenamed",
        Reply::Course(CourseReply::Set(_)) => "CourseSet",
        Reply::Course(CourseReply::Turned { .. }) => "CourseTurned",
        Reply::Course(CourseReply::Removed { .. }) => "CourseRemoved",
        Reply::Person(PersonReply::List(_)) => "Persons",
        Reply::Person(PersonReply::One(_)) => "Person",
        Reply::Person(PersonReply::Added { .. }) => "PersonAdded",
        Reply::Person(PersonReply::Suspended { .. }) => "PersonSuspended",
        Reply::Person(PersonReply::Resumed { .. }) => "PersonResumed",
        Reply::Person(PersonReply::Removed { .. }) => "PersonRemoved",
        Reply::Person(PersonReply::TotpReset { .. }) => "PersonTotpReset",
        Reply::Totp(TotpReply::Offered(_)) => "TotpOffered",
        Reply::Totp(TotpReply::Added { .. }) => "TotpAdded",
        Reply::Totp(TotpReply::Removed) => "TotpRemoved",
        Reply::Totp(TotpReply::Codes { .. }) => "TotpCodes",
        Reply::Seat(SeatReply::List(_)) => "Seats",
        Reply::Course(CourseReply::Enrolled(_)) => "Enrolled",
        Reply::Course(CourseReply::CodesMade(_)) => "CodesMade",
        Reply::Seat(SeatReply::Archived(_)) => "SeatArchived",
        Reply::Seat(SeatReply::Removed { .. }) => "SeatRemoved",
        Reply::Seat(SeatReply::Created(_)) => "TeamCreated",
        Reply::Seat(SeatReply::Changed(_)) => "TeamChanged",
        Reply::Port(PortReply::List(_)) => "Ports",
        Reply::Port(PortReply::Published(_)) => "PortPublished",
        Reply::Port(PortReply::Unpublished(_)) => "PortUnpublished",
        Reply::Egress(EgressReply::List(_)) => "Egress",
        Reply::Egress(EgressReply::Set { .. }) => "EgressSet",
        Reply::Egress(EgressReply::Cleared(_)) => "EgressCleared",
        Reply::Firewall(FirewallReply::Shown(_)) => "Firewall",
        Reply::Firewall(FirewallReply::Plan(_)) => "FirewallPlan",
        Reply::Firewall(FirewallReply::Applied { .. }) => "FirewallApplied",
        Reply::Firewall(FirewallReply::Checked { .. }) => "FirewallChecked",
        Reply::Audit(AuditReply::Page(_)) => "Audit",
        Reply::Audit(AuditReply::Story(_)) => "AuditStory",
        Reply::Audit(AuditReply::Verdict(_)) => "AuditVerdict",
        Reply::Node(NodeReply::List(_)) => "Nodes",
        Reply::Node(NodeReply::Drained(_)) => "NodeDrained",
        Reply::Node(NodeReply::Resumed { .. }) => "NodeResumed",
        Reply::Vm(VmReply::Moved { .. }) => "VmMoved",
        Reply::Isolation(_) => "Isolation",
        Reply::Session(SessionReply::List(_)) => "Sessions",
        Reply::Session(SessionReply::One(_)) => "Session",
        Reply::Session(SessionReply::Closed { .. }) => "SessionClosed",
        Reply::Session(SessionReply::Recordings(_)) => "Recordings",
        Reply::Message(_) => "MessageSent",
        Reply::Practice(PracticeReply::List(_)) => "Practices",
        Reply::Practice(PracticeReply::One(_)) => "Practice",
        Reply::Practice(PracticeReply::Published(_)) => "PracticePublished",
        Reply::Practice(PracticeReply::Removed(_)) => "PracticeRemoved",
        Reply::Practice(PracticeReply::Already(_)) => "PracticeAlready",
        Reply::Batch(_) => "Batch",
        Reply::Policy(PolicyReply::List(_)) => "Policies",
        Reply::Policy(PolicyReply::One(_)) => "Policy",
        Reply::Policy(PolicyReply::Checked(_)) => "PolicyChecked",
        Reply::Policy(PolicyReply::Explained(_)) => "PolicyExplained",
        Reply::Policy(PolicyReply::Rules(_)) => "Rules",
        Reply::Policy(PolicyReply::RuleAdded(_)) => "RuleAdded",
        Reply::Policy(PolicyReply::RuleRemoved(_)) => "RuleRemoved",
    }
}

/// At least one of every variant, lists also empty.
pub(crate) fn replies() -> Vec<(&'static str, Reply)> {
    use VmState::*;
    let login = || "alumno1".to_owned();
    let all = vec![
        Reply::Vm(VmReply::List(vec![])),
        Reply::Vm(VmReply::List(vec![vm("web1", "alumno1", Running), vm("bd", "alumno1", Stopped)])),
        Reply::Vm(VmReply::List(vec![
            vm("a", "alumno1", Creating),
            vm("b", "alumno1", Deleting),
            vm("c", "alumno1", BackingUp),
            vm("d", "alumno10", Restoring),
            vm("e", "alumno10", Busy),
            vm("f", "equipo2", Unreachable),
            vm("g", "equipo2", Missing),
        ])),
        Reply::Vm(VmReply::One(Box::new(VmView {
            visitors: vec![VisitView { login: "profesor".into(), since: AT.into() }],
            ..used()
        }))),
        Reply::Vm(VmReply::Created {
            vm: Box::new(used()),
            keyless: false,
            ports: vec![],
            unpublished: vec![],
        }),
        Reply::Vm(VmReply::Created {
            vm: Box::new(used()),
            keyless: true,
            ports: vec![],
            unpublished: vec![],
        }),
        Reply::Vm(VmReply::Started(Box::new(used()))),
        Reply::Vm(VmReply::Stopped(Box::new(used()))),
        Reply::Vm(VmReply::Restarted(Box::new(used()))),
        Reply::Vm(VmReply::Renamed { vm: Box::new(vm("web2", "alumno1", Running)), was: "web1".into() }),
        Reply::Vm(VmReply::Deleted { vm: "web1".into(), backups_kept: 0, ports_closed: 0 }),
        Reply::Vm(VmReply::Deleted { vm: "web1".into(), backups_kept: 1, ports_closed: 1 }),
        Reply::Vm(VmReply::Deleted { vm: "web1".into(), backups_kept: 3, ports_closed: 2 }),
        Reply::Backup(BackupReply::Made { backup: backup("alumno1"), removed: vec![] }),
        Reply::Backup(BackupReply::Made {
            backup: backup("alumno1"),
            removed: vec!["web1-20261101-000000".into(), "web1-20261102-000000".into()],
        }),
        Reply::Vm(VmReply::Restored { vm: Box::new(used()), backup: "web1-20261123-041036".into() }),
        Reply::Vm(VmReply::Remade {
            vm: Box::new(used()),
            backup: "web1-20261123-041036".into(),
            copy: false,
        }),
        Reply::Vm(VmReply::Remade {
            vm: Box::new(used()),
            backup: "web1-20261123-041036".into(),
            copy: true,
        }),
        Reply::Backup(BackupReply::List(vec![])),
        Reply::Backup(BackupReply::List(vec![backup("alumno1")])),
        Reply::Backup(BackupReply::List(vec![backup("alumno1"), backup("equipo2")])),
        Reply::Backup(BackupReply::One(backup("alumno1"))),
        Reply::Backup(BackupReply::One(BackupView { deleted: true, goes_next: true, ..backup("alumno1") })),
        Reply::Backup(BackupReply::List(marked())),
        Reply::Backup(BackupReply::Protected(BackupView { protected: true, ..backup("alumno1") })),
        Reply::Backup(BackupReply::Protected(backup("alumno1"))),
        Reply::Backup(BackupReply::Deleted { backup: "web1-20261123-041036".into() }),
        Reply::Key(KeyReply::List(vec![])),
        Reply::Key(KeyReply::List(vec![key("ana@portátil"), key("\u{202e}x")])),
        Reply::Key(KeyReply::Added(key("ana@portátil"))),
        Reply::Key(KeyReply::Removed {
            key: key("ana@portátil"),
            sessions: KeySessions { closed: 0, this_stays: false },
        }),
        Reply::Key(KeyReply::Removed {
            key: key("ana@portátil"),
            sessions: KeySessions { closed: 2, this_stays: true },
        }),
        Reply::Jobs(vec![]),
        Reply::Jobs(vec![
            job("backup", "running", None),
            job("create", "done", None),
            job("restore", "failed", Some("error-no-space")),
            job("backup", "failed", Some("exit 2")),
            job("delete", "undone", Some("puerta restarted")),
        ]),
        Reply::Account(AccountReply::PasswordSet),
        Reply::Account(AccountReply::Lang(LangView {
            lang: Lang::En,
            why: Why::Set,
            sent: Some(Lang::Es),
            lab: Lang::Es,
        })),
        Reply::Account(AccountReply::Lang(LangView {
            lang: Lang::En,
            why: Why::Sent,
            sent: Some(Lang::En),
            lab: Lang::Es,
        })),
        Reply::Account(AccountReply::Lang(LangView {
            lang: Lang::Es,
            why: Why::Lab,
            sent: None,
            lab: Lang::Es,
        })),
        Reply::Account(AccountReply::Whoami(Box::new(whoami(None)))),
        Reply::Vm(VmReply::One(Box::new(VmView {
            host_keys: vec![host_key()],
            ..vm("web1", "alumno1", Running)
        }))),
        Reply::Known(KnownReply::Hosts(vec![known("web1", vec![host_key()]), known("bd", vec![])])),
        Reply::Known(KnownReply::Config(config(false))),
        Reply::Known(KnownReply::Config(config(true))),
        Reply::Account(AccountReply::Whoami(Box::new(whoami(Some(FactorView {
            proved: true,
            added: AT.into(),
            recovery_left: 9,
        }))))),
        Reply::Account(AccountReply::Whoami(Box::new(whoami(Some(FactorView {
            proved: false,
            added: AT.into(),
            recovery_left: 1,
        }))))),
        Reply::Course(CourseReply::List(vec![])),
        Reply::Course(CourseReply::List(vec![
            course(),
            CourseView { state: CourseStands::Closed, since: Some(AT.into()), template: None, ..course() },
            CourseView { state: CourseStands::Archived, since: Some(AT.into()), ..course() },
        ])),
        Reply::Course(CourseReply::Created(course())),
        Reply::Person(PersonReply::List(vec![])),
        Reply::Person(PersonReply::List(vec![
            person("alumno1", "Íñigo Núñez", false),
            person("alumno10", "王小明", true),
        ])),
        Reply::Person(PersonReply::One(person("alumno1", "Íñigo Núñez", false))),
        Reply::Person(PersonReply::Added { person: person("alumno1", "", false), code: None }),
        Reply::Person(PersonReply::Added {
            person: person("alumno1", "", false),
            code: Some("K7QF-M2XD-9RTW".into()),
        }),
        Reply::Person(PersonReply::Added {
            person: person("alumno1", "", true),
            code: Some("K7QF-M2XD-9RTW".into()),
        }),
        Reply::Person(PersonReply::Suspended { login: login(), sessions_closed: 0 }),
        Reply::Person(PersonReply::Suspended { login: login(), sessions_closed: 2 }),
        Reply::Person(PersonReply::Resumed { login: login() }),
        Reply::Person(PersonReply::Removed { login: login(), sessions_closed: 1, machines: 0, backups: 0 }),
        Reply::Person(PersonReply::Removed { login: login(), sessions_closed: 0, machines: 1, backups: 3 }),
        Reply::Seat(SeatReply::List(vec![])),
        Reply::Seat(SeatReply::List(vec![SeatView {
            name: "equipo2".into(),
            number: 63,
            course: "aso-2026".into(),
            network: "10.48.15.192/26".into(),
            members: vec!["alumno1".into(), "alumno2".into()],
            machines: 3,
            team: true,
            group: String::new(),
            leaving: false,
            archived: None,
        }])),
    ];
    let all = all.into_iter().chain(network::replies()).chain(roster::replies());
    let all = all.chain(crate::samples_practice::replies());
    let all = all.chain(crate::samples_template::replies(used(), network::port("alumno1", "tcp")));
    let all = all.chain(crate::samples_session::replies());
    let all = all.chain(crate::samples_audit::replies());
    let all = all.chain(samples_node::replies());
    let all = all.chain(samples_policy::replies());
    let all = all.chain(crate::samples_factor::replies());
    let all: Vec<_> = all.map(|reply| (name(&reply), reply)).collect();
    let names: std::collections::BTreeSet<_> = all.iter().map(|(name, _)| *name).collect();
    assert_eq!(names.len(), 90, "a variant without a sample");
    all
}
