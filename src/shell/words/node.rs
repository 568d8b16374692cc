//! `node ...` and `isolation ...`.

use super::grammar::{Meant, Yes};
use super::values::{machine, node};
use crate::app::command::{Command, NodeCommand};
use clap::Subcommand;
use puerta_lab::names::{NodeName, VmRef};

/// Longest reason that is kept, in characters.
const MAX_REASON: usize = 200;

#[derive(Debug, Subcommand)]
pub(crate) enum Node {
    List,
    Drain {
        #[arg(value_parser = node)]
        node: NodeName,
        #[arg(long = "move")]
        empty: bool,
        #[arg(long)]
        reason: Option<String>,
        #[command(flatten)]
        yes: Yes,
    },
    Resume {
        #[arg(value_parser = node)]
        node: NodeName,
    },
}

impl Node {
    pub(super) fn meant(self) -> Meant {
        let command = |verb| Meant::command(Command::Node(verb));
        match self {
            Self::List => command(NodeCommand::List),
            Self::Drain { node, empty, reason, yes } => {
                let reason = reason.map(|text| text.chars().take(MAX_REASON).collect());
                command(NodeCommand::Drain { node, reason, empty }).or_asked(yes)
            }
            Self::Resume { node } => command(NodeCommand::Resume(node)),
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Isolation {
    Check {
        #[arg(value_parser = machine)]
        vm: Vec<VmRef>,
    },
}

impl Isolation {
    pub(super) fn meant(self) -> Meant {
        let Self::Check { vm } = self;
        Meant::command(Command::IsolationCheck(vm))
    }
}
