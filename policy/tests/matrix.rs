//! The whole matrix: who, may do what, on what; and which policies say so. It is kept in
//! `matrix.golden`, to be read. `UPDATE_GOLDEN=1 cargo nextest run -p puerta-policy` rewrites it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod lab;

use cedar_policy::Schema;
use lab::*;
use puerta_lab::action::{Action, Target};
use puerta_lab::model::{Actor, PersonId, Role};
use puerta_policy::decide::{Forward, Lab, Own, Policy, Publish, Resource};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

const HEAD: &str = "\
# Who may do what in puerta. Written by tests/matrix.rs from the policies in cedar/; do not edit.
# Rewrite: UPDATE_GOLDEN=1 cargo nextest run -p puerta-policy
# A `deny` without policies is the default: nothing allows it.
";

fn actors() -> Vec<(String, Actor)> {
    let mut actors = Vec::new();
    for suspended in [false, true] {
        for role in Role::ALL {
            let name = role.as_str();
            let name = if suspended { format!("suspended {name}") } else { name.to_owned() };
            actors.push((name, Actor { suspended, ..actor(role) }));
        }
        if !suspended {
            actors.push(("puerta itself".to_owned(), Actor::itself()));
        }
    }
    actors
}

/// Collects the rows of one actor.
struct Rows<'a> {
    policy: &'a Policy,
    name: &'a str,
    actor: &'a Actor,
    text: &'a mut String,
}

impl Rows<'_> {
    fn row<T: Resource>(&mut self, action: Action, on: &str, target: T) {
        let decision = self.policy.decide(self.actor, action, target, NOW);
        let (answer, policies) = answer(&decision);
        assert!(
            !policies.iter().any(|id| id.starts_with("error:")),
            "{}: {} on {on}: {policies:?}",
            self.name,
            action.as_str()
        );
        let line =
            format!("{:<18} {:<25} {on:<21} {answer:<6} {}", self.name, action.as_str(), policies.join(" "));
        writeln!(self.text, "{}", line.trim_end()).unwrap();
    }

    /// A row for what is in one's own seat, and one for what is in another's.
    fn of_seats<T: Resource>(&mut self, action: Action, what: &str, target: impl Fn(i64) -> T) {
        for (seat_of, id) in SEATS {
            self.row(action, &format!("{seat_of} {what}"), target(id));
        }
    }

    /// The relations that an action has. No wildcard here: an action that is not listed does
    /// not compile.
    fn rows(&mut self, action: Action) {
        use Action::*;
        match action {
            Login | TemplateList | Whoami | CourseCreate | CourseList | CourseEdit | CourseRemove
            | PersonAdd | PersonAddStaff | SeatList | AuditList | EgressView | EgressSet | FirewallView
            | FirewallApply | NodeList | TemplateRetire | CourseEnrol | SeatCreate | QuotaView | QuotaSet
            | AuditMine | AuditExport | NodeDrain | PolicyView | PolicySet => {
                self.row(action, "the lab", Lab)
            }
            KeyList | KeyAdd | KeyRemove | Passwd | SecondFactor => {
                if let Some(id) = self.actor.person {
                    self.row(action, "own account", Own(id));
                }
                self.row(action, "another's account", Own(PersonId(99)));
            }
            PersonView
            | PersonSuspend
            | PersonCode
            | PersonRemove
            | PersonEdit
            | PersonSecondFactor
            | SessionView
            | SessionClose
            | SessionWatch
            | SessionWatchUnannounced
            | SessionPlay
            | MessageSend => {
                if self.actor.person.is_some() {
                    self.row(action, "oneself", oneself(self.actor));
                }
                for role in Role::ALL {
                    let on = format!("another {}", role.as_str());
                    self.row(action, &on, person(20, role));
                }
            }
            PracticePublish | CourseEgress | CoursePublications => self.row(action, "a course", course()),
            VmCreate | SeatEdit | SeatRemove => self.of_seats(action, "seat", seat),
            VmView | VmStart | VmStop | VmRestart | VmRename | VmDelete | VmBackup | VmRestore
            | IsolationCheck | VmConsole | VmConsoleRecord | VmEnter | VmMove | TemplatePublish => {
                self.of_seats(action, "machine", vm)
            }
            VmForward => {
                for (seat_of, id) in SEATS {
                    for port in [22, 0] {
                        let on = format!("{seat_of} machine:{port}");
                        self.row(action, &on, Forward { vm: vm(id), port });
                    }
                }
            }
            PortPublish => {
                for (seat_of, id) in SEATS {
                    for (words, vm_port, beyond_campus) in
                        [("campus", 80, false), ("beyond", 80, true), ("port 0", 0, false)]
                    {
                        let on = format!("{seat_of} vm, {words}");
                        self.row(action, &on, Publish { vm_port, beyond_campus, ..publish(id) });
                    }
                }
            }
            PortView | PortUnpublish => self.of_seats(action, "port", publication),
            BackupView | BackupDelete | BackupProtect => self.of_seats(action, "backup", backup),
        }
    }
}

