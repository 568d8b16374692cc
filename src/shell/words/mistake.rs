//! clap's errors as ours: which word was wrong, and the nearest right one. clap's own English never
//! reaches anybody; its error kinds and context do.

use super::grammar::Words;
use super::values::{about, short};
use crate::app::error::{Cause, Error, Kind};
use clap::CommandFactory as _;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use puerta_lab::names::NameError;

/// The error of the house for one of clap's. `words` is what was parsed.
pub(super) fn mistake(error: &clap::Error, words: &[String]) -> Error {
    let usage = |id| Error::new(Kind::Usage, id);
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let word = first(error, ContextKind::InvalidSubcommand);
            match last(error, ContextKind::SuggestedSubcommand) {
                Some(nearest) => usage("error-unknown-word").with("word", word).with("nearest", nearest),
                None => unknown_word(word, words),
            }
        }
        ErrorKind::ValueValidation => of_value(error, words),
        ErrorKind::UnknownArgument => unknown(error, words),
        ErrorKind::TooManyValues => {
            usage("error-extra").with("word", first(error, ContextKind::InvalidValue))
        }
        ErrorKind::InvalidValue | ErrorKind::NoEquals | ErrorKind::TooFewValues => {
            let argument = first(error, ContextKind::InvalidArg);
            let option = argument.split(' ').next().unwrap_or_default();
            usage("error-value-missing").with("option", option).with("help", topic(words))
        }
        ErrorKind::MissingRequiredArgument => {
            let what = first(error, ContextKind::InvalidArg);
            // An option is named without its value.
            let what = what.split(" <").next().unwrap_or_default();
            let what = what.trim_matches(['<', '>', '[', ']', '.']);
            usage("error-missing").with("what", what.to_ascii_lowercase()).with("help", topic(words))
        }
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let family = known(words);
            usage("error-missing-verb").with("verbs", verbs(&family)).with("family", family)
        }
        // The grammar has no other; a new one must still not be silent.
        _ => unknown_word(short(&words.join(" ")), words),
    }
}

fn unknown_word(word: String, words: &[String]) -> Error {
    let error = Error::new(Kind::Usage, "error-unknown-word-alone").because(Cause::UnknownWord);
    error.with("word", word).with("help", topic(words))
}

/// What was wrong with a value, as its own type says it. One that is told with its value is told with what
/// it was given to: an option, or the verb.
fn of_value(error: &clap::Error, words: &[String]) -> Error {
    let source = std::error::Error::source(error);
    if let Some(name) = source.and_then(|source| source.downcast_ref::<NameError>()) {
        return name.clone().into();
    }
    let Some(said) = source.and_then(|source| source.downcast_ref::<Error>()) else {
        return unknown_word(first(error, ContextKind::InvalidValue), words);
    };
    let argument = first(error, ContextKind::InvalidArg);
    match said.args.iter().any(|(name, _)| *name == "value") {
        true if argument.starts_with("--") => {
            about(argument.split(' ').next().unwrap_or_default(), said.clone())
        }
        true => about(&known(words), said.clone()),
        false => said.clone(),
    }
}

/// An option there is not, or a word too many.
fn unknown(error: &clap::Error, words: &[String]) -> Error {
    let argument = first(error, ContextKind::InvalidArg);
    if !argument.starts_with('-') || argument == "-" {
        return Error::new(Kind::Usage, "error-extra").with("word", argument);
    }
    match last(error, ContextKind::SuggestedArg) {
        Some(nearest) => Error::new(Kind::Usage, "error-unknown-option").with("nearest", nearest),
        None => Error::new(Kind::Usage, "error-unknown-option-alone").with("help", topic(words)),
    }
    .with("option", argument)
}

/// Where to read more: `help vm create`, or `help`.
fn topic(words: &[String]) -> String {
    format!("help {}", known(words)).trim_end().to_owned()
}

/// The leading words that are a command: `vm create`, `start`, or nothing.
fn known(words: &[String]) -> String {
    let mut grammar = &Words::command();
    let mut path = Vec::new();
    for word in words {
        match grammar.find_subcommand(word) {
            Some(next) => grammar = next,
            None => break,
        }
        path.push(grammar.get_name().to_owned());
    }
    path.join(" ")
}

fn verbs(family: &str) -> String {
    let grammar = Words::command();
    let family = family.split(' ').try_fold(grammar, |node, word| node.find_subcommand(word).cloned());
    let verbs = family.map(|family| {
        let verbs = family.get_subcommands().map(|verb| verb.get_name().to_owned());
        verbs.collect::<Vec<_>>().join(", ")
    });
    verbs.unwrap_or_default()
}

fn first(error: &clap::Error, kind: ContextKind) -> String {
    values(error, kind).into_iter().next().unwrap_or_default()
}

/// clap's suggestions come with the most alike last.
fn last(error: &clap::Error, kind: ContextKind) -> Option<String> {
    values(error, kind).pop()
}

fn values(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![short(text)],
        Some(ContextValue::Strings(texts)) => texts.iter().map(|text| short(text)).collect(),
        _ => Vec::new(),
    }
}
