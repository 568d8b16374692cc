//! `practice ...`, and whose machines an act on many is about.

use super::grammar::{Meant, Yes};
use super::values::note;
use crate::app::command::{Command, Place, PracticeCommand};
use crate::app::error::{Error, Kind, Result};
use clap::{Args, Subcommand};
use puerta_lab::names::{CourseName, PracticeName, SeatName};

#[derive(Debug, Subcommand)]
pub(crate) enum Practice {
    List,
    Show {
        practice: PracticeName,
        #[arg(long)]
        course: Option<CourseName>,
    },
    Start {
        practice: PracticeName,
        #[command(flatten)]
        of: Of,
    },
    Stop {
        practice: PracticeName,
        #[command(flatten)]
        of: Of,
    },
    Reset {
        practice: PracticeName,
        #[command(flatten)]
        of: Of,
        #[command(flatten)]
        yes: Yes,
    },
    Publish {
        #[arg(long)]
        course: CourseName,
    },
    Remove {
        practice: PracticeName,
        #[arg(long)]
        course: CourseName,
        #[command(flatten)]
        yes: Yes,
    },
}

/// One's own, a seat's, or a course's or one group's of it.
#[derive(Debug, Clone, Args)]
pub(crate) struct Of {
    #[arg(long)]
    seat: Option<SeatName>,
    #[arg(long)]
    course: Option<CourseName>,
    #[arg(long, value_parser = note)]
    group: Option<String>,
}

impl Of {
    pub(super) fn chosen(self) -> Result<Place> {
        match (self.seat, self.course, self.group) {
            (None, None, None) => Ok(Place::Own),
            (Some(seat), None, None) => Ok(Place::Seat(seat)),
            (None, Some(course), group) => Ok(Place::Course(course, group)),
            _ => Err(Error::new(Kind::Usage, "error-many-place")),
        }
    }
}

impl Practice {
    pub(super) fn meant(self) -> Result<Meant> {
        let command = |verb| Meant::command(Command::Practice(verb));
        Ok(match self {
            Self::List => command(PracticeCommand::List),
            Self::Show { practice, course } => command(PracticeCommand::Show { practice, course }),
            Self::Start { practice, of } => command(PracticeCommand::Start { practice, place: of.chosen()? }),
            Self::Stop { practice, of } => command(PracticeCommand::Stop { practice, place: of.chosen()? }),
            Self::Reset { practice, of, yes } => {
                command(PracticeCommand::Reset { practice, place: of.chosen()? }).or_asked(yes)
            }
            Self::Publish { course } => command(PracticeCommand::Publish { course, file: Vec::new() }),
            Self::Remove { practice, course, yes } => {
                command(PracticeCommand::Remove { practice, course }).or_asked(yes)
            }
        })
    }
}
