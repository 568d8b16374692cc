//! From a list's bytes to its text and its lines.

use super::wrong::{Wrong, usage};
use crate::app::error::Error;

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

/// The text without its byte order mark. NUL is in no text, but in every one that is UTF-16.
pub(super) fn decode(bytes: &[u8]) -> Result<&str, Error> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(bytes)
        && !text.contains('\0')
    {
        return Ok(text);
    }
    let mut wrong = Wrong::default();
    for (line, text) in lines(bytes) {
        if text.contains(&0) || std::str::from_utf8(text).is_err() {
            wrong.add(line, usage("error-row-encoding"));
        }
    }
    Err(wrong.error("error-list-encoding"))
}

/// Comma or semicolon, as the first line has it.
pub(super) fn delimiter(text: &str) -> u8 {
    let first = text.trim_start().lines().next().unwrap_or("");
    let count = |wanted| first.bytes().filter(|byte| *byte == wanted).count();
    if count(b';') > count(b',') { b';' } else { b',' }
}
