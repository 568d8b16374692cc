//! The file itself: who may read it, other versions, other programs, readers and the writer.

use super::*;
use std::future::poll_fn;
use std::os::unix::fs::PermissionsExt;
use std::task::Poll;

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn nobody_else_may_read_the_files() {
    let (folder, store, ..) = one().await;
    let mut files = 0;
    for entry in std::fs::read_dir(&folder.0).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        files += 1;
    }
    assert_eq!(files, 3, "the database, -wal and -shm");
    store.close().await;
    std::fs::set_permissions(folder.file(), PermissionsExt::from_mode(0o644)).unwrap();
    Store::open(&folder.file()).await.unwrap();
    assert_eq!(mode(&folder.file()), 0o600);
}

#[tokio::test]
async fn opened_again_it_has_everything_and_ids_go_on() {
    let (folder, store, course, alumno, seat) = one().await;
    let web1 = ready(&store, seat.id, "web1").await;
    let (web2, job) = create(&store, seat.id, "web2").await;
    store.set_step(job.id, "start").await.unwrap();
    let kept = back_up(&store, &web1, "web1-20261123-041036", NOW).await;
    assert!(store.delete_vm(web2.id).await.unwrap().apart().0);
    store.close().await;
    assert!(matches!(store.vms().await, Err(StoreError::Sql(_))));

    let store = Store::open(&folder.file()).await.unwrap();
    assert_eq!(store.courses().await.unwrap(), [(course, 1)]);
    assert_eq!(store.person(alumno.id).await.unwrap(), Some(alumno));
    assert_eq!(store.seat(seat.id).await.unwrap(), Some(seat.clone()));
    assert_eq!(store.vms().await.unwrap(), [web1]);
    assert_eq!(store.backups().await.unwrap(), [kept]);
    let (running, step) = store.running_jobs().await.unwrap().pop().unwrap();
    assert_eq!((&running, step.as_str()), (&job, "start"));
    let (again, _) = create(&store, seat.id, "web2").await;
    assert!(again.id > web2.id, "an id is never given again");
    assert_eq!(again.slot, web2.slot, "a slot is");
}

#[tokio::test]
async fn a_newer_database_is_refused_untouched() {
    let (folder, store, ..) = one().await;
    let newer = sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (77, 'later', TRUE, x'00', 0)",
    );
    newer.execute(&store.writer).await.unwrap();
    store.close().await;
    let before = std::fs::read(folder.file()).unwrap();
    let error = Store::open(&folder.file()).await.unwrap_err();
    let StoreError::Newer { found, known } = error else {
        panic!("{error}");
    };
    assert!(found == 77 && known < 77, "{known}");
    assert_eq!(std::fs::read(folder.file()).unwrap(), before);
}

#[tokio::test]
async fn what_is_not_puertas_is_refused_by_name() {
    let folder = Folder::new();
    std::fs::write(folder.file(), "no es una base de datos\n".repeat(100)).unwrap();
    let error = Store::open(&folder.file()).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt(_)), "{error:?}");
    assert!(error.to_string().contains("puerta.db"), "{error}");
    assert!(error.to_string().contains("not a database"), "{error}");

    let other = folder.0.join("other.db");
    let mut made = database::bare(&other).await.unwrap();
    let table = sqlx::query("CREATE TABLE notas (id INTEGER)");
    table.execute(&mut made).await.unwrap();
    made.close().await.unwrap();
    let before = std::fs::read(&other).unwrap();
    let error = Store::open(&other).await.unwrap_err();
    assert!(error.to_string().contains("not puerta's"), "{error}");
    assert_eq!(std::fs::read(&other).unwrap(), before);

    let nowhere = Store::make(&folder.0.join("no/such.db")).await.unwrap_err();
    assert!(matches!(nowhere, StoreError::Sql(sqlx::Error::Io(_))));
    let a_folder = Store::open(&folder.0).await.unwrap_err();
    assert!(matches!(a_folder, StoreError::Sql(sqlx::Error::Io(_))));
}

