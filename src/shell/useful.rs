//! Which words somebody has a use for: those of verbs that policy lets them do to something at all. What
//! each verb asks of policy stands beside it, in `app::command`; what policy says comes in as [`May`].

use crate::app::command::verbs_of;
use puerta_lab::action::Action;

/// Whether somebody may do this to anything at all. Asked only while help or Tab is put together.
pub type May<'a> = &'a (dyn Fn(Action) -> bool + Sync);

/// Options that reach beyond one's own: for who may see what others there are.
const BEYOND_ONES_OWN: [&str; 4] = ["--all", "--seat", "--course", "--group"];

/// Whether somebody has a use for words that begin so: `node`, `vm move`, `start`, `policy rule add`. Words
/// that are no verb of `app` (`help`, `exit`) are everybody's.
pub(crate) fn is_useful(words: &[&str], may: May<'_>) -> bool {
    // A machine's verb also stands alone.
    let of_machines = [&["vm"], words].concat();
    let mut verbs = verbs_of(words).chain(verbs_of(&of_machines)).peekable();
    verbs.peek().is_none() || verbs.any(|verb| verb.actions.iter().any(|action| may(*action)))
}

/// Whether somebody has a use for this option.
pub(crate) fn is_useful_option(option: &str, may: May<'_>) -> bool {
    !BEYOND_ONES_OWN.contains(&option) || sees_others(may)
}

