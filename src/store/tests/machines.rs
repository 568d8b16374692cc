//! Machines, jobs, backups, and the races between them.

use super::*;
use puerta_lab::model::{JobId, Phase, VmId};
use puerta_lab::plan::Slot;
use puerta_lab::quota::{Quota, QuotaExceeded, Usage};

#[tokio::test]
async fn a_machine_gets_the_place_that_the_plan_predicts() {
    let (_folder, store, _, alumno, seat) = one().await;
    let new = NewVm { node: Some("nodo01".into()), person: Some(alumno.id), ..vm(seat.id, "web1") };
    let (web1, job) = store.create_vm(JobKind::new("create"), new, PLAN, ROOMY, NOW).await.unwrap();
    let slot = Slot::new(2).unwrap();
    let vmid = PLAN.vmid(seat.edition, seat.number, slot).unwrap();
    assert_eq!((web1.slot, web1.vmid), (slot, vmid));
    assert_eq!(web1.address().to_string(), "10.96.0.66");
    assert_eq!((web1.phase, web1.created), (Phase::Creating, NOW));
    assert_eq!((&web1.seat_name, web1.node.as_deref()), (&seat.name, Some("nodo01")));
    assert_eq!((job.kind.as_str(), &job.state), ("create", &JobState::Running));
    assert_eq!((job.vm, &job.vm_name, job.person), (web1.id, &web1.name, Some(alumno.id)));
    assert_eq!(store.job(job.id).await.unwrap(), Some(job.clone()));
    assert_eq!(store.running_job_of(web1.id).await.unwrap(), Some(job));

    assert_eq!(store.vm(web1.id).await.unwrap(), Some(web1.clone()));
    assert_eq!(store.vm_by_vmid(vmid).await.unwrap(), Some(web1.clone()));
    let named = store.vm_of_seat(&seat.name, &web1.name).await.unwrap();
    assert_eq!(named, Some(web1.clone()));
    let same = store.create_vm(JobKind::new("create"), vm(seat.id, "web1"), PLAN, ROOMY, NOW).await;
    assert!(matches!(same, Err(StoreError::Taken("vm"))));
    let nowhere = store.create_vm(JobKind::new("create"), vm(SeatId(99), "web1"), PLAN, ROOMY, NOW);
    assert!(matches!(nowhere.await, Err(StoreError::Gone)));
    assert_eq!(store.vms().await.unwrap().len(), 1);
    assert_eq!(store.jobs(10).await.unwrap().len(), 1);

    drop(store.set_phase(web1.id, Phase::Ready).await.unwrap());
    store.set_node(web1.id, "nodo02").await.unwrap();
    let now = store.vm(web1.id).await.unwrap().unwrap();
    assert_eq!((now.phase, now.node.as_deref()), (Phase::Ready, Some("nodo02")));
    assert!(store.delete_vm(web1.id).await.unwrap().apart().0);
    assert!(!store.delete_vm(web1.id).await.unwrap().apart().0);
    let gone = store.set_phase(web1.id, Phase::Deleting).await;
    assert!(matches!(gone, Err(StoreError::Gone)));
    let gone = store.set_node(web1.id, "nodo01").await;
    assert!(matches!(gone, Err(StoreError::Gone)));
}

#[tokio::test]
async fn quotas_count_machines_and_memory_of_the_seat_alone() {
    let (_folder, store, course, _, seat) = one().await;
    let (_, other) = add(&store, "alumno2", Some(course.id)).await;
    create(&store, other.unwrap().id, "web1").await;
    let quotas = Quotas { machines: 2, memory_mib: 600, ..ROOMY };
    let make = |name| store.create_vm(JobKind::new("create"), vm(seat.id, name), PLAN, quotas, NOW);
    let (web1, _) = make("web1").await.unwrap();
    make("web2").await.unwrap();
    let used = Usage { machines: 2, memory_mib: 512, cpus: 2, disk_mib: 4096, ..Usage::default() };
    assert_eq!(store.usage(seat.id).await.unwrap(), used);
    let Err(StoreError::Quota(quota)) = make("web3").await else {
        panic!();
    };
    let wanted = QuotaExceeded { quota: Quota::Machines, limit: 2, used: 2, wanted: 1 };
    assert_eq!(quota, wanted);
    drop(store.delete_vm(web1.id).await.unwrap());
    let big = NewVm { limits: Limits { memory_mib: 400, ..web1.limits }, ..vm(seat.id, "web3") };
    let refused = store.create_vm(JobKind::new("create"), big, PLAN, quotas, NOW).await;
    assert!(matches!(refused, Err(StoreError::Quota(q)) if q.quota == Quota::Memory && q.used == 256));
}

