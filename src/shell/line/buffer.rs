//! The text being edited, its cursor, and what was cut last. It knows no screen.

use super::keys::Key;
use crate::shell::printable::is_printable;

/// One line; the cursor stands before `text[cursor]`.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    text: Vec<char>,
    cursor: usize,
    bytes: usize,
    cut: Vec<char>,
}

impl Buffer {
    pub(super) fn text(&self) -> &[char] {
        &self.text
    }

    pub(super) fn cursor(&self) -> usize {
        self.cursor
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(super) fn line(&self) -> String {
        self.text.iter().collect()
    }

    pub(super) fn before_cursor(&self) -> String {
        self.text[..self.cursor].iter().collect()
    }

    /// Another text, the cursor at its end.
    pub(super) fn set(&mut self, line: &str) {
        self.text = line.chars().collect();
        self.cursor = self.text.len();
        self.bytes = line.len();
    }

    /// The line, which leaves an empty one; what was cut stays.
    pub(super) fn take(&mut self) -> String {
        let line = self.line();
        self.set("");
        line
    }

    /// Forgets also what was cut: it may be a piece of a password.
    pub(super) fn forget(&mut self) {
        self.set("");
        self.cut.clear();
    }

    /// Puts a character in at the cursor; `false` when it is not printable or does not fit `max` bytes.
    pub(super) fn insert(&mut self, c: char, max: usize) -> bool {
        if !is_printable(c) || self.bytes + c.len_utf8() > max {
            return false;
        }
        self.text.insert(self.cursor, c);
        self.cursor += 1;
        self.bytes += c.len_utf8();
        true
    }

    /// What an editing key does; `false` when there was nothing to do.
    pub(super) fn edit(&mut self, key: Key, max: usize) -> bool {
        let end = self.text.len();
        match key {
            Key::Left => self.go(self.cursor.saturating_sub(1)),
            Key::Right => self.go((self.cursor + 1).min(end)),
            Key::Home => self.go(0),
            Key::End => self.go(end),
            Key::WordLeft => self.go(self.word_start(char::is_alphanumeric)),
            Key::WordRight => self.go(self.word_end()),
            Key::Backspace => self.remove(self.cursor.saturating_sub(1), self.cursor, false),
            Key::Delete => self.remove(self.cursor, (self.cursor + 1).min(end), false),
            Key::KillToEnd => self.remove(self.cursor, end, true),
            Key::KillToStart => self.remove(0, self.cursor, true),
            Key::KillBack => {
                let start = self.word_start(|c| !c.is_whitespace());
                self.remove(start, self.cursor, true)
            }
            Key::KillWordBack => {
                let start = self.word_start(char::is_alphanumeric);
                self.remove(start, self.cursor, true)
            }
            Key::KillWord => self.remove(self.cursor, self.word_end(), true),
            Key::Yank => self.yank(max),
            Key::Transpose => self.transpose(),
            _ => false,
        }
    }

    fn go(&mut self, place: usize) -> bool {
        let moved = place != self.cursor;
        self.cursor = place;
        moved
    }

    fn remove(&mut self, from: usize, to: usize, keep: bool) -> bool {
        if from >= to {
            return false;
        }
        let removed: Vec<char> = self.text.drain(from..to).collect();
        self.bytes -= removed.iter().map(|c| c.len_utf8()).sum::<usize>();
        self.cursor = from;
        if keep {
            self.cut = removed;
        }
        true
    }

    fn yank(&mut self, max: usize) -> bool {
        let mut some = false;
        for c in self.cut.clone() {
            some |= self.insert(c, max);
        }
        some
    }

    /// Swaps the two characters before the cursor, or at the cursor (as readline does).
    fn transpose(&mut self) -> bool {
        if self.cursor == 0 || self.text.len() < 2 {
            return false;
        }
        let right = self.cursor.min(self.text.len() - 1);
        self.text.swap(right - 1, right);
        self.cursor = right + 1;
        true
    }

    fn word_start(&self, of_word: impl Fn(char) -> bool) -> usize {
        let mut place = self.cursor;
        while place > 0 && !of_word(self.text[place - 1]) {
            place -= 1;
        }
        while place > 0 && of_word(self.text[place - 1]) {
            place -= 1;
        }
        place
    }

    fn word_end(&self) -> usize {
        let rest = &self.text[self.cursor..];
        let gap = rest.iter().take_while(|c| !c.is_alphanumeric()).count();
        let word = rest[gap..].iter().take_while(|c| c.is_alphanumeric());
        self.cursor + gap + word.count()
    }
}
