//! Practices by version, and acts on many machines, which begin whole or not at all.

use super::*;
use crate::{Item, Member, NewBatch};
use puerta_lab::model::{BatchId, JobKind};

fn batch() -> NewBatch {
    NewBatch { kind: "practice-start", what: "tomcat".into(), place: "aso".into(), person: None, absent: vec!["b".into()] }
}

fn make(seat: SeatId, name: &str, memory_mib: u32, member: Option<Member>) -> Item {
    let new = vm(seat, name);
    let new = NewVm { limits: Limits { memory_mib, ..new.limits }, ..new };
    Item::Make(JobKind::new("create"), Box::new(new), member)
}

#[tokio::test]
async fn versions_follow_each_other_and_a_machine_keeps_its_own() {
    let (_folder, store, course, _, seat) = one().await;
    let name = "tomcat".parse().unwrap();
    let publish = async |file: &str| store.publish_practice(course.id, &name, file, "profesor", NOW).await;
    assert_eq!(publish("one").await.unwrap(), 1);
    assert!(matches!(publish("one").await, Err(StoreError::Taken(_))));
    assert_eq!(publish("two").await.unwrap(), 2);
    let all = store.practices().await.unwrap();
    let versions: Vec<_> = all.iter().map(|one| (one.version, one.file.as_str())).collect();
    assert_eq!(versions, [(2, "two"), (1, "one")], "the newest first");

    let member = Member { practice: all[1].id, role: "db".parse().unwrap() };
    let items = vec![make(seat.id, "db", 64, Some(member.clone()))];
    let (_, begun) = store.begin_batch(batch(), items, PLAN, ROOMY, NOW).await.unwrap();
    let (vm, _) = &begun[0];
    assert_eq!(store.members_of(&[seat.id]).await.unwrap().get(&vm.id), Some(&member));
    assert_eq!(store.retire_practice(course.id, &name, NOW).await.unwrap(), 2);
    assert_eq!(store.retire_practice(course.id, &name, NOW).await.unwrap(), 0);
    assert!(store.members_of(&[seat.id]).await.unwrap().contains_key(&vm.id));
    // The same file again, once it was taken away, is another version.
    assert_eq!(publish("two").await.unwrap(), 3);
    // What somebody runs stays; of the others the newest few.
    for file in ["four", "five", "six"] {
        publish(file).await.unwrap();
    }
    let versions = async || store.practices().await.unwrap().iter().map(|one| one.version).collect::<Vec<_>>();
    assert_eq!(versions().await, [6, 5, 4, 1]);
    drop(store.delete_vm(vm.id).await.unwrap());
    assert!(store.members_of(&[seat.id]).await.unwrap().is_empty());
    assert_eq!(publish("seven").await.unwrap(), 7);
    assert_eq!(versions().await, [7, 6, 5]);
}

#[tokio::test]
async fn all_of_it_begins_or_nothing_and_the_parent_is_as_its_jobs_are() {
    let (_folder, store, _, owner, seat) = one().await;
    let there = ready(&store, seat.id, "web1").await;
    let failed = async |items: Vec<Item>| {
        let (vm, error) = store.begin_batch(batch(), items, PLAN, ROOMY, NOW).await.unwrap_err();
        (vm.map(|(vm, _)| vm.to_string()), format!("{error:?}").split([' ', '(', '{']).next().unwrap().to_owned())
    };
    let pair = |second: &str| vec![make(seat.id, "a", 64, None), make(seat.id, second, 64, None)];
    assert_eq!(failed(pair("web1")).await, (Some("web1".into()), "Taken".into()));
    let large = vec![make(seat.id, "a", 64, None), make(seat.id, "b", u32::MAX, None)];
    assert_eq!(failed(large).await, (Some("b".into()), "Quota".into()));
    assert_eq!(failed(vec![]).await.0, None);
    let stop = || Item::Do(JobKind::new("stop"), there.id);
    assert_eq!(failed(vec![stop(), stop()]).await, (Some("web1".into()), "Busy".into()));
    assert_eq!(store.vms_of(&[seat.id]).await.unwrap().len(), 1, "nothing of them is there");
    assert!(store.running_jobs().await.unwrap().is_empty());

    let mut items = pair("b");
    items.push(stop());
    let (id, begun) = store.begin_batch(batch(), items, PLAN, ROOMY, NOW).await.unwrap();
    let counts = async || {
        let now = store.batch(id).await.unwrap().unwrap();
        (now.total, now.done, now.failed, now.finished)
    };
    assert_eq!(counts().await, (3, 0, 0, None));
    assert!(begun.iter().all(|(_, job)| job.batch == Some(id)));
    let ends = [JobState::Done, JobState::Failed("x".into()), JobState::Undone("y".into())];
    for ((later, end), (_, job)) in ends.iter().enumerate().zip(&begun) {
        drop(store.finish_job(job.id, end, at(later as i64)).await.unwrap());
    }
    assert_eq!(counts().await, (3, 1, 2, Some(at(2))));
    assert_eq!(store.batch(BatchId(99)).await.unwrap(), None);

    // Numbers are the person's own.
    let mut numbers = Vec::new();
    for (person, name) in [(Some(owner.id), "c"), (None, "d"), (Some(owner.id), "e")] {
        let items = vec![make(seat.id, name, 64, None)];
        let (id, _) =
            store.begin_batch(NewBatch { person, ..batch() }, items, PLAN, ROOMY, NOW).await.unwrap();
        numbers.push(store.batch(id).await.unwrap().unwrap().number);
    }
    assert_eq!(numbers[0], 1);
    assert_eq!(numbers[2], 2);
    assert_eq!(store.batch_of(owner.id, 2).await.unwrap().unwrap().number, 2);
    assert_eq!(store.batch_of(owner.id, 3).await.unwrap(), None);
    assert_eq!(store.batches_of(owner.id, 1).await.unwrap().len(), 1);
}
