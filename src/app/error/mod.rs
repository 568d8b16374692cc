//! The one error of the house: a kind (eight of them), the id of its sentence in the locales, and
//! the sentence's arguments. `docs/errors.md` is the table from kind to everything else.

mod from;
mod spoiled;

/// What sort of thing went wrong; decides exit code, SSH open failure and audit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The words are not a command.
    Usage,
    /// Nobody proved who they are.
    Unauthenticated,
    /// They may not.
    Denied,
    /// There is no such thing, or not for them.
    NotFound,
    /// It cannot be now, or not twice.
    Conflict,
    /// A quota or a rate.
    Limited,
    /// The engine, the disk or another part does not answer.
    Unavailable,
    /// Our fault.
    Internal,
}

impl Kind {
    /// All eight.
    pub const ALL: [Self; 8] = [
        Self::Usage,
        Self::Unauthenticated,
        Self::Denied,
        Self::NotFound,
        Self::Conflict,
        Self::Limited,
        Self::Unavailable,
        Self::Internal,
    ];

    /// Stable word: in `--json`, in the audit.
    pub fn code(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Unauthenticated => "unauthenticated",
            Self::Denied => "denied",
            Self::NotFound => "not-found",
            Self::Conflict => "conflict",
            Self::Limited => "limited",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }

    /// 1 is the caller's to mend, 2 ours.
    pub fn exit(self) -> u32 {
        match self {
            Self::Unavailable | Self::Internal => 2,
            _ => 1,
        }
    }
}

/// What the program itself wants to know about some errors; people read their sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The audit cannot be written.
    AuditAway,
    /// The registry cannot do anything now.
    RegistryAway,
    /// The code of a second factor is not right.
    WrongCode,
    /// Somebody did something inside the machine that is in the way.
    Spoiled,
    /// The machine's port has a number already.
    Published,
    /// The word is not one of those that may stand there.
    UnknownWord,
    /// It is for a machine, and which one is not said.
    ForAMachine,
}

/// An error as data: rendered by the shell in the person's language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What sort.
    pub kind: Kind,
    /// Fluent id of its sentence: `error-...`.
    pub id: &'static str,
    /// Arguments of the sentence.
    pub args: Vec<(&'static str, String)>,
    /// What the program does something about.
    pub cause: Option<Cause>,
    /// What it consists of, when that is more than one thing: each a sentence of its own. One with the
    /// argument `line` is about that line of what was read, one with `value` about that word.
    pub details: Vec<Error>,
}

impl std::fmt::Display for Error {
    /// For our own logs; what people read is the shell's.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id)
    }
}

impl std::error::Error for Error {}

/// Result of a use.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error with a sentence and no arguments.
    pub fn new(kind: Kind, id: &'static str) -> Self {
        Self { kind, id, args: Vec::new(), cause: None, details: Vec::new() }
    }

    /// Adds an argument.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.args.push((name, value.to_string()));
        self
    }

    /// Says why, to the program.
    #[must_use]
    pub fn because(mut self, cause: Cause) -> Self {
        self.cause = Some(cause);
        self
    }

    /// There is no such machine (or it is somebody else's: the same sentence).
    pub fn no_vm(name: impl ToString) -> Self {
        Self::new(Kind::NotFound, "error-no-vm").with("vm", name)
    }

    /// Something of ours broke; the reference is in the log beside the cause.
    pub fn internal(cause: &dyn std::fmt::Display) -> Self {
        let reference = reference();
        tracing::error!(reference, "{cause}");
        Self::new(Kind::Internal, "error-internal").with("reference", reference)
    }

    /// It is refused only for want of a second factor.
    pub fn second_factor_needed() -> Self {
        Self::new(Kind::Denied, "error-second-factor-needed")
    }

    /// The person's role does not allow the verb.
    pub fn denied() -> Self {
        Self::new(Kind::Denied, "error-denied")
    }
}

/// Eight hexadecimal digits that a person can read out and a technician can search for.
fn reference() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seconds = now.map_or(0, |elapsed| elapsed.as_secs() as u32);
    format!("{seconds:08x}-{:x}", COUNT.fetch_add(1, Ordering::Relaxed))
}
