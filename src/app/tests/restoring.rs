//! Restores of what is not there any more, and beside what is.

use super::*;
use puerta_lab::model::{Job, JobId};

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_the_engine_lost_comes_back_from_its_backup() {
    let house = house("lost").await;
    house.create().await.0.unwrap();
    let vm = house.vm().await.unwrap();
    house.sim.write(vm.vmid, Which::Main, "kept").unwrap();
    let watch = house.begin(backup()).await;
    house.end(watch).await.0.unwrap();
    house.sim.remove(&permit(&house.app, vm.clone()), Which::Main).await.unwrap();
    let watch = house.begin(restore(None)).await;
    house.end(watch).await.0.unwrap();
    assert_eq!(house.copies(&vm).await, [Which::Main]);
    assert_eq!(house.sim.read(vm.vmid, Which::Main).unwrap(), "kept");
}

/// One machine with a backup of it, `kept`.
async fn kept(house: &House) -> Vm {
    house.create().await.0.unwrap();
    let vm = house.vm().await.unwrap();
    house.sim.write(vm.vmid, Which::Main, "kept").unwrap();
    let watch = house.begin(backup()).await;
    house.end(watch).await.0.unwrap();
    vm
}

async fn delete(house: &House, vm: &VmRef) {
    let watch = house.begin(VmCommand::Delete(vm.clone())).await;
    house.end(watch).await.0.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_machine_is_itself_again() {
    let house = house("again").await;
    let old = kept(&house).await;
    let known_by = house.sim.identity(old.vmid).unwrap();
    delete(&house, &web1()).await;
    // Its place is another's by now.
    let other = VmRef::parse("web9", "virtuales").unwrap();
    let create = VmCommand::Create {
        vm: other,
        template: Some("mini".parse().unwrap()),
        cpus: None,
        memory_mib: None,
        disk_mib: None,
        new_keys: false,
    };
    let watch = house.begin(create).await;
    house.end(watch).await.0.unwrap();

    let watch = house.begin(restore(None)).await;
    let Reply::Vm(reply::VmReply::Remade { copy: false, .. }) = house.end(watch).await.0.unwrap() else {
        panic!("not remade");
    };
    let new = house.vm().await.unwrap();
    assert_ne!((new.id, new.vmid), (old.id, old.vmid));
    assert_eq!((new.phase, new.limits, &new.template), (Phase::Ready, old.limits, &old.template));
    assert_eq!(house.copies(&new).await, [Which::Main]);
    assert_eq!(house.sim.read(new.vmid, Which::Main).unwrap(), "kept");
    assert_eq!(house.sim.identity(new.vmid).unwrap(), known_by, "it is known by what it was known by");
    assert_eq!(house.sim.authorized_keys(new.vmid).unwrap(), ["ssh-ed25519 x"]);
    let running = house.app.engine.find(new.vmid, Which::Main).await.unwrap().unwrap();
    assert_eq!((running.status, &running.tags["vm"]), (Status::Running, &new.id.to_string()));
    assert_eq!(house.app.store.backups_of_vm(new.id).await.unwrap().len(), 1, "its backups are its own");
    // And from there it goes on as any other.
    let watch = house.begin(restore(None)).await;
    house.end(watch).await.0.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_beside_is_a_machine_of_its_own() {
    let house = house("beside").await;
    let old = kept(&house).await;
    let watch = house.begin(restore(Some("web2"))).await;
    let Reply::Vm(reply::VmReply::Remade { copy: true, .. }) = house.end(watch).await.0.unwrap() else {
        panic!("no copy");
    };
    let new = house.named("web2").await.unwrap();
    assert_eq!(house.sim.read(new.vmid, Which::Main).unwrap(), "kept");
    assert_ne!(house.sim.identity(new.vmid).unwrap(), house.sim.identity(old.vmid).unwrap());
    assert_eq!(house.app.store.backups_of_vm(old.id).await.unwrap().len(), 1);
    assert_eq!(house.app.store.backups_of_vm(new.id).await.unwrap(), []);
    let taken = house.app.run(&house.visitor, Command::Vm(restore(Some("web2"))), "words").await;
    assert_eq!(taken.err().unwrap().id, "error-vm-exists");
    // Also of a machine that is gone, which stays gone.
    delete(&house, &web1()).await;
    let watch = house.begin(restore(Some("web3"))).await;
    house.end(watch).await.0.unwrap();
    assert!(house.vm().await.is_none());
    assert_eq!(house.app.store.backups_of_vm(old.id).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_made_again_leaves_nothing() {
    let house = house("not-again").await;
    let old = kept(&house).await;
    delete(&house, &web1()).await;
    house.sim.set_no_space(true);
    let watch = house.begin(restore(None)).await;
    let (error, state) = house.end(watch).await;
    assert_eq!((error.unwrap_err().id, state), ("error-no-space", JobState::Failed("error-no-space".into())));
    assert!(house.vm().await.is_none());
    assert_eq!(house.app.engine.list().await.unwrap(), []);
    house.sim.set_no_space(false);
    // Its backups were somebody else's for a moment, and are still of a machine that is gone.
    let watch = house.begin(restore(None)).await;
    house.end(watch).await.0.unwrap();
    assert_eq!(house.sim.read(house.vm().await.unwrap().vmid, Which::Main).unwrap(), "kept");
    assert!(house.app.store.backups_of_vm(old.id).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_name_of_a_backup_tells_nothing_of_other_seats() {
    let house = house("names").await;
    house.create().await.0.unwrap();
    let watch = house.begin(backup()).await;
    // As if others had done much before.
    let job = Job { id: JobId(watch.job.id.0 + 1000), ..watch.job.clone() };
    let [_, numbered] = archive::names_of(&job).unwrap();
    assert!(numbered.to_string().ends_with(&format!("-{}", job.number)), "{numbered}");
    house.end(watch).await.0.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unmounted_disk_of_backups_costs_none() {
    let house = house("unmounted").await;
    house.create().await.0.unwrap();
    let watch = house.begin(backup()).await;
    house.end(watch).await.0.unwrap();
    let shelf = house.app.config.backup.dir.clone();
    let away = shelf.with_extension("away");
    std::fs::rename(&shelf, &away).unwrap();
    // The mount point stays.
    std::fs::create_dir(&shelf).unwrap();
    for command in [backup(), restore(None)] {
        let watch = house.begin(command).await;
        assert_eq!(house.end(watch).await.0.unwrap_err().id, "error-archives-away");
    }
    let known = house.app.store.backups().await.unwrap();
    let refused = house.app.discard(&known[0]).await.unwrap_err();
    assert_eq!((refused.id, house.app.store.backups().await.unwrap().len()), ("error-archives-away", 1));
    assert_eq!(std::fs::read_dir(&shelf).unwrap().count(), 0, "nothing is hidden under the mount");
    std::fs::remove_dir(&shelf).unwrap();
    std::fs::rename(&away, &shelf).unwrap();
    let watch = house.begin(restore(None)).await;
    house.end(watch).await.0.unwrap();
    // One that an older puerta made is known by what is in it, and an empty one is not.
    std::fs::remove_file(shelf.join(shelf::MARK)).unwrap();
    assert!(!shelf::adopt(&away, &known).unwrap() && shelf::adopt(&shelf, &known).unwrap());
    assert!(shelf::there(&shelf));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_backup_goes_for_room_that_was_made_meanwhile() {
    let house = house("room").await;
    house.create().await.0.unwrap();
    let keep = house.app.config.backup.keep;
    for _ in 0..keep {
        let watch = house.begin(backup()).await;
        house.end(watch).await.0.unwrap();
    }
    let own = house.app.store.backups().await.unwrap();
    let command = VmCommand::Backup { vm: web1(), note: None, may_go: MayGo::Any };
    let watch = house.begin(command).await;
    house.app.discard(&own[1]).await.unwrap();
    let (end, _) = house.end(watch).await;
    assert!(end.is_ok(), "{end:?}");
    let left: Vec<_> = house.app.store.backups().await.unwrap().into_iter().map(|one| one.id).collect();
    assert_eq!(left.len(), keep, "{left:?}");
    assert!(left.contains(&own[keep - 1].id), "the oldest had to go for nothing");
}
