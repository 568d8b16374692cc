//! What students may do during an exam.

use crate::action::Action;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// What may be allowed to students on their machines, and with their backups.
const MACHINES: [(&str, Action); 9] = [
    ("list", Action::VmView),
    ("start", Action::VmStart),
    ("stop", Action::VmStop),
    ("restart", Action::VmRestart),
    ("delete", Action::VmDelete),
    ("backup", Action::VmBackup),
    ("restore", Action::VmRestore),
    ("forward", Action::VmForward),
    ("console", Action::VmConsole),
];
const BACKUPS: [(&str, Action); 3] = [
    ("backup-list", Action::BackupView),
    ("backup-delete", Action::BackupDelete),
    ("backup-protect", Action::BackupProtect),
];

/// Some verbs about machines and backups, at least one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Verbs(BTreeSet<Action>);

/// A word that is none of the verbs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no verb of an exam")]
pub struct NoVerb(pub String);

impl Verbs {
    /// Every word there is, for a sentence.
    pub fn words() -> impl Iterator<Item = &'static str> {
        MACHINES.into_iter().chain(BACKUPS).map(|(word, _)| word)
    }

    /// Those about machines.
    pub fn of_machines(&self) -> Vec<Action> {
        self.among(&MACHINES)
    }

    /// Those about backups.
    pub fn of_backups(&self) -> Vec<Action> {
        self.among(&BACKUPS)
    }

    fn among(&self, all: &[(&str, Action)]) -> Vec<Action> {
        all.iter().map(|(_, action)| *action).filter(|action| self.0.contains(action)).collect()
    }
}

/// Looking at one's machines, starting them and working in them.
impl Default for Verbs {
    fn default() -> Self {
        Self(BTreeSet::from([Action::VmView, Action::VmStart, Action::VmForward, Action::VmConsole]))
    }
}

/// `list,start,forward`; the actions' own words (`vm-start`) too.
impl FromStr for Verbs {
    type Err = NoVerb;
    fn from_str(text: &str) -> Result<Self, NoVerb> {
        let action = |word: &str| {
            let mut all = MACHINES.into_iter().chain(BACKUPS);
            let found = all.find(|(short, action)| *short == word || action.as_str() == word);
            found.map(|(_, action)| action).ok_or_else(|| NoVerb(word.to_owned()))
        };
        text.split(',').map(action).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for Verbs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = MACHINES.into_iter().chain(BACKUPS);
        let words: Vec<&str> =
            all.filter(|(_, action)| self.0.contains(action)).map(|(word, _)| word).collect();
        f.write_str(&words.join(","))
    }
}

impl From<Verbs> for String {
    fn from(verbs: Verbs) -> Self {
        verbs.to_string()
    }
}

impl TryFrom<String> for Verbs {
    type Error = NoVerb;
    fn try_from(text: String) -> Result<Self, NoVerb> {
        text.parse()
    }
}
