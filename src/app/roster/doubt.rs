//! What is odd about a list, though it may stand: letters that were lost, or that another encoding made of
//! others, columns that nobody reads. Bounded, whatever the list is.

use super::wrong::{NAMED, short};
use crate::app::reply::EnrolWarning;
use encoding_rs::{Encoding, MACINTOSH, WINDOWS_1252};
use unicode_normalization::char::is_combining_mark;

/// What is odd so far: the first in words, the others counted.
#[derive(Default)]
pub(super) struct Doubts {
    named: Vec<EnrolWarning>,
    more: usize,
}

impl Doubts {
    /// Looks at a field of any column.
    pub(super) fn look(&mut self, line: usize, field: &str) {
        if field.is_ascii() {
            return;
        }
        if let Some(meant) = meant(field) {
            let warning = EnrolWarning::at(line, "garbled", short(field.trim()));
            self.add(EnrolWarning { meant: Some(short(meant.trim())), ..warning });
        } else if field.contains(char::REPLACEMENT_CHARACTER) {
            self.add(EnrolWarning::at(line, "lost", short(field.trim())));
        }
    }

    /// Looks at a name, whose question marks were letters once.
    pub(super) fn name(&mut self, line: usize, name: &str) {
        if !name.contains(char::REPLACEMENT_CHARACTER) && meant(name).is_none() && !name.chars().all(in_names)
        {
            self.add(EnrolWarning::at(line, "lost", short(name)));
        }
    }

    /// An encoding that was guessed, and columns that nobody reads.
    pub(super) fn unread(&mut self, encoding: Option<&str>, columns: Vec<String>) {
        let warning = |what| move |name| EnrolWarning { what, line: None, name, meant: None };
        self.named.extend(encoding.map(str::to_owned).map(warning("encoding")));
        self.named.extend(columns.into_iter().map(warning("unknown-column")));
    }

    /// All of it.
    pub(super) fn warnings(mut self) -> Vec<EnrolWarning> {
        if self.more > 0 {
            let name = self.more.to_string();
            self.named.push(EnrolWarning { what: "more", line: None, name, meant: None });
        }
        self.named
    }

    fn add(&mut self, warning: EnrolWarning) {
        if self.named.len() < NAMED { self.named.push(warning) } else { self.more += 1 }
    }
}

/// Letters of any script, and what stands between them in names.
fn in_names(c: char) -> bool {
    c.is_alphanumeric() || c.is_whitespace() || is_combining_mark(c) || "-‐'’´`\".·ªº,()/".contains(c)
}

/// What a text was before somebody read its UTF-8 as something else: `JosÃ©` is `José`, and so is `Jos√©`.
fn meant(text: &str) -> Option<String> {
    [WINDOWS_1252, MACINTOSH].into_iter().find_map(|encoding| undone(text, encoding))
}

/// What is likely here: Latin letters, dashes and quotes. `L’Éric` is not Armenian in the letters of a Mac.
fn in_europe(c: char) -> bool {
    c < '\u{250}' || ('\u{2010}'..='\u{203a}').contains(&c)
}

/// Each run of other than ASCII that is UTF-8 when it is written in `encoding`, put right; none when there is none.
fn undone(text: &str, encoding: &'static Encoding) -> Option<String> {
    let (mut all, mut found, mut rest) = (String::new(), false, text);
    while let Some(begin) = rest.find(|c: char| !c.is_ascii()) {
        let (plain, run) = rest.split_at(begin);
        let (run, behind) = run.split_at(run.find(|c: char| c.is_ascii()).unwrap_or(run.len()));
        let (bytes, _, lacks) = encoding.encode(run);
        let right = std::str::from_utf8(&bytes).ok().filter(|right| !lacks && right.chars().all(in_europe));
        found |= right.is_some();
        all = all + plain + right.unwrap_or(run);
        rest = behind;
    }
    found.then(|| all + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_encoding_made_of_a_name_is_seen() {
        for (text, right) in [
            ("JosÃ©", "José"),
            ("IÃ±igo MuÃ±oz PeÃ±a", "Iñigo Muñoz Peña"),
            ("Jos√©", "José"),
            ("Nuria â€“ Gil", "Nuria – Gil"),
            ("Ã\u{a0} la Gil", "à la Gil"),
        ] {
            assert_eq!(meant(text).as_deref(), Some(right), "{text}");
        }
        for text in [
            "José",
            "Íñigo Núñez Peña",
            "M.ª José",
            "Łukasz",
            "王小明",
            "Ünal Çelik",
            "Àngels Güell i Llonç",
            "L’Àngel",
            "L’Éric",
            "São",
        ] {
            assert_eq!(meant(text), None, "{text}");
            assert!(text.chars().all(in_names), "{text}");
        }
        for text in ["Jos?", "N\u{fffd}ez", "Garc¡a"] {
            assert!(!text.chars().all(in_names), "{text}");
        }
    }

    #[test]
    fn a_whole_list_of_them_is_bounded() {
        let mut doubts = Doubts::default();
        (0..900).for_each(|line| doubts.look(line, "JosÃ©"));
        let warnings = doubts.warnings();
        assert_eq!(
            (warnings.len(), &*warnings[NAMED].name, warnings[NAMED].what),
            (NAMED + 1, "850", "more")
        );
    }
}
