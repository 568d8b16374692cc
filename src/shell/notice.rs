//! What puerta says without being asked for it: the welcome, questions before what cannot be undone,
//! why it closes. It asks nothing itself: the session shows the question and reads the answer.

mod session;

pub use session::{
    console, console_left, heard, played, playing, watch_ended, watched, watched_size, watching,
};

use crate::app::command::{Command, Sentence, Terminal, Yes};
use crate::app::ending::Reason;
use crate::app::error::{Error, Kind};
use crate::shell::lang::Lang;
use crate::shell::render::plain;
use crate::shell::text::text;

/// The first lines of an interactive session.
pub fn welcome(lang: Lang, login: &str, machines: u32, quota: u32) -> String {
    let args = [("login", login), ("machines", &*machines.to_string()), ("quota", &*quota.to_string())];
    line(lang, "notice-welcome", &args)
}

/// There is little room for the audit, to those who look after it.
pub fn little_room(lang: Lang, mib: u64) -> String {
    line(lang, "notice-little-room", &[("mib", &mib.to_string())])
}

/// What to do after coming in with a one-time code, which will not open again.
pub fn first_login(lang: Lang, login: &str) -> String {
    line(lang, "notice-first-login", &[("login", login)])
}

/// The last line after `exit`.
pub fn goodbye(lang: Lang) -> String {
    line(lang, "notice-goodbye", &[])
}

/// Ctrl-C leaves a job to itself.
pub fn job_detached(lang: Lang, job: &str) -> String {
    line(lang, "notice-job-detached", &[("job", job)])
}

/// So many lines of the audit came faster than they were read.
pub fn audit_missed(lang: Lang, lines: u64) -> String {
    line(lang, "audit-missed", &[("lines", &lines.to_string())])
}

/// Why the session ends now.
pub fn closing(lang: Lang, reason: Reason) -> String {
    line(lang, closing_id(reason), &[])
}

/// The same in every language, for a disconnect: its language is not known.
pub fn farewell(reason: Reason) -> String {
    plain(&in_every_language(closing_id(reason)))
}

/// Before the password is asked for again.
pub fn wrong_password() -> String {
    plain(&in_every_language("notice-wrong-password"))
}

/// Before the code of a second factor is asked for again.
pub fn wrong_code() -> String {
    plain(&in_every_language("notice-wrong-code"))
}

/// There are as many connections as there may be.
pub fn door_full() -> String {
    plain(&in_every_language("notice-door-full"))
}

/// Many gave up at that place, and for so many minutes fewer may stand there.
pub fn door_narrowed(minutes: u64) -> String {
    plain(&in_every_language_with("notice-door-narrowed", &[("minutes", &minutes.to_string())]))
}

/// Before a password or a code is asked for again, when what came was no UTF-8.
pub fn not_utf8() -> String {
    plain(&in_every_language("notice-not-utf8"))
}

fn in_every_language(id: &str) -> String {
    in_every_language_with(id, &[])
}

fn in_every_language_with(id: &str, args: &[(&str, &str)]) -> String {
    Lang::ALL.map(|lang| text(lang, id, args)).join(" / ")
}

fn closing_id(reason: Reason) -> &'static str {
    match reason {
        Reason::Suspended => "notice-suspended",
        Reason::NotNow => "notice-not-now",
        Reason::Shutdown => "notice-shutdown",
        Reason::TooManyConnections => "notice-too-many-connections",
        Reason::NoLongerAllowed => "notice-no-longer",
        Reason::ClosedByStaff => "notice-closed-by-staff",
        Reason::KeyRemoved => "notice-key-removed",
        Reason::ClosedByOneself => "notice-closed-by-oneself",
        Reason::TooManyCodes => "notice-too-many-codes",
        Reason::TooManyTries => "notice-too-many-tries",
        Reason::Unwritten => "notice-unwritten",
        Reason::RegistryAway => "notice-registry-away",
        Reason::TooMuchWaiting => "notice-too-much-waiting",
        Reason::Displaced => "notice-displaced",
        Reason::KeptOut
        | Reason::HangUp
        | Reason::LoginGrace
        | Reason::NoHandshake
        | Reason::Closed
        | Reason::Left
        | Reason::Lost => "notice-closed",
    }
}

/// Before a key is read from a terminal.
pub fn paste_key(lang: Lang) -> String {
    text(lang, "ask-key", &[])
}

/// The two prompts of `passwd`.
pub fn password_prompts(lang: Lang) -> [String; 2] {
    [text(lang, "ask-password", &[]), text(lang, "ask-password-again", &[])]
}

/// Before a code of a second factor is typed.
pub fn code_prompt(lang: Lang) -> String {
    text(lang, "ask-totp-code", &[]) + " "
}

/// Nothing was done, because the answer was no.
pub fn left_alone(lang: Lang) -> String {
    line(lang, "notice-left-alone", &[])
}

/// The question before a command that cannot be undone whatever there is, with its `[s/N]`; `None` for every
/// other.
pub fn destructive(command: &Command, lang: Lang) -> Option<String> {
    match command.needs().yes {
        Yes::To(sentence) => Some(question(&sentence, lang)),
        Yes::Without | Yes::Weighed => None,
    }
}

/// A question with its `[s/N]`.
pub fn question(Sentence { id, args }: &Sentence, lang: Lang) -> String {
    let args: Vec<_> = args.iter().map(|(name, value)| (*name, value.as_str())).collect();
    format!("{} {} ", text(lang, id, &args), text(lang, "ask-hint", &[]))
}

/// Why a command cannot be carried out there: it drives a terminal and there is none, or what it gives or
/// takes is no terminal's.
pub fn misplaced(command: &Command, at_terminal: bool) -> Option<Error> {
    match command.needs().terminal {
        Terminal::Wanted(error) if !at_terminal => Some(error),
        Terminal::Refused(error) if at_terminal => Some(error),
        _ => None,
    }
}

/// A destructive command without a terminal and without `--yes`.
pub fn need_yes() -> Error {
    Error::new(Kind::Usage, "error-need-yes")
}

/// Whether an answer is a yes, in either language; anything else is a no.
pub fn is_yes(answer: &str) -> bool {
    let answer = answer.trim().to_lowercase();
    matches!(&*answer, "s" | "si" | "sí" | "y" | "yes")
}

fn line(lang: Lang, id: &str, args: &[(&str, &str)]) -> String {
    text(lang, id, args) + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nobody has said yet which letters their window shows.
    #[test]
    fn what_is_said_before_the_login_is_ascii() {
        let reasons = [
            Reason::Shutdown,
            Reason::Suspended,
            Reason::NotNow,
            Reason::TooManyConnections,
            Reason::TooManyCodes,
            Reason::TooManyTries,
            Reason::Unwritten,
            Reason::RegistryAway,
            Reason::Displaced,
            Reason::LoginGrace,
        ];
        let others = [wrong_password(), wrong_code(), not_utf8(), door_full(), door_narrowed(3)];
        for text in reasons.into_iter().map(farewell).chain(others) {
            // What has no plain letter would be a question mark.
            assert!(text.is_ascii() && !text.contains('?'), "{text}");
        }
    }

    #[test]
    fn only_a_yes_is_a_yes() {
        for yes in ["s", "S", "si", "sí", "SÍ", " y\n", "Yes"] {
            assert!(is_yes(yes), "{yes}");
        }
        for no in ["", "n", "no", "sin", "yep", "1"] {
            assert!(!is_yes(no), "{no}");
        }
    }
}
