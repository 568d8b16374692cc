//! Ready rules: the Cedar text they become (`rules.golden`, `UPDATE_GOLDEN=1` rewrites it), and that
//! it means what they say: before, inside and after, for whom it is about and for everybody else.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod lab;

use lab::*;
use puerta_lab::action::{Action, Target};
use puerta_lab::model::*;
use puerta_lab::rules::{ReadyRule, Rule, Window};
use puerta_policy::decide::{Context, Forward, Lab, Own, Policy, Resource};
use puerta_policy::rules::cedar;
use std::net::IpAddr;
use std::path::Path;

/// 2026-12-04, 08:00 to 10:00 UTC.
const BEGIN: i64 = 1_796_371_200_000;
const END: i64 = BEGIN + 2 * 3_600_000;

fn window(from: i64, until: i64) -> Window {
    Window::new(Timestamp(from), Timestamp(until)).unwrap()
}

fn ready(rule: Rule) -> ReadyRule {
    ReadyRule { id: RuleId(3), rule, author: "profesor".into(), created: Timestamp(0) }
}

fn exam(machines: &[&str], verbs: &str) -> ReadyRule {
    ready(Rule::Exam {
        course: course().name,
        time: window(BEGIN, END),
        machines: machines.iter().map(|name| name.parse().unwrap()).collect(),
        verbs: verbs.parse().unwrap(),
    })
}

fn timetable() -> ReadyRule {
    ready(Rule::Timetable { course: course().name, open: "fri 09:00-11:00".parse().unwrap() })
}

fn campus(of_course: bool, networks: &[&str]) -> ReadyRule {
    ready(Rule::Campus {
        course: of_course.then(|| course().name),
        networks: networks.iter().map(|network| network.parse().unwrap()).collect(),
    })
}

fn second_factor(role: Role) -> ReadyRule {
    ready(Rule::SecondFactor { role })
}

fn with(rule: &ReadyRule) -> Policy {
    let open = [window(BEGIN, END), window(END + 1000, END + 2000)];
    let text = (rule.policy_id(), cedar(rule, &open));
    Policy::built_in().unwrap().with_rules(&[text]).unwrap()
}

fn at(now: i64) -> Context {
    let source = Some("192.0.2.9".parse().unwrap());
    Context { now: Timestamp(now), source, second_factor: false }
}

/// What it says, and which policy: `rule-3-exam` or the like, or nothing for a policy of the house.
#[track_caller]
fn says<T: Resource>(policy: &Policy, actor: &Actor, action: Action, target: &T, context: Context) -> String {
    match policy.explain(actor, action, target, context) {
        Ok(_) => "allow".to_owned(),
        Err(policies) if policies.is_empty() => "nothing".to_owned(),
        Err(policies) => policies.join(" "),
    }
}

#[test]
fn the_texts_are_the_golden_ones() {
    let all = [
        exam(&["db1", "web1"], "list,start,forward,console,backup,backup-list"),
        exam(&[], "forward"),
        timetable(),
        campus(true, &["192.0.2.0/24", "2001:db8::/32"]),
        campus(false, &["192.0.2.7/32"]),
        second_factor(Role::Profesor),
    ];
    let open = [window(BEGIN, END), window(BEGIN + 86_400_000, END + 86_400_000)];
    let texts: Vec<String> =
        all.iter().map(|rule| cedar(rule, &open)).chain([cedar(&timetable(), &[])]).collect();
    let text = texts.join("\n");
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules.golden");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&golden, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&golden).unwrap_or_default(), text);
}

#[test]
fn an_exam_begins_and_ends_at_its_moments() {
    let policy = with(&exam(&["db1"], "list,forward"));
    let student = actor(Role::Alumno);
    let forward = Forward { vm: vm(OWN), port: 22 };
    for (now, said) in
        [(BEGIN - 1, "allow"), (BEGIN, "rule-3-exam"), (END - 1, "rule-3-exam"), (END, "allow")]
    {
        assert_eq!(says(&policy, &student, Action::VmForward, &forward, at(now)), said, "{now}");
    }
    for (now, said) in [
        (BEGIN - 1, "allow"),
        (BEGIN, "rule-3-exam-network"),
        (END - 1, "rule-3-exam-network"),
        (END, "allow"),
    ] {
        for action in [Action::CourseEgress, Action::CoursePublications] {
            assert_eq!(says(&policy, &Actor::itself(), action, &course(), at(now)), said, "{now}");
        }
    }
}

