//! Lines as they come: in the file before the act, from many at once, with any text in them, on a full disk.

use std::time::Instant;

use super::*;

#[tokio::test]
async fn begin_returns_when_the_line_is_in_the_file() {
    let folder = Folder::new();
    let audit = folder.open();
    audit.begin(login("alumno1")).await.unwrap();
    let lines = folder.lines();
    assert_eq!(lines.len(), 1);
    assert_eq!((&lines[0]["actor"], &lines[0]["seq"]), (&"alumno1".into(), &1.into()));
    assert!(
        time::OffsetDateTime::parse(
            lines[0]["time"].as_str().unwrap(),
            &time::format_description::well_known::Rfc3339
        )
        .is_ok()
    );
    assert_eq!(fs::metadata(folder.log()).unwrap().permissions().mode() & 0o777, 0o600);
    folder.assert_whole(1);
}

#[tokio::test]
async fn a_finish_is_written_without_being_waited_for() {
    let folder = Folder::new();
    let audit = folder.open();
    audit.begin(login("alumno1")).await.unwrap();
    audit.finish(Event::finish("login")).await;
    audit.finish_now(Event::finish("session").with("bytes_in", 7));
    audit.flush().await.unwrap();
    let phases: Vec<_> = folder.lines().iter().map(|line| line["phase"].clone()).collect();
    assert_eq!(phases, ["begin", "finish", "finish"]);
    folder.assert_whole(3);
}

#[tokio::test]
async fn hostile_text_stays_in_its_field_and_shows() {
    let folder = Folder::new();
    let audit = folder.open();
    let hostile = "x\",\"hash\":\"0\"}\n{\"seq\":1}\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}";
    let mut event = Event {
        connection: Some(hostile.into()),
        source: Some(hostile.into()),
        vm: Some(hostile.into()),
        outcome: Some(Outcome::Failed(hostile.into())),
        policies: vec![hostile.into()],
        ..login(hostile).with("words", vec![hostile, &"y".repeat(100_000)])
    };
    event.detail.insert(hostile.into(), hostile.into());
    audit.begin(event).await.unwrap();
    folder.assert_whole(1);
    let text = folder.text();
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()) && !text.contains('\u{202e}'));
    assert_eq!(text.lines().count(), 1);
    let line = &folder.lines()[0];
    let shown = "x\",\"hash\":\"0\"}<U+000A>{\"seq\":1}<U+001B>]0;owned<U+0007><U+009B>2J<U+202E>";
    for field in ["actor", "connection", "source", "vm", "failure"] {
        assert_eq!(line[field], shown);
    }
    assert_eq!(line["detail"][shown], shown);
    let long = line["detail"]["words"][1].as_str().unwrap();
    assert!(long.ends_with("y…(+99488 bytes)"), "{long}");
}

/// A full disk, made with RLIMIT_FSIZE in a process of its own, since that limit and its signal
/// (which only a parent can have ignored for us) belong to a process.
#[test]
fn a_full_disk_vetoes_and_heals() {
    const CHILD: &str = "PUERTA_TEST_FULL_DISK";
    if std::env::var_os(CHILD).is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        return runtime.block_on(on_a_full_disk());
    }
    let output = std::process::Command::new("sh")
        .args(["-c", r#"trap "" XFSZ; exec "$0" "$@""#])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "tests::writing::a_full_disk_vetoes_and_heals", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

async fn on_a_full_disk() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let room = |bytes: Option<u64>| {
        let maximum = getrlimit(Resource::Fsize).maximum;
        setrlimit(Resource::Fsize, Rlimit { current: bytes.or(maximum), maximum }).unwrap();
    };
    let folder = Folder::new();
    let audit = folder.open();
    audit.begin(login("alumno1")).await.unwrap();
    let whole = folder.text();

    room(Some(whole.len() as u64 + 50));
    for _ in 0..3 {
        let error = audit.begin(login("alumno2")).await.unwrap_err();
        assert!(error.to_string().starts_with("the audit log cannot be written: "), "{error}");
        assert_eq!(folder.text(), whole, "no half line stays");
    }
    audit.finish(Event::finish("login")).await;
    audit.finish(Event::finish("session")).await;
    audit.flush().await.unwrap();
    assert_eq!(folder.text(), whole);

    room(None);
    audit.begin(login("alumno3")).await.unwrap();
    folder.assert_whole(3);
    let lines = folder.lines();
    assert_eq!((&lines[1]["code"], &lines[1]["detail"]["events"]), (&"audit.lost".into(), &2.into()));
    assert_eq!(lines[2]["actor"], "alumno3");
    drop(audit);
    folder.open();
    folder.assert_whole(3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once() {
    const TASKS: u64 = 64;
    const EACH: u64 = 500;
    let folder = Folder::new();
    let audit = Arc::new(folder.open());
    let start = Instant::now();
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let audit = Arc::clone(&audit);
            tokio::spawn(async move {
                for n in 0..EACH {
                    let event = Event {
                        connection: Some(format!("c{task}")),
                        source: Some("192.0.2.7:50022".into()),
                        vm: Some("web1.alumno1".into()),
                        action: Some("vm-connect"),
                        policies: vec!["own-machines".into()],
                        ..login("alumno1").with("destination", "10.48.15.195:22").with("n", n)
                    };
                    audit.begin(event).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let rate = (TASKS * EACH) as f64 / start.elapsed().as_secs_f64();
    eprintln!("{rate:.0} begins a second from {TASKS} tasks");
    folder.assert_whole(TASKS * EACH);
    assert!(rate > 1000.0, "{rate}");
}

#[tokio::test]
async fn a_writer_that_is_there_answers_and_one_that_is_not_has_ended() {
    let folder = Folder::new();
    let audit = Audit::open(folder.log(), system_clock).unwrap();
    let ended = audit.ended();
    assert!(audit.ping().await);
    let early = tokio::time::timeout(std::time::Duration::from_millis(50), audit.ended()).await;
    assert!(early.is_err());
    audit.close().await;
    tokio::time::timeout(std::time::Duration::from_secs(20), ended).await.unwrap();
    assert!(!audit.ping().await);
}
