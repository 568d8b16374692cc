//! From clap's words to [`Command`]: every name and number is parsed here, once.

use super::values::{bad, count, number, size_mib};
use super::{Context, Input, What, audit, factor, grammar, network, node, policy, roster, session, template};
use crate::app::command::{
    BackupCommand, Command, CourseCommand, JobCommand, KeyCommand, PersonCommand, VmCommand,
};
use crate::app::error::{Error, Result};
use puerta_lab::model::{JobId, Role};
use puerta_lab::names::{NameError, VmRef};
use std::str::FromStr;

pub(super) fn name<T: FromStr<Err = NameError>>(text: &str) -> Result<T> {
    text.parse().map_err(Error::from)
}

pub(super) fn optional<T: FromStr<Err = NameError>>(text: Option<&String>) -> Result<Option<T>> {
    text.map(|text| name(text)).transpose()
}

pub(super) fn machine(text: &str, context: &Context<'_>) -> Result<VmRef> {
    VmRef::parse(text, context.domain).map_err(Error::from)
}

/// What the words mean, and whether `--yes` was among them.
pub(super) fn convert(top: grammar::Top, context: &Context<'_>) -> Result<(What, bool)> {
    let mut yes = false;
    let command = match top {
        grammar::Top::Vm(grammar::Vm::Backup { vm }) => {
            Command::Vm(VmCommand::Backup(machine(&vm, context)?))
        }
        grammar::Top::Vm(grammar::Vm::Move { vm, node: to, yes: said }) => {
            yes = said.said;
            Command::Vm(VmCommand::Move { vm: machine(&vm, context)?, node: node::name(&to)? })
        }
        grammar::Top::Vm(grammar::Vm::Bare(verb)) | grammar::Top::Bare(verb) => {
            Command::Vm(vm(verb, context, &mut yes)?)
        }
        grammar::Top::Backup(verb) => Command::Backup(backup(verb, &mut yes)?),
        grammar::Top::Template(verb) => Command::Template(template::template(verb, context, &mut yes)?),
        grammar::Top::Quota(verb) => Command::Quota(template::quota(verb)?),
        grammar::Top::Key(verb) => match key(verb, &mut yes) {
            Some(command) => Command::Key(command),
            None => return Ok((What::NeedsInput(Input::own_key()), false)),
        },
        grammar::Top::Job(verb) => Command::Job(job(verb)?),
        grammar::Top::Course(verb) => return Ok((course(verb)?, false)),
        grammar::Top::Person(verb) => {
            let command = Command::Person(person(verb, &mut yes)?);
            if matches!(&command, Command::Person(PersonCommand::Add { key: Some(key), .. }) if key == "-") {
                return Ok((What::NeedsInput(Input::of(command)), false));
            }
            command
        }
        grammar::Top::Seat(verb) => Command::Seat(roster::seat(verb, &mut yes)?),
        grammar::Top::Port(verb) => Command::Port(network::port(verb, context)?),
        grammar::Top::Egress(verb) => Command::Egress(network::egress(verb)?),
        grammar::Top::Firewall(verb) => Command::Firewall(network::firewall(&verb)),
        grammar::Top::Node(verb) => Command::Node(node::node(verb, &mut yes)?),
        grammar::Top::Isolation(grammar::Isolation::Check { vm }) => {
            let vms = vm.iter().map(|text| machine(text, context)).collect::<Result<_>>()?;
            Command::IsolationCheck(vms)
        }
        grammar::Top::Session(verb) => Command::Session(session::session(verb, &mut yes)?),
        grammar::Top::Message { to, text } => Command::Message(session::message(to, &text)?),
        grammar::Top::Audit(verb) => Command::Audit(audit::audit(verb, context)?),
        grammar::Top::Policy(verb) => match policy::policy(verb, context, &mut yes)? {
            Some(command) => Command::Policy(command),
            None => return Ok((What::NeedsInput(Input::policy()), false)),
        },
        grammar::Top::Totp(verb) => return Ok((What::Totp(factor::totp(&verb)), false)),
        grammar::Top::Passwd => return Ok((What::AskPassword, false)),
        grammar::Top::Whoami => Command::Whoami,
        grammar::Top::Help { topic } => {
            return Ok((What::Help(super::help_of(&topic, context)?), false));
        }
        grammar::Top::Exit => return Ok((What::Exit, false)),
    };
    Ok((What::Run(command), yes))
}

