//! From what somebody names to what they mean. Nothing here acts: whether it is for them, policy says.

mod backups;
mod machines;
mod seats;

pub(super) use backups::{backup, permit_backup};
pub(super) use machines::{permit, ready, resolve, resolve_for, subject};
pub(super) use seats::{course, no_seat, seat_for, seats_asked};
