//! Reads typed values out of a TOML document and remembers every complaint with its line.

use std::collections::HashSet;
use std::fmt;
use std::ops::Range;
use std::time::Duration;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Keys that there were, and what became of them.
const GONE: [(&str, &str); 1] =
    [("stall_limit_s", "nothing is closed for being slow any more, so take this line out")];

/// One thing wrong with the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// Line, from 1; `None` when it is about the whole file.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
}

impl ConfigError {
    pub(super) fn whole(message: String) -> Self {
        Self { line: None, message }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

pub(super) struct Reader<'a> {
    text: &'a str,
    root: Spanned<DeTable<'a>>,
    known: HashSet<(String, String)>,
    blamed: HashSet<(String, String)>,
    errors: Vec<ConfigError>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let (root, errors) = DeTable::parse_recoverable(text);
        let mut reader =
            Self { text, root, known: HashSet::new(), blamed: HashSet::new(), errors: Vec::new() };
        for error in errors {
            let line = error.span().map(|span| reader.line(&span));
            reader.errors.push(ConfigError { line, message: error.message().to_owned() });
        }
        reader
    }

    fn line(&self, span: &Range<usize>) -> usize {
        let before = self.text.as_bytes().iter().take(span.start);
        1 + before.filter(|byte| **byte == b'\n').count()
    }

