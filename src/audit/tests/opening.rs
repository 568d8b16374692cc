//! A log that is opened again: after a restart, a crash, another hand, or moved away.

use super::*;

#[tokio::test]
async fn the_chain_goes_on_after_a_restart() {
    let folder = Folder::new();
    for run in 1..=3 {
        let audit = folder.open();
        audit.begin(login("alumno1")).await.unwrap();
        audit.finish(Event::finish("login")).await;
        if run == 2 {
            audit.close().await;
            assert!(audit.begin(login("late")).await.is_err(), "closed");
            audit.finish(Event::finish("login")).await;
        }
        drop(audit);
        folder.assert_whole(run * 2);
    }
}

#[tokio::test]
async fn one_log_has_one_writer() {
    let folder = Folder::new();
    let audit = folder.open();
    let error = Audit::open(folder.log(), system_clock).unwrap_err();
    assert!(matches!(error, OpenError::Locked { .. }), "{error}");
    assert!(error.to_string().contains("audit.jsonl` is in use by another puerta"), "{error}");
    audit.close().await;
    Audit::open(folder.log(), system_clock).unwrap();
}

#[tokio::test]
async fn a_torn_last_line_is_moved_away_and_noted() {
    // Short and long, with and without a newline before it, and the zeros that a file system may leave.
    for torn in [&b"{\"seq\":3,\"ti"[..], &[b'x'; 200_000], &[0; 4096], b"{"] {
        for before in [0, 2] {
            let folder = Folder::new();
            let audit = folder.open();
            for _ in 0..before {
                audit.begin(login("alumno1")).await.unwrap();
            }
            drop(audit);
            let text = [folder.text().as_bytes(), torn].concat();
            fs::write(folder.log(), text).unwrap();
            assert_eq!(verify(&folder.log()).unwrap().broken.unwrap().line, before + 1);

            let audit = folder.open();
            audit.begin(login("alumno2")).await.unwrap();
            folder.assert_whole(before + 2);
            let note = &folder.lines()[before as usize];
            assert_eq!(note["code"], "audit.recovered");
            assert_eq!(note["detail"]["bytes"], torn.len());
            let kept = fs::read(folder.0.join("audit.jsonl.torn")).unwrap();
            assert_eq!(kept, [torn, b"\n"].concat());
        }
    }
}

#[tokio::test]
async fn a_log_that_somebody_changed_at_its_end_is_not_continued() {
    let folder = Folder::new();
    let audit = folder.open();
    audit.begin(login("alumno1")).await.unwrap();
    drop(audit);
    for end in [folder.text().replace("alumno1", "alumno2"), "hello\n".to_owned(), "\n".to_owned()] {
        fs::write(folder.log(), end).unwrap();
        let error = Audit::open(folder.log(), system_clock).unwrap_err();
        assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
    }
    let nowhere = folder.0.join("no/such/audit.jsonl");
    assert!(matches!(Audit::open(nowhere, system_clock), Err(OpenError::Io { .. })));
}

#[tokio::test]
async fn a_log_that_is_moved_away_is_opened_anew() {
    let folder = Folder::new();
    let audit = folder.open();
    audit.begin(login("alumno1")).await.unwrap();
    let old = folder.0.join("audit.jsonl.1");
    fs::rename(folder.log(), &old).unwrap();
    audit.begin(login("alumno2")).await.unwrap();
    audit.begin(login("alumno3")).await.unwrap();
    folder.assert_whole(3);
    let verdict = verify(&old).unwrap();
    let note = &folder.lines()[0];
    assert_eq!(note["code"], "audit.reopened");
    assert_eq!(note["detail"]["hash"], *verdict.head);
    assert_eq!((note["detail"]["seq"].as_u64(), verdict.broken), (Some(1), None));
    assert!(Audit::open(folder.log(), system_clock).is_err(), "the new one is locked too");
}
