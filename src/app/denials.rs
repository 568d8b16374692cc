//! What was refused, written down: the first of its kind on a connection at once, repeats as a line with a count
//! each few seconds and at the connection's end. The number is always right; whoever makes up new things to be
//! refused gets one line for all of them.

use crate::app::App;
use crate::app::ctx::Visitor;
use crate::app::sums::{Summed, Sums};
use dashmap::DashMap;
use puerta_audit::{Event, Outcome};
use serde_json::Map;
use std::sync::Arc;
use std::time::Duration;

/// Between two lines about one thing.
const EVERY: Duration = Duration::from_secs(5);
/// How often it is looked whether one is due.
const LOOK: Duration = Duration::from_secs(1);
/// Different things of one connection that are told apart.
const MOST: usize = 32;

/// What makes two refusals the same.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Same {
    code: &'static str,
    action: Option<&'static str>,
    target: String,
    outcome: Option<&'static str>,
}

impl Same {
    fn of(event: &Event) -> Self {
        let typed = ["destination", "words"].into_iter().find_map(|name| event.detail.get(name)?.as_str());
        Self {
            code: event.code,
            action: event.action,
            target: event.vm.as_deref().or(typed).unwrap_or_default().to_owned(),
            outcome: event.outcome.as_ref().map(Outcome::code),
        }
    }
}

/// Refusals by connection.
#[derive(Debug, Default)]
pub(super) struct Denials(DashMap<String, Sums<Same, Event>>);

impl Denials {
    /// Counts one, and gives it back when it is to be written now.
    fn count(&self, visitor: &Visitor, event: Event) -> Option<Event> {
        let new = || Sums::new(EVERY, MOST);
        let sums = self.0.entry(visitor.connection.clone()).or_insert_with(new);
        sums.count(Same::of(&event), event)
    }

    fn due(&self) -> Vec<Event> {
        let mut due = Vec::new();
        self.0.retain(|_, sums| {
            due.extend(sums.due());
            !sums.is_empty()
        });
        due.into_iter().map(line).collect()
    }

    fn of(&self, connection: &str) -> Vec<Event> {
        let gone = self.0.remove(connection);
        gone.into_iter().flat_map(|(_, sums)| sums.rest()).map(line).collect()
    }

    fn rest(&self) -> Vec<Event> {
        let mut rest = Vec::new();
        self.0.retain(|_, sums| {
            rest.extend(sums.rest());
            false
        });
        rest.into_iter().map(line).collect()
    }
}

/// The last one, with how many there were. Of several kinds it says no more than that.
fn line(Summed { last, count, mixed }: Summed<Event>) -> Event {
    if !mixed {
        return last.with("count", count);
    }
    let event =
        Event { action: None, vm: None, policies: Vec::new(), detail: Map::new(), meant: None, ..last };
    event.with("count", count).with("mixed", true)
}

/// Writes what is due, for ever.
pub async fn mind(app: Arc<App>) {
    let mut look = tokio::time::interval(LOOK);
    loop {
        look.tick().await;
        app.write_all(app.denials.due()).await;
    }
}

impl App {
    /// Somebody was refused.
    pub(super) async fn denied(&self, visitor: &Visitor, event: Event) {
        self.write_all(self.denials.count(visitor, event)).await;
    }

    /// The end of a connection: what was not written of it yet.
    pub(super) async fn denials_of(&self, connection: &str) {
        self.write_all(self.denials.of(connection)).await;
    }

    /// The end of puerta.
    pub async fn write_denials(&self) {
        self.write_all(self.denials.rest()).await;
    }

    async fn write_all(&self, events: impl IntoIterator<Item = Event>) {
        for event in events {
            self.audit.finish(event).await;
        }
    }
}
