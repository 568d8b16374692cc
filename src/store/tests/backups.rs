//! Backups: of which machine, which one is the newest, which ones go, and which stay.

use super::*;
use puerta_lab::model::{BackupId, VmId};
use puerta_lab::names::BackupName;

const KIND: JobKind = JobKind::new("backup");

async fn of_vm(store: &Store, vm: &Vm) -> Vec<String> {
    let own = store.backups_of_vm(vm.id).await.unwrap();
    own.iter().map(|backup| backup.name.to_string()).collect()
}

/// Names of those that one more would let go; `None`: there is no place for one.
async fn going(store: &Store, vm: &Vm, keep: u32) -> Option<Vec<String>> {
    let own = store.backups_of_vm(vm.id).await.unwrap();
    let going = making_room(&own, keep)?;
    Some(going.iter().map(|backup| backup.name.to_string()).collect())
}

#[tokio::test]
async fn the_newest_is_the_one_that_was_made_last_whatever_the_clock_says() {
    let (_folder, store, _, _, seat) = one().await;
    let web1 = ready(&store, seat.id, "web1").await;
    let year = 365 * 86_400_000;
    for (name, now) in [("b1", at(0)), ("b2", at(year)), ("b3", at(-year))] {
        back_up(&store, &web1, name, now).await;
    }
    let wanted = ["b3", "b2", "b1"];
    assert_eq!(of_vm(&store, &web1).await, wanted);
    for all in [store.backups_of(&[seat.id]).await.unwrap(), store.backups().await.unwrap()] {
        assert_eq!(all.iter().map(|backup| backup.name.as_str()).collect::<Vec<_>>(), wanted);
    }
    assert_eq!(going(&store, &web1, 3).await.unwrap(), ["b1"]);
}

#[tokio::test]
async fn the_oldest_that_nobody_protects_goes_and_only_when_that_was_said() {
    let (_folder, store, _, _, seat) = one().await;
    let web1 = ready(&store, seat.id, "web1").await;
    let b1 = back_up(&store, &web1, "b1", NOW).await;
    let b2 = back_up(&store, &web1, "b2", NOW).await;
    assert_eq!(going(&store, &web1, 3).await.unwrap(), Vec::<String>::new());
    assert_eq!(going(&store, &web1, 2).await.unwrap(), ["b1"]);
    assert_eq!(going(&store, &web1, 1).await.unwrap(), ["b1", "b2"]);
    let start = |keep, may_go: Option<Vec<BackupName>>| {
        let (store, vm) = (store.clone(), web1.id);
        async move { store.start_backup(KIND, (vm, None), keep, may_go.as_deref(), ROOMY, NOW).await }
    };
    for unsaid in [vec![], vec![b2.name.clone()]] {
        let refused = start(2, Some(unsaid)).await;
        assert!(
            matches!(&refused, Err(StoreError::WouldGo(names)) if *names == [b1.name.clone()]),
            "{refused:?}"
        );
    }
    assert!(store.running_jobs().await.unwrap().is_empty());
    store.protect_backup(b1.id, true).await.unwrap();
    assert!(store.backup(b1.id).await.unwrap().unwrap().protected);
    assert!(matches!(store.delete_backup(b1.id).await, Err(StoreError::Protected)));
    assert_eq!(going(&store, &web1, 2).await.unwrap(), ["b2"]);
    // Protected ones have their places: with one place there is none for a new one.
    assert_eq!(going(&store, &web1, 1).await, None);
    assert!(matches!(start(1, None).await, Err(StoreError::AllProtected)));
    let (job, gone) = start(2, Some(vec![b2.name.clone()])).await.unwrap();
    assert_eq!(gone, [b2]);
    drop(store.finish_job(job.id, &JobState::Done, NOW).await.unwrap());
    store.protect_backup(b1.id, false).await.unwrap();
    assert!(store.delete_backup(b1.id).await.unwrap());
    assert!(matches!(store.protect_backup(b1.id, true).await, Err(StoreError::Gone)));
}

#[tokio::test]
async fn a_machine_of_the_same_name_has_backups_of_its_own() {
    let (_folder, store, _, _, seat) = one().await;
    let old = ready(&store, seat.id, "web1").await;
    let kept = back_up(&store, &old, "b1", NOW).await;
    let was = kept.was.clone().unwrap();
    assert_eq!((was.vmid, was.limits, &was.template), (old.vmid, old.limits, &old.template));
    drop(store.delete_vm(old.id).await.unwrap());
    let new = ready(&store, seat.id, "web1").await;
    back_up(&store, &new, "b2", NOW).await;
    assert_eq!(
        (of_vm(&store, &old).await, of_vm(&store, &new).await),
        (vec!["b1".into()], vec!["b2".into()])
    );
    assert_eq!(going(&store, &new, 1).await.unwrap(), ["b2"]);
    // Another name is the new one's alone.
    drop(store.rename_vm(new.id, &"web2".parse().unwrap()).await.unwrap());
    assert_eq!(store.backup(kept.id).await.unwrap().unwrap().vm_name.as_str(), "web1");
}