const SEATS: [(&str, i64); 2] = [("own", OWN), ("another's", OTHER)];

#[test]
fn the_matrix_is_the_golden_one() {
    let policy = Policy::built_in().unwrap();
    let mut text = HEAD.to_owned();
    let columns = ("# who", "does", "on", "answer", "by");
    writeln!(text, "\n{:<18} {:<25} {:<21} {:<6} {}", columns.0, columns.1, columns.2, columns.3, columns.4)
        .unwrap();
    for (name, actor) in &actors() {
        text.push('\n');
        let mut rows = Rows { policy: &policy, name, actor, text: &mut text };
        for action in Action::ALL {
            rows.rows(action);
        }
    }
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/matrix.golden");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&golden, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&golden).unwrap_or_default();
    let diff = difference(&kept, &text);
    assert!(diff.is_empty() && kept == text, "the matrix changed (UPDATE_GOLDEN=1 accepts it):\n{diff}");
}

/// The lines of one that are not in the other. The rows name themselves: order says nothing.
fn difference(kept: &str, now: &str) -> String {
    let before: BTreeSet<&str> = kept.lines().collect();
    let after: BTreeSet<&str> = now.lines().collect();
    let gone = before.difference(&after).map(|line| format!("- {line}\n"));
    let come = after.difference(&before).map(|line| format!("+ {line}\n"));
    gone.chain(come).collect()
}

fn schema() -> Schema {
    let text = include_str!("../cedar/puerta.cedarschema");
    Schema::from_cedarschema_str(text).unwrap().0
}

#[test]
fn the_actions_are_the_schemas_both_ways() {
    let schema = schema();
    let groups: BTreeSet<String> = schema.action_groups().map(ToString::to_string).collect();
    let actions = schema.actions().map(ToString::to_string);
    let schemas: BTreeSet<String> = actions.filter(|name| !groups.contains(name)).collect();
    let ours = Action::ALL.map(|action| format!("Puerta::Action::\"{}\"", action.as_str()));
    assert_eq!(schemas, BTreeSet::from(ours.clone()));
    assert_eq!(BTreeSet::from(ours).len(), Action::ALL.len(), "a word twice");
    assert_eq!(groups.len(), 6);
}

#[test]
fn every_action_has_one_kind_of_target_and_no_other_is_judged() {
    let policy = Policy::built_in().unwrap();
    let schema = schema();
    let actor = Actor::itself();
    for action in Action::ALL {
        let uid = format!("Puerta::Action::\"{}\"", action.as_str());
        let kinds = schema.resources_for_action(&uid.parse().unwrap()).unwrap();
        let kind = kinds.map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let fits = |kind: &str, policies: &[String]| {
            let refused = policies == ["error:request"];
            (!refused).then(|| format!("Puerta::{kind}"))
        };
        let forward = Forward { vm: vm(OWN), port: 22 };
        let mut fitting = vec![
            fits("Lab", answer(&policy.decide(&actor, action, Lab, NOW)).1),
            fits("Account", answer(&policy.decide(&actor, action, Own(PersonId(1)), NOW)).1),
            fits("Person", answer(&policy.decide(&actor, action, person(20, Role::Alumno), NOW)).1),
            fits("Course", answer(&policy.decide(&actor, action, course(), NOW)).1),
            fits("Seat", answer(&policy.decide(&actor, action, seat(OWN), NOW)).1),
            fits("Backup", answer(&policy.decide(&actor, action, backup(OWN), NOW)).1),
            fits("Publication", answer(&policy.decide(&actor, action, publication(OWN), NOW)).1),
        ];
        // A port belongs to a forward, and a forward has a port: neither goes for the other.
        let bare = fits("Vm", answer(&policy.decide(&actor, action, vm(OWN), NOW)).1);
        let forwarded = fits("Vm", answer(&policy.decide(&actor, action, forward, NOW)).1);
        let published = fits("Vm", answer(&policy.decide(&actor, action, publish(OWN), NOW)).1);
        let takes = (bare.is_some(), forwarded.is_some(), published.is_some());
        match action {
            Action::VmForward => assert_eq!(takes, (false, true, false)),
            Action::PortPublish => assert_eq!(takes, (false, false, true)),
            _ => assert_eq!((takes.1, takes.2), (false, false), "{}", action.as_str()),
        }
        fitting.push(bare.or(forwarded).or(published));
        let fitting: Vec<String> = fitting.into_iter().flatten().collect();
        let named = match action.target() {
            Target::Lab => "Lab",
            Target::Account => "Account",
            Target::Person => "Person",
            Target::Course => "Course",
            Target::Seat | Target::NewVm => "Seat",
            Target::Vm | Target::Forward | Target::Publish => "Vm",
            Target::Publication => "Publication",
            Target::Backup => "Backup",
        };
        assert_eq!(kind, format!("Puerta::{named}"), "{}", action.as_str());
        assert_eq!(fitting, [kind], "{}", action.as_str());
    }
}
