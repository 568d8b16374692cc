//! A line on its way to the file, and what it may ask for.

use super::event::{Event, Phase};
use super::sink::{Answer, AuditUnavailable};

pub(super) struct Line {
    pub(super) body: String,
    weight: Weight,
    /// Events that it stands for.
    times: u64,
}

/// How many events a line of this one stands for.
pub(super) fn times(event: &Event) -> u64 {
    event.detail.get("count").and_then(serde_json::Value::as_u64).unwrap_or(1)
}

/// What hangs on a line.
enum Weight {
    /// Something waits for it before it happens.
    Begins(Answer),
    /// It says how what began came out: the reserve is for it.
    Ends,
    /// Nothing: it is counted when it cannot be written.
    Note,
}

impl Line {
    pub(super) fn begin(event: &Event, answer: Answer) -> Self {
        Self { body: event.body(), weight: Weight::Begins(answer), times: 1 }
    }

    /// What has happened already.
    pub(super) fn told(event: &Event) -> Self {
        let weight = if event.phase == Phase::Finish { Weight::Ends } else { Weight::Note };
        Self { body: event.body(), weight, times: times(event) }
    }

    pub(super) fn may_use_the_reserve(&self) -> bool {
        matches!(self.weight, Weight::Ends)
    }

    /// What became of it, to who waits for it; how many events are lost without anybody knowing.
    pub(super) fn answer(self, result: Result<(), AuditUnavailable>) -> u64 {
        let failed = result.is_err();
        match self.weight {
            Weight::Begins(answer) => {
                // They may have gone away.
                drop(answer.send(result));
                0
            }
            Weight::Ends | Weight::Note => u64::from(failed) * self.times,
        }
    }
}
