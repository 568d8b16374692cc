//! `session ...` and `message`.

use super::needs::{Needs, Sentence, verbs};
use crate::app::error::{Error, Kind};
use crate::app::presence::SessionId;
use puerta_lab::action::Action;
use puerta_lab::names::{CampusName, CourseName};

/// `session VERB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionCommand {
    /// Who is here, and what is open.
    List {
        /// Only this person's.
        person: Option<CampusName>,
        /// Only those of people of this course.
        course: Option<CourseName>,
    },
    /// One connection.
    Show(SessionId),
    /// Ends one connection.
    Close(SessionId),
    /// Recordings that can be played.
    Recordings {
        /// Only this person's.
        person: Option<CampusName>,
    },
    /// Plays a recording.
    Play {
        /// Which.
        id: SessionId,
        /// Per cent of its own speed.
        speed: u32,
    },
    /// Looks on at a console.
    Watch(SessionId),
}

/// `message WHO TEXT`: whoever of the two there is; a word that is no login may still be a course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageCommand {
    /// A person of this login.
    pub person: Option<CampusName>,
    /// Or the people of this course.
    pub course: Option<CourseName>,
    /// As it was typed.
    pub to: String,
    /// What is said.
    pub text: String,
}

verbs! { SessionCommand {
    "list", [Action::SessionView], Self::List { .. } => Needs::nothing(),
    "show", [Action::SessionView], Self::Show(_) => Needs::nothing(),
    "close", [Action::SessionClose], Self::Close(id) => {
        Needs::a_yes(Sentence::new("ask-session-close").with("session", id))
    },
    "recordings", [Action::SessionPlay], Self::Recordings { .. } => Needs::nothing(),
    "play", [Action::SessionPlay], Self::Play { .. } => Needs::nothing(),
    "watch", [Action::SessionWatch], Self::Watch(id) => {
        Needs::a_terminal(Error::new(Kind::Usage, "error-watch-terminal").with("session", id))
    },
} }

verbs! { MessageCommand {
    "", [Action::MessageSend], Self { .. } => Needs::nothing(),
} }
