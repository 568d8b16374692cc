//! The list of a course's people as Moodle exports it: from bytes to rows, or to every line that is
//! wrong. Pure: it knows no store and no clock, and what it says is bounded whatever it reads.

use super::doubt::Doubts;
use super::quotes;
use super::text::{decode, delimiter, lines};
use super::wrong::{Wrong, short, usage};
use crate::app::error::Error;
use crate::app::reply::EnrolWarning;
use csv::{ReaderBuilder, StringRecord};
use puerta_audit::unshowable;
use puerta_lab::names::Login;
use puerta_lab::plan::SeatNumber;
use std::collections::HashMap;
use unicode_normalization::UnicodeNormalization as _;

/// Most unknown columns that are named.
const UNKNOWN: usize = 20;
/// The columns that there must be, and then those that there may be, as Moodle calls them.
const COLUMNS: [&str; 6] = ["username", "firstname", "lastname", "email", "group1", "idnumber"];
const REQUIRED: usize = 4;
/// Longest value of each, characters; a login's own rule is shorter.
const LONGEST: [usize; 6] = [100, 100, 100, 254, 100, 255];

/// One person of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// The line where their row begins, from 1.
    pub(super) line: usize,
    /// What they log in with.
    pub(super) login: Login,
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
pub(super) fn parse(bytes: &[u8]) -> Result<List, Error> {
    // One form of Unicode for all: what two programs write differently is the same name.
    let text: String = decode(bytes)?.nfc().collect();
    let delimiter = delimiter(&text);
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
    for (line, _) in lines(text.as_bytes()).filter(|(_, text)| !text.is_empty()) {
        // The text is UTF-8 and is in memory: there is no other failure.
        if !reader.read_record(&mut record).map_err(|error| Error::internal(&error))? {
            break;
        }
        if record.iter().all(|field| field.trim().is_empty()) {
            // A spreadsheet saves rows that are no more as separators.
            continue;
        }
        match &columns {
            None => columns = Some(Columns::read(&record)?),
            Some(columns) => people.row(line, columns, &record),
        }
    }
    let Some(columns) = columns else { return Err(usage("error-list-empty")) };
    people.finish(columns.unknown)
}

/// Where each of [`COLUMNS`] stands.
struct Columns {
    places: [Option<usize>; 6],
    fields: usize,
    unknown: Vec<String>,
}

impl Columns {
    fn read(header: &StringRecord) -> Result<Self, Error> {
        let mut columns = Self { places: [None; 6], fields: header.len(), unknown: Vec::new() };
        for (place, field) in header.iter().enumerate() {
            let name = field.trim().to_lowercase();
            match COLUMNS.iter().position(|known| *known == name) {
                Some(known) if columns.places[known].is_some() => {
                    return Err(usage("error-list-column-twice").with("column", name));
                }
                Some(known) => columns.places[known] = Some(place),
                None if columns.unknown.len() < UNKNOWN => columns.unknown.push(short(field.trim())),
                None => {}
            }
        }
        let missing: Vec<_> =
            COLUMNS.iter().zip(columns.places).take(REQUIRED).filter(|(_, place)| place.is_none()).collect();
        if missing.is_empty() {
            return Ok(columns);
        }
        let names: Vec<_> = missing.iter().map(|(name, _)| format!("`{name}`")).collect();
        Err(usage("error-list-columns").with("columns", names.join(", ")))
    }

    /// A column's value in a record; `None` when the list has no such column.
    fn value<'a>(&self, record: &'a StringRecord, column: usize) -> Option<&'a str> {
        self.places[column].map(|place| record.get(place).unwrap_or("").trim())
    }
}

/// The rows so far, and what is wrong with them.
#[derive(Default)]
struct People {
    rows: Vec<Row>,
    /// The line of each login.
    seen: HashMap<Login, usize>,
    wrong: Wrong,
    doubts: Doubts,
}

impl People {
    fn row(&mut self, line: usize, columns: &Columns, record: &StringRecord) {
        let before = self.wrong.count();
        if record.iter().skip(columns.fields).any(|field| !field.trim().is_empty()) {
            let error = usage("error-row-fields").with("fields", record.len());
            self.wrong.add(line, error.with("columns", columns.fields));
            return;
        }
        for column in 0..COLUMNS.len() {
            if let Some(error) = columns.value(record, column).and_then(|value| unfit(column, value)) {
                self.wrong.add(line, error);
            }
        }
        for field in record {
            self.doubts.look(line, field);
        }
        let value = |column| columns.value(record, column).unwrap_or("");
        self.doubts.name(line, value(1));
        self.doubts.name(line, value(2));
        let owned = |column| columns.value(record, column).map(str::to_owned);
        let login = match value(0).parse::<Login>() {
            Ok(login) => login,
            Err(rule) => {
                // What is missing or too long was said.
                if self.wrong.count() == before {
                    self.wrong.add(line, Error::from(rule).with("value", short(value(0))));
                }
                return;
            }
        };
        if let Some(first) = self.seen.get(&login) {
            let error = usage("error-row-twice").with("value", &login).with("first", first);
            self.wrong.add(line, error);
            return;
        }
        self.seen.insert(login.clone(), line);
        // What is refused is not kept.
        if self.wrong.count() == 0 {
            let name = format!("{} {}", value(1), value(2));
            let email = value(3).to_owned();
            self.rows.push(Row { line, login, name, email, group: owned(4), idnumber: owned(5) });
        }
    }

    fn finish(mut self, unknown: Vec<String>) -> Result<List, Error> {
        if self.seen.len() > usize::from(SeatNumber::MAX) {
            let error = usage("error-list-many").with("people", self.seen.len());
            return Err(error.with("max", SeatNumber::MAX));
        }
        if self.wrong.count() == 0 {
            self.doubts.unknown(unknown);
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

/// What is wrong with a value, whatever its row.
fn unfit(column: usize, value: &str) -> Option<Error> {
    let error = |id| usage(id).with("column", COLUMNS[column]);
    if value.is_empty() {
        return (column < REQUIRED).then(|| error("error-row-missing"));
    }
    if value.chars().any(unshowable) {
        return Some(error("error-row-characters"));
    }
    if value.chars().count() > LONGEST[column] {
        return Some(error("error-row-long").with("max", LONGEST[column]));
    }
    (column == 3 && !is_address(value)).then(|| usage("error-row-email").with("value", short(value)))
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
