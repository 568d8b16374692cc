//! What policy says to courses: whether their machines have egress, and their publications are open.
//! puerta itself asks, whenever it looks at the firewall.

use crate::app::clock;
use puerta_lab::action::Action;
use puerta_lab::model::{Actor, Course};
use puerta_lab::names::CourseName;
use puerta_policy::decide::{Context, Policy};
use puerta_store::{self as store, Store};
use std::collections::BTreeSet;

/// Courses that policy closes now.
pub(super) struct Closed {
    /// To the outside.
    pub(super) egress: Vec<Course>,
    /// From the outside.
    pub(super) publications: BTreeSet<CourseName>,
}

fn allowed(policy: &Policy, action: Action, course: &Course) -> bool {
    let context = Context { now: clock::now(), source: None, second_factor: true };
    policy.explain(&Actor::itself(), action, course, context).is_ok()
}

/// Asks about every course: machines of one that is closed may go on.
pub(super) async fn closed(store: &Store, policy: &Policy) -> store::Result<Closed> {
    let mut closed = Closed { egress: Vec::new(), publications: BTreeSet::new() };
    for (course, _) in store.courses().await? {
        if !allowed(policy, Action::CoursePublications, &course) {
            closed.publications.insert(course.name.clone());
        }
        if !allowed(policy, Action::CourseEgress, &course) {
            closed.egress.push(course);
        }
    }
    Ok(closed)
}

/// Whether a port of the course's machines may lead anywhere now.
pub(in crate::app) async fn may_publish(
    store: &Store,
    policy: &Policy,
    course: &CourseName,
) -> store::Result<bool> {
    let course = store.course(course).await?;
    Ok(course.is_none_or(|course| allowed(policy, Action::CoursePublications, &course)))
}

#[cfg(test)]
mod tests {
    use crate::app::firewall::desired;
    use crate::app::{clock, policy};
    use crate::config::Config;
    use ipnet::Ipv4Net;
    use puerta_lab::model::{Course, JobKind, Limits, Phase, Role, Seat, Timestamp};
    use puerta_lab::network::{Egress, Protocol};
    use puerta_lab::plan::AddressPlan;
    use puerta_lab::rules::{Rule, Verbs, Window};
    use puerta_store::{NewPerson, NewPublication, NewVm, Place, Store};
    use std::collections::BTreeMap;

    const HOUR: i64 = 3_600_000;

    /// A course whose only student has a machine with a published port; the course has egress, and so
    /// has the seat.
    async fn course(store: &Store, config: &Config, name: &str, login: &str) -> (Course, Ipv4Net) {
        let (now, plan) = (clock::now(), AddressPlan { first_year: config.first_year });
        let course = store.create_course(&name.parse().unwrap(), 2026, None, plan, now).await.unwrap();
        let (seat, network) = seat(store, config, &course, login).await;
        let vm = NewVm {
            seat: seat.id,
            name: "web1".parse().unwrap(),
            template: "mini".parse().unwrap(),
            limits: Limits { cpus: 1, memory_mib: 64, disk_mib: 64, processes: 64 },
            node: None,
            placed: None,
            person: None,
            source: None,
        };
        let (vm, _) = store.create_vm(JobKind::new("create"), vm, plan, config.quotas, now).await.unwrap();
        drop(store.set_phase(vm.id, Phase::Ready).await.unwrap());
        let publication = NewPublication {
            vm: vm.id,
            vm_port: 80,
            protocol: Protocol::Tcp,
            port: None,
            sources: None,
            person: None,
            publisher: login.into(),
        };
        drop(store.publish(publication, config.firewall.ports, config.quotas, now).await.unwrap());
        for place in [Place::Course(course.id), Place::Seat(seat.id)] {
            drop(store.set_egress(place, Some(&Egress::Allow)).await.unwrap());
        }
        (course, network)
    }

    /// A student's seat, and its network.
    async fn seat(store: &Store, config: &Config, course: &Course, login: &str) -> (Seat, Ipv4Net) {
        let person = NewPerson {
            login: login.parse().unwrap(),
            name: String::new(),
            role: Role::Alumno,
            course: Some(course.id),
            key: None,
            code: None,
        };
        let (added, what) = store.add_person(person, clock::now()).await.unwrap().apart();
        assert!(what.publications, "the firewall hears of a new seat");
        let seat = added.1.unwrap();
        let plan = AddressPlan { first_year: config.first_year };
        let network = plan.seat_network(seat.edition, seat.number).unwrap();
        (seat, network)
    }

    #[tokio::test]
    async fn an_exam_closes_its_course_both_ways_and_gives_back_what_was() {
        let dir = std::env::temp_dir().join(format!("puerta-courses-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let config = format!("state_dir = {dir:?}\n[engine]\ndriver = \"sim\"\n");
        let config = Config::parse(&config).unwrap();
        let store = Store::make(&config.database()).await.unwrap();
        let (aso, first) = course(&store, &config, "aso-2026", "alumno1").await;
        let (red, other) = course(&store, &config, "red-2026", "alumno2").await;
        assert_eq!(aso.edition, red.edition, "they share a place");
        let built_in = policy::load(None).unwrap();
        let planned = async || {
            let policy = policy::whole(&built_in, &store, &config).await.unwrap();
            desired(&store, &config, &policy).await.unwrap()
        };
        let open = planned().await;
        assert_eq!(open.publications.len(), 2);
        let networks = [first, other];
        assert_eq!(open.egress.seats, BTreeMap::from(networks.map(|network| (network, Egress::Allow))));

        let now = clock::now().0;
        let exam = async |from: i64, until: i64| {
            let time = Window::new(Timestamp(from), Timestamp(until)).unwrap();
            let (name, machines) = (aso.name.clone(), Default::default());
            let rule = Rule::Exam { course: name, time, machines, verbs: Verbs::default() };
            store.add_rule(&rule, "profesor", clock::now()).await.unwrap()
        };
        exam(now - 2 * HOUR, now - HOUR).await;
        exam(now + HOUR, now + 2 * HOUR).await;
        assert_eq!(planned().await, open, "over, and to come");

        let during = exam(now - HOUR, now + HOUR).await;
        let closed = planned().await;
        let seats = BTreeMap::from([(first, Egress::Deny), (other, Egress::Allow)]);
        assert_eq!(closed.egress.seats, seats, "a seat's own egress is no way out");
        let (_, late) = seat(&store, &config, &aso, "alumno3").await;
        assert_eq!(planned().await.egress.seats[&late], Egress::Deny, "who comes during it");
        let left: Vec<_> = closed.publications.keys().collect();
        assert_eq!(left, open.publications.keys().skip(1).collect::<Vec<_>>());

        assert!(store.remove_rule(during.id).await.unwrap());
        let after = planned().await;
        assert_eq!(after.publications, open.publications);
        let three = BTreeMap::from([first, other, late].map(|network| (network, Egress::Allow)));
        assert_eq!(after.egress.seats, three, "and has what the course has");
        store.close().await;
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
