//! Published ports and egress: numbers, quotas, races, traffic; and a database of before them.

use super::*;
use puerta_lab::model::{Phase, VmId};
use puerta_lab::network::{Egress, PortRange, Protocol, Publication, Traffic};
use puerta_lab::quota::{Quota, QuotaExceeded};
use std::collections::BTreeMap;

const RANGE: PortRange = PortRange { first: 50_000, last: 50_003 };

async fn running(store: &Store, seat: SeatId, name: &str) -> Vm {
    let vm = ready(store, seat, name).await;
    drop(store.set_phase(vm.id, Phase::Ready).await.unwrap());
    vm
}

fn wish(vm: VmId, vm_port: u16) -> NewPublication {
    NewPublication {
        vm,
        vm_port,
        protocol: Protocol::Tcp,
        port: None,
        sources: None,
        person: None,
        publisher: "alumno1".into(),
    }
}

async fn publish(store: &Store, new: NewPublication) -> Result<Publication> {
    store.publish(new, RANGE, ROOMY, NOW).await.map(|published| published.apart().0)
}

#[tokio::test]
async fn a_port_is_given_once_and_rests_when_it_is_given_up() {
    let (folder, store, .., seat) = one().await;
    let web1 = running(&store, seat.id, "web1").await;
    let first = publish(&store, wish(web1.id, 80)).await.unwrap();
    assert_eq!((first.port, first.vmid, &first.seat_name), (50_000, web1.vmid, &seat.name));
    let again = publish(&store, wish(web1.id, 80)).await;
    assert!(matches!(again, Err(StoreError::Published { port: 50_000 })), "{again:?}");
    // The same number of another protocol is another port of the machine.
    let udp = NewPublication { protocol: Protocol::Udp, ..wish(web1.id, 80) };
    assert_eq!(publish(&store, udp).await.unwrap().port, 50_001);
    assert!(store.unpublish(first.id).await.unwrap().apart().0);
    assert!(!store.unpublish(first.id).await.unwrap().apart().0);
    assert_eq!(publish(&store, wish(web1.id, 81)).await.unwrap().port, 50_002, "50000 rests");
    let taken = publish(&store, NewPublication { port: Some(50_002), ..wish(web1.id, 82) }).await;
    assert!(matches!(taken, Err(StoreError::Taken("port"))), "{taken:?}");
    assert_eq!(publish(&store, wish(web1.id, 83)).await.unwrap().port, 50_003);
    store.close().await;

    let store = Store::open(&folder.file()).await.unwrap();
    assert_eq!(publish(&store, wish(web1.id, 84)).await.unwrap().port, 50_000, "round the range");
    let fifth = publish(&store, wish(web1.id, 85)).await;
    let Err(StoreError::Quota(quota)) = fifth else { panic!("four are published: {fifth:?}") };
    assert_eq!(quota, QuotaExceeded { quota: Quota::Publications, limit: 4, used: 4, wanted: 1 });
}

#[tokio::test]
async fn everything_about_a_publication_is_kept_and_a_machine_takes_its_own_with_it() {
    let (_folder, store, course, .., seat) = one().await;
    let (_, other) = add(&store, "alumno2", Some(course.id)).await;
    let other = other.unwrap();
    let (web1, web2) = (running(&store, seat.id, "web1").await, running(&store, other.id, "web2").await);
    let sources = Some(vec!["192.0.2.0/24".parse().unwrap(), "198.51.100.7/32".parse().unwrap()]);
    let one = NewPublication { sources, port: Some(50_003), ..wish(web1.id, 80) };
    let one = publish(&store, one).await.unwrap();
    let two = publish(&store, wish(web2.id, 80)).await.unwrap();
    assert_eq!(two.port, 50_000, "a wished port moves nothing");
    assert_eq!(store.publication(50_003).await.unwrap(), Some(one.clone()));
    assert_eq!(store.publication(50_001).await.unwrap(), None);
    assert_eq!(store.publications_of(&[seat.id]).await.unwrap(), [one.clone()]);
    assert_eq!(store.publications().await.unwrap(), [two.clone(), one.clone()]);
    assert_eq!(store.usage(seat.id).await.unwrap().publications, 1);
    assert_eq!(store.publications_count(web1.id).await.unwrap(), 1);
    // One that is being removed leads nowhere any more, and is not published again.
    drop(store.set_phase(web1.id, Phase::Deleting).await.unwrap());
    assert_eq!(store.publications_in_force().await.unwrap(), [two.clone()]);
    let gone = publish(&store, wish(web1.id, 81)).await;
    assert!(matches!(gone, Err(StoreError::Gone)), "{gone:?}");
    assert!(store.delete_vm(web1.id).await.unwrap().apart().0);
    assert_eq!(store.publications().await.unwrap(), [two]);
}

