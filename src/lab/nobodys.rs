//! What stands for a thing that is not there when policy is asked: so that what is hidden from somebody and what
//! is not there are asked about alike. It is nobody's, has the name that was said, and nothing is ever done to it.

use crate::course::{Course, CourseState};
use crate::model::{
    Backup, BackupId, CourseId, Limits, Person, PersonId, Phase, PublicationId, Role, Seat, SeatId,
    Timestamp, Vm, VmId,
};
use crate::names::{BackupName, CourseName, Login, SeatName, TemplateRef, VmName};
use crate::network::{Protocol, Publication, Traffic};
use crate::plan::{Edition, SeatNumber, Vmid};

/// No number that the registry gives.
const NOBODY: i64 = 0;

impl Vm {
    /// A machine of this name that nobody has, in the seat that was said.
    pub fn nobodys(name: VmName, seat: Option<SeatName>) -> Self {
        Self {
            id: VmId(NOBODY),
            name,
            seat: SeatId(NOBODY),
            seat_name: seat.unwrap_or_else(SeatName::nobodys),
            course: CourseName::nobodys(),
            slot: crate::plan::Slot::FIRST,
            vmid: Vmid::NOBODYS,
            template: TemplateRef::nobodys(),
            node: None,
            limits: Limits { cpus: 0, memory_mib: 0, disk_mib: 0, processes: 0 },
            phase: Phase::Ready,
            created: Timestamp(0),
        }
    }
}

impl Vm {
    /// A machine that nobody has, whatever its name would be.
    pub fn nobodys_of(seat: Option<SeatName>) -> Self {
        Self::nobodys(VmName::nobodys(), seat)
    }
}

impl Backup {
    /// A backup of this name that nobody has.
    pub fn nobodys(name: BackupName, seat: Option<SeatName>) -> Self {
        Self {
            id: BackupId(NOBODY),
            name,
            seat: SeatId(NOBODY),
            seat_name: seat.unwrap_or_else(SeatName::nobodys),
            course: CourseName::nobodys(),
            vm: VmId(NOBODY),
            vm_name: VmName::nobodys(),
            was: None,
            protected: false,
            note: String::new(),
            size: 0,
            sha256: String::new(),
            created: Timestamp(0),
            took_ms: 0,
        }
    }
}

impl Publication {
    /// A port that nobody published.
    pub fn nobodys(port: u16) -> Self {
        Self {
            id: PublicationId(NOBODY),
            port,
            protocol: Protocol::Tcp,
            vm: VmId(NOBODY),
            vm_name: VmName::nobodys(),
            vmid: Vmid::NOBODYS,
            seat: SeatId(NOBODY),
            seat_name: SeatName::nobodys(),
            course: CourseName::nobodys(),
            vm_port: 1,
            sources: None,
            person: None,
            publisher: String::new(),
            created: Timestamp(0),
            traffic: Traffic::default(),
        }
    }
}

impl Person {
    /// Somebody of this login whom nobody knows.
    pub fn nobody(login: Login) -> Self {
        Self {
            id: PersonId(NOBODY),
            login,
            name: String::new(),
            role: Role::Alumno,
            suspended: false,
            created: Timestamp(0),
        }
    }
}

impl Course {
    /// A course of this name that there is not.
    pub fn nobodys(name: CourseName) -> Self {
        let edition = Edition { year: 0, version: 0 };
        let state = CourseState::Open;
        Self { id: CourseId(NOBODY), name, edition, created: Timestamp(0), state, template: None }
    }
}

impl Seat {
    /// A seat of this name in which nobody sits.
    pub fn nobodys(name: SeatName) -> Self {
        Self {
            id: SeatId(NOBODY),
            name,
            number: SeatNumber::FIRST,
            course: CourseId(NOBODY),
            course_name: CourseName::nobodys(),
            edition: Edition { year: 0, version: 0 },
        }
    }
}
