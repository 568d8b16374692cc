//! Nodes that are drained or silent, where machines are and why, and how far a move is.

use super::*;
use puerta_lab::model::{Chosen, Placed};
use puerta_lab::names::NodeName;

const LATER: Timestamp = Timestamp(NOW.0 + 1000);

fn node(name: &str) -> NodeName {
    name.parse().unwrap()
}

#[tokio::test]
async fn a_drain_is_the_first_ones_until_it_is_taken_back() {
    let (_folder, store) = empty().await;
    let nodo02 = node("nodo02");
    assert!(store.node_marks().await.unwrap().is_empty());
    assert!(!store.resume_node(&nodo02).await.unwrap());
    assert!(!store.empty_node(&nodo02).await.unwrap(), "only a drained one is emptied");
    assert!(store.drain_node(&nodo02, "profesor", "new disk", NOW).await.unwrap());
    assert!(!store.drain_node(&nodo02, "other", "", LATER).await.unwrap());
    assert!(store.empty_node(&nodo02).await.unwrap());
    assert!(!store.empty_node(&nodo02).await.unwrap());
    let marks = store.node_marks().await.unwrap();
    let [mark] = marks.as_slice() else { panic!("{marks:?}") };
    assert_eq!((mark.node.as_str(), mark.drained, mark.silent), ("nodo02", Some(NOW), None));
    assert_eq!((&*mark.drained_by, &*mark.reason, mark.emptying), ("profesor", "new disk", true));
    assert!(store.emptied_node("nodo02").await.unwrap());
    assert!(!store.emptied_node("nodo02").await.unwrap());
    assert!(store.resume_node(&nodo02).await.unwrap());
    assert!(store.drain_node(&nodo02, "other", "", LATER).await.unwrap());
}

#[tokio::test]
async fn silence_is_noted_once_and_forgotten_once() {
    let (_folder, store) = empty().await;
    assert!(!store.node_silent("nodo03", None).await.unwrap());
    assert!(store.node_silent("nodo03", Some(NOW)).await.unwrap());
    assert!(!store.node_silent("nodo03", Some(LATER)).await.unwrap());
    assert_eq!(store.node_marks().await.unwrap()[0].silent, Some(NOW));
    // A drain of it is another matter.
    assert!(store.drain_node(&node("nodo03"), "profesor", "", LATER).await.unwrap());
    assert!(store.node_silent("nodo03", None).await.unwrap());
    let mark = &store.node_marks().await.unwrap()[0];
    assert_eq!((mark.silent, mark.drained), (None, Some(LATER)));
}

#[tokio::test]
async fn where_machines_are_and_why() {
    let (_folder, store, _, _, seat) = one().await;
    let placed = Placed { chosen: Chosen::Least, nodes: 3, free_mib: Some(7000) };
    for (name, at) in [("web1", "nodo01"), ("web2", "nodo01"), ("web3", "nodo02")] {
        let new = NewVm { node: Some(at.into()), placed: Some(placed), ..vm(seat.id, name) };
        store.create_vm(JobKind::new("create"), new, PLAN, ROOMY, NOW).await.unwrap();
    }
    ready(&store, seat.id, "old").await;
    let vms = store.vms().await.unwrap();
    let [old, web1, ..] = vms.as_slice() else { panic!("{vms:?}") };
    assert_eq!(store.placed(web1.id).await.unwrap(), Some(placed));
    assert_eq!(store.placed(old.id).await.unwrap(), None);
    let loads = store.node_loads().await.unwrap();
    let loads: Vec<_> = loads.iter().map(|(node, load)| (node.as_str(), *load)).collect();
    assert_eq!(loads, [("nodo01", (2, 512)), ("nodo02", (1, 256))]);

    store.moved(web1.id, "nodo03").await.unwrap();
    assert_eq!(store.vm(web1.id).await.unwrap().unwrap().node.as_deref(), Some("nodo03"));
    let moved = Placed { chosen: Chosen::Moved, nodes: 0, free_mib: None };
    assert_eq!(store.placed(web1.id).await.unwrap(), Some(moved));
    assert!(store.delete_vm(web1.id).await.unwrap().apart().0, "the reason goes with the machine");
    assert_eq!(store.placed(web1.id).await.unwrap(), None);
}

#[tokio::test]
async fn a_move_takes_the_machine_and_knows_what_it_was() {
    let (_folder, store, _, alumno, seat) = one().await;
    let web1 = ready(&store, seat.id, "web1").await;
    let job =
        store.start_move(JobKind::new("move"), web1.id, &node("nodo02"), Some(alumno.id), NOW).await.unwrap();
    assert_eq!((job.kind, job.person), (JobKind::new("move"), Some(alumno.id)));
    let again = store.start_move(JobKind::new("move"), web1.id, &node("nodo03"), None, NOW).await;
    assert!(matches!(again, Err(StoreError::Busy { ref kind, .. }) if *kind == JobKind::new("move")));
    let untouched = store.move_of(job.id).await.unwrap().unwrap();
    assert_eq!((untouched.target.as_str(), untouched.origin), ("nodo02", None));
    store.set_origin(job.id, "nodo01", true).await.unwrap();
    let begun = store.move_of(job.id).await.unwrap().unwrap();
    assert_eq!(begun.origin, Some(("nodo01".into(), true)));
    drop(store.finish_job(job.id, &JobState::Done, LATER).await.unwrap());
    assert_eq!(store.jobs(1).await.unwrap()[0].kind, JobKind::new("move"));
    // Forgotten with its job (and the one that made the machine).
    assert_eq!(store.prune_jobs(&old(Timestamp(LATER.0 + 1))).await.unwrap(), 2);
    assert_eq!(store.move_of(job.id).await.unwrap(), None);
}
