//! `vm ...`, also without `vm` before it.

use super::grammar::{Meant, Yes};
use super::values::{count, machine, node, size_mib};
use super::whose::Whose;
use crate::app::command::{Command, MayGo, VmCommand};
use crate::app::error::Result;
use clap::Subcommand;
use puerta_lab::names::{BackupName, NodeName, TemplateRef, VmName, VmRef};

/// `vm VERB`; all but `backup`, which is also a family, and `move`, which is not for everybody, work
/// without `vm`.
#[derive(Debug, Subcommand)]
pub(crate) enum Vm {
    #[command(flatten)]
    Bare(Bare),
    Backup {
        #[arg(value_parser = machine)]
        vm: VmRef,
        #[arg(long)]
        note: Option<String>,
        #[command(flatten)]
        yes: Yes,
    },
    Move {
        #[arg(value_parser = machine)]
        vm: VmRef,
        #[arg(value_parser = node)]
        node: NodeName,
        #[command(flatten)]
        yes: Yes,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Bare {
    List {
        #[command(flatten)]
        whose: Whose,
    },
    Create {
        #[arg(value_parser = machine)]
        name: VmRef,
        #[arg(long)]
        template: Option<TemplateRef>,
        #[arg(long, allow_negative_numbers = true, value_parser = count)]
        cpus: Option<u32>,
        #[arg(long, allow_negative_numbers = true, value_parser = size_mib)]
        memory: Option<u32>,
        #[arg(long, allow_negative_numbers = true, value_parser = size_mib)]
        disk: Option<u32>,
        #[arg(long)]
        new_keys: bool,
    },
    Show {
        #[arg(value_parser = machine)]
        vm: VmRef,
    },
    Start {
        #[arg(value_parser = machine)]
        vm: VmRef,
    },
    Restart {
        #[arg(value_parser = machine)]
        vm: VmRef,
    },
    Rename {
        #[arg(value_parser = machine)]
        vm: VmRef,
        name: VmName,
    },
    Stop {
        #[arg(value_parser = machine)]
        vm: VmRef,
        #[arg(long)]
        force: bool,
    },
    Console {
        #[arg(value_parser = machine)]
        vm: VmRef,
    },
    Delete {
        #[arg(value_parser = machine)]
        vm: VmRef,
        #[command(flatten)]
        yes: Yes,
    },
    Restore {
        #[arg(value_parser = machine)]
        vm: VmRef,
        #[arg(long, alias = "from")]
        backup: Option<BackupName>,
        #[arg(long = "as")]
        beside: Option<VmName>,
        #[command(flatten)]
        yes: Yes,
    },
}

fn command(verb: VmCommand) -> Meant {
    Meant::command(Command::Vm(verb))
}

impl Vm {
    pub(super) fn meant(self) -> Result<Meant> {
        Ok(match self {
            Self::Bare(verb) => return verb.meant(),
            Self::Backup { vm, note, yes } => {
                let may_go = if yes.said() { MayGo::Any } else { MayGo::Only(Vec::new()) };
                command(VmCommand::Backup { vm, note, may_go }).or_asked(yes)
            }
            Self::Move { vm, node, yes } => command(VmCommand::Move { vm, node }).or_asked(yes),
        })
    }
}

impl Bare {
    pub(super) fn meant(self) -> Result<Meant> {
        Ok(match self {
            Self::List { whose } => command(VmCommand::List(whose.chosen()?)),
            Self::Create { name: vm, template, cpus, memory: memory_mib, disk: disk_mib, new_keys } => {
                command(VmCommand::Create { vm, template, cpus, memory_mib, disk_mib, new_keys })
            }
            Self::Show { vm } => command(VmCommand::Show(vm)),
            Self::Start { vm } => command(VmCommand::Start(vm)),
            Self::Restart { vm } => command(VmCommand::Restart(vm)),
            Self::Rename { vm, name } => command(VmCommand::Rename { vm, name }),
            Self::Stop { vm, force } => command(VmCommand::Stop { vm, force }),
            Self::Console { vm } => command(VmCommand::Console(vm)),
            Self::Delete { vm, yes } => command(VmCommand::Delete(vm)).or_asked(yes),
            Self::Restore { vm, backup, beside, yes } => {
                command(VmCommand::Restore { vm, backup, beside, over: yes.said() }).or_asked(yes)
            }
        })
    }
}
