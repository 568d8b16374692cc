//! `vm ...`, also without `vm` before it.

use super::grammar::{Meant, Yes};
use super::values::{count, machine, node, note, size_mib};
use super::whose::Whose;
use crate::app::command::{Act, Command, ManyCommand, MayGo, VmCommand};
use crate::app::error::{Error, Kind, Result};
use clap::{Args, Subcommand};
use puerta_lab::names::{BackupName, CourseName, NodeName, TemplateRef, VmName, VmRef};

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
        #[command(flatten)]
        many: Many,
    },
    Restart {
        #[arg(value_parser = machine)]
        vm: VmRef,
        #[command(flatten)]
        many: Many,
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
        #[command(flatten)]
        many: Many,
    },
    Console {
        #[arg(value_parser = machine)]
        vm: VmRef,
    },
    Delete {
        #[arg(value_parser = machine)]
        vm: VmRef,
        #[command(flatten)]
        many: Many,
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

/// The machines of that name in a course, not one's own.
#[derive(Debug, Clone, Args)]
pub(crate) struct Many {
    #[arg(long)]
    course: Option<CourseName>,
    #[arg(long, value_parser = note)]
    group: Option<String>,
}

impl Many {
    /// What is done to them, or else `one` to that one.
    fn or(self, act: Act, vm: VmRef, one: impl FnOnce(VmRef) -> VmCommand) -> Result<Meant> {
        match (self.course, self.group, &vm.seat) {
            (None, None, _) => Ok(command(one(vm))),
            (Some(course), group, None) => {
                Ok(command(VmCommand::Many(ManyCommand { act, name: vm.name, course, group })))
            }
            _ => Err(Error::new(Kind::Usage, "error-many-which")),
        }
    }
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
            Self::Start { vm, many } => many.or(Act::Start, vm, VmCommand::Start)?,
            Self::Restart { vm, many } => many.or(Act::Restart, vm, VmCommand::Restart)?,
            Self::Rename { vm, name } => command(VmCommand::Rename { vm, name }),
            Self::Stop { force: true, many: Many { course: Some(_), .. }, .. } => {
                return Err(Error::new(Kind::Usage, "error-many-force"));
            }
            Self::Stop { vm, force, many } => many.or(Act::Stop, vm, |vm| VmCommand::Stop { vm, force })?,
            Self::Console { vm } => command(VmCommand::Console(vm)),
            Self::Delete { vm, many, yes } => many.or(Act::Delete, vm, VmCommand::Delete)?.or_asked(yes),
            Self::Restore { vm, backup, beside, yes } => {
                command(VmCommand::Restore { vm, backup, beside, over: yes.said() }).or_asked(yes)
            }
        })
    }
}
