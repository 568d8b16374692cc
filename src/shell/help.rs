//! Help, put together from the locales: every verb has a usage line (`use-vm-create`), one line of
//! what it does (`sum-vm-create`) and more (`help-vm-create`). clap's grammar says which verbs there
//! are; nothing here decides what they do.

use crate::shell::lang::Lang;
use crate::shell::printable::printable_json;
use crate::shell::text::text;
use crate::shell::useful::{May, is_useful, sees_others};
use crate::shell::words::grammar::Words;
use clap::{Command, CommandFactory as _};
use std::collections::BTreeSet;

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
pub(crate) fn help(topic: &[String], lang: Lang, may: May<'_>) -> String {
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
        [] => everything(lang, may),
        [family] if node.has_subcommands() => of_family(family, lang, may),
        [verb] if !commands().contains(&words) => of_command(&["vm".to_owned(), verb.clone()], lang),
        words => of_command(words, lang),
    }
}

/// Everything that they have a use for: of each line of the locales the verbs that it names, and no
/// section of which no line is left.
fn everything(lang: Lang, may: May<'_>) -> String {
    let grammar = Words::command();
    let mut own = Lines { grammar: &grammar, named: BTreeSet::new() };
    let everybody = text(lang, "help-everybody", &[]);
    let sections = everybody.split("\n\n");
    let mut sections: Vec<_> =
        sections.filter_map(|section| own.section(section, |words| is_useful(words, may))).collect();
    // What everybody has for their own stands there again, for who has it for others'.
    let (others, named) = (sees_others(may), std::mem::take(&mut own.named));
    let for_others = |words: &[&str]| is_useful(words, may) && (others || !named.contains(&words.join(" ")));
    if let Some(mut staff) = own.section(&text(lang, "help-staff", &[]), for_others) {
        if others {
            text(lang, "help-others", &[]).lines().for_each(|line| staff += &format!("\n  {line}"));
        }
        sections.push(staff);
    }
    sections.push(text(lang, "help-more", &[]));
    sections.join("\n\n") + "\n"
}

/// Reads lines of the overview, `  backup list|show|delete    your backups`: their first words are the
/// grammar's in every language.
struct Lines<'a> {
    grammar: &'a Command,
    /// Commands that were named so far.
    named: BTreeSet<String>,
}

impl Lines<'_> {
    /// A heading, and of its lines those with a useful verb.
    fn section(&mut self, section: &str, useful: impl Fn(&[&str]) -> bool) -> Option<String> {
        let (heading, lines) = section.split_once('\n')?;
        let lines: Vec<String> = lines.lines().filter_map(|line| self.line(line, &useful)).collect();
        (!lines.is_empty()).then(|| format!("{heading}\n{}", lines.join("\n")))
    }

    /// A line with its useful verbs alone; what it says of them stays in its column.
    fn line(&mut self, line: &str, useful: &impl Fn(&[&str]) -> bool) -> Option<String> {
        let mut words = line.split_whitespace();
        let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        // `ssh ...` is no command of ours.
        let Some(family) = self.grammar.find_subcommand(first) else {
            return Some(line.to_owned());
        };
        if !second.split('|').all(|verb| family.find_subcommand(verb).is_some()) {
            self.named.insert(first.to_owned());
            return useful(&[first]).then(|| line.to_owned());
        }
        self.named.extend(second.split('|').map(|verb| format!("{first} {verb}")));
        let kept: Vec<&str> = second.split('|').filter(|verb| useful(&[first, verb])).collect();
        let verbs = format!("{:width$}", kept.join("|"), width = second.len());
        (!kept.is_empty()).then(|| line.replacen(second, &verbs, 1))
    }
}

fn of_family(family: &str, lang: Lang, may: May<'_>) -> String {
    let mut help = text(lang, &format!("help-{family}"), &[]);
    help.push_str("\n\n");
    let verbs: Vec<_> = commands()
        .into_iter()
        .filter(|words| words.len() == 2 && words[0] == family)
        .filter(|words| is_useful(&[family, &words[1]], may))
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
