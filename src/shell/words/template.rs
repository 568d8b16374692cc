//! `template ...` and `quota ...`.

use super::grammar::{Meant, Yes};
use super::values::{about, bad, count, machine, note, number, role, size_mib};
use crate::app::command::{self, Command, QuotaCommand, TemplateCommand};
use crate::app::error::{Error, Kind, Result};
use crate::shell::lang::Lang;
use crate::shell::render::plain;
use crate::shell::text::of_quota;
use clap::{Args, Subcommand};
use puerta_lab::model::Role;
use puerta_lab::names::{CourseName, SeatName, TemplateName, TemplateRef, VmRef};
use puerta_lab::network::Service;
use puerta_lab::quota;

/// More ports of one machine than anybody publishes from the start.
const MOST_PORTS: usize = 16;

/// One word with commas in it; clap would take a `Vec` for several.
type Services = Vec<Service>;

#[derive(Debug, Subcommand)]
pub(crate) enum Template {
    List,
    Show {
        template: TemplateRef,
    },
    Publish {
        #[arg(value_parser = machine)]
        vm: VmRef,
        #[arg(long)]
        name: TemplateName,
        #[arg(long)]
        course: Option<CourseName>,
        #[arg(long, value_parser = note)]
        description: Option<String>,
        #[arg(long, allow_negative_numbers = true, value_parser = count)]
        cpus: Option<u32>,
        #[arg(long, allow_negative_numbers = true, value_parser = size_mib)]
        memory: Option<u32>,
        #[arg(long, allow_negative_numbers = true, value_parser = size_mib)]
        disk: Option<u32>,
        #[arg(long, value_parser = services)]
        ports: Option<Services>,
    },
    Retire {
        template: TemplateRef,
        #[arg(long)]
        course: Option<CourseName>,
        #[command(flatten)]
        yes: Yes,
    },
}

/// Ports with commas between, each once.
fn services(text: &str) -> Result<Services> {
    let service = |word: &str| word.parse::<Service>().map_err(|()| bad(word, "services"));
    let mut services = text.split(',').map(service).collect::<Result<Vec<_>>>()?;
    services.sort();
    services.dedup();
    if services.len() > MOST_PORTS {
        return Err(Error::new(Kind::Usage, "error-too-many-ports").with("max", MOST_PORTS));
    }
    Ok(services)
}

impl Template {
    pub(super) fn meant(self) -> Meant {
        let command = |verb| Meant::command(Command::Template(verb));
        match self {
            Self::List => command(TemplateCommand::List),
            Self::Show { template } => command(TemplateCommand::Show(template)),
            Self::Publish { vm, name, course, description, cpus, memory, disk, ports } => {
                command(TemplateCommand::Publish {
                    vm,
                    name,
                    course,
                    description,
                    cpus,
                    memory_mib: memory,
                    disk_mib: disk,
                    ports: ports.unwrap_or_default(),
                })
            }
            Self::Retire { template, course, yes } => {
                command(TemplateCommand::Retire { template, course }).or_asked(yes)
            }
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Quota {
    Show {
        #[command(flatten)]
        place: QuotaPlace,
    },
    Set {
        #[arg(value_parser = which)]
        quota: quota::Quota,
        /// Which values there are depends on the quota.
        #[arg(allow_negative_numbers = true)]
        value: String,
        #[command(flatten)]
        place: QuotaPlace,
    },
}

/// For whom: one of the three.
#[derive(Debug, Clone, Args)]
pub(crate) struct QuotaPlace {
    #[arg(long)]
    seat: Option<SeatName>,
    #[arg(long)]
    course: Option<CourseName>,
    #[arg(long, value_parser = role)]
    role: Option<Role>,
}

/// By its name in any language, however it is written; the English one always works.
fn which(text: &str) -> Result<quota::Quota> {
    let as_typed = |text: &str| plain(&text.to_lowercase());
    let is = |quota: &quota::Quota| {
        let names = Lang::ALL.map(|lang| of_quota(*quota, lang));
        quota.as_str() == text || names.iter().any(|name| as_typed(name) == as_typed(text))
    };
    quota::Quota::ALL.into_iter().find(is).ok_or_else(|| bad(text, "quota"))
}

/// `default` is none of its own; nothing at all may be as much as there may be.
fn value(quota: quota::Quota, text: &str) -> Result<Option<u32>> {
    let value = match text {
        "default" => return Ok(None),
        _ if quota.is_size() && text != "0" => size_mib(text),
        _ => number(text).ok_or_else(|| bad(text, "whole")),
    };
    value.map(Some).map_err(|error| about(quota.as_str(), error))
}

impl QuotaPlace {
    fn chosen(self) -> Result<Option<command::QuotaPlace>> {
        Ok(match (self.seat, self.course, self.role) {
            (None, None, None) => None,
            (Some(seat), None, None) => Some(command::QuotaPlace::Seat(seat)),
            (None, Some(course), None) => Some(command::QuotaPlace::Course(course)),
            (None, None, Some(role)) => Some(command::QuotaPlace::Role(role)),
            _ => return Err(Error::new(Kind::Usage, "error-quota-place")),
        })
    }
}

impl Quota {
    pub(super) fn meant(self) -> Result<Meant> {
        Ok(Meant::command(Command::Quota(match self {
            Self::Show { place } => place.chosen()?.map_or(QuotaCommand::Own, QuotaCommand::Show),
            Self::Set { quota, value: text, place } => {
                let place = place.chosen()?.ok_or_else(|| Error::new(Kind::Usage, "error-quota-place"))?;
                QuotaCommand::Set { quota, value: value(quota, &text)?, place }
            }
        })))
    }
}
