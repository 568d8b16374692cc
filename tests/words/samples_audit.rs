//! The audit's replies.

use puerta::app::reply::*;
use serde_json::{Value, json};

fn lines() -> Vec<Value> {
    vec![
        json!({"seq": 7, "time": "2026-11-23T10:02:03.123Z", "code": "command", "phase": "begin",
            "connection": "6a1bc2d30007", "actor": "alumno1", "source": "158.42.1.2:50522",
            "vm": "web1.alumno1", "action": "vm-start", "outcome": "allowed", "policies": ["own-machines"],
            "detail": {"words": "vm start web1"}}),
        json!({"seq": 8, "time": "2026-11-23T10:02:03Z", "code": "command", "phase": "finish",
            "actor": "=cmd|'calc'", "outcome": "failed", "failure": "error-engine-away", "policies": []}),
        json!({"seq": 9, "time": "2026-11-23T10:02:03Z", "code": "denial", "phase": "note",
            "detail": {"destination": "nodo01\u{1b}[2J:22"}}),
    ]
}

fn verdict(broken: bool) -> AuditVerdict {
    AuditVerdict {
        lines: if broken { 4710 } else { 9000 },
        files: 3,
        first: 1,
        last: 9000,
        head: "00".repeat(32),
        unremembered: broken,
        removed: (!broken).then_some(4000),
        signed: (!broken).then(|| SignedView { line: 8990, time: "2026-11-23T10:02:03.123Z".into() }),
        key: Some("SHA256:9bQ4T1uuvmYp5Xm9y0e2c1Jj8nYw0c7cV8e0o2uYx5k".into()),
        broken: broken.then(|| BrokenView {
            file: "audit-000000004001.jsonl".into(),
            line: 711,
            why: "it was changed".into(),
            rest: 4290,
            intact: 4289,
        }),
    }
}

pub(crate) fn replies() -> Vec<Reply> {
    let page = |lines, more, csv| AuditPage {
        lines,
        page: 1,
        more,
        until: Some("2026-11-23T10:02:03.123Z".into()),
        csv,
    };
    vec![
        Reply::Audit(AuditReply::Page(page(vec![], false, false))),
        Reply::Audit(AuditReply::Page(page(lines(), false, false))),
        Reply::Audit(AuditReply::Page(page(lines(), true, false))),
        Reply::Audit(AuditReply::Page(page(lines(), true, true))),
        Reply::Audit(AuditReply::Story(AuditStory {
            connection: "6a1bc2d30007".into(),
            lines: lines(),
            more: true,
        })),
        Reply::Audit(AuditReply::Verdict(verdict(false))),
        Reply::Audit(AuditReply::Verdict(verdict(true))),
    ]
}
