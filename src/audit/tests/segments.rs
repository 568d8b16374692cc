//! Files that are closed and followed by others: by size, by day, by age.

use super::*;
use crate::chain::Why;

/// A clock that a test sets.
fn clock(at: i64) -> (Arc<AtomicI64>, impl Fn() -> i64 + Send + 'static) {
    let now = Arc::new(AtomicI64::new(at));
    let read = Arc::clone(&now);
    (now, move || read.load(Ordering::Relaxed))
}

const DAY: i64 = 86_400_000;

/// `days` days with three lines each, one file a day.
async fn days(folder: &Folder, days: i64, settings: Settings) -> i64 {
    let (now, clock) = clock(0);
    let audit = Audit::open_with(folder.log(), clock, settings).unwrap();
    for day in 0..days {
        for n in 0..3 {
            now.store(day * DAY + n * 3_600_000, Ordering::Relaxed);
            audit.begin(login("alumno1").with("n", day * 3 + n)).await.unwrap();
        }
    }
    audit.close().await;
    now.load(Ordering::Relaxed)
}

#[tokio::test]
async fn a_day_is_a_file_and_the_chain_goes_on() {
    let (folder, key) = (Folder::new(), key());
    days(&folder, 3, signing(&key)).await;
    assert_eq!(
        folder.names(),
        ["audit-000000000001.jsonl", "audit-000000000005.jsonl", "audit.heads", "audit.jsonl"]
    );
    let verdict = verify_with(&folder.log(), &key.public_keys());
    assert_eq!((&verdict.broken, verdict.files, verdict.lines), (&None, 3, 12));
    assert_eq!(verdict.signed.unwrap().seq, 11, "the last line is the signature");
    // Each file ends in a signature, and each closed one is alone worth something.
    for name in folder.names().iter().filter(|name| name.ends_with(".jsonl")) {
        let text = fs::read_to_string(folder.0.join(name)).unwrap();
        assert!(text.lines().last().unwrap().contains(r#""code":"audit.signed""#), "{name}");
        let alone = verify_with(&folder.0.join(name), &key.public_keys());
        assert_eq!(alone.broken, None, "{name}");
    }
    // The heads of closed segments gave way to their records.
    let heads = fs::read_to_string(folder.0.join("audit.heads")).unwrap();
    let kinds: Vec<_> = heads.lines().map(|line| line.split('"').nth(3).unwrap()).collect();
    assert_eq!(kinds, ["closed", "closed", "head"]);
}

#[tokio::test]
async fn a_large_file_is_closed_and_questions_go_over_all() {
    let (folder, key) = (Folder::new(), key());
    let audit = folder.open_with(Settings { segment_bytes: 4000, ..signing(&key) });
    for n in 0..100 {
        audit.begin(login(if n % 7 == 0 { "alumno2" } else { "alumno1" }).with("n", n)).await.unwrap();
    }
    let query = Query { actor: Some("alumno2".into()), limit: 3, ..Query::default() };
    assert_eq!(numbers(&search(&folder.log(), &query).unwrap()), [84, 91, 98]);
    let older = Query { skip: 3, ..query.clone() };
    let found = search(&folder.log(), &older).unwrap();
    assert_eq!((numbers(&found), found.more), (vec![63, 70, 77], true));
    let oldest = Query { skip: 12, ..query };
    let found = search(&folder.log(), &oldest).unwrap();
    assert_eq!((numbers(&found), found.more), (vec![0, 7, 14], false));
    assert!(folder.names().len() > 8, "{:?}", folder.names());
    audit.close().await;
    assert_eq!(verify_with(&folder.log(), &key.public_keys()).broken, None);
}

#[tokio::test]
async fn a_log_of_one_file_goes_on_in_segments() {
    let (folder, key) = (Folder::new(), key());
    let old = folder.open();
    for _ in 0..10 {
        old.begin(login("alumno1")).await.unwrap();
    }
    drop(old);
    let verdict = verify_with(&folder.log(), &key.public_keys());
    assert_eq!((verdict.broken, verdict.signed), (None, None), "an old log is good, and not signed");
    let audit = folder.open_with(Settings { segment_bytes: 100, ..signing(&key) });
    audit.begin(login("alumno2")).await.unwrap();
    audit.close().await;
    assert_eq!(folder.names(), ["audit-000000000001.jsonl", "audit.heads", "audit.jsonl"]);
    let verdict = verify_with(&folder.log(), &key.public_keys());
    assert_eq!((verdict.broken, verdict.lines), (None, 13));
}

#[tokio::test]
async fn what_nobody_writes_to_is_signed_in_time() {
    let (folder, key) = (Folder::new(), key());
    let every = std::time::Duration::from_millis(20);
    let audit = folder.open_with(Settings { sign_every: every, ..signing(&key) });
    audit.begin(login("alumno1")).await.unwrap();
    let begun = Instant::now();
    while folder.count("audit.signed") == 0 {
        assert!(begun.elapsed().as_secs() < 20, "not signed");
        tokio::time::sleep(every).await;
    }
    tokio::time::sleep(every * 5).await;
    let counted = || (folder.count("login"), folder.count("audit.signed"), folder.lines().len());
    assert_eq!(counted(), (1, 1, 2), "nothing new, nothing to sign");
    audit.seal().await.unwrap();
    assert_eq!(counted(), (1, 1, 2));
    audit.close().await;
    let verdict = verify_with(&folder.log(), &key.public_keys());
    assert_eq!((verdict.broken, verdict.signed.map(|signed| signed.seq)), (None, Some(1)));
}

#[tokio::test]
async fn only_old_closed_and_signed_segments_go() {
    let (folder, key) = (Folder::new(), key());
    let keys = key.public_keys();
    let end = days(&folder, 5, signing(&key)).await;
    let whole = verify_with(&folder.log(), &keys).lines;
    // Two days are kept: of the fifth day's evening, days 1 and 2 are older.
    let (now, read) = clock(end);
    let audit = Audit::open_with(folder.log(), read, signing(&key)).unwrap();
    audit.forget(end - 2 * DAY, 2).await;
    let begun = Instant::now();
    let mut logins = 0;
    while folder.names().len() > 5 - 2 + 1 || folder.count("audit.removed") < 2 {
        assert!(begun.elapsed().as_secs() < 20, "{:?}", folder.names());
        // What was removed is said with the next line.
        audit.begin(login("alumno1")).await.unwrap();
        logins += 1;
    }
    audit.close().await;
    assert_eq!(folder.names()[0], "audit-000000000009.jsonl");
    let verdict = verify_with(&folder.log(), &keys);
    assert_eq!((&verdict.broken, verdict.removed, verdict.first_seq), (&None, Some(8), 9));
    assert_eq!(verdict.last_seq, whole + logins + 3, "logins, two notes and a signature");
    let removed: Vec<_> = folder.lines().into_iter().filter(|line| line["code"] == "audit.removed").collect();
    assert_eq!(removed.len(), 2);
    assert_eq!((&removed[1]["detail"]["first"], &removed[1]["detail"]["last"]), (&5.into(), &8.into()));

    // Somebody else who removes the next one is found.
    let next = fs::read(folder.0.join("audit-000000000009.jsonl")).unwrap();
    fs::remove_file(folder.0.join("audit-000000000009.jsonl")).unwrap();
    let broken = verify_with(&folder.log(), &keys).broken.unwrap();
    assert_eq!((broken.line, broken.why), (1, Why::Removed { found: 13 }));
    fs::write(folder.0.join("audit-000000000009.jsonl"), next).unwrap();
    assert_eq!(verify_with(&folder.log(), &keys).broken, None);

    // However old, the open file stays.
    now.store(end + 400 * DAY, Ordering::Relaxed);
    let (_, read) = clock(end + 400 * DAY);
    let audit = Audit::open_with(folder.log(), read, signing(&key)).unwrap();
    audit.forget(end + 398 * DAY, 2).await;
    let begun = Instant::now();
    while folder.names().len() > 2 {
        assert!(begun.elapsed().as_secs() < 20, "{:?}", folder.names());
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    drop(audit);
    assert_eq!(folder.names(), ["audit.heads", "audit.jsonl"]);
    assert_eq!(verify_with(&folder.log(), &keys).broken, None);
}

#[tokio::test]
async fn a_check_and_an_export_while_segments_go_find_nothing_wrong() {
    let (folder, key) = (Folder::new(), key());
    let end = days(&folder, 60, signing(&key)).await;
    let audit = Audit::open_with(folder.log(), move || end + 400 * DAY, signing(&key)).unwrap();
    let mut checks = 0;
    loop {
        audit.forget(end + 399 * DAY, 1).await;
        let left = folder.names().len();
        let verdict = verify_with(&folder.log(), &key.public_keys());
        assert_eq!(verdict.broken, None, "after {checks} checks");
        let end = audit.seal().await.unwrap();
        let range = crate::Range { end, ..crate::Range::default() };
        crate::export(&folder.log(), range, &key, 0, &mut |_| Ok(())).unwrap();
        checks += 1;
        if left <= 2 {
            break;
        }
    }
    assert!(checks > 2, "the segments went one by one");
}

#[tokio::test]
async fn without_a_key_nothing_is_removed() {
    let folder = Folder::new();
    let end = days(&folder, 3, Settings::default()).await;
    let audit = Audit::open_with(folder.log(), move || end + 100 * DAY, Settings::default()).unwrap();
    audit.forget(end + 99 * DAY, 1).await;
    audit.begin(login("alumno1")).await.unwrap();
    audit.close().await;
    assert_eq!(folder.names().len(), 4, "{:?}", folder.names());
    assert_eq!(verify(&folder.log()).unwrap().broken, None);
}

/// A file in the way of the closed name: nothing is overwritten, and the log goes on.
#[tokio::test]
async fn nothing_is_overwritten() {
    let (folder, key) = (Folder::new(), key());
    fs::write(folder.0.join("audit-000000000001.jsonl.keep"), "").unwrap();
    let audit = folder.open_with(Settings { segment_bytes: 100, ..signing(&key) });
    fs::write(folder.0.join("audit-000000000001.jsonl"), "mine").unwrap();
    for _ in 0..3 {
        audit.begin(login("alumno1")).await.unwrap();
    }
    assert_eq!(fs::read_to_string(folder.0.join("audit-000000000001.jsonl")).unwrap(), "mine");
    assert_eq!(folder.lines().len(), 4, "the three and one signature");
}

#[tokio::test]
async fn a_search_by_day_reads_that_day() {
    let (folder, key) = (Folder::new(), key());
    days(&folder, 6, signing(&key)).await;
    let day = |day: i64| Query {
        since: Some(day * DAY),
        until: Some(day * DAY + DAY - 1),
        actor: Some("alumno1".into()),
        limit: 100,
        ..Query::default()
    };
    for n in 0..6 {
        let found = search(&folder.log(), &day(n)).unwrap();
        assert_eq!(numbers(&found), [n * 3, n * 3 + 1, n * 3 + 2], "day {n}");
    }
    // Files of other days are not even opened: their content does not matter.
    fs::write(folder.0.join("audit-000000000001.jsonl"), "rubbish\n").unwrap();
    assert_eq!(search(&folder.log(), &day(4)).unwrap().skipped, 0);
}

/// Whatever the clock does, and whenever puerta was started: a file is of one stretch of time.
#[tokio::test]
async fn a_clock_that_is_set_back_begins_another_file() {
    let (folder, key) = (Folder::new(), key());
    let (now, read) = clock(0);
    let audit = Audit::open_with(folder.log(), read, signing(&key)).unwrap();
    let write = async |audit: &Audit, at: i64, n: i64| {
        now.store(at, Ordering::Relaxed);
        audit.begin(login("alumno1").with("n", n)).await.unwrap();
    };
    write(&audit, 400 * DAY + 3_600_000, 0).await;
    // A clock that is put right by a minute is none that jumped.
    write(&audit, 400 * DAY + 3_540_000, 1).await;
    now.store(30 * DAY, Ordering::Relaxed);
    audit.seal().await.unwrap();
    write(&audit, 30 * DAY, 2).await;
    audit.close().await;
    // Back while puerta was away.
    let read = Arc::clone(&now);
    now.store(20 * DAY, Ordering::Relaxed);
    let clock = move || read.load(Ordering::Relaxed);
    let audit = Audit::open_with(folder.log(), clock, signing(&key)).unwrap();
    write(&audit, 20 * DAY, 3).await;
    audit.close().await;
    let times: Vec<Vec<String>> = (folder.names().iter().filter(|name| name.ends_with(".jsonl")))
        .map(|name| {
            let text = fs::read_to_string(folder.0.join(name)).unwrap();
            let day = |line: &str| {
                serde_json::from_str::<Value>(line).unwrap()["time"].as_str().unwrap()[..10].to_owned()
            };
            text.lines().map(day).collect()
        })
        .collect();
    let of = |day: &str, lines: usize| vec![day.to_owned(); lines];
    let (ahead, back, again) = (of("1971-02-05", 3), of("1970-01-31", 2), of("1970-01-21", 2));
    assert_eq!(times, [ahead, back, again], "the open file is the last by name");
}
