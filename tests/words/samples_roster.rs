//! What enrolment and teams answer.

use puerta::app::command::Form;
use puerta::app::reply::*;

const AT: &str = "2026-12-07T10:02:03Z";

fn code() -> CodeView {
    CodeView { code: "K7QF-M2XD-9RTW".into(), expires: AT.into() }
}

fn person(login: &str, name: &str, change: Change, code: Option<CodeView>) -> EnrolledView {
    EnrolledView {
        login: login.into(),
        campus: (login == "alumno4").then(|| "ana.gil@upv.es".into()),
        name: name.into(),
        email: "inigo@upv.es".into(),
        change,
        seat: login.into(),
        code,
    }
}

fn enrolled(form: Form, dry_run: bool) -> Reply {
    let code = |_| (!dry_run).then(code);
    let people = vec![
        person("alumno1", "Íñigo Núñez", Change::New, code(0)),
        person("alumno2", "=HYPERLINK(\"x\")", Change::New, code(1)),
        person("alumno3", "王小明", Change::New, code(2)),
        person("alumno4", "Ana Gil", Change::New, None),
        person("alumno5", "Luis Gil", Change::Changed, None),
        person("alumno6", "Eva Gil", Change::Back, None),
        person("alumno7", "Iu Gil", Change::Archived, None),
    ];
    let warning = |what, line, name: &str, meant: Option<&str>| EnrolWarning {
        what,
        line,
        name: name.into(),
        meant: meant.map(str::to_owned),
    };
    let warnings = [
        warning("encoding", None, "windows-1252", None),
        warning("unknown-column", None, "ciudad\u{1b}[31m", None),
        warning("staff", Some(7), "profesor", None),
        warning("garbled", Some(9), "JosÃ©", Some("José")),
        warning("lost", Some(11), "Nu\u{fffd}ez", None),
        warning("more", None, "40", None),
    ];
    let course = "aso-2026".into();
    let (new, changed, back, archived, unchanged) = (4, 1, 1, 1, 193);
    let warnings = warnings.into();
    Reply::Course(CourseReply::Enrolled(Box::new(EnrolView {
        course,
        dry_run,
        new,
        changed,
        back,
        archived,
        unchanged,
        stops: 3,
        many: true,
        resting: (1..=11).map(|n| format!("web{n}.alumno6")).collect(),
        start: !dry_run,
        people,
        warnings,
        form,
    })))
}

fn same() -> Reply {
    Reply::Course(CourseReply::Enrolled(Box::new(EnrolView {
        course: "aso-2026".into(),
        dry_run: false,
        new: 0,
        changed: 0,
        back: 0,
        archived: 0,
        unchanged: 200,
        stops: 0,
        many: false,
        resting: vec!["web1.alumno6".into()],
        start: false,
        people: vec![],
        warnings: vec![],
        form: Form::Table,
    })))
}

fn codes(form: Form, people: usize) -> Reply {
    let one = CodedView {
        login: "alumno1".into(),
        name: "Íñigo Núñez".into(),
        email: "inigo@upv.es".into(),
        code: code(),
    };
    Reply::Course(CourseReply::CodesMade(CodesView {
        course: "aso-2026".into(),
        people: vec![one; people],
        form,
    }))
}

fn seat(archived: Option<&str>, team: bool) -> SeatView {
    SeatView {
        name: if team { "equipo2".into() } else { "alumno1".into() },
        number: 63,
        course: "aso-2026".into(),
        network: "10.48.15.192/26".into(),
        members: vec!["alumno1".into(), "alumno2".into()],
        machines: 3,
        team,
        group: if team { String::new() } else { "G1".into() },
        archived: archived.map(str::to_owned),
        leaving: false,
    }
}

fn turned(state: CourseStands, changed: bool, seats: u32, resting: &[&str], start: bool) -> Reply {
    let since = (state != CourseStands::Open).then(|| AT.to_owned());
    Reply::Course(CourseReply::Turned {
        course: CourseView { state, since, ..crate::samples::course() },
        changed,
        seats,
        stops: seats * 2,
        resting: resting.iter().map(|vm| (*vm).to_owned()).collect(),
        start,
    })
}

fn of_courses() -> Vec<Reply> {
    let renamed = |rules: &[&str]| {
        Reply::Course(CourseReply::Renamed {
            course: crate::samples::course(),
            was: "aso-a".into(),
            rules: rules.iter().map(|rule| (*rule).to_owned()).collect(),
        })
    };
    let removed = |templates: &[&str], unseated: &[&str]| {
        Reply::Course(CourseReply::Removed {
            course: "aso-2026".into(),
            seats: 1 + unseated.len() as u32,
            templates: templates.iter().map(|one| (*one).to_owned()).collect(),
            unseated: unseated.iter().map(|one| (*one).to_owned()).collect(),
        })
    };
    vec![
        renamed(&[]),
        renamed(&["rule-1-exam", "rule-2-campus"]),
        Reply::Course(CourseReply::Set(crate::samples::course())),
        Reply::Course(CourseReply::Set(CourseView { template: None, ..crate::samples::course() })),
        turned(CourseStands::Closed, true, 0, &[], false),
        turned(CourseStands::Closed, false, 0, &[], false),
        turned(CourseStands::Archived, true, 30, &[], false),
        turned(CourseStands::Archived, true, 1, &[], false),
        turned(CourseStands::Open, true, 0, &["web1.alumno6", "web2.alumno6"], false),
        turned(CourseStands::Open, false, 0, &["web1.alumno6"], true),
        removed(&[], &[]),
        removed(&["tomcat:2"], &["alumno1", "alumno2"]),
    ]
}

/// One of every reply of the area.
pub(super) fn replies() -> Vec<Reply> {
    let roster = vec![
        enrolled(Form::Table, false),
        enrolled(Form::Table, true),
        enrolled(Form::Csv, false),
        enrolled(Form::Sheet, false),
        same(),
        codes(Form::Table, 0),
        codes(Form::Table, 1),
        codes(Form::Csv, 2),
        codes(Form::Sheet, 3),
        Reply::Seat(SeatReply::Created(seat(None, true))),
        Reply::Seat(SeatReply::Created(seat(None, false))),
        Reply::Seat(SeatReply::Changed(seat(None, true))),
        Reply::Seat(SeatReply::List(vec![
            seat(None, false),
            seat(Some(AT), false),
            seat(None, true),
            SeatView { leaving: true, members: vec![], ..seat(None, true) },
        ])),
        Reply::Seat(SeatReply::Archived(seat(Some(AT), false))),
        Reply::Seat(SeatReply::Archived(seat(None, false))),
        Reply::Seat(SeatReply::Removed { seat: "equipo2".into(), machines: 0, backups: 0 }),
        Reply::Seat(SeatReply::Removed { seat: "equipo2".into(), machines: 2, backups: 1 }),
    ];
    [of_courses(), roster].concat()
}
