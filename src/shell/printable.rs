//! Text that came from somebody, made safe to show: no byte of it can move a cursor, ring a bell or
//! turn a line around. It knows no terminal.

use puerta_unseen::is_unseen;
use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character may reach a terminal as it is.
pub fn is_printable(c: char) -> bool {
    !is_unseen(c)
}

/// The text with every character that is not printable written as `\n`, `\t`, `\x1b` or `\u{202e}`.
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_printable) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            c if is_printable(c) => safe.push(c),
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            '\t' => safe.push_str("\\t"),
            // Writing to a String does not fail.
            c if (c as u32) < 0x100 => _ = write!(safe, "\\x{:02x}", c as u32),
            c => _ = write!(safe, "\\u{{{:x}}}", c as u32),
        }
    }
    Cow::Owned(safe)
}

/// The same for a JSON document: such characters stand only inside its strings, where `\uXXXX`
/// means the same.
pub fn printable_json(document: &str) -> String {
    let mut safe = String::with_capacity(document.len());
    for c in document.chars() {
        if is_printable(c) {
            safe.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                _ = write!(safe, "\\u{unit:04x}");
            }
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_drives_a_terminal_comes_through() {
        assert_eq!(printable("año 2026 – 日本"), "año 2026 – 日本");
        assert_eq!(printable("\x1b[2J\x07"), "\\x1b[2J\\x07");
        assert_eq!(printable("a\u{9b}31mb\u{7f}\r\n"), "a\\x9b31mb\\x7f\\r\\n");
        assert_eq!(printable("abc\u{202e}txt"), "abc\\u{202e}txt");
        assert_eq!(printable("a\u{ad}\u{2800}\u{e01ef}"), "a\\xad\\u{2800}\\u{e01ef}");
        assert_eq!(printable_json("\"\u{202e}\u{7f}ñ\""), "\"\\u202e\\u007fñ\"");
    }
}