#[test]
fn during_an_exam_students_have_the_listed_machines_by_the_listed_verbs() {
    let student = actor(Role::Alumno);
    let now = at(BEGIN);
    let listed = with(&exam(&["db1", "web1"], "list,forward,backup-list"));
    let says = |action, target: &_| says(&listed, &student, action, target, now);
    assert_eq!(says(Action::VmView, &vm(OWN)), "allow");
    assert_eq!(says(Action::VmView, &vm(OTHER)), "nothing", "a listed name is no permit");
    for action in [
        Action::VmStart,
        Action::VmStop,
        Action::VmRename,
        Action::VmDelete,
        Action::VmBackup,
        Action::VmConsole,
    ] {
        assert_eq!(says(action, &vm(OWN)), "rule-3-exam", "{}", action.as_str());
    }
    let other_name = Vm { name: "notes".parse().unwrap(), ..vm(OWN) };
    assert_eq!(says(Action::VmView, &other_name), "rule-3-exam");
    let other_course = Vm { course: "so-2026".parse().unwrap(), ..vm(OWN) };
    assert_eq!(says(Action::VmView, &other_course), "rule-3-exam");
    let says = |action| self::says(&listed, &student, action, &backup(OWN), now);
    assert_eq!((&*says(Action::BackupView), &*says(Action::BackupDelete)), ("allow", "rule-3-exam"));
    let says = |action| self::says(&listed, &student, action, &Lab, now);
    assert_eq!((&*says(Action::Login), &*says(Action::Whoami)), ("allow", "allow"));
    assert_eq!(says(Action::TemplateList), "rule-3-exam");
    assert_eq!(self::says(&listed, &student, Action::VmCreate, &seat(OWN), now), "rule-3-exam");
    assert_eq!(self::says(&listed, &student, Action::PortPublish, &publish(OWN), now), "rule-3-exam");
    assert_eq!(self::says(&listed, &student, Action::PortView, &publication(OWN), now), "rule-3-exam");
    // Without names: every machine of the course.
    let all = with(&exam(&[], "list"));
    assert_eq!(self::says(&all, &student, Action::VmView, &other_name, now), "allow");
    assert_eq!(self::says(&all, &student, Action::VmView, &other_course, now), "rule-3-exam");
}

#[test]
fn a_console_that_is_recorded_stays_recorded_during_an_exam() {
    let rule = exam(&["web1"], "console");
    let record =
        "@id(\"record\") permit (principal, action == Puerta::Action::\"vm-console-record\", resource);";
    let files = files(&[("extra.cedar", record)], true);
    let policy = Policy::parse(&files).unwrap().with_rules(&[(rule.policy_id(), cedar(&rule, &[]))]).unwrap();
    let said = says(&policy, &actor(Role::Alumno), Action::VmConsoleRecord, &vm(OWN), at(BEGIN));
    assert_eq!(said, "allow");
}

#[test]
fn rules_about_a_course_are_not_about_others() {
    let elsewhere = Actor {
        courses: vec!["so-2026".parse().unwrap()],
        seats: vec![SeatId(OTHER)],
        ..actor(Role::Alumno)
    };
    for rule in [exam(&[], "list"), timetable(), campus(true, &["198.51.100.0/24"])] {
        let policy = with(&rule);
        for (who, now) in [(&elsewhere, BEGIN), (&actor(Role::Profesor), BEGIN), (&actor(Role::Admin), END)] {
            let (id, role) = (rule.policy_id(), who.role);
            assert_eq!(says(&policy, who, Action::Login, &Lab, at(now)), "allow", "{id} {role:?}");
            assert_eq!(says(&policy, who, Action::TemplateList, &Lab, at(now)), "allow", "{id} {role:?}");
        }
    }
}

