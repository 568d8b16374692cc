//! `course enrol`, `course code` and `seat`, from clap's words to commands.

use super::convert::name;
use super::{Input, What, grammar};
use crate::app::command::{Command, CourseCommand, Enrol, Form, SeatCommand};
use crate::app::error::{Error, Kind, Result};

/// The command that still lacks its list.
pub(super) fn enrol(course: &str, dry_run: bool, form: grammar::Form) -> Result<What> {
    let asked = Enrol { course: name(course)?, list: Vec::new(), dry_run, form: self::form(form)? };
    Ok(What::NeedsInput(Input::of(Command::Course(CourseCommand::Enrol(asked)))))
}

pub(super) fn form(form: grammar::Form) -> Result<Form> {
    match (form.sheet, form.csv) {
        (false, false) => Ok(Form::Table),
        (true, false) => Ok(Form::Sheet),
        (false, true) => Ok(Form::Csv),
        (true, true) => Err(Error::new(Kind::Usage, "error-sheet-or-csv")),
    }
}

pub(super) fn seat(verb: grammar::Seat, said: &mut bool) -> Result<SeatCommand> {
    let logins = |words: Vec<String>| words.iter().map(|word| name(word)).collect::<Result<Vec<_>>>();
    Ok(match verb {
        grammar::Seat::List => SeatCommand::List,
        grammar::Seat::Create { seat, course, member } => {
            SeatCommand::Create { team: name(&seat)?, course: name(&course)?, members: logins(member)? }
        }
        grammar::Seat::Add { seat, login } => {
            SeatCommand::Add { seat: name(&seat)?, members: logins(login)? }
        }
        grammar::Seat::Drop { seat, login, yes } => {
            *said = yes.said;
            SeatCommand::Drop { seat: name(&seat)?, member: name(&login)? }
        }
    })
}
