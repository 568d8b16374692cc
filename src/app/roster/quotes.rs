//! The quotes that a list may have: round a whole field, doubled inside it, closed on the line that they open
//! on. The csv reader would take any others for text, or the rest of the file for one field: then people are
//! missing, and who is missing is archived.

use super::text::lines;
use super::wrong::{Wrong, usage};
use crate::app::error::Error;

/// An error that has every line whose quotes are others.
pub(super) fn check(text: &str, delimiter: u8) -> Result<(), Error> {
    let mut wrong = Wrong::default();
    for (line, text) in lines(text.as_bytes()) {
        if let Err(id) = record(text, delimiter) {
            wrong.add(line, usage(id));
        }
    }
    if wrong.count() == 0 { Ok(()) } else { Err(wrong.error("error-list-wrong")) }
}

fn record(mut line: &[u8], delimiter: u8) -> Result<(), &'static str> {
    while line.contains(&b'"') {
        match field(line, delimiter)? {
            Some(behind) => line = behind,
            None => break,
        }
    }
    Ok(())
}

/// Passes over a field: what is behind its separator, if that is there.
fn field(text: &[u8], delimiter: u8) -> Result<Option<&[u8]>, &'static str> {
    let begun = without_spaces(text);
    let Some(mut rest) = begun.strip_prefix(b"\"") else {
        let end = text.iter().position(|byte| *byte == delimiter);
        let (field, behind) = text.split_at(end.unwrap_or(text.len()));
        return match field.contains(&b'"') {
            true => Err("error-row-quote-inside"),
            false => Ok(behind.get(1..)),
        };
    };
    if begun.len() < text.len() {
        return Err("error-row-quote-space");
    }
    loop {
        let close = rest.iter().position(|byte| *byte == b'"').ok_or("error-row-quote-open")?;
        rest = &rest[close + 1..];
        match rest.strip_prefix(b"\"") {
            Some(behind) => rest = behind,
            None => break,
        }
    }
    match without_spaces(rest) {
        [] => Ok(None),
        [first, behind @ ..] if *first == delimiter => Ok(Some(behind)),
        _ => Err("error-row-quote-after"),
    }
}

fn without_spaces(text: &[u8]) -> &[u8] {
    let begin = text.iter().position(|byte| *byte != b' ').unwrap_or(text.len());
    &text[begin..]
}

#[cfg(test)]
mod tests {
    use super::record;

    #[test]
    fn quotes_are_round_a_field_and_on_its_line() {
        for (line, said) in [
            ("", Ok(())),
            ("a,b", Ok(())),
            ("\"a\",\"b;c\"", Ok(())),
            ("\"a\" ,\"\"", Ok(())),
            ("\"a\"\"b\"\"\",c", Ok(())),
            ("\"a,b\",\"\"\"c\"\"\"", Ok(())),
            ("a,\"b", Err("error-row-quote-open")),
            ("a,\"b\"\"", Err("error-row-quote-open")),
            ("a, \"b\"", Err("error-row-quote-space")),
            ("a,b \"c\" d", Err("error-row-quote-inside")),
            ("a,b\",c", Err("error-row-quote-inside")),
            ("\"a\"b,c", Err("error-row-quote-after")),
        ] {
            assert_eq!(record(line.as_bytes(), b','), said, "{line}");
        }
    }
}
