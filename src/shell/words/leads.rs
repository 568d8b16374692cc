//! Words of other systems: those that mean something harmless here are understood, the others are led to
//! what they are here. A lead carries nothing out: what changes something is typed by the person.

use super::grammar::Words;
use super::values::short;
use crate::app::error::{Cause, Error, Kind};
use crate::shell::help;
use clap::CommandFactory as _;

/// What is understood: it shows something, or leaves.
const MEANT: [(&str, &str); 27] = [
    ("?", "help"),
    ("man", "help"),
    ("ls", "vm list"),
    ("ps", "vm list"),
    ("status", "vm list"),
    ("dir", "vm list"),
    ("vms", "vm list"),
    ("machines", "vm list"),
    ("vm ls", "vm list"),
    ("vm status", "vm list"),
    ("backup ls", "backup list"),
    ("backups", "backup list"),
    ("template ls", "template list"),
    ("templates", "template list"),
    ("key ls", "key list"),
    ("keys", "key list"),
    ("port ls", "port list"),
    ("ports", "port list"),
    ("job ls", "job list"),
    ("jobs", "job list"),
    ("session ls", "session list"),
    ("sessions", "session list"),
    ("who", "session list"),
    ("id", "whoami"),
    ("logout", "exit"),
    ("bye", "exit"),
    ("password", "passwd"),
];

/// What is led to: the verb is typed by whoever means it.
const LED: [(&str, &str); 26] = [
    ("rm", "vm delete"),
    ("del", "vm delete"),
    ("remove", "vm delete"),
    ("destroy", "vm delete"),
    ("vm rm", "vm delete"),
    ("vm remove", "vm delete"),
    ("vm destroy", "vm delete"),
    ("reboot", "vm restart"),
    ("reset", "vm restart"),
    ("vm reboot", "vm restart"),
    ("shutdown", "vm stop"),
    ("poweroff", "vm stop"),
    ("halt", "vm stop"),
    ("kill", "vm stop"),
    ("vm shutdown", "vm stop"),
    ("mv", "vm rename"),
    ("new", "vm create"),
    ("vm new", "vm create"),
    ("vm add", "vm create"),
    ("snapshot", "vm backup"),
    ("vm snapshot", "vm backup"),
    ("backup create", "vm backup"),
    ("backup add", "vm backup"),
    ("backup new", "vm backup"),
    ("backup restore", "vm restore"),
    ("backup rm", "backup delete"),
];

/// Programs of a machine, or that want one behind the door.
const OF_MACHINES: [&str; 39] = [
    "apt",
    "apt-get",
    "bash",
    "cat",
    "cd",
    "cp",
    "curl",
    "docker",
    "df",
    "exec",
    "git",
    "git-receive-pack",
    "git-upload-archive",
    "git-upload-pack",
    "htop",
    "mkdir",
    "nano",
    "nc",
    "ncat",
    "netcat",
    "ping",
    "pwd",
    "python",
    "python3",
    "rsync",
    "scp",
    "sftp",
    "sftp-server",
    "sh",
    "ssh",
    "su",
    "sudo",
    "systemctl",
    "tar",
    "test",
    "top",
    "vi",
    "vim",
    "wget",
];

/// Commands that read a file.
const READ: [&str; 4] = ["key add", "course enrol", "policy check", "person add"];

/// The words as they are meant: capitals of a verb taken down, and what is understood put in its place.
pub(super) fn understood(words: Vec<String>) -> Vec<String> {
    let words = lower(words);
    let meant = MEANT.iter().find(|(typed, meant)| {
        let family = words.first().is_some_and(|first| help::is_family(first));
        // A machine may be called like that: `backup ls` is a machine's only where more follows.
        begins(&words, typed) && (family == typed.contains(' ') || !family) && !meant.is_empty()
    });
    let Some((typed, meant)) = meant else { return words };
    // `ls -la`: there is nothing of that here, and nothing is lost without it.
    let is_foreign = |word: &String| word.starts_with('-') && !word.starts_with("--") && word != "-h";
    let rest = words.into_iter().skip(typed.split(' ').count()).filter(|word| !is_foreign(word));
    let mut whole: Vec<String> = meant.split(' ').map(str::to_owned).chain(rest).collect();
    // `status web1` is about one.
    if *typed == "status" && whole.get(2).is_some_and(|word| !word.starts_with('-')) {
        "show".clone_into(&mut whole[1]);
    }
    whole
}

/// A family and a verb in capitals; names keep theirs.
fn lower(mut words: Vec<String>) -> Vec<String> {
    for place in 0..words.len().min(2) {
        if help::depth(&words) > place {
            continue;
        }
        let as_typed = std::mem::take(&mut words[place]);
        words[place] = as_typed.to_lowercase();
        let known = help::depth(&words) > place || table(&words[..=place]);
        if !known {
            words[place] = as_typed;
            break;
        }
    }
    words
}

fn table(words: &[String]) -> bool {
    let mut typed = MEANT.iter().chain(&LED).map(|(typed, _)| *typed).chain(OF_MACHINES);
    typed.any(|typed| typed.split(' ').take(words.len()).eq(words.iter()))
}

