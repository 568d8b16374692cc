//! `person ...`.

use super::grammar::{Meant, Yes};
use super::values::{count, note, role};
use crate::app::command::{Command, PersonChange, PersonCommand};
use clap::Subcommand;
use puerta_lab::model::Role;
use puerta_lab::names::{CampusName, CourseName, Login, NameError};

/// What the campus calls somebody; nothing else than their login, when nothing is said.
#[derive(Debug, Clone)]
pub(crate) struct Campus(Option<CampusName>);

fn campus(text: &str) -> Result<Campus, NameError> {
    let name = (!text.is_empty()).then(|| text.parse()).transpose()?;
    Ok(Campus(name))
}

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
    List {
        #[arg(long)]
        course: Option<CourseName>,
    },
    Show {
        login: CampusName,
    },
    Edit {
        login: CampusName,
        #[arg(long, value_parser = note)]
        name: Option<String>,
        #[arg(long, value_parser = note)]
        email: Option<String>,
        #[arg(long, value_parser = note)]
        idnumber: Option<String>,
        #[arg(long, value_parser = campus)]
        campus: Option<Campus>,
    },
    Code {
        login: CampusName,
    },
    Suspend {
        login: CampusName,
        #[arg(long)]
        resume: bool,
        #[command(flatten)]
        yes: Yes,
    },
    Remove {
        login: CampusName,
        #[arg(long, allow_negative_numbers = true, value_parser = count)]
        all: Option<u32>,
        #[command(flatten)]
        yes: Yes,
    },
    TotpReset {
        login: CampusName,
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
            Self::List { course } => command(PersonCommand::List { course }),
            Self::Edit { login, name, email, idnumber, campus } => {
                let campus = campus.map(|Campus(name)| name);
                let change = PersonChange { name, email, idnumber, campus };
                command(PersonCommand::Edit { login, change })
            }
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