fn vm(verb: grammar::Bare, context: &Context<'_>, said: &mut bool) -> Result<VmCommand> {
    use grammar::Bare;
    let machine = |text: &str| machine(text, context);
    Ok(match verb {
        Bare::List { all, seat } => VmCommand::List { all, seat: optional(seat.as_ref())? },
        Bare::Create { name, template, cpus, memory, disk } => VmCommand::Create {
            vm: machine(&name)?,
            template: optional(template.as_ref())?,
            cpus: cpus.map(|text| count("--cpus", &text)).transpose()?,
            memory_mib: memory.map(|text| size_mib("--memory", &text)).transpose()?,
            disk_mib: disk.map(|text| size_mib("--disk", &text)).transpose()?,
        },
        Bare::Show { vm } => VmCommand::Show(machine(&vm)?),
        Bare::Start { vm } => VmCommand::Start(machine(&vm)?),
        Bare::Restart { vm } => VmCommand::Restart(machine(&vm)?),
        Bare::Stop { vm, force } => VmCommand::Stop { vm: machine(&vm)?, force },
        Bare::Console { vm } => VmCommand::Console(machine(&vm)?),
        Bare::Delete { vm, yes } => {
            *said = yes.said;
            VmCommand::Delete(machine(&vm)?)
        }
        Bare::Restore { vm, backup, yes } => {
            *said = yes.said;
            VmCommand::Restore { vm: machine(&vm)?, backup: optional(backup.as_ref())? }
        }
    })
}

fn backup(verb: grammar::Backup, said: &mut bool) -> Result<BackupCommand> {
    Ok(match verb {
        grammar::Backup::List { vm, seat, all } => {
            BackupCommand::List { vm: optional(vm.as_ref())?, seat: optional(seat.as_ref())?, all }
        }
        grammar::Backup::Show { backup, seat } => {
            BackupCommand::Show { backup: name(&backup)?, seat: optional(seat.as_ref())? }
        }
        grammar::Backup::Delete { backup, seat, yes } => {
            *said = yes.said;
            BackupCommand::Delete { backup: name(&backup)?, seat: optional(seat.as_ref())? }
        }
    })
}

/// `None`: the line is still to come, on standard input.
fn key(verb: grammar::Key, said: &mut bool) -> Option<KeyCommand> {
    match verb {
        grammar::Key::List => Some(KeyCommand::List),
        grammar::Key::Add { line } if line.is_empty() || line == ["-"] => None,
        grammar::Key::Add { line } => Some(KeyCommand::Add { line: line.join(" ") }),
        grammar::Key::Remove { key, yes } => {
            *said = yes.said;
            Some(KeyCommand::Remove { key })
        }
    }
}

fn job(verb: grammar::Job) -> Result<JobCommand> {
    match verb {
        grammar::Job::List => Ok(JobCommand::List),
        grammar::Job::Watch { job } => {
            number(&job).map(|id| JobCommand::Watch(JobId(id))).ok_or_else(|| bad("job watch", &job, "job"))
        }
    }
}

fn course(verb: grammar::Course) -> Result<What> {
    let command = match verb {
        grammar::Course::Enrol { course, dry_run, form } => return roster::enrol(&course, dry_run, form),
        grammar::Course::Code { course, form } => {
            CourseCommand::Code { course: name(&course)?, form: roster::form(form)? }
        }
        grammar::Course::List => CourseCommand::List,
        grammar::Course::Create { course, year, version } => CourseCommand::Create {
            name: name(&course)?,
            year: year.map(|text| number(&text).ok_or_else(|| bad("--year", &text, "year"))).transpose()?,
            version: version
                .map(|text| {
                    let version = number(&text).filter(|version| *version <= 1u8);
                    version.ok_or_else(|| bad("--version", &text, "version"))
                })
                .transpose()?,
        },
    };
    Ok(What::Run(Command::Course(command)))
}

fn person(verb: grammar::Person, said: &mut bool) -> Result<PersonCommand> {
    use grammar::Person;
    Ok(match verb {
        Person::Add { login, course, name: full_name, role, key } => PersonCommand::Add {
            login: name(&login)?,
            course: optional(course.as_ref())?,
            name: full_name,
            role: match role {
                None => Role::Alumno,
                Some(text) => text.parse().map_err(|()| bad("--role", &text, "role"))?,
            },
            key,
        },
        Person::List => PersonCommand::List,
        Person::Show { login } => PersonCommand::Show(name(&login)?),
        Person::Code { login } => PersonCommand::Code(name(&login)?),
        Person::Suspend { login, resume, yes } => {
            *said = yes.said;
            PersonCommand::Suspend { login: name(&login)?, resume }
        }
        Person::Remove { login, yes } => {
            *said = yes.said;
            PersonCommand::Remove(name(&login)?)
        }
        Person::TotpReset { login, yes } => {
            *said = yes.said;
            PersonCommand::TotpReset(name(&login)?)
        }
    })
}
