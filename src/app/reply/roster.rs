//! What is answered about enrolment.

use super::word::words;
use crate::app::command::Form;
use serde::Serialize;

/// What a list changed, or would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EnrolView {
    /// The course.
    pub course: String,
    /// Nothing was changed: it was asked what would be.
    pub dry_run: bool,
    /// How many are new in the course.
    pub new: u32,
    /// How many are known otherwise than before.
    pub changed: u32,
    /// How many have their archived seat again.
    pub back: u32,
    /// How many seats were archived.
    pub archived: u32,
    /// How many are as they were.
    pub unchanged: u32,
    /// How many machines that run are stopped, because their seats are archived.
    pub stops: u32,
    /// So many are archived that their number has to be said: `--archive`.
    pub many: bool,
    /// Machines that archiving stopped once, of who is there now.
    pub resting: Vec<String>,
    /// Whether they are started.
    pub start: bool,
    /// Everybody of whom something changed: the list's order, then who was archived.
    pub people: Vec<EnrolledView>,
    /// What was passed over.
    pub warnings: Vec<EnrolWarning>,
    /// How to write it as text.
    #[serde(skip)]
    pub form: Form,
}

/// Somebody and what changed of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EnrolledView {
    /// Login.
    pub login: String,
    /// What the campus calls them, where that is another name: they may type either.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campus: Option<String>,
    /// Name as people write it.
    pub name: String,
    /// Where to write to them.
    pub email: String,
    /// What.
    pub change: Change,
    /// Their seat in the course.
    pub seat: String,
    /// Their one-time code, shown this once; only of who was not known.
    #[serde(flatten)]
    pub code: Option<CodeView>,
}

/// A one-time code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CodeView {
    /// As it is typed.
    pub code: String,
    /// When it opens nothing any more.
    pub expires: String,
}

/// Something of a list that was passed over, or that is odd.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EnrolWarning {
    /// `unknown-column`; `staff` (somebody who is no alumno); `garbled` (letters that another encoding made of
    /// others), `lost` (what is no letter in a name), `more` (so many more).
    pub what: &'static str,
    /// On which line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// Which column, who, what stands there, or how many.
    pub name: String,
    /// What it was once, most likely.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meant: Option<String>,
}

impl EnrolWarning {
    /// About a line.
    pub fn at(line: usize, what: &'static str, name: String) -> Self {
        Self { what, line: Some(line), name, meant: None }
    }
}

/// New codes of a course.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CodesView {
    /// The course.
    pub course: String,
    /// Everybody who has neither key nor password, in login order.
    pub people: Vec<CodedView>,
    /// How to write it as text.
    #[serde(skip)]
    pub form: Form,
}

/// Somebody and their new code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CodedView {
    /// Login.
    pub login: String,
    /// Name as people write it.
    pub name: String,
    /// Where to write to them.
    pub email: String,
    /// The code, shown this once.
    #[serde(flatten)]
    pub code: CodeView,
}

words! {
    /// What became of somebody in a course.
    Change {
        /// They are new in it.
        New = "new",
        /// They are known otherwise than before.
        Changed = "changed",
        /// They have their archived seat again.
        Back = "back",
        /// Their seat was archived.
        Archived = "archived",
    }
}
