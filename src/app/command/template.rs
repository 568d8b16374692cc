//! `template ...` and `quota ...`.

use super::needs::{Needs, Sentence, verbs};
use puerta_lab::action::Action;
use puerta_lab::model::Role;
use puerta_lab::names::{CourseName, SeatName, TemplateName, TemplateRef, VmRef};
use puerta_lab::network::Service;
use puerta_lab::quota::Quota;

/// `template VERB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplateCommand {
    /// What a machine can be made from.
    List,
    /// Everything about one, or about one version.
    Show(TemplateRef),
    /// Make one of a stopped machine.
    Publish {
        /// Which machine.
        vm: VmRef,
        /// The template's name; the version is the next one.
        name: TemplateName,
        /// The course that it is offered to; the machine's own when not said.
        course: Option<CourseName>,
        /// A line about it.
        description: Option<String>,
        /// CPU cores of a machine of it, when nothing is asked for; the machine's own when not said.
        cpus: Option<u32>,
        /// The same for memory, MiB.
        memory_mib: Option<u32>,
        /// The same for the disk, MiB.
        disk_mib: Option<u32>,
        /// Ports of a machine of it that are published from the start.
        ports: Vec<Service>,
    },
    /// Offer it, or one version, no more.
    Retire {
        /// Which.
        template: TemplateRef,
        /// Whose; not needed where it is one course's.
        course: Option<CourseName>,
    },
}

/// `quota VERB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuotaCommand {
    /// What one's own seats have and may have.
    Own,
    /// What holds somewhere.
    Show(QuotaPlace),
    /// Set one, or with `None` take what was set away.
    Set {
        /// Which.
        quota: Quota,
        /// How much; memory and disk in MiB.
        value: Option<u32>,
        /// For whom.
        place: QuotaPlace,
    },
}

/// For whom a quota is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuotaPlace {
    /// One seat.
    Seat(SeatName),
    /// The seats of a course.
    Course(CourseName),
    /// The seats of people in a role.
    Role(Role),
}

verbs! { TemplateCommand {
    "list", [Action::TemplateList], Self::List => Needs::nothing(),
    "show", [Action::TemplateList], Self::Show(_) => Needs::nothing(),
    "publish", [Action::TemplatePublish], Self::Publish { .. } => Needs::nothing(),
    "retire", [Action::TemplateRetire], Self::Retire { template, .. } => {
        Needs::a_yes(Sentence::new("ask-template-retire").with("template", template))
    },
} }

verbs! { QuotaCommand {
    "show", [Action::Whoami, Action::QuotaView], Self::Own | Self::Show(_) => Needs::nothing(),
    "set", [Action::QuotaSet], Self::Set { .. } => Needs::nothing(),
} }
