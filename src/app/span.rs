//! Whose doing it is, on every line of the log that is written meanwhile: the person, their connection, the machine,
//! the job.

use puerta_lab::model::Job;
use tracing::Span;
use tracing::field::Empty;

/// What somebody asks for. Which machine that is about is added once it is known ([`about`]).
pub(super) fn of(person: &str, connection: &str) -> Span {
    tracing::info_span!("asked", person, connection, vm = Empty)
}

/// The present request is about this.
pub(super) fn about(subject: &str) {
    Span::current().record("vm", subject);
}

/// A job; without a connection it is puerta's own, or one that is carried on after a restart.
pub(super) fn of_job(job: &Job, person: Option<&str>, connection: Option<&str>) -> Span {
    let vm = format!("{}.{}", job.vm_name, job.seat_name);
    let person = person.unwrap_or("puerta");
    tracing::info_span!("job", job = job.id.0, kind = job.kind.as_str(), vm, person, connection)
}
