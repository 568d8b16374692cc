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
mod opening;
mod outlets;
mod questions;
mod segments;
mod tamper;
mod writing;

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
        // Room that is kept for what must be written; not of the log.
        names.retain(|name| name != "audit.reserve");
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

fn numbers(found: &Found) -> Vec<i64> {
    found.lines.iter().map(|line| line["detail"]["n"].as_i64().unwrap()).collect()
}
