//! Who helps in a machine that is not theirs.

use super::*;
use puerta_lab::model::VmId;

#[tokio::test]
async fn a_visit_stands_until_its_keys_are_out_or_the_machine_is_gone() {
    let (_folder, store, _, alumno, seat) = one().await;
    let vm = ready(&store, seat.id, "web1").await;
    let visit = |id: &str, later| Visit {
        id: id.into(),
        vm: vm.id,
        person: alumno.id,
        login: alumno.login.clone(),
        connection: "c1".into(),
        begun: at(later),
    };
    let (first, second) = (visit("c1-1", 0), visit("c1-2", 5));
    store.begin_visit(&second).await.unwrap();
    store.begin_visit(&first).await.unwrap();
    assert_eq!(store.visits(Some(vm.id)).await.unwrap(), [first.clone(), second.clone()]);
    assert_eq!(store.visits(Some(VmId(99))).await.unwrap(), []);
    assert!(store.end_visit("c1-1").await.unwrap() && !store.end_visit("c1-1").await.unwrap());
    // The person may go first: it stands until the keys are out.
    let what = store.remove_person(alumno.id, Some(1), NOW).await.unwrap();
    drop(what);
    assert_eq!(store.visits(None).await.unwrap(), [second]);
    drop(store.delete_vm(vm.id).await.unwrap());
    assert_eq!(store.visits(None).await.unwrap(), []);
    let gone = store.begin_visit(&first).await;
    assert!(matches!(gone, Err(StoreError::Gone)));
}
