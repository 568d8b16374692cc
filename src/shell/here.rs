//! Where this house is, as everybody types it: one lab, one name, for the whole run. Sentences name it by
//! `{ $door }`, `{ $jump }`, `{ $host }` and `{ $portflag }`, so that a hint works as it stands. And which clock hangs
//! on its wall, and by which key its door is known.

use crate::shell::lang::Lang;
use jiff::tz::TimeZone;
use std::sync::OnceLock;

static HERE: OnceLock<Here> = OnceLock::new();

/// What a sentence says where a person's own login belongs, until [`addressed`] puts it there.
fn you(lang: Lang) -> &'static str {
    match lang {
        Lang::Es => "TU_USUARIO",
        Lang::En => "YOUR_USER",
    }
}

/// The name and port that people reach the door by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Here {
    host: String,
    port: u16,
    zone: TimeZone,
    fingerprint: Option<String>,
}

impl Here {
    /// What sentences say from now on, whatever is said later. `fingerprint` is that of the door's own key, as
    /// `ssh-keygen -l` prints it.
    pub fn settle(host: &str, port: u16, zone: TimeZone, fingerprint: String) {
        let _ = HERE.set(Self { host: host.to_owned(), port, zone, fingerprint: Some(fingerprint) });
    }

    fn now() -> Self {
        let unsettled =
            || Self { host: "puerta".to_owned(), port: 22, zone: TimeZone::UTC, fingerprint: None };
        HERE.get().cloned().unwrap_or_else(unsettled)
    }

    /// What every sentence may name.
    fn named(&self, lang: Lang) -> [(&'static str, String); 4] {
        let (host, you) = (&self.host, you(lang));
        let (flag, behind) = match self.port {
            22 => (String::new(), String::new()),
            port => (format!("-p {port} "), format!(":{port}")),
        };
        [
            ("door", format!("{flag}{you}@{host}")),
            ("jump", format!("-J {you}@{host}{behind}")),
            ("host", host.clone()),
            ("portflag", flag),
        ]
    }
}

/// What every sentence may name.
pub(super) fn named(lang: Lang) -> [(&'static str, String); 4] {
    Here::now().named(lang)
}

/// The name of the door.
pub(super) fn host() -> String {
    Here::now().host
}

/// The fingerprint of the door's key, for who comes in for the first time.
pub(super) fn fingerprint() -> Option<String> {
    Here::now().fingerprint
}

/// The lab's time zone.
pub(super) fn zone() -> TimeZone {
    Here::now().zone
}

/// `ssh -p 2222 ana@puerta`: how somebody comes in.
pub(super) fn way_in(login: &str) -> String {
    let [.., (_, host), (_, flag)] = named(Lang::Es);
    format!("ssh {flag}{login}@{host}")
}

/// The text with the person's own login where it belongs.
pub fn addressed(text: &str, login: &str) -> String {
    Lang::ALL.iter().fold(text.to_owned(), |text, lang| text.replace(you(*lang), login))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_not_the_usual_one_is_typed() {
        let named = |port| {
            let here =
                Here { host: "puerta.uni.example".into(), port, zone: TimeZone::UTC, fingerprint: None };
            here.named(Lang::Es).map(|(_, text)| text)
        };
        let [door, jump, ..] = named(22);
        assert_eq!(addressed(&door, "ana"), "ana@puerta.uni.example");
        assert_eq!(addressed(&jump, "ana"), "-J ana@puerta.uni.example");
        let [door, jump, host, flag] = named(2222);
        assert_eq!(addressed(&door, "ana"), "-p 2222 ana@puerta.uni.example");
        assert_eq!(addressed(&jump, "ana"), "-J ana@puerta.uni.example:2222");
        assert_eq!((&*host, &*flag), ("puerta.uni.example", "-p 2222 "));
    }
}
