//! Which nodes answer, looked at every few seconds: what the engine says of them, and what they say
//! when they are asked themselves. An engine takes its time to believe that a node is gone, and until
//! then whoever asks it about a machine there waits; puerta's own look is what nobody has to wait for.

use crate::app::{App, clock};
use puerta_audit::Event;
use puerta_engine::{EngineError, Figures, NodeState};
use puerta_lab::model::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(5);
/// How long the engine may take to name its nodes: one that has lost its leader takes seven seconds.
const ENGINE: Duration = Duration::from_secs(10);
/// How long a node may take to say how it is.
const NODE: Duration = Duration::from_secs(3);
/// The same for one that a person waits for.
const MOMENT: Duration = Duration::from_secs(2);
/// So many looks in a row without an answer, and a node is silent whatever the engine says: fifteen
/// to twenty seconds, in which a daemon that is only restarted is back.
const MISSES: u32 = 3;

/// What is known of one node.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Known {
    /// How the engine says that it stands.
    pub(super) state: NodeState,
    /// Looks in a row that it did not answer.
    missed: u32,
    /// Since when it is taken for gone.
    silent: Option<Timestamp>,
    /// Its figures at the last look that it answered.
    pub(super) figures: Option<Figures>,
}

impl Known {
    /// Whether machines may be placed there now.
    pub(super) fn takes_machines(&self) -> bool {
        self.state == NodeState::Online && self.silent.is_none() && self.missed == 0
    }

    /// Whether it would take machines, but did not answer just now.
    pub(super) fn is_doubted(&self) -> bool {
        self.state == NodeState::Online && self.silent.is_none() && self.missed > 0
    }
}

/// What is known of the nodes, and whose turn it is to be given a machine.
#[derive(Default)]
pub(in crate::app) struct Nodes {
    known: RwLock<BTreeMap<String, Known>>,
    turn: Mutex<usize>,
}

impl Nodes {
    /// As it was at the last look; empty before the first.
    pub(super) fn known(&self) -> BTreeMap<String, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Held from choosing a node until the machine is in the registry: the next one counts it.
    pub(in crate::app) async fn turn(&self) -> MutexGuard<'_, usize> {
        self.turn.lock().await
    }

    fn of<T>(&self, node: &str, read: impl Fn(&Known) -> Option<T>) -> Option<T> {
        read(self.known.read().unwrap_or_else(PoisonError::into_inner).get(node)?)
    }

    /// Since when a node is taken for gone.
    pub(in crate::app) fn silent(&self, node: &str) -> Option<Timestamp> {
        self.of(node, |known| known.silent)
    }

    /// Whether it did not answer just now: nobody should wait for it.
    pub(in crate::app) fn doubtful(&self, node: &str) -> bool {
        self.of(node, |known| (known.silent.is_some() || known.missed > 0).then_some(())).is_some()
    }

    /// Whether the engine still believes in a node that does not answer: it waits for it in every list.
    pub(in crate::app) fn unsettled(&self) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.values().any(|known| known.missed > 0 && known.state != NodeState::Offline)
    }

    /// A node's figures at the last look that it answered.
    pub(in crate::app) fn figures(&self, node: &str) -> Option<Figures> {
        self.of(node, |known| known.figures.clone())
    }
}

/// What a node said when it was asked: its figures, or nothing.
type Said = Option<Figures>;

/// How a node stands after a look. `others`: another node answered at that look, so that it is not
/// the way to all of them that is lost.
fn judged(before: Option<&Known>, state: NodeState, said: Said, others: bool, now: Timestamp) -> Known {
    let missed = match (&said, before) {
        (Some(_), _) => 0,
        (None, before) => before.map_or(0, |before| before.missed).saturating_add(1),
    };
    let gone = state == NodeState::Offline || (missed >= MISSES && others);
    let was = before.and_then(|before| before.silent);
    // One that was gone is back when it answers, and not because nobody could be asked.
    let silent = if gone || said.is_none() { was.or(gone.then_some(now)) } else { None };
    let figures = said.or_else(|| before.and_then(|before| before.figures.clone()));
    Known { state, missed, silent, figures }
}

/// Looks once, so that what comes next knows the nodes, and then for ever.
pub(in crate::app) async fn start(app: &Arc<App>) {
    // What was silent when the last puerta ended is no news.
    if let Ok(marks) = app.store.node_marks().await {
        let silent = marks.into_iter().filter(|mark| mark.silent.is_some());
        let known = silent.map(|mark| {
            let known = Known { state: NodeState::Offline, missed: 0, silent: mark.silent, figures: None };
            (mark.node, known)
        });
        *app.nodes.known.write().unwrap_or_else(PoisonError::into_inner) = known.collect();
    }
    let looking = Arc::clone(app);
    app.keep("who looks at the nodes", async move {
        let mut ticks = interval(PAUSE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            looking.look_at_nodes().await;
        }
    });
}

