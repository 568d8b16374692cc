//! A sample of each answer about practices and acts on many machines.

use super::samples::{AT, vm};
use puerta::app::reply::{
    BatchItem, BatchView, PartView, PracticeDetail, PracticeReply, PracticeView, Reply, VmState,
};

use puerta_lab::practice::Texts;

fn practice(machines: &[&str], checks: u32) -> PracticeView {
    PracticeView {
        practice: "tomcat".into(),
        course: "aso-2026".into(),
        version: 2,
        title: Texts { es: Some("Tomcat detrás de un proxy".into()), en: None },
        machines: machines.iter().map(|name| (*name).to_owned()).collect(),
        checks,
        publisher: "profesor".into(),
        published: AT.into(),
    }
}

fn item(vm: &str, state: &'static str, reason: Option<&str>) -> BatchItem {
    BatchItem {
        vm: vm.into(),
        state,
        reason: reason.map(Into::into),
        address: Some("10.48.15.195".into()),
        ports: if state == "done" { vec!["50001 -> 80".into()] } else { vec![] },
    }
}

fn batch(kind: &str, machines: Vec<BatchItem>) -> Reply {
    let failed = machines.iter().filter(|item| item.state == "failed").count() as u32;
    let done = machines.iter().filter(|item| item.state == "done").count() as u32;
    Reply::Batch(BatchView {
        job: "@3".into(),
        kind: kind.into(),
        what: "tomcat".into(),
        place: "aso-2026".into(),
        total: machines.len() as u32,
        done,
        failed,
        machines,
        absent: if kind == "many-stop" { vec!["ana".into(), "luis".into()] } else { vec![] },
    })
}

/// All of them.
pub(crate) fn replies() -> Vec<Reply> {
    let part = |name: &str, own: bool| PartView {
        name: name.into(),
        template: "debian-12".into(),
        ports: vec!["80".into()],
        after: vec!["db".into()],
        vm: own.then(|| Box::new(vm(name, "alumno1", VmState::Running))),
    };
    let many = (1..=9).map(|n| item(&format!("web.alumno{n}"), "done", None));
    let full = item("web.alumno10", "failed", Some("error-no-space"));
    vec![
        Reply::Practice(PracticeReply::List(vec![])),
        Reply::Practice(PracticeReply::List(vec![practice(&["db", "tomcat", "proxy"], 4)])),
        Reply::Practice(PracticeReply::One(PracticeDetail {
            practice: practice(&["db", "proxy"], 0),
            newer: Some(3),
            parts: vec![part("db", true), part("proxy", false)],
        })),
        Reply::Practice(PracticeReply::Published(practice(&["db"], 0))),
        Reply::Practice(PracticeReply::Published(practice(&["db", "proxy"], 1))),
        Reply::Practice(PracticeReply::Removed(practice(&["db", "proxy"], 5))),
        Reply::Practice(PracticeReply::Already(practice(&["db", "proxy"], 5))),
        batch("practice-start", vec![item("db", "done", None), item("proxy", "done", None)]),
        batch("practice-start", many.chain([full]).collect()),
        batch("practice-stop", vec![item("db", "done", None)]),
        batch("many-stop", vec![item("web1.alumno1", "done", None)]),
        batch("many-delete", vec![item("web1.alumno1", "done", None)]),
        batch("many-restart", vec![item("web1.alumno1", "done", None)]),
    ]
}
