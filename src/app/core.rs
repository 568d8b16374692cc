//! What must go on as long as the door is open: accepting, the threads of connections, the audit's writer, the
//! firewall, and whatever looks after the lab by itself. Without one of them puerta would live on as half of
//! itself, so its end is the program's, which is then started again; and each of them can be asked whether it
//! still answers.

use crate::app::App;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{AbortHandle, JoinSet};

/// A question to one of them.
type Asked = oneshot::Sender<()>;
/// Their names, and the way to ask them.
type Loops = Vec<(&'static str, mpsc::Sender<Asked>)>;

/// Everything that must go on.
#[derive(Debug, Clone, Default)]
pub struct Core {
    ended: watch::Sender<Option<String>>,
    loops: Arc<Mutex<Loops>>,
}

/// One's side of being asked.
#[derive(Debug)]
pub struct Pulse(mpsc::Receiver<Asked>);

impl Pulse {
    /// Answers whoever asks, once. To be waited for beside the work.
    pub async fn answer(&mut self) {
        match self.0.recv().await {
            // Who asked may not have waited.
            Some(asked) => drop(asked.send(())),
            None => std::future::pending().await,
        }
    }
}

impl Core {
    /// The end of `work`, a panic included, is the end of the program.
    pub fn keep(
        &self,
        on: &Handle,
        what: &'static str,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> AbortHandle {
        let (work, core) = (on.spawn(work), self.clone());
        let handle = work.abort_handle();
        on.spawn(async move {
            let why = match work.await {
                Ok(()) => format!("{what}: it ended"),
                // It was told to.
                Err(aborted) if aborted.is_cancelled() => return,
                Err(panic) => format!("{what}: {panic}"),
            };
            core.end(why);
        });
        handle
    }

    /// Waits for the first end, and says of what.
    pub async fn ended(&self) -> String {
        let mut ended = self.ended.subscribe();
        match ended.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(why)) => why.clone(),
            _ => std::future::pending().await,
        }
    }

    /// What nobody can go on without is no more.
    pub fn end(&self, why: String) {
        self.ended.send_modify(|first| {
            first.get_or_insert(why);
        });
    }

    /// Whether one of them has ended.
    pub fn has_ended(&self) -> bool {
        self.ended.borrow().is_some()
    }

    /// A loop that will be asked whether it still turns.
    pub fn pulse(&self, what: &'static str) -> Pulse {
        let (asks, asked) = mpsc::channel(1);
        self.loops.lock().unwrap_or_else(PoisonError::into_inner).push((what, asks));
        Pulse(asked)
    }
}

async fn answers(asks: mpsc::Sender<Asked>) -> bool {
    let (answer, answered) = oneshot::channel();
    asks.send(answer).await.is_ok() && answered.await.is_ok()
}

impl App {
    /// Something that looks after the lab by itself, for ever.
    pub fn keep(&self, what: &'static str, work: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        self.core.keep(&self.tasks, what, work)
    }

    /// Asks everything that must go on, all at once; who did not answer in time. A registry that says that it
    /// cannot now has answered.
    pub async fn silent(&self, deadline: Duration) -> Vec<&'static str> {
        let loops = self.core.loops.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut asked = JoinSet::new();
        let mut ask = |what, answer: std::pin::Pin<Box<dyn Future<Output = bool> + Send>>| {
            asked.spawn(async move {
                let answered = tokio::time::timeout(deadline, answer).await.unwrap_or(false);
                (!answered).then_some(what)
            });
        };
        for (what, asks) in loops {
            ask(what, Box::pin(answers(asks)));
        }
        let jobs = self.tasks.spawn(async {});
        ask("the jobs' threads", Box::pin(async move { jobs.await.is_ok() }));
        ask("the audit's writer", Box::pin(self.audit.ping()));
        let store = self.store.clone();
        ask(
            "the registry",
            Box::pin(async move {
                drop(store.ping().await);
                true
            }),
        );
        asked.join_all().await.into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_end_and_a_panic_are_told_and_a_loop_that_turns_answers() {
        let core = Core::default();
        core.keep(&Handle::current(), "a loop", std::future::pending());
        let early = tokio::time::timeout(Duration::from_millis(50), core.ended()).await;
        assert!(early.is_err(), "{early:?}");
        core.keep(&Handle::current(), "one that fails", async { panic!("a fault of ours") });
        let why = core.ended().await;
        assert!(why.starts_with("one that fails: ") && why.contains("a fault of ours"), "{why}");
        core.keep(&Handle::current(), "another", async {});
        assert_eq!(core.ended().await, why, "the first one is the reason");

        let mut pulse = core.pulse("a loop");
        let asks = core.loops.lock().unwrap()[0].1.clone();
        let asked = tokio::spawn(answers(asks.clone()));
        pulse.answer().await;
        assert!(asked.await.unwrap());
        drop(pulse);
        assert!(!answers(asks).await, "it is gone");
    }
}
