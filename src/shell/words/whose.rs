//! `--seat`, `--course` and `--all` of a list.

use crate::app::command;
use crate::app::error::{Error, Kind, Result};
use clap::Args;
use puerta_lab::names::{CourseName, SeatName};

/// At most one of the three.
#[derive(Debug, Clone, Args)]
pub(crate) struct Whose {
    #[arg(long)]
    all: bool,
    #[arg(long)]
    seat: Option<SeatName>,
    #[arg(long)]
    course: Option<CourseName>,
}

impl Whose {
    pub(super) fn chosen(self) -> Result<command::Whose> {
        match (self.all, self.seat, self.course) {
            (false, None, None) => Ok(command::Whose::Own),
            (true, None, None) => Ok(command::Whose::All),
            (false, Some(seat), None) => Ok(command::Whose::Seat(seat)),
            (false, None, Some(course)) => Ok(command::Whose::Course(course)),
            _ => Err(Error::new(Kind::Usage, "error-list-place")),
        }
    }
}
