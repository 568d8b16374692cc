//! Exports: what comes out, and that no edit of one stays unseen.

use proptest::prelude::*;

use super::*;
use crate::chain::{Entry, Head, Why};

const MINUTE: i64 = 60_000;

/// A log of lines a minute from minute 1 on, in several files, and the key.
async fn log(lines: i64) -> (Folder, Arc<AuditKey>) {
    let (folder, key) = (Folder::new(), key());
    let now = Arc::new(AtomicI64::new(0));
    let clock = Arc::clone(&now);
    let settings = Settings { segment_bytes: 5000, ..signing(&key) };
    let audit = Audit::open_with(folder.log(), move || clock.load(Ordering::Relaxed), settings).unwrap();
    for n in 1..=lines {
        now.store(n * MINUTE, Ordering::Relaxed);
        audit.begin(login("alumno1").with("n", n)).await.unwrap();
    }
    audit.close().await;
    (folder, key)
}

fn exported(folder: &Folder, key: &AuditKey, range: Range) -> Result<Vec<u8>, ExportError> {
    let mut file = Vec::new();
    export(&folder.log(), range, key, 0, &mut |piece| {
        file.extend_from_slice(piece);
        Ok(())
    })?;
    Ok(file)
}

fn checked(folder: &Folder, file: &[u8], keys: &AuditPublicKeys) -> Verdict {
    let path = folder.0.join("export.jsonl");
    fs::write(&path, file).unwrap();
    verify_with(&path, keys)
}

fn minutes(file: &[u8]) -> Vec<i64> {
    let lines = std::str::from_utf8(file).unwrap().lines();
    let values = lines.map(|line| serde_json::from_str::<Value>(line).unwrap());
    values.filter_map(|line| line["detail"]["n"].as_i64()).collect()
}

#[tokio::test]
async fn a_range_comes_out_with_its_proof() {
    let (folder, key) = log(60).await;
    let keys = key.public_keys();
    let cases = [
        (None, None, 1..=60),
        (Some(10), None, 10..=60),
        (None, Some(10), 1..=10),
        (Some(20), Some(25), 20..=25),
        (Some(60), Some(60), 60..=60),
    ];
    for (since, until, wanted) in cases {
        let range =
            Range { since: since.map(|n| n * MINUTE), until: until.map(|n| n * MINUTE), ..Range::default() };
        let file = exported(&folder, &key, range).unwrap();
        assert_eq!(minutes(&file), wanted.collect::<Vec<_>>(), "{range:?}");
        let verdict = checked(&folder, &file, &keys);
        assert_eq!(verdict.broken, None, "{range:?}");
        assert_eq!(verdict.signed.map(|signed| signed.seq), Some(verdict.last_seq), "{range:?}");
        let others = checked(&folder, &file, &super::key().public_keys()).broken.unwrap();
        assert!(matches!(others.why, Why::Signature | Why::Proof), "{others:?}");
    }
    for nothing in [(100, 200), (-200, -100), (30, 20)] {
        let range =
            Range { since: Some(nothing.0 * MINUTE), until: Some(nothing.1 * MINUTE), ..Range::default() };
        let file = exported(&folder, &key, range).unwrap();
        assert_eq!(file.iter().filter(|byte| **byte == b'\n').count(), 2, "{range:?}");
        assert_eq!(checked(&folder, &file, &keys).broken, None, "{range:?}");
    }
}

#[tokio::test]
async fn nobody_signs_for_a_log_that_does_not_fit() {
    let (folder, key) = log(60).await;
    let path = folder.0.join(&folder.names()[1]);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("alumno1", "alumno2", 1)).unwrap();
    assert!(matches!(exported(&folder, &key, Range::default()), Err(ExportError::Broken { .. })));
    fs::write(&path, text).unwrap();
    // A tail that somebody forged with hashes of their own has no signature.
    let open = fs::read_to_string(folder.log()).unwrap();
    let first = open.lines().next().unwrap();
    let entry = Entry::parse(first.as_bytes()).unwrap();
    let mut head = Head { seq: entry.seq - 1, hash: entry.prev.to_owned() };
    let mut forged = Vec::new();
    head.seal(entry.time, r#""code":"login","phase":"note""#, &mut forged);
    fs::write(folder.log(), forged).unwrap();
    let error = exported(&folder, &key, Range::default()).unwrap_err();
    assert!(matches!(error, ExportError::Unsigned), "{error}");
}

