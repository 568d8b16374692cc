//! What a machine said, fit for somebody else's terminal. A machine is its owner's, and what it says
//! may be made to turn against whoever looks on: to make their terminal answer (which types into
//! their session), to set its title or clipboard, to switch on a mouse that types. So only what is
//! known to be harmless comes through: text, movement, colours, erasing, scrolling. Pure.

use crate::shell::printable::is_printable;

/// Puts a terminal back as it was: usual screen, margins, cursor, letters, colours; on a new line. The
/// cursor stays where it is: `?1049l` would bring back one that was never saved, and margins send it home.
pub const AFTER: &str = "\x1b[?1047l\x1b7\x1b[r\x1b8\x1b[?25h\x1b[?7h\x1b[4l\x1b(B\x1b[0m\r\n";

/// Parameters of a sequence that are kept; a longer one is dropped whole.
const PARAMETERS: usize = 48;
/// Largest number in one: nobody's terminal repeats a character a million times.
const LARGEST: u32 = 9999;
/// A string sequence that is longer has lost its end.
const STRING: usize = 4096;
/// Final characters of sequences without a prefix that come through: movement, erasing, inserting
/// and deleting, scrolling, colours, margins, tab stops, saving the cursor.
const FINALS: &str = "@ABCDEFGHIJKLMPSTXZ`abdefgmrsu";
/// Private modes that come through: wrapping, the cursor, the other screen.
const MODES: [&str; 7] = ["7", "12", "25", "47", "1047", "1048", "1049"];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    Ground,
    Escape,
    /// `ESC (` and its like: the next character names letters.
    Letters(char),
    Csi,
    /// An OSC, DCS, APC, PM or SOS: so many characters of it have gone by.
    Text(usize),
    /// An ESC inside one.
    TextEscape(usize),
}

/// The filter; sequences may be cut anywhere between two calls.
#[derive(Debug, Default)]
pub struct Tame {
    state: State,
    sequence: String,
}

impl Tame {
    /// What of the text may be shown.
    pub fn feed(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            self.state = self.next(c, &mut out);
        }
        out
    }

    fn next(&mut self, c: char, out: &mut String) -> State {
        match (self.state, c) {
            // CAN and SUB end everything.
            (_, '\x18' | '\x1a') => State::Ground,
            (State::Text(_) | State::TextEscape(_), '\x07' | '\u{9c}') => State::Ground,
            (State::TextEscape(_), '\\') => State::Ground,
            (State::Text(n) | State::TextEscape(n), _) if n >= STRING => State::Ground,
            (State::Text(n) | State::TextEscape(n), '\x1b') => State::TextEscape(n + 1),
            (State::Text(n) | State::TextEscape(n), _) => State::Text(n + 1),
            (_, '\x1b') => State::Escape,
            (_, '\u{9b}') => self.csi(),
            (_, '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}') => State::Text(0),
            (State::Ground, c) => ground(c, out),
            (State::Escape, '[') => self.csi(),
            (State::Escape, 'P' | 'X' | ']' | '^' | '_') => State::Text(0),
            (State::Escape, '(' | ')') => State::Letters(c),
            // Other sequences of several characters: those between are swallowed.
            (State::Escape, ' '..='/') => State::Letters('\0'),
            (State::Escape, c) => escape(c, out),
            (State::Letters(_), ' '..='/') => State::Letters('\0'),
            (State::Letters(kind), c) => letters(kind, c, out),
            (State::Csi, ' '..='?') => {
                if self.sequence.len() <= PARAMETERS {
                    self.sequence.push(c);
                }
                State::Csi
            }
            (State::Csi, '@'..='~') => {
                if harmless(&self.sequence, c) {
                    out.push_str("\x1b[");
                    out.push_str(&self.sequence);
                    out.push(c);
                }
                State::Ground
            }
            // Controls inside a sequence act at once on a real terminal.
            (State::Csi, c) if c < ' ' => {
                ground(c, out);
                State::Csi
            }
            (State::Csi, c) => ground(c, out),
        }
    }

    fn csi(&mut self) -> State {
        self.sequence.clear();
        State::Csi
    }
}

fn ground(c: char, out: &mut String) -> State {
    if is_printable(c) || matches!(c, '\r' | '\n' | '\x08' | '\t') {
        out.push(c);
    }
    State::Ground
}

/// ESC and one character: saving the cursor, lines up and down, a tab stop.
fn escape(c: char, out: &mut String) -> State {
    if "78DEHM".contains(c) {
        out.extend(['\x1b', c]);
    }
    State::Ground
}

/// Latin letters or the boxes that old programs draw with.
fn letters(kind: char, c: char, out: &mut String) -> State {
    if kind != '\0' && "0AB".contains(c) {
        out.extend(['\x1b', kind, c]);
    }
    State::Ground
}

