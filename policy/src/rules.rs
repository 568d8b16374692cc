//! A ready rule as Cedar text. Its parts are values of `puerta-lab`, each with an alphabet of its own, so that
//! nothing of a person's is in it unescaped.

use ipnet::IpNet;
use puerta_lab::action::Action;
use puerta_lab::model::{Role, Timestamp};
use puerta_lab::names::{CourseName, VmName};
use puerta_lab::rules::{ReadyRule, Rule, Window};
use std::collections::BTreeSet;

/// What every student may do during an exam. A console that is recorded stays so.
const EXAM: [Action; 3] = [Action::Login, Action::Whoami, Action::VmConsoleRecord];

/// What somebody without a second factor may do, besides looking after their own account.
const WITHOUT_FACTOR: [Action; 2] = [Action::Login, Action::Whoami];

/// How many windows of a timetable stand in one bracket.
const TOGETHER: usize = 16;

/// Its Cedar text. `open` are the moments at which a timetable is open, in their order: at any other it is
/// closed. Other rules know their moments themselves.
pub fn cedar(ready: &ReadyRule, open: &[Window]) -> String {
    let id = ready.policy_id();
    match &ready.rule {
        Rule::Exam { course, time, machines, verbs } => {
            let when = format!("principal in {} &&\n  {}", uid(course), during(*time));
            let mut text = forbid(&id, Role::Alumno, &when);
            text += &unless(&any_of(EXAM));
            for (kind, name, actions) in
                [("Vm", "name", verbs.of_machines()), ("Backup", "vm", verbs.of_backups())]
            {
                if !actions.is_empty() {
                    text += &unless(&listed(kind, name, &any_of(actions), course, machines));
                }
            }
            text + ";\n\n" + &network(&id, course, *time)
        }
        Rule::Timetable { course, open: _ } => {
            // A few together in brackets: a flat list of many is too deep to be judged.
            let some = |windows: &[Window]| {
                let each: Vec<String> =
                    windows.iter().map(|window| format!("({})", during(*window))).collect();
                each.join(" ||\n  ")
            };
            let windows: Vec<String> = open.chunks(TOGETHER).map(some).collect();
            let mut text = forbid(&id, Role::Alumno, &format!("principal in {}", uid(course)));
            if !windows.is_empty() {
                text += &unless(&format!("({})", windows.join(") ||\n  (")));
            }
            text + ";\n"
        }
        Rule::Campus { course, networks } => {
            let when = course.as_ref().map(|course| format!("principal in {}", uid(course)));
            let mut text = forbid(&id, Role::Alumno, &when.unwrap_or_default());
            text += &unless(&format!("context has source &&\n  ({})", inside(networks)));
            text + ";\n"
        }
        Rule::SecondFactor { role } => {
            let account = format!("{} ||\n  action in {}", any_of(WITHOUT_FACTOR), group("account"));
            forbid(&id, *role, "!context.secondFactor") + &unless(&account) + ";\n"
        }
    }
}

fn forbid(id: &str, role: Role, when: &str) -> String {
    let role = role.as_str();
    let mut text = format!("@id(\"{id}\")\nforbid (principal in Puerta::Role::\"{role}\", action, resource)");
    if !when.is_empty() {
        text += &format!("\nwhen {{\n  {when}\n}}");
    }
    text
}

fn unless(what: &str) -> String {
    format!("\nunless {{\n  {what}\n}}")
}

/// Egress and publications of the course: puerta itself asks.
fn network(id: &str, course: &CourseName, time: Window) -> String {
    let actions = [Action::CourseEgress, Action::CoursePublications].map(|action| group(action.as_str()));
    format!(
        "@id(\"{id}-network\")\nforbid (\n  principal,\n  action in [{}],\n  resource == {}\n)\nwhen {{\n  {}\n}};\n",
        actions.join(", "),
        uid(course),
        during(time)
    )
}

/// These acts on the course's machines, or only on those of these names.
fn listed(kind: &str, name: &str, acts: &str, course: &CourseName, machines: &BTreeSet<VmName>) -> String {
    let mut text = format!("{acts} &&\n  resource is Puerta::{kind} &&\n  resource in {}", uid(course));
    if !machines.is_empty() {
        let names: Vec<String> = machines.iter().map(|vm| format!("\"{vm}\"")).collect();
        text += &format!(" &&\n  [{}].contains(resource.{name})", names.join(", "));
    }
    text
}

fn during(window: Window) -> String {
    // A window is between years that can be written.
    let moment = |at: Timestamp| at.written().unwrap_or_default();
    let (from, until) = (moment(window.from()), moment(window.until()));
    format!("context.now >= datetime(\"{from}\") && context.now < datetime(\"{until}\")")
}

fn inside(networks: &[IpNet]) -> String {
    let ranges = networks.iter().map(|network| format!("context.source.isInRange(ip(\"{network}\"))"));
    ranges.collect::<Vec<_>>().join(" ||\n   ")
}

fn any_of(actions: impl IntoIterator<Item = Action>) -> String {
    let actions: Vec<String> = actions.into_iter().map(|action| group(action.as_str())).collect();
    format!("action in\n    [{}]", actions.join(",\n     "))
}

fn group(name: &str) -> String {
    format!("Puerta::Action::\"{name}\"")
}

fn uid(course: &CourseName) -> String {
    format!("Puerta::Course::\"{course}\"")
}
