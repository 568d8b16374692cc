//! An engine that is away is called so, by whatever way somebody comes upon it.

use super::*;
use crate::app::nodes;
use puerta_lab::quota::Quota;
use puerta_store::Scope;

#[tokio::test(flavor = "multi_thread")]
async fn is_no_quota() {
    let house = house("away-quota").await;
    house.create().await.0.unwrap();
    let vm = house.vm().await.unwrap();
    let room = async || house.app.room_to_run(vm.seat, None).await.map_err(|error| error.id);
    house.app.store.set_quota(Scope::Seat(vm.seat), Quota::Running, Some(1)).await.unwrap();
    house.app.look_at_nodes().await;
    assert_eq!(room().await, Err("error-quota"));
    house.sim.set_away(true);
    assert_eq!(room().await, Err("error-engine-away"));
    // A machine that may run on a node that is gone takes its place all the same.
    house.sim.set_away(false);
    house.sim.set_node_down(vm.node.as_deref().unwrap(), true);
    house.app.look_at_nodes().await;
    assert_eq!(room().await, Err("error-quota"));
}

#[tokio::test(flavor = "multi_thread")]
async fn is_no_lack_of_nodes() {
    let house = house("away-nodes").await;
    let choose = async || nodes::choose(&house.app, &mut *house.app.nodes.turn().await, |_| true).await;
    choose().await.unwrap();
    house.sim.set_away(true);
    // The first finds out that nobody answers; for the next ones they are in doubt.
    drop(choose().await);
    assert_eq!(choose().await.unwrap_err().id, "error-engine-away");
    house.sim.set_away(false);
    for name in puerta_engine::sim::NODES {
        house.sim.set_node_down(name, true);
    }
    house.app.look_at_nodes().await;
    assert_eq!(choose().await.unwrap_err().id, "error-no-node-free");
}

#[tokio::test(flavor = "multi_thread")]
async fn does_not_end_the_emptying_of_a_node() {
    let house = house("away-empty").await;
    house.create().await.0.unwrap();
    let vm = house.vm().await.unwrap();
    let node = vm.node.clone().unwrap();
    let name = node.parse().unwrap();
    house.app.store.drain_node(&name, "profesor", "", clock::now()).await.unwrap();
    house.app.store.empty_node(&name).await.unwrap();
    // After a power cut puerta is there first.
    house.sim.set_away(true);
    node::start(&house.app).await.unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(house.app.store.node_marks().await.unwrap()[0].emptying, "it waits");
    house.sim.set_away(false);
    while house.vm().await.unwrap().node.as_deref() == Some(&node) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
