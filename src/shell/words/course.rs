//! `course ...` and `seat ...`: people by courses and by teams.

use super::grammar::{Meant, Yes};
use super::values::{bad, number};
use crate::app::command::{self, Command, CourseCommand, Enrol, SeatCommand};
use crate::app::error::{Error, Kind, Result};
use clap::{Args, Subcommand};
use puerta_lab::names::{CourseName, Login, SeatName};

#[derive(Debug, Subcommand)]
pub(crate) enum Course {
    Create {
        course: CourseName,
        #[arg(long, allow_negative_numbers = true, value_parser = year)]
        year: Option<u16>,
        #[arg(long, allow_negative_numbers = true, value_parser = version)]
        version: Option<u8>,
    },
    List,
    Enrol {
        course: CourseName,
        #[arg(long = "dry-run")]
        dry_run: bool,
        #[command(flatten)]
        form: Form,
    },
    Code {
        course: CourseName,
        #[command(flatten)]
        form: Form,
    },
}

/// How codes are written: at most one of the two.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Form {
    #[arg(long)]
    sheet: bool,
    #[arg(long)]
    csv: bool,
}

fn year(text: &str) -> Result<u16> {
    number(text).ok_or_else(|| bad(text, "year"))
}

fn version(text: &str) -> Result<u8> {
    number(text).filter(|version| *version <= 1).ok_or_else(|| bad(text, "version"))
}

impl Form {
    fn chosen(self) -> Result<command::Form> {
        match (self.sheet, self.csv) {
            (false, false) => Ok(command::Form::Table),
            (true, false) => Ok(command::Form::Sheet),
            (false, true) => Ok(command::Form::Csv),
            (true, true) => Err(Error::new(Kind::Usage, "error-sheet-or-csv")),
        }
    }
}

impl Course {
    pub(super) fn meant(self) -> Result<Meant> {
        Ok(Meant::command(Command::Course(match self {
            Self::Create { course: name, year, version } => CourseCommand::Create { name, year, version },
            Self::List => CourseCommand::List,
            Self::Enrol { course, dry_run, form } => {
                CourseCommand::Enrol(Enrol { course, list: Vec::new(), dry_run, form: form.chosen()? })
            }
            Self::Code { course, form } => CourseCommand::Code { course, form: form.chosen()? },
        })))
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Seat {
    List,
    Create {
        seat: SeatName,
        #[arg(long)]
        course: CourseName,
        #[arg(long)]
        member: Vec<Login>,
    },
    Add {
        seat: SeatName,
        #[arg(required = true)]
        login: Vec<Login>,
    },
    Drop {
        seat: SeatName,
        login: Login,
        #[command(flatten)]
        yes: Yes,
    },
}

impl Seat {
    pub(super) fn meant(self) -> Meant {
        let command = |verb| Meant::command(Command::Seat(verb));
        match self {
            Self::List => command(SeatCommand::List),
            Self::Create { seat: team, course, member: members } => {
                command(SeatCommand::Create { team, course, members })
            }
            Self::Add { seat, login: members } => command(SeatCommand::Add { seat, members }),
            Self::Drop { seat, login: member, yes } => {
                command(SeatCommand::Drop { seat, member }).or_asked(yes)
            }
        }
    }
}
