//! `audit`, from clap's words to commands.

use super::convert::{machine, optional};
use super::values::{Edge, bad, moment, up_to};
use super::{Context, grammar};
use crate::app::command::{AuditCommand, AuditFilter, AuditOutcome, AuditPages, ConnectionId};
use crate::app::error::Result;
use ipnet::IpNet;

/// At most this many lines at once.
const MAX_LINES: u32 = 1000;
/// At most this far back: beyond it, `--until` is quicker.
const MAX_PAGE: u32 = 100_000;

pub(super) fn audit(verb: grammar::Audit, context: &Context<'_>) -> Result<AuditCommand> {
    use grammar::Audit;
    Ok(match verb {
        Audit::List { filter: which, pages: of } => {
            AuditCommand::List(pages(of, filter(which, context)?, context)?)
        }
        Audit::Search { text, filter: which, pages: of } => {
            let filter = AuditFilter { text: Some(text.join(" ")), ..filter(which, context)? };
            AuditCommand::List(pages(of, filter, context)?)
        }
        Audit::Mine { filter: which, pages: of } => {
            AuditCommand::Mine(pages(of, filter(which, context)?, context)?)
        }
        Audit::Show { connection: id } => AuditCommand::Show(connection("audit show", &id)?),
        Audit::Tail { filter: which, lines, follow } => AuditCommand::Tail {
            filter: filter(which, context)?,
            lines: lines.map(|text| up_to("--lines", &text, MAX_LINES)).transpose()?,
            follow,
        },
        Audit::Verify => AuditCommand::Verify,
        Audit::Export { since, until } => {
            let (since, until) = times(since, until, context)?;
            AuditCommand::Export { since, until }
        }
    })
}

fn filter(which: grammar::AuditFilter, context: &Context<'_>) -> Result<AuditFilter> {
    let grammar::AuditFilter { person, seat, vm, action, outcome, from, connection: id } = which;
    let word = |text: String| {
        let known = AuditOutcome::ALL.into_iter().find(|outcome| outcome.as_str() == text);
        known.ok_or_else(|| bad("--outcome", &text, "outcome"))
    };
    Ok(AuditFilter {
        person: optional(person.as_ref())?,
        seat: optional(seat.as_ref())?,
        vm: vm.map(|text| machine(&text, context)).transpose()?,
        action,
        outcome: outcome.map(word).transpose()?,
        network: from.map(|text| network(&text)).transpose()?,
        connection: id.map(|text| connection("--connection", &text)).transpose()?,
        text: None,
    })
}

/// A network, or one address.
fn network(text: &str) -> Result<IpNet> {
    let address = || text.parse::<std::net::IpAddr>().ok().map(IpNet::from);
    let network = text.parse::<IpNet>().ok().map(|network| network.trunc()).or_else(address);
    network.ok_or_else(|| bad("--from", text, "address"))
}

fn connection(option: &'static str, text: &str) -> Result<ConnectionId> {
    ConnectionId::parse(text).ok_or_else(|| bad(option, text, "connection"))
}

fn pages(of: grammar::AuditPages, filter: AuditFilter, context: &Context<'_>) -> Result<AuditPages> {
    let (since, until) = times(of.since, of.until, context)?;
    Ok(AuditPages {
        filter,
        since,
        until,
        page: of.page.map(|text| up_to("--page", &text, MAX_PAGE)).transpose()?,
        limit: of.limit.map(|text| up_to("--limit", &text, MAX_LINES)).transpose()?,
        csv: of.csv,
    })
}

fn times(
    since: Option<String>,
    until: Option<String>,
    context: &Context<'_>,
) -> Result<(Option<i64>, Option<i64>)> {
    let at = |option, text: Option<String>, edge| {
        text.map(|text| moment(option, &text, context.now_ms, edge)).transpose()
    };
    Ok((at("--since", since, Edge::First)?, at("--until", until, Edge::Last)?))
}
