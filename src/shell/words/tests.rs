mod network;

use super::What::{AskPassword, Exit, Help, NeedsInput, Nothing, Run};
use super::*;
use crate::app::command::{
    AuditCommand, AuditFilter, AuditOutcome, AuditPages, BackupCommand, Column, ConnectionId, CourseCommand,
    Enrol, Form, JobCommand, KeyCommand, MayGo, NodeCommand, PersonCommand, QuotaCommand, QuotaPlace,
    SeatCommand, TemplateCommand, VmCommand, Whose,
};
use crate::shell::lang::Lang;
use crate::shell::useful::tests::of;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use puerta_lab::model::Role;
use puerta_lab::names::VmRef;
use puerta_lab::quota::Quota;

const NOW: i64 = 1_795_428_000_000;

static ZONE: TimeZone = TimeZone::UTC;

fn context() -> Context<'static> {
    Context {
        domain: "virtuales",
        lang: Lang::En,
        sent: None,
        may: of(Role::Alumno),
        wall: Wall { now_ms: NOW, zone: &ZONE },
    }
}

fn what(line: &str) -> What {
    parse(line, &context()).unwrap_or_else(|error| panic!("{line}: {error:?}")).what
}

fn quota_set(quota: Quota) -> What {
    let place = QuotaPlace::Seat(name("alumno1"));
    Run(Command::Quota(QuotaCommand::Set { quota, value: Some(3), place }))
}

/// A command that lacks what standard input says.
fn wanting(command: Command) -> What {
    let what = super::What::of(command);
    assert!(matches!(what, NeedsInput(_)), "{what:?}");
    what
}

fn wrong(line: &str) -> Error {
    let error = parse(line, &context()).expect_err(line);
    assert_eq!(error.kind, Kind::Usage, "{line}");
    error
}

fn vm(text: &str) -> VmRef {
    VmRef::parse(text, "virtuales").unwrap()
}

fn name<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn course(verb: CourseCommand) -> What {
    Run(Command::Course(verb))
}

#[test]
fn machines() {
    use VmCommand::*;
    let seat = |seat: &str| List(Whose::Seat(name(seat)));
    let back_up =
        |note: Option<&str>, may_go| Backup { vm: vm("web1"), note: note.map(str::to_owned), may_go };
    let restore = |backup: Option<&str>, beside: Option<&str>, over| Restore {
        vm: vm("web1"),
        backup: backup.map(name),
        beside: beside.map(name),
        over,
    };
    let plain =
        |vm| Create { vm, template: None, cpus: None, memory_mib: None, disk_mib: None, new_keys: false };
    let table = [
        ("vm list", List(Whose::Own)),
        ("list", List(Whose::Own)),
        ("vm list --all", List(Whose::All)),
        ("vm list --seat alumno1", seat("alumno1")),
        ("vm list --course aso-2026", List(Whose::Course(name("aso-2026")))),
        ("vm list --seat=alumno1 --seat alumno2", seat("alumno2")),
        ("vm create web1", plain(vm("web1"))),
        (
            "create web1 --template mini --cpus 2 --memory 512 --disk=4G",
            Create {
                vm: vm("web1"),
                template: Some(name("mini")),
                cpus: Some(2),
                memory_mib: Some(512),
                disk_mib: Some(4096),
                new_keys: false,
            },
        ),
        ("vm show web1.alumno1.virtuales", Show(vm("web1.alumno1"))),
        ("vm start WEB1.", Start(vm("web1"))),
        ("start 'web1'\r\n", Start(vm("web1"))),
        ("restart web1 # again", Restart(vm("web1"))),
        ("vm rename web1.alumno1 web2", Rename { vm: vm("web1.alumno1"), name: name("web2") }),
        ("rename WEB1 web2", Rename { vm: vm("web1"), name: name("web2") }),
        ("stop web1", Stop { vm: vm("web1"), force: false }),
        ("stop --force web1", Stop { vm: vm("web1"), force: true }),
        ("delete web1 --yes", Delete(vm("web1"))),
        ("vm backup web1", back_up(None, MayGo::Only(vec![]))),
        ("backup web1 --note 'antes del examen'", back_up(Some("antes del examen"), MayGo::Only(vec![]))),
        ("backup web1 --json --yes", back_up(None, MayGo::Any)),
        ("vm restore web1", restore(None, None, false)),
        ("restore web1 --as web2", restore(None, Some("web2"), false)),
        ("restore web1 --backup web1-20261123-041036 -y", restore(Some("web1-20261123-041036"), None, true)),
        ("start help", Start(vm("help"))),
    ];
    for (line, command) in table {
        assert_eq!(what(line), Run(Command::Vm(command)), "{line}");
    }
}

