//! A line editor as a state machine: bytes from a client in, [`Event`]s out. It knows no channel.
//!
//! Why our own: the well-kept editors (rustyline, reedline, linefeed) read a terminal of the
//! process they run in, through termios or crossterm. Ours has no terminal: it has a byte stream of
//! an SSH channel in raw mode, thousands of them, and must never block.
//!
//! It works by turns, as a terminal's line discipline does. [`Editor::start`] shows a prompt and the
//! turn is the person's; a line, an interrupt or the end gives the turn back. What is typed before
//! the next `start` is kept (type-ahead); feed an empty slice after `start` to have it read. A ^C
//! between turns is an [`Event::Interrupt`] at once and forgets the type-ahead.

mod buffer;
mod complete;
mod history;
mod keys;
mod screen;

use crate::app::secret::Secret;
use crate::shell::printable::printable;
use crate::shell::render::crlf;
use crate::shell::words::MAX_LINE;
use crate::shell::wrap::wrap;
use buffer::Buffer;
use history::History;
use keys::{Decoder, Key};
use screen::Screen;
use std::collections::VecDeque;

/// What came of some bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// To be sent to the client.
    Output(Vec<u8>),
    /// A line was entered; the turn is over.
    Line(String),
    /// The same in a turn that [`Editor::start_secret`] began.
    Secret(Secret),
    /// The same, of a line or a secret in which bytes were that are no UTF-8. What was typed is not known.
    Foreign,
    /// ^C; a turn is over, if there was one.
    Interrupt,
    /// ^D on an empty line; the turn is over.
    Eof,
}

/// Whose turn it is, and how the line is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// The program's: bytes are type-ahead.
    Ours,
    /// A command line, with history and Tab.
    Line,
    /// An answer to a question: neither.
    Answer,
    /// Not shown.
    Secret,
}

/// One person's line.
pub struct Editor {
    turn: Turn,
    buffer: Buffer,
    history: History,
    decoder: Decoder,
    screen: Screen,
    ahead: VecDeque<u8>,
    /// To be sent before the row is drawn again.
    output: String,
    /// The row on the terminal is not what it should be.
    stale: bool,
    /// Bytes of this turn were no UTF-8.
    foreign: bool,
}

/// Completes the text before the cursor: whole words that its last word may become.
type Complete<'a> = &'a dyn Fn(&str) -> Vec<String>;

impl Editor {
    /// An editor for a terminal of `width` columns; 0 when it does not say.
    pub fn new(width: u16) -> Self {
        Self {
            turn: Turn::Ours,
            buffer: Buffer::default(),
            history: History::default(),
            decoder: Decoder::new(),
            screen: Screen::new(width),
            ahead: VecDeque::new(),
            output: String::new(),
            stale: false,
            foreign: false,
        }
    }

    /// A command line; gives what to send.
    pub fn start(&mut self, prompt: &str) -> Vec<u8> {
        self.begin(Turn::Line, prompt)
    }

    /// A question: the answer is not kept in the history, and Tab does nothing.
    pub fn start_answer(&mut self, prompt: &str) -> Vec<u8> {
        self.begin(Turn::Answer, prompt)
    }

    /// A question whose answer is not shown; it comes as [`Event::Secret`].
    pub fn start_secret(&mut self, prompt: &str) -> Vec<u8> {
        self.buffer.forget();
        self.begin(Turn::Secret, prompt)
    }

    fn begin(&mut self, turn: Turn, prompt: &str) -> Vec<u8> {
        self.turn = turn;
        self.buffer.set("");
        // A question that has no room beside its answer stands above it: nobody answers unseen.
        let (above, prompt) = match prompt.trim_end().rsplit_once(' ') {
            Some((above, _)) if !self.screen.has_room_for(prompt) => {
                let lines = wrap(&printable(above), self.screen.width() as u16);
                (crlf(&(lines + "\n")), &prompt[above.len() + 1..])
            }
            _ => (String::new(), prompt),
        };
        self.screen.set_prompt(prompt);
        (above + &self.draw()).into_bytes()
    }

    /// The terminal has another width now; gives what to send.
    pub fn set_width(&mut self, width: u16) -> Vec<u8> {
        self.screen.set_width(width);
        if self.turn == Turn::Ours {
            return Vec::new();
        }
        self.draw().into_bytes()
    }

    /// Text that must be seen now, above the line being edited; gives what to send.
    pub fn above(&mut self, text: &str) -> Vec<u8> {
        let text = crlf(text);
        if self.turn == Turn::Ours {
            return text.into_bytes();
        }
        format!("\r\x1b[K{text}{}", self.draw()).into_bytes()
    }

