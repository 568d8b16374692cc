//! What Tab does with the words that could stand here: the part that all have in common is put in;
//! when that is nothing new, they are listed.

use crate::shell::printable::is_printable;
use unicode_width::UnicodeWidthStr as _;

/// More choices than this are not listed.
const MAX: usize = 200;

/// What Tab does.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Completion {
    /// To be put in at the cursor.
    pub(super) insert: String,
    /// To be listed.
    pub(super) choices: Vec<String>,
}

/// `before` is the text before the cursor, `candidates` what its last word may become.
pub(super) fn complete(before: &str, candidates: Vec<String>) -> Completion {
    let word = before.rsplit(char::is_whitespace).next().unwrap_or("");
    let mut choices: Vec<String> = candidates
        .into_iter()
        .filter(|choice| choice.starts_with(word) && choice.chars().all(is_printable))
        .collect();
    choices.sort();
    choices.dedup();
    let Some(first) = choices.first() else {
        return Completion::default();
    };
    let common = choices.iter().fold(first.as_str(), |common, choice| {
        let same = common.chars().zip(choice.chars()).take_while(|(a, b)| a == b);
        &common[..same.map(|(c, _)| c.len_utf8()).sum()]
    });
    let mut insert = common[word.len()..].to_owned();
    if choices.len() == 1 {
        insert.push(' ');
    }
    if !insert.is_empty() {
        choices.clear();
    }
    choices.truncate(MAX);
    Completion { insert, choices }
}

/// The choices in as many columns as fit, each row ended by CR LF.
pub(super) fn rows(choices: &[String], width: usize) -> String {
    let widest = choices.iter().map(|choice| choice.width()).max();
    let column = widest.unwrap_or(0) + 2;
    let mut rows = String::new();
    for row in choices.chunks((width / column).max(1)) {
        let mut line = String::new();
        for choice in row {
            line.push_str(choice);
            line.push_str(&" ".repeat(column - choice.width()));
        }
        rows.push_str(line.trim_end());
        rows.push_str("\r\n");
    }
    rows
}
