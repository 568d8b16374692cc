//! What is answered about one's own account.

use super::FactorView;
use crate::app::ctx::Method;
use puerta_lab::lang::Lang;
use serde::Serialize;

/// `passwd`, `whoami` and `lang`
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "result", content = "value", rename_all = "kebab-case")]
pub enum AccountReply {
    /// The new password holds.
    PasswordSet,
    /// `whoami`
    Whoami(Box<WhoamiView>),
    /// `lang`
    Lang(LangView),
}

/// The language that somebody is spoken to in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LangView {
    /// It.
    pub lang: Lang,
    /// Why that one.
    pub why: Why,
    /// What the client says.
    pub sent: Option<Lang>,
    /// The lab's.
    pub lab: Lang,
}

/// Why a language holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Why {
    /// They asked for it, once.
    Set,
    /// Their client says it.
    Sent,
    /// It is the lab's.
    Lab,
}

/// `key ...`
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "result", content = "value", rename_all = "kebab-case")]
pub enum KeyReply {
    /// `key list`
    List(Vec<KeyView>),
    /// A key was added.
    Added(KeyView),
    /// A key was removed.
    Removed {
        /// It.
        #[serde(flatten)]
        key: KeyView,
        /// What had come in by it.
        sessions: KeySessions,
    },
}

/// Connections that had come in by a key that was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct KeySessions {
    /// Those that are closed.
    pub closed: u32,
    /// The one where it was asked for came in by it too, and stays until it is left.
    pub this_stays: bool,
}

/// A key as people see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KeyView {
    /// Its number in the list, from 1.
    pub number: u32,
    /// `ssh-ed25519`, ...
    pub algorithm: String,
    /// `SHA256:...`
    pub fingerprint: String,
    /// Its comment.
    pub comment: String,
    /// When it was added.
    pub added: String,
}

/// Who one is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WhoamiView {
    /// Login.
    pub login: String,
    /// Name as people write it.
    pub name: String,
    /// `alumno`, ...
    pub role: &'static str,
    /// Names of their seats.
    pub seats: Vec<String>,
    /// How they came in.
    pub method: Method,
    /// The key's fingerprint, when it was a key.
    pub fingerprint: Option<String>,
    /// Their second factor, when they have one.
    pub second_factor: Option<FactorView>,
    /// Where from.
    pub source: String,
    /// What their seat may hold; the first of several.
    pub quotas: puerta_lab::quota::Quotas,
    /// How many backups of each machine are kept.
    pub keep: usize,
}