    fn find(&self, table: &str, key: &str) -> Option<&Spanned<DeValue<'a>>> {
        let root = self.root.get_ref();
        if table.is_empty() {
            return root.get(key);
        }
        root.get(table)?.get_ref().get(key)
    }

    fn name(table: &str, key: &str) -> String {
        if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") }
    }

    /// Complains about a key's value, as it was written.
    pub(super) fn wrong(&mut self, table: &str, key: &str, what: &str) {
        self.blamed.insert((table.to_owned(), key.to_owned()));
        let line = self.find(table, key).map(|value| self.line(&value.span()));
        let name = Self::name(table, key);
        let written = self.written(table, key).map(|text| format!(" = {text}")).unwrap_or_default();
        self.errors.push(ConfigError { line, message: format!("`{name}{written}` {what}") });
    }

    /// Complains about values that do not go together: on the line of the first of the keys that somebody wrote. One
    /// that was complained about is not what they meant, and says nothing about the others.
    pub(super) fn clash(&mut self, keys: &[(&str, &str)], message: String) {
        if keys.iter().any(|(table, key)| self.blamed.contains(&((*table).to_owned(), (*key).to_owned()))) {
            return;
        }
        let written = keys.iter().find_map(|(table, key)| self.find(table, key));
        let line = written.map(|value| self.line(&value.span()));
        self.errors.push(ConfigError { line, message });
    }

    /// A value as it stands in the file: the beginning of its first line.
    fn written(&self, table: &str, key: &str) -> Option<String> {
        const MOST: usize = 60;
        let text = self.text.get(self.find(table, key)?.span())?;
        let shown: String = text.chars().take_while(|c| !c.is_control()).take(MOST).collect();
        Some(if shown.len() < text.len() { shown + "…" } else { shown })
    }

    /// Where else a key of that name is known.
    fn elsewhere(&self, key: &str) -> Option<String> {
        if let Some((_, why)) = GONE.iter().find(|(gone, _)| *gone == key) {
            return Some(format!(": {why}"));
        }
        let mut tables: Vec<_> =
            self.known.iter().filter(|(_, known)| known == key).map(|(table, _)| table).collect();
        tables.sort_unstable();
        Some(match tables.first()?.as_str() {
            "" => ": it stands before the first section".to_owned(),
            table => format!(": it stands in `[{table}]`"),
        })
    }

    /// The value, converted, or `None` when it is absent or (complained about) of another type.
    fn value<T>(
        &mut self,
        table: &str,
        key: &str,
        expected: &str,
        convert: impl Fn(&DeValue<'a>) -> Option<T>,
    ) -> Option<T> {
        self.known.insert((table.to_owned(), key.to_owned()));
        let value = convert(self.find(table, key)?.get_ref());
        if value.is_none() {
            self.wrong(table, key, &format!("must be {expected}"));
        }
        value
    }

    pub(super) fn optional(&mut self, table: &str, key: &str) -> Option<String> {
        self.value(table, key, "a text", |value| value.as_str().map(str::to_owned))
    }

    pub(super) fn string(&mut self, table: &str, key: &str, default: &str) -> String {
        self.optional(table, key).unwrap_or_else(|| default.to_owned())
    }

    pub(super) fn required(&mut self, table: &str, key: &str, why: &str) -> String {
        if self.find(table, key).is_none() {
            self.known.insert((table.to_owned(), key.to_owned()));
            let message = format!("`{}` is missing: {why}", Self::name(table, key));
            let line = self.root.get_ref().get(table).map(|value| self.line(&value.span()));
            self.errors.push(ConfigError { line, message });
        }
        self.string(table, key, "")
    }

    pub(super) fn strings(&mut self, table: &str, key: &str, default: &[&str]) -> Vec<String> {
        self.value(table, key, "a list of texts", |value| {
            let list = value.as_array()?.iter();
            list.map(|item| item.get_ref().as_str().map(str::to_owned)).collect()
        })
        .unwrap_or_else(|| default.iter().map(|text| (*text).to_owned()).collect())
    }

    pub(super) fn boolean(&mut self, table: &str, key: &str, default: bool) -> bool {
        self.value(table, key, "true or false", DeValue::as_bool).unwrap_or(default)
    }

    pub(super) fn integer(&mut self, table: &str, key: &str, default: u64, low: u64, high: u64) -> u64 {
        let expected = format!("a whole number from {low} to {high}");
        self.value(table, key, &expected, |value| {
            let number = value.as_integer()?;
            let number = u64::from_str_radix(number.as_str(), number.radix()).ok()?;
            (low..=high).contains(&number).then_some(number)
        })
        .unwrap_or(default)
    }

    pub(super) fn seconds(&mut self, table: &str, key: &str, default: u64, low: u64, high: u64) -> Duration {
        Duration::from_secs(self.integer(table, key, default, low, high))
    }

    /// Complains about keys nobody asked for, and gives all complaints in line order.
    pub(super) fn finish(mut self) -> Result<(), Vec<ConfigError>> {
        let mut unknown = Vec::new();
        let tables: HashSet<&str> = self.known.iter().map(|(table, _)| table.as_str()).collect();
        for (key, value) in self.root.get_ref() {
            let name = key.get_ref().as_ref();
            match value.get_ref().as_table() {
                Some(table) if tables.contains(name) => {
                    for (inner, _) in table {
                        if !self.known.contains(&(name.to_owned(), inner.get_ref().to_string())) {
                            let hint = self.elsewhere(inner.get_ref()).unwrap_or_default();
                            unknown.push((
                                format!("`{}`{hint}", Self::name(name, inner.get_ref())),
                                inner.span(),
                            ));
                        }
                    }
                }
                None if self.known.contains(&(String::new(), name.to_owned())) => {}
                None if tables.contains(name) => {
                    unknown.push((format!("`{name}`: it is a section, `[{name}]`"), key.span()));
                }
                None => {
                    let hint = self.elsewhere(name).unwrap_or_default();
                    unknown.push((format!("`{name}`{hint}"), key.span()));
                }
                Some(_) => unknown.push((format!("`{name}`"), key.span())),
            }
        }
        for (name, span) in unknown {
            let line = Some(self.line(&span));
            self.errors.push(ConfigError { line, message: format!("unknown key {name}") });
        }
        self.errors.sort_by_key(|error| error.line);
        if self.errors.is_empty() { Ok(()) } else { Err(self.errors) }
    }
}