#[test]
fn the_other_families() {
    let backup = |command| Run(Command::Backup(command));
    let table = [
        ("backup list", backup(BackupCommand::List { vm: None, whose: Whose::Own })),
        (
            "backup list web1 --seat alumno1",
            backup(BackupCommand::List { vm: Some(name("web1")), whose: Whose::Seat(name("alumno1")) }),
        ),
        (
            "backup unprotect web1-1",
            backup(BackupCommand::Protect { backup: name("web1-1"), seat: None, protected: false }),
        ),
        ("backup show web1-1", backup(BackupCommand::Show { backup: name("web1-1"), seat: None })),
        ("template list", Run(Command::Template(TemplateCommand::List))),
        ("template show tomcat:2", Run(Command::Template(TemplateCommand::Show(name("tomcat:2"))))),
        (
            "template publish web1 --name tomcat --ports 8080,53/udp,8080 --memory 1G",
            Run(Command::Template(TemplateCommand::Publish {
                vm: vm("web1"),
                name: name("tomcat"),
                course: None,
                description: None,
                cpus: None,
                memory_mib: Some(1024),
                disk_mib: None,
                ports: ["8080", "53/udp"].map(|text| text.parse().unwrap()).into(),
            })),
        ),
        (
            "template retire tomcat --course aso-2026 --yes",
            Run(Command::Template(TemplateCommand::Retire {
                template: name("tomcat"),
                course: Some(name("aso-2026")),
            })),
        ),
        ("quota show", Run(Command::Quota(QuotaCommand::Own))),
        (
            "quota show --role alumno",
            Run(Command::Quota(QuotaCommand::Show(QuotaPlace::Role(puerta_lab::model::Role::Alumno)))),
        ),
        (
            "quota set memory 2G --seat alumno1",
            Run(Command::Quota(QuotaCommand::Set {
                quota: Quota::Memory,
                value: Some(2048),
                place: QuotaPlace::Seat(name("alumno1")),
            })),
        ),
        (
            "quota set running default --course aso-2026",
            Run(Command::Quota(QuotaCommand::Set {
                quota: Quota::Running,
                value: None,
                place: QuotaPlace::Course(name("aso-2026")),
            })),
        ),
        ("key list", Run(Command::Key(KeyCommand::List))),
        (
            "key add ssh-ed25519 AAAA ana@casa --x",
            Run(Command::Key(KeyCommand::Add { line: "ssh-ed25519 AAAA ana@casa --x".into() })),
        ),
        ("key add", wanting(Command::Key(KeyCommand::Add { line: String::new() }))),
        ("key add -", wanting(Command::Key(KeyCommand::Add { line: String::new() }))),
        ("key remove SHA256:abc", Run(Command::Key(KeyCommand::Remove { key: "SHA256:abc".into() }))),
        ("job list", Run(Command::Job(JobCommand::List(Whose::Own)))),
        ("job list --course aso-2026", Run(Command::Job(JobCommand::List(Whose::Course(name("aso-2026")))))),
        ("job watch 7", Run(Command::Job(JobCommand::Watch("7".parse().unwrap())))),
        (
            "course create aso-2026 --year 2026 --version 1",
            Run(Command::Course(CourseCommand::Create {
                name: name("aso-2026"),
                year: Some(2026),
                version: Some(1),
            })),
        ),
        (
            "course rename aso-2026 aso-a",
            course(CourseCommand::Rename { course: name("aso-2026"), name: name("aso-a") }),
        ),
        (
            "course set aso-2026 --template tomcat:2",
            course(CourseCommand::Set { course: name("aso-2026"), template: Some(name("tomcat:2")) }),
        ),
        (
            "course set aso-2026 --no-template",
            course(CourseCommand::Set { course: name("aso-2026"), template: None }),
        ),
        ("course close aso-2026", course(CourseCommand::Close(name("aso-2026")))),
        (
            "course archive aso-2026 --archive 30",
            course(CourseCommand::Archive { course: name("aso-2026"), agreed: Some(30) }),
        ),
        (
            "course reopen aso-2026 --start",
            course(CourseCommand::Reopen { course: name("aso-2026"), start: true }),
        ),
        ("course remove aso-2026 --yes", course(CourseCommand::Remove(name("aso-2026")))),
        (
            "course code aso-2026 --csv",
            Run(Command::Course(CourseCommand::Code { course: name("aso-2026"), form: Form::Csv })),
        ),
        (
            "course enrol aso-2026 --sheet --dry-run --archive 29 --start --map 'El login=username' --map a=b=email",
            wanting(Command::Course(CourseCommand::Enrol(Enrol {
                course: name("aso-2026"),
                list: Vec::new(),
                dry_run: true,
                add: false,
                archive: Some(29),
                start: true,
                maps: vec![("El login".into(), Column::Username), ("a=b".into(), Column::Email)],
                form: Form::Sheet,
            }))),
        ),
        (
            "seat create equipo3 --course aso-2026 --member ana --member luis",
            Run(Command::Seat(SeatCommand::Create {
                team: name("equipo3"),
                course: name("aso-2026"),
                members: vec![name("ana"), name("luis")],
            })),
        ),
        (
            "seat add equipo3 eva iu",
            Run(Command::Seat(SeatCommand::Add {
                seat: name("equipo3"),
                members: vec![name("eva"), name("iu")],
            })),
        ),
        (
            "seat drop equipo3 eva --yes",
            Run(Command::Seat(SeatCommand::Drop { seat: name("equipo3"), member: name("eva") })),
        ),
        ("seat list", Run(Command::Seat(SeatCommand::List { course: None }))),
        ("node list", Run(Command::Node(NodeCommand::List))),
        (
            "node drain nodo02 --move --reason 'new disk'",
            Run(Command::Node(NodeCommand::Drain {
                node: "nodo02".parse().unwrap(),
                reason: Some("new disk".into()),
                empty: true,
            })),
        ),
        ("node resume Nodo-2.lab", Run(Command::Node(NodeCommand::Resume("Nodo-2.lab".parse().unwrap())))),
        (
            "vm move web1.alumno1 nodo02 --yes",
            Run(Command::Vm(VmCommand::Move { vm: vm("web1.alumno1"), node: "nodo02".parse().unwrap() })),
        ),
        ("isolation check", Run(Command::IsolationCheck(vec![]))),
        (
            "isolation check web1.alumno1 WEB1.alumno2",
            Run(Command::IsolationCheck(vec![vm("web1.alumno1"), vm("web1.alumno2")])),
        ),
        (
            "audit list --person alumno1 --vm web1.alumno1 --action vm- --since 2h --limit 5",
            Run(Command::Audit(AuditCommand::List(AuditPages {
                filter: AuditFilter {
                    person: Some(name("alumno1")),
                    vm: Some(vm("web1.alumno1")),
                    action: Some("vm-".into()),
                    ..AuditFilter::default()
                },
                since: Some(NOW - 7_200_000),
                limit: Some(5),
                ..AuditPages::default()
            }))),
        ),
        (
            "audit search no route --outcome failed --from 192.0.2.9/24 --page 2 --csv",
            Run(Command::Audit(AuditCommand::List(AuditPages {
                filter: AuditFilter {
                    outcome: Some(AuditOutcome::Failed),
                    network: Some("192.0.2.0/24".parse().unwrap()),
                    text: Some("no route".into()),
                    ..AuditFilter::default()
                },
                page: Some(2),
                csv: true,
                ..AuditPages::default()
            }))),
        ),
        ("audit mine", Run(Command::Audit(AuditCommand::Mine { pages: AuditPages::default(), all: false }))),
        (
            "audit show 6a1bc2d30007",
            Run(Command::Audit(AuditCommand::Show(ConnectionId::parse("6a1bc2d30007").unwrap()))),
        ),
        (
            "audit tail -f -n 3",
            Run(Command::Audit(AuditCommand::Tail {
                filter: AuditFilter::default(),
                lines: Some(3),
                follow: true,
            })),
        ),
        ("audit verify", Run(Command::Audit(AuditCommand::Verify))),
        (
            "audit export --until 3d",
            Run(Command::Audit(AuditCommand::Export { since: None, until: Some(NOW - 259_200_000) })),
        ),
        ("passwd", AskPassword),
        ("whoami", Run(Command::Whoami)),
        ("known-hosts", Run(Command::KnownHosts(None))),
        ("known-hosts [web1.alumno1]:2222", Run(Command::KnownHosts(Some("[web1.alumno1]:2222".into())))),
        ("ssh-config --file", Run(Command::SshConfig { file: true })),
        ("quota set Maquinas 3 --seat alumno1", quota_set(Quota::Machines)),
        ("quota set máquinas 3 --seat alumno1", quota_set(Quota::Machines)),
        ("quota set en-marcha 3 --seat alumno1", quota_set(Quota::Running)),
        ("quota set running 3 --seat alumno1", quota_set(Quota::Running)),
        ("lang", Run(Command::Lang { set: None, sent: None })),
        ("idioma en_GB.UTF-8", Run(Command::Lang { set: Some(Lang::En), sent: None })),
        ("lang Español", Run(Command::Lang { set: Some(Lang::Es), sent: None })),
        ("exit", Exit),
        ("quit", Exit),
        ("salir", Exit),
        ("", Nothing),
        (" \t", Nothing),
        ("# nothing", Nothing),
    ];
    for (line, expected) in table {
        assert_eq!(what(line), expected, "{line}");
    }
}

