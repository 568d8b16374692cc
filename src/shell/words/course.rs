//! `course ...` and `seat ...`: people by courses and by teams.

use super::grammar::{Meant, Yes};
use super::values::{bad, count, number};
use crate::app::command::{self, Column, Command, CourseCommand, Enrol, SeatCommand};
use crate::app::error::{Error, Kind, Result};
use clap::{Args, Subcommand};
use puerta_lab::names::{CampusName, CourseName, SeatName, TemplateRef};

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
    Rename {
        course: CourseName,
        /// Its new name.
        name: CourseName,
    },
    Set {
        course: CourseName,
        #[arg(long)]
        template: Option<TemplateRef>,
        #[arg(long = "no-template")]
        no_template: bool,
    },
    Close {
        course: CourseName,
    },
    Archive {
        course: CourseName,
        #[arg(long, allow_negative_numbers = true, value_parser = count)]
        archive: Option<u32>,
    },
    Reopen {
        course: CourseName,
        #[arg(long)]
        start: bool,
    },
    Remove {
        course: CourseName,
        #[command(flatten)]
        yes: Yes,
    },
    Enrol {
        course: CourseName,
        #[command(flatten)]
        how: How,
        #[command(flatten)]
        form: Form,
    },
    Code {
        course: CourseName,
        #[command(flatten)]
        form: Form,
    },
}

/// How a list is taken.
#[derive(Debug, Args)]
pub(crate) struct How {
    #[arg(long = "dry-run")]
    dry_run: bool,
    #[arg(long)]
    add: bool,
    #[arg(long, allow_negative_numbers = true, value_parser = count)]
    archive: Option<u32>,
    #[arg(long)]
    start: bool,
    #[arg(long, value_parser = map)]
    map: Vec<(String, Column)>,
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

/// `HEADING=column`: the last `=`, since a heading may have one.
fn map(text: &str) -> Result<(String, Column)> {
    let wrong = || bad(text, "map");
    let (heading, column) = text.rsplit_once('=').ok_or_else(wrong)?;
    let column = column.trim().to_lowercase();
    let known = Column::ALL.into_iter().find(|known| known.as_str() == column);
    known
        .filter(|_| !heading.trim().is_empty())
        .map(|known| (heading.trim().to_owned(), known))
        .ok_or_else(wrong)
}

fn version(text: &str) -> Result<u8> {
    number(text).filter(|version| *version <= 1).ok_or_else(|| bad(text, "version"))
}

impl How {
    fn of(self, course: CourseName, form: Form) -> Result<Enrol> {
        let Self { dry_run, add, archive, start, map: maps } = self;
        if add && archive.is_some() {
            return Err(Error::new(Kind::Usage, "error-add-or-archive"));
        }
        Ok(Enrol { course, list: Vec::new(), dry_run, add, archive, start, maps, form: form.chosen()? })
    }
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
        let command = |verb| Meant::command(Command::Course(verb));
        Ok(command(match self {
            Self::Create { course: name, year, version } => CourseCommand::Create { name, year, version },
            Self::List => CourseCommand::List,
            Self::Rename { course, name } => CourseCommand::Rename { course, name },
            Self::Set { course, template, no_template } if template.is_some() != no_template => {
                CourseCommand::Set { course, template }
            }
            Self::Set { .. } => return Err(Error::new(Kind::Usage, "error-course-set")),
            Self::Close { course } => CourseCommand::Close(course),
            Self::Archive { course, archive: agreed } => CourseCommand::Archive { course, agreed },
            Self::Reopen { course, start } => CourseCommand::Reopen { course, start },
            Self::Remove { course, yes } => return Ok(command(CourseCommand::Remove(course)).or_asked(yes)),
            Self::Enrol { course, how, form } => CourseCommand::Enrol(how.of(course, form)?),
            Self::Code { course, form } => CourseCommand::Code { course, form: form.chosen()? },
        }))
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Seat {
    List {
        #[arg(long)]
        course: Option<CourseName>,
    },
    Create {
        seat: SeatName,
        #[arg(long)]
        course: CourseName,
        #[arg(long)]
        member: Vec<CampusName>,
    },
    Add {
        seat: SeatName,
        #[arg(required = true)]
        login: Vec<CampusName>,
    },
    Drop {
        seat: SeatName,
        login: CampusName,
        #[command(flatten)]
        yes: Yes,
    },
    Archive {
        seat: SeatName,
        #[command(flatten)]
        yes: Yes,
    },
    Unarchive {
        seat: SeatName,
        #[arg(long)]
        start: bool,
    },
    Remove {
        seat: SeatName,
        #[arg(long, allow_negative_numbers = true, value_parser = count)]
        all: Option<u32>,
        #[command(flatten)]
        yes: Yes,
    },
}

impl Seat {
    pub(super) fn meant(self) -> Meant {
        let command = |verb| Meant::command(Command::Seat(verb));
        match self {
            Self::List { course } => command(SeatCommand::List { course }),
            Self::Create { seat: team, course, member: members } => {
                command(SeatCommand::Create { team, course, members })
            }
            Self::Add { seat, login: members } => command(SeatCommand::Add { seat, members }),
            Self::Drop { seat, login: member, yes } => {
                command(SeatCommand::Drop { seat, member }).or_asked(yes)
            }
            Self::Archive { seat, yes } => {
                command(SeatCommand::Archive { seat, back: false, start: false }).or_asked(yes)
            }
            Self::Unarchive { seat, start } => command(SeatCommand::Archive { seat, back: true, start }),
            Self::Remove { seat, all, yes } => command(SeatCommand::Remove { seat, all }).or_asked(yes),
        }
    }
}
