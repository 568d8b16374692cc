//! Machines.

use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use puerta_lab::action::Action;
use puerta_lab::model::{Actor, Phase, Vm};
use puerta_lab::names::VmRef;
use puerta_policy::decide::{Decision, Permit};
use puerta_store::Store;

/// `web1.alumno1`, as the audit writes machines.
pub(in crate::app) fn subject(vm: &Vm) -> String {
    format!("{}.{}", vm.name, vm.seat_name)
}

/// The machine somebody means; it may turn out not to be for them, which policy says afterwards.
pub(in crate::app) async fn resolve(ctx: &Ctx<'_>, wanted: &VmRef) -> Result<Vm> {
    resolve_for(&ctx.app.store, &ctx.actor, wanted).await
}

/// The same for whoever would mean it.
pub(in crate::app) async fn resolve_for(store: &Store, actor: &Actor, wanted: &VmRef) -> Result<Vm> {
    let absent = || Error::no_vm(wanted);
    if let Some(seat) = &wanted.seat {
        let seat = store.seat_by_name(seat).await?.ok_or_else(absent)?;
        return store.vm_by_name(seat.id, &wanted.name).await?.ok_or_else(absent);
    }
    let mut found = Vec::new();
    for seat in &actor.seats {
        found.extend(store.vm_by_name(*seat, &wanted.name).await?);
    }
    if found.len() > 1 {
        let choices: Vec<_> = found.iter().map(subject).collect();
        let error = Error::new(Kind::Usage, "error-vm-ambiguous").with("vm", wanted);
        return Err(error.with("choices", choices.join(", ")));
    }
    found.pop().ok_or_else(absent)
}

/// The machine somebody means and the permit to do `action` to it. Who may not even see it reads that there
/// is none.
pub(in crate::app) async fn permit(ctx: &Ctx<'_>, wanted: &VmRef, action: Action) -> Result<Permit<Vm>> {
    let vm = resolve(ctx, wanted).await?;
    let sees = matches!(ctx.decide(Action::VmView, vm.clone()), Decision::Allow(_));
    let refusal = if sees { Error::denied() } else { Error::no_vm(wanted) };
    let subject = subject(&vm);
    ctx.permit(action, vm, Some(&subject), refusal).await
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
