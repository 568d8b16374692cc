//! What a verb needs: which actions of policy it is of use with, and before it is carried out a yes, a
//! terminal or an input. Each area says it beside its commands, once, with [`verbs!`]; help, Tab, the
//! questions and the reading of standard input all come from there. Nothing here asks or reads.

use crate::app::error::{Error, Kind};
use puerta_lab::action::Action;

/// A verb of a family, as help and Tab know it.
#[derive(Debug, PartialEq, Eq)]
pub struct Verb {
    /// Its words behind the family's: `move`, `rule add`; none where the family is the verb.
    pub words: &'static str,
    /// Whoever may do one of these to anything at all has a use for it.
    pub actions: &'static [Action],
}

/// What carrying a command out needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needs {
    /// Whether somebody has to agree.
    pub yes: Yes,
    /// A terminal, or none.
    pub terminal: Terminal,
    /// What standard input still has to say.
    pub input: Option<Wants>,
}

/// A sentence of the locales.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// Its id: `ask-...`.
    pub id: &'static str,
    /// Its arguments.
    pub args: Vec<(&'static str, String)>,
}

/// Whether somebody has to agree before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Yes {
    /// No.
    Without,
    /// It cannot be undone: to this.
    To(Sentence),
    /// That depends on what there is: [`crate::app::App::weigh`] says. The command knows what was agreed
    /// to, and is refused where that is not enough.
    Weighed,
}

/// Whether somebody has to sit at a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Terminal {
    /// It makes no difference.
    Any,
    /// Without one, this.
    Wanted(Error),
    /// At one, this.
    Refused(Error),
}

/// What a command wants of standard input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wants {
    /// One `authorized_keys` line; at a terminal it is pasted.
    Key,
    /// A whole file.
    List,
    /// A practice.
    Practice,
    /// A policy, or nothing: then it is about the folder, and so it is at a terminal.
    Policy,
}

impl Wants {
    /// Whether somebody at a terminal is asked for it; otherwise nothing is read there.
    pub fn is_typed(self) -> bool {
        match self {
            Self::Key => true,
            Self::List | Self::Policy | Self::Practice => false,
        }
    }

    /// The most that is read, bytes.
    pub fn most(self) -> usize {
        match self {
            Self::Key => 16 * 1024,
            Self::List => 2 * 1024 * 1024,
            Self::Policy | Self::Practice => 64 * 1024,
        }
    }

    /// Why more is not read.
    pub fn too_long(self) -> Error {
        match self {
            Self::Key => Error::new(Kind::Usage, "error-key-long"),
            Self::List => Error::new(Kind::Usage, "error-list-long").with("max", self.most() >> 20),
            Self::Policy => Error::new(Kind::Usage, "error-policy-long").with("max", self.most()),
            Self::Practice => Error::new(Kind::Usage, "error-practice-long").with("max", self.most()),
        }
    }
}

impl Sentence {
    /// One without arguments.
    pub fn new(id: &'static str) -> Self {
        Self { id, args: Vec::new() }
    }

    /// Adds an argument.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.args.push((name, value.to_string()));
        self
    }
}

impl Needs {
    /// It is carried out as it is.
    pub fn nothing() -> Self {
        Self { yes: Yes::Without, terminal: Terminal::Any, input: None }
    }

    /// A yes to this question.
    pub fn a_yes(question: Sentence) -> Self {
        Self { yes: Yes::To(question), ..Self::nothing() }
    }

    /// A yes, or none, as things are.
    pub fn weighed() -> Self {
        Self { yes: Yes::Weighed, ..Self::nothing() }
    }

    /// A terminal; the error is for who has none.
    pub fn a_terminal(without: Error) -> Self {
        Self { terminal: Terminal::Wanted(without), ..Self::nothing() }
    }

    /// What standard input says.
    pub fn input(wants: Wants) -> Self {
        Self { input: Some(wants), ..Self::nothing() }
    }
}

/// The verbs of an area: words, actions, the command, what it needs. Every command has to be there: a new
/// one does not compile until it says all of it. `also`: other words of a command that is there already.
macro_rules! verbs {
    ($of:ident {
        $($words:literal, $actions:expr, $pattern:pat => $needs:expr,)+
        $(also $other:literal, $others:expr)?
    }) => {
        impl $of {
            /// Its verbs.
            pub(crate) const VERBS: &'static [$crate::app::command::Verb] = &[
                $($crate::app::command::Verb { words: $words, actions: &$actions },)+
                $($crate::app::command::Verb { words: $other, actions: &$others },)?
            ];

            /// What carrying it out needs.
            pub(crate) fn needs(&self) -> Needs {
                match self {
                    $($pattern => $needs,)+
                }
            }
        }
    };
}
pub(super) use verbs;
