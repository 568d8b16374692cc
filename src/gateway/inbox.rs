//! What a client says on a channel, from russh to whoever takes it. It waits here, as much as the channel's window
//! lets the client send, and the window is given back when the bytes are gone: nobody else's waiting is touched by it.

use super::window::Window;
use crate::app::presence::Part;
use bytes::{Bytes, BytesMut};
use russh::ChannelId;
use russh::server::Handle;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// A piece smaller than this joins the one before it: who sends letter by letter costs what they send.
const SMALL: usize = 2 * 1024;
/// Words that are no bytes, which no window bounds. Nobody who means well says so many that nobody hears.
const WORDS: usize = 128;

/// What a client says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    Data(Bytes),
    Eof,
    Close,
    Env { name: String, value: String },
    Terminal { term: String, columns: u32, rows: u32 },
    Shell,
    Exec(Vec<u8>),
    Subsystem(String),
    Resize { columns: u32, rows: u32 },
    Interrupt,
}

/// It says more than is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMuch;

/// A channel's words, for who puts them in.
#[derive(Debug)]
pub(super) struct Inbox {
    channel: ChannelId,
    handle: Handle,
    state: Mutex<State>,
    came: Notify,
}

#[derive(Debug)]
struct State {
    words: VecDeque<Word>,
    /// Small pieces behind the last word.
    small: BytesMut,
    window: Window,
    ended: bool,
    closed: bool,
}

impl State {
    fn push(&mut self, word: Word) -> Result<(), TooMuch> {
        if self.closed {
            return Ok(());
        }
        // Of these one that waits is enough.
        let waits = match word {
            Word::Resize { .. } => self.words.iter_mut().find(|one| matches!(one, Word::Resize { .. })),
            Word::Interrupt => self.words.iter_mut().find(|one| **one == Word::Interrupt),
            _ => None,
        };
        if let Some(waits) = waits {
            *waits = word;
            return Ok(());
        }
        match word {
            Word::Eof if std::mem::replace(&mut self.ended, true) => return Ok(()),
            Word::Close => self.closed = true,
            _ if self.words.iter().filter(|one| !matches!(one, Word::Data(_))).count() >= WORDS => {
                return Err(TooMuch);
            }
            _ => {}
        }
        self.settle();
        self.words.push_back(word);
        Ok(())
    }

    fn data(&mut self, data: &Bytes) {
        // After its end nothing is said; but it counts.
        if self.closed || self.ended {
            return;
        }
        if data.len() < SMALL {
            return self.small.extend_from_slice(data);
        }
        self.settle();
        self.words.push_back(Word::Data(data.clone()));
    }

    /// What is small and waits is a word.
    fn settle(&mut self) {
        if !self.small.is_empty() {
            self.words.push_back(Word::Data(self.small.split().freeze()));
        }
    }

    fn next(&mut self) -> Option<Word> {
        if self.words.is_empty() {
            self.settle();
        }
        let word = self.words.pop_front();
        if self.words.is_empty() && self.small.is_empty() {
            // An idle channel keeps nothing of what it once held.
            self.words = VecDeque::new();
            self.small = BytesMut::new();
        }
        // The end stays.
        word.or(self.closed.then_some(Word::Close))
    }
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more word.
    pub(super) fn say(&self, word: Word) -> Result<(), TooMuch> {
        let said = self.lock().push(word);
        self.came.notify_one();
        said
    }

    /// One more piece.
    pub(super) fn data(&self, data: &Bytes) {
        let dropped = {
            let mut state = self.lock();
            state.data(data);
            state.closed || state.ended
        };
        if dropped {
            self.taken(data.len());
        }
        self.came.notify_one();
    }

    /// So many bytes are gone.
    pub(super) fn taken(&self, bytes: usize) {
        let given = self.lock().window.taken(bytes);
        if given > 0 {
            self.handle.give_window(self.channel, given);
        }
    }
}

/// For who takes them.
#[derive(Debug)]
pub(super) struct Incoming(Arc<Inbox>);

