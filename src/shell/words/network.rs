//! `port ...`, `egress ...` and `firewall ...`.

use super::grammar::Meant;
use super::values::{bad, machine, networks, port};
use super::whose::Whose;
use crate::app::command::{Command, EgressCommand, EgressPlace, FirewallCommand, PortCommand};
use crate::app::error::{Error, Kind, Result};
use clap::{Args, Subcommand};
use ipnet::Ipv4Net;
use puerta_lab::names::{CourseName, SeatName, VmRef};
use puerta_lab::network::{self, FlowError, Protocol};

/// One word with commas in it; clap would take a `Vec` for several.
type Networks = Vec<Ipv4Net>;

#[derive(Debug, Subcommand)]
pub(crate) enum Port {
    List {
        #[command(flatten)]
        whose: Whose,
    },
    Publish {
        #[arg(value_parser = machine)]
        vm: VmRef,
        #[arg(allow_negative_numbers = true, value_parser = port)]
        service: u16,
        #[arg(long, allow_negative_numbers = true, value_parser = port)]
        port: Option<u16>,
        #[arg(long)]
        udp: bool,
        #[arg(long, value_parser = networks)]
        from: Option<Networks>,
    },
    Unpublish {
        #[arg(allow_negative_numbers = true, value_parser = port)]
        port: u16,
    },
}

impl Port {
    pub(super) fn meant(self) -> Result<Meant> {
        Ok(Meant::command(Command::Port(match self {
            Self::List { whose } => PortCommand::List(whose.chosen()?),
            Self::Publish { vm, service: vm_port, port, udp, from: sources } => {
                let protocol = if udp { Protocol::Udp } else { Protocol::Tcp };
                PortCommand::Publish { vm, vm_port, protocol, port, sources }
            }
            Self::Unpublish { port } => PortCommand::Unpublish(port),
        })))
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Egress {
    List,
    Set {
        #[arg(value_parser = egress)]
        egress: network::Egress,
        #[command(flatten)]
        place: Place,
    },
    Clear {
        #[command(flatten)]
        place: Place,
    },
}

/// Whose machines: one of the two.
#[derive(Debug, Clone, Args)]
pub(crate) struct Place {
    #[arg(long)]
    seat: Option<SeatName>,
    #[arg(long)]
    course: Option<CourseName>,
}

fn egress(text: &str) -> Result<network::Egress> {
    text.parse().map_err(|FlowError(word)| bad(&word, "egress"))
}

impl Place {
    fn chosen(self) -> Result<EgressPlace> {
        match (self.seat, self.course) {
            (Some(seat), None) => Ok(EgressPlace::Seat(seat)),
            (None, Some(course)) => Ok(EgressPlace::Course(course)),
            _ => Err(Error::new(Kind::Usage, "error-egress-place")),
        }
    }
}

impl Egress {
    pub(super) fn meant(self) -> Result<Meant> {
        Ok(Meant::command(Command::Egress(match self {
            Self::List => EgressCommand::List,
            Self::Set { egress, place } => EgressCommand::Set { egress, place: place.chosen()? },
            Self::Clear { place } => EgressCommand::Clear(place.chosen()?),
        })))
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Firewall {
    Show,
    Plan,
    Apply,
    Check,
}

impl Firewall {
    pub(super) fn meant(self) -> Meant {
        Meant::command(Command::Firewall(match self {
            Self::Show => FirewallCommand::Show,
            Self::Plan => FirewallCommand::Plan,
            Self::Apply => FirewallCommand::Apply,
            Self::Check => FirewallCommand::Check,
        }))
    }
}