#[tokio::test]
async fn a_machine_that_was_is_again_with_its_backups() {
    let (_folder, store, _, _, seat) = one().await;
    let old = ready(&store, seat.id, "web1").await;
    let b1 = back_up(&store, &old, "b1", NOW).await;
    let again = Source { backup: b1.id, again: Some(old.id) };
    let make = |source: Source, name: &str| {
        let (store, new) = (store.clone(), NewVm { source: Some(source), ..vm(seat.id, name) });
        // A template that is offered no more is no obstacle.
        let new = NewVm { template: "tomcat:7".parse().unwrap(), ..new };
        async move { store.create_vm(JobKind::new("remake"), new, PLAN, ROOMY, NOW).await }
    };
    let there = make(again, "web9").await;
    assert!(matches!(there, Err(StoreError::Taken("vm"))), "{there:?}");
    let beside = make(Source { again: None, ..again }, "web2").await.unwrap();
    assert_eq!((beside.1.backup, of_vm(&store, &old).await), (Some(b1.id), vec!["b1".to_owned()]));
    // While it is read it stays.
    assert!(matches!(store.delete_backup(b1.id).await, Err(StoreError::Busy { .. })));
    drop(store.delete_vm(old.id).await.unwrap());
    let (new, job) = make(again, "web1").await.unwrap();
    assert_eq!((of_vm(&store, &new).await, job.backup), (vec!["b1".to_owned()], Some(b1.id)));
    let nothing = make(Source { backup: BackupId(99), again: None }, "web3").await;
    assert!(matches!(nothing, Err(StoreError::BackupGone)), "{nothing:?}");
    assert_eq!(store.vm_of_seat(&seat.name, &"web3".parse().unwrap()).await.unwrap(), None);
}

#[tokio::test]
async fn backups_of_before_find_their_machine() {
    let folder = Folder::new();
    let mut old = crate::database::earlier(&folder.file(), 8).await.unwrap();
    let course = "INSERT INTO courses (name, year, version, created) VALUES ('aso-2026', 2026, 0, 1)";
    let seat = "INSERT INTO seats (name, course, year, version, number, created)
                VALUES ('alumno1', 1, 2026, 0, 1, 1)";
    let vms =
        "INSERT INTO vms (id, seat, name, slot, vmid, template, cpus, memory_mib, disk_mib, processes, phase,
                                created)
               VALUES (7, 1, 'web1', 2, 6291522, 'mini', 2, 256, 1024, 500, 'ready', 1000),
                      (8, 1, 'db1', 3, 6291523, 'mini', 2, 256, 1024, 500, 'ready', 1000)";
    let jobs = "INSERT INTO jobs (kind, vm, vm_name, seat, seat_name, state, started, finished)
                VALUES ('backup', 5, 'web1', 1, 'alumno1', 'done', 1, 2000), ('stop', 6, 'web1', 1, 'alumno1', 'done', 1, 2000)";
    let backups = "INSERT INTO backups (seat, name, vm_name, size, sha256, created, took_ms)
                   VALUES (1, 'web1-a', 'web1', 1, 'ab', 2000, 1), (1, 'web1-b', 'web1', 1, 'ab', 2001, 1),
                          (1, 'db1-a', 'db1', 1, 'ab', 500, 1), (1, 'db1-b', 'db1', 1, 'ab', 501, 1),
                          (1, 'gone-a', 'gone', 1, 'ab', 2002, 1)";
    for statement in [course, seat, vms, jobs, backups] {
        sqlx::query(statement).execute(&mut old).await.unwrap();
    }
    old.close().await.unwrap();

    let store = Store::open(&folder.file()).await.unwrap();
    let found = store.backups().await.unwrap();
    let found: Vec<_> =
        found.iter().rev().map(|one| (one.name.as_str(), one.vm, one.was.is_some())).collect();
    // By the job that made it; by the machine that was there; and what is of no machine that is there.
    let wanted = [
        ("web1-a", VmId(5), false),
        ("web1-b", VmId(7), true),
        ("db1-a", VmId(-3), false),
        ("db1-b", VmId(-3), false),
        ("gone-a", VmId(-5), false),
    ];
    assert_eq!(found, wanted);
}
