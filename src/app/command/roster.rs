//! Enrolment and teams.

use super::needs::{Needs, Sentence, verbs};
use puerta_lab::action::Action;
use puerta_lab::names::{CourseName, Login, SeatName};

/// How one-time codes are written as text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Form {
    /// To be read on a screen.
    #[default]
    Table,
    /// For a spreadsheet or a mailing.
    Csv,
    /// To be printed and cut.
    Sheet,
}

/// `course enrol`.
#[derive(Clone, PartialEq, Eq)]
pub struct Enrol {
    /// The course.
    pub course: CourseName,
    /// The list as it came.
    pub list: Vec<u8>,
    /// Say what would change, and change nothing.
    pub dry_run: bool,
    /// How to write the answer.
    pub form: Form,
}

impl std::fmt::Debug for Enrol {
    /// Without the list, which is as long as it likes.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { course, list, dry_run, form } = self;
        write!(f, "Enrol({course}, {} bytes, dry_run {dry_run}, {form:?})", list.len())
    }
}

/// `seat VERB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeatCommand {
    /// All.
    List,
    /// A team's seat.
    Create {
        /// Its name.
        team: SeatName,
        /// The course it is in.
        course: CourseName,
        /// Its members.
        members: Vec<Login>,
    },
    /// More members.
    Add {
        /// Of which team.
        seat: SeatName,
        /// Who.
        members: Vec<Login>,
    },
    /// A member less.
    Drop {
        /// Of which team.
        seat: SeatName,
        /// Who.
        member: Login,
    },
}

verbs! { SeatCommand {
    "list", [Action::SeatList], Self::List => Needs::nothing(),
    "create", [Action::SeatCreate], Self::Create { .. } => Needs::nothing(),
    "add", [Action::SeatEdit], Self::Add { .. } => Needs::nothing(),
    "drop", [Action::SeatEdit], Self::Drop { seat, member } => {
        Needs::a_yes(Sentence::new("ask-seat-drop").with("seat", seat).with("login", member))
    },
} }
