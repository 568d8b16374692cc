//! One's own keys and second factor: `key VERB`, `totp VERB`.

use super::needs::{Needs, Sentence, Wants, verbs};
use crate::app::secret::Secret;
use puerta_lab::action::Action;

/// `key VERB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyCommand {
    /// One's own keys.
    List,
    /// One `authorized_keys` line, as it came.
    Add {
        /// The line.
        line: String,
    },
    /// By number in the list, or by fingerprint.
    Remove {
        /// Number or `SHA256:...`.
        key: String,
    },
}

/// `totp VERB`, with what the terminal was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TotpCommand {
    /// A secret to put into an app.
    Offer,
    /// From now on, with a code as the proof that the app has it.
    Add {
        /// The secret that was offered.
        secret: Secret,
        /// What the app shows.
        code: Secret,
    },
    /// No more; with a code.
    Remove(Secret),
    /// New recovery codes; with a code.
    Codes(Secret),
}

verbs! { KeyCommand {
    "list", [Action::KeyList], Self::List => Needs::nothing(),
    "add", [Action::KeyAdd], Self::Add { line } => match line.is_empty() {
        true => Needs::input(Wants::Key),
        false => Needs::nothing(),
    },
    "remove", [Action::KeyRemove], Self::Remove { key } => {
        Needs::a_yes(Sentence::new("ask-key-remove").with("key", key))
    },
} }

verbs! { TotpCommand {
    "add", [Action::SecondFactor], Self::Offer | Self::Add { .. } => Needs::nothing(),
    "remove", [Action::SecondFactor], Self::Remove(_) => Needs::nothing(),
    "codes", [Action::SecondFactor], Self::Codes(_) => Needs::nothing(),
} }