/// Every edit at every line, by position.
#[tokio::test]
async fn every_edit_is_named() {
    let (folder, key) = log(30).await;
    let keys = key.public_keys();
    let range = Range { since: Some(5 * MINUTE), until: Some(20 * MINUTE), ..Range::default() };
    let file = String::from_utf8(exported(&folder, &key, range).unwrap()).unwrap();
    let lines: Vec<String> = file.lines().map(str::to_owned).collect();
    let after = |change: &dyn Fn(&mut Vec<String>)| {
        let mut lines = lines.clone();
        change(&mut lines);
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        checked(&folder, text.as_bytes(), &keys).broken.expect("an edit").line
    };
    for at in 0..lines.len() {
        let here = at as u64 + 1;
        if at > 0 && at < lines.len() - 1 {
            assert_eq!(
                after(&|l| l[at] = l[at].replacen("login", "logon", 1).replacen("signed", "sighed", 1)),
                here
            );
            if at > 1 && at < lines.len() - 2 {
                assert_eq!(after(&|l| drop(l.remove(at))), here, "removed");
            }
            assert_eq!(after(&|l| l.insert(at, l[at].clone())), here + 1, "doubled");
        }
        after(&|l| drop(l.remove(at)));
        after(&|l| l.insert(at, "{}".into()));
        after(&|l| l[at].push(' '));
        if at > 0 {
            after(&|l| l.swap(at - 1, at));
            assert_eq!(after(&|l| l.truncate(at)), here.max(2), "the end is cut off");
        }
    }
    assert_eq!(after(&|l| l.push("{}".into())), lines.len() as u64 + 1);
    assert_eq!(after(&|l| drop(l.remove(1))), 2, "the first line");
    // The proof of another export of the same log.
    let other = Range { since: Some(6 * MINUTE), until: Some(20 * MINUTE), ..Range::default() };
    let other = String::from_utf8(exported(&folder, &key, other).unwrap()).unwrap();
    let proof = other.lines().last().unwrap();
    let last = lines.len() - 1;
    assert_eq!(after(&|l| l[last] = proof.into()), 2);
}

/// A change with every hash computed again has the signature against it.
#[tokio::test]
async fn forged_exports_are_found() {
    let (folder, key) = log(10).await;
    let file = String::from_utf8(exported(&folder, &key, Range::default()).unwrap()).unwrap();
    let lines: Vec<&str> = file.lines().collect();
    let mut head = Head::start();
    let mut text = lines[0].to_owned() + "\n";
    for line in &lines[1..lines.len() - 1] {
        let entry = Entry::parse(line.as_bytes()).unwrap();
        let body = String::from_utf8(entry.body.to_vec()).unwrap();
        if !body.contains("audit.signed") {
            let mut out = Vec::new();
            head.seal(entry.time, &body.replace("alumno1", "alumno2"), &mut out);
            text += std::str::from_utf8(&out).unwrap();
        }
    }
    text += lines[lines.len() - 1];
    text += "\n";
    assert!(checked(&folder, text.as_bytes(), &key.public_keys()).broken.is_some());
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Bytes changed, removed or put in, anywhere.
    #[test]
    fn random_edits_are_found(place in 0.0..1.0f64, length in 0usize..200, put in proptest::collection::vec(any::<u8>(), 0..50)) {
        use std::sync::LazyLock;
        static MADE: LazyLock<(Folder, Arc<AuditKey>, Vec<u8>)> = LazyLock::new(|| {
            let (folder, key) = runtime().block_on(log(20));
            let file = exported(&folder, &key, Range::default()).unwrap();
            (folder, key, file)
        });
        let (_, key, file) = &*MADE;
        let at = (place * file.len() as f64) as usize;
        let end = (at + length).min(file.len());
        let edited = [&file[..at], &put, &file[end..]].concat();
        prop_assume!(edited != *file);
        let check = Check { keys: Some(&key.public_keys()), progress: None };
        // What does not begin like an export any more is checked as a log, and is none.
        let verdict = if crate::export::is_export(&mut &edited[..]).unwrap() {
            crate::export::verify_export(&edited[..], std::path::Path::new("export"), check).unwrap()
        } else {
            verify_reader(&edited[..]).unwrap()
        };
        prop_assert!(verdict.broken.is_some(), "at {at}, {length} bytes, {put:?}");
    }
}
