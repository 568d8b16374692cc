//! What is wrong with a list: the first lines in words, of all others their numbers. Bounded, whatever
//! the list is.

use crate::app::error::{Error, Kind};
use std::fmt::Write as _;

/// Most faults that are named; of the others the lines are.
pub(super) const NAMED: usize = 50;
/// Most stretches of lines that are told; more come of no list that somebody made.
const STRETCHES: usize = 2000;

/// What is shown of a value that is wrong, characters.
pub(super) const SHOWN: usize = 40;

/// A mistake of the list.
pub(super) fn usage(id: &'static str) -> Error {
    Error::new(Kind::Usage, id)
}

/// The beginning of a value that is shown.
pub(super) fn short(value: &str) -> String {
    let mut shown: String = value.chars().take(SHOWN).collect();
    if shown.len() < value.len() {
        shown.push('…');
    }
    shown
}

/// The faults so far, in the order of their lines.
#[derive(Default)]
pub(super) struct Wrong {
    named: Vec<Error>,
    more: usize,
    /// Where the others are: first and last line of each stretch.
    stretches: Vec<(usize, usize)>,
    cut: bool,
}

impl Wrong {
    /// One more, on this line.
    pub(super) fn add(&mut self, line: usize, error: Error) {
        if self.named.len() < NAMED {
            return self.named.push(error.with("line", line));
        }
        self.more += 1;
        let room = self.stretches.len() < STRETCHES;
        match self.stretches.last_mut() {
            Some((_, last)) if line <= *last + 1 => *last = line,
            _ if room => self.stretches.push((line, line)),
            _ => self.cut = true,
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.named.len() + self.more
    }

    /// All of it: `id` is the sentence above them.
    pub(super) fn error(mut self, id: &'static str) -> Error {
        let count = self.count();
        if self.more > 0 {
            let error = Error::new(Kind::Usage, "error-row-more").with("count", self.more);
            self.named.push(error.with("lines", self.lines()));
        }
        Error { details: self.named, ..Error::new(Kind::Usage, id).with("count", count) }
    }

    /// `52-61, 70`
    fn lines(&self) -> String {
        let mut text = String::new();
        for (first, last) in &self.stretches {
            let comma = if text.is_empty() { "" } else { ", " };
            // Into a string: it does not fail.
            let _ = match first == last {
                true => write!(text, "{comma}{first}"),
                false => write!(text, "{comma}{first}-{last}"),
            };
        }
        text + if self.cut { ", …" } else { "" }
    }
}
