//! The log as the house uses it: on a real file, through crashes, full disks and other hands.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Instant;

use puerta_keys::audit::{AuditKey, AuditPublicKeys};
use serde_json::Value;

use super::*;

mod exports;
mod killed;
mod outlets;
mod segments;
mod tamper;

/// Checks with a key.
fn verify_with(path: &std::path::Path, keys: &AuditPublicKeys) -> Verdict {
    super::verify(path, Check { keys: Some(keys), progress: None }).unwrap()
}

/// Checks the chain.
fn verify(path: &std::path::Path) -> std::io::Result<Verdict> {
    super::verify(path, Check::default())
}

fn key() -> Arc<AuditKey> {
    Arc::new(puerta_keys::host::HostKey::generate("audit").unwrap().into())
}

/// Signs what is closed, and when it is asked; its own time for it never comes, however slow the computer is,
/// so that lines can be counted.
fn signing(key: &Arc<AuditKey>) -> Settings {
    let never = std::time::Duration::from_secs(86_400);
    Settings { key: Some(Arc::clone(key)), sign_every: never, ..Settings::default() }
}

/// A folder that goes away with its test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("puerta-audit-{}-{number}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn log(&self) -> PathBuf {
        self.0.join("audit.jsonl")
    }

    fn open(&self) -> Audit {
        Audit::open(self.log(), system_clock).unwrap()
    }

    fn open_with(&self, settings: Settings) -> Audit {
        Audit::open_with(self.log(), system_clock, settings).unwrap()
    }

    /// The names in it, sorted.
    fn names(&self) -> Vec<String> {
        let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        let mut names: Vec<_> = fs::read_dir(&self.0).unwrap().map(name).collect();
        names.sort();
        names
    }

    fn text(&self) -> String {
        fs::read_to_string(self.log()).unwrap()
    }

    fn lines(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// How many lines with this code are in the open file.
    fn count(&self, code: &str) -> usize {
        self.lines().iter().filter(|line| line["code"] == code).count()
    }

    /// Whole, and this many lines.
    fn assert_whole(&self, lines: u64) {
        let verdict = verify(&self.log()).unwrap();
        assert_eq!((verdict.broken, verdict.lines, verdict.last_seq), (None, lines, lines));
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn login(actor: &str) -> Event {
    Event {
        actor: Some(actor.to_owned()),
        outcome: Some(Outcome::Allowed),
        ..Event::begin("login").with("method", "publickey")
    }
}

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
        .args(["--exact", "tests::a_full_disk_vetoes_and_heals", "--nocapture"])
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

fn numbers(found: &Found) -> Vec<i64> {
    found.lines.iter().map(|line| line["detail"]["n"].as_i64().unwrap()).collect()
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
