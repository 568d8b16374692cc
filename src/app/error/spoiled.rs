//! What somebody did inside a machine, as its people read it. Whose machine it is, who has the error knows.

use super::{Cause, Error, Kind};
use puerta_engine::Spoiled;

impl From<Spoiled> for Error {
    fn from(spoiled: Spoiled) -> Self {
        let error = |id| Self::new(Kind::Conflict, id).because(Cause::Spoiled);
        match spoiled {
            Spoiled::Attribute { file, name } => {
                error("error-spoiled-attribute").with("file", file).with("attribute", name)
            }
            Spoiled::Path(file) => error("error-spoiled-path").with("file", file),
            Spoiled::File { file, why } => error("error-spoiled-file").with("file", file).with("reason", why),
            Spoiled::Start(file) => error("error-spoiled-start").with("file", file),
            Spoiled::Shell => error("error-spoiled-shell"),
            Spoiled::Keys(file) => error("error-spoiled-keys").with("file", file),
        }
    }
}
