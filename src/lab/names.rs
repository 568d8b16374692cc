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
    /// Which kind of name was wanted: `login`, `vm`, `seat`, `course`, `template`, `backup`, `node`.
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
    /// What somebody may type for a login: one, or what their campus calls them, such as `jose.nunez` or
    /// `ana@uni.es`; 1 to 100 of `a-z 0-9 - _ . @`.
    CampusName, "login", 100, "_.@"
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
    /// A practice's name, such as `tomcat`.
    PracticeName, "practice", 40, ""
);
name!(
    /// A template's name, such as `debian-12`.
    TemplateName, "template", 40, ""
);
name!(
    /// A backup's name: the machine's name and the time it was begun (UTC), `web1-20261123-041036`; and a number
    /// behind it where a clock that went back would give it twice.
    BackupName, "backup", 80, ""
);

impl From<&Login> for CampusName {
    fn from(login: &Login) -> Self {
        Self(login.to_string())
    }
}

/// A template as somebody names it: `debian-12`, or with the version of a published one, `tomcat:2`.
/// No name of an image of the engine can be mistaken for a version: template names have no `:`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TemplateRef {
    /// The template's name.
    pub name: TemplateName,
    /// Which version, from 1. Without one: what the engine itself has under that name, or where somebody
    /// asks for it, the newest.
    pub version: Option<u32>,
}

impl From<TemplateName> for TemplateRef {
    fn from(name: TemplateName) -> Self {
        Self { name, version: None }
    }
}

impl FromStr for TemplateRef {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let Some((name, digits)) = text.split_once(':') else {
            return Ok(Self { name: text.parse()?, version: None });
        };
        let version = digits.parse().ok().filter(|number: &u32| *number > 0);
        // One spelling only: what is stored is compared as text.
        let version = version.filter(|number| number.to_string() == digits);
        let wrong = NameError { kind: "template", rule: Rule::Characters };
        Ok(Self { name: name.parse()?, version: Some(version.ok_or(wrong)?) })
    }
}

impl fmt::Display for TemplateRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.version {
            None => write!(f, "{}", self.name),
            Some(version) => write!(f, "{}:{version}", self.name),
        }
    }
}

/// A node as its engine names it: 1 to 63 of `A-Z a-z 0-9 - _ .`, the first a letter or a digit. Other
/// people name nodes, so that less is asked of them than of our own names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct NodeName(String);

impl NodeName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for NodeName {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let broken = |rule| Err(NameError { kind: "node", rule });
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        match text.chars().next() {
            None => broken(Rule::Empty),
            _ if text.len() > 63 => broken(Rule::TooLong(63)),
            Some(first) if !first.is_ascii_alphanumeric() || !text.chars().all(plain) => {
                broken(Rule::Characters)
            }
            Some(_) => Ok(Self(text.to_owned())),
        }
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Names of what is not there (`nobodys`). They may be somebody's all the same: policy goes by who has a thing.
macro_rules! nobodys {
    ($($type:ident),*) => {
        $(impl $type {
            pub(crate) fn nobodys() -> Self {
                Self("nobody".to_owned())
            }
        })*
    };
}

impl CourseName {
    /// The year at the end of `aso-2026`.
    pub fn year(&self) -> Option<u16> {
        let (_, year) = self.as_str().rsplit_once('-')?;
        (year.len() == 4).then(|| year.parse().ok())?
    }
}

impl Login {
    /// That of what is typed for somebody and can be no login.
    pub fn nobodys() -> Self {
        Self("nobody".to_owned())
    }
}

nobodys!(VmName, SeatName, CourseName, TemplateName);

impl TemplateRef {
    pub(crate) fn nobodys() -> Self {
        TemplateName::nobodys().into()
    }
}

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
    fn nodes_are_named_by_others_but_not_by_anything() {
        for name in ["nodo01", "Nodo-1.lab_2", "7"] {
            assert_eq!(name.parse::<NodeName>().unwrap().as_str(), name);
        }
        for bad in ["", "-a", "@group", "a b", "a&project=default", "nodo/1", &"n".repeat(64)] {
            assert!(bad.parse::<NodeName>().is_err(), "{bad}");
        }
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

    #[test]
    fn a_template_with_and_without_its_version() {
        for text in ["mini", "tomcat:1", "debian-12:10", "t:4294967295"] {
            assert_eq!(text.parse::<TemplateRef>().unwrap().to_string(), text);
        }
        for text in ["", ":", "tomcat:", "tomcat:0", "tomcat:01", "tomcat:+1", "tomcat:1:2", "tomcat:x", ":1"]
        {
            assert!(text.parse::<TemplateRef>().is_err(), "{text}");
        }
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
