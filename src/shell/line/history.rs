//! The lines of this session, for the arrows. They are not kept after it.

use std::collections::VecDeque;

/// As many lines as are kept.
const MAX: usize = 100;

/// Earlier lines, and where among them the person is.
#[derive(Debug, Default)]
pub(super) struct History {
    lines: VecDeque<String>,
    /// How far back: 0 is the line being written.
    back: usize,
    draft: String,
}

impl History {
    /// One more line; a blank one and the same twice in a row are not kept.
    pub(super) fn add(&mut self, line: &str) {
        self.leave();
        if line.trim().is_empty() || self.lines.back().is_some_and(|last| last == line) {
            return;
        }
        if self.lines.len() == MAX {
            self.lines.pop_front();
        }
        self.lines.push_back(line.to_owned());
    }

    /// Back to the line being written.
    pub(super) fn leave(&mut self) {
        self.back = 0;
        self.draft.clear();
    }

    /// The line before, when there is one; `current` is kept for the way back.
    pub(super) fn earlier(&mut self, current: impl FnOnce() -> String) -> Option<&str> {
        if self.back == self.lines.len() {
            return None;
        }
        if self.back == 0 {
            self.draft = current();
        }
        self.back += 1;
        let place = self.lines.len() - self.back;
        self.lines.get(place).map(String::as_str)
    }

    /// The line after, at last the one being written.
    pub(super) fn later(&mut self) -> Option<&str> {
        self.back = self.back.checked_sub(1)?;
        if self.back == 0 {
            return Some(&self.draft);
        }
        let place = self.lines.len() - self.back;
        self.lines.get(place).map(String::as_str)
    }
}
