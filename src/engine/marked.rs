//! The lines of puerta in a file of a machine's, between two marks. What the machine's owner wrote there stays, byte for byte.

/// Before and after them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Marks {
    begin: &'static str,
    end: &'static str,
    /// The lines come before everything else, and stand nowhere else.
    first: bool,
}

/// In `authorized_keys`: what machines of before have without marks is puerta's.
pub(super) const KEYS: Marks =
    Marks { begin: "# puerta: keys of the seat; puerta writes them anew", end: "# puerta: end", first: true };
/// In `/etc/hosts`, where who stands first wins: what the owner wrote.
pub(super) const HOSTS: Marks = Marks {
    begin: "# puerta: machines of the practice; puerta writes them anew",
    end: "# puerta: end",
    first: false,
};

impl Marks {
    /// The block of those lines.
    fn block(self, lines: &[String]) -> Vec<u8> {
        let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
        format!("{}\n{lines}{}\n", self.begin, self.end).into_bytes()
    }

    /// The file with these lines of puerta in place of those it had.
    pub(super) fn with_lines(self, old: &[u8], lines: &[String]) -> Vec<u8> {
        let all: Vec<&[u8]> = old.split_inclusive(|byte| *byte == b'\n').collect();
        let bare = |line: &[u8]| line.strip_suffix(b"\n").unwrap_or(line).to_vec();
        let is = |line: &[u8], mark: &str| bare(line) == mark.as_bytes();
        let begin = all.iter().position(|line| is(line, self.begin));
        let end = begin
            .and_then(|begin| all[begin..].iter().position(|line| is(line, self.end)).map(|end| begin + end));
        if !self.first && lines.is_empty() && begin.is_none() {
            return old.to_vec();
        }
        let owners = all.iter().enumerate().filter(|(at, line)| {
            // A mark without the other one is a mark only.
            let inside = begin.zip(end).is_some_and(|(begin, end)| (begin..=end).contains(at));
            let mark = [self.begin, self.end].iter().any(|mark| is(line, mark));
            let known = self.first && lines.iter().any(|known| is(line, known));
            !(inside || mark || known)
        });
        let mut owners: Vec<u8> = owners.flat_map(|(_, line)| line.to_vec()).collect();
        if !owners.is_empty() && !owners.ends_with(b"\n") {
            owners.push(b'\n');
        }
        match (self.first, lines) {
            (true, _) => [self.block(lines), owners].concat(),
            (false, []) => owners,
            (false, _) => [owners, self.block(lines)].concat(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn with(marks: Marks, old: &str, new: &[&str]) -> String {
        let lines: Vec<String> = new.iter().map(|line| (*line).to_owned()).collect();
        String::from_utf8(marks.with_lines(old.as_bytes(), &lines)).unwrap()
    }

    #[test]
    fn what_is_not_puertas_stays() {
        let Marks { begin, end, .. } = KEYS;
        let first = with(KEYS, "", &["a", "b"]);
        assert_eq!(first, format!("{begin}\na\nb\n{end}\n"));
        let own = format!("# mine\nc\n{first}d\n");
        assert_eq!(with(KEYS, &own, &["b", "e"]), format!("{begin}\nb\ne\n{end}\n# mine\nc\nd\n"));
        // As machines of before have it: without marks, and without a last line end.
        assert_eq!(with(KEYS, "a\nc", &["a"]), format!("{begin}\na\n{end}\nc\n"));
        let torn = format!("{begin}\na\nc\n");
        assert_eq!(with(KEYS, &torn, &["a"]), format!("{begin}\na\n{end}\nc\n"));
        assert_eq!(with(KEYS, &first, &[]), format!("{begin}\n{end}\n"));
        let same = with(KEYS, &own, &["a", "b"]);
        assert_eq!(with(KEYS, &same, &["a", "b"]), same);
    }

    #[test]
    fn hosts_stand_last_and_go_without_a_trace() {
        let own = "127.0.0.1 localhost\n# mine\n10.0.1.2 db\n";
        let named = with(HOSTS, own, &["10.0.1.2 db"]);
        assert_eq!(named, format!("{own}{}\n10.0.1.2 db\n{}\n", HOSTS.begin, HOSTS.end), "theirs is theirs");
        assert_eq!(
            with(HOSTS, &named, &["10.0.1.3 db"]),
            format!("{own}{}\n10.0.1.3 db\n{}\n", HOSTS.begin, HOSTS.end)
        );
        assert_eq!(with(HOSTS, &named, &[]), own);
        // Nothing of ours is in it and nothing is to be: not a byte of it changes.
        let odd = b"127.0.0.1 localhost\r\n# caf\xe9";
        assert_eq!(HOSTS.with_lines(odd, &[]), odd);
        let named = HOSTS.with_lines(odd, &["10.0.1.2 db".to_owned()]);
        assert!(named.starts_with(odd) && named.ends_with(b"# puerta: end\n"));
    }

    proptest! {
        /// Whatever stands there: twice is once, and no line of the owner's is lost.
        #[test]
        fn again_changes_nothing(own in "([a-c# é\r]{0,3}\n){0,6}", new in prop::collection::vec("[d-f]{1,3}", 0..3)) {
            for marks in [KEYS, HOSTS] {
                let once = marks.with_lines(own.as_bytes(), &new);
                prop_assert_eq!(&marks.with_lines(&once, &new), &once);
                let back = HOSTS.with_lines(&HOSTS.with_lines(own.as_bytes(), &new), &[]);
                prop_assert_eq!(back, own.as_bytes());
                let kept = String::from_utf8(once).unwrap();
                prop_assert!(own.split('\n').all(|line| kept.split('\n').any(|kept| kept == line)));
            }
        }
    }
}
