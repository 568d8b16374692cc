//! One of every reply about templates and quotas.

use puerta::app::error::{Error, Kind};
use puerta::app::reply::*;
use puerta_lab::quota::Quota;

const AT: &str = "2026-11-23T10:02:03Z";

fn template(name: &str, version: Option<u32>) -> TemplateView {
    TemplateView {
        name: name.into(),
        version,
        course: version.map(|_| "aso-2026".into()),
        description: "Un Linux pequeño\u{1b}[31m para empezar".into(),
        size: 3_145_728,
        cpus: 1,
        memory_mib: 256,
        disk_mib: 4096,
        ports: if version.is_some() { vec!["80".into(), "53/udp".into()] } else { vec![] },
        machines: 12,
    }
}

fn version(number: u32, machines: u32, retired: bool) -> VersionView {
    VersionView {
        name: "tomcat".into(),
        version: number,
        course: (number > 1).then(|| "aso-2026".into()),
        description: "Tomcat 10".into(),
        size: 52_428_800,
        cpus: 2,
        memory_mib: 1024,
        disk_mib: 8192,
        ports: vec!["8080".into()],
        machines,
        publisher: "profesor".into(),
        source: "web1.profesor".into(),
        created: AT.into(),
        retired: retired.then(|| AT.into()),
        image: !retired || machines > 0,
    }
}

fn quotas(place: Scope, name: &str, used: Option<u32>) -> QuotasView {
    let line = |(index, quota): (usize, Quota)| QuotaLine {
        quota,
        used: used.filter(|_| quota != Quota::Running),
        limit: if quota.is_size() { 4096 } else { 4 },
        origin: [Scope::Seat, Scope::Course, Scope::Role, Scope::Default][index % 4],
    };
    QuotasView { place, name: name.into(), quotas: Quota::ALL.into_iter().enumerate().map(line).collect() }
}

fn set(place: Scope, value: Option<u32>, over: &[&str]) -> Reply {
    Reply::Quota(QuotaReply::Set(QuotaSetView {
        quota: if value.is_some() { Quota::Memory } else { Quota::Running },
        place,
        name: "alumno1".into(),
        value,
        limit: value.unwrap_or(8),
        over: over.iter().map(|seat| (*seat).to_owned()).collect(),
    }))
}

pub(crate) fn replies(vm: VmView, port: PortView) -> Vec<Reply> {
    let full = Error::new(Kind::Limited, "error-quota").with("quota", "publications");
    let full = full.with("limit", 4).with("used", 4).with("wanted", 1);
    vec![
        Reply::Vm(VmReply::Created {
            keyless: false,
            vm: Box::new(vm),
            ports: vec![PublishedView { port, active: true }],
            unpublished: vec![UnpublishedView { service: "53/udp".into(), reason: full.id, error: full }],
        }),
        Reply::Template(TemplateReply::List(vec![])),
        Reply::Template(TemplateReply::List(vec![template("mini", None), template("tomcat", Some(2))])),
        Reply::Template(TemplateReply::One(TemplateDetail {
            name: "mini".into(),
            own: Some(template("mini", None)),
            versions: vec![],
        })),
        Reply::Template(TemplateReply::One(TemplateDetail {
            name: "tomcat".into(),
            own: None,
            versions: vec![version(3, 0, false), version(2, 3, true), version(1, 0, true)],
        })),
        Reply::Template(TemplateReply::Published(TemplatePublished {
            name: "tomcat".into(),
            version: 2,
            course: "aso-2026".into(),
            size: 52_428_800,
            took_ms: 4_200,
        })),
        Reply::Template(TemplateReply::Retired(vec![
            version(1, 0, true),
            version(2, 1, true),
            version(3, 4, true),
        ])),
        Reply::Quota(QuotaReply::List(vec![])),
        Reply::Quota(QuotaReply::List(vec![
            quotas(Scope::Seat, "alumno1", Some(2)),
            quotas(Scope::Seat, "equipo2", Some(0)),
        ])),
        Reply::Quota(QuotaReply::List(vec![quotas(Scope::Course, "aso-2026", None)])),
        Reply::Quota(QuotaReply::List(vec![quotas(Scope::Role, "alumno", None)])),
        set(Scope::Seat, Some(2048), &[]),
        set(Scope::Course, Some(2048), &["alumno1", "equipo2"]),
        set(Scope::Role, None, &[]),
        set(Scope::Seat, None, &[]),
    ]
}
