//! Machines.

use super::hidden::Named;
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use puerta_lab::action::Action;
use puerta_lab::destination::Destination;
use puerta_lab::model::{Actor, PersonId, Phase, Vm};
use puerta_lab::names::VmRef;
use puerta_lab::plan::Vmid;
use puerta_policy::decide::{Decision, Permit};
use puerta_store::Store;

/// `web1.alumno1`, as the audit writes machines.
pub(in crate::app) fn subject(vm: &Vm) -> String {
    format!("{}.{}", vm.name, vm.seat_name)
}

/// The machine that somebody would mean, if there is one: one's own wins over a team's, and of several the full
/// names are said. Whether it is for them, policy says afterwards.
pub(in crate::app) async fn machine(store: &Store, actor: &Actor, wanted: &VmRef) -> Result<Option<Vm>> {
    if let Some(seat) = &wanted.seat {
        return Ok(store.vm_of_seat(seat, &wanted.name).await?);
    }
    let found = store.vms_called(&actor.seats, &wanted.name).await?;
    actor.means(found, |vm| vm.seat).map_err(|several| {
        let choices: Vec<_> = several.iter().map(|vm| format!("`{}`", subject(vm))).collect();
        let error = Error::new(Kind::Usage, "error-vm-ambiguous").with("vm", wanted);
        error.with("choices", choices.join(", "))
    })
}

/// The machine that a destination of theirs is.
pub(in crate::app) async fn destination(
    store: &Store,
    actor: &Actor,
    destination: &Destination,
) -> Result<Option<Vm>> {
    match destination {
        Destination::Name(name, _) => machine(store, actor, name).await,
        Destination::Address(address, _) => match Vmid::from_address(*address) {
            Some(vmid) => Ok(store.vm_by_vmid(vmid).await?),
            None => Ok(None),
        },
    }
}

/// What stands for it where there is none.
pub(in crate::app) fn nobodys(destination: &Destination) -> Vm {
    match destination {
        Destination::Name(name, _) => Vm::nobodys(name.name.clone(), name.seat.clone()),
        Destination::Address(..) => Vm::nobodys_of(None),
    }
}

/// What somebody named: a machine or nothing.
fn named(wanted: &VmRef, found: Option<Vm>) -> Named<Vm> {
    Named {
        subject: found.as_ref().map(subject),
        found,
        nobodys: Vm::nobodys(wanted.name.clone(), wanted.seat.clone()),
        absent: Error::no_vm(wanted),
        unseen: Error::no_vm(wanted),
    }
}

async fn named_by(ctx: &Ctx<'_>, wanted: &VmRef) -> Result<Named<Vm>> {
    Ok(named(wanted, machine(&ctx.app.store, &ctx.actor, wanted).await?))
}

/// The machine somebody means, if there is one that they may see. Nothing is written down: what follows is.
pub(in crate::app) async fn visible(ctx: &Ctx<'_>, wanted: &VmRef) -> Result<Option<Vm>> {
    let Named { found, nobodys, .. } = named_by(ctx, wanted).await?;
    let there = found.is_some();
    Ok(match ctx.sees(Action::VmView, found.unwrap_or(nobodys)) {
        Decision::Allow(permit) => there.then(|| permit.into_target()),
        Decision::Deny(_) => None,
    })
}

/// The machine somebody means, once they may see it. `action` is what they want of it.
pub(in crate::app) async fn seen(ctx: &Ctx<'_>, wanted: &VmRef, action: Action) -> Result<Vm> {
    named_by(ctx, wanted).await?.seen(ctx, Action::VmView, action).await
}

/// The machine somebody means and the permit to do `action` to it. Who may not even see it reads that there
/// is none.
pub(in crate::app) async fn permit(ctx: &Ctx<'_>, wanted: &VmRef, action: Action) -> Result<Permit<Vm>> {
    named_by(ctx, wanted).await?.permit(ctx, Action::VmView, action).await
}

/// How somebody who has these machines says one of them: by its name alone where that means this one and no
/// other of theirs has it.
pub(in crate::app) fn said(actor: &Actor, vms: &[Vm], vm: &Vm) -> String {
    let mut called = vms.iter().filter(|other| other.name == vm.name);
    match actor.seats.contains(&vm.seat) && called.all(|other| other.id == vm.id) {
        true => vm.name.to_string(),
        false => subject(vm),
    }
}

/// The same of whoever asked for a job; the full name, where nobody did.
pub(in crate::app) async fn said_to(store: &Store, person: Option<PersonId>, vm: &Vm) -> String {
    let known = async {
        let actor = store.actor(person?).await.ok()??;
        let vms = store.vms_called(&actor.seats, &vm.name).await.ok()?;
        Some(said(&actor, &vms, vm))
    };
    known.await.unwrap_or_else(|| subject(vm))
}

/// Refuses what only a machine that is there can do: neither one that is being made nor one that is going.
pub(in crate::app) fn ready(vm: &Vm) -> Result<()> {
    match vm.phase {
        Phase::Ready => Ok(()),
        Phase::Creating | Phase::Deleting => {
            Err(Error::new(Kind::Conflict, "error-vm-not-ready").with("vm", &vm.name))
        }
    }
}
