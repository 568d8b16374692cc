//! A practice: machines that belong together, what of them is published, and what is checked, in one TOML file that a
//! person reads. It has no expressions and no templates. What a file says is parsed once; everything wrong with it is told
//! at once, each with its line.

mod read;
#[cfg(test)]
mod tests;

pub use read::{Mistake, Wrong};

use crate::lang::Lang;
use crate::names::{PracticeName, TemplateRef, VmName};
use crate::network::Service;
use serde::Serialize;

/// Longer files are not read.
pub const MOST_BYTES: usize = 64 << 10;
/// As many machines as a seat has places.
pub const MOST_MACHINES: usize = 63;
/// Checks of one practice.
pub const MOST_CHECKS: usize = 100;

/// One practice as its file says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Practice {
    /// Its name.
    pub name: PracticeName,
    /// A line about it.
    pub title: Texts,
    /// Its machines: each behind those that start before it, else in the file's alphabetical order.
    pub machines: Vec<Machine>,
    /// What is checked, in the file's order.
    pub checks: Vec<Check>,
}

/// The same in both languages; the one that is not there is the other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Texts {
    /// Spanish.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub es: Option<String>,
    /// English.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub en: Option<String>,
}

impl Texts {
    /// What who speaks that language reads.
    pub fn in_lang(&self, lang: Lang) -> Option<&str> {
        let (own, other) = match lang {
            Lang::Es => (&self.es, &self.en),
            Lang::En => (&self.en, &self.es),
        };
        own.as_deref().or(other.as_deref())
    }
}

/// A machine of a practice: its name is also how the others call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// Its name in each seat.
    pub name: VmName,
    /// What it is made from.
    pub template: TemplateRef,
    /// CPU cores, where the file says them.
    pub cpus: Option<u32>,
    /// Memory, MiB, where the file says it.
    pub memory_mib: Option<u32>,
    /// Disk, MiB, where the file says it.
    pub disk_mib: Option<u32>,
    /// What of it is published.
    pub publish: Vec<Service>,
    /// Those that start before it.
    pub after: Vec<VmName>,
}

/// One thing that is to be so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// How it is found out.
    pub probe: Probe,
    /// What it is worth.
    pub points: u32,
    /// How long it may take to become so, seconds.
    pub wait_s: u32,
    /// What it says, for people.
    pub text: Texts,
}

/// How a check is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// From outside: the machine's port is published, and answers.
    Published {
        /// Whose port.
        vm: VmName,
        /// Which of the machine's.
        port: u16,
        /// What its page says.
        http: Option<Http>,
    },
    /// From puerta: a port of the machine answers.
    Answers {
        /// Whose port.
        vm: VmName,
        /// Which.
        port: u16,
        /// What its page says.
        http: Option<Http>,
    },
    /// From one machine to another.
    Reaches {
        /// From where.
        from: VmName,
        /// To where.
        to: VmName,
        /// Which port.
        port: u16,
        /// It is to be open, or to be closed.
        open: bool,
    },
    /// A program inside.
    Runs {
        /// Where.
        vm: VmName,
        /// The program and its words.
        command: Vec<String>,
        /// How it is to end.
        status: u8,
        /// What its output is to have in it.
        contains: Option<String>,
    },
}

/// What a page is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Http {
    /// Which: it begins with `/`.
    pub path: String,
    /// The answer's status.
    pub status: u16,
    /// What is to be in it.
    pub contains: Option<String>,
}

impl Probe {
    /// The machines that it is about: where to look first.
    pub fn vms(&self) -> Vec<&VmName> {
        match self {
            Self::Published { vm, .. } | Self::Answers { vm, .. } | Self::Runs { vm, .. } => vec![vm],
            Self::Reaches { from, to, .. } => vec![to, from],
        }
    }

    /// Its kind, as the file says it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Published { .. } => "published",
            Self::Answers { .. } => "answers",
            Self::Reaches { open: true, .. } => "reaches",
            Self::Reaches { open: false, .. } => "closed",
            Self::Runs { .. } => "runs",
        }
    }
}
