//! `backup ...`.

use super::grammar::{Meant, Yes};
use super::whose::Whose;
use crate::app::command::{BackupCommand, Command};
use crate::app::error::Result;
use clap::Subcommand;
use puerta_lab::names::{BackupName, SeatName, VmName};

#[derive(Debug, Subcommand)]
pub(crate) enum Backup {
    List {
        vm: Option<VmName>,
        #[command(flatten)]
        whose: Whose,
    },
    Show {
        backup: BackupName,
        #[arg(long)]
        seat: Option<SeatName>,
    },
    Delete {
        backup: BackupName,
        #[arg(long)]
        seat: Option<SeatName>,
        #[command(flatten)]
        yes: Yes,
    },
    Protect {
        backup: BackupName,
        #[arg(long)]
        seat: Option<SeatName>,
    },
    Unprotect {
        backup: BackupName,
        #[arg(long)]
        seat: Option<SeatName>,
    },
}

impl Backup {
    pub(super) fn meant(self) -> Result<Meant> {
        let command = |verb| Meant::command(Command::Backup(verb));
        Ok(match self {
            Self::List { vm, whose } => command(BackupCommand::List { vm, whose: whose.chosen()? }),
            Self::Show { backup, seat } => command(BackupCommand::Show { backup, seat }),
            Self::Delete { backup, seat, yes } => {
                command(BackupCommand::Delete { backup, seat }).or_asked(yes)
            }
            Self::Protect { backup, seat } => {
                command(BackupCommand::Protect { backup, seat, protected: true })
            }
            Self::Unprotect { backup, seat } => {
                command(BackupCommand::Protect { backup, seat, protected: false })
            }
        })
    }
}