    /// Bytes from the client.
    pub fn feed(&mut self, bytes: &[u8], complete: Complete<'_>) -> Vec<Event> {
        let mut events = Vec::new();
        if self.turn == Turn::Ours {
            self.type_ahead(bytes, &mut events);
            return events;
        }
        let kept = std::mem::take(&mut self.ahead);
        let mut bytes = kept.into_iter().chain(bytes.iter().copied());
        while self.turn != Turn::Ours {
            let Some(byte) = bytes.next() else { break };
            let key = self.decoder.feed(byte);
            if self.decoder.take_foreign() && !std::mem::replace(&mut self.foreign, true) {
                self.output.push('\x07');
            }
            if let Some(key) = key {
                self.press(key, complete, &mut events);
            }
        }
        self.flush(&mut events);
        let rest: Vec<u8> = bytes.collect();
        self.type_ahead(&rest, &mut events);
        events
    }

    fn type_ahead(&mut self, bytes: &[u8], events: &mut Vec<Event>) {
        for byte in bytes {
            if *byte == 3 {
                self.ahead.clear();
                self.decoder = Decoder::new();
                events.push(Event::Interrupt);
            } else if self.ahead.len() < MAX_LINE {
                self.ahead.push_back(*byte);
            }
        }
    }

    fn press(&mut self, key: Key, complete: Complete<'_>, events: &mut Vec<Event>) {
        match key {
            Key::Char(c) => self.insert(c),
            Key::Enter => self.enter(events),
            Key::Interrupt => self.end("^C\r\n", Event::Interrupt, events),
            Key::EndOfFile if self.buffer.is_empty() => self.end("\r\n", Event::Eof, events),
            Key::EndOfFile => self.stale |= self.buffer.edit(Key::Delete, MAX_LINE),
            Key::Clear => {
                self.output.push_str("\x1b[H\x1b[2J");
                self.stale = true;
            }
            Key::Up | Key::Down => self.recall(key),
            Key::Tab if self.turn == Turn::Line => self.complete(complete),
            Key::Tab => {}
            key => self.stale |= self.buffer.edit(key, MAX_LINE),
        }
    }

    /// A character at the end of a line that fits is only echoed.
    fn insert(&mut self, c: char) {
        if !self.buffer.insert(c, MAX_LINE) {
            self.output.push('\x07');
        } else if self.turn != Turn::Secret && !self.stale {
            let at_end = self.buffer.cursor() == self.buffer.text().len();
            if at_end && self.screen.fits(self.buffer.text()) {
                self.output.push(c);
            } else {
                self.stale = true;
            }
        }
    }

    fn enter(&mut self, events: &mut Vec<Event>) {
        // The whole line stands on the screen as it was entered, the cursor behind it.
        self.stale |= self.buffer.edit(Key::End, MAX_LINE);
        let secret = self.turn == Turn::Secret;
        if self.turn == Turn::Line && !self.foreign {
            self.history.add(&self.buffer.line());
        }
        let event = if self.foreign {
            Event::Foreign
        } else if secret {
            Event::Secret(Secret::new(self.buffer.line()))
        } else {
            Event::Line(self.buffer.line())
        };
        self.end("\r\n", event, events);
    }

    /// The turn is over: the last row, the newline, then what it came to.
    fn end(&mut self, newline: &str, event: Event, events: &mut Vec<Event>) {
        self.flush(events);
        if self.turn == Turn::Secret {
            self.buffer.forget();
        } else {
            self.buffer.take();
        }
        self.history.leave();
        self.foreign = false;
        self.turn = Turn::Ours;
        self.output.push_str(newline);
        self.flush(events);
        events.push(event);
    }

    fn recall(&mut self, key: Key) {
        if self.turn != Turn::Line {
            return;
        }
        let line = match key {
            Key::Up => self.history.earlier(|| self.buffer.line()),
            _ => self.history.later(),
        };
        if let Some(line) = line.map(str::to_owned) {
            self.buffer.set(&line);
            self.stale = true;
        }
    }

    fn complete(&mut self, complete: Complete<'_>) {
        let before = self.buffer.before_cursor();
        let found = complete::complete(&before, complete(&before));
        for c in found.insert.chars() {
            self.insert(c);
        }
        if !found.choices.is_empty() {
            let rows = complete::rows(&found.choices, self.screen.width());
            if self.stale {
                self.output = std::mem::take(&mut self.output) + &self.draw();
            }
            self.output.push_str("\r\n");
            self.output.push_str(&rows);
            self.stale = true;
        }
    }

    fn draw(&mut self) -> String {
        self.stale = false;
        self.screen.draw(&self.buffer, self.turn == Turn::Secret)
    }

    /// What is to be sent, as one event.
    fn flush(&mut self, events: &mut Vec<Event>) {
        let mut output = std::mem::take(&mut self.output);
        if self.stale && self.turn != Turn::Ours {
            output += &self.draw();
        }
        self.stale = false;
        if output.is_empty() {
            return;
        }
        match events.last_mut() {
            Some(Event::Output(bytes)) => bytes.extend_from_slice(output.as_bytes()),
            _ => events.push(Event::Output(output.into_bytes())),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
