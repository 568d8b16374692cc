//! What is wrong with a practice's file, in sentences.

use crate::app::error::{Error, Kind};
use puerta_lab::practice::{Mistake, Wrong};

/// All of it, a line each.
pub(super) fn error(wrong: &[Mistake]) -> Error {
    Error { details: wrong.iter().map(detail).collect(), ..Error::new(Kind::Usage, "error-practice-wrong") }
}

fn detail(mistake: &Mistake) -> Error {
    let say = |id| Error::new(Kind::Usage, id);
    let said = match &mistake.wrong {
        Wrong::Toml(what) => say("practice-wrong-toml").with("what", what),
        Wrong::Long(most) => say("practice-wrong-long").with("max", most),
        Wrong::Missing => say("practice-wrong-missing"),
        Wrong::Unknown => say("practice-wrong-unknown"),
        Wrong::Kind(kind) => say("practice-wrong-kind").with("kind", kind),
        Wrong::Name(name) => say("practice-wrong-name").with("kind", name.kind),
        Wrong::Range(low, high) => say("practice-wrong-range").with("low", low).with("high", high),
        Wrong::Many(most) => say("practice-wrong-many").with("max", most),
        Wrong::NoVm(name) => say("practice-wrong-vm").with("name", name),
        Wrong::Circle(names) => {
            let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
            say("practice-wrong-circle").with("names", names.join(", "))
        }
        Wrong::Choice(known) => say("practice-wrong-choice").with("known", known),
        Wrong::Twice => say("practice-wrong-twice"),
        Wrong::Path => say("practice-wrong-path"),
    };
    match (mistake.line, mistake.key.as_str()) {
        (None, "") => said,
        (None, key) => said.with("of", key),
        (Some(line), "") => said.with("line", line),
        (Some(line), key) => said.with("line", line).with("value", key),
    }
}
