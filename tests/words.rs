//! What people read is tested: every command's help, every reply and every error, in both
//! languages and in JSON, as snapshots; and no sentence is missing in either language.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "words/hints.rs"]
mod hints;
#[path = "words/samples.rs"]
mod samples;
#[path = "words/samples_audit.rs"]
mod samples_audit;
#[path = "words/samples_factor.rs"]
mod samples_factor;
#[path = "words/samples_practice.rs"]
mod samples_practice;
#[path = "words/samples_session.rs"]
mod samples_session;
#[path = "words/samples_template.rs"]
mod samples_template;
#[path = "words/sentences.rs"]
mod sentences;
#[path = "words/width.rs"]
mod width;

use jiff::tz::TimeZone;
use puerta::app::command::Sentence;
use puerta::app::ending::Reason;
use puerta::app::error::{Error, Kind};
use puerta::app::presence::Notice;
use puerta::app::reply::{ProgressView, Step};
use puerta::shell::lang::Lang;
use puerta::shell::notice;
use puerta::shell::render::{self, Style};
use puerta::shell::useful::May;
use puerta::shell::words::{Context, Wall, What, parse};
use puerta::shell::{help, words};
use puerta_lab::action::Action;
use puerta_lab::model::{Actor, PersonId, Role, Timestamp};
use puerta_policy::decide::{self, Policy};
use sentences::{likely, sentences};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::LazyLock;

/// Whether somebody of this role may do something at all while nobody writes policies of their own.
fn at_all(role: Role, action: Action) -> bool {
    static BUILT_IN: LazyLock<Policy> = LazyLock::new(|| Policy::built_in().unwrap());
    let actor = Actor {
        person: Some(PersonId(7)),
        login: "ana".into(),
        role,
        seats: vec![],
        teams: Vec::new(),
        courses: vec![],
        suspended: false,
    };
    let now = Timestamp(1_795_428_000_000);
    BUILT_IN.allows_at_all(&actor, action, decide::Context { now, source: None, second_factor: false })
}

static ZONE: TimeZone = TimeZone::UTC;

fn context(lang: Lang, role: Role) -> Context<'static> {
    let may: May<'static> = match role {
        Role::Alumno => &|action| at_all(Role::Alumno, action),
        Role::Profesor => &|action| at_all(Role::Profesor, action),
        Role::Admin => &|action| at_all(Role::Admin, action),
    };
    Context { domain: "virtuales", lang, sent: None, may, wall: Wall { now_ms: 0, zone: &ZONE } }
}

