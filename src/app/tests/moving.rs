//! Moves on an engine that fails at a chosen moment.

use super::*;
use crate::app::jobs::{Task, moving::Move};
use crate::app::nodes;
use puerta_lab::model::Limits;
use puerta_lab::names::NodeName;

fn node(name: &str) -> NodeName {
    name.parse().unwrap()
}

impl House {
    async fn begin_move(&self, vm: &Vm, to: &str) -> JobWatch {
        let permit = Move.permit(&self.app, vm.clone()).await.unwrap();
        let job = self.app.store.start_move(Move.kind(), vm.id, &node(to), None, clock::now()).await.unwrap();
        self.app.launch(job, permit, Move)
    }

    /// Where the machine is, whether it runs, and what is in it.
    async fn main(&self, vm: &Vm) -> (String, Status, String) {
        let main = self.sim.find(vm.vmid, Which::Main).await.unwrap().unwrap();
        (main.node, main.status, self.sim.read(vm.vmid, Which::Main).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_fails_leaves_the_machine_as_it_was() {
    let house = house("move-fails").await;
    house.create().await.0.unwrap();
    let vm = house.vm().await.unwrap();
    let from = vm.node.clone().unwrap();
    let to = if from == "sim01" { "sim02" } else { "sim01" };
    house.sim.write(vm.vmid, Which::Main, "kept").unwrap();
    // Nothing copied yet; the copy stands; the machine aside; the copy in its place.
    let moments: [&[Which]; 4] =
        [&[Which::Main], &[Which::Main, Which::New], &[Which::New, Which::Old], &[Which::Main, Which::Old]];
    for moment in moments {
        let mut watch = house.begin_move(&vm, to).await;
        watch.now.wait_for(|now| now.progress.step == Step::Move).await.unwrap();
        while house.copies(&vm).await != moment {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        house.sim.fail_next(EngineError::Other("no".into()));
        let (end, state) = house.end(watch).await;
        assert_eq!(end.unwrap_err().kind, Kind::Internal, "{moment:?}");
        assert!(matches!(state, JobState::Failed(_)), "{moment:?}: {state:?}");
        assert_eq!(house.copies(&vm).await, [Which::Main], "{moment:?}");
        assert_eq!(house.main(&vm).await, (from.clone(), Status::Running, "kept".into()), "{moment:?}");
    }
    let watch = house.begin_move(&vm, to).await;
    house.end(watch).await.0.unwrap();
    assert_eq!(house.main(&vm).await, (to.to_owned(), Status::Running, "kept".into()));
    assert_eq!(house.vm().await.unwrap().node.as_deref(), Some(to));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_copy_of_something_else_never_becomes_the_machine() {
    let house = house("move-old").await;
    house.create().await.0.unwrap();
    let vm = house.vm().await.unwrap();
    let from = vm.node.clone().unwrap();
    let [other, to] =
        ["sim01", "sim02", "sim03"].iter().filter(|name| **name != from).collect::<Vec<_>>()[..]
    else {
        panic!("three nodes");
    };
    // What an earlier restore or move could not remove: on a node that died. It went there and came back.
    let ours = permit(&house.app, vm.clone());
    house.sim.stop(&ours, Which::Main, Duration::ZERO).await.unwrap();
    house.sim.write(vm.vmid, Which::Main, "stale").unwrap();
    for node in [*other, from.as_str()] {
        house.sim.remove(&ours, Which::Old).await.unwrap();
        house.sim.copy(&ours, node).await.unwrap();
        house.sim.replace(&ours, Duration::ZERO).await.unwrap();
    }
    house.sim.write(vm.vmid, Which::Main, "today's").unwrap();
    house.sim.start(&ours, Which::Main).await.unwrap();
    house.sim.set_node_down(other, true);
    let watch = house.begin_move(&vm, to).await;
    assert_eq!(house.end(watch).await.0.unwrap_err().id, "error-engine-away");
    assert_eq!(house.main(&vm).await, (from, Status::Running, "today's".into()));
    // Once the node is back, it goes, and the old copy with it.
    house.sim.set_node_down(other, false);
    let watch = house.begin_move(&vm, to).await;
    house.end(watch).await.0.unwrap();
    assert_eq!(house.copies(&vm).await, [Which::Main]);
    assert_eq!(house.main(&vm).await, ((*to).to_owned(), Status::Running, "today's".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_one_that_ran_keeps_its_place_while_it_moves() {
    let house = house("move-place").await;
    house.create().await.0.unwrap();
    let vm = house.vm().await.unwrap();
    let quota = puerta_lab::quota::Quota::Running;
    house.app.store.set_quota(puerta_store::Scope::Seat(vm.seat), quota, Some(1)).await.unwrap();
    let room = async || {
        let at = house.vm().await.unwrap().node;
        let to = if at.as_deref() == Some("sim01") { "sim02" } else { "sim01" };
        let mut watch = house.begin_move(&vm, to).await;
        watch.now.wait_for(|now| now.progress.step == Step::Move).await.unwrap();
        let room = house.app.room_to_run(vm.seat, None).await;
        house.end(watch).await.0.unwrap();
        room
    };
    assert_eq!(room().await.unwrap_err().id, "error-quota");
    house.app.engine.stop(&permit(&house.app, vm.clone()), Which::Main, Duration::ZERO).await.unwrap();
    assert_eq!(room().await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_without_room_is_named_with_its_numbers() {
    let house = house("move-room").await;
    house.create().await.0.unwrap();
    let mut vm = house.vm().await.unwrap();
    assert_eq!(nodes::room(&house.app, &vm, &node("sim02")), Ok(()));
    let limits = vm.limits;
    for (wanted, args) in [
        (Limits { memory_mib: 20_000, ..limits }, ["memory", "15360", "20000"]),
        (Limits { disk_mib: 300_000, ..limits }, ["disk", "253952", "300000"]),
    ] {
        vm.limits = wanted;
        let empty = if vm.node.as_deref() == Some("sim03") { "sim02" } else { "sim03" };
        let error = nodes::room(&house.app, &vm, &node(empty)).unwrap_err();
        assert_eq!((error.kind, error.id), (Kind::Limited, "error-node-room"));
        let given: Vec<_> = error.args.iter().skip(1).map(|(_, value)| value.as_str()).collect();
        assert_eq!(given, args);
    }
}