#[test]
fn outside_the_timetable_nobody_comes_in_or_stays() {
    let policy = with(&timetable());
    let student = actor(Role::Alumno);
    let forward = Forward { vm: vm(OWN), port: 22 };
    for (now, open) in [
        (BEGIN - 1, false),
        (BEGIN, true),
        (END - 1, true),
        (END, false),
        (END + 1000, true),
        (END + 2000, false),
    ] {
        let said = if open { "allow" } else { "rule-3-timetable" };
        assert_eq!(says(&policy, &student, Action::Login, &Lab, at(now)), said, "{now}");
        assert_eq!(says(&policy, &student, Action::VmForward, &forward, at(now)), said, "{now}");
    }
    // Nothing is known to be open: closed.
    let text = (timetable().policy_id(), cedar(&timetable(), &[]));
    let closed = Policy::built_in().unwrap().with_rules(&[text]).unwrap();
    assert_eq!(says(&closed, &student, Action::Login, &Lab, at(BEGIN)), "rule-3-timetable");
}

#[test]
fn the_campus_is_its_networks_in_both_families() {
    let student = actor(Role::Alumno);
    let from = |source: Option<&str>| Context {
        source: source.map(|text| text.parse::<IpAddr>().unwrap()),
        ..at(BEGIN)
    };
    let policy = with(&campus(true, &["192.0.2.0/24", "198.51.100.7/32", "2001:db8::/32"]));
    for source in ["192.0.2.1", "198.51.100.7", "2001:db8::9", "::ffff:192.0.2.1"] {
        assert_eq!(says(&policy, &student, Action::Login, &Lab, from(Some(source))), "allow", "{source}");
    }
    for source in [Some("192.0.3.1"), Some("198.51.100.8"), Some("2001:db9::1"), None] {
        assert_eq!(says(&policy, &student, Action::Login, &Lab, from(source)), "rule-3-campus", "{source:?}");
        assert_eq!(says(&policy, &actor(Role::Profesor), Action::Login, &Lab, from(source)), "allow");
    }
    let everywhere = with(&campus(false, &["192.0.2.0/24"]));
    let elsewhere = Actor { courses: Vec::new(), ..student };
    assert_eq!(
        says(&everywhere, &elsewhere, Action::Login, &Lab, from(Some("203.0.113.1"))),
        "rule-3-campus"
    );
}

#[test]
fn without_a_second_factor_one_sets_it_up_and_no_more() {
    let policy = with(&second_factor(Role::Profesor));
    let proved = Context { second_factor: true, ..at(BEGIN) };
    for role in [Role::Profesor, Role::Admin] {
        let actor = actor(role);
        let own = Own(actor.person.unwrap());
        for action in [Action::Login, Action::Whoami] {
            assert_eq!(says(&policy, &actor, action, &Lab, at(BEGIN)), "allow");
        }
        for action in [Action::SecondFactor, Action::KeyAdd, Action::Passwd] {
            assert_eq!(says(&policy, &actor, action, &own, at(BEGIN)), "allow");
        }
        for action in [Action::CourseCreate, Action::PolicySet, Action::AuditList] {
            assert_eq!(says(&policy, &actor, action, &Lab, at(BEGIN)), "rule-3-second-factor");
            assert_eq!(says(&policy, &actor, action, &Lab, proved), "allow");
        }
    }
    assert_eq!(says(&policy, &actor(Role::Alumno), Action::VmStart, &vm(OWN), at(BEGIN)), "allow");
    assert_eq!(says(&policy, &Actor::itself(), Action::CourseEgress, &course(), proved), "allow");
    let students = with(&second_factor(Role::Alumno));
    let said = says(&students, &actor(Role::Alumno), Action::VmStart, &vm(OWN), at(BEGIN));
    assert_eq!(said, "rule-3-second-factor");
    assert_eq!(says(&students, &actor(Role::Admin), Action::PolicySet, &Lab, at(BEGIN)), "allow");
}

