//! What is answered about practices, and about acts on many machines.

use super::VmView;
use puerta_lab::practice::Texts;
use serde::Serialize;

/// `practice ...`
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "result", content = "value", rename_all = "kebab-case")]
pub enum PracticeReply {
    /// `practice list`
    List(Vec<PracticeView>),
    /// `practice show`
    One(PracticeDetail),
    /// A version was published.
    Published(PracticeView),
    /// Nobody begins it any more.
    Removed(PracticeView),
    /// There was nothing to do: all of it is as it was asked for.
    Already(PracticeView),
}

/// A practice: its newest version, or the one that somebody has.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PracticeView {
    /// Its name.
    pub practice: String,
    /// Whose it is.
    pub course: String,
    /// Which version.
    pub version: u32,
    /// A line about it.
    pub title: Texts,
    /// Names of its machines, as they start.
    pub machines: Vec<String>,
    /// How many things it checks.
    pub checks: u32,
    /// Login of who published it.
    pub publisher: String,
    /// When.
    pub published: String,
}

/// Everything about one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PracticeDetail {
    /// The practice.
    #[serde(flatten)]
    pub practice: PracticeView,
    /// A newer version than the one that who asks has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newer: Option<u32>,
    /// Its machines.
    pub parts: Vec<PartView>,
}

/// A machine of a practice.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PartView {
    /// Its name in the practice.
    pub name: String,
    /// What it is made from.
    pub template: String,
    /// Ports that are published from the start.
    pub ports: Vec<String>,
    /// Those that start before it.
    pub after: Vec<String>,
    /// The machine that who asks has of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vm: Option<Box<VmView>>,
}

/// What came of an act on many machines.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BatchView {
    /// The parent job, `@3`.
    pub job: String,
    /// `practice-start`, ...
    pub kind: String,
    /// With what.
    pub what: String,
    /// Where: a course, or a seat.
    pub place: String,
    /// Machines.
    pub total: u32,
    /// Those of which it is done.
    pub done: u32,
    /// Those of which it could not be.
    pub failed: u32,
    /// Each of them.
    pub machines: Vec<BatchItem>,
    /// Seats in which there was nothing to do it to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<String>,
}

/// One machine of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BatchItem {
    /// Its name as who asked says it.
    pub vm: String,
    /// `running`, `done`, `failed`, `undone`.
    pub state: &'static str,
    /// Why, when it failed or was undone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where it is, once it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What of it is published, `50001 -> 80`.
    pub ports: Vec<String>,
}
