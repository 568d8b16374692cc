//! What machines are called, as the audit tells it. The engine has what each was called when it, or what a restore or
//! a move put in its place, was made; nobody tells it of a name that came later.

use puerta_lab::model::Timestamp;
use puerta_lab::names::{SeatName, VmName};

/// A machine that nobody deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Machine {
    seat: SeatName,
    /// As the engine has it.
    tag: VmName,
    /// Its names, and since when; the last is today's.
    names: Vec<(Timestamp, VmName)>,
    /// It was there before: its id is older than its line.
    again: bool,
}

impl Machine {
    /// What it is called.
    pub(super) fn name(&self) -> &VmName {
        self.names.last().map_or(&self.tag, |(_, name)| name)
    }

    /// What it was called then; nothing before it was.
    pub(super) fn called_at(&self, then: Timestamp) -> Option<&VmName> {
        self.names.iter().rev().find(|(since, _)| *since <= then).map(|(_, name)| name)
    }
}

/// All of them, in the order they were made.
#[derive(Debug, Default)]
pub(super) struct Called(Vec<Machine>);

const EVER: Timestamp = Timestamp(i64::MIN);

impl Called {
    fn find(&mut self, seat: &SeatName, name: &VmName) -> Option<&mut Machine> {
        self.0.iter_mut().find(|machine| machine.seat == *seat && machine.name() == name)
    }

    /// Who has a name has it alone: whatever is not known of the one before, it is gone.
    fn gone(&mut self, seat: &SeatName, name: &VmName) {
        self.0.retain(|machine| machine.seat != *seat || machine.name() != name);
    }

    /// A job of this kind is done.
    pub(super) fn done(&mut self, kind: &str, (name, seat): (VmName, SeatName), at: Timestamp) {
        match kind {
            "create" | "remake" => {
                self.gone(&seat, &name);
                let again = kind == "remake";
                let since = if again { EVER } else { at };
                self.0.push(Machine { seat, tag: name.clone(), names: vec![(since, name)], again });
            }
            "delete" => self.gone(&seat, &name),
            // What is in its place was told today's name.
            "restore" | "move" => {
                if let Some(machine) = self.find(&seat, &name) {
                    machine.tag = name;
                }
            }
            _ => {}
        }
    }

    /// It has another name.
    pub(super) fn renamed(&mut self, (from, seat): (VmName, SeatName), to: VmName, at: Timestamp) {
        self.gone(&seat, &to);
        match self.find(&seat, &from) {
            Some(machine) => machine.names.push((at, to)),
            // It was made before the audit begins.
            None => {
                let names = vec![(EVER, from.clone()), (at, to)];
                self.0.push(Machine { seat, tag: from, names, again: false });
            }
        }
    }

    /// Those of a seat that the engine has under this name, in the order of their ids. An error where that order, or
    /// how many they are, does not say for certain which is which.
    pub(super) fn which(&self, seat: &SeatName, tag: &VmName, count: usize) -> Result<Vec<&Machine>, ()> {
        let told: Vec<_> =
            self.0.iter().filter(|machine| machine.seat == *seat && machine.tag == *tag).collect();
        let certain = told.len() == count && (count == 1 || !told.iter().any(|machine| machine.again));
        if certain {
            return Ok(told);
        }
        let renamed = told.iter().any(|machine| machine.name() != tag);
        if renamed || count > 1 { Err(()) } else { Ok(Vec::new()) }
    }
}
