//! Back-pressure: what waits for a side that does not take it. When it is full the other side is read no
//! more, until half of it is gone; and when nothing moves for too long while neighbours stand still for
//! it, that is its end. It knows neither side.

use bytes::{Buf, Bytes};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// What may wait.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Pieces before the other side is read no more.
    pub pieces: usize,
    /// Bytes before it is.
    pub bytes: usize,
    /// Pieces that are taken after that: those that were under way.
    pub most: usize,
    /// How long nothing may move while neighbours wait.
    pub stall: Duration,
}

/// A piece of what waits.
pub trait Piece {
    /// Its bytes.
    fn weight(&self) -> usize;
}

impl Piece for Bytes {
    fn weight(&self) -> usize {
        self.len()
    }
}

/// Nothing moved for too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stalled;

/// What waits. `G` keeps the other side from being read while it lives.
#[derive(Debug)]
pub struct Held<T, G> {
    waiting: VecDeque<T>,
    bytes: usize,
    limits: Limits,
    /// When something was taken last, or began to wait.
    moved: Instant,
    guard: Option<G>,
}

impl<T: Piece, G> Held<T, G> {
    /// Nothing waits.
    pub fn new(limits: Limits) -> Self {
        Self { waiting: VecDeque::new(), bytes: 0, limits, moved: Instant::now(), guard: None }
    }

    /// So many pieces may wait from now on before the other side is read no more.
    pub fn allow(&mut self, pieces: usize) {
        self.limits.pieces = pieces;
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    fn is_full(&self) -> bool {
        self.waiting.len() >= self.limits.pieces || self.bytes >= self.limits.bytes
    }

    /// Whether there is room for one more piece.
    pub fn has_room(&self) -> bool {
        let pieces = if self.guard.is_some() { self.limits.most } else { self.limits.pieces };
        self.waiting.len() < pieces && self.bytes < self.limits.bytes
    }

    /// One more.
    pub fn push(&mut self, piece: T) {
        if self.waiting.is_empty() {
            self.moved = Instant::now();
        }
        self.bytes += piece.weight();
        self.waiting.push_back(piece);
    }

    /// The first of it is taken.
    pub fn pop(&mut self) -> Option<T> {
        let piece = self.waiting.pop_front();
        self.bytes -= piece.as_ref().map_or(0, T::weight);
        self.went();
        piece
    }

    /// All of it, in order, without waiting for the neighbours' sake any more.
    pub fn drain(&mut self) -> impl Iterator<Item = T> + use<T, G> {
        self.guard = None;
        self.bytes = 0;
        std::mem::take(&mut self.waiting).into_iter()
    }

    /// Something moved.
    fn went(&mut self) {
        self.moved = Instant::now();
        if self.waiting.len() <= self.limits.pieces / 2 && self.bytes <= self.limits.bytes / 2 {
            self.guard = None;
        }
    }

    /// Waits until [`Held::press`] is to be called: now, if the other side is to be read no more; after a
    /// while, if it is not. To be looked at after what takes, so that nothing is stopped for what can move.
    pub fn pressure(&self) -> impl Future<Output = ()> + use<T, G> {
        let (is_closed, is_full) = (self.guard.is_some(), self.is_full());
        let stalled = self.moved + self.limits.stall;
        async move {
            if is_closed {
                tokio::time::sleep_until(stalled).await;
            } else if !is_full {
                std::future::pending().await
            }
        }
    }

    /// Stops the other side by `hold`; or, when that was done and nothing moved since: with neighbours it is
    /// the end, alone it waits on.
    pub fn press(&mut self, hold: impl FnOnce() -> G, has_neighbours: bool) -> Result<(), Stalled> {
        if self.guard.is_none() {
            self.guard = Some(hold());
        } else if has_neighbours {
            return Err(Stalled);
        } else {
            self.moved = Instant::now();
        }
        Ok(())
    }
}

impl<G> Held<Bytes, G> {
    /// What waits, from the first on.
    pub fn pieces(&self) -> impl Iterator<Item = &Bytes> {
        self.waiting.iter()
    }

    /// The first `n` bytes are taken.
    pub fn advance(&mut self, mut n: usize) {
        self.bytes -= n;
        while let Some(front) = self.waiting.front_mut() {
            if n < front.len() {
                front.advance(n);
                break;
            }
            n -= front.len();
            self.waiting.pop_front();
        }
        self.went();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STALL: Duration = Duration::from_millis(100);

    fn held(bytes: usize) -> Held<Bytes, ()> {
        Held::new(Limits { pieces: 4, bytes, most: 6, stall: STALL })
    }

    async fn is_pressed(held: &Held<Bytes, ()>) -> bool {
        tokio::select! {
            biased;
            () = held.pressure() => true,
            () = std::future::ready(()) => false,
        }
    }

    #[tokio::test]
    async fn it_stops_the_other_side_when_full_opens_at_half_and_stalls_only_with_neighbours() {
        let mut held = held(usize::MAX);
        for _ in 0..4 {
            assert!(held.has_room() && !is_pressed(&held).await);
            held.push(Bytes::from_static(b"abc"));
        }
        assert!(!held.has_room() && is_pressed(&held).await, "full, and the other side is still read");
        assert_eq!(held.press(|| (), true), Ok(()));
        assert!(held.has_room(), "what was under way is taken");
        held.push(Bytes::from_static(b"abc"));
        held.push(Bytes::from_static(b"abc"));
        assert!(!held.has_room() && !is_pressed(&held).await);
        held.pressure().await;
        assert_eq!(held.press(|| (), false), Ok(()), "alone it waits on");
        held.pressure().await;
        assert_eq!(held.press(|| (), true), Err(Stalled));
        held.advance(10);
        assert_eq!(held.pieces().next().unwrap(), &b"bc"[..]);
        assert!(held.guard.is_some(), "three of four is more than half");
        held.advance(2);
        assert!(held.guard.is_none() && held.has_room());
        assert_eq!(held.drain().count(), 2);
        assert!(held.is_empty() && !is_pressed(&held).await);
    }

    #[tokio::test]
    async fn bytes_count_as_well() {
        let mut held = held(6);
        held.push(Bytes::from_static(b"abcdef"));
        assert!(!held.has_room() && is_pressed(&held).await);
        assert_eq!(held.press(|| (), false), Ok(()));
        assert!(!held.has_room());
        assert_eq!(held.pop().unwrap(), &b"abcdef"[..]);
        assert!(held.has_room() && held.guard.is_none());
    }
}
