//! What somebody may do at all: to anything that there could be for them. Help and Tab ask it, to
//! show the verbs that somebody has a use for. It lets nobody do anything, and knows nothing of what
//! there is: it judges things made up for the purpose (an own machine, somebody else's, a student, ...).
//!
//! Ready rules are left aside: they hold for a while, and what somebody has a use for does not change
//! with an exam. For the same reason a second factor counts as proved.

use crate::decide::{Context, Forward, Lab, Own, Policy, Publish};
use crate::resource::Resource;
use puerta_lab::action::{Action, Target};
use puerta_lab::model::{
    Actor, Backup, BackupId, Course, CourseId, CourseState, Limits, Person, PersonId, Phase, PublicationId,
    Role, Seat, SeatId, Timestamp, Vm, VmId,
};
use puerta_lab::names::CourseName;
use puerta_lab::network::{Protocol, Publication, Traffic};
use puerta_lab::plan::{AddressPlan, Edition, SeatNumber, Slot};

/// No id of anything that there is.
const NOBODYS: i64 = -1;
/// Of a seat for who has none yet.
const ONES_OWN: i64 = -2;
const EDITION: Edition = Edition { year: 2026, version: 0 };

impl Policy {
    /// Whether the policies of the files allow this action to anything at all. A policy about one thing by
    /// its name may allow more than this says.
    pub fn allows_at_all(&self, actor: &Actor, action: Action, context: Context) -> bool {
        let mut actor = actor.clone();
        if actor.seats.is_empty() {
            actor.seats.push(SeatId(ONES_OWN));
        }
        let asked = Asked { policy: self, actor: &actor, action, context };
        asked.of_any().unwrap_or(false)
    }
}

/// The question, with its things made up one after the other.
struct Asked<'a> {
    policy: &'a Policy,
    actor: &'a Actor,
    action: Action,
    context: Context,
}

impl Asked<'_> {
    fn allowed<T: Resource>(&self, target: &T) -> bool {
        let context = Context { second_factor: true, ..self.context };
        self.policy.explain_by(&self.policy.lasting, self.actor, self.action, target, context).is_ok()
    }

    /// `None`: a thing could not be made up; a test knows that all can.
    fn of_any(&self) -> Option<bool> {
        Some(match self.action.target() {
            Target::Lab => self.allowed(&Lab),
            Target::Account => self.allowed(&Own(self.actor.person.unwrap_or(PersonId(NOBODYS)))),
            Target::Person => self.persons()?.iter().any(|person| self.allowed(person)),
            Target::Course => self.courses()?.into_iter().any(|name| self.allowed(&course(name))),
            Target::Seat | Target::NewVm => self.seats()?.iter().any(|seat| self.allowed(seat)),
            Target::Vm => self.of_machines(|vm| Some(self.allowed(&vm)))?,
            Target::Forward => self.of_machines(|vm| Some(self.allowed(&Forward { vm, port: 22 })))?,
            Target::Publish => self.of_machines(|vm| Some(self.allowed(&publish(vm))))?,
            Target::Publication => self.of_machines(|vm| Some(self.allowed(&publication(vm))))?,
            Target::Backup => self.of_machines(|vm| Some(self.allowed(&backup(vm)?)))?,
        })
    }

    /// Oneself, and somebody of each role.
    fn persons(&self) -> Option<Vec<Person>> {
        let mut persons = Vec::new();
        for role in Role::ALL {
            persons.push(person(PersonId(NOBODYS), "somebody", role, false)?);
        }
        if let Some(id) = self.actor.person {
            persons.extend(person(id, &self.actor.login, self.actor.role, self.actor.suspended));
        }
        Some(persons)
    }

    /// One's own, and one that nobody is in.
    fn courses(&self) -> Option<Vec<CourseName>> {
        let other = "some-course".parse().ok()?;
        Some(self.actor.courses.iter().cloned().chain([other]).collect())
    }

    /// One's own, each as if in each course (which is in which is not known), and somebody else's.
    fn seats(&self) -> Option<Vec<Seat>> {
        let mut seats = Vec::new();
        for course in self.courses()? {
            for id in self.actor.seats.iter().chain([&SeatId(NOBODYS)]) {
                seats.push(seat(*id, course.clone())?);
            }
        }
        Some(seats)
    }

    /// Whether one machine of one of those seats is it.
    fn of_machines(&self, is: impl Fn(Vm) -> Option<bool>) -> Option<bool> {
        for seat in self.seats()? {
            if is(vm(seat)?)? {
                return Some(true);
            }
        }
        Some(false)
    }
}

fn person(id: PersonId, login: &str, role: Role, suspended: bool) -> Option<Person> {
    let login = login.parse().ok()?;
    Some(Person { id, login, name: String::new(), role, suspended, created: Timestamp(0) })
}

