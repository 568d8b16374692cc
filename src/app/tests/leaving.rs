//! Seats that go with all that they hold, also when puerta ends in between.

use super::*;
use crate::app::{archive, leaving};

async fn seat_gone(house: &House, vm: &Vm) {
    while house.app.store.seat(vm.seat).await.unwrap().is_some() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(house.copies(vm).await.is_empty(), "its machine is gone");
    assert!(!house.app.config.backup.dir.join(vm.seat.to_string()).exists(), "its archives are gone");
}

/// A machine with a protected backup, and its seat decided to go by a puerta that did no more than that.
async fn decided(name: &str) -> (House, Vm) {
    let house = house(name).await;
    house.create().await.0.unwrap();
    let vm = house.vm().await.unwrap();
    let watch = house.begin(backup()).await;
    house.end(watch).await.0.unwrap();
    let made = house.app.store.backups().await.unwrap().pop().unwrap();
    house.app.store.protect_backup(made.id, true).await.unwrap();
    drop(house.app.store.remove_seat(vm.seat, Some(2), clock::now()).await.unwrap());
    (house, vm)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_decided_goes_on_at_the_next_start() {
    let (house, vm) = decided("leaving").await;
    leaving::start(&house.app);
    seat_gone(&house, &vm).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_without_a_row_goes_too() {
    // Killed when all was forgotten, and the folder was still there.
    let (house, vm) = decided("leaving-folder").await;
    let store = &house.app.store;
    let made = store.backups().await.unwrap().pop().unwrap();
    store.protect_backup(made.id, false).await.unwrap();
    store.delete_backup(made.id).await.unwrap();
    assert!(house.app.archive(made.seat, &made.name).exists());
    leaving::start(&house.app);
    seat_gone(&house, &vm).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_has_the_machine_is_waited_for() {
    let (house, vm) = decided("leaving-busy").await;
    let stop = jobs::stop::Stop::GENTLY;
    let job = house.app.begin_job(&stop, &vm, None, None).await.unwrap();
    leaving::start(&house.app);
    assert_eq!(house.copies(&vm).await, [Which::Main]);
    let watch = house.app.launch(job, permit(&house.app, vm.clone()), stop);
    house.end(watch).await.0.unwrap();
    seat_gone(&house, &vm).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn archives_that_are_away_are_waited_for() {
    let (house, vm) = decided("leaving-away").await;
    let dir = house.app.config.backup.dir.clone();
    let aside = dir.with_extension("aside");
    std::fs::rename(&dir, &aside).unwrap();
    let away = archive::forget(&house.app, vm.seat).await.unwrap_err();
    assert_eq!(away.id, "error-archives-away");
    std::fs::rename(&aside, &dir).unwrap();
    leaving::start(&house.app);
    seat_gone(&house, &vm).await;
}
