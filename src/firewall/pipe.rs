//! What goes through the pipes between the process that speaks SSH and the one that may change the
//! firewall: a JSON value a line, each way. Configuration does not: the helper reads its own.

use super::{Desired, NewConnection, Report, Result, Target, View};
use serde::{Deserialize, Serialize};

/// The longest line; fifteen thousand publications with a list of networks each are a few MiB.
pub const LONGEST: usize = 16 << 20;

/// Something asked of the helper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Request {
    /// Make the kernel have this.
    Reconcile(Desired),
    /// One publication comes or goes.
    Change {
        /// Its port.
        port: u16,
        /// Where it leads; `None` takes it away.
        target: Option<Target>,
    },
    /// Look, and change nothing.
    Look(Desired),
}

/// Something the helper says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Line {
    /// The first line: ready, or why not.
    Start(Result<()>),
    /// Each second, while it carries a request out.
    Working,
    /// Somebody connects.
    Connection(NewConnection),
    /// To the oldest request without an answer.
    Answer(Result<Answer>),
}

/// What a request came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// To a reconcile and to a change.
    Report(Report),
    /// To a look.
    View(View),
}

/// As bytes, with the line's end.
pub fn line(value: &impl Serialize) -> std::io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}
