//! How courses stand: what follows from it, and what goes with them.

use super::*;
use crate::{CourseGone, Place, Scope, Turn, Turned};
use puerta_lab::model::CourseState;
use puerta_lab::names::CourseName;
use puerta_lab::network::Egress;
use puerta_lab::quota::Quota;
use puerta_lab::rules::{Rule, Window};

async fn turn(store: &Store, course: &Course, to: CourseState) -> Turned {
    let wanted = Turn { course: course.id, to, start: false };
    store.turn_course(wanted, |_| true).await.unwrap().apart().0
}

fn names<T: ToString>(all: &[T]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
}

async fn suspended(store: &Store, person: &Person) -> bool {
    store.actor(person.id).await.unwrap().unwrap().suspended
}

#[tokio::test]
async fn an_archived_course_is_nobodys_and_comes_back_as_it_was() {
    let (_folder, store, aso, ana, seat) = one().await;
    let (bea, hers) = add(&store, "bea", Some(aso.id)).await;
    let red = course(&store, "red-2026").await;
    let (_, other) = add(&store, "bea", Some(red.id)).await;
    let team = store.create_team(aso.id, &"equipo1".parse().unwrap(), &[bea.id], NOW).await;
    let team = team.unwrap().apart().0;
    let web = ready(&store, seat.id, "web1").await;
    ready(&store, other.unwrap().id, "web1").await;

    // Not agreed to, nothing is so.
    let wanted = Turn { course: aso.id, to: CourseState::Archived(at(5)), start: false };
    let (preview, what) = store.turn_course(wanted, |_| false).await.unwrap().apart();
    assert_eq!((preview.taken, what), (false, What::default()));
    assert_eq!(names(&preview.seats), ["alumno1", "bea", "equipo1"]);
    assert_eq!(preview.vms, [web.clone()]);
    assert!(store.course(&aso.name).await.unwrap().unwrap().state.is_open());

    let (turned, what) = store.turn_course(wanted, |_| true).await.unwrap().apart();
    assert_eq!((turned.seats, turned.vms), (preview.seats, preview.vms));
    assert!(what.people && what.seats && what.publications && what.keys == [team.id]);
    assert_eq!(store.vms_of_shut_seats().await.unwrap(), [web.clone()]);
    assert!(suspended(&store, &ana).await);
    let sits = store.actor(bea.id).await.unwrap().unwrap();
    assert_eq!((sits.suspended, names(&sits.courses)), (false, vec!["red-2026".to_owned()]));
    assert_eq!(names(&store.archived_courses_of(ana.id).await.unwrap()), ["aso-2026"]);
    let rows = store.seats().await.unwrap();
    let since = |name: &str| rows.iter().find(|row| row.seat.name.as_str() == name).unwrap().archived;
    assert_eq!((since("alumno1"), since("bea-red-2026")), (Some(at(5)), None));
    // The same again keeps the moment.
    let again = turn(&store, &aso, CourseState::Archived(at(9))).await;
    assert_eq!(
        (again.before, again.course.state),
        (CourseState::Archived(at(5)), CourseState::Archived(at(5)))
    );

    // What a list archived before stays so.
    let roster = crate::Intake { course: aso.id, add: false, start: false, now: at(10) };
    let shut = store.enrol(roster, &[], |_| true).await;
    assert!(matches!(shut, Err(StoreError::NotOpen { state: CourseState::Archived(_), .. })), "{shut:?}");
    store.lay_to_rest(web.id).await.unwrap();
    let open = Turn { course: aso.id, to: CourseState::Open, start: true };
    let back = store.turn_course(open, |_| true).await.unwrap().apart().0;
    assert_eq!((back.resting, back.seats), (vec![web.clone()], vec![]));
    assert!(!suspended(&store, &ana).await && store.vms_of_shut_seats().await.unwrap().is_empty());
    assert_eq!(store.resting().await.unwrap(), [(web, true)]);
    assert!(!store.is_shut(hers.unwrap().id).await.unwrap());
}

#[tokio::test]
async fn nobody_gets_a_seat_in_a_course_that_is_closed() {
    let (_folder, store, aso, ana, seat) = one().await;
    let (bea, _) = add(&store, "bea", None).await;
    let team = store.create_team(aso.id, &"equipo1".parse().unwrap(), &[ana.id], NOW).await;
    let team = team.unwrap().apart().0;
    let closed = turn(&store, &aso, CourseState::Closed(at(3))).await;
    assert!(closed.seats.is_empty() && closed.course.state == CourseState::Closed(at(3)));
    let refused = [
        store.give_seat(aso.id, &bea, NOW).await.map(|_| ()),
        store.add_person(person("eva", Some(aso.id)), NOW).await.map(|_| ()),
        store.create_team(aso.id, &"equipo2".parse().unwrap(), &[], NOW).await.map(|_| ()),
        store.add_members(team.id, &[bea.id]).await.map(|_| ()),
    ];
    for refused in refused {
        let Err(StoreError::NotOpen { course, state }) = refused else { panic!("{refused:?}") };
        assert_eq!((course, state), (aso.name.clone(), CourseState::Closed(at(3))));
    }
    // Its people sit there still.
    assert!(!suspended(&store, &ana).await && !store.is_shut(seat.id).await.unwrap());
    assert_eq!(store.course_of(seat.id).await.unwrap().unwrap().state, CourseState::Closed(at(3)));
    turn(&store, &aso, CourseState::Open).await;
    drop(store.give_seat(aso.id, &bea, NOW).await.unwrap());
}

