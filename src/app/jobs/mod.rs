//! Work that outlives the connection that asked for it: one job a machine, written in the store before it
//! begins, carried on in a task of its own, watched by whoever looks. Each kind has a file; a new one is one
//! more, with its line in `KINDS`.

pub(super) mod backup;
mod batch;
pub(super) mod create;
pub(super) mod delete;
mod launch;
mod list;
pub(super) mod moving;
pub(super) mod publish;
mod recovery;
pub(super) mod remake;
mod report;
pub(super) mod reset;
pub(super) mod restart;
pub(super) mod restore;
mod room;
pub(super) mod start;
pub(super) mod stop;
mod swap;
mod task;

pub use batch::BatchWatch;
pub(super) use batch::launched_all;
pub(super) use launch::{Jobs, begun, busy, taken};
use launch::{begin, launched};
pub(super) use list::run;
pub use recovery::recover;
pub use report::{JobNow, JobWatch};
pub(super) use task::Task;

use crate::app::App;
use crate::app::error::Result;
use crate::app::reply::VmState;
use puerta_lab::model::Job;

/// Every kind.
const KINDS: [&dyn Task; 11] = [
    &create::Create { ports: Vec::new() },
    &start::Start,
    &stop::Stop { force: false },
    &restart::Restart,
    &reset::Reset { ports: Vec::new() },
    &delete::Delete,
    &backup::Backup { note: String::new(), going: Vec::new() },
    &restore::Restore,
    &remake::Remake,
    &publish::Publish,
    &moving::Move,
];

/// The words of all kinds, in the order of the table.
pub fn words() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|task| task.word())
}

/// The kind of a job that was kept; `None` is a kind of another puerta.
fn kind_of(job: &Job) -> Option<&'static dyn Task> {
    KINDS.into_iter().find(|task| task.word() == job.kind.as_str())
}

/// How the machine of a running job is seen; `None`: as the engine says.
pub(super) fn seen_as(job: &Job) -> Option<VmState> {
    kind_of(job)?.seen_as()
}

/// Whether the machine of a running job runs with it, or is about to.
pub(super) async fn runs(app: &App, job: &Job) -> Result<bool> {
    match kind_of(job) {
        Some(kind) => kind.runs(app, job).await,
        // Of another puerta: who knows.
        None => Ok(true),
    }
}

/// Whether a machine that this job took down comes up again by itself.
pub(super) fn comes_back(job: &Job) -> bool {
    kind_of(job).is_some_and(Task::comes_back)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_kind_has_its_own_word() {
        assert_eq!(words().collect::<BTreeSet<_>>().len(), KINDS.len());
    }
}
