//! `port VERB`, `egress VERB` and `firewall VERB`.

use super::needs::{Needs, verbs};
use super::whose::Whose;
use ipnet::Ipv4Net;
use puerta_lab::action::Action;
use puerta_lab::names::{CourseName, SeatName, VmRef};
use puerta_lab::network::{Egress, Protocol};

/// `port VERB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortCommand {
    /// One's own, or (professor) others'.
    List(Whose),
    /// Make a port of puerta lead to a machine.
    Publish {
        /// Which machine.
        vm: VmRef,
        /// Its port.
        vm_port: u16,
        /// What it carries.
        protocol: Protocol,
        /// The port of puerta; puerta chooses when not said.
        port: Option<u16>,
        /// Who may reach it; the configuration's campus when not said.
        sources: Option<Vec<Ipv4Net>>,
    },
    /// Give a port of puerta up.
    Unpublish(u16),
}

/// `egress VERB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EgressCommand {
    /// Every rule.
    List,
    /// Another rule.
    Set {
        /// What may be reached.
        egress: Egress,
        /// By whose machines.
        place: EgressPlace,
    },
    /// No rule of its own any more.
    Clear(EgressPlace),
}

/// Whose machines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EgressPlace {
    /// A course's.
    Course(CourseName),
    /// A seat's.
    Seat(SeatName),
}

/// `firewall VERB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirewallCommand {
    /// The rules as the kernel has them.
    Show,
    /// What a reconcile would do.
    Plan,
    /// Reconcile now.
    Apply,
    /// Whether there is nothing to do.
    Check,
}

verbs! { PortCommand {
    "list", [Action::PortView], Self::List(_) => Needs::nothing(),
    "publish", [Action::PortPublish], Self::Publish { .. } => Needs::nothing(),
    "unpublish", [Action::PortUnpublish], Self::Unpublish(_) => Needs::nothing(),
} }

verbs! { EgressCommand {
    "list", [Action::EgressView], Self::List => Needs::nothing(),
    "set", [Action::EgressSet], Self::Set { .. } => Needs::nothing(),
    "clear", [Action::EgressSet], Self::Clear(_) => Needs::nothing(),
} }

verbs! { FirewallCommand {
    "show", [Action::FirewallView], Self::Show => Needs::nothing(),
    "plan", [Action::FirewallView], Self::Plan => Needs::nothing(),
    "apply", [Action::FirewallApply], Self::Apply => Needs::nothing(),
    "check", [Action::FirewallView], Self::Check => Needs::nothing(),
} }
