//! kill -9 at any moment, around signing and closing files.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::*;

const CHILD: &str = "PUERTA_TEST_KILLED";

/// The child writes without end into tiny segments, signs all the time, and says each number that
/// was confirmed to it.
#[test]
fn a_killed_log_opens_and_is_whole() {
    if let Some(folder) = std::env::var_os(CHILD) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        return runtime.block_on(write_for_ever(PathBuf::from(folder)));
    }
    let folder = Folder::new();
    let pair = puerta_keys::host::HostKey::generate("audit").unwrap();
    fs::write(folder.0.join("key"), pair.private_text()).unwrap();
    let key: Arc<AuditKey> = Arc::new(pair.into());
    let mut confirmed = 0;
    for round in 0..16u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tests::killed::a_killed_log_opens_and_is_whole", "--nocapture"])
            .env(CHILD, &folder.0)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut numbers = output.lines().map_while(Result::ok).filter_map(|line| line.parse::<u64>().ok());
        // After a different number of lines and a different while each time.
        confirmed = numbers.by_ref().nth((round * 7 % 40) as usize).expect("the child writes");
        std::thread::sleep(Duration::from_micros(round * 1731 % 9000));
        child.kill().unwrap();
        child.wait().unwrap();
        confirmed = numbers.last().unwrap_or(confirmed);

        let audit = folder.open_with(tiny(&key));
        runtime_close(audit);
        let verdict = verify_with(&folder.log(), &key.public_keys());
        assert_eq!(verdict.broken, None, "round {round}: {:?}", folder.names());
        let query = Query { limit: 1, actor: Some("child".into()), ..Query::default() };
        let found = search(&folder.log(), &query).unwrap();
        let last = found.lines[0]["detail"]["n"].as_u64().unwrap();
        assert!(last >= confirmed, "round {round}: {last} of {confirmed}");
    }
    assert!(confirmed > 0);
    assert!(folder.names().len() > 16, "files were closed: {:?}", folder.names().len());
}

fn tiny(key: &Arc<AuditKey>) -> Settings {
    Settings { segment_bytes: 8000, sign_every: Duration::from_millis(3), ..signing(key) }
}

fn runtime_close(audit: Audit) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        audit.begin(login("parent")).await.unwrap();
        audit.close().await;
    });
}

#[allow(clippy::print_stdout)]
async fn write_for_ever(folder: PathBuf) {
    let text = fs::read_to_string(folder.join("key")).unwrap();
    let key: Arc<AuditKey> = Arc::new(puerta_keys::host::HostKey::parse(&text).unwrap().into());
    let log = folder.join("audit.jsonl");
    let query = Query { limit: 1, actor: Some("child".into()), ..Query::default() };
    let last = if log.exists() { search(&log, &query).unwrap().lines.pop() } else { None };
    let mut n = last.and_then(|line| line["detail"]["n"].as_u64()).unwrap_or(0);
    let audit = Audit::open_with(log, system_clock, tiny(&key)).unwrap();
    println!();
    loop {
        n += 1;
        audit.begin(login("child").with("n", n)).await.unwrap();
        println!("{n}");
    }
}
