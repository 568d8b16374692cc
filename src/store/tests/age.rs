//! What is old, whatever the clock showed when it was made.

use super::*;
use puerta_lab::model::PersonId;

#[tokio::test]
async fn what_was_seen_of_the_clock_is_known_after_a_restart() {
    let (folder, store, ..) = one().await;
    assert_eq!(store.clock().await.unwrap(), None);
    for even in [0, 60_000] {
        store.set_clock(Seen { wall: at(even), even }).await.unwrap();
    }
    store.close().await;
    let store = Store::open(&folder.file()).await.unwrap();
    assert_eq!(store.clock().await.unwrap(), Some(Seen { wall: at(60_000), even: 60_000 }));
}

const DAY: i64 = 86_400_000;
/// Days at which things were made, in their order, by a clock that was ahead and behind: the two of day -400 were
/// made after day 10, and those of day 50000 before day 12.
const MADE: [i64; 8] = [0, 10, -400, -400, 50_000, 50_000, 12, 40];

/// Of those that were made so, which are old at the beginning of day `day`.
fn expected(day: i64) -> Vec<usize> {
    match day {
        0 => vec![],
        5 => vec![0],
        11 => vec![0, 1, 2, 3],
        13 => vec![0, 1, 2, 3, 6],
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn recordings_made_by_a_wrong_clock_go_with_those_beside_them() {
    let (_folder, store, _, alumno, _) = one().await;
    for (n, day) in MADE.into_iter().enumerate() {
        // Names that are in no order.
        let id = format!("{}-{n}", n * 7 % 8);
        let person = Person { id: PersonId(alumno.id.0), ..alumno.clone() };
        let vm = "web1.alumno1".to_owned();
        store
            .add_recording(&Recording { id, person, vm, started: at(day * DAY), finished: None, bytes: 0 })
            .await
            .unwrap();
    }
    let number = |id: &String| id.rsplit('-').next().unwrap().parse::<usize>().unwrap();
    let newest: Vec<_> =
        store.recordings(9).await.unwrap().iter().map(|recording| number(&recording.id)).collect();
    assert_eq!(newest, [7, 6, 5, 4, 3, 2, 1, 0], "in the order in which they were made");
    for day in [0, 5, 11, 13] {
        let mut found: Vec<_> =
            store.old_recordings(&old(at(day * DAY))).await.unwrap().iter().map(number).collect();
        found.sort_unstable();
        assert_eq!(found, expected(day), "{day}");
    }
}

#[tokio::test]
async fn jobs_made_by_a_wrong_clock_go_with_those_beside_them() {
    let (_folder, store, _, _, seat) = one().await;
    let vm = ready(&store, seat.id, "web1").await;
    // The one that made the machine.
    store.prune_jobs(&old(at(1))).await.unwrap();
    let mut ids = Vec::new();
    for day in MADE {
        let (kind, then) = (JobKind::new("stop"), at(day * DAY));
        let job = store.start_job(kind, vm.id, None, None, then).await.unwrap();
        drop(store.finish_job(job.id, &JobState::Done, then).await.unwrap());
        ids.push(job.id);
    }
    let mut gone = Vec::new();
    for day in [0, 5, 11, 13] {
        store.prune_jobs(&old(at(day * DAY))).await.unwrap();
        let left: Vec<_> = store.jobs(99).await.unwrap().iter().map(|job| job.id).collect();
        gone = (0..MADE.len()).filter(|n| !left.contains(&ids[*n])).collect();
        assert_eq!(gone, expected(day), "{day}");
    }
    assert_eq!(gone.len(), 5);
}
