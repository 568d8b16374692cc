//! Text from outside on its way into the log. This is the one place where it is bounded, and where
//! what could move a terminal's cursor or hide text becomes visible: `<U+001B>`.
//!
//! JSON would escape C0 in the file, but whoever parses a line and prints a field gets the raw
//! character back; and JSON leaves C1 and the bidirectional controls alone altogether.

use std::borrow::Cow;
use std::fmt::Write as _;

use puerta_unseen::is_unseen;
use serde_json::{Map, Value};

/// Longest name (login, machine, connection, policy), in bytes.
pub(super) const NAME: usize = 128;
/// Longest other text, in bytes.
pub(super) const TEXT: usize = 512;
/// All of `detail` together as JSON, in bytes: with it every line stays under `chain::MAX_LINE`.
const DETAIL: usize = 8 * 1024;
/// Elements of one list or object.
const ELEMENTS: usize = 64;
/// Lists in lists.
const DEPTH: usize = 4;

/// `text` in at most `max` bytes and a mark that says how many bytes of it are missing.
pub(super) fn text(text: &str, max: usize) -> Cow<'_, str> {
    if text.len() <= max && !text.chars().any(is_unseen) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(max.min(text.len() * 2) + 32);
    for (at, c) in text.char_indices() {
        let before = clean.len();
        if is_unseen(c) {
            let _ = write!(clean, "<U+{:04X}>", u32::from(c));
        } else {
            clean.push(c);
        }
        if clean.len() > max {
            clean.truncate(before);
            let _ = write!(clean, "…(+{} bytes)", text.len() - at);
            break;
        }
    }
    Cow::Owned(clean)
}

/// The details that fit, in order; `left_out` counts the others.
pub(super) fn detail(detail: &Map<String, Value>) -> Map<String, Value> {
    let mut kept = Map::new();
    let mut room = DETAIL;
    let mut left_out = 0u64;
    for (key, value) in detail {
        let (key, value) = (text(key, NAME), clean(value, DEPTH));
        // Quotes, colon, comma; a key's own quotes and backslashes double.
        let size = key.len() * 2 + 4 + value.to_string().len();
        if size > room {
            left_out += 1;
        } else {
            room -= size;
            kept.insert(key.into_owned(), value);
        }
    }
    if left_out > 0 {
        kept.insert("left_out".to_owned(), left_out.into());
    }
    kept
}

fn clean(value: &Value, depth: usize) -> Value {
    match value {
        Value::String(string) => Value::String(text(string, TEXT).into_owned()),
        Value::Array(_) | Value::Object(_) if depth == 0 => Value::String("…".to_owned()),
        Value::Array(list) => {
            let mut kept: Vec<Value> =
                list.iter().take(ELEMENTS).map(|value| clean(value, depth - 1)).collect();
            if list.len() > ELEMENTS {
                kept.push(Value::String(format!("…(+{})", list.len() - ELEMENTS)));
            }
            Value::Array(kept)
        }
        Value::Object(map) => Value::Object(
            map.iter()
                .take(ELEMENTS)
                .map(|(key, value)| (text(key, NAME).into_owned(), clean(value, depth - 1)))
                .collect(),
        ),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_harmless_is_left_alone() {
        for same in ["", "alumno1", "ñ € 名 \"quoted\" \\ <U+001B>", &"x".repeat(TEXT)] {
            assert!(matches!(text(same, TEXT), Cow::Borrowed(text) if text == same));
        }
    }

    #[test]
    fn controls_become_visible() {
        assert_eq!(text("a\u{1b}[2J\r\n\0", TEXT), "a<U+001B>[2J<U+000D><U+000A><U+0000>");
        assert_eq!(
            text("\u{7f}\u{9b}\u{202e}\u{2066}\u{200b}", TEXT),
            "<U+007F><U+009B><U+202E><U+2066><U+200B>"
        );
        assert_eq!(text("a\u{ad}b\u{2800}\u{e0100}", TEXT), "a<U+00AD>b<U+2800><U+E0100>");
    }

    #[test]
    fn long_text_is_cut_between_characters_and_says_so() {
        let cut = text(&"ñ".repeat(1000), 511).into_owned();
        assert_eq!(cut, format!("{}…(+1490 bytes)", "ñ".repeat(255)));
        let megabyte = "\0".repeat(1 << 20);
        let cut = text(&megabyte, TEXT);
        assert!(cut.len() < TEXT + 32, "{}", cut.len());
    }

    #[test]
    fn details_are_bounded_as_a_whole() {
        let mut deep = json!("x");
        for _ in 0..100 {
            deep = json!([deep]);
        }
        let mut map = Map::new();
        map.insert("bytes_in".into(), json!(7));
        map.insert("deep".into(), deep);
        map.insert("words".into(), json!(vec!["\"".repeat(1000); 1000]));
        for n in 0..1000 {
            map.insert(format!("key{n}"), json!("\\\u{1b}".repeat(1000)));
        }
        let kept = detail(&map);
        assert_eq!(kept["bytes_in"], 7);
        assert_eq!(kept["deep"].to_string(), "[[[[\"…\"]]]]");
        assert!(kept["left_out"].as_u64().is_some_and(|n| n > 900), "{}", kept["left_out"]);
        assert!(Value::Object(kept).to_string().len() < DETAIL + 64);
    }
}