#[test]
fn json_and_yes_are_heard_anywhere() {
    for line in ["--json vm list", "vm --json list", "vm list --json"] {
        assert!(parse(line, &context()).unwrap().json, "{line}");
        assert!(wants_json(line));
    }
    assert!(!parse("key add -- --json", &context()).unwrap().json);
    assert!(parse("person remove alumno1 --yes", &context()).unwrap().yes);
    assert!(!parse("person remove alumno1", &context()).unwrap().yes);
}

#[test]
fn help_is_asked_for_in_many_ways() {
    let create = what("help vm create");
    for line in [
        "vm create --help",
        "vm create -h",
        "create web1 -h",
        "help create",
        "ayuda vm create",
        "vm help create",
    ] {
        assert_eq!(what(line), create, "{line}");
    }
    let Help(text) = what("help") else {
        panic!("no help");
    };
    assert!(!text.contains("person"), "{text}");
    assert_eq!(what("-h"), what("help"));
    assert_eq!(what("vm --help"), what("help vm"));
    assert!(matches!(what("help --json"), Help(text) if text.starts_with("{\"help\":\"")));
    assert_eq!(wrong("help vm crate").args[0].1, "crate");
    assert_eq!(wrong("help qqqq").id, "error-unknown-word-alone");
    assert_eq!(wrong("help vm create web1").id, "error-extra");
}

