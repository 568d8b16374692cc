//! What is answered about the policy.

use super::word::words;
use serde::Serialize;

/// `policy ...`
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "result", content = "value", rename_all = "kebab-case")]
pub enum PolicyReply {
    /// `policy show`
    List(Vec<PolicyView>),
    /// `policy show ID`
    One(PolicyView),
    /// `policy check`
    Checked(CheckView),
    /// `policy explain`
    Explained(ExplainView),
    /// `policy rule list`
    Rules(Vec<RuleView>),
    /// A ready rule was turned on.
    RuleAdded(RuleView),
    /// It is off.
    RuleRemoved(RuleView),
}

/// A policy in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyView {
    /// Its id, as the audit names it.
    pub id: String,
    /// `permit` or `forbid`.
    pub effect: &'static str,
    /// Its file, or its ready rule.
    pub file: String,
    /// Its first line there.
    pub line: usize,
    /// Its Cedar text.
    pub text: String,
}

/// Whether policies would be taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckView {
    /// What was read: `input`, `folder`, `built-in`.
    pub source: &'static str,
    /// Whether they would be taken.
    pub taken: bool,
    /// How many policies; 0 when they would not.
    pub policies: usize,
    /// Of a text that was sent: ids that are in force already.
    pub known: Vec<String>,
    /// Everything that is wrong, `FILE:LINE: MESSAGE`.
    pub errors: Vec<String>,
}

/// What policy would say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExplainView {
    /// Login of who would do it; `puerta` for what puerta itself asks.
    pub who: String,
    /// The action.
    pub verb: &'static str,
    /// What it would be done to, as far as it was found; none is the lab.
    pub target: Option<String>,
    /// When.
    pub at: String,
    /// From where.
    pub from: String,
    /// Yes or no.
    pub allowed: bool,
    /// `policies` say so; `nothing` allows it; there is no such thing for them (`absent`); several have the name
    /// (`ambiguous`); or the word of the audit for what is no destination.
    pub reason: &'static str,
    /// Those that say so.
    pub policies: Vec<PlaceView>,
    /// Who proved a second factor would be allowed.
    pub second_factor_helps: bool,
}

/// Where a policy stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlaceView {
    /// Its id.
    pub id: String,
    /// `FILE:LINE`, or a ready rule's name; none for one that failed.
    pub place: Option<String>,
}

/// A ready rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleView {
    /// Its number.
    pub id: i64,
    /// The id of its policy.
    pub policy: String,
    /// `exam`, `timetable`, `campus`, `second-factor`.
    pub kind: &'static str,
    /// How it stands now.
    pub state: RuleState,
    /// Its course.
    pub course: Option<String>,
    /// An exam's beginning, in the lab's time zone.
    pub from: Option<String>,
    /// An exam's end.
    pub until: Option<String>,
    /// An exam's machines; empty: all.
    pub machines: Vec<String>,
    /// Those of them that nobody of the course has now.
    pub nobodys: Vec<String>,
    /// An exam's verbs.
    pub verbs: Option<String>,
    /// A timetable's hours.
    pub open: Option<String>,
    /// The lab's time zone, where the rule is about time.
    pub zone: Option<String>,
    /// A campus' networks.
    pub networks: Vec<String>,
    /// Who needs a second factor.
    pub role: Option<&'static str>,
    /// Login of who turned it on.
    pub author: String,
    /// When.
    pub created: String,
}

words! {
    /// How a ready rule stands.
    RuleState {
        /// It holds now.
        On = "on",
        /// Not now: an exam before its time, a timetable while it is open.
        Off = "off",
        /// Never again.
        Over = "over",
    }
}
