//! What somebody is asked before a command is carried out, where that depends on what there is now. It decides
//! nothing and writes nothing down: of what is not for them nothing is asked, and carrying it out says why
//! not. The command is left with what was asked, and is refused when there is more to it by then.

use crate::app::command::{Command, CourseCommand, MayGo, Sentence, VmCommand};
use crate::app::ctx::{Ctx, Visitor};
use crate::app::{App, course, find};
use puerta_audit::Phase;
use puerta_lab::action::Action;
use puerta_lab::model::{Backup, Vm};
use puerta_lab::names::{BackupName, VmRef};
use puerta_policy::decide::Decision;
use puerta_store::making_room;
use std::sync::Arc;

impl App {
    /// The question, and with a yes to it the command; nothing, when it takes nothing away.
    pub async fn weigh(self: &Arc<Self>, visitor: &Visitor, command: &mut Command) -> Option<Sentence> {
        let actor = self.store.actor(visitor.person).await.ok()??;
        let ctx = Ctx::new(self, visitor, actor, visitor.event(Phase::Note, "command"));
        match command {
            Command::Vm(VmCommand::Backup { vm, may_go, .. }) => {
                let (question, going) = before_backup(&ctx, vm).await?;
                *may_go = MayGo::Only(going);
                Some(question)
            }
            Command::Vm(VmCommand::Restore { vm, backup, beside: None, over }) => {
                let question = before_restore(&ctx, vm, backup.as_ref()).await?;
                *over = true;
                Some(question)
            }
            Command::Course(CourseCommand::Archive { course: name, agreed }) => {
                let (question, gone) = course::before_archive(&ctx, name).await?;
                *agreed = Some(gone);
                Some(question)
            }
            _ => None,
        }
    }
}

/// Which of the machine's backups one more takes away.
async fn before_backup(ctx: &Ctx<'_>, wanted: &VmRef) -> Option<(Sentence, Vec<BackupName>)> {
    let vm = theirs(ctx, wanted, Action::VmBackup).await?;
    let (own, keep) = (ctx.app.store.backups_of_vm(vm.id).await.ok()?, ctx.app.config.backup.keep);
    let going = making_room(&own, keep as u32)?;
    if going.is_empty() {
        return None;
    }
    let question = Sentence::new("ask-vm-backup").with("vm", wanted).with("keep", keep);
    let names: Vec<_> = going.iter().map(|backup: &&Backup| backup.name.clone()).collect();
    Some((question.with("backups", find::listed(&names)), names))
}

async fn before_restore(ctx: &Ctx<'_>, wanted: &VmRef, backup: Option<&BackupName>) -> Option<Sentence> {
    theirs(ctx, wanted, Action::VmRestore).await?;
    Some(match backup {
        None => Sentence::new("ask-vm-restore-newest").with("vm", wanted),
        Some(backup) => Sentence::new("ask-vm-restore").with("vm", wanted).with("backup", backup),
    })
}

/// The machine, when it is there and they may do that to it.
async fn theirs(ctx: &Ctx<'_>, wanted: &VmRef, action: Action) -> Option<Vm> {
    let vm = find::visible(ctx, wanted).await.ok()??;
    match ctx.decide(action, vm) {
        Decision::Allow(permit) => Some(permit.into_target()),
        Decision::Deny(_) => None,
    }
}
