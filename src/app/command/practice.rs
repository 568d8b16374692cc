//! `practice VERB`.

use super::needs::{Needs, Sentence, Terminal, Wants, verbs};
use crate::app::error::{Error, Kind};
use puerta_lab::action::Action;
use puerta_lab::names::{CourseName, PracticeName, SeatName};

/// `practice VERB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PracticeCommand {
    /// The next version of one, from its file.
    Publish {
        /// Whose.
        course: CourseName,
        /// The file, as standard input said it.
        file: Vec<u8>,
    },
    /// Those of one's own courses, or of all for who looks at seats.
    List,
    /// Everything about one, and one's own machines of it.
    Show {
        /// Which.
        practice: PracticeName,
        /// Whose; one's own course's when not said.
        course: Option<CourseName>,
    },
    /// What of it is not there is made, and what stands still is started.
    Start {
        /// Which.
        practice: PracticeName,
        /// For whom.
        place: Place,
    },
    /// Its machines are stopped.
    Stop {
        /// Which.
        practice: PracticeName,
        /// Whose.
        place: Place,
    },
    /// All of it is made again, of the newest version; what was in it is gone.
    Reset {
        /// Which.
        practice: PracticeName,
        /// Whose.
        place: Place,
    },
    /// Nobody begins it any more.
    Remove {
        /// Which.
        practice: PracticeName,
        /// Whose.
        course: CourseName,
    },
}

/// Whose machines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Place {
    /// One's own.
    #[default]
    Own,
    /// A seat's.
    Seat(SeatName),
    /// Those of everybody's own seat in a course, or in one group of it.
    Course(CourseName, Option<String>),
}

verbs! { PracticeCommand {
    "list", [Action::TemplateList], Self::List => Needs::nothing(),
    "show", [Action::TemplateList], Self::Show { .. } => Needs::nothing(),
    "start", [Action::VmCreate], Self::Start { .. } => Needs::nothing(),
    "stop", [Action::VmStop], Self::Stop { .. } => Needs::nothing(),
    "reset", [Action::VmDelete], Self::Reset { practice, place } => Needs::a_yes(match place {
        Place::Own => Sentence::new("ask-practice-reset").with("practice", practice),
        Place::Seat(seat) => {
            Sentence::new("ask-practice-reset-of").with("practice", practice).with("of", seat)
        }
        Place::Course(course, group) => {
            let of = group.as_ref().map_or_else(|| course.to_string(), |group| format!("{course}, {group}"));
            Sentence::new("ask-practice-reset-of").with("practice", practice).with("of", of)
        }
    }),
    "publish", [Action::PracticePublish], Self::Publish { course, .. } => Needs {
        // Nobody types a file at a terminal.
        terminal: Terminal::Refused(Error::new(Kind::Usage, "error-practice-terminal").with("course", course)),
        ..Needs::input(Wants::Practice)
    },
    "remove", [Action::PracticePublish], Self::Remove { practice, .. } => {
        Needs::a_yes(Sentence::new("ask-practice-remove").with("practice", practice))
    },
} }