/// A thread's usual stack is enough to read and to judge them.
#[test]
fn the_widest_rules_are_judged() {
    let minutes = |n: i64| BEGIN + n * 60_000;
    let open: Vec<Window> = (0..240).map(|n| window(minutes(2 * n), minutes(2 * n + 1))).collect();
    let wide = timetable();
    let networks: Vec<String> = (0..32).map(|n| format!("198.51.{}.0/24", 2 * n)).collect();
    let networks: Vec<&str> = networks.iter().map(String::as_str).collect();
    let campus = campus(true, &networks);
    let policy = |rule: &ReadyRule| {
        Policy::built_in().unwrap().with_rules(&[(rule.policy_id(), cedar(rule, &open))]).unwrap()
    };
    let student = actor(Role::Alumno);
    for (now, said) in [(minutes(478), "allow"), (minutes(479), "rule-3-timetable"), (minutes(0), "allow")] {
        assert_eq!(says(&policy(&wide), &student, Action::Login, &Lab, at(now)), said, "{now}");
    }
    let from = |source: &str| Context { source: Some(source.parse().unwrap()), ..at(BEGIN) };
    for (source, said) in [("198.51.62.9", "allow"), ("198.51.61.9", "rule-3-campus")] {
        assert_eq!(says(&policy(&campus), &student, Action::Login, &Lab, from(source)), said, "{source}");
    }
}

#[test]
fn rules_are_kept_as_they_were() {
    for rule in [
        exam(&["web1"], "list,backup-delete"),
        timetable(),
        campus(true, &["192.0.2.0/24"]),
        second_factor(Role::Admin),
    ] {
        let kept = serde_json::to_value(&rule.rule).unwrap();
        assert_eq!(kept["kind"], rule.rule.kind());
        assert_eq!(serde_json::from_value::<Rule>(kept).unwrap(), rule.rule);
    }
    for text in [
        r#"{"kind":"exam","parameters":{"course":"a\" x","time":[0,1],"machines":[],"verbs":"list"}}"#,
        r#"{"kind":"exam","parameters":{"course":"aso","time":[1,1],"machines":[],"verbs":"list"}}"#,
        r#"{"kind":"exam","parameters":{"course":"aso","time":[0,1],"machines":["web 1"],"verbs":"list"}}"#,
        r#"{"kind":"exam","parameters":{"course":"aso","time":[0,1],"machines":[],"verbs":"vm-create"}}"#,
        r#"{"kind":"timetable","parameters":{"course":"aso","open":"always"}}"#,
    ] {
        assert!(serde_json::from_str::<Rule>(text).is_err(), "{text}");
    }
}

#[test]
fn a_rule_is_known_by_its_number_and_refused_where_a_file_has_that_id() {
    let policy = with(&exam(&["web1"], "list"));
    let stated = &policy.stated()["rule-3-exam"];
    assert_eq!((&*stated.file, stated.line, stated.forbids), ("rule-3-exam", 1, true));
    assert!(stated.text.starts_with("@id(\"rule-3-exam\")\nforbid"), "{}", stated.text);
    assert!(!policy.minds_the_clock(), "ready rules say themselves when");
    // Another set of rules takes the place of the first, and the files stay.
    assert_eq!(policy.with_rules(&[]).unwrap().ids(), Policy::built_in().unwrap().ids());
    let files = files(&[("a.cedar", "@id(\"rule-3-exam\") permit (principal, action, resource);")], false);
    let rule = exam(&["web1"], "list");
    let errors =
        Policy::parse(&files).unwrap().with_rules(&[(rule.policy_id(), cedar(&rule, &[]))]).unwrap_err();
    assert!(errors[0].to_string().contains("`rule-3-exam` is taken"), "{errors:?}");
}

#[test]
fn words_are_actions_and_short_words_where_only_one_fits() {
    assert_eq!(Action::named("vm-forward"), Ok(Action::VmForward));
    assert_eq!(Action::named("forward"), Ok(Action::VmForward));
    assert_eq!(Action::named("suspend"), Ok(Action::PersonSuspend));
    assert_eq!(
        Action::named("create").unwrap_err(),
        [Action::VmCreate, Action::CourseCreate, Action::SeatCreate]
    );
    assert_eq!(Action::named("fly"), Err(Vec::new()));
    for action in Action::ALL {
        assert_eq!(Action::named(action.as_str()), Ok(action));
    }
    assert_eq!(Action::VmForward.target(), Target::Forward);
}