fn begins(words: &[String], typed: &str) -> bool {
    let count = typed.split(' ').count();
    words.len() >= count && typed.split(' ').eq(words[..count].iter())
}

/// What words of other systems are here, when they are some.
pub(super) fn lead(words: &[String]) -> Option<Error> {
    if let Some(command) = READ.iter().find(|command| begins(words, command)) {
        let redirected = words.iter().any(|word| word.starts_with('<'));
        let key = *command == READ[0];
        let id = if key { "error-redirected-key" } else { "error-redirected" };
        return redirected.then(|| Error::new(Kind::Usage, id).with("command", command));
    }
    let first = words.first()?;
    if let Some((typed, verb)) = LED.iter().find(|(typed, _)| begins(words, typed)) {
        let count = typed.split(' ').count();
        // A machine that is called `new` has its backup.
        if first == "backup" && words.len() == count {
            return None;
        }
        let named = words.get(count).filter(|word| is_name(word));
        let verb = named.map_or_else(|| format!("help {verb}"), |name| format!("{verb} {name}"));
        return Some(Error::new(Kind::Usage, "error-lead").with("command", verb));
    }
    if *first == "clear" || *first == "cls" {
        return Some(Error::new(Kind::Usage, "error-lead-clear"));
    }
    let program = first.rsplit('/').next().unwrap_or_default();
    let here = Words::command().find_subcommand(first).is_some();
    if here || !OF_MACHINES.contains(&program) {
        return None;
    }
    let error = elsewhere(program);
    match words.get(1).filter(|name| program == "ssh" && is_name(name)) {
        Some(name) => Some(error.with("vm", name)),
        None => Some(error.because(Cause::ForAMachine)),
    }
}

/// Something that may stand in a sentence as a command's argument.
fn is_name(word: &str) -> bool {
    word.len() <= 80 && word.parse::<puerta_lab::names::VmName>().is_ok()
        || super::values::machine(word).is_ok()
        || word.parse::<puerta_lab::names::BackupName>().is_ok()
}

/// What a program is told that wants another protocol of puerta itself.
pub fn elsewhere(program: &str) -> Error {
    Error::new(Kind::Usage, "error-elsewhere").with("word", short(program)).because(Cause::ForAMachine)
}

/// With a machine of theirs in what is for one.
pub fn with_machine(error: Error, own: Option<String>) -> Error {
    match error.cause {
        Some(Cause::ForAMachine) => error.with("vm", own.unwrap_or_else(|| "none".to_owned())),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn what_is_harmless_is_understood_and_capitals_too() {
        for (typed, meant) in [
            ("?", "help"),
            ("? vm", "help vm"),
            ("ls", "vm list"),
            ("LS --json", "vm list --json"),
            ("ls -la", "vm list"),
            ("vm ls -h", "vm list -h"),
            ("status web1", "vm show web1"),
            ("status --json", "vm list --json"),
            ("vm ls --all", "vm list --all"),
            ("VM List", "vm list"),
            ("Vm Show WEB1", "vm show WEB1"),
            ("LOGOUT", "exit"),
            ("start WEB1", "start WEB1"),
            ("MESSAGE aso-2026 HOLA", "message aso-2026 HOLA"),
            ("nonsense HERE", "nonsense HERE"),
        ] {
            assert_eq!(understood(words(typed)).join(" "), meant, "{typed}");
        }
    }

    #[test]
    fn nothing_that_changes_anything_is_guessed() {
        let harmless = ["help", "exit", "whoami", "passwd", "vm list"];
        for (typed, meant) in MEANT {
            assert!(harmless.contains(&meant) || meant.ends_with(" list"), "{typed}");
        }
        let says =
            |line: &str| lead(&words(line)).map(|error| (error.id, error.args.last().unwrap().1.clone()));
        for (typed, command) in [
            ("rm web1", "vm delete web1"),
            ("rm -rf", "help vm delete"),
            ("reboot", "help vm restart"),
            ("backup create ux1", "vm backup ux1"),
            ("backup rm web1-20261123-041036", "backup delete web1-20261123-041036"),
        ] {
            assert_eq!(says(typed), Some(("error-lead", command.to_owned())), "{typed}");
        }
        assert_eq!(says("key add < id.pub"), Some(("error-redirected-key", "key add".to_owned())));
        assert_eq!(says("key add <id.pub"), Some(("error-redirected-key", "key add".to_owned())));
        assert_eq!(says("ssh ux1"), Some(("error-elsewhere", "ux1".to_owned())));
        assert_eq!(says("/usr/lib/openssh/sftp-server"), Some(("error-elsewhere", "sftp-server".to_owned())));
        for ours in ["backup create", "vm list", "key add ssh-ed25519 AAAA", "start web1", "nonsense"] {
            assert_eq!(says(ours), None, "{ours}");
        }
    }

    #[test]
    fn every_word_that_is_led_is_no_word_of_ours_and_what_it_is_led_to_is() {
        for (typed, meant) in MEANT.iter().chain(&LED) {
            assert!(help::depth(&words(typed)) < words(typed).len(), "{typed}");
            assert_eq!(help::depth(&words(meant)), words(meant).len(), "{meant}");
        }
        for program in OF_MACHINES {
            assert_eq!(help::depth(&words(program)), 0, "{program}");
        }
    }
}
