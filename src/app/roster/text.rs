//! From a list's bytes to its text: in UTF-8, in UTF-16 as Excel saves «Unicode text», or in the Windows code
//! page of Western Europe, which it saves as «CSV».

use super::wrong::{Wrong, usage};
use crate::app::error::Error;
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use std::borrow::Cow;

/// What may stand between fields; a first line that is in doubt has the first of them.
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// The text without its byte order mark, and the name of its encoding where that is not UTF-8.
pub(super) fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, Option<&'static str>), Error> {
    let (encoding, mark) = match Encoding::for_bom(bytes) {
        Some(found) => found,
        None if std::str::from_utf8(bytes).is_err() && !mixed(bytes) => (WINDOWS_1252, 0),
        None => (UTF_8, 0),
    };
    let text = encoding.decode_without_bom_handling_and_without_replacement(&bytes[mark..]);
    // NUL is in no text, but in what is UTF-16 without its mark.
    match text.filter(|text| !text.contains('\0')) {
        Some(text) => Ok((text, (encoding != UTF_8).then_some(encoding.name()))),
        None => Err(undecided(bytes)),
    }
}

/// Each line with its number from 1, counted as editors count.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let (mut rest, mut line) = (text, 0);
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
        let (this, behind) = rest.split_at(end);
        rest = &behind[if behind.starts_with(b"\r\n") { 2 } else { behind.len().min(1) }..];
        line += 1;
        Some((line, this))
    })
}

/// Whether a line is in UTF-8 that is more than ASCII: then the others are no code page, but broken.
fn mixed(bytes: &[u8]) -> bool {
    lines(bytes).any(|(_, line)| !line.is_ascii() && std::str::from_utf8(line).is_ok())
}

/// Names the lines that are in no encoding that there is.
fn undecided(bytes: &[u8]) -> Error {
    let mut wrong = Wrong::default();
    for (line, text) in lines(bytes) {
        if text.contains(&0) || std::str::from_utf8(text).is_err() {
            wrong.add(line, usage("error-row-encoding"));
        }
    }
    wrong.error("error-list-encoding")
}

/// What separates fields, and whether the first line says only that (`sep=;`, for Excel). Otherwise it is what the
/// first line has most of, outside quotes.
pub(super) fn separator(text: &str) -> (u8, bool) {
    let first = lines(text.as_bytes()).map(|(_, line)| line).find(|line| !line.trim_ascii().is_empty());
    let first = first.unwrap_or_default();
    if let [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', said] = *first
        && (said == b'\t' || said == b'|' || SEPARATORS.contains(&said))
    {
        return (said, true);
    }
    let (mut quoted, mut counts) = (false, [0; SEPARATORS.len()]);
    for byte in first {
        quoted ^= *byte == b'"';
        if let Some(at) = SEPARATORS.iter().position(|separator| separator == byte).filter(|_| !quoted) {
            counts[at] += 1;
        }
    }
    let most = counts.into_iter().max().unwrap_or(0);
    let at = counts.iter().position(|count| *count == most).unwrap_or(0);
    (SEPARATORS[at], false)
}

#[cfg(test)]
mod tests {
    use super::separator;

    #[test]
    fn the_first_line_says_what_separates() {
        for (text, expected) in [
            ("", (b',', false)),
            ("a\n", (b',', false)),
            ("\r\na;b\r\nc,d,e", (b';', false)),
            ("a\tb\tc,d\n", (b'\t', false)),
            ("\"a;b;c\",d\n", (b',', false)),
            ("sep=;\r\na,b", (b';', true)),
            ("SEP=|\na,b", (b'|', true)),
            ("sep=x\na,b", (b',', false)),
        ] {
            assert_eq!(separator(text), expected, "{text:?}");
        }
    }
}
