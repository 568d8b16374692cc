//! Ready rules: what a professor turns on for a while without writing Cedar. Each is typed values: no word
//! of a person gets into a policy but through a type that has an alphabet of its own. They know no clock and
//! no time zone, and `puerta-policy` writes them out as Cedar.

mod hours;
mod verbs;

pub use hours::{Hours, NoHours};
pub use verbs::{NoVerb, Verbs};

use crate::model::{Role, RuleId, Timestamp};
use crate::names::{CourseName, VmName};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// From a moment to another, the second one not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "(i64, i64)", try_from = "(i64, i64)")]
pub struct Window {
    from: Timestamp,
    until: Timestamp,
}

/// No window: it ends before it begins, or is not between the years 1970 and 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a window of time")]
pub struct NoWindow;

impl Window {
    /// `from` comes first.
    pub fn new(from: Timestamp, until: Timestamp) -> Result<Self, NoWindow> {
        let written = from.written().and(until.written()).is_some();
        (written && from < until).then_some(Self { from, until }).ok_or(NoWindow)
    }
    /// Its first moment.
    pub fn from(self) -> Timestamp {
        self.from
    }
    /// The first moment after it.
    pub fn until(self) -> Timestamp {
        self.until
    }
    /// Is it then?
    pub fn contains(self, at: Timestamp) -> bool {
        (self.from..self.until).contains(&at)
    }
}

impl From<Window> for (i64, i64) {
    fn from(window: Window) -> Self {
        (window.from.0, window.until.0)
    }
}

impl TryFrom<(i64, i64)> for Window {
    type Error = NoWindow;
    fn try_from((from, until): (i64, i64)) -> Result<Self, NoWindow> {
        Self::new(Timestamp(from), Timestamp(until))
    }
}

/// What a ready rule says. Students are persons in the role alumno; of a course, those with a seat in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "parameters", rename_all = "kebab-case")]
pub enum Rule {
    /// While it lasts, the course's students do nothing but these verbs on these machines, and the
    /// course has no egress and no publications.
    Exam {
        /// Whose.
        course: CourseName,
        /// When.
        time: Window,
        /// Names of the machines, each student's own; empty: all of the course's.
        machines: BTreeSet<VmName>,
        /// What may be done.
        verbs: Verbs,
    },
    /// Outside these hours the course's students do not come in, and what they have open ends.
    Timetable {
        /// Whose.
        course: CourseName,
        /// The hours of a week, in the lab's time zone.
        open: Hours,
    },
    /// Students come in from these networks only.
    Campus {
        /// Only this course's.
        course: Option<CourseName>,
        /// From where.
        networks: Vec<IpNet>,
    },
    /// Who is in the role and came in without a second factor does nothing but to set one up.
    SecondFactor {
        /// `profesor` means admins too.
        role: Role,
    },
}

impl Rule {
    /// `exam`, `timetable`, `campus`, `second-factor`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Exam { .. } => "exam",
            Self::Timetable { .. } => "timetable",
            Self::Campus { .. } => "campus",
            Self::SecondFactor { .. } => "second-factor",
        }
    }

    /// The course it is about.
    pub fn course(&self) -> Option<&CourseName> {
        match self {
            Self::Exam { course, .. } | Self::Timetable { course, .. } => Some(course),
            Self::Campus { course, .. } => course.as_ref(),
            Self::SecondFactor { .. } => None,
        }
    }

    /// The same about a course of that name, where it is about one.
    #[must_use]
    pub fn of(mut self, name: CourseName) -> Self {
        match &mut self {
            Self::Exam { course, .. }
            | Self::Timetable { course, .. }
            | Self::Campus { course: Some(course), .. } => *course = name,
            Self::Campus { course: None, .. } | Self::SecondFactor { .. } => {}
        }
        self
    }
}

/// A ready rule that was turned on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadyRule {
    /// Its number.
    pub id: RuleId,
    /// What it says.
    pub rule: Rule,
    /// Login of who turned it on.
    pub author: String,
    /// When.
    pub created: Timestamp,
}

impl ReadyRule {
    /// `rule-3-exam`: the id of its policy, in the audit and in explanations. An exam's second policy
    /// has `-network` behind it.
    pub fn policy_id(&self) -> String {
        format!("rule-{}-{}", self.id, self.rule.kind())
    }
}