#[tokio::test]
async fn sixty_three_machines_fit_and_a_slot_is_free_when_its_row_is_gone() {
    let (_folder, store, _, _, seat) = one().await;
    let roomy = Quotas { machines: 100, ..ROOMY };
    let mut vms = Vec::new();
    for i in 0..63 {
        let made = store.create_vm(JobKind::new("create"), vm(seat.id, &format!("web{i}")), PLAN, roomy, NOW);
        vms.push(made.await.unwrap().0);
    }
    let slots: Vec<_> = vms.iter().map(|vm| vm.slot).collect();
    assert_eq!(slots, Slot::all().collect::<Vec<_>>());
    let more = || store.create_vm(JobKind::new("create"), vm(seat.id, "more"), PLAN, roomy, NOW);
    assert!(matches!(more().await, Err(StoreError::SlotsFull)));
    drop(store.set_phase(vms[10].id, Phase::Deleting).await.unwrap());
    assert!(matches!(more().await, Err(StoreError::SlotsFull)));
    drop(store.delete_vm(vms[10].id).await.unwrap());
    let (new, _) = more().await.unwrap();
    assert_eq!((new.slot, new.vmid), (vms[10].slot, vms[10].vmid));
    assert!(new.id > vms[62].id);
}

#[tokio::test]
async fn a_number_is_never_twice_in_the_table() {
    let (_folder, store, _, _, seat) = one().await;
    create(&store, seat.id, "web1").await;
    let red: puerta_lab::names::CourseName = "red-2025".parse().unwrap();
    let red = store.create_course(&red, 2025, None, PLAN, NOW);
    let red = red.await.unwrap();
    let (_, other) = add(&store, "alumno2", Some(red.id)).await;
    // Somebody changed `first_year` while machines exist: 2025 now has the code that 2026 had.
    let shifted = AddressPlan { first_year: 2019 };
    let clash = store.create_vm(JobKind::new("create"), vm(other.unwrap().id, "web1"), shifted, ROOMY, NOW);
    assert!(matches!(clash.await, Err(StoreError::Taken("vmid"))));
    let outside = AddressPlan { first_year: 2030 };
    let outside = store.create_vm(JobKind::new("create"), vm(seat.id, "web2"), outside, ROOMY, NOW);
    assert!(matches!(outside.await, Err(StoreError::Plan(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_that_race_for_the_last_place_one_wins() {
    let (folder, store, _, _, seat) = one().await;
    let other = Store::open(&folder.file()).await.unwrap();
    for round in 0..10_u32 {
        let quotas = Quotas { machines: round + 1, ..ROOMY };
        let race = |store: &Store, name: String| {
            let store = store.clone();
            tokio::spawn(async move {
                let new = vm(seat.id, &name);
                store.create_vm(JobKind::new("create"), new, PLAN, quotas, NOW).await
            })
        };
        // In one program and, every second time, from another one on the same file.
        let second = if round % 2 == 0 { &store } else { &other };
        let a = race(&store, format!("a{round}"));
        let b = race(second, format!("b{round}"));
        let ends = [a.await.unwrap(), b.await.unwrap()];
        let won = ends.iter().filter(|end| end.is_ok()).count();
        assert_eq!(won, 1, "{ends:?}");
        let lost = ends.into_iter().find_map(std::result::Result::err).unwrap();
        assert!(matches!(lost, StoreError::Quota(q) if q.quota == Quota::Machines));
    }
    assert_eq!(store.vms().await.unwrap().len(), 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_job_a_machine() {
    let (_folder, store, _, alumno, seat) = one().await;
    let web1 = ready(&store, seat.id, "web1").await;
    let web2 = ready(&store, seat.id, "web2").await;
    let calls: Vec<_> = [JobKind::new("backup"), JobKind::new("delete"), JobKind::new("restore")]
        .into_iter()
        .map(|kind| {
            let store = store.clone();
            let job = async move { store.start_job(kind, web1.id, None, None, at(7)).await };
            tokio::spawn(job)
        })
        .collect();
    let mut won = Vec::new();
    let mut busy = Vec::new();
    for call in calls {
        match call.await.unwrap() {
            Ok(job) => won.push(job),
            Err(StoreError::Busy { kind, since }) => busy.push((kind, since)),
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(won.len(), 1);
    let loser = (won[0].kind.clone(), at(7));
    assert_eq!(busy, [loser.clone(), loser]);
    let other = store.start_job(JobKind::new("stop"), web2.id, Some(alumno.id), None, NOW);
    other.await.unwrap();
    let failed = JobState::Failed("no space left".into());
    drop(store.finish_job(won[0].id, &failed, at(9)).await.unwrap());
    let ended = store.job(won[0].id).await.unwrap().unwrap();
    assert_eq!((ended.state, ended.finished), (failed.clone(), Some(at(9))));
    let twice = store.finish_job(won[0].id, &failed, at(9)).await;
    assert!(matches!(twice, Err(StoreError::Gone)));
    assert_eq!(store.running_job_of(web1.id).await.unwrap(), None);
    let from = Some(back_up(&store, &web1, "web1-1", NOW).await.id);
    let next = store.start_job(JobKind::new("restore"), web1.id, None, from, NOW);
    let next = next.await.unwrap();
    assert_eq!(next.backup, from);
    let undone = JobState::Undone("restart".into());
    drop(store.finish_job(next.id, &undone, NOW).await.unwrap());
    assert_eq!(store.job(next.id).await.unwrap().unwrap().state, undone);
    let gone = store.start_job(JobKind::new("stop"), VmId(99), None, None, NOW);
    assert!(matches!(gone.await, Err(StoreError::Gone)));
    let never = store.finish_job(JobId(99), &JobState::Done, NOW).await;
    assert!(matches!(never, Err(StoreError::Gone)));
}

#[tokio::test]
async fn a_running_job_keeps_its_step() {
    let (_folder, store, _, _, seat) = one().await;
    let (_, first) = create(&store, seat.id, "web1").await;
    let (_, second) = create(&store, seat.id, "web2").await;
    store.set_step(second.id, "keys").await.unwrap();
    let running = store.running_jobs().await.unwrap();
    assert_eq!(running, [(first.clone(), String::new()), (second, "keys".into())]);
    let running = store.finish_job(first.id, &JobState::Running, NOW).await;
    assert!(matches!(running, Err(StoreError::Corrupt(_))));
    drop(store.finish_job(first.id, &JobState::Done, NOW).await.unwrap());
    let ended = store.set_step(first.id, "start").await;
    assert!(matches!(ended, Err(StoreError::Gone)));
    assert_eq!(store.running_jobs().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_job_outlives_its_machine_until_it_is_pruned() {
    let (_folder, store, course, _, seat) = one().await;
    let (_, other) = add(&store, "alumno2", Some(course.id)).await;
    let other = other.unwrap();
    let web1 = ready(&store, seat.id, "web1").await;
    let web2 = ready(&store, other.id, "web2").await;
    let delete = store.start_job(JobKind::new("delete"), web1.id, None, None, at(1));
    let delete = delete.await.unwrap();
    drop(store.finish_delete(delete.id, web1.id, at(2)).await.unwrap());
    assert_eq!(store.vms().await.unwrap(), [web2.clone()]);
    let again = store.finish_delete(delete.id, web2.id, at(2)).await;
    assert!(matches!(again, Err(StoreError::Gone)));
    assert_eq!(store.vms().await.unwrap(), [web2.clone()], "both or neither");

    let start = store.start_job(JobKind::new("start"), web2.id, None, None, at(3));
    let start = start.await.unwrap();
    let of = |seats: Vec<SeatId>, limit| {
        let store = store.clone();
        async move {
            let jobs = store.jobs_of(&seats, limit).await.unwrap();
            jobs.into_iter().map(|job| job.id.0).collect::<Vec<_>>()
        }
    };
    assert_eq!(of(vec![seat.id], 9).await, [3, 1]);
    assert_eq!(of(vec![other.id, seat.id, other.id], 3).await, [4, 3, 2]);
    assert_eq!(of(vec![], 3).await, [0; 0]);
    let many: Vec<_> = (1..2000).map(SeatId).collect();
    assert_eq!(of(many, 2).await, [4, 3]);
    let names: Vec<_> = store.jobs(2).await.unwrap();
    let names: Vec<_> = names.iter().map(|job| job.vm_name.as_str()).collect();
    assert_eq!(names, ["web2", "web1"]);

    assert_eq!(store.prune_jobs(&old(at(2))).await.unwrap(), 2);
    assert_eq!(store.prune_jobs(&old(at(100))).await.unwrap(), 1);
    assert_eq!(store.jobs(9).await.unwrap(), [start.clone()], "it runs");
    drop(store.finish_job(start.id, &JobState::Done, at(4)).await.unwrap());
    assert_eq!(store.prune_jobs(&old(at(100))).await.unwrap(), 1);
    let next = store.start_job(JobKind::new("stop"), web2.id, None, None, at(5));
    assert!(next.await.unwrap().id > start.id);
}

#[tokio::test]
async fn a_backup_is_known_exactly_when_it_is_finished() {
    let (_folder, store, course, _, seat) = one().await;
    let web1 = ready(&store, seat.id, "web1").await;
    let job = store.start_job(JobKind::new("backup"), web1.id, None, None, NOW);
    let job = job.await.unwrap();
    assert_eq!(store.backups().await.unwrap(), []);
    let new = backup(&web1, "web1-20261123-041036");
    let first = store.finish_backup(job.id, new.clone(), at(188)).await.unwrap();
    assert_eq!((first.size, first.took_ms, first.created), (801 << 20, 188_000, at(188)));
    assert_eq!((&first.seat_name, &first.vm_name), (&seat.name, &web1.name));
    assert_eq!(store.job(job.id).await.unwrap().unwrap().state, JobState::Done);
    let ended = store.finish_backup(job.id, backup(&web1, "other"), NOW).await;
    assert!(matches!(ended, Err(StoreError::Gone)));

    let job = store.start_job(JobKind::new("backup"), web1.id, None, None, NOW);
    let job = job.await.unwrap();
    let same = store.finish_backup(job.id, new, NOW).await;
    assert!(matches!(same, Err(StoreError::Taken("backup"))));
    let still = store.job(job.id).await.unwrap().unwrap();
    assert_eq!(still.state, JobState::Running, "both or neither");
    drop(store.finish_job(job.id, &JobState::Done, NOW).await.unwrap());

    let second = back_up(&store, &web1, "web1-20261123-050000", at(900)).await;
    let (_, other) = add(&store, "alumno2", Some(course.id)).await;
    let web9 = ready(&store, other.unwrap().id, "web1").await;
    let foreign = back_up(&store, &web9, "web1-20261123-041036", at(500)).await;
    assert_eq!(store.usage(seat.id).await.unwrap().backups, 2);
    drop(store.delete_vm(web1.id).await.unwrap());
    let own = store.backups_of(&[seat.id]).await.unwrap();
    assert_eq!(own, [second.clone(), first.clone()]);
    // The one that was made last is the newest, whatever the clock said of it.
    let all = [foreign.clone(), second, first.clone()];
    assert_eq!(store.backups().await.unwrap(), all);
    let both = store.backups_of(&[foreign.seat, seat.id]).await.unwrap();
    assert_eq!(both, all);
    assert_eq!(store.backups_of(&[]).await.unwrap(), []);
    let named = store.backup_by_name(seat.id, &first.name).await.unwrap();
    assert_eq!(named, Some(first.clone()));
    assert_eq!(store.backup(foreign.id).await.unwrap(), Some(foreign));
    assert!(store.delete_backup(first.id).await.unwrap());
    assert!(!store.delete_backup(first.id).await.unwrap());
    assert_eq!(store.backup(first.id).await.unwrap(), None);
}

#[tokio::test]
async fn machines_come_by_seat_and_name() {
    let (_folder, store, course, _, seat) = one().await;
    let (_, other) = add(&store, "alumno0", Some(course.id)).await;
    let other = other.unwrap();
    for (seat, name) in [(seat.id, "web2"), (other.id, "web9"), (seat.id, "web1")] {
        create(&store, seat, name).await;
    }
    let names = |vms: Vec<Vm>| -> Vec<String> {
        let name = |vm: &Vm| format!("{}.{}", vm.name, vm.seat_name);
        vms.iter().map(name).collect()
    };
    let all = ["web9.alumno0", "web1.alumno1", "web2.alumno1"];
    assert_eq!(names(store.vms().await.unwrap()), all);
    let both = store.vms_of(&[seat.id, other.id]).await.unwrap();
    assert_eq!(names(both), all);
    assert_eq!(names(store.vms_of(&[seat.id]).await.unwrap()), all[1..]);
    assert_eq!(store.vms_of(&[]).await.unwrap(), []);
}

#[tokio::test]
async fn another_name_takes_backups_along_and_nothing_else_changes() {
    let (_folder, store, course, _, seat) = one().await;
    let web1 = ready(&store, seat.id, "web1").await;
    let db1 = ready(&store, seat.id, "db1").await;
    let (_, other) = add(&store, "alumno2", Some(course.id)).await;
    let foreign = ready(&store, other.unwrap().id, "web1").await;
    let own = back_up(&store, &web1, "web1-20261123-041036", NOW).await;
    let others = [back_up(&store, &db1, "db1-1", NOW).await, back_up(&store, &foreign, "web1-1", NOW).await];
    drop(store.set_phase(web1.id, Phase::Ready).await.unwrap());
    let web1 = store.vm(web1.id).await.unwrap().unwrap();
    let web2 = "web2".parse().unwrap();

    for taken in [&db1.name, &web1.name] {
        let taken = store.rename_vm(web1.id, taken).await;
        assert!(matches!(taken, Err(StoreError::Taken("vm"))), "{taken:?}");
    }
    let job = store.start_job(JobKind::new("stop"), web1.id, None, None, at(7)).await.unwrap();
    let busy = store.rename_vm(web1.id, &web2).await;
    assert!(matches!(busy, Err(StoreError::Busy { kind, since }) if kind == job.kind && since == at(7)));
    drop(store.finish_job(job.id, &JobState::Done, NOW).await.unwrap());
    assert!(matches!(store.rename_vm(VmId(99), &web2).await, Err(StoreError::Gone)));
    assert_eq!(store.vm(web1.id).await.unwrap().as_ref(), Some(&web1));

    let (renamed, what) = store.rename_vm(web1.id, &web2).await.unwrap().apart();
    assert_eq!(renamed, Vm { name: web2.clone(), ..web1.clone() });
    assert_eq!(what, What { machines: true, ..What::default() });
    assert_eq!(store.vm_of_seat(&seat.name, &web2).await.unwrap(), Some(renamed));
    assert_eq!(store.vm_of_seat(&seat.name, &web1.name).await.unwrap(), None);
    assert_eq!(store.vm(foreign.id).await.unwrap(), Some(foreign));
    assert_eq!(store.backup(own.id).await.unwrap().unwrap(), Backup { vm_name: web2, ..own });
    for other in others {
        assert_eq!(store.backup(other.id).await.unwrap(), Some(other));
    }
    assert_eq!(store.job(job.id).await.unwrap().unwrap().vm_name, web1.name, "jobs say what it was");
}

#[tokio::test]
async fn numbers_of_jobs_are_their_seats_own() {
    let (_folder, store, course, _, seat) = one().await;
    let (_, other) = add(&store, "alumno2", Some(course.id)).await;
    let other = other.unwrap();
    let numbers = |jobs: Vec<Job>| jobs.iter().map(|job| job.number).collect::<Vec<_>>();
    for name in ["a", "b", "c"] {
        create(&store, other.id, name).await;
    }
    let (_, job) = create(&store, seat.id, "web1").await;
    assert_eq!(job.number, 1, "whatever others do");
    assert_eq!(numbers(store.jobs_of(&[other.id], 9).await.unwrap()), [3, 2, 1]);
    assert_eq!(store.job_of_seat(&seat.name, 1).await.unwrap(), Some(job.clone()));
    assert_eq!(store.job_of_seat(&seat.name, 2).await.unwrap(), None);
    assert_eq!(store.jobs_numbered(&[seat.id], 1).await.unwrap(), [job.clone()]);
    assert_eq!(store.jobs_numbered(&[seat.id, other.id], 1).await.unwrap().len(), 2);
    // One that is forgotten gives its number to nobody.
    drop(store.finish_job(job.id, &JobState::Done, NOW).await.unwrap());
    assert_eq!(store.prune_jobs(&old(at(1))).await.unwrap(), 1);
    assert_eq!(create(&store, seat.id, "web2").await.1.number, 2);
}
