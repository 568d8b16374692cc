//! Courses, and what may happen in one: everything, nothing new, or nothing at all.

use crate::model::{CourseId, Timestamp};
use crate::names::{CourseName, TemplateRef};
use crate::plan::Edition;

/// One edition of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    /// Its id.
    pub id: CourseId,
    /// Its name, `aso-2026`.
    pub name: CourseName,
    /// Its place in the address plan.
    pub edition: Edition,
    /// When it was created.
    pub created: Timestamp,
    /// How it stands.
    pub state: CourseState,
    /// What a machine in it is made from, when nobody says.
    pub template: Option<TemplateRef>,
}

/// How a course stands. What follows for its seats is asked in one place of the registry (whether they are shut) and
/// in one of the program (whether something may begin in them).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CourseState {
    /// It goes on.
    Open,
    /// Since then it is only looked at: its people come in, reach what runs, stop and delete; nothing is made,
    /// started, restored, published or enrolled in it.
    Closed(Timestamp),
    /// Since then its seats are nobody's, as an archived seat is.
    Archived(Timestamp),
}

impl CourseState {
    /// `open`, `closed`, `archived`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed(_) => "closed",
            Self::Archived(_) => "archived",
        }
    }

    /// Since when it is not open.
    pub fn since(self) -> Option<Timestamp> {
        match self {
            Self::Open => None,
            Self::Closed(since) | Self::Archived(since) => Some(since),
        }
    }

    /// Whether something may begin in it.
    pub fn is_open(self) -> bool {
        self == Self::Open
    }
}