fn harmless(parameters: &str, last: char) -> bool {
    if parameters.len() > PARAMETERS {
        return false;
    }
    if let Some(modes) = parameters.strip_prefix('?') {
        return "hl".contains(last) && modes.split(';').all(|mode| MODES.contains(&mode));
    }
    if "hl".contains(last) {
        // Inserting instead of replacing.
        return parameters == "4";
    }
    let separators = |c| c == ';' || (c == ':' && last == 'm');
    let small = |number: &str| number.is_empty() || number.parse::<u32>().is_ok_and(|n| n <= LARGEST);
    FINALS.contains(last) && parameters.split(separators).all(small)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In, and what comes through.
    const TABLE: &[(&str, &str)] = &[
        ("año 日本 €\r\n\tx\x08y", "año 日本 €\r\n\tx\x08y"),
        ("a\x07b\0c\x05d\x0be\x0cf\x0eg\x7fh", "abcdefgh"),
        ("\x1b[1;31mred\x1b[0m\x1b[38:2::1:2:3mx", "\x1b[1;31mred\x1b[0m\x1b[38:2::1:2:3mx"),
        (
            "\x1b[2J\x1b[H\x1b[10;20H\x1b[3A\x1b[K\x1b[2;20r",
            "\x1b[2J\x1b[H\x1b[10;20H\x1b[3A\x1b[K\x1b[2;20r",
        ),
        ("\x1b[?1049h\x1b[?25l\x1b[?7;25h", "\x1b[?1049h\x1b[?25l\x1b[?7;25h"),
        ("\x1b7\x1b8\x1bM\x1b(0lqk\x1b(B", "\x1b7\x1b8\x1bM\x1b(0lqk\x1b(B"),
        // Title, clipboard, a link, notifications.
        ("a\x1b]0;title\x07b\x1b]52;c;cm0=\x1b\\c\x1b]8;;http://x\x1b\\d", "abcd"),
        ("\x1b]9;hola\u{9c}x", "x"),
        // DCS (also questions), APC, PM, SOS, and their one-character forms.
        ("\x1bP$q\"p\x1b\\a\x1b_x\x1b\\b\x1b^y\x1b\\c\x1bXz\x1b\\d", "abcd"),
        ("\u{90}q\u{9c}a\u{9d}0;t\u{9c}b\u{9e}x\u{9c}c\u{9f}x\u{9c}d\u{98}x\u{9c}e", "abcde"),
        // What a terminal answers to: status, who are you, window, modes, settings, version.
        ("\x1b[6n\x1b[5n\x1b[?6n\x1b[c\x1b[>c\x1b[=c\x1b[0c\x1bZ\x05", ""),
        ("\x1b[14t\x1b[21t\x1b[8;50;100t\x1b[?1$p\x1b[4$p\x1b[>q\x1b[x\x1b[1*y\x1b[?u", ""),
        // What makes a keyboard or a mouse type something else.
        (
            "\x1b[?1000h\x1b[?1006h\x1b[?1004h\x1b[?2004h\x1b[?1h\x1b=\x1b>\x1b[>4;1m\x1b[>1u\x1b[=1u\x1b[2h\x1b[20h",
            "",
        ),
        // Among harmless modes one that is not.
        ("\x1b[?25;1000h", ""),
        ("\x1bc\x1b[!p\x1b#8\x1b%G\x1b[2 q\x1b[5i", ""),
        // One-character CSI is a CSI, and comes out as the usual one.
        ("\u{9b}31mx\u{9b}6n", "\x1b[31mx"),
        // Cut short, started again, cancelled.
        ("\x1b[31\x1b[32mx", "\x1b[32mx"),
        ("\x1b]0;a\x18b\x1b[3\x1ac", "bc"),
        ("\x1b\x1b]0;a\x07b", "b"),
        ("\x1b[3\n1mx", "\n\x1b[31mx"),
        ("\x1b[99999A\x1b[4294967297b\x1b[9999A", "\x1b[9999A"),
        // Text that turns itself around (CVE-2021-42574).
        ("a\u{202e}b\u{200b}c", "abc"),
    ];

    #[test]
    fn what_comes_through() {
        for (input, output) in TABLE {
            assert_eq!(Tame::default().feed(input), *output, "{input:?}");
        }
    }

    #[test]
    fn a_sequence_may_be_cut_anywhere() {
        for (input, output) in TABLE {
            let mut tame = Tame::default();
            let pieces: String = input.chars().map(|c| tame.feed(c.encode_utf8(&mut [0; 4]))).collect();
            assert_eq!(pieces, *output, "{input:?}");
        }
    }

    #[test]
    fn nothing_grows_and_a_lost_end_does_not_hide_the_rest_for_ever() {
        let mut tame = Tame::default();
        assert_eq!(tame.feed(&format!("\x1b[{}mx", "1;".repeat(100_000))), "x");
        assert!(tame.sequence.len() <= PARAMETERS + 1);
        let text = tame.feed(&format!("\x1b]0;{}seen", "x".repeat(STRING)));
        assert!(text.ends_with("seen"), "{text}");
    }

    proptest::proptest! {
        /// Whatever goes in, what comes out goes through once more unchanged.
        #[test]
        fn what_came_through_is_harmless(text in "[\\x00-\\xff]{0,60}", more in "(\\x1b[\\[\\]P(?]?[0-9;?>]{0,4}[a-zA-Z]?){0,20}") {
            let once = Tame::default().feed(&(text + &more));
            proptest::prop_assert_eq!(&Tame::default().feed(&once), &once);
        }
    }
}
