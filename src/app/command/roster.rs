//! Enrolment and teams.

use super::needs::{Needs, Sentence, verbs};
use puerta_lab::action::Action;
use puerta_lab::names::{CampusName, CourseName, SeatName};

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

/// What a column of a list says, called as Moodle calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// What they log in with.
    Username,
    /// First name.
    Firstname,
    /// Last name.
    Lastname,
    /// Where to write to them.
    Email,
    /// Their group.
    Group,
    /// Their number at the school.
    Idnumber,
}

impl Column {
    /// Every one; those that there must be come first.
    pub const ALL: [Self; 6] =
        [Self::Username, Self::Firstname, Self::Lastname, Self::Email, Self::Group, Self::Idnumber];
    /// How many there must be.
    pub const REQUIRED: usize = 4;

    /// As Moodle calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::Firstname => "firstname",
            Self::Lastname => "lastname",
            Self::Email => "email",
            Self::Group => "group1",
            Self::Idnumber => "idnumber",
        }
    }
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
    /// Who has no row stays.
    pub add: bool,
    /// So many may be archived, though they are many.
    pub archive: Option<u32>,
    /// What archiving stopped of who is there is to be started.
    pub start: bool,
    /// Headings of the list, and what their columns say.
    pub maps: Vec<(String, Column)>,
    /// How to write the answer.
    pub form: Form,
}

impl std::fmt::Debug for Enrol {
    /// Without the list, which is as long as it likes.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { course, list, dry_run, add, archive, start, maps, form } = self;
        let how = (dry_run, add, archive, start, maps, form);
        write!(f, "Enrol({course}, {} bytes, {how:?})", list.len())
    }
}

/// `seat VERB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeatCommand {
    /// All, or those of a course.
    List {
        /// Only those of this course.
        course: Option<CourseName>,
    },
    /// A team's seat.
    Create {
        /// Its name.
        team: SeatName,
        /// The course it is in.
        course: CourseName,
        /// Its members.
        members: Vec<CampusName>,
    },
    /// More members.
    Add {
        /// Of which team.
        seat: SeatName,
        /// Who.
        members: Vec<CampusName>,
    },
    /// A member less.
    Drop {
        /// Of which team.
        seat: SeatName,
        /// Who.
        member: CampusName,
    },
    /// Archive it as a list would that has no such row any more, or take it out of the archive.
    Archive {
        /// Which.
        seat: SeatName,
        /// Take it out of there.
        back: bool,
        /// And start what archiving stopped.
        start: bool,
    },
    /// No such seat any more; where it holds something, only with the number of all of it.
    Remove {
        /// Which.
        seat: SeatName,
        /// So many machines and backups go with it.
        all: Option<u32>,
    },
}

verbs! { SeatCommand {
    "list", [Action::SeatList], Self::List { .. } => Needs::nothing(),
    "create", [Action::SeatCreate], Self::Create { .. } => Needs::nothing(),
    "add", [Action::SeatEdit], Self::Add { .. } => Needs::nothing(),
    "drop", [Action::SeatEdit], Self::Drop { seat, member } => {
        Needs::a_yes(Sentence::new("ask-seat-drop").with("seat", seat).with("login", member))
    },
    "archive", [Action::SeatEdit], Self::Archive { seat, back: false, .. } => {
        Needs::a_yes(Sentence::new("ask-seat-archive").with("seat", seat))
    },
    "unarchive", [Action::SeatEdit], Self::Archive { back: true, .. } => Needs::nothing(),
    "remove", [Action::SeatRemove], Self::Remove { seat, all } => {
        Needs::a_yes(Sentence::new("ask-seat-remove").with("seat", seat).with("all", all.unwrap_or(0)))
    },
} }
