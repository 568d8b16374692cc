//! `audit ...`.

use super::grammar::Meant;
use super::values::{Edge, Moment, Wall, bad, machine, moment, number};
use crate::app::command::{self, AuditCommand, AuditOutcome, Command, ConnectionId};
use crate::app::error::Result;
use clap::{Args, Subcommand};
use ipnet::IpNet;
use puerta_lab::names::{CampusName, SeatName, VmRef};

/// At most this many lines at once.
const MAX_LINES: u32 = 1000;
/// At most this far back: beyond it, `--until` is quicker.
const MAX_PAGE: u32 = 100_000;

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    List {
        #[command(flatten)]
        filter: AuditFilter,
        #[command(flatten)]
        pages: AuditPages,
    },
    Mine {
        #[command(flatten)]
        filter: AuditFilter,
        #[command(flatten)]
        pages: AuditPages,
        #[arg(long)]
        all: bool,
    },
    Search {
        #[arg(required = true)]
        text: Vec<String>,
        #[command(flatten)]
        filter: AuditFilter,
        #[command(flatten)]
        pages: AuditPages,
    },
    Show {
        #[arg(value_parser = connection)]
        connection: ConnectionId,
    },
    Tail {
        #[command(flatten)]
        filter: AuditFilter,
        #[arg(long, short = 'n', allow_negative_numbers = true, value_parser = lines)]
        lines: Option<u32>,
        #[arg(long, short = 'f')]
        follow: bool,
    },
    Verify,
    Export {
        #[command(flatten)]
        times: Times,
    },
}

/// Which lines of the audit.
#[derive(Debug, Clone, Args)]
pub(crate) struct AuditFilter {
    #[arg(long)]
    person: Option<CampusName>,
    #[arg(long)]
    seat: Option<SeatName>,
    #[arg(long, value_parser = machine)]
    vm: Option<VmRef>,
    #[arg(long)]
    action: Option<String>,
    #[arg(long, value_parser = outcome)]
    outcome: Option<AuditOutcome>,
    #[arg(long, value_parser = network)]
    from: Option<IpNet>,
    #[arg(long, value_parser = connection)]
    connection: Option<ConnectionId>,
}

/// Of which time.
#[derive(Debug, Clone, Args)]
pub(crate) struct Times {
    #[arg(long, value_parser = moment)]
    since: Option<Moment>,
    #[arg(long, value_parser = moment)]
    until: Option<Moment>,
}

/// Of which time, and which page of them.
#[derive(Debug, Clone, Args)]
pub(crate) struct AuditPages {
    #[command(flatten)]
    times: Times,
    #[arg(long, allow_negative_numbers = true, value_parser = page)]
    page: Option<u32>,
    #[arg(long, allow_negative_numbers = true, value_parser = lines)]
    limit: Option<u32>,
    #[arg(long)]
    csv: bool,
}

fn outcome(text: &str) -> Result<AuditOutcome> {
    let known = AuditOutcome::ALL.into_iter().find(|outcome| outcome.as_str() == text);
    known.ok_or_else(|| bad(text, "outcome"))
}

/// A network, or one address.
fn network(text: &str) -> Result<IpNet> {
    let address = || text.parse::<std::net::IpAddr>().ok().map(IpNet::from);
    let network = text.parse::<IpNet>().ok().map(|network| network.trunc()).or_else(address);
    network.ok_or_else(|| bad(text, "address"))
}

fn connection(text: &str) -> Result<ConnectionId> {
    ConnectionId::parse(text).ok_or_else(|| bad(text, "connection"))
}

fn lines(text: &str) -> Result<u32> {
    up_to(text, MAX_LINES)
}

fn page(text: &str) -> Result<u32> {
    up_to(text, MAX_PAGE)
}

fn up_to(text: &str, max: u32) -> Result<u32> {
    number(text).filter(|count| (1..=max).contains(count)).ok_or_else(|| bad(text, "limit").with("max", max))
}

impl AuditFilter {
    fn chosen(self, text: Option<String>) -> command::AuditFilter {
        let Self { person, seat, vm, action, outcome, from: network, connection } = self;
        command::AuditFilter { person, seat, vm, action, outcome, network, connection, text }
    }
}

impl Times {
    fn chosen(self, wall: Wall<'_>) -> Result<(Option<i64>, Option<i64>)> {
        let at = |moment: Option<Moment>, edge| moment.map(|moment| moment.at(wall, edge)).transpose();
        Ok((at(self.since, Edge::First)?, at(self.until, Edge::Last)?))
    }
}

impl AuditPages {
    fn chosen(self, filter: command::AuditFilter, wall: Wall<'_>) -> Result<command::AuditPages> {
        let Self { times, page, limit, csv } = self;
        let (since, until) = times.chosen(wall)?;
        Ok(command::AuditPages { filter, since, until, page, limit, csv })
    }
}

impl Audit {
    pub(super) fn meant(self, wall: Wall<'_>) -> Result<Meant> {
        Ok(Meant::command(Command::Audit(match self {
            Self::List { filter, pages } => AuditCommand::List(pages.chosen(filter.chosen(None), wall)?),
            Self::Mine { filter, pages, all } => {
                AuditCommand::Mine { pages: pages.chosen(filter.chosen(None), wall)?, all }
            }
            Self::Search { text, filter, pages } => {
                AuditCommand::List(pages.chosen(filter.chosen(Some(text.join(" "))), wall)?)
            }
            Self::Show { connection } => AuditCommand::Show(connection),
            Self::Tail { filter, lines, follow } => {
                AuditCommand::Tail { filter: filter.chosen(None), lines, follow }
            }
            Self::Verify => AuditCommand::Verify,
            Self::Export { times } => {
                let (since, until) = times.chosen(wall)?;
                AuditCommand::Export { since, until }
            }
        })))
    }
}
