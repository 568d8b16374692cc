//! The list of a course's people as Moodle exports it: from bytes to rows, or to every line that is
//! wrong. Pure: it knows no store and no clock, and what it says is bounded whatever it reads.

use super::columns::Columns;
use super::doubt::Doubts;
use super::wrong::{Wrong, short, usage};
use super::{login, quotes, text};
use crate::app::command::Column;
use crate::app::error::Error;
use crate::app::reply::EnrolWarning;
use csv::{ReaderBuilder, StringRecord};
use puerta_lab::names::{CampusName, Login};
use puerta_lab::plan::SeatNumber;
use puerta_unseen::is_unseen;
use std::collections::HashMap;
use unicode_normalization::UnicodeNormalization as _;

/// One person of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// The line where their row begins, from 1.
    pub(super) line: usize,
    /// What they log in with.
    pub(super) login: Login,
    /// What the campus calls them, where that is another name.
    pub(super) campus: Option<CampusName>,
    /// First and last name.
    pub(super) name: String,
    /// Where to write to them.
    pub(super) email: String,
    /// Their group; `None` when the list has no such column.
    pub(super) group: Option<String>,
    /// Their number at the school; `None` when the list has no such column.
    pub(super) idnumber: Option<String>,
}

/// A list that is good from its first line to its last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct List {
    /// Its people, at least one, as they stand.
    pub(super) rows: Vec<Row>,
    /// What is odd about it, though it is taken.
    pub(super) warnings: Vec<EnrolWarning>,
}

/// Reads a list. The error has a detail for each wrong line; of those after the first fifty one for all.
pub(super) fn parse(bytes: &[u8], maps: &[(String, Column)]) -> Result<List, Error> {
    let (text, encoding) = text::decode(bytes)?;
    // One form of Unicode for all: what two programs write differently is the same name.
    let text: String = text.nfc().collect();
    let (delimiter, mut named) = text::separator(&text);
    quotes::check(&text, delimiter)?;
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut columns: Option<Columns> = None;
    let mut people = People::default();
    let mut record = StringRecord::new();
    // A field ends on its line: each line that has something is a record. The reader passes over the others.
    for (line, _) in text::lines(text.as_bytes()).filter(|(_, text)| !text.is_empty()) {
        // The text is UTF-8 and is in memory: there is no other failure.
        if !reader.read_record(&mut record).map_err(|error| Error::internal(&error))? {
            break;
        }
        if record.iter().all(|field| field.trim().is_empty()) {
            // A spreadsheet saves rows that are no more as separators.
            continue;
        }
        if std::mem::take(&mut named) {
            // `sep=;` was read already.
            continue;
        }
        match &columns {
            None => columns = Some(Columns::read(&record, maps)?),
            Some(columns) => people.row(line, columns, &record),
        }
    }
    let Some(columns) = columns else { return Err(usage("error-list-empty")) };
    people.doubts.unread(encoding, columns.unknown());
    people.finish()
}

/// The rows so far, and what is wrong with them.
#[derive(Default)]
struct People {
    rows: Vec<Row>,
    /// The line of each login, and how it was written there.
    seen: HashMap<Login, (usize, String)>,
    wrong: Wrong,
    doubts: Doubts,
}

impl People {
    fn row(&mut self, line: usize, columns: &Columns, record: &StringRecord) {
        let before = self.wrong.count();
        if record.iter().skip(columns.fields()).any(|field| !field.trim().is_empty()) {
            let error = usage("error-row-fields").with("fields", record.len());
            self.wrong.add(line, error.with("columns", columns.fields()));
            return;
        }
        for column in Column::ALL {
            let unfit = columns.value(record, column).and_then(|value| unfit(column, value));
            if let Some(error) = unfit {
                self.wrong.add(line, error.with("column", columns.heading(column)));
            }
        }
        for field in record {
            self.doubts.look(line, field);
        }
        let value = |column| columns.value(record, column).unwrap_or("");
        self.doubts.name(line, value(Column::Firstname));
        self.doubts.name(line, value(Column::Lastname));
        let (login, campus) = match login::login(value(Column::Username)) {
            Ok(read) => read,
            Err(rule) => {
                // What is missing or too long was said.
                if self.wrong.count() == before {
                    self.wrong.add(line, Error::from(rule).with("value", short(value(Column::Username))));
                }
                return;
            }
        };
        if !self.first(line, &login, value(Column::Username)) {
            return;
        }
        // What is refused is not kept.
        if self.wrong.count() == 0 {
            let owned = |column| columns.value(record, column).map(str::to_owned);
            let name = format!("{} {}", value(Column::Firstname), value(Column::Lastname));
            let (email, group, idnumber) =
                (value(Column::Email).to_owned(), owned(Column::Group), owned(Column::Idnumber));
            self.rows.push(Row { line, login, campus, name, email, group, idnumber });
        }
    }

    /// Whether a login is there for the first time.
    fn first(&mut self, line: usize, login: &Login, written: &str) -> bool {
        let Some((first, as_written)) = self.seen.get(login) else {
            self.seen.insert(login.clone(), (line, written.to_owned()));
            return true;
        };
        let id = if as_written == written { "error-row-twice" } else { "error-row-one-login" };
        let error = usage(id).with("value", short(written)).with("first", first);
        let error = error.with("other", short(as_written)).with("login", login);
        self.wrong.add(line, error);
        false
    }

    fn finish(self) -> Result<List, Error> {
        if self.seen.len() > usize::from(SeatNumber::MAX) {
            let error = usage("error-list-many").with("people", self.seen.len());
            return Err(error.with("max", SeatNumber::MAX));
        }
        if self.wrong.count() == 0 {
            let (rows, warnings) = (self.rows, self.doubts.warnings());
            return if rows.is_empty() {
                Err(usage("error-list-empty"))
            } else {
                Ok(List { rows, warnings })
            };
        }
        Err(self.wrong.error("error-list-wrong"))
    }
}

/// Longest value of each, characters; a login's own rule is shorter.
fn longest(column: Column) -> usize {
    match column {
        Column::Email => 254,
        Column::Idnumber => 255,
        _ => 100,
    }
}

/// What is wrong with a value, whatever its row.
fn unfit(column: Column, value: &str) -> Option<Error> {
    if value.is_empty() {
        let required = (column as usize) < Column::REQUIRED;
        return required.then(|| usage("error-row-missing"));
    }
    if value.chars().any(is_unseen) {
        return Some(usage("error-row-characters"));
    }
    let longest = longest(column);
    if value.chars().count() > longest {
        return Some(usage("error-row-long").with("max", longest));
    }
    let wrong = column == Column::Email && !is_address(value);
    wrong.then(|| usage("error-row-email").with("value", short(value)))
}

/// A value that somebody types by itself, in one form of Unicode; it may be empty.
pub(in crate::app) fn fit(column: Column, text: &str) -> Result<String, Error> {
    let value: String = text.trim().nfc().collect();
    match unfit(column, &value).filter(|_| !value.is_empty()) {
        Some(error) => Err(error.with("column", column.as_str())),
        None => Ok(value),
    }
}

/// Whether mail could go there: something, one `@`, and a domain with a dot.
fn is_address(text: &str) -> bool {
    let Some((name, domain)) = text.split_once('@') else { return false };
    let is_label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    let is_name = !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || "<>(),;:\\\"".contains(c));
    is_name && domain.contains('.') && domain.split('.').all(is_label)
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
