//! What a person's clients may send without anybody having taken it yet, over all their connections. It only counts;
//! who gets how much is for who gives it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes of one person, beside the few that each channel has anyway.
const MOST: usize = 16 * 1024 * 1024;

/// One person's.
#[derive(Debug, Clone, Default)]
pub struct Promised(Arc<AtomicUsize>);

/// A channel's part of it; dropped, it is given back.
#[derive(Debug)]
pub struct Part {
    of: Promised,
    bytes: usize,
}

impl Promised {
    /// A part with nothing in it.
    pub fn part(&self) -> Part {
        Part { of: self.clone(), bytes: 0 }
    }
}

impl Part {
    /// What nobody has of the person's.
    pub fn free(&self) -> usize {
        MOST.saturating_sub(self.of.0.load(Ordering::Relaxed))
    }

    /// It is so many bytes from now on.
    pub fn set(&mut self, bytes: usize) {
        self.of.0.fetch_add(bytes, Ordering::Relaxed);
        self.of.0.fetch_sub(self.bytes, Ordering::Relaxed);
        self.bytes = bytes;
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.of.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
