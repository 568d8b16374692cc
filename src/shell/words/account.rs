//! `key ...` and `totp ...`.

use super::What;
use super::grammar::{Meant, Yes};
use crate::app::command::{Command, KeyCommand};
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    List,
    Add {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        line: Vec<String>,
    },
    Remove {
        key: String,
        #[command(flatten)]
        yes: Yes,
    },
}

impl Key {
    pub(super) fn meant(self) -> Meant {
        let command = |verb| Meant::command(Command::Key(verb));
        match self {
            Self::List => command(KeyCommand::List),
            // The line is still to come, on standard input.
            Self::Add { line } if line.is_empty() || line == ["-"] => {
                command(KeyCommand::Add { line: String::new() })
            }
            Self::Add { line } => {
                let line = line.join(" ");
                Meant::new(What::Run(Command::Key(KeyCommand::Add { line })))
            }
            Self::Remove { key, yes } => command(KeyCommand::Remove { key }).or_asked(yes),
        }
    }
}

/// What is done with one's own second factor. Each wants a code, so none is a command yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum TotpVerb {
    /// Set it up.
    Add,
    /// Give it up.
    Remove,
    /// New recovery codes.
    Codes,
}