fn help_text(line: &str, lang: Lang, role: Role) -> String {
    match parse(line, &context(lang, role)).unwrap().what {
        What::Help(text) => text,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn shell_help_of_every_command() {
    for lang in Lang::ALL {
        let mut all = String::new();
        for role in [Role::Alumno, Role::Profesor] {
            let text = help_text("help", lang, role);
            _ = writeln!(all, "==== help ({})\n{text}", role.as_str());
        }
        let commands = help::commands();
        let families: BTreeSet<_> = commands.iter().filter(|c| c.len() == 2).map(|c| &c[0]).collect();
        for family in families {
            let line = format!("help {family}");
            _ = writeln!(all, "==== {line}\n{}", help_text(&line, lang, Role::Profesor));
        }
        for command in &commands {
            let line = format!("{} --help", command.join(" "));
            _ = writeln!(all, "==== {line}\n{}", help_text(&line, lang, Role::Alumno));
        }
        for line in all.lines() {
            let usage = line.contains(" [--");
            assert!(usage || line.chars().count() <= 80, "too wide: {line}");
        }
        insta::assert_snapshot!(format!("help-{}", lang.as_str()), all);
    }
}

#[test]
fn shell_replies() {
    let samples = samples::replies();
    for lang in Lang::ALL {
        let mut all = String::new();
        for (name, reply) in &samples {
            let text = render::reply(reply, lang, Style::default());
            assert!(text.ends_with('\n') && !text.contains('\x1b'), "{name}");
            _ = writeln!(all, "==== {name}\n{text}");
        }
        insta::assert_snapshot!(format!("replies-{}", lang.as_str()), all);
    }
    let json = Style { json: true, ..Style::default() };
    let mut all = String::new();
    for (name, reply) in &samples {
        let text = render::reply(reply, Lang::Es, json);
        assert_eq!(text, render::reply(reply, Lang::En, json));
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert!(document.is_array() || document.is_object(), "{name}");
        assert_eq!(text.lines().count(), 1, "{name}");
        _ = writeln!(all, "==== {name}\n{text}");
    }
    insta::assert_snapshot!("replies-json", all);
}

/// Every error with likely arguments.
fn errors(lang: Lang) -> Vec<Error> {
    let of = |(id, variables): (String, BTreeSet<String>)| {
        let id: &'static str = id.leak();
        let mut error = Error::new(Kind::Conflict, id);
        for variable in variables {
            let variable: &'static str = variable.leak();
            error = error.with(variable, likely(variable));
        }
        error
    };
    sentences(lang).into_iter().filter(|(id, _)| id.starts_with("error-")).map(of).collect()
}

#[test]
fn shell_errors() {
    for lang in Lang::ALL {
        let mut all = String::new();
        for error in errors(lang) {
            _ = write!(all, "{}\n    {}", error.id, render::error(&error, lang, false));
        }
        insta::assert_snapshot!(format!("errors-{}", lang.as_str()), all);
    }
}

#[test]
fn shell_errors_of_lines() {
    let lines = [
        "strat web1",
        "vm xyzzy",
        "vm",
        "vm start",
        "start",
        "vm start Web_1",
        "vm stop web1 --froce",
        "vm stop web1 --what",
        "vm create web1 --memory lots",
        "vm create web1 --cpus",
        "job watch one",
        "audit list --since ayer",
        "audit list --limit 5000",
        "audit list --outcome ok",
        "audit list --from campus",
        "audit show ../etc",
        "audit search",
        "person add a --role rector",
        "vm start web1 web2",
        "port publish web1",
        "port publish web1 http",
        "port publish web1 80 --port 0",
        "port publish web1 80 --from 192.0.2.0/24,campus",
        "port unpublish",
        "port unpublish web1",
        "egress set some --seat alumno1",
        "egress set deny",
        "egress clear --seat alumno1 --course aso-2026",
        "course enrol Aso",
        "course code aso-2026 --csv --sheet",
        "seat create equipo3",
        "seat add equipo3",
        "seat drop equipo3 Ana",
        "vm start \"web1",
        "vm start 'we\u{1b}[2Jb1'",
        "wh\u{202e}oami\u{7}",
    ];
    for lang in Lang::ALL {
        let mut all = String::new();
        for line in lines {
            let error = parse(line, &context(lang, Role::Alumno)).unwrap_err();
            assert_eq!(error.kind.exit(), 1);
            let text = render::error(&error, lang, false);
            _ = writeln!(all, "> {}\n{text}", line.escape_default());
        }
        let row = |line, id| Error::new(Kind::Usage, id).with("line", line);
        let mut list = Error::new(Kind::Usage, "error-list-wrong").with("count", 2);
        list.details.push(row("7", "error-row-twice").with("value", "ana").with("first", 3));
        list.details.push(row("9", "error-row-missing").with("column", "email"));
        all += &render::error(&list, lang, false);
        all += &render::error(&list, lang, true);
        let error = words::parse("vm start --json", &context(lang, Role::Alumno)).unwrap_err();
        all += &render::error(&error, lang, true);
        let busy = Error::new(Kind::Conflict, "error-vm-busy").with("vm", "web1");
        let busy = busy.with("job", "backup").with("since", "2026-11-23T10:02:03Z");
        all += &render::error(&busy, lang, false);
        all += &render::error(&Error::new(Kind::Conflict, "error-vm-running"), lang, false);
        insta::assert_snapshot!(format!("errors-of-lines-{}", lang.as_str()), all);
    }
}

fn notices(lang: Lang) -> String {
    let mut all = String::new();
    all += &notice::welcome(lang, "alumno1", 1, 5);
    all += &notice::first_login(lang, "alumno1");
    all += &notice::little_room(lang, 800);
    all += &notice::job_detached(lang, "12");
    let reasons = [
        Reason::Suspended,
        Reason::NotNow,
        Reason::Shutdown,
        Reason::TooManyTries,
        Reason::TooManyCodes,
        Reason::TooManyConnections,
        Reason::Unwritten,
        Reason::RegistryAway,
        Reason::Closed,
    ];
    for why in reasons {
        all += &notice::closing(lang, why);
    }
    for why in [Reason::NoLongerAllowed, Reason::ClosedByStaff, Reason::ClosedByOneself] {
        all += &notice::closing(lang, why);
    }
    let message = Notice::Message { from: "profesor".into(), text: "hola\x1b[2J".into() };
    let cut = Notice::ForwardCut { vm: "web1.alumno1".into(), port: 22 };
    all += &(notice::heard(lang, &message) + &notice::heard(lang, &cut));
    for machines in ["all", "`ux9`"] {
        let (course, until) = ("ux-2026".to_owned(), "11:00".to_owned());
        let exam = Notice::ExamBegins { course: course.clone(), until, machines: machines.into() };
        all += &(notice::heard(lang, &exam) + &notice::heard(lang, &Notice::ExamEnds { course }));
    }
    all += &(notice::console(lang, "web1", false) + &notice::console(lang, "web1", true));
    _ = writeln!(all, "{}", notice::wrong_code());
    all += &notice::left_alone(lang);
    all += &notice::goodbye(lang);
    _ = writeln!(all, "{}|", notice::paste_key(lang));
    _ = writeln!(all, "{}|", notice::code_prompt(lang));
    for prompt in notice::password_prompts(lang) {
        _ = writeln!(all, "{prompt}|");
    }
    for line in [
        "vm delete web1",
        "backup delete web1-20261123-041036",
        "key remove 2",
        "person suspend alumno1",
        "person remove alumno1",
        "seat drop equipo3 alumno1",
        "session close 6925d1f20003",
        "policy rule remove 3",
        "person totp-reset profesor",
    ] {
        let What::Run(command) = parse(line, &context(lang, Role::Admin)).unwrap().what else {
            panic!("{line} does not run");
        };
        let question = notice::destructive(&command, lang).expect(line);
        _ = writeln!(all, "{question}|");
    }
    for sentence in [
        Sentence::new("ask-vm-backup").with("vm", "web1").with("keep", 3).with("backups", "`web1-1`"),
        Sentence::new("ask-vm-restore-newest").with("vm", "web1"),
        Sentence::new("ask-vm-restore").with("vm", "web1").with("backup", "web1-20261123-041036"),
    ] {
        _ = writeln!(all, "{}|", notice::question(&sentence, lang));
    }
    for line in ["vm stop web1 --force", "person suspend alumno1 --resume", "vm list"] {
        let What::Run(command) = parse(line, &context(lang, Role::Admin)).unwrap().what else {
            panic!("{line} does not run");
        };
        assert_eq!(notice::destructive(&command, lang), None);
    }
    for (at, step) in Step::ALL.iter().copied().enumerate() {
        let progress = ProgressView {
            failed: None,
            step,
            done: [None, Some(13_000_000)][usize::from(at > 1)],
            total: [None, Some(28_000_000)][usize::from(at > 2)],
        };
        _ = writeln!(all, "{}", render::progress("12", &progress, lang));
    }
    all
}

#[test]
fn shell_notices_questions_and_progress() {
    for lang in Lang::ALL {
        insta::assert_snapshot!(format!("notices-{}", lang.as_str()), notices(lang));
    }
}
