//! What an engine promises of a copy that takes its machine's place, and of a machine that takes it back. How it
//! keeps its copies is its own: a state in which an earlier call was cut is made here by what anybody can ask
//! of it.

use crate::bench::{Bench, copies, machine, permit, spec};
use Which::{Main, New, Old};
use puerta_engine::{Engine, EngineError, Status, Which};
use puerta_lab::model::Vm;
use std::time::Duration;

const GRACE: Duration = Duration::from_secs(5);

/// All of it, between two nodes (or one).
pub(crate) async fn whole(bench: &dyn Bench, node: &str, other: &str) {
    let engine = bench.engine();
    let vm = machine(76, "web1");
    let allowed = permit(&vm);
    for _ in 0..2 {
        engine.replace(&allowed, GRACE).await.unwrap();
        engine.take_back(&allowed).await.unwrap();
        assert_eq!(copies(engine, &vm).await, []);
    }
    engine.create(&allowed, &spec(node)).await.unwrap();
    engine.start(&allowed, Main).await.unwrap();
    bench.write(&vm, "copied").await;
    copied(engine, &vm, other).await;
    engine.start(&allowed, Main).await.unwrap();
    bench.write(&vm, "went on").await;

    takes_its_place(bench, &vm, other).await;
    goes_on_from_where_it_was_cut(bench, &vm, node).await;
    is_taken_back(bench, &vm, node).await;
    after_a_total_loss(bench, &vm, other).await;
    engine.remove(&allowed, Main).await.unwrap();
    assert_eq!(copies(engine, &vm).await, []);
}

/// Where a copy is, and whether it runs.
async fn at(engine: &dyn Engine, vm: &Vm, which: Which) -> (String, Status) {
    let found = engine.find(vm.vmid, which).await.unwrap().unwrap();
    (found.node, found.status)
}

/// A copy beside the machine, which it stops.
async fn copied(engine: &dyn Engine, vm: &Vm, node: &str) {
    engine.stop(&permit(vm), Main, Duration::ZERO).await.unwrap();
    engine.copy(&permit(vm), node).await.unwrap();
}

/// In the place of a machine that runs; and once more is as once.
async fn takes_its_place(bench: &dyn Bench, vm: &Vm, there: &str) {
    let (engine, allowed) = (bench.engine(), permit(vm));
    // There is nothing to take back yet.
    engine.take_back(&allowed).await.unwrap();
    assert_eq!(copies(engine, vm).await, [Main, New]);
    assert_eq!(at(engine, vm, Main).await.1, Status::Running);
    for _ in 0..2 {
        engine.replace(&allowed, GRACE).await.unwrap();
        assert_eq!(copies(engine, vm).await, [Main, Old]);
        assert_eq!(at(engine, vm, Main).await, (there.into(), Status::Stopped));
        assert_eq!(at(engine, vm, Old).await.1, Status::Stopped);
    }
    engine.start(&allowed, Main).await.unwrap();
    assert_eq!(bench.read(vm).await, "copied");
    engine.replace(&allowed, GRACE).await.unwrap();
    assert_eq!(at(engine, vm, Main).await.1, Status::Running, "nothing to do");
}

/// The machine set aside, the copy not yet in its place. With a machine there and one that was, nobody can say
/// which is to be kept, and both are.
async fn goes_on_from_where_it_was_cut(bench: &dyn Bench, vm: &Vm, there: &str) {
    let (engine, allowed) = (bench.engine(), permit(vm));
    copied(engine, vm, there).await;
    engine.start(&allowed, Main).await.unwrap();
    assert_eq!(engine.replace(&allowed, GRACE).await, Err(EngineError::Exists));
    assert_eq!(copies(engine, vm).await, [Main, New, Old]);
    assert_eq!(at(engine, vm, Main).await.1, Status::Running);
    engine.remove(&allowed, Main).await.unwrap();
    for _ in 0..2 {
        engine.replace(&allowed, GRACE).await.unwrap();
        assert_eq!(copies(engine, vm).await, [Main, Old]);
        assert_eq!(at(engine, vm, Main).await, (there.into(), Status::Stopped));
    }
}

/// From one that runs in its place, and from a place that nobody has.
async fn is_taken_back(bench: &dyn Bench, vm: &Vm, home: &str) {
    let (engine, allowed) = (bench.engine(), permit(vm));
    engine.start(&allowed, Main).await.unwrap();
    assert_eq!(bench.read(vm).await, "copied");
    for _ in 0..2 {
        engine.take_back(&allowed).await.unwrap();
        assert_eq!(copies(engine, vm).await, [Main]);
        assert_eq!(at(engine, vm, Main).await, (home.into(), Status::Stopped));
    }
    engine.start(&allowed, Main).await.unwrap();
    assert_eq!(bench.read(vm).await, "went on");

    copied(engine, vm, home).await;
    engine.replace(&allowed, GRACE).await.unwrap();
    copied(engine, vm, home).await;
    engine.remove(&allowed, Main).await.unwrap();
    assert_eq!(copies(engine, vm).await, [New, Old]);
    for _ in 0..2 {
        engine.take_back(&allowed).await.unwrap();
        assert_eq!(copies(engine, vm).await, [Main, New], "what never had the place stays");
    }
    engine.remove(&allowed, New).await.unwrap();
}

/// There is no machine to set aside.
async fn after_a_total_loss(bench: &dyn Bench, vm: &Vm, there: &str) {
    let (engine, allowed) = (bench.engine(), permit(vm));
    copied(engine, vm, there).await;
    engine.remove(&allowed, Main).await.unwrap();
    for _ in 0..2 {
        engine.replace(&allowed, GRACE).await.unwrap();
        assert_eq!(copies(engine, vm).await, [Main]);
        assert_eq!(at(engine, vm, Main).await, (there.into(), Status::Stopped));
    }
    engine.start(&allowed, Main).await.unwrap();
    assert_eq!(bench.read(vm).await, "went on");
}
