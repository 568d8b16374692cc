//! A command that lacks only what standard input says. What it wants of it stands beside its verb.

use super::{What, decode, not_utf8};
use crate::app::command::{
    Command, CourseCommand, KeyCommand, PersonCommand, PolicyCommand, PracticeCommand, Wants,
};
use crate::app::error::{Error, Kind, Result};

/// A command and what it still wants. Bytes go in with [`Input::with`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    command: Command,
    wants: Wants,
}

impl What {
    /// A command, with what it wants of standard input.
    pub(super) fn of(command: Command) -> Self {
        match command.needs().input {
            Some(wants) => Self::NeedsInput(Input { command, wants }),
            None => Self::Run(command),
        }
    }
}

impl Input {
    /// What is to be read.
    pub fn wants(&self) -> Wants {
        self.wants
    }

    /// The command that is to be.
    pub fn command(&self) -> &Command {
        &self.command
    }

    /// The command with what standard input said.
    pub fn with(self, bytes: Vec<u8>) -> Result<Command> {
        let mut command = self.command;
        match &mut command {
            Command::Course(CourseCommand::Enrol(asked)) => asked.list = bytes,
            Command::Practice(PracticeCommand::Publish { file, .. }) => *file = bytes,
            Command::Policy(PolicyCommand::Check(text)) => {
                let read = String::from_utf8(bytes).map_err(|_| not_utf8())?;
                *text = Some(read).filter(|read| !read.trim().is_empty());
            }
            Command::Key(KeyCommand::Add { line }) => *line = key(&bytes)?,
            Command::Person(PersonCommand::Add { key: typed, .. }) => *typed = Some(key(&bytes)?),
            // Nothing else wants any.
            _ => {}
        }
        Ok(command)
    }
}

fn key(bytes: &[u8]) -> Result<String> {
    match decode(bytes)?.trim() {
        "" => Err(Error::new(Kind::Usage, "error-key-empty")),
        key => Ok(key.to_owned()),
    }
}
