//! `vm VERB`.

use super::needs::{Needs, Sentence, verbs};
use super::whose::Whose;
use crate::app::error::{Error, Kind};
use puerta_lab::action::Action;
use puerta_lab::names::{BackupName, CourseName, NodeName, TemplateRef, VmName, VmRef};

/// `vm VERB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VmCommand {
    /// One's own, or (professor) others'.
    List(Whose),
    /// A new machine.
    Create {
        /// Its name.
        vm: VmRef,
        /// What from; the only template there is when not said.
        template: Option<TemplateRef>,
        /// CPU cores; configuration's default when not said.
        cpus: Option<u32>,
        /// Memory, MiB.
        memory_mib: Option<u32>,
        /// Disk, MiB.
        disk_mib: Option<u32>,
        /// Not known by what the last one of its name was.
        new_keys: bool,
    },
    /// Everything about one.
    Show(VmRef),
    /// Start.
    Start(VmRef),
    /// Stop; `force` pulls the plug.
    Stop {
        /// Which.
        vm: VmRef,
        /// Without asking it to shut down.
        force: bool,
    },
    /// Stop and start.
    Restart(VmRef),
    /// Call it something else.
    Rename {
        /// Which.
        vm: VmRef,
        /// Its new name, in the same seat.
        name: VmName,
    },
    /// The same to the machines of one name in a course.
    Many(ManyCommand),
    /// Remove.
    Delete(VmRef),
    /// A terminal in it.
    Console(VmRef),
    /// Make a backup.
    Backup {
        /// Of which.
        vm: VmRef,
        /// What it is for.
        note: Option<String>,
        /// Which older ones may go for it.
        may_go: MayGo,
    },
    /// Take it to another node.
    Move {
        /// Which.
        vm: VmRef,
        /// Where to.
        node: NodeName,
    },
    /// Put one back; the newest when not said. A machine that was deleted is made again.
    Restore {
        /// Which machine.
        vm: VmRef,
        /// Which backup.
        backup: Option<BackupName>,
        /// Make a machine of this name of it, and leave the other as it is.
        beside: Option<VmName>,
        /// What a machine that is there contains may be lost.
        over: bool,
    },
}

/// What is done to the machines of one name in a course, or in one group of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManyCommand {
    /// What.
    pub act: Act,
    /// Their name in each seat.
    pub name: VmName,
    /// Whose.
    pub course: CourseName,
    /// Of these only.
    pub group: Option<String>,
}

/// What is done to many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Start.
    Start,
    /// Stop.
    Stop,
    /// Stop and start.
    Restart,
    /// Remove.
    Delete,
}

impl ManyCommand {
    /// What is asked before it: what of it cannot be undone.
    fn needs(&self) -> Needs {
        match self.act {
            Act::Start | Act::Stop | Act::Restart => Needs::nothing(),
            Act::Delete => {
                let course = &self.course;
                let place = self
                    .group
                    .as_ref()
                    .map_or_else(|| course.to_string(), |group| format!("{course}, {group}"));
                Needs::a_yes(Sentence::new("ask-many-delete").with("vm", &self.name).with("place", place))
            }
        }
    }
}

/// Which backups somebody agrees to lose for a new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MayGo {
    /// Whichever must.
    Any,
    /// These, which they were shown.
    Only(Vec<BackupName>),
}

verbs! { VmCommand {
    "list", [Action::VmView], Self::List(_) => Needs::nothing(),
    "create", [Action::VmCreate], Self::Create { .. } => Needs::nothing(),
    "show", [Action::VmView], Self::Show(_) => Needs::nothing(),
    "start", [Action::VmStart], Self::Start(_) => Needs::nothing(),
    "stop", [Action::VmStop], Self::Stop { .. } => Needs::nothing(),
    "restart", [Action::VmRestart], Self::Restart(_) => Needs::nothing(),
    "rename", [Action::VmRename], Self::Rename { .. } => Needs::nothing(),
    "start", [Action::VmStart], Self::Many(many) => many.needs(),
    "delete", [Action::VmDelete], Self::Delete(vm) => {
        Needs::a_yes(Sentence::new("ask-vm-delete").with("vm", vm))
    },
    "console", [Action::VmConsole], Self::Console(vm) => {
        Needs::a_terminal(Error::new(Kind::Usage, "error-console-terminal").with("vm", vm))
    },
    "backup", [Action::VmBackup], Self::Backup { .. } => Needs::weighed(),
    "move", [Action::VmMove], Self::Move { vm, node } => {
        Needs::a_yes(Sentence::new("ask-vm-move").with("vm", vm).with("node", node))
    },
    "restore", [Action::VmRestore], Self::Restore { .. } => Needs::weighed(),
} }
