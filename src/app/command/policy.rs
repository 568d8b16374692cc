//! `policy ...` with every name parsed.

use super::needs::{Needs, Sentence, Wants, verbs};
use puerta_lab::action::Action;
use puerta_lab::destination::{Destination, Refusal};
use puerta_lab::model::{Role, RuleId, Timestamp};
use puerta_lab::names::{BackupName, CampusName, CourseName, Login, SeatName, VmName, VmRef};
use puerta_lab::rules::{Hours, Verbs};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// `policy VERB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyCommand {
    /// Every policy in force, or the one with this id.
    Show(Option<String>),
    /// Would this text be taken? Without one: would the configured folder?
    Check(Option<String>),
    /// What would be said to an act.
    Explain(Box<Question>),
    /// The ready rules.
    RuleList,
    /// Turn one on.
    RuleAdd(NewRule),
    /// Turn one off.
    RuleRemove(RuleId),
}

/// What `policy explain` asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Who would do it.
    pub who: CampusName,
    /// What.
    pub action: Action,
    /// To what: of the action's kind.
    pub target: Named,
    /// The same as it was typed.
    pub typed: Option<String>,
    /// When; now when not said.
    pub at: Option<Timestamp>,
    /// From where; from where the speaker is when not said.
    pub from: Option<IpAddr>,
}

/// A target as somebody named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// The lab.
    Lab,
    /// An account; one's own when not said.
    Account(Option<Login>),
    /// A person.
    Person(Login),
    /// A course.
    Course(CourseName),
    /// A seat.
    Seat(SeatName),
    /// A machine that is to be.
    NewVm(VmRef),
    /// A machine.
    Vm(VmRef),
    /// Where a forward would go, or why that is nowhere.
    Forward(Result<Destination, Refusal>),
    /// A machine and its port.
    Publish(VmRef, u16),
    /// A port of puerta.
    Publication(u16),
    /// A backup, and whose where it was said.
    Backup(BackupName, Option<SeatName>),
}

/// A ready rule to turn on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewRule {
    /// Only these machines and verbs while it lasts.
    Exam {
        /// Whose.
        course: CourseName,
        /// From when.
        from: Timestamp,
        /// Until when.
        until: Timestamp,
        /// Names of machines; empty: all of the course's.
        machines: BTreeSet<VmName>,
        /// What may be done.
        verbs: Verbs,
    },
    /// Only at these hours.
    Timetable {
        /// Whose.
        course: CourseName,
        /// Which.
        open: Hours,
    },
    /// Only from these networks.
    Campus {
        /// Whose; every student when not said.
        course: Option<CourseName>,
        /// Which; the configuration's campus when not said.
        networks: Option<Vec<ipnet::IpNet>>,
    },
    /// Not without a second factor.
    SecondFactor {
        /// For whom.
        role: Role,
    },
}

verbs! { PolicyCommand {
    "show", [Action::PolicyView], Self::Show(_) => Needs::nothing(),
    "check", [Action::PolicyView], Self::Check(text) => match text {
        None => Needs::input(Wants::Policy),
        Some(_) => Needs::nothing(),
    },
    "explain", [Action::PolicyView], Self::Explain(_) => Needs::nothing(),
    "rule list", [Action::PolicyView], Self::RuleList => Needs::nothing(),
    "rule add", [Action::PolicySet], Self::RuleAdd(_) => Needs::nothing(),
    "rule remove", [Action::PolicySet], Self::RuleRemove(rule) => {
        Needs::a_yes(Sentence::new("ask-rule-remove").with("rule", rule))
    },
} }
