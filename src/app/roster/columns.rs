//! Which column of a list says what: by Moodle's names in English and Spanish, as a list for its upload or an export
//! has them, or as it was said with `--map`.

use super::wrong::{short, usage};
use crate::app::command::Column;
use crate::app::error::Error;
use csv::StringRecord;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Most unknown columns that are named.
pub(super) const UNKNOWN: usize = 20;

/// What each column is called, [`folded`].
fn names(column: Column) -> &'static [&'static str] {
    match column {
        Column::Username => &["username", "nombre de usuario", "usuario"],
        Column::Firstname => &["firstname", "first name", "nombre", "nombre(s)"],
        Column::Lastname => &["lastname", "last name", "surname", "apellido(s)", "apellidos"],
        Column::Email => &[
            "email",
            "email address",
            "direccion de correo",
            "direccion email",
            "direccion de correo electronico",
            "correo electronico",
            "correo",
        ],
        Column::Group => &["group1", "group", "groups", "grupo", "grupos"],
        Column::Idnumber => &["idnumber", "id number", "numero de id", "numero id"],
    }
}

/// Where each column stands.
pub(super) struct Columns {
    places: [Option<usize>; Column::ALL.len()],
    headings: Vec<String>,
}

impl Columns {
    /// Of the heading of a list. What was said with `--map` goes before names.
    pub(super) fn read(header: &StringRecord, maps: &[(String, Column)]) -> Result<Self, Error> {
        let headings: Vec<String> = header.iter().map(|field| short(field.trim())).collect();
        let mut columns = Self { places: [None; Column::ALL.len()], headings };
        let folded_header: Vec<String> = header.iter().map(folded).collect();
        for (heading, column) in maps {
            let wanted = folded(heading);
            let found = folded_header.iter().position(|own| *own == wanted);
            let absent = || usage("error-list-map").with("column", short(heading));
            columns.put(*column, found.ok_or_else(absent)?)?;
        }
        let said = columns.places;
        for (place, name) in folded_header.iter().enumerate() {
            let known = Column::ALL.into_iter().find(|column| names(*column).contains(&&**name));
            if let Some(column) = known.filter(|column| said[*column as usize].is_none()) {
                columns.put(column, place)?;
            }
        }
        columns.complete()
    }

    fn put(&mut self, column: Column, place: usize) -> Result<(), Error> {
        match self.places[column as usize].replace(place) {
            Some(other) if other != place => {
                let error = usage("error-list-column-twice").with("column", column.as_str());
                let heading = |at: usize| self.headings.get(at).map_or("", String::as_str);
                Err(error.with("first", heading(other)).with("second", heading(place)))
            }
            _ => Ok(()),
        }
    }

    fn complete(self) -> Result<Self, Error> {
        let required = Column::ALL.into_iter().take(Column::REQUIRED);
        let missing: Vec<_> = required
            .filter(|column| self.places[*column as usize].is_none())
            .map(|column| format!("`{}`", column.as_str()))
            .collect();
        if missing.is_empty() {
            return Ok(self);
        }
        Err(usage("error-list-columns").with("columns", missing.join(", ")))
    }

    /// How many fields a row has at most.
    pub(super) fn fields(&self) -> usize {
        self.headings.len()
    }

    /// A column's value in a record; `None` when the list has no such column.
    pub(super) fn value<'a>(&self, record: &'a StringRecord, column: Column) -> Option<&'a str> {
        self.places[column as usize].map(|place| record.get(place).unwrap_or("").trim())
    }

    /// What the list calls a column.
    pub(super) fn heading(&self, column: Column) -> &str {
        let own = self.places[column as usize].and_then(|place| self.headings.get(place));
        own.map_or(column.as_str(), String::as_str)
    }

    /// Columns that nobody reads, the first of them.
    pub(super) fn unknown(self) -> Vec<String> {
        let places = self.places;
        let unread =
            self.headings.into_iter().enumerate().filter(|(place, _)| !places.contains(&Some(*place)));
        unread.map(|(_, heading)| heading).take(UNKNOWN).collect()
    }
}

/// A heading without case, accents and more than one space between words.
fn folded(heading: &str) -> String {
    let plain: String =
        heading.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}
