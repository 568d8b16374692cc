//! The words of the shell as clap sees them: every family with its verbs, and what each of them means.
//! An area is one file: its words, with values read by the types of what they name, and the command that
//! they are. Help is not clap's: it stands in the locales, in both languages, and a test holds the two
//! together.

use super::account::{Key, TotpVerb};
use super::audit::Audit;
use super::backup::Backup;
use super::course::{Course, Seat};
use super::job::Job;
use super::network::{Egress, Firewall, Port};
use super::node::{Isolation, Node};
use super::person::Person;
use super::policy::Policy;
use super::practice::Practice;
use super::session::{Message, Session};
use super::template::{Quota, Template};
use super::values::bad;
use super::vm::{Bare, Vm};
use super::{Context, What};
use crate::app::command::Command;
use crate::app::error::Result;
use crate::shell::lang::Lang;
use clap::{Args, Parser, Subcommand};

/// One line.
#[derive(Debug, Parser)]
#[command(
    name = "puerta",
    no_binary_name = true,
    disable_help_flag = true,
    disable_help_subcommand = true,
    args_override_self = true
)]
pub(crate) struct Words {
    #[command(subcommand)]
    pub(crate) top: Top,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Top {
    #[command(subcommand)]
    Vm(Vm),
    #[command(flatten)]
    Bare(Bare),
    #[command(subcommand)]
    Backup(Backup),
    #[command(subcommand)]
    Template(Template),
    #[command(subcommand)]
    Quota(Quota),
    #[command(subcommand)]
    Key(Key),
    #[command(subcommand)]
    Job(Job),
    #[command(subcommand)]
    Course(Course),
    #[command(subcommand)]
    Person(Person),
    #[command(subcommand)]
    Seat(Seat),
    #[command(subcommand)]
    Port(Port),
    #[command(subcommand)]
    Egress(Egress),
    #[command(subcommand)]
    Firewall(Firewall),
    #[command(subcommand)]
    Session(Session),
    Message(Message),
    #[command(subcommand)]
    Policy(Policy),
    #[command(subcommand)]
    Practice(Practice),
    #[command(subcommand)]
    Audit(Audit),
    #[command(subcommand)]
    Node(Node),
    #[command(subcommand)]
    Isolation(Isolation),
    #[command(subcommand)]
    Totp(TotpVerb),
    Passwd,
    Whoami,
    KnownHosts {
        host: Option<String>,
    },
    SshConfig {
        #[arg(long)]
        file: bool,
    },
    #[command(aliases = ["idioma", "language"])]
    Lang {
        #[arg(value_parser = lang)]
        lang: Option<Lang>,
    },
    #[command(alias = "ayuda")]
    Help {
        topic: Vec<String>,
    },
    #[command(aliases = ["quit", "salir"])]
    Exit,
}

/// On what asks before it acts.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Yes {
    #[arg(long = "yes", short = 'y')]
    said: bool,
}

/// What words mean, and whether `--yes` was among them.
#[derive(Debug)]
pub(super) struct Meant {
    pub(super) what: What,
    pub(super) yes: bool,
}

fn lang(text: &str) -> Result<Lang> {
    Lang::from_locale(text).ok_or_else(|| bad(text, "lang"))
}

impl Yes {
    /// Whether it was said.
    pub(super) fn said(self) -> bool {
        self.said
    }
}

impl Meant {
    pub(super) fn new(what: What) -> Self {
        Self { what, yes: false }
    }

    /// A command, with what it wants of standard input.
    pub(super) fn command(command: Command) -> Self {
        Self::new(What::of(command))
    }

    pub(super) fn or_asked(self, yes: Yes) -> Self {
        Self { yes: yes.said, ..self }
    }
}

impl Top {
    /// What was asked for.
    pub(super) fn meant(self, context: &Context<'_>) -> Result<Meant> {
        Ok(match self {
            Self::Vm(verb) => return verb.meant(),
            Self::Bare(verb) => return verb.meant(),
            Self::Backup(verb) => return verb.meant(),
            Self::Template(verb) => verb.meant(),
            Self::Quota(verb) => return verb.meant(),
            Self::Key(verb) => verb.meant(),
            Self::Job(verb) => return verb.meant(),
            Self::Course(verb) => return verb.meant(),
            Self::Person(verb) => verb.meant(),
            Self::Seat(verb) => verb.meant(),
            Self::Port(verb) => return verb.meant(),
            Self::Egress(verb) => return verb.meant(),
            Self::Firewall(verb) => verb.meant(),
            Self::Session(verb) => verb.meant(),
            Self::Message(message) => return message.meant(),
            Self::Policy(verb) => return verb.meant(context.domain, context.wall),
            Self::Practice(verb) => return verb.meant(),
            Self::Audit(verb) => return verb.meant(context.wall),
            Self::Node(verb) => verb.meant(),
            Self::Isolation(verb) => verb.meant(),
            Self::Totp(verb) => Meant::new(What::Totp(verb)),
            Self::Passwd => Meant::new(What::AskPassword),
            Self::Whoami => Meant::command(Command::Whoami),
            Self::KnownHosts { host } => Meant::command(Command::KnownHosts(host)),
            Self::SshConfig { file } => Meant::command(Command::SshConfig { file }),
            Self::Lang { lang } => Meant::command(Command::Lang { set: lang, sent: context.sent }),
            Self::Help { topic } => Meant::new(What::Help(super::help_of(&topic, context)?)),
            Self::Exit => Meant::new(What::Exit),
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_grammar_is_sound() {
        super::Words::command().debug_assert();
    }
}
