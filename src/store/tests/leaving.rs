//! Seats that go with all that they hold.

use super::*;

const ALL: Holding = Holding { machines: 1, backups: 2 };

/// `alumno1` with a machine, a backup of it, and one that is protected.
async fn full() -> (Folder, Store, Course, Person, Seat, Vm) {
    let (folder, store, course, person, seat) = one().await;
    let vm = ready(&store, seat.id, "web1").await;
    back_up(&store, &vm, "web1-20261123-041036", NOW).await;
    let kept = back_up(&store, &vm, "web1-20261124-041036", NOW).await;
    store.protect_backup(kept.id, true).await.unwrap();
    (folder, store, course, person, seat, vm)
}

/// Its machine and its backups go, as the caller would have them go.
async fn empty_it(store: &Store, seat: &Seat, vm: &Vm) {
    assert!(!store.forget_seat(seat.id).await.unwrap().apart().0, "a machine is there");
    drop(store.delete_vm(vm.id).await.unwrap());
    for backup in store.backups_of(&[seat.id]).await.unwrap() {
        assert!(!store.forget_seat(seat.id).await.unwrap().apart().0, "a backup is there");
        store.protect_backup(backup.id, false).await.unwrap();
        store.delete_backup(backup.id).await.unwrap();
    }
    let (gone, what) = store.forget_seat(seat.id).await.unwrap().apart();
    assert!(gone && what.publications);
    assert_eq!(store.seat(seat.id).await.unwrap(), None);
    assert_eq!(store.leaving_seats().await.unwrap(), []);
}

#[tokio::test]
async fn a_seat_goes_with_the_number_of_what_it_holds_and_with_no_other() {
    let (_folder, store, course, person, seat, vm) = full().await;
    for wrong in [None, Some(1), Some(2), Some(4)] {
        let refused = store.remove_seat(seat.id, wrong, NOW).await.unwrap_err();
        assert!(matches!(refused, StoreError::Holds(ALL)), "{wrong:?}: {refused}");
    }
    assert_eq!(store.members(seat.id).await.unwrap(), [person.clone()], "nothing has changed");
    let (held, what) = store.remove_seat(seat.id, Some(3), NOW).await.unwrap().apart();
    assert_eq!(held, ALL);
    assert!(what.people && what.seats && what.publications && what.keys == [seat.id], "{what:?}");

    // From now on it is nobody's, and nothing begins in it.
    assert_eq!(store.leaving_seats().await.unwrap(), [seat.clone()]);
    assert_eq!(store.seats_of(person.id).await.unwrap(), []);
    assert!(store.is_shut(seat.id).await.unwrap() && store.seats().await.unwrap()[0].leaving);
    assert_eq!(store.vms_of_shut_seats().await.unwrap(), [], "nobody stops it first");
    let made = store.create_vm(JobKind::new("create"), super::vm(seat.id, "web2"), PLAN, ROOMY, NOW).await;
    assert!(matches!(made, Err(StoreError::Leaving)));
    let again = store.remove_seat(seat.id, Some(3), NOW).await;
    assert!(matches!(again, Err(StoreError::Leaving)));
    empty_it(&store, &seat, &vm).await;

    // Who sat there is there still, and gets another seat with another number.
    let next = store.give_seat(course.id, &person, NOW).await.unwrap().apart().0;
    assert_eq!((next.name.as_str(), next.number.get()), ("alumno1", 2));
    drop(store.remove_seat(next.id, None, NOW).await.unwrap());
    assert_eq!(store.seat(next.id).await.unwrap(), None, "an empty one is gone at once");
    let gone = store.remove_seat(next.id, None, NOW).await;
    assert!(matches!(gone, Err(StoreError::Gone)));
}

#[tokio::test]
async fn a_person_goes_with_what_is_theirs_alone() {
    let (_folder, store, course, person, seat, vm) = full().await;
    let (other, _) = add(&store, "alumno2", Some(course.id)).await;
    let members = [person.id, other.id];
    let team = store.create_team(course.id, &"equipo".parse().unwrap(), &members, NOW).await;
    let team = team.unwrap().apart().0;
    ready(&store, team.id, "bd").await;
    let refused = store.remove_person(person.id, Some(4), NOW).await.unwrap_err();
    assert!(matches!(refused, StoreError::Holds(ALL)), "what is the team's stays: {refused}");
    let (held, what) = store.remove_person(person.id, Some(3), NOW).await.unwrap().apart();
    assert_eq!(held, ALL);
    assert_eq!(what.keys, [seat.id, team.id], "their key leaves the machines of both");
    assert_eq!(store.person(person.id).await.unwrap(), None);
    assert_eq!(store.members(team.id).await.unwrap(), [other.clone()]);
    assert_eq!(store.leaving_seats().await.unwrap(), [seat.clone()]);
    empty_it(&store, &seat, &vm).await;

    // A team that is about to go takes nobody in.
    let held = store.remove_seat(team.id, Some(1), NOW).await.unwrap().apart().0;
    assert_eq!(held, Holding { machines: 1, backups: 0 });
    let joined = store.add_members(team.id, &[other.id]).await;
    assert!(matches!(joined, Err(StoreError::Leaving)));
}
