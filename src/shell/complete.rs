//! What a word on the command line may become: families, verbs, options, and one's own machines
//! where a machine is wanted. It reads the grammar, so that it cannot name a verb that there is not.

use crate::shell::lang::Lang;
use crate::shell::text::of_quota;
use crate::shell::useful::{May, is_useful, is_useful_option};
use crate::shell::words::grammar::Words;
use clap::{Command, CommandFactory as _};
use puerta_lab::quota::Quota;

/// What the last word of `line` (the text before the cursor) may become, in whole words.
pub fn candidates(line: &str, own_vms: &[String], may: May<'_>, lang: Lang) -> Vec<String> {
    let mut words: Vec<&str> = line.split_whitespace().collect();
    let last = match line.chars().next_back() {
        Some(c) if !c.is_whitespace() => words.pop().unwrap_or(""),
        _ => "",
    };
    let help = matches!(words.first(), Some(&("help" | "ayuda")));
    if help {
        words.remove(0);
    }
    let grammar = Words::command();
    let mut node = &grammar;
    let mut given = 0;
    let mut before = "";
    for word in &words {
        match node.find_subcommand(word) {
            Some(next) if given == 0 => node = next,
            _ if word.starts_with('-') || takes_value(node, before) => {}
            _ => given += 1,
        }
        before = word;
    }
    let mut found = if last.starts_with('-') && !help {
        options(node)
    } else if node.has_subcommands() && given == 0 {
        verbs(node)
    } else if !help && (value_is_vm(node, before) || positional_is(node, "vm", given, before)) {
        own_vms.to_vec()
    } else if !help && positional_is(node, "lang", given, before) {
        Lang::ALL.map(|lang| lang.as_str().to_owned()).to_vec()
    } else if !help && positional_is(node, "quota", given, before) {
        Quota::ALL.map(|quota| of_quota(quota, lang)).to_vec()
    } else {
        Vec::new()
    };
    // `backup web1` is a verb and a family.
    if !help && words == ["backup"] && !last.starts_with('-') {
        found.extend_from_slice(own_vms);
    }
    let useful = |word: &String| {
        let whole: Vec<&str> = words.iter().copied().chain([word.as_str()]).collect();
        is_useful_option(word, may) && is_useful(&whole, may)
    };
    found.retain(|word| word.starts_with(last) && useful(word));
    found
}

fn verbs(node: &Command) -> Vec<String> {
    let verbs = node.get_subcommands();
    verbs.map(|verb| verb.get_name().to_owned()).collect()
}

fn options(node: &Command) -> Vec<String> {
    let longs = node.get_arguments().filter_map(|arg| arg.get_long());
    let mut options: Vec<_> = longs.map(|long| format!("--{long}")).collect();
    options.push("--json".to_owned());
    options.push("--help".to_owned());
    options
}

/// Whether `option` takes the word after it.
fn takes_value(node: &Command, option: &str) -> bool {
    node.get_arguments().any(|arg| {
        let named = arg.get_long().is_some_and(|long| option.strip_prefix("--") == Some(long));
        named && arg.get_action().takes_values()
    })
}

fn value_is_vm(node: &Command, option: &str) -> bool {
    option == "--vm" && takes_value(node, option)
}

fn positional_is(node: &Command, name: &str, given: usize, before: &str) -> bool {
    let wanted = node.get_positionals().nth(given);
    !takes_value(node, before) && wanted.is_some_and(|arg| arg.get_id() == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::useful::tests::of;
    use puerta_lab::model::Role;

    fn found(line: &str, role: Role) -> String {
        let vms = ["db1".to_owned(), "web1".to_owned()];
        candidates(line, &vms, of(role), Lang::Es).join(" ")
    }

    #[test]
    fn words_options_and_own_machines() {
        let alumno = |line| found(line, Role::Alumno);
        assert_eq!(alumno("vm st"), "start stop");
        assert_eq!(alumno("st"), "start stop");
        assert_eq!(alumno("vm start "), "db1 web1");
        assert_eq!(alumno("start w"), "web1");
        assert_eq!(alumno("start web1 "), "");
        assert_eq!((&*alumno("vm rename "), &*alumno("rename web1 ")), ("db1 web1", ""));
        assert_eq!(alumno("stop --force "), "db1 web1");
        assert_eq!(alumno("stop web1 --"), "--force --json --help");
        assert_eq!(alumno("vm restore --backup x w"), "web1");
        assert_eq!(alumno("vm restore --backup "), "");
        assert_eq!(alumno("backup "), "list show delete protect unprotect db1 web1");
        assert_eq!(alumno("backup list "), "db1 web1");
        assert_eq!(alumno("vm create "), "");
        assert_eq!(alumno("help vm cr"), "create");
        assert_eq!(alumno("help vm create "), "");
        assert_eq!(alumno("vm list --"), "--json --help");
        assert_eq!((&*alumno("lang "), &*alumno("lang en ")), ("es en", ""));
        assert_eq!(alumno("pe"), "");
        assert_eq!(alumno("po"), "port");
        assert_eq!(alumno("port publish "), "db1 web1");
        assert_eq!(alumno("port publish web1 "), "");
        assert_eq!(alumno("port publish web1 80 --"), "--port --udp --from --json --help");
        assert_eq!(alumno("port list --"), "--json --help");
        assert_eq!((alumno("eg"), alumno("fire")), (String::new(), String::new()));
        assert_eq!(alumno("nonsense "), "");
        let profesor = |line| found(line, Role::Profesor);
        assert_eq!(profesor("pe"), "person");
        assert_eq!(profesor("quota set m"), "máquinas memoria");
        assert_eq!(profesor("fire"), "firewall");
        assert_eq!(profesor("egress "), "list set clear");
        assert_eq!(profesor("vm list --a"), "--all");
        assert_eq!(profesor("audit list --vm w"), "web1");
        assert_eq!(profesor("audit list --person w"), "");
        assert!(!alumno("").contains("firewall"));
        assert_eq!((&*alumno("audit "), &*alumno("vm mov")), ("mine", ""));
        assert_eq!(profesor("vm mov"), "move");
    }
}