impl Incoming {
    /// A channel's inbox; `part` is what its person gives to its window.
    pub(super) fn new(handle: Handle, channel: ChannelId, part: Part) -> Self {
        let state = State {
            words: VecDeque::new(),
            small: BytesMut::new(),
            window: Window::new(part),
            ended: false,
            closed: false,
        };
        Self(Arc::new(Inbox { channel, handle, state: Mutex::new(state), came: Notify::new() }))
    }

    /// For who puts words in, until this is dropped.
    pub(super) fn inbox(&self) -> std::sync::Weak<Inbox> {
        Arc::downgrade(&self.0)
    }

    /// The next word; after the last that is said again. Nothing is lost when the waiting is dropped. Bytes count
    /// as waiting until the last of them is dropped.
    pub(super) async fn wait(&mut self) -> Word {
        loop {
            let word = self.0.lock().next();
            match word {
                Some(Word::Data(data)) => {
                    return Word::Data(Bytes::from_owner(Counted { data, inbox: Arc::clone(&self.0) }));
                }
                Some(word) => return word,
                None => self.0.came.notified().await,
            }
        }
    }

    /// Waits until the client closed, whatever it said before that.
    pub(super) async fn closed(&self) {
        while !self.0.lock().closed {
            self.0.came.notified().await;
        }
    }
}

struct Counted {
    data: Bytes,
    inbox: Arc<Inbox>,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.data
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.inbox.taken(self.data.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::presence::Promised;

    fn state() -> State {
        State {
            words: VecDeque::new(),
            small: BytesMut::new(),
            window: Window::new(Promised::default().part()),
            ended: false,
            closed: false,
        }
    }

    fn all(state: &mut State) -> Vec<Word> {
        std::iter::from_fn(|| if state.closed && state.words.is_empty() { None } else { state.next() })
            .collect()
    }

    #[test]
    fn words_come_in_their_order_and_letters_as_one() {
        let mut state = state();
        let big = Bytes::from(vec![b'x'; SMALL]);
        state.data(&Bytes::from_static(b"a"));
        state.data(&Bytes::from_static(b"b"));
        state.push(Word::Resize { columns: 1, rows: 1 }).unwrap();
        state.push(Word::Resize { columns: 2, rows: 2 }).unwrap();
        state.data(&Bytes::from_static(b"c"));
        state.data(&big);
        state.push(Word::Eof).unwrap();
        state.push(Word::Eof).unwrap();
        state.data(&Bytes::from_static(b"behind the end"));
        state.push(Word::Close).unwrap();
        state.push(Word::Interrupt).unwrap();
        let data = |text: &'static str| Word::Data(Bytes::from_static(text.as_bytes()));
        let expected = [
            data("ab"),
            Word::Resize { columns: 2, rows: 2 },
            data("c"),
            Word::Data(big),
            Word::Eof,
            Word::Close,
        ];
        assert_eq!(all(&mut state), expected);
        assert_eq!((state.next(), state.next()), (Some(Word::Close), Some(Word::Close)));
    }

    #[test]
    fn what_is_small_is_not_lost_behind_a_word() {
        let mut state = state();
        state.push(Word::Shell).unwrap();
        state.data(&Bytes::from_static(b"whoami\n"));
        assert_eq!(state.next(), Some(Word::Shell));
        assert_eq!(state.next(), Some(Word::Data(Bytes::from_static(b"whoami\n"))));
        assert_eq!(state.next(), None);
    }

    #[test]
    fn what_has_no_bytes_is_bounded() {
        let mut state = state();
        let env = || Word::Env { name: "LANG".into(), value: "es".into() };
        let said = (0..1000).filter(|_| state.push(env()).is_ok()).count();
        assert_eq!(said, WORDS);
        for _ in 0..1000 {
            state.data(&Bytes::new());
            let _ = state.push(Word::Interrupt);
        }
        assert!(state.words.len() <= WORDS + 1);
        // Nor do letters between words of which one is enough become words of their own.
        for _ in 0..10_000 {
            state.data(&Bytes::from_static(b"x"));
            let _ = state.push(Word::Interrupt);
            let _ = state.push(Word::Resize { columns: 1, rows: 1 });
        }
        assert!(state.words.len() <= WORDS + 2, "{}", state.words.len());
        assert_eq!(state.push(Word::Close), Ok(()), "its end is always heard");
    }
}
