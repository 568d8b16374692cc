//! What the person sees of the line: the prompt, and as much of the text as fits in one row, around
//! the cursor. Only CR, erase-to-end (`ESC [ K`) and cursor-forward (`ESC [ n C`) are sent, which
//! every terminal since the VT100 knows.

use super::buffer::Buffer;
use crate::shell::printable::printable;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// A terminal that does not say how wide it is.
const USUAL: usize = 80;
/// The text has at least this many columns, and the prompt goes when there is no room for both.
const LEAST: usize = 10;

/// One row of a terminal.
#[derive(Debug)]
pub(super) struct Screen {
    width: usize,
    prompt: String,
    /// The first character that is shown.
    first: usize,
}

impl Screen {
    pub(super) fn new(width: u16) -> Self {
        let mut screen = Self { width: USUAL, prompt: String::new(), first: 0 };
        screen.set_width(width);
        screen
    }

    /// 0 is "not known" (RFC 4254 6.2).
    pub(super) fn set_width(&mut self, width: u16) {
        self.width = match usize::from(width) {
            0 => USUAL,
            width => width.max(LEAST + 1),
        };
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn set_prompt(&mut self, prompt: &str) {
        self.prompt = printable(prompt).into_owned();
        self.first = 0;
    }

    /// Whether `prompt` and some text stand side by side.
    pub(super) fn has_room_for(&self, prompt: &str) -> bool {
        prompt.width() + LEAST < self.width
    }

    fn shown_prompt(&self) -> &str {
        if self.has_room_for(&self.prompt) { &self.prompt } else { "" }
    }

    /// Columns for text: the last one stays free, because some terminals go to the next row there.
    fn room(&self) -> usize {
        self.width - 1 - self.shown_prompt().width()
    }

    /// Whether the whole line is on the row and one more `c` at its end still is.
    pub(super) fn fits(&self, text: &[char]) -> bool {
        self.first == 0 && columns(text) <= self.room()
    }

    /// The row as it is to be, whatever was there.
    pub(super) fn draw(&mut self, buffer: &Buffer, secret: bool) -> String {
        let (text, cursor) = if secret { (&[][..], 0) } else { (buffer.text(), buffer.cursor()) };
        self.scroll(text, cursor);
        let mut used = 0;
        let room = self.room();
        let shown = text[self.first..].iter().take_while(|c| {
            used += column(**c);
            used <= room
        });
        let shown: String = shown.collect();
        let prompt = self.shown_prompt();
        let place = prompt.width() + columns(&text[self.first..cursor]);
        let mut row = format!("\r{prompt}{shown}\x1b[K");
        if cursor < text.len() {
            row.push('\r');
            if place > 0 {
                row.push_str(&format!("\x1b[{place}C"));
            }
        }
        row
    }

    /// Moves the window so that the cursor is in it, with some text before it.
    fn scroll(&mut self, text: &[char], cursor: usize) {
        let room = self.room();
        self.first = self.first.min(text.len());
        if cursor <= self.first {
            self.first = cursor;
            self.back(text, cursor, room / 2);
        }
        let mut before = columns(&text[self.first..cursor]);
        while before > room {
            before -= column(text[self.first]);
            self.first += 1;
        }
        if columns(&text[self.first..]) <= room {
            self.back(text, text.len(), room);
        }
    }

    /// Shows earlier characters while `text[first..to]` stays within `room`.
    fn back(&mut self, text: &[char], to: usize, room: usize) {
        let mut used = columns(&text[self.first..to]);
        while self.first > 0 {
            used += column(text[self.first - 1]);
            if used > room {
                break;
            }
            self.first -= 1;
        }
    }
}

fn column(c: char) -> usize {
    c.width().unwrap_or(0)
}

fn columns(text: &[char]) -> usize {
    text.iter().map(|c| column(*c)).sum()
}
