//! What somebody did inside a machine, so that something cannot be done with it. It is theirs to hear and to
//! mend, and no fault of the house.

/// What is in the way, by its name inside the machine. What the machine named is escaped, and cut where it is long.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Spoiled {
    /// No archive can hold a file's extended attribute of this name.
    #[error("the attribute `{name}` of `{file}`")]
    Attribute {
        /// The file.
        file: String,
        /// The attribute's name.
        name: String,
    },
    /// A path that is longer than any program may name; its beginning.
    #[error("the long path `{0}`")]
    Path(String),
    /// No archive can hold this file.
    #[error("the file `{file}`: {why}")]
    File {
        /// The file.
        file: String,
        /// In the engine's words.
        why: String,
    },
    /// It does not start without this, which is not there, or is something else.
    #[error("it does not start without `{0}`")]
    Start(String),
    /// It has no shell that can be run.
    #[error("it has no shell")]
    Shell,
    /// Something stands where the keys of its people are written.
    #[error("`{0}` is in the way of its keys")]
    Keys(String),
}
