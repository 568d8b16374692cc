//! Which characters nobody sees, or that move what is around them: the one home of that knowledge. What is
//! done about them (refused, left out, written as a number) is for whoever asks. Knows nothing of ours.

use icu_properties::CodePointSetData;
use icu_properties::props::{BidiControl, DefaultIgnorableCodePoint};

/// Whether a character must not reach a terminal, a log or a list as it is:
///
/// - control characters (C0, DEL, C1), which drive a terminal;
/// - bidirectional controls, which reorder what is around them (CVE-2021-42574, "Trojan Source");
/// - separators of lines and paragraphs, which break a line where nobody did;
/// - what Unicode says is drawn as nothing (`Default_Ignorable_Code_Point`: joiners, fillers, variation
///   selectors, tags, and code points that are kept for more of them);
/// - what is drawn as an empty place without being a space.
pub fn is_unseen(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}')
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || CodePointSetData::new::<BidiControl>().contains(c)
        || is_blank(c)
}

/// Unicode has no property for these: the pattern without dots, marks of annotations, an empty note head, a
/// filler, and signs that are a gap.
fn is_blank(c: char) -> bool {
    matches!(c, '\u{2800}' | '\u{fff9}'..='\u{fffb}' | '\u{13441}' | '\u{13442}' | '\u{16fe4}' | '\u{1d159}')
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees() {
        let alone = [
            0x00, 0x1b, 0x7f, 0x9b, 0xad, 0x34f, 0x61c, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x180b, 0x180e,
            0x200b, 0x200f, 0x2028, 0x2029, 0x202e, 0x2060, 0x2066, 0x2800, 0x3164, 0xfe00, 0xfe0f, 0xfeff,
            0xffa0, 0xfff9, 0x1bca0, 0x1d159, 0x1d173, 0xe0001, 0xe007f,
        ];
        for number in alone.into_iter().chain(0xe0100..=0xe01ef) {
            assert!(is_unseen(char::from_u32(number).unwrap()), "U+{number:04X}");
        }
    }

    #[test]
    fn what_people_write_stays() {
        // Marks that combine are seen, and so are the spaces of every script.
        for c in "aZ09 ~ñÑáüß€ªº«»–—…日本語한글عربيעבריתไทย\u{301}\u{308}\u{a0}\u{3000}❤😀".chars()
        {
            assert!(!is_unseen(c), "U+{:04X}", u32::from(c));
        }
    }
}
