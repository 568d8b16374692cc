//! Second factors: what is used up is used up once, and nothing of one stays after it.

use super::*;

fn factor(secret: &str) -> NewFactor {
    NewFactor { secret: secret.into(), step: 100, recovery: vec!["r1".into(), "r2".into()] }
}

#[tokio::test]
async fn there_is_one_or_none() {
    let (_folder, store, _, alumno, _) = one().await;
    assert!(store.second_factor(alumno.id).await.unwrap().is_none());
    assert!(!store.persons().await.unwrap()[0].second_factor);
    store.add_second_factor(alumno.id, factor("AAA"), NOW).await.unwrap();
    let twice = store.add_second_factor(alumno.id, factor("BBB"), NOW).await;
    assert!(matches!(twice, Err(StoreError::Taken("second factor"))));
    let kept = store.second_factor(alumno.id).await.unwrap().unwrap();
    assert_eq!((&*kept.secret, kept.added, kept.recovery_left), ("AAA", NOW, 2));
    assert!(store.persons().await.unwrap()[0].second_factor);
    drop(store.add_key(alumno.id, key("ZZZ"), NOW).await.unwrap());
    let found = store.key_of(&(&alumno.login).into(), "SHA256:ZZZ").await.unwrap().unwrap();
    assert_eq!((found.person, found.second_factor), (alumno.id, true), "a login by key hears of it");

    assert!(store.remove_second_factor(alumno.id).await.unwrap());
    assert!(!store.remove_second_factor(alumno.id).await.unwrap());
    assert!(!store.take_recovery_code(alumno.id, "r1").await.unwrap());
    assert!(!store.take_step(alumno.id, "AAA", &[200], 200).await.unwrap());
    let codes = store.set_recovery_codes(alumno.id, &["r3".into()]).await;
    assert!(matches!(codes, Err(StoreError::Gone)));

    store.add_second_factor(alumno.id, factor("CCC"), NOW).await.unwrap();
    drop(store.remove_person(alumno.id, None, NOW).await.unwrap());
    assert!(store.second_factor(alumno.id).await.unwrap().is_none());
    let left: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM recovery_codes").fetch_one(&store.readers).await.unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_step_is_later_than_every_one_before() {
    let (_folder, store, course, alumno, _) = one().await;
    let (other, _) = add(&store, "alumno2", Some(course.id)).await;
    store.add_second_factor(alumno.id, factor("AAA"), NOW).await.unwrap();
    for (who, secret, step, taken) in [
        (alumno.id, "AAA", 99, false),
        (alumno.id, "AAA", 100, false),
        (alumno.id, "BBB", 101, false),
        (other.id, "AAA", 101, false),
        (alumno.id, "AAA", 102, true),
        (alumno.id, "AAA", 101, false),
        (alumno.id, "AAA", 102, false),
        (alumno.id, "AAA", 103, true),
    ] {
        assert_eq!(store.take_step(who, secret, &[step], 104).await.unwrap(), taken, "{secret} {step}");
    }
}

/// The clock goes a year ahead and back, and does it again: codes are taken each time, and none for a second time.
#[tokio::test]
async fn a_clock_that_jumps_locks_nobody_out_and_repeats_nothing() {
    let (_folder, store, _, alumno, _) = one().await;
    store.add_second_factor(alumno.id, factor("AAA"), NOW).await.unwrap();
    let ahead = 1_000_000;
    for (step, taken) in [
        (102, true),
        (ahead, true),
        // Back: what was taken stays taken, what was not may be, in its order.
        (102, false),
        (100, false),
        (103, true),
        (102, false),
        // Ahead once more.
        (ahead, false),
        (ahead + 1, true),
        (104, true),
        (103, false),
    ] {
        let taken_now = store.take_step(alumno.id, "AAA", &[step], step + 1).await.unwrap();
        assert_eq!(taken_now, taken, "{step}");
    }
    // Two steps of one window with the same code: the one that is left.
    assert!(store.take_step(alumno.id, "AAA", &[104, 105], 105).await.unwrap());
    assert!(!store.take_step(alumno.id, "AAA", &[104, 105], 105).await.unwrap());
}

#[tokio::test]
async fn what_is_remembered_of_steps_has_a_bound_and_nothing_forgotten_is_taken() {
    let (_folder, store, _, alumno, _) = one().await;
    store.add_second_factor(alumno.id, factor("AAA"), NOW).await.unwrap();
    for step in (102..3200).step_by(2) {
        assert!(store.take_step(alumno.id, "AAA", &[step], step + 1).await.unwrap());
    }
    let kept: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM taken_steps").fetch_one(&store.readers).await.unwrap();
    assert_eq!(kept, 1000);
    // The clock is back where it was at each of them.
    for step in 100..3200 {
        let taken = store.take_step(alumno.id, "AAA", &[step], step + 1).await.unwrap();
        assert_eq!(taken, step % 2 == 1 && step > 1198, "{step}");
    }
}

#[tokio::test]
async fn one_of_many_takes_a_step_and_a_recovery_code() {
    let (_folder, store, _, alumno, _) = one().await;
    store.add_second_factor(alumno.id, factor("AAA"), NOW).await.unwrap();
    let tries: Vec<_> = (0..40)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                if n % 2 == 0 {
                    store.take_step(alumno.id, "AAA", &[101], 101).await.unwrap()
                } else {
                    store.take_recovery_code(alumno.id, "r1").await.unwrap()
                }
            })
        })
        .collect();
    let (mut steps, mut codes) = (0, 0);
    for (n, task) in tries.into_iter().enumerate() {
        *(if n % 2 == 0 { &mut steps } else { &mut codes }) += i32::from(task.await.unwrap());
    }
    assert_eq!((steps, codes), (1, 1));
    assert_eq!(store.second_factor(alumno.id).await.unwrap().unwrap().recovery_left, 1);

    store.set_recovery_codes(alumno.id, &["r3".into()]).await.unwrap();
    assert!(!store.take_recovery_code(alumno.id, "r2").await.unwrap());
    assert!(store.take_recovery_code(alumno.id, "r3").await.unwrap());
}
