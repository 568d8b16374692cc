//! `template` and `quota`, from clap's words to commands.

use super::convert::{machine, name};
use super::values::{bad, count, number, size_mib};
use super::{Context, grammar};
use crate::app::command::{QuotaCommand, QuotaPlace, TemplateCommand};
use crate::app::error::{Error, Kind, Result};
use puerta_lab::network::Service;
use puerta_lab::quota::Quota;

/// More ports of one machine than anybody publishes from the start.
const MOST_PORTS: usize = 16;

pub(super) fn template(
    verb: grammar::Template,
    context: &Context<'_>,
    said: &mut bool,
) -> Result<TemplateCommand> {
    Ok(match verb {
        grammar::Template::List => TemplateCommand::List,
        grammar::Template::Show { template } => TemplateCommand::Show(name(&template)?),
        grammar::Template::Publish { vm, name: called, description, cpus, memory, disk, ports } => {
            TemplateCommand::Publish {
                vm: machine(&vm, context)?,
                name: name(&called)?,
                description,
                cpus: cpus.map(|text| count("--cpus", &text)).transpose()?,
                memory_mib: memory.map(|text| size_mib("--memory", &text)).transpose()?,
                disk_mib: disk.map(|text| size_mib("--disk", &text)).transpose()?,
                ports: ports.map(|text| services(&text)).transpose()?.unwrap_or_default(),
            }
        }
        grammar::Template::Retire { template, yes } => {
            *said = yes.said;
            TemplateCommand::Retire(name(&template)?)
        }
    })
}

/// Ports with commas between, each once.
fn services(text: &str) -> Result<Vec<Service>> {
    let service = |word: &str| word.parse::<Service>().map_err(|()| bad("--ports", word, "services"));
    let mut services = text.split(',').map(service).collect::<Result<Vec<_>>>()?;
    services.sort();
    services.dedup();
    if services.len() > MOST_PORTS {
        return Err(Error::new(Kind::Usage, "error-too-many-ports").with("max", MOST_PORTS));
    }
    Ok(services)
}

pub(super) fn quota(verb: grammar::Quota) -> Result<QuotaCommand> {
    Ok(match verb {
        grammar::Quota::Show { place: of } => match place(&of)? {
            Some(place) => QuotaCommand::Show(place),
            None => QuotaCommand::Own,
        },
        grammar::Quota::Set { quota, value: text, place: of } => {
            let quota = quota.parse().map_err(|()| bad("quota set", &quota, "quota"))?;
            let place = place(&of)?.ok_or_else(|| Error::new(Kind::Usage, "error-quota-place"))?;
            QuotaCommand::Set { quota, value: value(quota, &text)?, place }
        }
    })
}

/// `default` is none of its own; nothing at all may be as much as there may be.
fn value(quota: Quota, text: &str) -> Result<Option<u32>> {
    match text {
        "default" => Ok(None),
        _ if quota.is_size() && text != "0" => size_mib(quota.as_str(), text).map(Some),
        _ => number(text).map(Some).ok_or_else(|| bad(quota.as_str(), text, "whole")),
    }
}

fn place(of: &grammar::QuotaPlace) -> Result<Option<QuotaPlace>> {
    Ok(match (&of.seat, &of.course, &of.role) {
        (None, None, None) => None,
        (Some(seat), None, None) => Some(QuotaPlace::Seat(name(seat)?)),
        (None, Some(course), None) => Some(QuotaPlace::Course(name(course)?)),
        (None, None, Some(role)) => {
            Some(QuotaPlace::Role(role.parse().map_err(|()| bad("--role", role, "role"))?))
        }
        _ => return Err(Error::new(Kind::Usage, "error-quota-place")),
    })
}
