//! `person VERB`.

use super::needs::{Needs, Sentence, Wants, verbs};
use puerta_lab::action::Action;
use puerta_lab::model::Role;
use puerta_lab::names::{CourseName, Login};

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
    /// All.
    List,
    /// One.
    Show(Login),
    /// Close their door, or (`resume`) open it again.
    Suspend {
        /// Who.
        login: Login,
        /// Open it again.
        resume: bool,
    },
    /// A new one-time code, in place of a lost or used one.
    Code(Login),
    /// Remove them; where their seats hold something, only with the number of all of it.
    Remove {
        /// Who.
        login: Login,
        /// So many machines and backups go with them.
        all: Option<u32>,
    },
    /// Take away the second factor that they lost.
    TotpReset(Login),
}

verbs! { PersonCommand {
    "add", [Action::PersonAdd, Action::PersonAddStaff], Self::Add { key, .. } => match key.as_deref() {
        Some("-") => Needs::input(Wants::Key),
        _ => Needs::nothing(),
    },
    "list", [Action::SeatList], Self::List => Needs::nothing(),
    "show", [Action::PersonView], Self::Show(_) => Needs::nothing(),
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
