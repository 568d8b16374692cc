//! From what somebody names to what they mean. Nothing here acts: whether it is for them, policy says.

mod backups;
mod hidden;
mod jobs;
mod machines;
mod people;
mod seats;

pub(super) use backups::{backup, listed, permit_backup};
pub(super) use hidden::Named;
pub(super) use jobs::{job, said_job};
pub(super) use machines::{
    destination, machine, nobodys, permit, ready, said, said_to, seen, subject, visible,
};
pub(super) use people::{no_person, permit_person, person};
pub(super) use seats::{
    course, course_taken, going, holds, no_seat, not_open, permit_seat, seat_for, seats_asked,
};