impl App {
    /// One look at every node. An engine that does not answer says nothing about its nodes.
    pub(in crate::app) async fn look_at_nodes(&self) {
        let Ok(Ok(nodes)) = timeout(ENGINE, self.engine.nodes()).await else { return };
        let mut asked = JoinSet::new();
        for node in nodes {
            let engine = Arc::clone(&self.engine);
            asked.spawn(async move {
                let said = match node.state {
                    NodeState::Offline => None,
                    _ => said(timeout(NODE, engine.figures(&node.name)).await.ok()),
                };
                (node, said)
            });
        }
        let answers = asked.join_all().await;
        let heard = answers.iter().filter(|(_, said)| said.is_some()).count();
        let before = self.nodes.known();
        let mut after = BTreeMap::new();
        for (node, said) in answers {
            let was = before.get(&node.name);
            let mut now = judged(was, node.state, said, heard > 0, clock::now());
            if was.and_then(|was| was.silent).is_some() != now.silent.is_some()
                && !self.node_turned(&node.name, now.silent).await
            {
                now.silent = was.and_then(|was| was.silent);
            }
            after.insert(node.name, now);
        }
        *self.nodes.known.write().unwrap_or_else(PoisonError::into_inner) = after;
    }

    /// Whether a node answers this moment. One that does not is doubtful from now on.
    pub(super) async fn node_answers(&self, node: &str) -> bool {
        if said(timeout(MOMENT, self.engine.figures(node)).await.ok()).is_some() {
            return true;
        }
        if let Some(known) = self.nodes.known.write().unwrap_or_else(PoisonError::into_inner).get_mut(node) {
            known.missed = known.missed.max(1);
        }
        false
    }

    /// A node went or is back: written down once, in the registry, the log and the audit. `false`: it
    /// could not be, and the next look tries again.
    async fn node_turned(&self, node: &str, silent: Option<Timestamp>) -> bool {
        let what = match silent {
            Some(_) => "gone",
            None => "back",
        };
        match self.store.node_silent(node, silent).await {
            Ok(true) => {
                tracing::warn!(node, what, "a node changed");
                let event = Event::note("node").with("node", node).with("what", what);
                self.audit.finish(event).await;
                true
            }
            Ok(false) => true,
            Err(error) => {
                tracing::error!(node, what, %error, "a node changed, and it is not written down yet");
                false
            }
        }
    }
}

/// A node that says that we may not know, or something we do not understand, is there.
fn said(answer: Option<Result<Figures, EngineError>>) -> Said {
    match answer? {
        Ok(figures) => Some(figures),
        Err(EngineError::Away(_)) => None,
        Err(_) => Some(Figures::default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1000);

    fn looks(state: NodeState, said: &[bool], others: bool) -> Option<Timestamp> {
        let mut known = None;
        for said in said {
            let said = said.then(Figures::default);
            known = Some(judged(known.as_ref(), state, said, others, NOW));
        }
        known.unwrap().silent
    }

    #[test]
    fn gone_when_the_engine_says_so_or_after_three_misses() {
        let online = NodeState::Online;
        assert_eq!(looks(NodeState::Offline, &[false], true), Some(NOW));
        assert_eq!(looks(online, &[false, false], true), None);
        assert_eq!(looks(online, &[false, false, false], true), Some(NOW));
        assert_eq!(looks(online, &[false, false, true, false], true), None);
        assert_eq!(looks(online, &[false; 9], false), None, "the way to all of them is lost");
        assert_eq!(looks(NodeState::Closed, &[true], true), None);
    }

    #[test]
    fn back_when_it_answers_and_since_is_when_it_went() {
        let gone = judged(None, NodeState::Offline, None, true, NOW);
        let later = Timestamp(2000);
        assert_eq!(judged(Some(&gone), NodeState::Offline, None, true, later).silent, Some(NOW));
        assert_eq!(judged(Some(&gone), NodeState::Online, None, true, later).silent, Some(NOW));
        let back = judged(Some(&gone), NodeState::Online, Some(Figures::default()), true, later);
        assert_eq!((back.silent, back.missed), (None, 0));
        assert!(back.takes_machines() && !gone.takes_machines());
    }
}
