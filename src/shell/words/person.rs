//! `person ...`.

use super::grammar::{Meant, Yes};
use super::values::{count, note, role};
use crate::app::command::{Command, PersonCommand};
use clap::Subcommand;
use puerta_lab::model::Role;
use puerta_lab::names::{CourseName, Login};

#[derive(Debug, Subcommand)]
pub(crate) enum Person {
    Add {
        login: Login,
        #[arg(long)]
        course: Option<CourseName>,
        #[arg(long, value_parser = note)]
        name: Option<String>,
        #[arg(long, value_parser = role, default_value = "alumno")]
        role: Role,
        #[arg(long)]
        key: Option<String>,
    },
    List,
    Show {
        login: Login,
    },
    Code {
        login: Login,
    },
    Suspend {
        login: Login,
        #[arg(long)]
        resume: bool,
        #[command(flatten)]
        yes: Yes,
    },
    Remove {
        login: Login,
        #[arg(long, allow_negative_numbers = true, value_parser = count)]
        all: Option<u32>,
        #[command(flatten)]
        yes: Yes,
    },
    TotpReset {
        login: Login,
        #[command(flatten)]
        yes: Yes,
    },
}

impl Person {
    pub(super) fn meant(self) -> Meant {
        let command = |verb| Meant::command(Command::Person(verb));
        match self {
            Self::Add { login, course, name, role, key } => {
                command(PersonCommand::Add { login, course, name, role, key })
            }
            Self::List => command(PersonCommand::List),
            Self::Show { login } => command(PersonCommand::Show(login)),
            Self::Code { login } => command(PersonCommand::Code(login)),
            Self::Suspend { login, resume, yes } => {
                command(PersonCommand::Suspend { login, resume }).or_asked(yes)
            }
            Self::Remove { login, all, yes } => command(PersonCommand::Remove { login, all }).or_asked(yes),
            Self::TotpReset { login, yes } => command(PersonCommand::TotpReset(login)).or_asked(yes),
        }
    }
}
