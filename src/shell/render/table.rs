//! Tables and lists of fields, aligned by what a terminal shows (accents are one column, CJK two).
//! Every cell goes through [`printable`] here, whoever made it.
//!
//! A table that is wider than the terminal gives way column by column, the least important first, as each table says
//! ([`Table::gives`]): a column is cut, or goes. What names a row never does; when nothing is left to give, each row is
//! a record. Without a terminal nothing is lost.

use super::label;
use crate::shell::lang::Lang;
use crate::shell::printable::printable;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Between two columns.
const GAP: &str = "  ";
/// A column is not cut below this.
const LEAST: usize = 8;

/// How a column gives way.
#[derive(Debug, Clone, Copy)]
pub(super) enum Gives {
    /// Its cells are cut, with `…`.
    Cut(&'static str),
    /// It goes.
    Drop(&'static str),
}

enum Row {
    Cells(Vec<String>),
    /// A line of its own, above the rows that it is about.
    Line(String),
}

/// Rows under headings.
pub(super) struct Table {
    columns: Vec<&'static str>,
    headings: Vec<String>,
    rows: Vec<Row>,
    gives: Vec<Gives>,
}

impl Table {
    /// A table of these columns, under their names in the person's language.
    pub(super) fn new(lang: Lang, columns: &[&'static str]) -> Self {
        let headings = columns.iter().map(|name| label(lang, name).to_uppercase()).collect();
        Self { columns: columns.to_vec(), headings, rows: Vec::new(), gives: Vec::new() }
    }

    /// What gives way when there is no room, the first first. Columns that are not there do not matter.
    pub(super) fn gives(mut self, gives: &[Gives]) -> Self {
        self.gives = gives.to_vec();
        self
    }

    /// One more row.
    pub(super) fn row(&mut self, cells: Vec<String>) {
        let cells = cells.iter().map(|cell| printable(cell).into_owned());
        self.rows.push(Row::Cells(cells.collect()));
    }

    /// A line above the rows that follow.
    pub(super) fn line(&mut self, line: &str) {
        self.rows.push(Row::Line(line.trim_end().to_owned()));
    }

    /// The text, for a terminal of `width` columns.
    pub(super) fn text(&self, width: Option<u16>) -> String {
        match self.widths(width.map(usize::from)) {
            Some(widths) => self.as_table(&widths),
            None => self.as_records(),
        }
    }

    fn cells(&self) -> impl Iterator<Item = &Vec<String>> {
        let rows = self.rows.iter().filter_map(|row| match row {
            Row::Cells(cells) => Some(cells),
            Row::Line(_) => None,
        });
        std::iter::once(&self.headings).chain(rows)
    }

    /// Each column's width, 0 for one that goes; `None` when it does not fit whatever goes.
    fn widths(&self, room: Option<usize>) -> Option<Vec<usize>> {
        let of =
            |column: usize| self.cells().filter_map(|row| row.get(column)).map(|cell| cell.width()).max();
        let natural: Vec<usize> = (0..self.columns.len()).map(|column| of(column).unwrap_or(0)).collect();
        let mut widths = natural.clone();
        let Some(room) = room else { return Some(widths) };
        let mut cut = Vec::new();
        for gives in &self.gives {
            let over = total(&widths).saturating_sub(room);
            if over == 0 {
                break;
            }
            let (Gives::Cut(name) | Gives::Drop(name)) = *gives;
            let Some(column) = self.columns.iter().position(|column| *column == name) else { continue };
            match gives {
                Gives::Drop(_) => widths[column] = 0,
                Gives::Cut(_) => {
                    let least = LEAST.max(self.headings[column].width()).min(natural[column]);
                    widths[column] = natural[column].saturating_sub(over).max(least);
                    cut.push(column);
                }
            }
        }
        // What went may have left room for what was cut before.
        for column in cut.into_iter().rev() {
            if widths[column] == 0 {
                continue;
            }
            let left = room.saturating_sub(total(&widths));
            widths[column] = natural[column].min(widths[column] + left);
        }
        (total(&widths) <= room).then_some(widths)
    }

    fn as_table(&self, widths: &[usize]) -> String {
        let mut text = one_row(&self.headings, widths);
        for row in &self.rows {
            match row {
                Row::Cells(cells) => text += &one_row(cells, widths),
                Row::Line(line) => text += &format!("{line}\n"),
            }
        }
        text
    }

    fn as_records(&self) -> String {
        let mut blocks = Vec::new();
        let mut above = String::new();
        for row in &self.rows {
            match row {
                Row::Line(line) => above += &format!("{line}\n"),
                Row::Cells(cells) => {
                    let named = self.headings.iter().map(|heading| heading.to_lowercase());
                    let fields: Vec<_> = named.zip(cells.iter().cloned()).collect();
                    blocks.push(std::mem::take(&mut above) + &self::fields(&fields));
                }
            }
        }
        blocks.join("\n")
    }
}

/// What columns of these widths take, those of none left out.
fn total(widths: &[usize]) -> usize {
    let there = widths.iter().filter(|width| **width > 0);
    there.map(|width| width + GAP.len()).sum::<usize>().saturating_sub(GAP.len())
}

fn one_row(cells: &[String], widths: &[usize]) -> String {
    let there = cells.iter().zip(widths).filter(|(_, width)| **width > 0);
    let cells: Vec<String> = there.map(|(cell, width)| padded(&cut(cell, *width), *width)).collect();
    cells.join(GAP).trim_end().to_owned() + "\n"
}

/// `label  value` lines, the values one under the other.
pub(super) fn fields(fields: &[(String, String)]) -> String {
    let widest = fields.iter().map(|(label, _)| label.width()).max();
    let mut text = String::new();
    for (label, value) in fields {
        let line = padded(label, widest.unwrap_or(0)) + GAP + &printable(value);
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn padded(text: &str, width: usize) -> String {
    let spaces = width.saturating_sub(text.width());
    format!("{text}{:spaces$}", "")
}

/// The text in so many columns, with `…` for what has no room.
pub fn cut(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let mut used = 1;
    let short = text.chars().take_while(|c| {
        used += c.width().unwrap_or(0);
        used <= room
    });
    short.collect::<String>() + "…"
}

#[cfg(test)]
mod tests {
    use super::Gives::{Cut, Drop};
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(Lang::Es, &["name", "memory", "description"]);
        table.row(vec!["日本".into(), "512 MiB".into(), "\x1b[1mx".into()]);
        table.row(vec!["é".into(), "2 GiB".into(), "una descripción larga".into()]);
        table
    }

    #[test]
    fn accents_and_wide_characters_line_up() {
        let text = table().text(None);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1], "日本    512 MiB  \\x1b[1mx");
        assert_eq!(lines[2], "é       2 GiB    una descripción larga");
    }

    #[test]
    fn the_least_important_gives_way_first_and_the_name_never() {
        let gives = |width, gives: &[Gives]| table().gives(gives).text(Some(width));
        let last = |text: String| text.lines().last().unwrap().to_owned();
        let order = [Cut("description"), Drop("memory")];
        assert_eq!(last(gives(40, &order)), "é       2 GiB    una descripción larga");
        assert_eq!(last(gives(34, &order)), "é       2 GiB    una descripción …");
        // What is cut gets back what another one leaves.
        assert_eq!(last(gives(25, &order)), "é       una descripción …");
        assert_eq!(gives(15, &[Drop("memory"), Drop("description")]), "NOMBRE\n日本\né\n");
        for width in 20..60 {
            assert!(gives(width, &order).lines().all(|line| line.width() <= usize::from(width)), "{width}");
        }
    }

    #[test]
    fn when_nothing_is_left_to_give_each_row_is_a_record() {
        let mut table = table();
        table.line("de `ana`:");
        table.row(vec!["web1".into(), "1 GiB".into(), "x".into()]);
        let text = table.text(Some(20));
        assert!(
            text.ends_with("\n\nde `ana`:\nnombre       web1\nmemoria      1 GiB\ndescripción  x\n"),
            "{text}"
        );
    }
}