#[tokio::test]
async fn a_machine_keeps_its_ports_under_another_name() {
    let (_folder, store, .., seat) = one().await;
    let web1 = running(&store, seat.id, "web1").await;
    let port = publish(&store, wish(web1.id, 80)).await.unwrap();
    let (web2, _) = store.rename_vm(web1.id, &"web2".parse().unwrap()).await.unwrap().apart();
    let now = store.publications_in_force().await.unwrap();
    assert_eq!(now, [Publication { vm_name: web2.name, ..port }]);
}

#[tokio::test]
async fn who_is_suspended_has_no_open_port_unless_somebody_shares_the_seat() {
    let (_folder, store, course, one, seat) = one().await;
    let (other, _) = add(&store, "alumno2", Some(course.id)).await;
    let web1 = running(&store, seat.id, "web1").await;
    let published = publish(&store, wish(web1.id, 80)).await.unwrap();
    let open = async || store.publications_in_force().await.unwrap() == [published.clone()];
    drop(store.set_suspended(one.id, true).await.unwrap());
    assert!(!open().await);
    assert_eq!(store.publications().await.unwrap(), [published.clone()], "kept");
    drop(store.set_suspended(one.id, false).await.unwrap());
    assert!(open().await);
    let share = sqlx::query("INSERT INTO members (seat, person) VALUES ($1, $2)");
    share.bind(seat.id.0).bind(other.id.0).execute(&store.writer).await.unwrap();
    drop(store.set_suspended(one.id, true).await.unwrap());
    assert!(open().await, "half a seat is somebody's");
    drop(store.set_suspended(other.id, true).await.unwrap());
    assert!(!open().await);
    sqlx::query("DELETE FROM members").execute(&store.writer).await.unwrap();
    assert!(open().await, "a seat of nobody is its professors'");
}

#[tokio::test]
async fn the_last_port_and_the_last_of_a_quota_go_to_one() {
    let (_folder, store, course, .., seat) = one().await;
    let (_, other) = add(&store, "alumno2", Some(course.id)).await;
    let (web1, web2) =
        (running(&store, seat.id, "web1").await, running(&store, other.unwrap().id, "web2").await);
    let two = PortRange { first: 50_000, last: 50_001 };
    let mut racing = tokio::task::JoinSet::new();
    for n in 0..6 {
        for vm in [web1.id, web2.id] {
            let store = store.clone();
            racing.spawn(async move { store.publish(wish(vm, 80 + n), two, ROOMY, NOW).await });
        }
    }
    let ends = racing.join_all().await;
    assert_eq!(ends.iter().filter(|end| end.is_ok()).count(), 2);
    let refused = |end: &Result<Changed<Publication>>| matches!(end, Ok(_) | Err(StoreError::PortsExhausted));
    assert!(ends.iter().all(refused), "{ends:?}");
    let quotas = Quotas { publications: 3, ..ROOMY };
    let mut racing = tokio::task::JoinSet::new();
    for n in 0..8 {
        let (store, wish) = (store.clone(), wish(web1.id, 180 + n));
        let range = PortRange { first: 51_000, last: 52_000 };
        racing.spawn(async move { store.publish(wish, range, quotas, NOW).await });
    }
    racing.join_all().await;
    assert_eq!(store.publications_of(&[seat.id]).await.unwrap().len(), 3);
}

fn reading(port: u16, connections: u64, bytes_in: u64, bytes_out: u64) -> BTreeMap<u16, Traffic> {
    BTreeMap::from([(port, Traffic { connections, bytes_in, bytes_out })])
}