fn course(name: CourseName) -> Course {
    Course {
        id: CourseId(NOBODYS),
        name,
        edition: EDITION,
        created: Timestamp(0),
        state: CourseState::Open,
        template: None,
    }
}

fn seat(id: SeatId, course_name: CourseName) -> Option<Seat> {
    Some(Seat {
        id,
        name: "somebody".parse().ok()?,
        number: SeatNumber::new(1).ok()?,
        course: CourseId(NOBODYS),
        course_name,
        edition: EDITION,
    })
}

fn vm(seat: Seat) -> Option<Vm> {
    let slot = Slot::new(2).ok()?;
    let plan = AddressPlan { first_year: EDITION.year };
    Some(Vm {
        id: VmId(NOBODYS),
        name: "web1".parse().ok()?,
        seat: seat.id,
        seat_name: seat.name,
        course: seat.course_name,
        slot,
        vmid: plan.vmid(EDITION, seat.number, slot).ok()?,
        template: "template".parse().ok()?,
        node: None,
        limits: Limits { cpus: 1, memory_mib: 1, disk_mib: 1, processes: 1 },
        phase: Phase::Ready,
        created: Timestamp(0),
    })
}

fn publish(vm: Vm) -> Publish {
    Publish { vm, vm_port: 80, protocol: Protocol::Tcp, port: None, sources: None, beyond_campus: false }
}

fn publication(vm: Vm) -> Publication {
    Publication {
        id: PublicationId(NOBODYS),
        port: 50_000,
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
        publisher: String::new(),
        created: Timestamp(0),
        traffic: Traffic::default(),
    }
}

fn backup(vm: Vm) -> Option<Backup> {
    Some(Backup {
        id: BackupId(NOBODYS),
        name: "web1-20261123-041036".parse().ok()?,
        seat: vm.seat,
        seat_name: vm.seat_name,
        course: vm.course,
        vm: vm.id,
        vm_name: vm.name,
        was: None,
        protected: false,
        note: String::new(),
        size: 0,
        sha256: String::new(),
        created: Timestamp(0),
        took_ms: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Context = Context { now: Timestamp(1_795_407_036_000), source: None, second_factor: false };

    fn actor(role: Role) -> Actor {
        Actor {
            person: Some(PersonId(10)),
            login: "ana".into(),
            role,
            seats: vec![SeatId(3)],
            teams: vec![],
            courses: vec!["aso-2026".parse().unwrap()],
            suspended: false,
        }
    }

    #[test]
    fn everything_can_be_made_up() {
        let policy = Policy::built_in().unwrap();
        for role in Role::ALL {
            for action in Action::ALL {
                let asked = Asked { policy: &policy, actor: &actor(role), action, context: NOW };
                assert!(asked.of_any().is_some(), "{action:?}");
            }
        }
    }

    #[test]
    fn what_is_allowed_to_nothing_is_not_allowed_at_all() {
        let policy = Policy::built_in().unwrap();
        let may = |role, action| policy.allows_at_all(&actor(role), action, NOW);
        for own in [Action::VmStart, Action::VmCreate, Action::KeyAdd, Action::SessionClose, Action::Whoami] {
            assert!(may(Role::Alumno, own), "{own:?}");
        }
        for staffs in [Action::VmMove, Action::MessageSend, Action::SeatEdit, Action::NodeList] {
            assert!(!may(Role::Alumno, staffs) && may(Role::Profesor, staffs), "{staffs:?}");
        }
        let nobodys = Action::SessionWatchUnannounced;
        assert!(Role::ALL.into_iter().all(|role| !may(role, nobodys)));
        // Who has no seat yet has a use for what is done in one.
        let new = Actor { seats: vec![], courses: vec![], ..actor(Role::Profesor) };
        assert!(policy.allows_at_all(&new, Action::TemplatePublish, NOW));
        let suspended = Actor { suspended: true, ..actor(Role::Admin) };
        assert!(Action::ALL.into_iter().all(|action| !policy.allows_at_all(&suspended, action, NOW)));
    }

    #[test]
    fn a_course_of_ones_own_is_one_of_those_that_are_tried() {
        let own = r#"@id("own") permit (principal, action == Puerta::Action::"vm-start", resource)
            when { principal in Puerta::Course::"aso-2026" && resource in Puerta::Course::"aso-2026" };"#;
        let policy = Policy::parse(&[("own.cedar".into(), own.into())]).unwrap();
        let may = |actor: &Actor| policy.allows_at_all(actor, Action::VmStart, NOW);
        assert!(may(&actor(Role::Alumno)));
        assert!(!may(&Actor { courses: vec![], ..actor(Role::Alumno) }));
    }
}
