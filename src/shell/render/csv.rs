//! Comma-separated values (RFC 4180) for spreadsheets, as Excel opens them right on a double click: a byte order mark
//! says that it is UTF-8, and between fields stands what it expects where the language is spoken. It runs what begins
//! like a formula: such a cell gets an apostrophe before it, and is text. Programs read `--json`.

use crate::shell::lang::Lang;
use crate::shell::printable::printable;

/// A file while it is written.
pub(super) struct File {
    text: String,
    separator: &'static str,
}

impl File {
    /// An empty one.
    pub(super) fn new(lang: Lang) -> Self {
        let separator = match lang {
            // Where a comma is in numbers.
            Lang::Es => ";",
            Lang::En => ",",
        };
        Self { text: "\u{feff}".to_owned(), separator }
    }

    /// One row more.
    pub(super) fn row<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) {
        let cells: Vec<String> = cells.into_iter().map(cell).collect();
        self.text += &(cells.join(self.separator) + "\r\n");
    }

    /// All of it.
    pub(super) fn text(self) -> String {
        self.text
    }
}

fn cell(text: &str) -> String {
    let text = printable(text);
    let formula = text.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    let guard = if formula { "'" } else { "" };
    if formula || text.contains([',', '"', '\n', ';', ' ']) {
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    } else {
        text.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row<const N: usize>(cells: [&str; N]) -> String {
        let mut file = File::new(Lang::En);
        file.row(cells);
        file.text().trim_start_matches('\u{feff}').to_owned()
    }

    #[test]
    fn nothing_becomes_a_formula_or_another_cell() {
        assert_eq!(row(["a", "", "b c", "d,\"e\""]), "a,,\"b c\",\"d,\"\"e\"\"\"\r\n");
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "=HYPERLINK(\"http://x\")"] {
            let row = row([formula]);
            assert!(row.starts_with("\"'"), "{row}");
        }
        // A control character is shown, and begins nothing.
        assert_eq!(row(["\t=1"]), "\\t=1\r\n");
        assert_eq!(row(["a\r\n=1"]), "a\\r\\n=1\r\n");
    }

    #[test]
    fn a_double_click_opens_it() {
        let mut file = File::new(Lang::Es);
        file.row(["a", "b,c", "d;e"]);
        assert_eq!(file.text(), "\u{feff}a;\"b,c\";\"d;e\"\r\n");
    }
}