/// Whether somebody may see that there are others.
pub(crate) fn sees_others(may: May<'_>) -> bool {
    may(Action::SeatList)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod tests {
    use super::*;
    use crate::shell::help::commands;
    use crate::shell::words::grammar::Words;
    use clap::CommandFactory as _;
    use puerta_lab::model::{Actor, PersonId, Role, RuleId, SeatId, Timestamp};
    use puerta_policy::decide::{Context, Policy};
    use std::sync::LazyLock;

    static BUILT_IN: LazyLock<Policy> = LazyLock::new(|| Policy::built_in().unwrap());

    fn allowed(policy: &Policy, role: Role, seats: Vec<SeatId>, action: Action) -> bool {
        let courses = vec!["aso-2026".parse().unwrap()];
        let actor = Actor {
            person: Some(PersonId(7)),
            login: "ana".into(),
            role,
            seats,
            teams: Vec::new(),
            courses,
            suspended: false,
        };
        let context = Context { now: Timestamp(1_795_428_000_000), source: None, second_factor: false };
        policy.allows_at_all(&actor, action, context)
    }

    /// What the built-in policy says of somebody.
    pub(crate) fn of(role: Role) -> May<'static> {
        match role {
            Role::Alumno => &|action| allowed(&BUILT_IN, Role::Alumno, vec![SeatId(1)], action),
            Role::Profesor => &|action| allowed(&BUILT_IN, Role::Profesor, vec![], action),
            Role::Admin => &|action| allowed(&BUILT_IN, Role::Admin, vec![], action),
        }
    }

    /// What only staff have a use for while nobody writes policies of their own.
    const STAFF: [&str; 24] = [
        "course",
        "person",
        "seat",
        "egress",
        "firewall",
        "node",
        "isolation",
        "policy",
        "message",
        "vm move",
        "template publish",
        "template retire",
        "quota set",
        "practice publish",
        "practice remove",
        "session watch",
        "session play",
        "session recordings",
        "audit list",
        "audit show",
        "audit tail",
        "audit search",
        "audit verify",
        "audit export",
    ];

    fn useful(policy: &Policy, role: Role, seats: &[SeatId]) -> Vec<String> {
        let may = |action| allowed(policy, role, seats.to_vec(), action);
        let words = commands().into_iter().filter(|words| {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            is_useful(&words, &may)
        });
        words.map(|words| words.join(" ")).collect()
    }

    #[test]
    fn the_built_in_policy_shows_staff_everything_and_students_their_own() {
        let all: Vec<String> = commands().iter().map(|words| words.join(" ")).collect();
        let of_staff =
            |words: &str| STAFF.contains(&words) || STAFF.contains(&words.split(' ').next().unwrap());
        let students: Vec<String> = all.iter().filter(|words| !of_staff(words)).cloned().collect();
        for seats in [&[][..], &[SeatId(1)], &[SeatId(1), SeatId(2)]] {
            assert_eq!(useful(&BUILT_IN, Role::Alumno, seats), students);
            assert_eq!(useful(&BUILT_IN, Role::Profesor, seats), all);
            assert_eq!(useful(&BUILT_IN, Role::Admin, seats), all);
        }
    }

    #[test]
    fn an_exam_changes_nothing() {
        use puerta_lab::rules::{ReadyRule, Rule, Window};
        let time = Window::new(Timestamp(0), Timestamp(4_000_000_000_000)).unwrap();
        let course = "aso-2026".parse().unwrap();
        let exam = Rule::Exam { course, time, machines: Default::default(), verbs: "start".parse().unwrap() };
        let factor = Rule::SecondFactor { role: Role::Profesor };
        let rules = [(1, exam), (2, factor)].map(|(id, rule)| {
            let ready = ReadyRule { id: RuleId(id), rule, author: "ana".into(), created: Timestamp(0) };
            (ready.policy_id(), puerta_policy::rules::cedar(&ready, &[]))
        });
        let ruled = BUILT_IN.with_rules(&rules).unwrap();
        assert!(ruled.ids().len() > BUILT_IN.ids().len());
        for role in Role::ALL {
            assert_eq!(useful(&ruled, role, &[SeatId(1)]), useful(&BUILT_IN, role, &[SeatId(1)]));
        }
    }

    #[test]
    fn policies_of_ones_own_are_shown_truly() {
        let mut files: Vec<(String, String)> = puerta_policy::folder::BUILT_IN
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect();
        files.push((
            "own.cedar".into(),
            r#"
            @id("own-nodes") permit (principal, action == Puerta::Action::"node-list", resource);
            @id("own-silence") forbid (principal, action == Puerta::Action::"message-send", resource);
            @id("own-templates") permit (principal in Puerta::Course::"aso-2026",
                action == Puerta::Action::"template-publish", resource) when { principal in resource.seat };
            "#
            .into(),
        ));
        let own = Policy::parse(&files).unwrap();
        let seats = [SeatId(1)];
        let more = |role| {
            let before = useful(&BUILT_IN, role, &seats);
            let mut now = useful(&own, role, &seats);
            now.retain(|words| !before.contains(words));
            now
        };
        assert_eq!(more(Role::Alumno), ["template publish", "node list"]);
        assert!(more(Role::Profesor).is_empty());
        assert!(!useful(&own, Role::Profesor, &seats).contains(&"message".to_owned()));
    }

    /// The verbs that say what they need and the words of the grammar are the same.
    #[test]
    fn every_word_of_the_grammar_has_its_verb() {
        fn leaves(node: &clap::Command, path: &str, found: &mut Vec<String>) {
            for next in node.get_subcommands() {
                let path = format!("{path} {}", next.get_name());
                // What is added to a policy is told apart by its values, not by what it needs.
                if next.has_subcommands() && path != " policy rule add" {
                    leaves(next, &path, found);
                } else {
                    found.push(path.trim_start().to_owned());
                }
            }
        }
        let mut words = Vec::new();
        leaves(&Words::command(), "", &mut words);
        let vm = Words::command().find_subcommand("vm").unwrap().clone();
        words.retain(|word| vm.find_subcommand(word).is_none() && !["help", "exit"].contains(&&**word));
        words.sort();
        let mut verbs: Vec<String> = crate::app::command::all_verbs().collect();
        verbs.sort();
        verbs.dedup();
        assert_eq!(verbs, words);
    }
}
