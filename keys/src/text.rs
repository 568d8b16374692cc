//! Text that strangers wrote, made fit to be shown.

/// True for what can move a cursor, hide text or turn its direction: control characters (C0, DEL,
/// C1), the bidirectional controls, separators of lines, and characters without any width.
fn unshowable(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// `text` without unshowable characters, at most `max` characters, no white space at its ends.
pub(crate) fn shown(text: &str, max: usize) -> String {
    let kept: String = text.chars().filter(|c| !unshowable(*c)).collect();
    let cut: String = kept.trim().chars().take(max).collect();
    cut.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_moves_a_cursor_stays() {
        assert_eq!(shown("  a\u{1b}[31mb\u{9b}\u{202e}c\n\0 ", 100), "a[31mbc");
        assert_eq!(shown("ñ€ 名", 3), "ñ€");
    }
}
