//! What machines reach.

use super::word::words;
use serde::Serialize;

/// What machines reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IsolationView {
    /// Whether everything is as it must be.
    pub good: bool,
    /// Flows that passed.
    pub open: u32,
    /// Flows that did not.
    pub closed: u32,
    /// Those that passed, and those that must and did not; wrong ones last.
    pub flows: Vec<FlowView>,
    /// What nobody knows.
    pub untried: Vec<UntriedView>,
}

/// One flow that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FlowView {
    /// The machine it began in, `web1.alumno1`.
    pub from: String,
    /// A machine, a node, or `puerta`.
    pub to: String,
    /// `own-same-node`, `own-other-node`, `other-same-node`, `other-other-node` (machines of one's own or
    /// another seat), `own-node`, `other-node`, `puerta`.
    pub relation: &'static str,
    /// `tcp 10.0.0.66:47001`; with a forged source `tcp 10.0.0.77 -> 10.0.0.66:47001`.
    pub flow: String,
    /// Whether it passed.
    pub open: bool,
    /// Whether it must.
    pub expected: bool,
}

/// Something that could not be tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UntriedView {
    /// Why.
    pub why: Untried,
    /// Which.
    pub what: String,
}

words! {
    /// Why something could not be tried; told in this order.
    Untried {
        /// The machine does not listen.
        Listener = "listener",
        /// The machine says nothing.
        Machine = "machine",
        /// The node's address is not known.
        Node = "node",
        /// No two such machines take part.
        Relation = "relation",
        /// It is missing in a machine.
        Tool = "tool",
    }
}
