//! Tables and lists of fields, aligned by what a terminal shows (accents are one column, CJK two).
//! Every cell goes through [`printable`] here, whoever made it.

use crate::shell::printable::printable;
use unicode_width::UnicodeWidthStr as _;

/// Between two columns.
const GAP: &str = "  ";
/// A last column is not cut below this.
const LEAST: usize = 8;

/// Rows under headings.
pub(super) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings.
    pub(super) fn new(headings: Vec<String>) -> Self {
        let headings = headings.iter().map(|text| text.to_uppercase()).collect();
        Self { rows: vec![headings] }
    }

    /// One more row.
    pub(super) fn row(&mut self, cells: Vec<String>) {
        let cells = cells.iter().map(|cell| printable(cell).into_owned());
        self.rows.push(cells.collect());
    }

    /// The text; on a terminal of `width` columns the last column is cut to fit.
    pub(super) fn text(&self, width: Option<u16>) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column));
                cells.map(|cell| cell.width()).max().unwrap_or(0)
            })
            .collect();
        let before_last = widths.iter().rev().skip(1).map(|width| width + GAP.len());
        let before_last: usize = before_last.sum();
        let room = width.map(|width| usize::from(width).saturating_sub(before_last).max(LEAST));
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                if column + 1 == columns {
                    line.push_str(&cut(cell, room));
                } else {
                    line.push_str(&padded(cell, widths[column]));
                    line.push_str(GAP);
                }
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
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

fn cut(text: &str, room: Option<usize>) -> String {
    let Some(room) = room.filter(|room| text.width() > *room) else {
        return text.to_owned();
    };
    let mut short = String::new();
    for c in text.chars() {
        let mut longer = short.clone();
        longer.push(c);
        if longer.width() + 1 > room {
            break;
        }
        short = longer;
    }
    short + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_and_wide_characters_line_up() {
        let mut table = Table::new(vec!["año".into(), "nombre".into()]);
        table.row(vec!["日本".into(), "\x1b[1mx".into()]);
        table.row(vec!["é".into(), "una descripción larga".into()]);
        let text = table.text(Some(20));
        assert_eq!(text, "AÑO   NOMBRE\n日本  \\x1b[1mx\né     una descripci…\n");
    }
}
