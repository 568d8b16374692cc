//! From bytes to keys: UTF-8, control characters, and the escape sequences that xterm, PuTTY, rxvt,
//! the Linux console and the rest send. What is not known is swallowed whole; no state grows.

/// What a person pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Char(char),
    Enter,
    Interrupt,
    /// ^D: the end on an empty line, otherwise Delete.
    EndOfFile,
    Backspace,
    Delete,
    Left,
    Right,
    Up,
    Down,
    Home,
    End,
    WordLeft,
    WordRight,
    KillToEnd,
    KillToStart,
    /// ^W: back to the last space.
    KillBack,
    /// Alt-Backspace: back over letters and digits.
    KillWordBack,
    KillWord,
    Yank,
    Clear,
    Transpose,
    Tab,
}

/// Parameter bytes of a CSI that are kept; no key that we know has more.
const MAX_PARAMETERS: usize = 8;
/// A string sequence (a title, say) that is longer has lost its end: it is taken to be over.
const MAX_STRING: u16 = 1024;

#[derive(Debug, Clone, Copy)]
enum State {
    Ground,
    Utf8 {
        bytes: [u8; 4],
        have: usize,
        want: usize,
    },
    Escape,
    /// `ESC [` and what came after; `have` counts on past the end of `bytes`.
    Csi {
        bytes: [u8; MAX_PARAMETERS],
        have: usize,
    },
    /// `ESC [ [`: the Linux console's F1 to F5, one more byte.
    Console,
    /// `ESC O`: one more byte.
    Ss3,
    /// OSC, DCS, PM, APC, SOS: until BEL or ESC.
    Text {
        left: u16,
    },
}

/// Bytes in, keys out, across any split.
#[derive(Debug)]
pub(super) struct Decoder {
    state: State,
    after_cr: bool,
    foreign: bool,
}

impl Decoder {
    pub(super) fn new() -> Self {
        Self { state: State::Ground, after_cr: false, foreign: false }
    }

    /// Whether bytes came since this was last asked that are no UTF-8: a terminal that is set to Latin-1.
    pub(super) fn take_foreign(&mut self) -> bool {
        std::mem::take(&mut self.foreign)
    }

    /// The key that this byte completes, if it completes one.
    pub(super) fn feed(&mut self, byte: u8) -> Option<Key> {
        let after_cr = std::mem::replace(&mut self.after_cr, byte == b'\r');
        if after_cr && byte == b'\n' {
            return None;
        }
        let state = std::mem::replace(&mut self.state, State::Ground);
        // A control character ends whatever was under way and counts (ECMA-48: C0 inside a sequence).
        if byte < 0x20 && byte != 0x1b {
            self.foreign |= matches!(state, State::Utf8 { .. });
            let ends_text = matches!(state, State::Text { .. }) && byte == 7;
            return if ends_text { None } else { control(byte) };
        }
        match state {
            State::Ground => self.ground(byte),
            State::Utf8 { bytes, have, want } => self.utf8(bytes, have, want, byte),
            State::Escape => self.escape(byte),
            State::Csi { bytes, have } => self.csi(bytes, have, byte),
            State::Console => None,
            State::Ss3 => letter(byte, false),
            State::Text { .. } if byte == 0x1b => {
                self.state = State::Escape;
                None
            }
            State::Text { left } => {
                if left > 0 {
                    self.state = State::Text { left: left - 1 };
                }
                None
            }
        }
    }

    fn ground(&mut self, byte: u8) -> Option<Key> {
        let want = match byte {
            0x1b => {
                self.state = State::Escape;
                return None;
            }
            0x20..=0x7e => return Some(Key::Char(char::from(byte))),
            0x7f => return Some(Key::Backspace),
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            // There is nothing to show for it.
            _ => {
                self.foreign = true;
                return None;
            }
        };
        self.state = State::Utf8 { bytes: [byte, 0, 0, 0], have: 1, want };
        None
    }

