//! `backup VERB`.

use super::needs::{Needs, Sentence, verbs};
use super::whose::Whose;
use puerta_lab::action::Action;
use puerta_lab::names::{BackupName, SeatName, VmName};

/// `backup VERB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackupCommand {
    /// One's own, or one machine's.
    List {
        /// Only those of machines of this name.
        vm: Option<VmName>,
        /// One's own, or (professor) others'.
        whose: Whose,
    },
    /// One of them; `seat` for another seat's (professor).
    Show {
        /// Which.
        backup: BackupName,
        /// Whose.
        seat: Option<SeatName>,
    },
    /// Remove one.
    Delete {
        /// Which.
        backup: BackupName,
        /// Whose.
        seat: Option<SeatName>,
    },
    /// Keep one, or no longer.
    Protect {
        /// Which.
        backup: BackupName,
        /// Whose.
        seat: Option<SeatName>,
        /// Keep it.
        protected: bool,
    },
}

verbs! { BackupCommand {
    "list", [Action::BackupView], Self::List { .. } => Needs::nothing(),
    "show", [Action::BackupView], Self::Show { .. } => Needs::nothing(),
    "delete", [Action::BackupDelete], Self::Delete { backup, .. } => {
        Needs::a_yes(Sentence::new("ask-backup-delete").with("backup", backup))
    },
    "protect", [Action::BackupProtect], Self::Protect { protected: true, .. } => Needs::nothing(),
    "unprotect", [Action::BackupProtect], Self::Protect { protected: false, .. } => Needs::nothing(),
} }
