//! `policy`, from clap's words to commands.

use super::convert::{machine, name, optional};
use super::values::{bad, number, port, short};
use super::{Context, grammar};
use crate::app::command::{Named, NewRule, PolicyCommand, Question, When};
use crate::app::error::{Error, Kind, Result};
use ipnet::IpNet;
use puerta_lab::action::{Action, Target};
use puerta_lab::destination::Destination;
use puerta_lab::model::{Role, RuleId, Timestamp};
use puerta_lab::names::VmRef;
use puerta_lab::rules::{NoHours, NoVerb, Verbs};
use std::net::IpAddr;

/// `None`: the text is still to come, on standard input.
pub(super) fn policy(
    verb: grammar::Policy,
    context: &Context<'_>,
    said: &mut bool,
) -> Result<Option<PolicyCommand>> {
    Ok(Some(match verb {
        grammar::Policy::Show { policy } => PolicyCommand::Show(policy),
        grammar::Policy::Check { folder: true } => PolicyCommand::Check(None),
        grammar::Policy::Check { folder: false } => return Ok(None),
        grammar::Policy::Explain { login, verb, target, at, from } => {
            let action = action(&verb)?;
            PolicyCommand::Explain(Box::new(Question {
                who: name(&login)?,
                action,
                target: named(action, target.as_deref(), context)?,
                typed: target,
                at: at.map(|text| when("--at", &text)).transpose()?,
                from: from
                    .map(|text| text.parse().map_err(|_| wrong("error-policy-address", "--from", &text)))
                    .transpose()?,
            }))
        }
        grammar::Policy::Rule(grammar::Rule::List) => PolicyCommand::RuleList,
        grammar::Policy::Rule(grammar::Rule::Add(rule)) => PolicyCommand::RuleAdd(ready(rule)?),
        grammar::Policy::Rule(grammar::Rule::Remove { rule, yes }) => {
            *said = yes.said;
            PolicyCommand::RuleRemove(rule_id(&rule)?)
        }
    }))
}

fn wrong(id: &'static str, option: &'static str, value: &str) -> Error {
    Error::new(Kind::Usage, id).with("option", option).with("value", short(value))
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
fn named(action: Action, text: Option<&str>, context: &Context<'_>) -> Result<Named> {
    let wanted = |id: &'static str| Error::new(Kind::Usage, id).with("action", action.as_str());
    let text = match (action.target(), text) {
        (Target::Lab, None) => return Ok(Named::Lab),
        (Target::Lab, Some(_)) => return Err(wanted("error-policy-no-target")),
        (Target::Account, None) => return Ok(Named::Account(None)),
        (_, None) => return Err(wanted(missing(action.target()))),
        (_, Some(text)) => text,
    };
    Ok(match action.target() {
        Target::Lab => Named::Lab,
        Target::Account => Named::Account(Some(name(text)?)),
        Target::Person => Named::Person(name(text)?),
        Target::Course => Named::Course(name(text)?),
        Target::Seat => Named::Seat(name(text)?),
        Target::NewVm => Named::NewVm(machine(text, context)?),
        Target::Vm => Named::Vm(machine(text, context)?),
        Target::Forward => {
            let (host, port) = text.rsplit_once(':').ok_or_else(|| wanted("error-policy-target-port"))?;
            // As much as SSH carries; what is no port is refused as it would be there.
            let port = number::<u32>(port).ok_or_else(|| bad("policy explain", port, "port"))?;
            Named::Forward(Destination::parse(host, port, context.domain))
        }
        Target::Publish => {
            let (vm, service) = text.rsplit_once(':').ok_or_else(|| wanted("error-policy-target-port"))?;
            Named::Publish(VmRef::parse(vm, context.domain)?, port("policy explain", service)?)
        }
        Target::Publication => Named::Publication(port("policy explain", text)?),
        Target::Backup => {
            let (backup, seat) = match text.split_once('.') {
                Some((backup, seat)) => (backup, Some(seat.to_owned())),
                None => (text, None),
            };
            Named::Backup(name(backup)?, optional(seat.as_ref())?)
        }
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

/// `2026-12-04T08:00`, as the clock of the lab shows it, or with its distance from UTC.
fn when(option: &'static str, text: &str) -> Result<When> {
    let wrong = || wrong("error-policy-when", option, text);
    // A zone's name in brackets would be read and left aside.
    if text.contains('[') {
        return Err(wrong());
    }
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Ok(When::At(Timestamp(at.as_millisecond())));
    }
    text.parse().map(When::Local).map_err(|_| wrong())
}

fn rule_id(text: &str) -> Result<RuleId> {
    // By its number, or by the id of its policy: `rule-3-exam`.
    let digits = text.strip_prefix("rule-").and_then(|rest| rest.split('-').next()).unwrap_or(text);
    number(digits).map(RuleId).ok_or_else(|| wrong("error-policy-rule", "policy rule remove", text))
}

fn ready(rule: grammar::Ready) -> Result<NewRule> {
    Ok(match rule {
        grammar::Ready::Exam { course, from, until, machines, verbs } => NewRule::Exam {
            course: name(&course)?,
            from: when("--from", &from)?,
            until: when("--until", &until)?,
            machines: match machines {
                Some(text) => text.split(',').map(name).collect::<Result<_>>()?,
                None => Default::default(),
            },
            verbs: match verbs {
                Some(text) => text.parse().map_err(|NoVerb(word)| no_verb(&word))?,
                None => Verbs::default(),
            },
        },
        grammar::Ready::Timetable { course, open } => NewRule::Timetable {
            course: name(&course)?,
            open: open.parse().map_err(|NoHours(word)| wrong("error-policy-hours", "--open", &word))?,
        },
        grammar::Ready::Campus { course, networks: text } => NewRule::Campus {
            course: optional(course.as_ref())?,
            networks: text.map(|text| networks(&text)).transpose()?,
        },
        grammar::Ready::SecondFactor { role } => NewRule::SecondFactor {
            role: match role {
                Some(text) => text.parse().map_err(|()| bad("--role", &text, "role"))?,
                None => Role::Profesor,
            },
        },
    })
}

fn no_verb(word: &str) -> Error {
    let words: Vec<String> = Verbs::words().map(|word| format!("`{word}`")).collect();
    Error::new(Kind::Usage, "error-policy-verb").with("word", short(word)).with("choices", words.join(", "))
}

/// Networks of either family with commas between, as few as say the same.
fn networks(text: &str) -> Result<Vec<IpNet>> {
    /// More than anybody means.
    const MOST: usize = 32;
    let network = |word: &str| {
        let whole = word.parse::<IpNet>().ok().or_else(|| Some(IpNet::from(word.parse::<IpAddr>().ok()?)));
        whole.map(|network| network.trunc()).ok_or_else(|| wrong("error-policy-networks", "--networks", word))
    };
    let networks = text.split(',').map(network).collect::<Result<Vec<_>>>()?;
    if networks.len() > MOST {
        return Err(Error::new(Kind::Usage, "error-too-many-networks").with("max", MOST));
    }
    Ok(IpNet::aggregate(&networks))
}