#[tokio::test]
async fn traffic_is_counted_once_over_restarts_of_puerta_and_of_the_counters() {
    let (folder, store, .., seat) = one().await;
    let web1 = running(&store, seat.id, "web1").await;
    publish(&store, wish(web1.id, 80)).await.unwrap();
    let sum = async |store: &Store| {
        let traffic = store.publication(50_000).await.unwrap().unwrap().traffic;
        (traffic.connections, traffic.bytes_in, traffic.bytes_out)
    };
    store.add_traffic(&reading(50_000, 2, 1000, 5000), false).await.unwrap();
    let added = store.add_traffic(&reading(50_000, 3, 1500, 9000), false).await.unwrap();
    assert_eq!(added, reading(50_000, 1, 500, 4000));
    assert_eq!(sum(&store).await, (3, 1500, 9000));
    assert!(store.add_traffic(&reading(50_000, 3, 1500, 9000), false).await.unwrap().is_empty());
    // puerta restarts, and the kernel counts on meanwhile.
    store.close().await;
    let store = Store::open(&folder.file()).await.unwrap();
    store.add_traffic(&reading(50_000, 4, 1600, 9100), false).await.unwrap();
    assert_eq!(sum(&store).await, (4, 1600, 9100));
    // The table was made anew: all that the counters show came since.
    store.add_traffic(&reading(50_000, 1, 10, 20), false).await.unwrap();
    store.add_traffic(&reading(50_000, 1, 30, 20), false).await.unwrap();
    assert_eq!(sum(&store).await, (5, 1630, 9120));
    // It was made anew by us, and more came since than was seen of the last one.
    store.add_traffic(&reading(50_000, 2, 40, 30), true).await.unwrap();
    store.add_traffic(&reading(50_000, 5, 100, 50), false).await.unwrap();
    assert_eq!(sum(&store).await, (11, 1740, 9180));
    // Somebody else took the counters away, and we made others.
    store.add_traffic(&BTreeMap::new(), true).await.unwrap();
    store.add_traffic(&reading(50_000, 6, 200, 60), false).await.unwrap();
    assert_eq!(sum(&store).await, (17, 1940, 9240));
    // What the kernel still has of a port that is no more is nobody's.
    assert!(store.add_traffic(&reading(50_002, 9, 9, 9), false).await.unwrap().is_empty());
}

#[tokio::test]
async fn egress_of_a_place_is_one_rule_and_goes_with_it() {
    let (_folder, store, course, .., seat) = one().await;
    let only: Egress = "192.0.2.0/24,192.0.2.7:443".parse().unwrap();
    let (at_course, at_seat) = (Place::Course(course.id), Place::Seat(seat.id));
    assert_eq!(store.set_egress(at_course, Some(&Egress::Deny)).await.unwrap().apart().0, None);
    assert_eq!(store.set_egress(at_seat, Some(&Egress::Allow)).await.unwrap().apart().0, None);
    assert_eq!(store.set_egress(at_seat, Some(&only)).await.unwrap().apart().0, Some(Egress::Allow));
    assert_eq!(store.egress_of_courses().await.unwrap(), [(course.clone(), Egress::Deny)]);
    assert_eq!(store.egress_of_seats().await.unwrap(), [(seat, only.clone())]);
    assert_eq!(store.set_egress(at_seat, None).await.unwrap().apart().0, Some(only));
    assert_eq!(store.set_egress(at_seat, None).await.unwrap().apart().0, None);
    assert!(store.egress_of_seats().await.unwrap().is_empty());
    let nowhere = store.set_egress(Place::Seat(SeatId(99)), Some(&Egress::Deny)).await;
    assert!(matches!(nowhere, Err(StoreError::Gone)), "{nowhere:?}");
    let close = sqlx::query("UPDATE courses SET closed = 1");
    close.execute(&store.writer).await.unwrap();
    let rules = store.egress_of_courses().await.unwrap();
    assert_eq!((rules.len(), &rules[0].1), (1, &Egress::Deny), "what runs in a closed course has its rule");
}

#[tokio::test]
async fn a_lab_has_one_mark_for_good_also_when_it_is_older_than_marks() {
    let folder = Folder::new();
    let mut before = database::earlier(&folder.file(), 1).await.unwrap();
    let course = "INSERT INTO courses (name, year, version, created) VALUES ('aso-2026', 2026, 0, 0)";
    sqlx::query(course).execute(&mut before).await.unwrap();
    before.close().await.unwrap();

    let store = Store::open(&folder.file()).await.unwrap();
    assert_eq!(store.courses().await.unwrap().len(), 1);
    let owner = store.owner().await.unwrap();
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    assert!(owner.len() == 16 && owner.bytes().all(hex), "{owner}");
    store.close().await;
    let store = Store::open(&folder.file()).await.unwrap();
    assert_eq!(store.owner().await.unwrap(), owner);
    let (_folder, other) = empty().await;
    assert_ne!(other.owner().await.unwrap(), owner);
}
