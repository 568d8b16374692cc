//! Restores of what the engine does not have any more.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_the_engine_lost_comes_back_from_its_backup() {
    let house = house("lost").await;
    house.create().await.0.unwrap();
    let vm = house.vm().await.unwrap();
    house.sim.write(vm.vmid, Which::Main, "kept").unwrap();
    let watch = house.begin(VmCommand::Backup(web1())).await;
    house.end(watch).await.0.unwrap();
    house.sim.remove(&permit(&house.app, vm.clone()), Which::Main).await.unwrap();
    let watch = house.begin(VmCommand::Restore { vm: web1(), backup: None }).await;
    house.end(watch).await.0.unwrap();
    assert_eq!(house.copies(&vm).await, [Which::Main]);
    assert_eq!(house.sim.read(vm.vmid, Which::Main).unwrap(), "kept");
}
