//! Help, put together from the locales: every verb has a usage line (`use-vm-create`), one line of
//! what it does (`sum-vm-create`) and more (`help-vm-create`). clap's grammar says which verbs there
//! are; nothing here decides what they do.

use crate::shell::lang::Lang;
use crate::shell::printable::printable_json;
use crate::shell::text::text;
use crate::shell::words::grammar::Words;
use clap::{Command, CommandFactory as _};
use puerta_lab::model::Role;

/// Families and verbs that only professors have; an alumno's help and Tab do not name them.
const STAFF: [&str; 22] = [
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

/// Whether only professors have what these words begin with: `node`, `vm move`.
pub(crate) fn is_for_staff(words: &[&str]) -> bool {
    match words {
        [] => false,
        [family] => STAFF.contains(family),
        [family, verb, ..] => STAFF.contains(family) || STAFF.contains(&&*format!("{family} {verb}")),
    }
}

/// How many of the leading words are a command.
pub(crate) fn depth(words: &[String]) -> usize {
    let mut grammar = &Words::command();
    for (place, word) in words.iter().enumerate() {
        match grammar.find_subcommand(word) {
            Some(next) => grammar = next,
            None => return place,
        }
    }
    words.len()
}

/// Whether a word is a family: it has verbs.
pub(crate) fn is_family(word: &str) -> bool {
    Words::command().find_subcommand(word).is_some_and(Command::has_subcommands)
}

/// Every command that has a help text, as its words: `["vm", "create"]`, `["passwd"]`.
pub fn commands() -> Vec<Vec<String>> {
    let mut all = Vec::new();
    let grammar = Words::command();
    for top in grammar.get_subcommands() {
        let top_name = top.get_name().to_owned();
        for verb in top.get_subcommands() {
            all.push(vec![top_name.clone(), verb.get_name().to_owned()]);
        }
        // A bare verb's help is the vm verb's.
        let vm = grammar.find_subcommand("vm");
        let bare = vm.is_some_and(|vm| vm.find_subcommand(&top_name).is_some());
        if !top.has_subcommands() && !bare {
            all.push(vec![top_name]);
        }
    }
    all
}

/// The help on a command, on a family, or on everything. The words must be a command ([`depth`]).
pub(crate) fn help(topic: &[String], lang: Lang, role: Role) -> String {
    let mut words: Vec<String> = Vec::new();
    let grammar = Words::command();
    let mut node = &grammar;
    for word in topic {
        if let Some(next) = node.find_subcommand(word) {
            node = next;
            words.push(next.get_name().to_owned());
        }
    }
    match words.as_slice() {
        [] => everything(lang, role),
        [family] if node.has_subcommands() => of_family(family, lang, role),
        [verb] if !commands().contains(&words) => of_command(&["vm".to_owned(), verb.clone()], lang),
        words => of_command(words, lang),
    }
}

fn everything(lang: Lang, role: Role) -> String {
    let mut help = text(lang, "help-everybody", &[]);
    if role != Role::Alumno {
        help.push_str("\n\n");
        help.push_str(&text(lang, "help-staff", &[]));
    }
    help.push_str("\n\n");
    help.push_str(&text(lang, "help-more", &[]));
    help.push('\n');
    help
}

fn of_family(family: &str, lang: Lang, role: Role) -> String {
    let mut help = text(lang, &format!("help-{family}"), &[]);
    help.push_str("\n\n");
    let verbs: Vec<_> = commands()
        .into_iter()
        .filter(|words| words.len() == 2 && words[0] == family)
        .filter(|words| role != Role::Alumno || !is_for_staff(&[family, &words[1]]))
        .map(|words| words.join("-"))
        .collect();
    for id in verbs {
        let usage = text(lang, &format!("use-{id}"), &[]);
        let summary = text(lang, &format!("sum-{id}"), &[]);
        help.push_str(&format!("  {usage}\n      {summary}\n"));
    }
    help
}

fn of_command(words: &[String], lang: Lang) -> String {
    let id = id(words);
    let part = |kind: &str| text(lang, &format!("{kind}-{id}"), &[]);
    format!("{}\n\n{}\n\n{}\n", part("use"), part("sum"), part("help"))
}

/// A verb's own verbs (`policy rule add`) are told in its text.
fn id(words: &[String]) -> String {
    words.iter().take(2).map(String::as_str).collect::<Vec<_>>().join("-")
}

/// The usage line of a command (`vm create`, `start`), for an error that wants to show it.
pub(crate) fn usage(command: &str, lang: Lang) -> Option<String> {
    let words: Vec<_> = command.split_whitespace().map(str::to_owned).collect();
    let id = match words.as_slice() {
        [] => return None,
        [verb] if is_family(verb) => return None,
        [verb] if !commands().contains(&words) => format!("use-vm-{verb}"),
        words => format!("use-{}", id(words)),
    };
    Some(text(lang, &id, &[]))
}

/// Help as the JSON document that `--json` promises.
pub(crate) fn json(help: &str) -> String {
    let document = serde_json::json!({ "help": help }).to_string();
    printable_json(&document) + "\n"
}
