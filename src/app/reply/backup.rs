//! What is answered about backups.

use serde::Serialize;

/// `backup ...`, and a backup that was made.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "result", content = "value", rename_all = "kebab-case")]
pub enum BackupReply {
    /// A backup was made, and older ones made room.
    Made {
        /// The new one.
        backup: BackupView,
        /// Names of those that went for it.
        removed: Vec<String>,
    },
    /// `backup list`
    List(Vec<BackupView>),
    /// `backup show`
    One(BackupView),
    /// It stays, or may go again.
    Protected(BackupView),
    /// It is gone.
    Deleted {
        /// Its name.
        backup: String,
    },
}

/// A backup as people see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BackupView {
    /// Its name.
    pub name: String,
    /// The machine it is of.
    pub vm: String,
    /// Whether that machine is gone; one that is called so now is another.
    pub deleted: bool,
    /// The seat.
    pub seat: String,
    /// Bytes.
    pub size: u64,
    /// Lower-case hex.
    pub sha256: String,
    /// When it was finished.
    pub created: String,
    /// How long it took.
    pub took_ms: u64,
    /// Whether it stays until that is taken back.
    pub protected: bool,
    /// Whether the machine's next backup removes it.
    pub goes_next: bool,
    /// What somebody wrote about it; may be empty.
    pub note: String,
}
