//! Bytes of a person that wait in puerta: what their clients said and nobody has taken yet, over all their
//! connections. It only counts; what is done about too many is for who takes them in.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// So many are a person's. A busy one has some hundreds of KiB, whose machines take slowly some MiB.
const MOST: usize = 16 * 1024 * 1024;

/// One person's.
#[derive(Debug, Clone, Default)]
pub struct Waiting(Arc<AtomicUsize>);

/// Some of them, until dropped.
#[derive(Debug)]
pub struct Piece {
    waiting: Waiting,
    bytes: usize,
}

impl Waiting {
    /// So many more.
    pub fn more(&self, bytes: usize) -> Piece {
        self.0.fetch_add(bytes, Ordering::Relaxed);
        Piece { waiting: self.clone(), bytes }
    }

    /// Whether there are too many.
    pub fn is_full(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= MOST
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.waiting.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
