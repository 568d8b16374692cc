//! Jobs, by the number that they have in their seat.

use super::hidden::Named;
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use puerta_lab::action::Action;
use puerta_lab::job::JobRef;
use puerta_lab::model::{Actor, Job, Seat, SeatId, Vm, VmId};

/// How somebody says a job: by its number alone where they have one seat and it is that one's.
pub(in crate::app) fn said_job(actor: Option<&Actor>, job: &Job) -> String {
    match actor.is_some_and(|actor| actor.seats == [job.seat]) {
        true => job.number.to_string(),
        false => format!("{}.{}", job.number, job.seat_name),
    }
}

/// The job somebody means, once they may see its machine; one of a machine that is gone is its seat's.
pub(in crate::app) async fn job(ctx: &Ctx<'_>, wanted: &JobRef) -> Result<Job> {
    let store = &ctx.app.store;
    let found = find(ctx, wanted).await?;
    // Without one the same is asked about nobody's.
    let (vm, seat) = found.as_ref().map_or((VmId(0), SeatId(0)), |job| (job.vm, job.seat));
    let (vm, seat) = (store.vm(vm).await?, store.seat(seat).await?);
    let absent = || Error::new(Kind::NotFound, "error-no-job").with("job", wanted);
    let named = Named {
        subject: found.as_ref().map(|job| format!("{}.{}", job.vm_name, job.seat_name)),
        found: vm.or_else(|| as_it_was(found.as_ref()?, seat?)),
        nobodys: Vm::nobodys_of(wanted.seat.clone()),
        absent: absent(),
        unseen: absent(),
    };
    let permit = named.permit(ctx, Action::VmView, Action::VmView).await?;
    drop(permit);
    found.ok_or_else(absent)
}

async fn find(ctx: &Ctx<'_>, wanted: &JobRef) -> Result<Option<Job>> {
    let store = &ctx.app.store;
    if let Some(seat) = &wanted.seat {
        return Ok(store.job_of_seat(seat, wanted.number).await?);
    }
    let found = store.jobs_numbered(&ctx.actor.seats, wanted.number).await?;
    ctx.actor.means(found, |job| job.seat).map_err(|several| {
        let choices: Vec<_> = several.iter().map(|job| format!("`{}`", said_job(None, job))).collect();
        let error = Error::new(Kind::Usage, "error-job-ambiguous").with("job", wanted);
        error.with("choices", choices.join(", "))
    })
}

/// The machine that a job had.
fn as_it_was(job: &Job, seat: Seat) -> Option<Vm> {
    let nobodys = Vm::nobodys(job.vm_name.clone(), Some(job.seat_name.clone()));
    Some(Vm { id: job.vm, seat: job.seat, course: seat.course_name, ..nobodys })
}
