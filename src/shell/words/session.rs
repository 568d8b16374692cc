//! `session ...` and `message`.

use super::grammar::{Meant, Yes};
use super::values::bad;
use crate::app::command::{Command, MessageCommand, SessionCommand};
use crate::app::error::{Error, Kind, Result};
use crate::app::presence::SessionId;
use clap::{Args, Subcommand};
use puerta_lab::names::{CampusName, CourseName};

/// Per cent of a recording's own speed: from a tenth to a hundredfold.
const SPEEDS: std::ops::RangeInclusive<u32> = 10..=10_000;

#[derive(Debug, Subcommand)]
pub(crate) enum Session {
    List {
        #[arg(long)]
        person: Option<CampusName>,
        #[arg(long)]
        course: Option<CourseName>,
    },
    Show {
        #[arg(value_parser = id)]
        session: SessionId,
    },
    Close {
        #[arg(value_parser = id)]
        session: SessionId,
        #[command(flatten)]
        yes: Yes,
    },
    Recordings {
        #[arg(long)]
        person: Option<CampusName>,
    },
    Play {
        #[arg(value_parser = id)]
        session: SessionId,
        #[arg(long, allow_negative_numbers = true, value_parser = per_cent, default_value = "1")]
        speed: u32,
    },
    Watch {
        #[arg(value_parser = id)]
        session: SessionId,
    },
}

fn id(text: &str) -> Result<SessionId> {
    text.parse().map_err(|()| bad(text, "session"))
}

/// `2`, `0.5`, also with a comma.
fn per_cent(text: &str) -> Result<u32> {
    let times: Option<f64> = text.replace(',', ".").parse().ok();
    let speed = times.filter(|times| times.is_finite()).map(|times| (times * 100.0).round() as u32);
    speed.filter(|speed| SPEEDS.contains(speed)).ok_or_else(|| bad(text, "speed"))
}

impl Session {
    pub(super) fn meant(self) -> Meant {
        let command = |verb| Meant::command(Command::Session(verb));
        match self {
            Self::List { person, course } => command(SessionCommand::List { person, course }),
            Self::Show { session } => command(SessionCommand::Show(session)),
            Self::Close { session, yes } => command(SessionCommand::Close(session)).or_asked(yes),
            Self::Recordings { person } => command(SessionCommand::Recordings { person }),
            Self::Play { session: id, speed } => command(SessionCommand::Play { id, speed }),
            Self::Watch { session } => command(SessionCommand::Watch(session)),
        }
    }
}

/// To a person or to a course: a word may be the name of either.
#[derive(Debug, Args)]
pub(crate) struct Message {
    to: String,
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    text: Vec<String>,
}

impl Message {
    pub(super) fn meant(self) -> Result<Meant> {
        let course = self.to.parse::<CourseName>().ok();
        // A word that can be neither is wrong as a login.
        let person = match (self.to.parse::<CampusName>(), &course) {
            (Err(error), None) => return Err(Error::from(error)),
            (person, _) => person.ok(),
        };
        let text = self.text.join(" ");
        if text.trim().is_empty() {
            let error = Error::new(Kind::Usage, "error-missing");
            return Err(error.with("what", "text").with("help", "help message"));
        }
        let message = MessageCommand { person, course, to: self.to, text };
        Ok(Meant::command(Command::Message(message)))
    }
}