#[test]
fn a_wrong_word_names_the_nearest_right_one() {
    let table = [
        ("vm lits", "error-unknown-word", "word=lits nearest=list"),
        ("strat web1", "error-unknown-word", "word=strat nearest=start"),
        ("backup lsit", "error-unknown-word", "word=lsit nearest=list"),
        ("xyzzy", "error-unknown-word-alone", "word=xyzzy help=help"),
        ("vm xyzzy", "error-unknown-word-alone", "word=xyzzy help=help vm"),
        ("vm stop web1 --froce", "error-unknown-option", "nearest=--force option=--froce"),
        ("vm stop web1 --xyz", "error-unknown-option-alone", "help=help vm stop option=--xyz"),
        ("vm stop web1 -f", "error-unknown-option-alone", "help=help vm stop option=-f"),
        ("vm start", "error-missing", "what=vm help=help vm start"),
        ("start", "error-missing", "what=vm help=help start"),
        ("vm create --cpus 1", "error-missing", "what=name help=help vm create"),
        ("vm start web1 web2", "error-extra", "word=web2"),
        ("whoami now", "error-extra", "word=now"),
        ("lang de", "error-value", "option=lang value=de expected=lang"),
        ("vm stop web1 --force=1", "error-extra", "word=1"),
        ("vm create web1 --cpus", "error-value-missing", "option=--cpus help=help vm create"),
        ("vm create web1 --cpus 0", "error-value", "option=--cpus value=0 expected=count"),
        ("vm create web1 --cpus -1", "error-value", "option=--cpus value=-1 expected=count"),
        ("vm create web1 --memory lots", "error-value", "option=--memory value=lots expected=size"),
        ("job watch x", "error-value", "option=job watch value=x expected=job"),
        ("course create a --version 2", "error-value", "option=--version value=2 expected=version"),
        ("person add a --role rector", "error-value", "option=--role value=rector expected=role"),
        ("audit list --since ayer", "error-value", "option=--since value=ayer expected=moment"),
        ("audit list --limit 1001", "error-value", "option=--limit value=1001 expected=limit max=1000"),
        ("vm move web1 'a b'", "error-bad-node", "node=a b"),
        ("vm rename web1", "error-missing", "what=name help=help vm rename"),
        ("vm rename web1 web2.alumno1", "error-name-characters", "kind=vm"),
        ("vm start Web_1", "error-name-characters", "kind=vm"),
        ("vm start 1web", "error-name-start", "kind=vm"),
        ("vm start ''", "error-name-empty", "kind=vm"),
        ("vm list --seat ñ", "error-name-characters", "kind=seat"),
        ("vm start 'web1", "error-quoting", ""),
    ];
    for (line, id, args) in table {
        let error = wrong(line);
        let given: Vec<_> = error.args.iter().map(|(n, v)| format!("{n}={v}")).collect();
        assert_eq!((error.id, &*given.join(" ")), (id, args), "{line}");
    }
    let verbs = "list, create, show, start, restart, rename, stop, console, delete, restore, backup, move";
    assert_eq!(wrong("vm").args[0], ("verbs", verbs.to_owned()));
    assert_eq!(wrong(&"a".repeat(MAX_LINE + 1)).id, "error-line-long");
    assert_eq!(decode(b"vm \xff").unwrap_err().id, "error-not-utf8");
}

