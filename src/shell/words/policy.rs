//! `policy ...`.

use super::What;
use super::grammar::{Meant, Yes};
use super::values::{Edge, Moment, Wall, about, bad, moment, number, port, role, short};
use crate::app::command::{Command, Named, NewRule, PolicyCommand, Question};
use crate::app::error::{Error, Kind, Result};
use clap::Subcommand;
use ipnet::IpNet;
use puerta_lab::action::{Action, Target};
use puerta_lab::destination::Destination;
use puerta_lab::model::{Role, RuleId, Timestamp};
use puerta_lab::names::{CampusName, CourseName, VmName, VmRef};
use puerta_lab::rules::{Hours, NoHours, NoVerb, Verbs};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// One word with commas in it; clap would take a `Vec` for several.
type Networks = Vec<IpNet>;

#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    Show {
        policy: Option<String>,
    },
    Check {
        #[arg(long)]
        folder: bool,
    },
    Explain {
        login: CampusName,
        #[arg(value_parser = action)]
        verb: Action,
        /// What it names depends on the verb.
        #[arg(allow_negative_numbers = true)]
        target: Option<String>,
        #[arg(long, value_parser = moment)]
        at: Option<Moment>,
        #[arg(long, value_parser = address)]
        from: Option<IpAddr>,
    },
    #[command(subcommand)]
    Rule(Rule),
}

/// `policy rule VERB`.
#[derive(Debug, Subcommand)]
pub(crate) enum Rule {
    List,
    #[command(subcommand)]
    Add(Ready),
    Remove {
        #[arg(allow_negative_numbers = true, value_parser = rule_id)]
        rule: RuleId,
        #[command(flatten)]
        yes: Yes,
    },
}

/// `policy rule add KIND`.
#[derive(Debug, Subcommand)]
pub(crate) enum Ready {
    Exam {
        #[arg(long)]
        course: CourseName,
        #[arg(long, value_parser = moment)]
        from: Moment,
        #[arg(long, value_parser = moment)]
        until: Moment,
        #[arg(long, value_parser = machines)]
        machines: Option<BTreeSet<VmName>>,
        #[arg(long, value_parser = verbs)]
        verbs: Option<Verbs>,
    },
    Timetable {
        #[arg(long)]
        course: CourseName,
        #[arg(long, value_parser = hours)]
        open: Hours,
    },
    Campus {
        #[arg(long)]
        course: Option<CourseName>,
        #[arg(long, value_parser = networks)]
        networks: Option<Networks>,
    },
    SecondFactor {
        #[arg(long, value_parser = role, default_value = "profesor")]
        role: Role,
    },
}

impl Policy {
    pub(super) fn meant(self, domain: &str, wall: Wall<'_>) -> Result<Meant> {
        let command = |verb| Meant::command(Command::Policy(verb));
        Ok(match self {
            Self::Show { policy } => command(PolicyCommand::Show(policy)),
            // About the folder, whatever standard input says.
            Self::Check { folder: true } => {
                Meant::new(What::Run(Command::Policy(PolicyCommand::Check(None))))
            }
            Self::Check { folder: false } => command(PolicyCommand::Check(None)),
            Self::Explain { login: who, verb: action, target: typed, at, from } => {
                let target = named(action, typed.as_deref(), domain)?;
                let at = at.map(|at| at.at(wall, Edge::First).map(Timestamp)).transpose()?;
                command(PolicyCommand::Explain(Box::new(Question { who, action, target, typed, at, from })))
            }
            Self::Rule(Rule::List) => command(PolicyCommand::RuleList),
            Self::Rule(Rule::Add(rule)) => command(PolicyCommand::RuleAdd(rule.chosen(wall)?)),
            Self::Rule(Rule::Remove { rule, yes }) => command(PolicyCommand::RuleRemove(rule)).or_asked(yes),
        })
    }
}

impl Ready {
    fn chosen(self, wall: Wall<'_>) -> Result<NewRule> {
        Ok(match self {
            Self::Exam { course, from, until, machines, verbs } => {
                let (machines, verbs) = (machines.unwrap_or_default(), verbs.unwrap_or_default());
                let from = Timestamp(from.at(wall, Edge::First)?);
                let until = Timestamp(until.at(wall, Edge::Last)?);
                NewRule::Exam { course, from, until, machines, verbs }
            }
            Self::Timetable { course, open } => NewRule::Timetable { course, open },
            Self::Campus { course, networks } => NewRule::Campus { course, networks },
            Self::SecondFactor { role } => NewRule::SecondFactor { role },
        })
    }
}

fn wrong(id: &'static str, value: &str) -> Error {
    Error::new(Kind::Usage, id).with("value", short(value))
}

