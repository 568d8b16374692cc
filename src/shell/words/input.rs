//! A command that lacks only what standard input says.

use super::decode;
use crate::app::command::{Command, CourseCommand, Enrol, KeyCommand, PersonCommand, PolicyCommand};
use crate::app::error::{Error, Kind, Result};

/// A command and what it still wants. Bytes go in with [`Input::with`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input(Command);

/// What a command wants of standard input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wants {
    /// One `authorized_keys` line; at a terminal it is pasted.
    Key,
    /// A whole file; nobody types one at a terminal.
    List,
    /// A policy, or nothing: then it is about the folder, and so it is at a terminal.
    Policy,
}

impl Wants {
    /// The most that is read, bytes.
    pub fn most(self) -> usize {
        match self {
            Self::Key => 16 * 1024,
            Self::List => 2 * 1024 * 1024,
            Self::Policy => 64 * 1024,
        }
    }

    /// Why more is not read.
    pub fn too_long(self) -> Error {
        match self {
            Self::Key => Error::new(Kind::Usage, "error-key-long"),
            Self::List => Error::new(Kind::Usage, "error-list-long").with("max", self.most() >> 20),
            Self::Policy => Error::new(Kind::Usage, "error-policy-long").with("max", self.most()),
        }
    }
}

impl Input {
    pub(super) fn own_key() -> Self {
        Self::of(Command::Key(KeyCommand::Add { line: String::new() }))
    }

    pub(super) fn policy() -> Self {
        Self::of(Command::Policy(PolicyCommand::Check(None)))
    }

    pub(super) fn of(command: Command) -> Self {
        Self(command)
    }

    /// What is to be read.
    pub fn wants(&self) -> Wants {
        match self.0 {
            Command::Course(_) => Wants::List,
            Command::Policy(_) => Wants::Policy,
            _ => Wants::Key,
        }
    }

    /// Why there is nothing to read: somebody sits at a terminal, and a file is wanted.
    pub fn at_terminal(&self) -> Error {
        let course = match &self.0 {
            Command::Course(CourseCommand::Enrol(Enrol { course, .. })) => course.to_string(),
            _ => String::new(),
        };
        Error::new(Kind::Usage, "error-list-terminal").with("course", course)
    }

    /// The command with what standard input said.
    pub fn with(mut self, bytes: Vec<u8>) -> Result<Command> {
        if let Command::Course(CourseCommand::Enrol(asked)) = &mut self.0 {
            asked.list = bytes;
            return Ok(self.0);
        }
        if let Command::Policy(PolicyCommand::Check(text)) = &mut self.0 {
            let read = String::from_utf8(bytes).map_err(|_| Error::new(Kind::Usage, "error-not-utf8"))?;
            *text = Some(read).filter(|read| !read.trim().is_empty());
            return Ok(self.0);
        }
        let text = decode(&bytes)?.trim();
        if text.is_empty() {
            return Err(Error::new(Kind::Usage, "error-key-empty"));
        }
        match &mut self.0 {
            Command::Key(KeyCommand::Add { line }) => text.clone_into(line),
            Command::Person(PersonCommand::Add { key, .. }) => *key = Some(text.to_owned()),
            _ => {}
        }
        Ok(self.0)
    }
}
