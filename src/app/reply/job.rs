//! What is answered about jobs.

use super::word::words;
use serde::Serialize;

words! {
    /// What a job is at.
    Step {
        /// Nothing yet.
        Queue = "queue",
        /// A machine is made.
        Create = "create",
        /// It is started.
        Start = "start",
        /// It is written to an archive.
        Export = "export",
        /// An archive is read whole.
        Verify = "verify",
        /// A machine is built from an archive.
        Import = "import",
        /// A machine is stopped.
        Stop = "stop",
        /// The copy takes the machine's place.
        Swap = "swap",
        /// A copy is made on another node.
        Move = "move",
        /// The machine that was comes back.
        Rollback = "rollback",
        /// It is removed.
        Remove = "remove",
        /// A template is made of an archive.
        Publish = "publish",
        /// Many machines, one after another.
        Machines = "machines",
    }
}

/// A job as people see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JobView {
    /// Its number in its seat.
    pub job: u32,
    /// How whoever reads it says it.
    #[serde(skip)]
    pub said: String,
    /// `create`, `backup`, ...
    pub kind: String,
    /// The machine, `web1`.
    pub vm: String,
    /// Its seat.
    pub seat: String,
    /// `running`, `done`, `failed`, `undone`.
    pub state: &'static str,
    /// Why, when it failed or was undone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Of a parent: its machines, those of which it is done, and those of which it could not be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machines: Option<[u32; 3]>,
    /// When it began.
    pub started: String,
    /// When it ended.
    pub finished: Option<String>,
}

/// How far a job is, for somebody who watches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProgressView {
    /// The step.
    pub step: Step,
    /// Bytes done, when the step counts bytes, or machines.
    pub done: Option<u64>,
    /// Bytes or machines in all, when known.
    pub total: Option<u64>,
    /// Machines with which it did not go well.
    pub failed: Option<u64>,
}