fn action(word: &str) -> Result<Action> {
    Action::named(word).map_err(|several| {
        let error = Error::new(Kind::Usage, "error-policy-verb").with("word", short(word));
        let choices = if several.is_empty() { &Action::ALL[..] } else { &several };
        let choices: Vec<String> = choices.iter().map(|action| format!("`{}`", action.as_str())).collect();
        error.with("choices", choices.join(", "))
    })
}

/// The target, read as what the action is done to.
fn named(action: Action, text: Option<&str>, domain: &str) -> Result<Named> {
    let wanted = |id: &'static str| Error::new(Kind::Usage, id).with("action", action.as_str());
    let text = match (action.target(), text) {
        (Target::Lab, None) => return Ok(Named::Lab),
        (Target::Lab, Some(_)) => return Err(wanted("error-policy-no-target")),
        (Target::Account, None) => return Ok(Named::Account(None)),
        (_, None) => return Err(wanted(missing(action.target()))),
        (_, Some(text)) => text,
    };
    let port = |text: &str| port(text).map_err(|error| about("policy explain", error));
    Ok(match action.target() {
        Target::Lab => Named::Lab,
        Target::Account => Named::Account(Some(text.parse()?)),
        Target::Person => Named::Person(text.parse()?),
        Target::Course => Named::Course(text.parse()?),
        Target::Seat => Named::Seat(text.parse()?),
        Target::NewVm => Named::NewVm(VmRef::parse(text, domain)?),
        Target::Vm => Named::Vm(VmRef::parse(text, domain)?),
        Target::Forward => {
            let (host, port) = text.rsplit_once(':').ok_or_else(|| wanted("error-policy-target-port"))?;
            // As much as SSH carries; what is no port is refused as it would be there.
            let port = number::<u32>(port).ok_or_else(|| about("policy explain", bad(port, "port")))?;
            Named::Forward(Destination::parse(host, port, domain))
        }
        Target::Publish => {
            let (vm, service) = text.rsplit_once(':').ok_or_else(|| wanted("error-policy-target-port"))?;
            Named::Publish(VmRef::parse(vm, domain)?, port(service)?)
        }
        Target::Publication => Named::Publication(port(text)?),
        Target::Backup => match text.split_once('.') {
            Some((backup, seat)) => Named::Backup(backup.parse()?, Some(seat.parse()?)),
            None => Named::Backup(text.parse()?, None),
        },
    })
}

fn missing(target: Target) -> &'static str {
    match target {
        Target::Forward | Target::Publish => "error-policy-target-port",
        Target::NewVm | Target::Vm => "error-policy-target-vm",
        Target::Seat => "error-policy-target-seat",
        Target::Course => "error-policy-target-course",
        Target::Publication => "error-policy-target-publication",
        Target::Backup => "error-policy-target-backup",
        Target::Lab | Target::Account | Target::Person => "error-policy-target-person",
    }
}

fn address(text: &str) -> Result<IpAddr> {
    text.parse().map_err(|_| wrong("error-policy-address", text))
}

fn rule_id(text: &str) -> Result<RuleId> {
    // By its number, or by the id of its policy: `rule-3-exam`.
    let digits = text.strip_prefix("rule-").and_then(|rest| rest.split('-').next()).unwrap_or(text);
    number(digits).map(RuleId).ok_or_else(|| wrong("error-policy-rule", text))
}

fn machines(text: &str) -> Result<BTreeSet<VmName>> {
    text.split(',').map(|name| name.parse().map_err(Error::from)).collect()
}

fn verbs(text: &str) -> Result<Verbs> {
    text.parse().map_err(|NoVerb(word)| {
        let words: Vec<String> = Verbs::words().map(|word| format!("`{word}`")).collect();
        let error = Error::new(Kind::Usage, "error-policy-verb").with("word", short(&word));
        error.with("choices", words.join(", "))
    })
}

fn hours(text: &str) -> Result<Hours> {
    text.parse().map_err(|NoHours(word)| wrong("error-policy-hours", &word))
}

/// Networks of either family with commas between, as few as say the same.
fn networks(text: &str) -> Result<Networks> {
    /// More than anybody means.
    const MOST: usize = 32;
    let network = |word: &str| {
        let whole = word.parse::<IpNet>().ok().or_else(|| Some(IpNet::from(word.parse::<IpAddr>().ok()?)));
        whole.map(|network| network.trunc()).ok_or_else(|| wrong("error-policy-networks", word))
    };
    let networks = text.split(',').map(network).collect::<Result<Vec<_>>>()?;
    if networks.len() > MOST {
        return Err(Error::new(Kind::Usage, "error-too-many-networks").with("max", MOST));
    }
    Ok(IpNet::aggregate(&networks))
}
