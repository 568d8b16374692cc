//! `person VERB`.

use super::needs::{Needs, Sentence, Wants, verbs};
use puerta_lab::action::Action;
use puerta_lab::model::Role;
use puerta_lab::names::{CampusName, CourseName, Login};

/// `person VERB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PersonCommand {
    /// A new person, with a seat of their own in `course`.
    Add {
        /// What they log in with.
        login: Login,
        /// The course their seat is in.
        course: Option<CourseName>,
        /// Their name as people write it.
        name: Option<String>,
        /// What they are.
        role: Role,
        /// An `authorized_keys` line; without one they get a one-time code.
        key: Option<String>,
    },
    /// All, or those of a course.
    List {
        /// Only those of this course.
        course: Option<CourseName>,
    },
    /// One.
    Show(CampusName),
    /// Put right what is written of them.
    Edit {
        /// Who.
        login: CampusName,
        /// What is to be written.
        change: PersonChange,
    },
    /// Close their door, or (`resume`) open it again.
    Suspend {
        /// Who.
        login: CampusName,
        /// Open it again.
        resume: bool,
    },
    /// A new one-time code, in place of a lost or used one.
    Code(CampusName),
    /// Remove them; where their seats hold something, only with the number of all of it.
    Remove {
        /// Who.
        login: CampusName,
        /// So many machines and backups go with them.
        all: Option<u32>,
    },
    /// Take away the second factor that they lost.
    TotpReset(CampusName),
}

/// What is to be written of a person: nothing where it is not said, and where it is empty nothing any more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonChange {
    /// Their name as people write it.
    pub name: Option<String>,
    /// Where to write to them.
    pub email: Option<String>,
    /// Their number at the school.
    pub idnumber: Option<String>,
    /// What the campus calls them: `Some(None)` is by their login.
    pub campus: Option<Option<CampusName>>,
}

verbs! { PersonCommand {
    "add", [Action::PersonAdd, Action::PersonAddStaff], Self::Add { key, .. } => match key.as_deref() {
        Some("-") => Needs::input(Wants::Key),
        _ => Needs::nothing(),
    },
    "list", [Action::SeatList], Self::List { .. } => Needs::nothing(),
    "show", [Action::PersonView], Self::Show(_) => Needs::nothing(),
    "edit", [Action::PersonEdit], Self::Edit { .. } => Needs::nothing(),
    "suspend", [Action::PersonSuspend], Self::Suspend { login, resume } => match resume {
        true => Needs::nothing(),
        false => Needs::a_yes(Sentence::new("ask-person-suspend").with("login", login)),
    },
    "code", [Action::PersonCode], Self::Code(_) => Needs::nothing(),
    "remove", [Action::PersonRemove], Self::Remove { login, all } => {
        Needs::a_yes(Sentence::new("ask-person-remove").with("login", login).with("all", all.unwrap_or(0)))
    },
    "totp-reset", [Action::PersonSecondFactor], Self::TotpReset(login) => {
        Needs::a_yes(Sentence::new("ask-person-totp-reset").with("login", login))
    },
} }
