//! What is worth a line, as callers say it.

use serde::Serialize;
use serde_json::{Map, Value};

use super::clean::{self, NAME, TEXT};

/// Most policies that one line names.
const POLICIES: usize = 16;

/// Where in an act a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Before it.
    Begin,
    /// After it.
    Finish,
    /// Something that has no length.
    Note,
}

/// How an act came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The policy allows it; it has not happened yet.
    Allowed,
    /// The policy forbids it, or does not allow it.
    Denied,
    /// It happened.
    Done,
    /// It was allowed and failed: the kind of error, or a short text.
    Failed(String),
}

impl Outcome {
    /// Stable word, in the log's field `outcome`. The text of a failure is in `failure`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::Done => "done",
            Self::Failed(_) => "failed",
        }
    }
}

/// One event. Texts may come from strangers as they are: they are bounded and made visible on
/// their way into the log, and nowhere else.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// One id for a connection, on every line of it.
    pub connection: Option<String>,
    /// One number for an act, on every line of it; 0 for the connection's own.
    pub act: Option<u64>,
    /// Where in an act.
    pub phase: Phase,
    /// Stable dotted code: `login`, `session`, `command`, `forward`, `job`, `denial`, `start`,
    /// `enrolment`, `seat`.
    pub code: &'static str,
    /// Login of who did it.
    pub actor: Option<String>,
    /// `address:port` they came from.
    pub source: Option<String>,
    /// The machine: `web1.alumno1`.
    pub vm: Option<String>,
    /// The policy's word for the action: `vm-start`.
    pub action: Option<&'static str>,
    /// How it came out.
    pub outcome: Option<Outcome>,
    /// The policies that made the decision.
    pub policies: Vec<String>,
    /// Everything else: method, fingerprint, destination, bytes, seconds, words, error.
    pub detail: Map<String, Value>,
    /// What somebody named without being allowed to see it.
    pub meant: Option<Meant>,
}

/// What somebody's words meant, where they may not know: whether there is such a thing at all. Only who reads the
/// whole audit sees it; [`About`](crate::About) neither shows it nor looks for it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Meant {
    /// `web1.alumno2`; `None`: there is no such thing.
    pub target: Option<String>,
    /// The policies that refused it.
    pub policies: Vec<String>,
}

impl Event {
    /// Before an act.
    pub fn begin(code: &'static str) -> Self {
        Self::new(Phase::Begin, code)
    }

    /// After an act.
    pub fn finish(code: &'static str) -> Self {
        Self::new(Phase::Finish, code)
    }

    /// Something that has no length.
    pub fn note(code: &'static str) -> Self {
        Self::new(Phase::Note, code)
    }

    fn new(phase: Phase, code: &'static str) -> Self {
        Self {
            connection: None,
            act: None,
            phase,
            code,
            actor: None,
            source: None,
            vm: None,
            action: None,
            outcome: None,
            policies: Vec::new(),
            detail: Map::new(),
            meant: None,
        }
    }

    /// With one more detail.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.detail.insert(key.to_owned(), value.into());
        self
    }

    /// The fields of the line between its time and its chain, as JSON without braces.
    pub(super) fn body(&self) -> String {
        let name =
            |text: &'_ Option<String>| text.as_deref().map(|text| clean::text(text, NAME).into_owned());
        let body = Body {
            code: self.code,
            phase: self.phase,
            connection: name(&self.connection),
            act: self.act,
            actor: name(&self.actor),
            source: name(&self.source),
            vm: name(&self.vm),
            action: self.action,
            outcome: self.outcome.as_ref().map(Outcome::code),
            failure: match &self.outcome {
                Some(Outcome::Failed(text)) => Some(clean::text(text, TEXT).into_owned()),
                _ => None,
            },
            policies: policies(&self.policies, POLICIES),
            detail: clean::detail(&self.detail),
            meant: self.meant.as_ref().map(|meant| MeantBody {
                target: name(&meant.target),
                policies: policies(&meant.policies, POLICIES.saturating_sub(self.policies.len())),
            }),
        };
        // No map key that is not a string, no number that JSON has not: it cannot fail.
        let json = serde_json::to_string(&body).unwrap_or_default();
        let inner = json.strip_prefix('{').and_then(|json| json.strip_suffix('}'));
        inner.unwrap_or(r#""code":"audit.unwritable","phase":"note""#).to_owned()
    }
}

fn policies(all: &[String], most: usize) -> Vec<String> {
    all.iter().take(most).map(|policy| clean::text(policy, NAME).into_owned()).collect()
}

#[derive(Serialize)]
struct MeantBody {
    target: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    policies: Vec<String>,
}

/// The order of the fields in the file.
#[derive(Serialize)]
struct Body {
    code: &'static str,
    phase: Phase,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vm: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    policies: Vec<String>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    detail: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    meant: Option<MeantBody>,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::chain::MAX_LINE;

    #[test]
    fn fields_have_their_order_and_absent_ones_no_place() {
        assert_eq!(Event::note("start").body(), r#""code":"start","phase":"note""#);
        let event = Event {
            connection: Some("c1".into()),
            actor: Some("alumno1".into()),
            source: Some("10.1.2.3:5000".into()),
            vm: Some("web1.alumno1".into()),
            action: Some("vm-start"),
            outcome: Some(Outcome::Failed("unavailable".into())),
            policies: vec!["own-machines".into()],
            ..Event::finish("command").with("seconds", 1.5)
        };
        assert_eq!(
            event.body(),
            r#""code":"command","phase":"finish","connection":"c1","actor":"alumno1","source":"10.1.2.3:5000","vm":"web1.alumno1","action":"vm-start","outcome":"failed","failure":"unavailable","policies":["own-machines"],"detail":{"seconds":1.5}"#
        );
    }

    #[test]
    fn the_worst_event_fits_in_a_line() {
        let worst = || Some("\"\\".repeat(100_000));
        let mut event = Event {
            connection: worst(),
            actor: worst(),
            source: worst(),
            vm: worst(),
            outcome: worst().map(Outcome::Failed),
            policies: vec![worst().unwrap(); 1000],
            meant: Some(Meant { target: worst(), policies: vec![worst().unwrap(); 1000] }),
            ..Event::begin("command")
        };
        for n in 0..1000 {
            event.detail.insert(format!("{n}{}", "\"".repeat(1000)), worst().into());
        }
        let body = event.body();
        assert!(body.len() < MAX_LINE - 512, "{}", body.len());
        assert!(serde_json::from_str::<Value>(&format!("{{{body}}}")).is_ok());
    }
}
