//! One line, or the words of an exec request, as a [`Request`]. Pure: the time, the language and
//! what somebody may do come in with [`Context`]. It asks nothing and carries out nothing.

mod account;
mod audit;
mod backup;
mod course;
pub(crate) mod grammar;
mod input;
mod job;
mod leads;
mod mistake;
mod network;
mod node;
mod person;
mod policy;
mod practice;
mod session;
mod template;
mod values;
mod vm;
mod whose;

pub use crate::app::command::Wants;
pub use account::TotpVerb;
pub use input::Input;
pub use leads::{elsewhere, with_machine};
pub use values::Wall;

use crate::app::command::Command;
use crate::app::error::{Cause, Error, Kind, Result};
use crate::shell::help;
use crate::shell::lang::Lang;
use crate::shell::useful::May;
use clap::{CommandFactory as _, FromArgMatches as _};
use grammar::{Meant, Top, Words};
use puerta_lab::names::VmRef;
use std::any::TypeId;
use std::sync::Arc;

/// Every word that there is, as clap has them: families, verbs, and what each takes.
pub fn grammar() -> clap::Command {
    Words::command()
}

/// A line longer than this is refused unread.
pub const MAX_LINE: usize = 8 * 1024;

/// What surrounds a line.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The lab's domain, for `web1.alumno1.virtuales`.
    pub domain: &'a str,
    /// The language of help.
    pub lang: Lang,
    /// What the client says of its language.
    pub sent: Option<Lang>,
    /// Whose help: it names what they may do at all.
    pub may: May<'a>,
    /// What time it is, and where, for `--since 2h` and `--from 2026-12-04T08:00`.
    pub wall: Wall<'a>,
}

/// What a line asks for, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What.
    pub what: What,
    /// Answer in JSON.
    pub json: bool,
    /// `--yes`: do not ask.
    pub yes: bool,
}

/// What a line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Carry this out.
    Run(Command),
    /// `passwd`: ask twice without echo, then run [`Command::Passwd`].
    AskPassword,
    /// Ask for a code, with this in mind.
    Totp(TotpVerb),
    /// Standard input is to be read; then [`Input::with`].
    NeedsInput(Input),
    /// Print this; with `--json` it is a JSON document already.
    Help(String),
    /// Close the session.
    Exit,
    /// A blank line or a comment.
    Nothing,
}

/// What was typed or sent is no UTF-8.
pub fn not_utf8() -> Error {
    Error::new(Kind::Usage, "error-not-utf8")
}

/// Bytes from a client as text: UTF-8, and of at most [`MAX_LINE`] bytes.
pub fn decode(bytes: &[u8]) -> Result<&str> {
    if bytes.len() > MAX_LINE {
        return Err(Error::new(Kind::Usage, "error-line-long").with("max", MAX_LINE));
    }
    std::str::from_utf8(bytes).map_err(|_| not_utf8())
}

/// Whether the line wants JSON, also when it does not parse: its error must be JSON too.
pub fn wants_json(line: &str) -> bool {
    line.len() <= MAX_LINE && line.split_whitespace().any(|word| word == "--json")
}

/// What a line asks for.
pub fn parse(line: &str, context: &Context<'_>) -> Result<Request> {
    decode(line.as_bytes())?;
    // A client on Windows sends its line ends along with an exec request.
    let line = line.trim_end_matches(['\r', '\n']);
    let mut words = shlex::split(line).ok_or_else(|| Error::new(Kind::Usage, "error-quoting"))?;
    let options = words.iter().position(|word| word == "--");
    let options = options.unwrap_or(words.len());
    let json = words[..options].iter().any(|word| word == "--json");
    let mut place = 0;
    words.retain(|word| {
        place += 1;
        place > options || word != "--json"
    });
    if words.is_empty() {
        return Ok(Request { what: What::Nothing, json, yes: false });
    }
    let words = leads::understood(words);
    if let Some(lead) = leads::lead(&words) {
        return Err(lead);
    }
    let Meant { what, yes } = match help_asked(&words) {
        Some(topic) => Meant::new(What::Help(help_of(&topic, context)?)),
        None => grammatical(&words, context.domain)?.meant(context)?,
    };
    let what = match what {
        What::Help(text) if json => What::Help(help::json(&text)),
        what => what,
    };
    Ok(Request { what, json, yes })
}

/// The words through clap. `backup web1` is `vm backup web1` where it is not like a verb of `backup`.
fn grammatical(words: &[String], domain: &str) -> Result<Top> {
    let error = match typed(words, domain) {
        Ok(top) => return Ok(top),
        Err(error) => mistake::mistake(&error, words),
    };
    if words[0] == "backup" && error.cause == Some(Cause::UnknownWord) {
        let bare = [&["vm".to_owned()], words].concat();
        return typed(&bare, domain).map_err(|error| mistake::mistake(&error, &bare));
    }
    Err(error)
}

fn typed(words: &[String], domain: &str) -> std::result::Result<Top, clap::Error> {
    let matches = within(Words::command(), &Arc::from(domain)).try_get_matches_from(words)?;
    Words::from_arg_matches(&matches).map(|words| words.top)
}

/// The grammar as it is in this lab: where a machine is named, the lab's domain may stand behind it. A
/// parser of clap's sees the word alone, and only the configuration knows the domain: so that each place
/// need not pass it on, all that read machines are told here.
fn within(command: clap::Command, domain: &Arc<str>) -> clap::Command {
    let told = |arg: clap::Arg| {
        let domain = Arc::clone(domain);
        match arg.get_value_parser().type_id() == TypeId::of::<VmRef>() {
            true => arg.value_parser(move |text: &str| VmRef::parse(text, &domain)),
            false => arg,
        }
    };
    command.mut_args(told).mut_subcommands(|verb| within(verb, domain))
}

/// The topic, when the words ask for help by an option or by a verb: `vm create -h`, `vm help create`.
fn help_asked(words: &[String]) -> Option<Vec<String>> {
    let asked = words.iter().take_while(|word| *word != "--").any(|word| word == "--help" || word == "-h");
    let topic = |words: &[String]| {
        let words = words.iter().filter(|word| *word != "help");
        let words = words.take_while(|word| !word.starts_with('-'));
        words.cloned().collect::<Vec<_>>()
    };
    if asked {
        let mut topic = topic(words);
        topic.truncate(help::depth(&topic));
        return Some(topic);
    }
    let family = help::is_family(words.first()?);
    (family && words.get(1)? == "help").then(|| topic(words))
}

/// The help on `topic`, or which of its words is none.
fn help_of(topic: &[String], context: &Context<'_>) -> Result<String> {
    if help::depth(topic) == topic.len() {
        return Ok(help::help(topic, context.lang, context.may));
    }
    let known = help::depth(topic);
    let error = match typed(&topic[..=known], context.domain) {
        Err(error) => mistake::mistake(&error, &topic[..=known]),
        Ok(_) => Error::new(Kind::Usage, "error-extra").with("word", values::short(&topic[known])),
    };
    Err(error)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
