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
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        #[serde(transparent)]
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
    /// Parses `NAME[.SEAT[.DOMAIN]]`, where `domain` is the lab's configured domain.
    /// Case is folded and one trailing dot is forgiven (LESSONS: spelling may be forgiven for
    /// one's own machine; the result is still only looked up in the store).
    pub fn parse(text: &str, domain: &str) -> Result<Self, NameError> {
        if text.len() > 255 {
            return Err(NameError { kind: "vm", rule: Rule::TooLong(255) });
        }
        let lower = text.to_ascii_lowercase();
        let text = lower.strip_suffix('.').unwrap_or(&lower);
        let text = text.strip_suffix(domain).and_then(|t| t.strip_suffix('.')).unwrap_or(text);
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
