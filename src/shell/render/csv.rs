//! Comma-separated values (RFC 4180) for spreadsheets, which run what begins like a formula: such a
//! cell gets an apostrophe before it, and is text.

use crate::shell::printable::printable;

/// One row with its line end.
pub(super) fn row<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let cells: Vec<String> = cells.into_iter().map(cell).collect();
    cells.join(",") + "\r\n"
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
    use super::row;

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
}
