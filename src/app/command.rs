//! What can be asked of the house, with every name parsed, and beside each verb what it needs. The shell
//! makes these from words; [`super::App::run`] carries them out. Nothing here knows how it was typed.

mod account;
mod audit;
mod backup;
mod course;
mod job;
mod needs;
mod network;
mod node;
mod person;
mod policy;
mod practice;
mod roster;
mod session;
mod template;
mod vm;
mod whose;

pub use account::{KeyCommand, TotpCommand};
pub use audit::{AuditCommand, AuditFilter, AuditOutcome, AuditPages, ConnectionId};
pub use backup::BackupCommand;
pub use course::CourseCommand;
pub use job::JobCommand;
pub use needs::{Needs, Sentence, Terminal, Verb, Wants, Yes};
pub use network::{EgressCommand, EgressPlace, FirewallCommand, PortCommand};
pub use node::NodeCommand;
pub use person::{PersonChange, PersonCommand};
pub use policy::{Named, NewRule, PolicyCommand, Question};
pub use practice::{Place, PracticeCommand};
pub use roster::{Column, Enrol, Form, SeatCommand};
pub use session::{MessageCommand, SessionCommand};
pub use template::{QuotaCommand, QuotaPlace, TemplateCommand};
pub use vm::{Act, ManyCommand, MayGo, VmCommand};
pub use whose::Whose;

use crate::app::secret::Secret;
use puerta_lab::action::Action;
use puerta_lab::lang::Lang;
use puerta_lab::names::VmRef;

/// One thing asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// `vm ...`
    Vm(VmCommand),
    /// `backup ...`
    Backup(BackupCommand),
    /// `template ...`
    Template(TemplateCommand),
    /// `quota ...`
    Quota(QuotaCommand),
    /// `key ...`
    Key(KeyCommand),
    /// `job ...`
    Job(JobCommand),
    /// `course ...`
    Course(CourseCommand),
    /// `person ...`
    Person(PersonCommand),
    /// `seat ...`
    Seat(SeatCommand),
    /// `port ...`
    Port(PortCommand),
    /// `egress ...`
    Egress(EgressCommand),
    /// `firewall ...`
    Firewall(FirewallCommand),
    /// `policy ...`
    Policy(PolicyCommand),
    /// `practice ...`
    Practice(PracticeCommand),
    /// `session ...`
    Session(SessionCommand),
    /// `message ...`
    Message(MessageCommand),
    /// `audit ...`
    Audit(AuditCommand),
    /// `node ...`
    Node(NodeCommand),
    /// `isolation check`, with the machines that were named.
    IsolationCheck(Vec<VmRef>),
    /// `passwd`, with the new password as it was typed twice.
    Passwd(Secret),
    /// `totp ...`
    Totp(TotpCommand),
    /// `whoami`
    Whoami,
    /// `known-hosts`: the keys of one machine, as a client names it, or of all of one's own.
    KnownHosts(Option<String>),
    /// `ssh-config`
    SshConfig {
        /// For clients that cannot ask for keys, and have them in a file.
        file: bool,
    },
    /// `lang`: from now on this one; or which holds, and why.
    Lang {
        /// The one that is asked for.
        set: Option<Lang>,
        /// What the client says.
        sent: Option<Lang>,
    },
}

/// Every family with its verbs, and where each command finds what it needs: a new family is a line here. Those
/// behind the `;` have one verb, or none but their own word, and need nothing.
macro_rules! families {
    (
        $($name:literal: $variant:ident => $of:ident,)+
        ;
        $($alone:literal: $verb:literal, $actions:expr, $pattern:pat,)+
    ) => {
        const FAMILIES: &[(&str, &[Verb])] = &[
            $(($name, $of::VERBS),)+
            $(($alone, &[Verb { words: $verb, actions: &$actions }]),)+
        ];

        impl Command {
            /// What carrying it out needs.
            pub fn needs(&self) -> Needs {
                match self {
                    $(Self::$variant(verb) => verb.needs(),)+
                    $($pattern => Needs::nothing(),)+
                }
            }
        }
    };
}

families! {
    "vm": Vm => VmCommand,
    "backup": Backup => BackupCommand,
    "template": Template => TemplateCommand,
    "quota": Quota => QuotaCommand,
    "key": Key => KeyCommand,
    "job": Job => JobCommand,
    "course": Course => CourseCommand,
    "person": Person => PersonCommand,
    "seat": Seat => SeatCommand,
    "port": Port => PortCommand,
    "egress": Egress => EgressCommand,
    "firewall": Firewall => FirewallCommand,
    "policy": Policy => PolicyCommand,
    "practice": Practice => PracticeCommand,
    "session": Session => SessionCommand,
    "message": Message => MessageCommand,
    "audit": Audit => AuditCommand,
    "node": Node => NodeCommand,
    "totp": Totp => TotpCommand,
    ;
    "isolation": "check", [Action::IsolationCheck], Self::IsolationCheck(_),
    "passwd": "", [Action::Passwd], Self::Passwd(_),
    "whoami": "", [Action::Whoami], Self::Whoami,
    "known-hosts": "", [Action::VmView], Self::KnownHosts(_),
    "ssh-config": "", [Action::VmView], Self::SshConfig { .. },
    "lang": "", [Action::Whoami], Self::Lang { .. },
}

/// The verbs that words are, or begin: `vm move`, `vm`, `policy rule`. None: the words are not for `app`.
pub(crate) fn verbs_of<'a>(words: &'a [&str]) -> impl Iterator<Item = &'static Verb> + use<'a> {
    let (family, rest) = match words {
        [family, rest @ ..] => (*family, rest),
        [] => ("", words),
    };
    let verbs = FAMILIES.iter().filter(move |(name, _)| *name == family).flat_map(|(_, verbs)| *verbs);
    verbs.filter(move |verb| verb.words.split_whitespace().zip(rest).all(|(own, said)| own == *said))
}

/// Every verb as its words.
#[cfg(test)]
pub(crate) fn all_verbs() -> impl Iterator<Item = String> {
    let of = |family: &str, verb: &Verb| format!("{family} {}", verb.words).trim_end().to_owned();
    FAMILIES.iter().flat_map(move |(family, verbs)| verbs.iter().map(move |verb| of(family, verb)))
}
