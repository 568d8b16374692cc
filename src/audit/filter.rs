//! Which lines are asked for. Most lines of a long log are not: they are told by a few bytes, before
//! any JSON is parsed.

use std::borrow::Cow;
use std::net::SocketAddr;

use ipnet::IpNet;
use memchr::memmem::Finder;
use serde::Deserialize;
use serde_json::Value;

use super::about::{About, seat_of};
use super::timestamp;

/// Which lines; every filter that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// The login, exactly.
    pub actor: Option<String>,
    /// `web1.alumno1`, exactly.
    pub vm: Option<String>,
    /// The seat of the machine, exactly.
    pub seat: Option<String>,
    /// One connection's id, exactly.
    pub connection: Option<String>,
    /// The first letters of the action or of the event's code.
    pub action_prefix: Option<String>,
    /// The word of [`super::Outcome::code`].
    pub outcome: Option<String>,
    /// Where the source's address is in.
    pub network: Option<IpNet>,
    /// Anywhere in the line, as it was typed or as JSON writes it.
    pub text: Option<String>,
    /// What concerns somebody.
    pub about: Option<About>,
    /// Not before, milliseconds since 1970.
    pub since: Option<i64>,
    /// Not after, milliseconds since 1970.
    pub until: Option<i64>,
    /// Matching lines to leave out, the newest.
    pub skip: usize,
    /// At most this many, the newest of the others.
    pub limit: usize,
}

/// Only what is asked for: most lines are not worth a tree of values.
#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    time: Cow<'a, str>,
    #[serde(borrow)]
    code: Cow<'a, str>,
    #[serde(borrow)]
    connection: Option<Cow<'a, str>>,
    #[serde(borrow)]
    actor: Option<Cow<'a, str>>,
    #[serde(borrow)]
    source: Option<Cow<'a, str>>,
    #[serde(borrow)]
    vm: Option<Cow<'a, str>>,
    #[serde(borrow)]
    action: Option<Cow<'a, str>>,
    #[serde(borrow)]
    outcome: Option<Cow<'a, str>>,
    act: Option<u64>,
    #[serde(borrow)]
    meant: Option<MeantFields<'a>>,
}

/// What its person may not know.
#[derive(Deserialize)]
struct MeantFields<'a> {
    #[serde(borrow)]
    target: Option<Cow<'a, str>>,
}

impl Fields<'_> {
    /// The machine that it is about, or that was meant.
    fn machine(&self) -> Option<&str> {
        let meant = || self.meant.as_ref().and_then(|meant| meant.target.as_deref());
        self.vm.as_deref().or_else(meant)
    }
}

/// A query made ready.
pub struct Filter {
    query: Query,
    since: Option<String>,
    until: Option<String>,
    /// Bytes that are in every matching line: all of these, and one of each of the others.
    all: Vec<Finder<'static>>,
    any: Vec<Finder<'static>>,
}

/// A line against a [`Filter`].
pub(super) enum Match {
    /// It is asked for.
    Yes(Value),
    /// It is not.
    No,
    /// It is no entry.
    NotAnEntry,
}

impl Filter {
    /// Makes it ready.
    pub fn new(query: &Query) -> Self {
        // Times outside of the calendar: before or after every text.
        let text = |ms: i64| timestamp(ms).unwrap_or_else(|| if ms < 0 { "" } else { "~" }.to_owned());
        let field = |name: &str, value: &Option<String>| value.as_ref().map(|value| needle(name, value));
        let mut all: Vec<_> = [
            field("connection", &query.connection),
            // It may stand in what was meant.
            query.vm.as_ref().map(|vm| finder(&format!("\":\"{}\"", inner(vm)))),
            field("actor", &query.actor),
            query.seat.as_ref().map(|seat| finder(&format!("{}\"", inner(seat)))),
            field("outcome", &query.outcome),
        ]
        .into_iter()
        .flatten()
        .collect();
        let mut any = Vec::new();
        if let Some(text) = &query.text {
            // As typed and as JSON has it are the same for most texts.
            if inner(text) == *text {
                all.insert(0, finder(text))
            }
        }
        if let Some(about) = &query.about {
            any.push(needle("actor", &about.actor));
            any.extend(about.seats.iter().map(|seat| finder(&format!("{}\"", inner(seat)))));
        }
        Self { since: query.since.map(text), until: query.until.map(text), all, any, query: query.clone() }
    }

