//! Replies about sessions.

use puerta::app::ctx::Method;
use puerta::app::reply::*;

const AT: &str = "2026-11-23T10:02:03Z";

fn open(number: u32, kind: OpenKind, vm: Option<&str>, port: Option<u16>) -> OpenView {
    OpenView {
        id: format!("6925d1f20003-{number}"),
        kind,
        vm: vm.map(Into::into),
        port,
        recorded: kind == OpenKind::Console,
        since: AT.into(),
        bytes_up: if port.is_some() { 1200 } else { 0 },
        bytes_down: if port.is_some() { 3_400_000 } else { 0 },
    }
}

fn session(login: &str, open: Vec<OpenView>) -> SessionView {
    SessionView {
        session: "6925d1f20003".into(),
        login: login.into(),
        from: "192.0.2.7:50022".into(),
        since: AT.into(),
        method: Method::PublicKey,
        open,
    }
}

fn full() -> SessionView {
    let web = Some("web1.alumno1");
    let console = open(2, OpenKind::Console, web, None);
    let (one, other) = (open(3, OpenKind::Forward, web, Some(22)), open(4, OpenKind::Forward, web, Some(22)));
    session("alumno1", vec![open(1, OpenKind::Shell, None, None), console, one, other])
}

fn recording(finished: Option<&str>) -> RecordingView {
    RecordingView {
        id: "6925d1f20003-2".into(),
        login: "alumno1".into(),
        vm: "web1.alumno1".into(),
        started: AT.into(),
        finished: finished.map(Into::into),
        size: 33_000,
    }
}

fn message(shells: u32, reached: &[&str], without: &[&str]) -> Reply {
    let names = |all: &[&str]| all.iter().map(|name| (*name).to_owned()).collect();
    let (reached, without) = (names(reached), names(without));
    Reply::Message(MessageView { to: "aso-2026".into(), shells, reached, without })
}

pub(crate) fn replies() -> Vec<Reply> {
    let closed =
        Reply::Session(SessionReply::Closed { session: "6925d1f20003".into(), login: "alumno1".into() });
    vec![
        Reply::Session(SessionReply::List(vec![full(), session("alumno2", vec![])])),
        Reply::Session(SessionReply::List(vec![])),
        Reply::Session(SessionReply::One(full())),
        Reply::Session(SessionReply::One(session("alumno2", vec![]))),
        closed,
        Reply::Session(SessionReply::Recordings(vec![recording(Some(AT)), recording(None)])),
        Reply::Session(SessionReply::Recordings(vec![])),
        message(3, &["alumno1", "alumno2"], &[]),
        message(1, &["alumno1"], &["alumno2", "alumno3"]),
        message(0, &[], &["alumno1"]),
    ]
}
