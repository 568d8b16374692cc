//! Every command that a sentence names is one, as it stands, for who reads it.

use super::*;
use puerta::shell::complete::candidates;
use puerta::shell::text::texts;

/// What stands between backticks, in its order.
fn quoted(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The command of ours that it is, without the `ssh` before and the file behind.
fn ours(quoted: &str, lang: Lang) -> Option<String> {
    let you = ["TU_USUARIO@puerta ", "YOUR_USER@puerta "][usize::from(lang == Lang::En)];
    let command = match quoted.strip_prefix("ssh ") {
        Some(_) => quoted.split_once(you)?.1,
        None => quoted,
    };
    let command = command.split([' ', '(']).take_while(|word| !["<", ">"].contains(word)).collect::<Vec<_>>();
    let first = command.first()?;
    let known = candidates("", &[], &|_| true, Lang::Es).iter().any(|verb| verb == first);
    // A word that stands for something of the reader's.
    let like = |word: &str| match word.len() > 1 && word.chars().all(char::is_uppercase) {
        true => "web1".to_owned(),
        false => word.to_owned(),
    };
    let command: Vec<String> = command.iter().map(|word| like(word)).collect();
    (known && (command.len() > 1 || *first == "whoami" || *first == "passwd")).then(|| command.join(" "))
}

/// Whether somebody of that role has a use for it.
fn is_of_use(command: &str, role: Role) -> bool {
    let mut words = command.split(' ');
    let (family, verb) = (words.next().unwrap(), words.next().unwrap_or_default());
    let may = |action| at_all(role, action);
    let families = candidates(family, &[], &may, Lang::Es);
    let verbs = candidates(&format!("{family} {verb}"), &[], &may, Lang::Es);
    let whole = candidates(&format!("{family} "), &[], &|_| true, Lang::Es);
    families.iter().any(|word| word == family)
        && (!whole.iter().any(|word| word == verb) || verbs.iter().any(|word| word == verb))
}

#[test]
fn every_command_in_a_sentence_is_one() {
    let mut tried = BTreeSet::new();
    for lang in Lang::ALL {
        for (id, variables) in sentences(lang) {
            // `use-` and `sum-` are no commands to be typed.
            if id.starts_with("use-") || id.starts_with("overview-") || id.starts_with("word-") {
                continue;
            }
            let args: Vec<_> = variables.iter().map(|v| (&**v, likely(v))).collect();
            let (text, _) = texts().checked(lang, &id, &args);
            for command in quoted(&text).iter().filter_map(|quoted| ours(quoted, lang)) {
                let parsed = parse(&command, &context(lang, Role::Admin));
                // A verb may be named without what it is about: its own answer then says how it is written.
                let fine = match &parsed {
                    Ok(_) => true,
                    Err(error) => {
                        ["error-missing", "error-missing-verb", "error-value-missing"].contains(&error.id)
                    }
                };
                assert!(fine, "{lang:?} {id}: `{command}`: {parsed:?}");
                tried.insert(command);
            }
        }
    }
    assert!(tried.len() > 60, "the scan finds too little: {tried:?}");
}

/// What only staff read: it is about verbs of theirs. A sentence that is new here was looked at for who reads it.
const STAFF: [&str; 41] = [
    "empty-courses",
    "empty-persons",
    "empty-seats",
    "error-audit-broken",
    "error-campus-taken",
    "error-edit-nothing",
    "error-audit-export-terminal",
    "error-audit-unsigned",
    "error-bad-node",
    "error-course-archives",
    "error-course-closed",
    "error-course-left-rule",
    "error-firewall-differs",
    "error-list-terminal",
    "error-login-exists",
    "error-message-nobody",
    "error-no-connection",
    "error-no-course",
    "error-no-egress",
    "error-no-person",
    "error-no-policy",
    "error-no-recording",
    "error-no-rule",
    "error-node-drained",
    "error-node-silent",
    "error-person-holds",
    "error-policy-rule",
    "error-practice-terminal",
    "error-row-another",
    "error-seat-archived",
    "error-seat-holds",
    "error-seat-names",
    "error-seat-own",
    "error-seat-suspended",
    "error-seats-full",
    "error-team-archived",
    "error-team-member",
    "error-team-no-member",
    "error-team-not",
    "error-watch-terminal",
    "error-year-full",
];

#[test]
fn no_student_is_sent_to_what_only_staff_may() {
    let mut wrong = BTreeSet::new();
    for lang in Lang::ALL {
        for (id, variables) in sentences(lang) {
            if !id.starts_with("error-") && !id.starts_with("notice-") && !id.starts_with("empty-") {
                continue;
            }
            let args: Vec<_> = variables.iter().map(|v| (&**v, likely(v))).collect();
            let (text, _) = texts().checked(lang, &id, &args);
            let staff = ["profesor", "professor", "teacher"].iter().any(|word| text.contains(word));
            let commands = quoted(&text);
            let commands = commands.iter().filter_map(|quoted| ours(quoted, lang));
            let of_staff: Vec<_> = commands.filter(|command| !is_of_use(command, Role::Alumno)).collect();
            if !staff && !of_staff.is_empty() && !STAFF.contains(&&*id) {
                wrong.insert(format!("{id}: {of_staff:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_sentence_names_a_door_that_is_not_this_one() {
    for lang in Lang::ALL {
        for source in puerta::shell::text::sources(lang) {
            for line in source.lines() {
                let literal =
                    ["@puerta", "TU_USUARIO", "YOUR_USER", "`puerta:"].iter().any(|word| line.contains(word));
                assert!(!literal, "{line}");
            }
        }
    }
}