    fn utf8(&mut self, mut bytes: [u8; 4], have: usize, want: usize, byte: u8) -> Option<Key> {
        if !(0x80..0xc0).contains(&byte) {
            self.foreign = true;
            return self.ground(byte);
        }
        if let Some(place) = bytes.get_mut(have) {
            *place = byte;
        }
        if have + 1 < want {
            let have = have + 1;
            self.state = State::Utf8 { bytes, have, want };
            return None;
        }
        let text = bytes.get(..want).and_then(|bytes| std::str::from_utf8(bytes).ok());
        self.foreign |= text.is_none();
        text?.chars().next().map(Key::Char)
    }

    fn escape(&mut self, byte: u8) -> Option<Key> {
        self.state = match byte {
            b'[' => State::Csi { bytes: [0; MAX_PARAMETERS], have: 0 },
            b'O' => State::Ss3,
            b']' | b'P' | b'^' | b'_' | b'X' => State::Text { left: MAX_STRING },
            0x1b => State::Escape,
            _ => State::Ground,
        };
        match byte {
            b'b' | b'B' => Some(Key::WordLeft),
            b'f' | b'F' => Some(Key::WordRight),
            b'd' | b'D' => Some(Key::KillWord),
            0x7f => Some(Key::KillWordBack),
            _ => None,
        }
    }

    fn csi(&mut self, mut bytes: [u8; MAX_PARAMETERS], have: usize, byte: u8) -> Option<Key> {
        match byte {
            0x1b => self.state = State::Escape,
            b'[' if have == 0 => self.state = State::Console,
            0x20..=0x3f => {
                if let Some(place) = bytes.get_mut(have) {
                    *place = byte;
                }
                let have = have.saturating_add(1);
                self.state = State::Csi { bytes, have };
            }
            0x40..=0x7e => return named(bytes.get(..have)?, byte),
            _ => {}
        }
        None
    }
}

fn control(byte: u8) -> Option<Key> {
    Some(match byte {
        0x01 => Key::Home,
        0x02 => Key::Left,
        0x03 => Key::Interrupt,
        0x04 => Key::EndOfFile,
        0x05 => Key::End,
        0x06 => Key::Right,
        0x08 => Key::Backspace,
        b'\t' => Key::Tab,
        b'\r' | b'\n' => Key::Enter,
        0x0b => Key::KillToEnd,
        0x0c => Key::Clear,
        0x0e => Key::Down,
        0x10 => Key::Up,
        0x14 => Key::Transpose,
        0x15 => Key::KillToStart,
        0x17 => Key::KillBack,
        0x19 => Key::Yank,
        _ => return None,
    })
}

/// A CSI with its parameters and last byte. `ESC [ 200 ~` and `201 ~` mark a paste and mean nothing
/// to us: what is between them comes as if typed.
fn named(parameters: &[u8], last: u8) -> Option<Key> {
    let mut parts = parameters.split(|byte| *byte == b';');
    let first = parts.next().unwrap_or_default();
    // xterm's modifiers: 3 Alt, 5 Control, and with Shift one more.
    let by_word = matches!(parts.next(), Some(b"3" | b"4" | b"5" | b"6"));
    if last != b'~' {
        return letter(last, by_word);
    }
    match first {
        b"1" | b"7" => Some(Key::Home),
        b"4" | b"8" => Some(Key::End),
        b"3" if by_word => Some(Key::KillWord),
        b"3" => Some(Key::Delete),
        _ => None,
    }
}

fn letter(last: u8, by_word: bool) -> Option<Key> {
    Some(match last {
        b'A' => Key::Up,
        b'B' => Key::Down,
        b'C' if by_word => Key::WordRight,
        b'D' if by_word => Key::WordLeft,
        b'C' => Key::Right,
        b'D' => Key::Left,
        b'H' => Key::Home,
        b'F' => Key::End,
        // rxvt's Control with an arrow.
        b'c' => Key::WordRight,
        b'd' => Key::WordLeft,
        _ => return None,
    })
}
