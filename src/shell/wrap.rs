//! Lines that a terminal would break in the middle of a word, broken between words. What stands between backticks is
//! typed as it stands, so it stays on one line where it fits. Without a terminal nothing is broken. Pure.

use unicode_width::UnicodeWidthStr as _;

/// The text in lines of at most `width` columns. A word that is longer stays whole, and what drives a terminal as it is.
pub fn wrap(text: &str, width: u16) -> String {
    let width = usize::from(width);
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
        match line.width() > width && !line.contains(['\x1b', '\r']) {
            true => out.push_str(&folded(line, width)),
            false => out.push_str(line),
        }
        out.push_str(end);
    }
    out
}

fn folded(line: &str, width: usize) -> String {
    let indent = indent(line, width);
    let mut out = String::with_capacity(line.len() + 16);
    let mut used = 0;
    for (gap, word) in words(line, width - indent) {
        if used > indent && used + gap + word.width() > width {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            used = indent;
        } else {
            out.push_str(&" ".repeat(gap));
            used += gap;
        }
        out.push_str(word);
        used += word.width();
    }
    out
}

/// Where the lines after the first begin: under what they go on with, which in a line of two columns is the second.
fn indent(line: &str, width: usize) -> usize {
    let leading = line.len() - line.trim_start_matches(' ').len();
    let second = line[leading..].find("  ").map(|gap| {
        let rest = &line[leading + gap..];
        line[..leading + gap].width() + rest.len() - rest.trim_start_matches(' ').len()
    });
    second.unwrap_or(leading).min(width / 2)
}

/// The words with how many spaces stand before each.
fn words(line: &str, room: usize) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut rest = line;
    loop {
        let word = rest.trim_start_matches(' ');
        if word.is_empty() {
            return words;
        }
        let end = end(word, room);
        words.push((rest.len() - word.len(), &word[..end]));
        rest = &word[end..];
    }
}

/// Where the word ends that the text begins with: at a space outside of backticks, or if that is too far, at any.
fn end(text: &str, room: usize) -> usize {
    let mut quoted = false;
    let whole = text.char_indices().find(|(_, c)| {
        quoted ^= *c == '`';
        *c == ' ' && !quoted
    });
    let whole = whole.map_or(text.len(), |(end, _)| end);
    match text[..whole].width() > room {
        true => text.find(' ').unwrap_or(text.len()),
        false => whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_what_is_typed_stays_whole() {
        let text = "primero añade otra clave con `key add`, o pon una contraseña\n";
        assert_eq!(wrap(text, 34), "primero añade otra clave con\n`key add`, o pon una contraseña\n");
        assert_eq!(wrap(text, 80), text);
        assert_eq!(wrap("`aaa bbb ccc ddd` e", 10), "`aaa bbb\nccc ddd` e");
        // A lonely backtick quotes nothing for ever.
        assert_eq!(wrap("a ` b c d e f g h", 8), "a ` b c\nd e f g\nh");
    }

    #[test]
    fn the_next_line_stands_under_what_it_goes_on_with() {
        assert_eq!(wrap("  uno dos tres", 9), "  uno dos\n  tres");
        assert_eq!(wrap("nota  uno dos tres", 14), "nota  uno dos\n      tres");
        assert_eq!(wrap("日本  uno dos", 10), "日本  uno\n     dos");
    }

    #[test]
    fn nothing_is_lost() {
        assert_eq!(wrap("0123456789 a\n\n", 5), "0123456789\na\n\n");
        assert_eq!(wrap("\x1b[97;40m          \x1b[0m", 5), "\x1b[97;40m          \x1b[0m");
        for width in 4..40 {
            let text = "una línea `con algo` y una-palabra-larguísima  con  huecos";
            let same = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(same(&wrap(text, width)), same(text), "{width}");
        }
    }
}
