//! What was refused, written down: the first of its kind at once, repeats as a line with a count each few seconds and
//! at the end. Of who is in by connection; of strangers, whose connections cost nothing, by the place that they come
//! from. The number is always right; whoever makes up new things to be refused gets one line for all of them.

use crate::app::App;
use crate::app::ctx::Visitor;
use crate::app::login::{Source, Stranger};
use crate::app::sums::{Summed, Sums};
use dashmap::DashMap;
use puerta_audit::{Event, Outcome};
use serde_json::Map;
use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

/// Between two lines about one thing.
const EVERY: Duration = Duration::from_secs(5);
/// How often it is looked whether one is due.
const LOOK: Duration = Duration::from_secs(1);
/// The code of a login's lines.
const LOGIN: &str = "login";
/// Different things of one connection that are told apart.
const MOST: usize = 32;
/// The same of one place of strangers, of whom one may have many.
const NAMES: usize = 8;
/// Places of strangers that are told apart.
const PLACES: usize = 64;
/// All the others.
const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// What makes two refusals the same.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Same {
    code: &'static str,
    action: Option<&'static str>,
    actor: Option<String>,
    target: String,
    outcome: Option<String>,
}

impl Same {
    fn of(event: &Event) -> Self {
        let typed = |name| event.detail.get(name)?.as_str();
        let typed = ["destination", "words", "method"].into_iter().find_map(typed);
        let outcome = event.outcome.as_ref().map(|outcome| match outcome {
            Outcome::Failed(why) => why.clone(),
            other => other.code().to_owned(),
        });
        Self {
            code: event.code,
            action: event.action,
            actor: event.actor.clone(),
            target: event.vm.as_deref().or(typed).unwrap_or_default().to_owned(),
            outcome,
        }
    }
}

/// Refusals by whose they are.
#[derive(Debug)]
struct Of<W: Eq + Hash>(DashMap<W, Sums<Same, Event>>);

impl<W: Eq + Hash> Default for Of<W> {
    fn default() -> Self {
        Self(DashMap::new())
    }
}

impl<W: Eq + Hash> Of<W> {
    /// Counts one, and gives it back when it is to be written now.
    fn count(&self, whose: W, most: usize, event: Event) -> Option<Event> {
        let sums = self.0.entry(whose).or_insert_with(|| Sums::new(EVERY, most));
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

    fn end(&self, whose: &W) -> Vec<Event> {
        let gone = self.0.remove(whose);
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

/// What is not written yet.
#[derive(Debug, Default)]
pub(super) struct Denials {
    connections: Of<String>,
    places: Of<IpAddr>,
}

impl Denials {
    fn due(&self) -> Vec<Event> {
        [self.connections.due(), self.places.due()].concat()
    }

    /// The place counts as itself while there are not too many.
    fn place(&self, source: Source) -> IpAddr {
        let places = &self.places.0;
        if places.len() < PLACES || places.contains_key(&source.place) { source.place } else { ELSEWHERE }
    }
}

/// The last one, with how many there were. Of several kinds it says no more than what they have in common.
fn line(Summed { last, count, mixed }: Summed<Event>) -> Event {
    if !mixed {
        return last.with("count", count);
    }
    let event = Event { vm: None, policies: Vec::new(), detail: Map::new(), meant: None, ..last };
    // Of a place it is many connections and logins; of a connection one.
    let event = match event.code {
        LOGIN => {
            let outcome = Some(Outcome::Failed("unauthenticated".into()));
            Event { actor: None, connection: None, outcome, ..event }
        }
        _ => Event { action: None, ..event },
    };
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
        self.write_all(self.denials.connections.count(visitor.connection.clone(), MOST, event)).await;
    }

    /// A stranger did not prove who they are.
    pub(super) async fn failed(&self, who: &Stranger, event: Event) {
        let place = self.denials.place(who.source.ip().into());
        // Of many places none is named for the others.
        let event = match place {
            ELSEWHERE => Event { source: None, connection: None, ..event },
            _ => event,
        };
        self.write_all(self.denials.places.count(place, NAMES, event)).await;
    }

    /// The end of a connection: what was not written of it yet.
    pub(super) async fn denials_of(&self, connection: &str) {
        self.write_all(self.denials.connections.end(&connection.to_owned())).await;
    }

    /// The end of puerta.
    pub async fn write_denials(&self) {
        self.write_all(self.denials.connections.rest()).await;
        self.write_all(self.denials.places.rest()).await;
    }

    async fn write_all(&self, events: impl IntoIterator<Item = Event>) {
        for event in events {
            self.audit.finish(event).await;
        }
    }
}
