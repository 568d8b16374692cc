//! The lines of puerta in a file of a machine's, between two marks. What the machine's owner wrote there stays.

/// Before and after them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Marks {
    begin: &'static str,
    end: &'static str,
    /// The lines come before everything else.
    first: bool,
}

/// In `authorized_keys`.
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
    fn block(self, lines: &[String]) -> String {
        let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
        format!("{}\n{lines}{}\n", self.begin, self.end)
    }

    /// The file with these lines of puerta in place of those it had. Ones that the owner has too are puerta's.
    pub(super) fn with_lines(self, old: &str, lines: &[String]) -> String {
        let all: Vec<&str> = old.lines().collect();
        let begin = all.iter().position(|line| *line == self.begin);
        let end = begin
            .and_then(|begin| all[begin..].iter().position(|line| *line == self.end).map(|end| begin + end));
        let owners = all.iter().enumerate().filter(|(at, line)| {
            // A mark without the other one is a mark only.
            let inside = begin.zip(end).is_some_and(|(begin, end)| (begin..=end).contains(at));
            !(inside || [self.begin, self.end].contains(line) || lines.iter().any(|known| known == **line))
        });
        let owners: String = owners.map(|(_, line)| format!("{line}\n")).collect();
        match self.first {
            true => self.block(lines) + &owners,
            false if lines.is_empty() => owners,
            false => owners + &self.block(lines),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn what_is_not_puertas_stays() {
        let Marks { begin, end, .. } = KEYS;
        let first = KEYS.with_lines("", &lines(&["a", "b"]));
        assert_eq!(first, format!("{begin}\na\nb\n{end}\n"));
        let own = format!("# mine\nc\n{first}d\n");
        let with = KEYS.with_lines(&own, &lines(&["b", "e"]));
        assert_eq!(with, format!("{begin}\nb\ne\n{end}\n# mine\nc\nd\n"));
        // As machines of before have it: without marks, and without a last line end.
        assert_eq!(KEYS.with_lines("a\nc", &lines(&["a"])), format!("{begin}\na\n{end}\nc\n"));
        let torn = format!("{begin}\na\nc\n");
        assert_eq!(KEYS.with_lines(&torn, &lines(&["a"])), format!("{begin}\na\n{end}\nc\n"));
        assert_eq!(KEYS.with_lines(&first, &[]), format!("{begin}\n{end}\n"));
        let same = KEYS.with_lines(&own, &lines(&["a", "b"]));
        assert_eq!(KEYS.with_lines(&same, &lines(&["a", "b"])), same);
    }

    #[test]
    fn hosts_stand_last_and_go_without_a_trace() {
        let own = "127.0.0.1 localhost\n# mine\n10.9.9.9 db\n";
        let with = HOSTS.with_lines(own, &lines(&["10.0.1.2 db"]));
        assert_eq!(with, format!("{own}{}\n10.0.1.2 db\n{}\n", HOSTS.begin, HOSTS.end));
        assert_eq!(HOSTS.with_lines(&with, &lines(&["10.0.1.3 db"])), with.replace("10.0.1.2", "10.0.1.3"));
        assert_eq!(HOSTS.with_lines(&with, &[]), own);
        assert_eq!(HOSTS.with_lines(own, &[]), own);
    }

    proptest! {
        /// Whatever stands there: twice is once, and no line of the owner's is lost.
        #[test]
        fn again_changes_nothing(own in "([a-c# ]{0,3}\n){0,6}", new in prop::collection::vec("[d-f]{1,3}", 0..3)) {
            for marks in [KEYS, HOSTS] {
                let once = marks.with_lines(&own, &new);
                prop_assert_eq!(&marks.with_lines(&once, &new), &once);
                prop_assert_eq!(HOSTS.with_lines(&HOSTS.with_lines(&own, &new), &[]), own.clone());
                prop_assert!(own.lines().all(|line| once.lines().any(|kept| kept == line)));
            }
        }
    }
}
