//! Text that strangers wrote, made fit to be shown.

use puerta_unseen::is_unseen;

/// `text` without what nobody sees, at most `max` characters, no white space at its ends.
pub(crate) fn shown(text: &str, max: usize) -> String {
    let kept: String = text.chars().filter(|c| !is_unseen(*c)).collect();
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
        assert_eq!(shown("\u{ad}\u{2800}ana\u{e0100}@\u{fe0f}uni\u{3164}", 100), "ana@uni");
    }
}