#[tokio::test]
async fn a_new_name_is_in_the_rules_too_and_changes_no_address() {
    let (_folder, store, aso, _, seat) = one().await;
    let red = course(&store, "red-2026").await;
    let web = ready(&store, seat.id, "web1").await;
    let time = Window::new(at(0), at(60)).unwrap();
    let verbs = "list".parse().unwrap();
    let exam = Rule::Exam { course: aso.name.clone(), time, machines: Default::default(), verbs };
    let campus = |course| Rule::Campus { course, networks: vec!["192.0.2.0/24".parse().unwrap()] };
    let mut all = Vec::new();
    for rule in [exam, campus(Some(red.name.clone())), campus(None)] {
        all.push(store.add_rule(&rule, "profesor", NOW).await.unwrap());
    }
    let taken = store.rename_course(aso.id, &red.name).await;
    assert!(matches!(taken, Err(StoreError::Taken("course"))), "{taken:?}");
    assert_eq!(store.rules().await.unwrap(), all);
    let new: CourseName = "aso-a".parse().unwrap();
    let (followed, what) = store.rename_course(aso.id, &new).await.unwrap().apart();
    assert!(what.people && followed == [all[0].id]);
    all[0].rule = all[0].rule.clone().of(new.clone());
    assert_eq!(store.rules().await.unwrap(), all);
    assert_eq!(store.seat(seat.id).await.unwrap().unwrap(), Seat { course_name: new.clone(), ..seat });
    assert_eq!(store.vm(web.id).await.unwrap().unwrap(), Vm { course: new, ..web });
    assert!(store.course(&aso.name).await.unwrap().is_none());
}

#[tokio::test]
async fn a_course_goes_when_it_has_nothing_and_its_numbers_are_free() {
    let (_folder, store, aso, _, seat) = one().await;
    let (bea, hers) = add(&store, "bea", Some(aso.id)).await;
    let web = ready(&store, seat.id, "web1").await;
    let saved = back_up(&store, &web, "web1-a", NOW).await;
    let rule =
        Rule::Campus { course: Some(aso.name.clone()), networks: vec!["192.0.2.0/24".parse().unwrap()] };
    let rule = store.add_rule(&rule, "profesor", NOW).await.unwrap();
    let Err(StoreError::Left(left)) = store.remove_course(aso.id, NOW).await else { panic!("it went") };
    assert_eq!((left.seats, left.rules), (vec![(seat.name.clone(), 1, 1)], vec![rule.id]));
    store.remove_rule(rule.id).await.unwrap();
    drop(store.delete_vm(web.id).await.unwrap());
    let Err(StoreError::Left(left)) = store.remove_course(aso.id, NOW).await else { panic!("it went") };
    assert_eq!(left.seats, [(seat.name.clone(), 0, 1)]);
    assert!(store.delete_backup(saved.id).await.unwrap());
    for place in [Place::Course(aso.id), Place::Seat(seat.id)] {
        drop(store.set_egress(place, Some(&Egress::Deny)).await.unwrap());
    }
    for scope in [Scope::Course(aso.id), Scope::Seat(seat.id)] {
        store.set_quota(scope, Quota::Machines, Some(3)).await.unwrap();
    }
    let red = course(&store, "red-2026").await;
    drop(store.give_seat(red.id, &bea, NOW).await.unwrap());

    let (gone, what) = store.remove_course(aso.id, at(4)).await.unwrap().apart();
    let CourseGone { seats, templates, unseated } = gone;
    assert_eq!(
        (names(&seats), templates.len(), names(&unseated)),
        (vec!["alumno1".to_owned(), "bea".to_owned()], 0, vec!["alumno1".to_owned()])
    );
    assert!(what.people && what.seats && what.publications);
    assert!(store.course(&aso.name).await.unwrap().is_none());
    assert!(store.egress_of_courses().await.unwrap().is_empty());
    assert!(store.egress_of_seats().await.unwrap().is_empty());
    assert!(matches!(store.remove_course(aso.id, NOW).await, Err(StoreError::Gone)));
    // The name may be used again, and who is new gets no quota of the old.
    let again = course(&store, "aso-2026").await;
    let (_, new) = add(&store, "eva", Some(again.id)).await;
    let new = new.unwrap();
    assert!(new.number > hers.unwrap().number, "a number rests");
    assert_eq!(store.quotas_of(new.id, ROOMY).await.unwrap().quotas, ROOMY);
}
