//! `course VERB`.

use super::needs::{Needs, Sentence, Terminal, Wants, verbs};
use super::roster::{Enrol, Form};
use crate::app::error::{Error, Kind};
use puerta_lab::action::Action;
use puerta_lab::names::{CourseName, TemplateRef};

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
    /// Call it something else.
    Rename {
        /// Which.
        course: CourseName,
        /// Its new name.
        name: CourseName,
    },
    /// Say what its machines are made from when nobody says.
    Set {
        /// Which.
        course: CourseName,
        /// That; `None`: nothing of its own.
        template: Option<TemplateRef>,
    },
    /// Let it be looked at, and nothing new begin.
    Close(CourseName),
    /// Archive all its seats.
    Archive {
        /// Which.
        course: CourseName,
        /// So many seats may be, though they are many.
        agreed: Option<u32>,
    },
    /// Take either back.
    Reopen {
        /// Which.
        course: CourseName,
        /// What archiving stopped is to be started.
        start: bool,
    },
    /// Remove it, with its seats.
    Remove(CourseName),
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
    "rename", [Action::CourseEdit], Self::Rename { .. } => Needs::nothing(),
    "set", [Action::CourseEdit], Self::Set { .. } => Needs::nothing(),
    "close", [Action::CourseEdit], Self::Close(_) => Needs::nothing(),
    "archive", [Action::CourseEdit], Self::Archive { agreed, .. } => match agreed {
        None => Needs::weighed(),
        Some(_) => Needs::nothing(),
    },
    "reopen", [Action::CourseEdit], Self::Reopen { .. } => Needs::nothing(),
    "remove", [Action::CourseRemove], Self::Remove(course) => {
        Needs::a_yes(Sentence::new("ask-course-remove").with("course", course))
    },
} }
