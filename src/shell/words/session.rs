//! `session` and `message`, from clap's words to commands.

use super::convert::optional;
use super::grammar;
use super::values::bad;
use crate::app::command::{MessageCommand, SessionCommand};
use crate::app::error::{Error, Kind, Result};
use crate::app::session::SessionId;
use puerta_lab::names::{CourseName, Login};

/// Per cent of a recording's own speed: from a tenth to a hundredfold.
const SPEEDS: std::ops::RangeInclusive<u32> = 10..=10_000;

fn id(option: &'static str, text: &str) -> Result<SessionId> {
    text.parse().map_err(|()| bad(option, text, "session"))
}

pub(super) fn session(verb: grammar::Session, said: &mut bool) -> Result<SessionCommand> {
    use grammar::Session;
    Ok(match verb {
        Session::List { person, course } => {
            SessionCommand::List { person: optional(person.as_ref())?, course: optional(course.as_ref())? }
        }
        Session::Show { session } => SessionCommand::Show(id("session show", &session)?),
        Session::Close { session, yes } => {
            *said = yes.said;
            SessionCommand::Close(id("session close", &session)?)
        }
        Session::Recordings { person } => SessionCommand::Recordings { person: optional(person.as_ref())? },
        Session::Play { session, speed } => SessionCommand::Play {
            id: id("session play", &session)?,
            speed: speed.map_or(Ok(100), |text| per_cent(&text))?,
        },
        Session::Watch { session } => SessionCommand::Watch(id("session watch", &session)?),
    })
}

/// `2`, `0.5`, also with a comma.
fn per_cent(text: &str) -> Result<u32> {
    let times: Option<f64> = text.replace(',', ".").parse().ok();
    let speed = times.filter(|times| times.is_finite()).map(|times| (times * 100.0).round() as u32);
    speed.filter(|speed| SPEEDS.contains(speed)).ok_or_else(|| bad("--speed", text, "speed"))
}

pub(super) fn message(to: String, text: &[String]) -> Result<MessageCommand> {
    let person = to.parse::<Login>();
    let course = to.parse::<CourseName>().ok();
    // A word that can be neither is wrong as a login.
    let person = match (person, &course) {
        (Err(error), None) => return Err(Error::from(error)),
        (person, _) => person.ok(),
    };
    let text = text.join(" ");
    if text.trim().is_empty() {
        let error = Error::new(Kind::Usage, "error-missing");
        return Err(error.with("what", "text").with("help", "help message"));
    }
    Ok(MessageCommand { person, course, to, text })
}
