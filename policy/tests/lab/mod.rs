//! One small lab for the tests: seats 1 (alumno1's) and 2 (another's), and somebody of each role.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use puerta_lab::model::*;
use puerta_lab::network::{Protocol, Publication, Traffic};
use puerta_lab::plan::{AddressPlan, Edition, SeatNumber, Slot};
use puerta_policy::decide::{Context, Decision, Policy, Publish, Resource};

pub const NOW: Context = Context { now: Timestamp(1_795_407_036_000), source: None, second_factor: false };
pub const OWN: i64 = 1;
pub const OTHER: i64 = 2;
const EDITION: Edition = Edition { year: 2026, version: 0 };

/// Person 10, a member of seat 1.
pub fn actor(role: Role) -> Actor {
    Actor {
        person: Some(PersonId(10)),
        login: "somebody".into(),
        role,
        seats: vec![SeatId(OWN)],
        teams: vec![],
        courses: vec![course().name],
        suspended: false,
    }
}

/// The same person as a target.
pub fn oneself(actor: &Actor) -> Person {
    Person {
        suspended: actor.suspended,
        login: actor.login.parse().unwrap(),
        id: actor.person.unwrap(),
        ..person(20, actor.role)
    }
}

pub fn person(id: i64, role: Role) -> Person {
    Person {
        id: PersonId(id),
        login: format!("p{id}").parse().unwrap(),
        name: "Íñigo Ñúñez".into(),
        role,
        suspended: false,
        created: Timestamp(0),
    }
}

pub fn course() -> Course {
    Course {
        id: CourseId(1),
        name: "aso-2026".parse().unwrap(),
        edition: EDITION,
        created: Timestamp(0),
        state: CourseState::Open,
        template: None,
    }
}

pub fn seat(id: i64) -> Seat {
    Seat {
        id: SeatId(id),
        name: format!("alumno{id}").parse().unwrap(),
        number: SeatNumber::new(id as u16).unwrap(),
        course: CourseId(1),
        course_name: course().name,
        edition: EDITION,
    }
}

/// Both seats have a `web1`; their ids and addresses differ.
pub fn vm(seat: i64) -> Vm {
    let number = SeatNumber::new(seat as u16).unwrap();
    let slot = Slot::new(2).unwrap();
    Vm {
        id: VmId(100 + seat),
        name: "web1".parse().unwrap(),
        seat: SeatId(seat),
        seat_name: format!("alumno{seat}").parse().unwrap(),
        course: course().name,
        slot,
        vmid: AddressPlan { first_year: 2026 }.vmid(EDITION, number, slot).unwrap(),
        template: "debian-13".parse().unwrap(),
        node: None,
        limits: Limits { cpus: 1, memory_mib: 512, disk_mib: 4096, processes: 500 },
        phase: Phase::Ready,
        created: Timestamp(0),
    }
}

pub fn backup(seat: i64) -> Backup {
    Backup {
        id: BackupId(200 + seat),
        name: "web1-20261123-041036".parse().unwrap(),
        seat: SeatId(seat),
        seat_name: format!("alumno{seat}").parse().unwrap(),
        course: course().name,
        vm: VmId(100 + seat),
        vm_name: "web1".parse().unwrap(),
        was: None,
        protected: false,
        note: String::new(),
        size: 1,
        sha256: "0".repeat(64),
        created: Timestamp(0),
        took_ms: 1,
    }
}

pub fn publish(seat: i64) -> Publish {
    Publish {
        vm: vm(seat),
        vm_port: 80,
        protocol: Protocol::Tcp,
        port: None,
        sources: None,
        beyond_campus: false,
    }
}

pub fn publication(seat: i64) -> Publication {
    let vm = vm(seat);
    Publication {
        id: PublicationId(300 + seat),
        port: 50_000 + seat as u16,
        protocol: Protocol::Tcp,
        vm: vm.id,
        vm_name: vm.name,
        vmid: vm.vmid,
        seat: vm.seat,
        seat_name: vm.seat_name,
        course: vm.course,
        vm_port: 80,
        sources: None,
        person: None,
        publisher: "somebody".into(),
        created: Timestamp(0),
        traffic: Traffic::default(),
    }
}

/// `allow` or `deny`, and by which policies.
pub fn answer<T: Resource>(decision: &Decision<T>) -> (&'static str, &[String]) {
    match decision {
        Decision::Allow(permit) => ("allow", permit.policies()),
        Decision::Deny(denial) => ("deny", &denial.policies),
    }
}

/// One file of policies, with the built-in ones or alone.
pub fn files(extra: &[(&str, &str)], with_built_in: bool) -> Vec<(String, String)> {
    let built_in = if with_built_in { &puerta_policy::folder::BUILT_IN[..] } else { &[] };
    let all = built_in.iter().chain(extra);
    all.map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

pub fn policy_with(extra: &str) -> Policy {
    Policy::parse(&files(&[("extra.cedar", extra)], true)).unwrap()
}
