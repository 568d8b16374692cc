//! How deep a Cedar text nests, before Cedar reads it. Cedar's parser calls itself for each bracket and
//! overflows a thread's stack, which ends the process; its validator leaves unchecked, and its
//! evaluator fails, what the stack is too short for. What is deeper than [`MOST`] is refused unread.

/// The deepest that is read. A unit costs at most some 14 KiB of stack (measured without optimisation),
/// and a thread has 2 MiB.
const MOST: usize = 100;

/// What a bracket costs, in operators.
const BRACKET: usize = 4;

/// What stands between two brackets: `&&`, `||` and `if`, each one deeper than the one before, and
/// other operators since the last of them.
#[derive(Default, Clone, Copy)]
struct Level {
    joined: usize,
    run: usize,
}

impl Level {
    fn depth(self) -> usize {
        self.joined + self.run
    }
}

/// The byte from which a text is too deep; `None`: it is not.
pub(crate) fn too_deep(text: &str) -> Option<usize> {
    let (mut rest, mut level, mut around, mut outer) = (text, Level::default(), Vec::new(), 0);
    while !rest.is_empty() {
        let (token, after) = rest.split_at(token(rest));
        match token {
            "(" | "[" | "{" => {
                outer += level.depth() + BRACKET;
                around.push(std::mem::take(&mut level));
            }
            ")" | "]" | "}" => {
                if let Some(before) = around.pop() {
                    level = before;
                    outer -= level.depth() + BRACKET;
                }
                level.run += 1;
            }
            // What follows stands beside it, not in it.
            "," | ";" => level = Level::default(),
            "&&" | "||" | "if" => level = Level { joined: level.joined + 1, run: 0 },
            "." | "!" | "<" | ">" | "=" | "+" | "-" | "*" | "/" | "%" => level.run += 1,
            _ => {}
        }
        if outer + level.depth() > MOST {
            return Some(text.len() - rest.len());
        }
        rest = after;
    }
    None
}

/// Length in bytes of what a text begins with: a word, a string, a comment, or a sign.
fn token(text: &str) -> usize {
    let until = |end: fn(char) -> bool| text.find(end).unwrap_or(text.len());
    match text.as_bytes() {
        [b'"', ..] => string(text),
        [b'/', b'/', ..] => until(|c| matches!(c, '\n' | '\r')),
        [b'&', b'&', ..] | [b'|', b'|', ..] => 2,
        _ => match until(|c| !c.is_alphanumeric() && c != '_') {
            0 => text.chars().next().map_or(0, char::len_utf8),
            word => word,
        },
    }
}

fn string(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_in_is_shallow() {
        for (name, text) in crate::folder::BUILT_IN {
            assert_eq!(too_deep(text), None, "{name}");
        }
    }

    #[test]
    fn what_stands_in_something_is_deeper_and_what_stands_beside_it_is_not() {
        let n = 200;
        for deep in [
            "(".repeat(n),
            "[".repeat(n),
            "if a then b else ".repeat(n),
            "!".repeat(n),
            "a.".repeat(n),
            "a && ".repeat(n),
            "[a] + ".repeat(n),
            format!("{}{}", "(".repeat(20), "a || b || ".repeat(20)),
            format!("\"\\\\\"{}", "(".repeat(n)),
            format!("// \"\n{}", "(".repeat(n)),
            "when { true }".repeat(n),
        ] {
            assert!(too_deep(&deep).is_some(), "{deep}");
        }
        for shallow in [
            "permit (principal, action, resource);".repeat(n),
            format!("[{}]", "a.b,".repeat(n)),
            format!("\"{}\"", "(".repeat(n)),
            format!("\"\\\"{}", "(".repeat(n)),
            format!("// {}", "(".repeat(n)),
            "ñ".repeat(n),
        ] {
            assert_eq!(too_deep(&shallow), None, "{shallow}");
        }
    }
}
