//! What is answered about jobs.

use serde::Serialize;

/// A job as people see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JobView {
    /// Its number.
    pub job: i64,
    /// `create`, `backup`, ...
    pub kind: &'static str,
    /// The machine, `web1`.
    pub vm: String,
    /// Its seat.
    pub seat: String,
    /// `running`, `done`, `failed`, `undone`.
    pub state: &'static str,
    /// Why, when it failed or was undone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it began.
    pub started: String,
    /// When it ended.
    pub finished: Option<String>,
}

/// How far a job is, for somebody who watches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProgressView {
    /// The job's number.
    pub job: i64,
    /// A stable word for the step: `queue`, `create`, `keys`, `start`, `freeze`, `export`, `verify`,
    /// `import`, `publish`, `stop`, `swap`, `move`, `rollback`, `remove`.
    pub step: &'static str,
    /// Bytes done, when the step counts bytes.
    pub done: Option<u64>,
    /// Bytes in all, when known.
    pub total: Option<u64>,
}
