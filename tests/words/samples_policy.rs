//! One of every reply about the policy.

use puerta::app::reply::*;

use super::AT;

fn policy(id: &str) -> PolicyView {
    PolicyView {
        id: id.into(),
        effect: "forbid",
        file: "limits.cedar".into(),
        line: 5,
        text: format!("@id(\"{id}\")\nforbid (principal, action, resource)\nwhen {{ principal.suspended }};"),
    }
}

fn check(source: &'static str, policies: usize, errors: &[&str]) -> Reply {
    Reply::Policy(PolicyReply::Checked(CheckView {
        source,
        taken: errors.is_empty(),
        policies,
        known: if policies == 1 { vec!["suspended".into()] } else { vec![] },
        errors: errors.iter().map(|&error| error.into()).collect(),
    }))
}

fn explained(reason: &'static str, policies: &[(&str, Option<&str>)]) -> ExplainView {
    let place =
        |&(id, place): &(&str, Option<&str>)| PlaceView { id: id.into(), place: place.map(str::to_owned) };
    ExplainView {
        who: "alumno1".into(),
        verb: "vm-forward",
        target: Some("web1.alumno2:22".into()),
        at: "2026-12-04T08:00:00+01:00".into(),
        from: "192.0.2.7".into(),
        allowed: false,
        reason,
        policies: policies.iter().map(place).collect(),
        second_factor_helps: false,
    }
}

fn exam() -> RuleView {
    RuleView {
        id: 3,
        policy: "rule-3-exam".into(),
        kind: "exam",
        state: RuleState::On,
        course: Some("aso-2026".into()),
        from: Some("2026-12-04T08:00:00+01:00".into()),
        until: Some("2026-12-04T10:00:00+01:00".into()),
        machines: vec!["db1".into(), "web1".into()],
        verbs: Some("list,start,forward".into()),
        zone: Some("Europe/Madrid".into()),
        ..blank()
    }
}

/// What every rule has, and nothing more.
fn blank() -> RuleView {
    RuleView {
        id: 0,
        policy: String::new(),
        kind: "",
        state: RuleState::On,
        course: None,
        from: None,
        until: None,
        machines: Vec::new(),
        nobodys: Vec::new(),
        verbs: None,
        open: None,
        zone: None,
        networks: Vec::new(),
        role: None,
        author: "profesor".into(),
        created: AT.into(),
    }
}

fn rules() -> Vec<RuleView> {
    let bare = blank();
    vec![
        exam(),
        RuleView {
            id: 4,
            policy: "rule-4-timetable".into(),
            kind: "timetable",
            state: RuleState::Off,
            course: Some("aso-2026".into()),
            open: Some("mon-fri 08:00-21:00".into()),
            zone: Some("Europe/Madrid".into()),
            ..bare.clone()
        },
        RuleView {
            id: 5,
            policy: "rule-5-campus".into(),
            kind: "campus",
            networks: vec!["192.0.2.0/24".into(), "2001:db8::/32".into()],
            ..bare.clone()
        },
        RuleView {
            id: 6,
            policy: "rule-6-second-factor".into(),
            kind: "second-factor",
            role: Some("profesor"),
            ..bare
        },
        RuleView { state: RuleState::Over, ..exam() },
    ]
}

pub(super) fn replies() -> Vec<Reply> {
    let allowed = ExplainView {
        allowed: true,
        ..explained("policies", &[("students-own-machines", Some("students.cedar:4"))])
    };
    let by = [("error:policy:x", None), ("rule-3-exam", Some("rule-3-exam"))];
    let whole = ExplainView { target: None, verb: "policy-set", ..explained("policies", &by[1..]) };
    let mut all = vec![
        Reply::Policy(PolicyReply::List(vec![policy("suspended"), policy("other\u{1b}[2J")])),
        Reply::Policy(PolicyReply::One(policy("suspended"))),
        check("input", 1, &[]),
        check("input", 0, &["-:3: unexpected token `\u{1b}`", "-:9: no"]),
        check("folder", 25, &[]),
        check("folder", 0, &["limits.cedar:3: unexpected token"]),
        check("built-in", 24, &[]),
        Reply::Policy(PolicyReply::Explained(allowed)),
        Reply::Policy(PolicyReply::Explained(explained("policies", &by))),
        Reply::Policy(PolicyReply::Explained(ExplainView { second_factor_helps: true, ..whole })),
        Reply::Policy(PolicyReply::Rules(vec![])),
        Reply::Policy(PolicyReply::Rules(rules())),
    ];
    for reason in [
        "nothing",
        "absent",
        "ambiguous",
        "outside-lab",
        "localhost",
        "address-spelling",
        "port",
        "not-a-name",
    ] {
        all.push(Reply::Policy(PolicyReply::Explained(explained(reason, &[]))));
    }
    all.extend(rules().into_iter().map(|rule| Reply::Policy(PolicyReply::RuleAdded(rule))));
    all.push(Reply::Policy(PolicyReply::RuleAdded(RuleView { nobodys: vec!["db1".into()], ..exam() })));
    all.push(Reply::Policy(PolicyReply::RuleRemoved(exam())));
    all
}
