//! Names as people type them, parsed once at the border and never again.
//!
//! Every name is lower-case ASCII so that no two of them look alike. A name that does not
//! parse says which rule it broke ([`NameError`]); the sentence for people is the shell's.

use std::fmt;
use std::str::FromStr;

/// The rule that a rejected name broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// There was nothing.
    Empty,
    /// Longer than this many characters.
    TooLong(usize),
    /// The first character must be a lower-case letter.
    Start,
    /// Only lower-case letters, digits and `-` (and `_` in logins).
    Characters,
    /// The last character must be a letter or a digit.
    End,
}

/// A text that is not a name of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a {kind} name: {rule:?}")]
pub struct NameError {
    /// Which kind of name was wanted: `login`, `vm`, `seat`, `course`, `template`, `backup`.
    pub kind: &'static str,
    /// The rule that was broken.
    pub rule: Rule,
}

fn check(kind: &'static str, text: &str, max: usize, extra: &str) -> Result<(), NameError> {
    let broken = |rule| Err(NameError { kind, rule });
    if text.is_empty() {
        return broken(Rule::Empty);
    }
    if text.len() > max {
        return broken(Rule::TooLong(max));
    }
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || extra.contains(c);
    if !text.chars().all(allowed) {
        return broken(Rule::Characters);
    }
    if !text.starts_with(|c: char| c.is_ascii_lowercase()) {
        return broken(Rule::Start);
    }
    if !text.ends_with(|c: char| c.is_ascii_alphanumeric()) {
        return broken(Rule::End);
    }
    Ok(())
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $kind:literal, $max:literal, $extra:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String")]
        pub struct $type(String);

        impl $type {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                check($kind, text, $max, $extra)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $type {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// What a person logs in with: 1 to 32 of `a-z 0-9 - _`.
    Login, "login", 32, "_"
);
name!(
    /// A machine's name inside its seat, also its host name: 1 to 40 of `a-z 0-9 -` (RFC 1123 label).
    VmName, "vm", 40, ""
);
name!(
    /// A seat's name: a login, or a team's name: 1 to 63 of `a-z 0-9 - _`.
    SeatName, "seat", 63, "_"
);
name!(
    /// A course's name, such as `aso-2026`.
    CourseName, "course", 40, ""
);
name!(
    /// A template's name, such as `debian-12`.
    TemplateName, "template", 40, ""
);
name!(
    /// A backup's name: the machine's name and the time it was made (UTC), `web1-20261123-041036`.
    BackupName, "backup", 63, ""
);

/// A machine as somebody names it: `web1`, `web1.alumno1`, `web1.alumno1.virtuales`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VmRef {
    /// The machine's name.
    pub name: VmName,
    /// The seat, when it was named; otherwise one of the speaker's own.
    pub seat: Option<SeatName>,
}

impl VmRef {
    /// Parses `NAME[.SEAT]`, with or without the lab's configured `domain` behind it.
    /// Case is folded and one trailing dot is forgiven (LESSONS: spelling may be forgiven for
    /// one's own machine; the result is still only looked up in the store).
    ///
    /// The domain goes first: with the domain `virtuales`, `web1.virtuales` is one's own `web1`
    /// even where a seat is called `virtuales`; that seat's is `web1.virtuales.virtuales`.
    pub fn parse(text: &str, domain: &str) -> Result<Self, NameError> {
        if text.len() > 255 {
            return Err(NameError { kind: "vm", rule: Rule::TooLong(255) });
        }
        let lower = text.to_ascii_lowercase();
        let text = lower.strip_suffix('.').unwrap_or(&lower);
        let domain = domain.trim_matches('.').to_ascii_lowercase();
        // Without a domain there is nothing to take away, not even a dot.
        let bare = match domain.is_empty() {
            true => None,
            false => text.strip_suffix(&*domain).and_then(|t| t.strip_suffix('.')),
        };
        let text = bare.unwrap_or(text);
        let (name, seat) = match text.split_once('.') {
            None => (text, None),
            Some((name, seat)) => (name, Some(seat.parse()?)),
        };
        Ok(Self { name: name.parse()?, seat })
    }
}

impl fmt::Display for VmRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.seat {
            None => write!(f, "{}", self.name),
            Some(seat) => write!(f, "{}.{seat}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn vm(text: &str, domain: &str) -> Option<String> {
        VmRef::parse(text, domain).ok().map(|vm| vm.to_string())
    }

    #[test]
    fn a_machine_with_and_without_its_seat_and_the_domain() {
        for (text, read) in [
            ("web1", "web1"),
            ("WEB1.", "web1"),
            ("web1.virtuales", "web1"),
            ("web1.alumno1", "web1.alumno1"),
            ("Web1.Alumno1.Virtuales.", "web1.alumno1"),
            ("web1.virtuales.virtuales", "web1.virtuales"),
            ("virtuales", "virtuales"),
            ("virtuales.virtuales", "virtuales"),
            ("web1.equipo_3", "web1.equipo_3"),
        ] {
            assert_eq!(vm(text, "virtuales").as_deref(), Some(read), "{text}");
        }
    }

    #[test]
    fn dots_that_are_not_forgiven() {
        for domain in ["virtuales", "", ".", "lab.example"] {
            for text in [
                "",
                ".",
                "..",
                "...",
                ".web1",
                "web1..",
                "web1...",
                "web1..alumno1",
                ".alumno1",
                "..virtuales",
                "web1.alumno1.otra",
                "web1.virtuales..",
            ] {
                assert_eq!(vm(text, domain), None, "{text:?} in {domain:?}");
            }
        }
        assert_eq!(vm(".virtuales", "virtuales"), None);
        assert_eq!(vm("web1..virtuales", "virtuales"), None);
    }

    #[test]
    fn a_domain_as_the_configuration_may_write_it() {
        for domain in ["lab.example", "LAB.example", ".lab.example", "lab.example."] {
            assert_eq!(vm("web1.lab.example", domain).as_deref(), Some("web1"));
            let long = vm("web1.alumno1.lab.example.", domain);
            assert_eq!(long.as_deref(), Some("web1.alumno1"));
            // Half a domain is no domain, and a domain without its dot is part of a name.
            assert_eq!(vm("web1.alumno1.example", domain), None);
            assert_eq!(vm("web1lab.example", domain).as_deref(), Some("web1lab.example"));
        }
        assert_eq!(vm("web1.", "").as_deref(), Some("web1"));
        assert_eq!(vm("web1virtuales", "virtuales").as_deref(), Some("web1virtuales"));
    }

    #[test]
    fn names_say_which_rule_they_broke() {
        let rule = |text: &str| text.parse::<VmName>().map_err(|error| error.rule);
        assert_eq!(rule(""), Err(Rule::Empty));
        assert_eq!(rule(&"a".repeat(41)), Err(Rule::TooLong(40)));
        assert!(rule(&"a".repeat(40)).is_ok());
        for text in ["Web1", "web 1", "web_1", "web.1", "wéb", "web\n", "web\u{0}", "web/1"] {
            assert_eq!(rule(text), Err(Rule::Characters), "{text:?}");
        }
        for text in ["1web", "-web", "42", "10"] {
            assert_eq!(rule(text), Err(Rule::Start), "{text}");
        }
        assert_eq!(rule("web-"), Err(Rule::End));
        assert!("equipo_3".parse::<SeatName>().is_ok());
        assert!("equipo_".parse::<Login>().is_err());
    }

    proptest! {
        #[test]
        fn what_was_read_reads_the_same_again(text in "[a-zA-Z0-9._-]{0,24}", domain in "[a-z.]{0,6}") {
            if let Ok(vm) = VmRef::parse(&text, &domain) {
                prop_assert_eq!(VmRef::parse(&vm.to_string(), ""), Ok(vm));
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in any::<String>(), domain in any::<String>()) {
            if let Ok(vm) = VmRef::parse(&text, &domain) {
                prop_assert!(text.to_ascii_lowercase().starts_with(&vm.to_string()));
            }
        }
    }
}