#[test]
fn what_nobody_sees_is_in_no_name_and_no_note() {
    let alone = [
        0xad, 0x34f, 0x115f, 0x1160, 0x17b4, 0x180b, 0x180e, 0x2800, 0x3164, 0xfe0f, 0xffa0, 0x1bca0, 0x1d173,
    ];
    for number in alone.into_iter().chain((0xe0100..=0xe01ef).step_by(17)) {
        let c = char::from_u32(number).unwrap();
        for line in [
            format!("person add ana --name 'An{c}a Gil'"),
            format!("template publish web1 --name tomcat --description 'Tom{c}cat'"),
        ] {
            assert_eq!(wrong(&line).id, "error-unseen", "{line:?}");
        }
        assert_eq!(wrong(&format!("vm start we{c}b1")).id, "error-name-characters");
    }
}

/// Lines that look like commands, so that the parser gets further than the first word.
fn lines() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        prop::sample::select(vec![
            "vm", "list", "create", "backup", "key", "add", "person", "audit", "help", "--json", "--yes",
            "--since", "--help", "-", "--", "web1", "\"", "'", "\\", "=", "#",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,8}",
        any::<String>(),
    ];
    prop::collection::vec(word, 0..8).prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn parse_never_panics(line in lines()) {
        for role in Role::ALL {
            for lang in Lang::ALL {
                let context = Context { may: of(role), lang, ..context() };
                if let Err(error) = parse(&line, &context) {
                    let said = crate::shell::render::sentence(&error, lang);
                    prop_assert!(said.chars().all(crate::shell::printable::is_printable));
                    prop_assert!(!said.contains("{$") || line.contains('$'), "{}", said);
                }
            }
        }
    }
}
