//! `port`, `egress` and `firewall`, from clap's words to commands.

use super::convert::{machine, name, optional};
use super::values::{bad, networks, port as number};
use super::{Context, grammar};
use crate::app::command::{EgressCommand, EgressPlace, FirewallCommand, PortCommand};
use crate::app::error::{Error, Kind, Result};
use puerta_lab::network::{Egress, FlowError, Protocol};

pub(super) fn port(verb: grammar::Port, context: &Context<'_>) -> Result<PortCommand> {
    Ok(match verb {
        grammar::Port::List { all, seat } => PortCommand::List { all, seat: optional(seat.as_ref())? },
        grammar::Port::Publish { vm, service, port, udp, from } => PortCommand::Publish {
            vm: machine(&vm, context)?,
            vm_port: number("port publish", &service)?,
            protocol: if udp { Protocol::Udp } else { Protocol::Tcp },
            port: port.map(|text| number("--port", &text)).transpose()?,
            sources: from.map(|text| networks("--from", &text)).transpose()?,
        },
        grammar::Port::Unpublish { port } => PortCommand::Unpublish(number("port unpublish", &port)?),
    })
}

pub(super) fn egress(verb: grammar::Egress) -> Result<EgressCommand> {
    Ok(match verb {
        grammar::Egress::List => EgressCommand::List,
        grammar::Egress::Set { egress, place: of } => EgressCommand::Set {
            egress: egress.parse::<Egress>().map_err(|FlowError(word)| bad("egress set", &word, "egress"))?,
            place: place(&of)?,
        },
        grammar::Egress::Clear { place: of } => EgressCommand::Clear(place(&of)?),
    })
}

/// Exactly one of the two options.
fn place(of: &grammar::Place) -> Result<EgressPlace> {
    match (&of.seat, &of.course) {
        (Some(seat), None) => Ok(EgressPlace::Seat(name(seat)?)),
        (None, Some(course)) => Ok(EgressPlace::Course(name(course)?)),
        _ => Err(Error::new(Kind::Usage, "error-egress-place")),
    }
}

pub(super) fn firewall(verb: &grammar::Firewall) -> FirewallCommand {
    match verb {
        grammar::Firewall::Show => FirewallCommand::Show,
        grammar::Firewall::Plan => FirewallCommand::Plan,
        grammar::Firewall::Apply => FirewallCommand::Apply,
        grammar::Firewall::Check => FirewallCommand::Check,
    }
}