#[tokio::test]
async fn a_changed_migration_is_refused() {
    let (folder, store) = empty().await;
    let changed = sqlx::query("UPDATE _sqlx_migrations SET checksum = x'00'");
    changed.execute(&store.writer).await.unwrap();
    store.close().await;
    let error = Store::open(&folder.file()).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt(_)), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_programs_may_open_a_new_one_together() {
    for _ in 0..5 {
        let folder = Folder::new();
        let opens: Vec<_> = (0..8)
            .map(|_| {
                let file = folder.file();
                tokio::spawn(async move { Store::make(&file).await })
            })
            .collect();
        for open in opens {
            open.await.unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn a_value_that_puerta_never_wrote_is_named() {
    let (_folder, store, ..) = one().await;
    let bad = sqlx::query("UPDATE persons SET role = 'root'");
    bad.execute(&store.writer).await.unwrap();
    let error = store.persons().await.unwrap_err();
    assert_eq!(error.to_string(), "the database is not usable: role is `root`");
}

#[tokio::test]
async fn reads_go_on_while_a_transaction_is_open() {
    let (_folder, store, course, alumno, seat) = one().await;
    let mut tx = store.write().await.unwrap();
    let change = sqlx::query("UPDATE persons SET suspended = TRUE");
    change.execute(&mut *tx).await.unwrap();
    let reads = async {
        for _ in 0..20 {
            let seen = store.actor(alumno.id).await.unwrap().unwrap();
            assert!(!seen.suspended, "not committed, not seen");
            assert_eq!(store.seats_of(alumno.id).await.unwrap(), [seat.clone()]);
        }
    };
    let second = Duration::from_secs(1);
    tokio::time::timeout(second, reads).await.unwrap();
    let writer = tokio::spawn({
        let store = store.clone();
        async move { store.add_person(person("alumno2", Some(course.id)), NOW).await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!writer.is_finished(), "one writes at a time");
    tx.commit().await.unwrap();
    drop(writer.await.unwrap().unwrap());
    assert!(store.actor(alumno.id).await.unwrap().unwrap().suspended);
}

#[tokio::test]
async fn readers_cannot_write() {
    let (_folder, store, ..) = one().await;
    let sneak = sqlx::query("DELETE FROM persons");
    assert!(sneak.execute(&store.readers).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_program_waits_for_its_turn_to_write() {
    let (folder, store, course, ..) = one().await;
    let other = Store::open(&folder.file()).await.unwrap();
    let enrol = |store: Store, prefix: &'static str| async move {
        for i in 0..20 {
            add(&store, &format!("{prefix}{i}"), Some(course.id)).await;
        }
    };
    let first = tokio::spawn(enrol(store.clone(), "a"));
    let second = tokio::spawn(enrol(other, "b"));
    first.await.unwrap();
    second.await.unwrap();
    assert_eq!(store.seats().await.unwrap().len(), 41);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_dropped_half_way_leaves_nothing() {
    let (_folder, store, _, _, seat) = one().await;
    let (mut done, mut undone) = (0, 0);
    for polls in (0..40).cycle().take(200) {
        let mut left = polls;
        let mut call =
            Box::pin(store.create_vm(JobKind::new("create"), vm(seat.id, "web1"), PLAN, ROOMY, NOW));
        let dropped = poll_fn(|context| match call.as_mut().poll(context) {
            Poll::Ready(end) => Poll::Ready(Some(end)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => {
                left -= 1;
                Poll::Pending
            }
        });
        if let Some(Err(error)) = dropped.await {
            panic!("{error}");
        }
        drop(call);
        // Once the writer is ours again, what was dropped is wholly there or wholly not.
        store.write().await.unwrap().commit().await.unwrap();
        let vms = store.vms().await.unwrap();
        let jobs = store.running_jobs().await.unwrap();
        match (vms.as_slice(), jobs.as_slice()) {
            ([], []) => undone += 1,
            ([vm], [(job, _)]) if job.vm == vm.id => {
                let end = store.finish_delete(job.id, vm.id, NOW);
                drop(end.await.unwrap());
                done += 1;
            }
            half => panic!("{half:?}"),
        }
    }
    assert!(done >= 5 && undone >= 5, "{done} done, {undone} not");
    create(&store, seat.id, "last").await;
}

#[tokio::test]
async fn a_transaction_that_sqlite_ended_by_itself_does_not_shut_the_registry() {
    let folder = Folder::new();
    let store = Store::make(&folder.file()).await.unwrap();
    // What a full disk comes to: SQLite has rolled back, and says at the end that there is nothing to do.
    let mut tx = store.write().await.unwrap();
    sqlx::query("ROLLBACK").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap_err();
    let course = "aso-2026".parse().unwrap();
    store.create_course(&course, 2026, None, PLAN, NOW).await.unwrap();
    assert!(store.course(&course).await.unwrap().is_some());
}

#[tokio::test]
async fn what_was_lost_is_not_made_anew() {
    let folder = Folder::new();
    let absent = Store::open(&folder.file()).await.unwrap_err();
    assert!(matches!(&absent, StoreError::Absent(path) if *path == folder.file()), "{absent:?}");
    assert!(!folder.file().exists());
    std::fs::write(folder.file(), "").unwrap();
    let empty = Store::open(&folder.file()).await.unwrap_err();
    assert!(matches!(empty, StoreError::Absent(_)), "{empty:?}");
    assert_eq!(std::fs::metadata(folder.file()).unwrap().len(), 0);
}

#[tokio::test]
async fn a_file_that_goes_while_it_is_open_is_noticed_and_nothing_is_lost() {
    let (folder, store, course, ..) = one().await;
    assert_eq!(store.ground(), Ground::Firm);
    let away = folder.0.join("away.db");
    std::fs::rename(folder.file(), &away).unwrap();
    assert_eq!(store.ground(), Ground::Elsewhere);
    std::fs::write(folder.file(), "another").unwrap();
    assert_eq!(store.ground(), Ground::Elsewhere);
    std::fs::rename(&away, folder.file()).unwrap();
    assert_eq!(store.ground(), Ground::Firm);

    for entry in std::fs::read_dir(&folder.0).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    assert_eq!(store.ground(), Ground::Removed);
    // One that cannot be written leaves nothing that could be taken for it.
    let nowhere = folder.0.join("nowhere/rescued.db");
    assert!(store.rescue(&nowhere).await.is_err());
    std::fs::create_dir(folder.0.join("taken.db")).unwrap();
    assert!(store.rescue(&folder.0.join("taken.db")).await.is_err());
    assert!(!folder.0.join("taken.part").exists());
    let rescued = folder.0.join("rescued.db");
    store.rescue(&rescued).await.unwrap();
    assert_eq!(mode(&rescued), 0o600);
    let back = Store::open(&rescued).await.unwrap();
    assert_eq!(back.courses().await.unwrap(), [(course, 1)]);
}

#[tokio::test]
async fn what_a_database_lacks_is_told_apart_from_our_faults() {
    let (folder, store, ..) = one().await;
    let trouble = |error: StoreError| match error {
        StoreError::Away { trouble, .. } => trouble,
        other => panic!("{other:?}"),
    };
    let read_only = sqlx::query("DELETE FROM jobs").execute(&store.readers).await.unwrap_err();
    assert_eq!(trouble(read_only.into()), Trouble::ReadOnly);

    let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&store.writer).await.unwrap();
    sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}")))
        .execute(&store.writer)
        .await
        .unwrap();
    let large = "INSERT INTO courses (name, year, version, created) VALUES ($1, 1, 1, 1)";
    let full = sqlx::query(large).bind("x".repeat(1 << 20)).execute(&store.writer).await.unwrap_err();
    assert_eq!(trouble(full.into()), Trouble::Full);

    let mut other = database::bare(&folder.file()).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let busy = store.write().await.unwrap_err();
    assert_eq!(trouble(busy), Trouble::Busy);
    let (waiting, _) = tokio::join!(patiently(store.write()), async {
        tokio::time::sleep(Duration::from_secs(7)).await;
        sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    });
    waiting.unwrap();
}
