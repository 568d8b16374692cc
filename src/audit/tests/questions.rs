//! Questions to a log: from its end, by every filter, over lines that are none.

use super::*;

/// 1,000 lines, one a minute from minute 0 on, by three people on three machines.
async fn class() -> Folder {
    let folder = Folder::new();
    let now = Arc::new(AtomicI64::new(0));
    let clock = Arc::clone(&now);
    let audit = Audit::open(folder.log(), move || clock.load(Ordering::Relaxed)).unwrap();
    for n in 0..1000 {
        now.store(n * 60_000, Ordering::Relaxed);
        let seat = n % 3 + 1;
        let event = Event {
            vm: (n % 2 == 0).then(|| format!("web1.alumno{seat}")),
            action: Some(if n % 5 == 0 { "vm-start" } else { "port-publish" }),
            // Some lines of every length up to long, so that they lie across blocks.
            ..login(&format!("alumno{seat}")).with("n", n).with("pad", "p".repeat(n as usize % 500))
        };
        audit.begin(event).await.unwrap();
    }
    folder
}

#[tokio::test]
async fn questions_are_answered_from_the_end() {
    let folder = class().await;
    let ask = |query: Query| {
        let found = search(&folder.log(), &query).unwrap();
        assert_eq!(found.skipped, 0);
        numbers(&found)
    };
    let all = Query { limit: usize::MAX, ..Query::default() };
    assert_eq!(ask(all.clone()), (0..1000).collect::<Vec<_>>());
    assert_eq!(ask(Query { limit: 3, ..Query::default() }), [997, 998, 999]);
    assert!(ask(Query::default()).is_empty());
    let actor = Query { actor: Some("alumno1".into()), limit: 2, ..Query::default() };
    assert_eq!(ask(actor), [996, 999]);
    let nobody = Query { actor: Some("alumno".into()), ..all.clone() };
    assert!(ask(nobody).is_empty(), "no prefix of a login");
    let vm = Query { vm: Some("web1.alumno1".into()), limit: 2, ..Query::default() };
    assert_eq!(ask(vm), [990, 996]);
    for (prefix, wanted) in [("vm-", &[990, 995][..]), ("login", &[998, 999]), ("vm-stop", &[])] {
        let query = Query { action_prefix: Some(prefix.into()), limit: 2, ..Query::default() };
        assert_eq!(ask(query), wanted, "{prefix}");
    }
    let window = Query { since: Some(10 * 60_000), until: Some(12 * 60_000), ..all.clone() };
    assert_eq!(ask(window), [10, 11, 12]);
    let edges = Query { since: Some(i64::MIN), until: Some(i64::MAX), ..all.clone() };
    assert_eq!(ask(edges).len(), 1000);
    let later = Query { since: Some(i64::MAX), ..all };
    assert!(ask(later).is_empty());
}

#[tokio::test]
async fn bad_lines_are_skipped_and_counted_and_half_ones_left() {
    let folder = class().await;
    let mut lines: Vec<String> = folder.text().lines().map(str::to_owned).collect();
    lines[10] = "hello".into();
    lines[20] = "x".repeat(300_000);
    lines[30] = "{}".into();
    lines[40] = String::new();
    fs::write(folder.log(), lines.join("\n") + "\n{\"seq\":1001,\"ti").unwrap();
    let query = Query { limit: usize::MAX, ..Query::default() };
    let found = search(&folder.log(), &query).unwrap();
    assert_eq!((found.skipped, found.lines.len()), (4, 996));
    let newest = Query { limit: 5, ..Query::default() };
    assert_eq!(search(&folder.log(), &newest).unwrap().skipped, 0, "it did not read that far");

    fs::write(folder.log(), "").unwrap();
    assert_eq!(search(&folder.log(), &query).unwrap(), Found::default());
    assert!(search(&folder.0.join("none"), &query).is_err());
}

/// The clock goes a year ahead and back, in files that are too large to be read through for a time.
#[tokio::test]
async fn lines_are_found_by_their_time_whatever_the_clock_did() {
    const MINUTE: i64 = 60_000;
    const YEAR: i64 = 365 * 24 * 60 * MINUTE;
    let (folder, key) = (Folder::new(), key());
    let now = Arc::new(AtomicI64::new(0));
    let clock = Arc::clone(&now);
    let audit = Audit::open_with(folder.log(), move || clock.load(Ordering::Relaxed), signing(&key)).unwrap();
    for n in 0..600 {
        let at = n * MINUTE + if (200..400).contains(&n) { YEAR } else { 0 };
        now.store(at, Ordering::Relaxed);
        audit.begin(login("alumno1").with("n", n).with("pad", "p".repeat(2000))).await.unwrap();
    }
    audit.close().await;
    assert_eq!(verify_with(&folder.log(), &key.public_keys()).broken, None);
    let window = |from: i64, to: i64, ahead: i64| {
        (Some(from * MINUTE + ahead), Some(to * MINUTE + ahead), (from..=to).collect::<Vec<_>>())
    };
    let end = |n: i64| (Some(n * MINUTE + YEAR), None, (n..400).collect::<Vec<_>>());
    let begin = (None, Some(500 * MINUTE), (0..200).chain(400..=500).collect::<Vec<_>>());
    let windows = [
        window(100, 120, 0),
        window(250, 260, YEAR),
        window(450, 460, 0),
        window(590, 599, 0),
        end(390),
        begin,
        (Some(450 * MINUTE), None, (200..400).chain(450..600).collect()),
    ];
    for (since, until, wanted) in windows {
        let query = Query { since, until, limit: usize::MAX, ..Query::default() };
        let found = search(&folder.log(), &query).unwrap();
        let lines = found.lines.iter().filter_map(|line| line["detail"]["n"].as_i64());
        assert_eq!(lines.collect::<Vec<_>>(), wanted, "{since:?} {until:?}");

        // An export is one stretch: from the first of them to the last.
        let mut text = Vec::new();
        let range = Range { since, until, ..Range::default() };
        export(&folder.log(), range, &key, 0, &mut |piece| {
            text.extend_from_slice(piece);
            Ok(())
        })
        .unwrap();
        let lines = std::str::from_utf8(&text).unwrap().lines();
        let lines = lines.map(|line| serde_json::from_str::<Value>(line).unwrap());
        let lines: Vec<_> = lines.filter_map(|line| line["detail"]["n"].as_i64()).collect();
        let stretch = wanted[0]..=wanted[wanted.len() - 1];
        assert_eq!(lines, stretch.collect::<Vec<_>>(), "{since:?} {until:?}");
        fs::write(folder.0.join("export.jsonl"), &text).unwrap();
        let verdict = verify_with(&folder.0.join("export.jsonl"), &key.public_keys());
        assert_eq!(verdict.broken, None, "{since:?} {until:?}");
    }
}
