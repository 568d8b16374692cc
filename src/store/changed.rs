//! What a write changed that others depend on. The store knows what it wrote; what follows from it is said
//! in one place of the program.

use puerta_lab::model::SeatId;

/// What a write gives, and what else it changed. Whoever has it hands it to the place that sees to what
/// follows.
#[derive(Debug)]
#[must_use = "something follows from this write: hand it to whoever sees to that"]
pub struct Changed<T> {
    value: T,
    what: What,
}

/// What changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct What {
    /// Who people are, where they sit, and whether their door is open.
    pub people: bool,
    /// Seats may have been shut, or opened again.
    pub seats: bool,
    /// A machine is being removed, is not there any more, or is not what it was.
    pub machines: bool,
    /// The keys that open the machines of these seats.
    pub keys: Vec<SeatId>,
    /// An image may be needless: a version is not offered any more or was not made, or a machine of one is gone.
    pub templates: bool,
    /// What policy says.
    pub policy: bool,
    /// Which ports lead to machines, and what those may reach.
    pub publications: bool,
}

impl What {
    /// Policy says other things: also of the machines of whole courses.
    pub fn ruled() -> Self {
        Self { policy: true, publications: true, ..Self::default() }
    }
}

impl<T> Changed<T> {
    /// A value that was written, and what that changed.
    pub fn new(value: T, what: What) -> Self {
        Self { value, what }
    }

    /// What was written, to look at.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// The two of them: for whoever sees to what follows, and for tests.
    pub fn apart(self) -> (T, What) {
        (self.value, self.what)
    }
}
