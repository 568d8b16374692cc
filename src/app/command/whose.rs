//! Whose things a list shows.

use puerta_lab::names::{CourseName, SeatName};

/// One's own, unless something else is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Whose {
    /// One's own.
    #[default]
    Own,
    /// A seat's.
    Seat(SeatName),
    /// Those of all seats of a course.
    Course(CourseName),
    /// Everybody's.
    All,
}