    /// The line, when it is asked for.
    pub fn accept(&self, line: &[u8]) -> Option<Value> {
        match self.look(line) {
            Match::Yes(value) => Some(value),
            Match::No | Match::NotAnEntry => None,
        }
    }

    pub(super) fn look(&self, line: &[u8]) -> Match {
        let found = |finder: &Finder<'_>| finder.find(line).is_some();
        if !self.all.iter().all(found) || !(self.any.is_empty() || self.any.iter().any(found)) {
            return Match::No;
        }
        let Ok(fields) = serde_json::from_slice::<Fields<'_>>(line) else { return Match::NotAnEntry };
        if let Some(about) = &self.query.about {
            return self.look_about(about, &fields, line);
        }
        if !self.matches(&fields) || !self.has_text(line) {
            return Match::No;
        }
        serde_json::from_slice(line).map_or(Match::NotAnEntry, Match::Yes)
    }

    /// A line about somebody is what they see of it: what is not shown to them finds nothing either.
    fn look_about(&self, about: &About, fields: &Fields<'_>, line: &[u8]) -> Match {
        if !about.concerns(fields.actor.as_deref(), fields.machine()) {
            return Match::No;
        }
        let Ok(whole) = serde_json::from_slice(line) else { return Match::NotAnEntry };
        if about.is_said_elsewhere(&whole) {
            return Match::No;
        }
        let shown = about.shown(&whole);
        let text = shown.to_string();
        let matches = serde_json::from_str(&text).is_ok_and(|fields| self.matches(&fields));
        if matches && self.has_text(text.as_bytes()) { Match::Yes(shown) } else { Match::No }
    }

    /// The act of a line, when it is one of those about somebody of which only the last line is wanted.
    pub(super) fn act(&self, line: &[u8]) -> Option<(String, u64)> {
        let about = self.query.about.as_ref().filter(|about| !about.all)?;
        if !self.any.iter().any(|finder| finder.find(line).is_some()) {
            return None;
        }
        let fields = serde_json::from_slice::<Fields<'_>>(line).ok()?;
        let concerned = about.concerns(fields.actor.as_deref(), fields.machine());
        // What came later is not there yet for who asks about an earlier time.
        let there = self.until.as_ref().is_none_or(|until| *fields.time <= **until);
        (concerned && there).then_some((fields.connection?.into_owned(), fields.act?))
    }

    fn has_text(&self, line: &[u8]) -> bool {
        let has = |text: &str| memchr::memmem::find(line, text.as_bytes()).is_some();
        self.query.text.as_ref().is_none_or(|text| has(text) || has(&inner(text)))
    }

    fn matches(&self, fields: &Fields<'_>) -> bool {
        let query = &self.query;
        let is = |wanted: &Option<String>, found: Option<&str>| {
            wanted.as_ref().is_none_or(|wanted| found == Some(wanted))
        };
        let (actor, vm) = (fields.actor.as_deref(), fields.machine());
        is(&query.actor, actor)
            && is(&query.vm, vm)
            && is(&query.seat, vm.map(seat_of))
            && is(&query.connection, fields.connection.as_deref())
            && is(&query.outcome, fields.outcome.as_deref())
            && query.action_prefix.as_ref().is_none_or(|prefix| {
                let action = fields.action.as_deref().unwrap_or_default();
                action.starts_with(prefix.as_str()) || fields.code.starts_with(prefix.as_str())
            })
            && query.network.is_none_or(|network| is_from(&network, fields.source.as_deref()))
            && self.since.as_ref().is_none_or(|since| *fields.time >= **since)
            && self.until.as_ref().is_none_or(|until| *fields.time <= **until)
    }
}

fn is_from(network: &IpNet, source: Option<&str>) -> bool {
    let address = source.and_then(|source| source.parse::<SocketAddr>().ok());
    address.is_some_and(|address| network.contains(&address.ip().to_canonical()))
}

/// `text` as JSON writes it between quotes.
fn inner(text: &str) -> String {
    let json = serde_json::to_string(text).unwrap_or_default();
    json.get(1..json.len().saturating_sub(1)).unwrap_or_default().to_owned()
}

fn needle(name: &str, value: &str) -> Finder<'static> {
    finder(&format!("\"{name}\":\"{}\"", inner(value)))
}

fn finder(text: &str) -> Finder<'static> {
    Finder::new(text).into_owned()
}
