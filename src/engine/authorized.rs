//! The lines of puerta in a machine's `authorized_keys`, between two marks. What the machine's owner
//! wrote there stays.

/// Before the lines of puerta.
const BEGIN: &str = "# puerta: keys of the seat; puerta writes them anew";
/// After them.
const END: &str = "# puerta: end";

/// The file with these lines of puerta in place of those it had.
pub(super) fn with_lines(old: &str, lines: &[String]) -> String {
    let mut text = String::from(BEGIN);
    for line in lines {
        text.push('\n');
        text.push_str(line);
    }
    text.push('\n');
    text.push_str(END);
    text.push('\n');
    let old: Vec<&str> = old.lines().collect();
    let begin = old.iter().position(|line| *line == BEGIN);
    let end =
        begin.and_then(|begin| old[begin..].iter().position(|line| *line == END).map(|end| begin + end));
    for (at, line) in old.iter().enumerate() {
        // A mark without the other one is a mark only.
        let inside = begin.zip(end).is_some_and(|(begin, end)| (begin..=end).contains(&at));
        let ours = inside || [BEGIN, END].contains(line) || lines.iter().any(|known| known == line);
        if !ours {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn what_is_not_puertas_stays() {
        let first = with_lines("", &lines(&["a", "b"]));
        assert_eq!(first, format!("{BEGIN}\na\nb\n{END}\n"));
        let own = format!("# mine\nc\n{first}d\n");
        assert_eq!(with_lines(&own, &lines(&["b", "e"])), format!("{BEGIN}\nb\ne\n{END}\n# mine\nc\nd\n"));
        // As machines of before have it: without marks, and without a last line end.
        assert_eq!(with_lines("a\nc", &lines(&["a"])), format!("{BEGIN}\na\n{END}\nc\n"));
        let torn = format!("{BEGIN}\na\nc\n");
        assert_eq!(with_lines(&torn, &lines(&["a"])), format!("{BEGIN}\na\n{END}\nc\n"));
        assert_eq!(with_lines(&first, &[]), format!("{BEGIN}\n{END}\n"));
        let same = with_lines(&own, &lines(&["a", "b"]));
        assert_eq!(with_lines(&same, &lines(&["a", "b"])), same);
    }
}
