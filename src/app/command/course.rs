//! `course VERB`.

use super::needs::{Needs, Terminal, Wants, verbs};
use super::roster::{Enrol, Form};
use crate::app::error::{Error, Kind};
use puerta_lab::action::Action;
use puerta_lab::names::CourseName;

/// `course VERB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CourseCommand {
    /// A new one.
    Create {
        /// Its name.
        name: CourseName,
        /// First calendar year of its academic year; from the name's `-YYYY`, or now's, when not said.
        year: Option<u16>,
        /// 0 or 1; the first that is free when not said.
        version: Option<u8>,
    },
    /// All.
    List,
    /// Its people from a list.
    Enrol(Enrol),
    /// New one-time codes for who has no other way in.
    Code {
        /// Whose.
        course: CourseName,
        /// How to write the answer.
        form: Form,
    },
}

verbs! { CourseCommand {
    "create", [Action::CourseCreate], Self::Create { .. } => Needs::nothing(),
    "list", [Action::CourseList], Self::List => Needs::nothing(),
    "enrol", [Action::CourseEnrol], Self::Enrol(Enrol { course, .. }) => Needs {
        // Nobody types a file at a terminal.
        terminal: Terminal::Refused(Error::new(Kind::Usage, "error-list-terminal").with("course", course)),
        ..Needs::input(Wants::List)
    },
    "code", [Action::CourseEnrol], Self::Code { .. } => Needs::nothing(),
} }
