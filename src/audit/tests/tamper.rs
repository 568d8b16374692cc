//! Other hands: every kind of change, at every sort of place, in closed and open files.

use super::*;
use crate::chain::{Entry, Head, Why};

const SEGMENT: u64 = 3000;

/// A signed log of a few closed segments and an open one, whose end is signed.
struct Log {
    folder: Folder,
    key: Arc<AuditKey>,
    files: Vec<PathBuf>,
}

async fn log() -> Log {
    let (folder, key) = (Folder::new(), key());
    let audit = folder.open_with(Settings { segment_bytes: SEGMENT, ..signing(&key) });
    for n in 0..30 {
        audit.begin(login("alumno1").with("n", n)).await.unwrap();
        if n % 4 == 3 {
            audit.seal().await.unwrap();
        }
    }
    audit.close().await;
    let jsonl = folder.names().into_iter().filter(|name| name.ends_with(".jsonl"));
    let files: Vec<_> = jsonl.map(|name| folder.0.join(name)).collect();
    assert!(files.len() >= 3, "{files:?}");
    let log = Log { folder, key, files };
    assert_eq!(log.verdict().broken, None);
    log
}

impl Log {
    fn verdict(&self) -> Verdict {
        verify_with(&self.folder.log(), &self.key.public_keys())
    }

    /// What is found after `change` of the lines of file `at`, which is put back.
    fn after(&self, at: usize, change: impl Fn(&mut Vec<String>)) -> Verdict {
        let path = &self.files[at];
        let before = fs::read_to_string(path).unwrap();
        let mut lines: Vec<String> = before.lines().map(str::to_owned).collect();
        change(&mut lines);
        fs::write(path, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
        let verdict = self.verdict();
        fs::write(path, before).unwrap();
        verdict
    }

    fn lines(&self, at: usize) -> usize {
        fs::read_to_string(&self.files[at]).unwrap().lines().count()
    }
}

#[tokio::test]
async fn every_kind_of_change_is_found_and_named() {
    let log = log().await;
    let total = log.verdict().lines;
    for file in 0..log.files.len() {
        let count = log.lines(file);
        let is_last_file = file == log.files.len() - 1;
        for at in [0, 1, count / 2, count - 2, count - 1] {
            let is_end = is_last_file && at == count - 1;
            let named = |verdict: Verdict, what: &str| {
                let broken = verdict.broken.unwrap_or_else(|| panic!("{what} {at} of file {file}"));
                assert!(verdict.lines + verdict.rest.lines + 1 >= total, "{what}: the rest is counted");
                (broken.file.unwrap(), broken.line, broken.why)
            };
            let changed = named(
                log.after(file, |l| {
                    l[at] = l[at].replacen("alumno1", "alumno2", 1).replacen("SHA256", "SHA257", 1)
                }),
                "changed",
            );
            assert_eq!(changed, (log.files[file].clone(), at as u64 + 1, Why::Changed));
            // The very last line is a signature, and says nothing else.
            if !is_end {
                let removed = named(log.after(file, |l| drop(l.remove(at))), "removed");
                let next = if at == count - 1 { (file + 1, 1) } else { (file, at as u64 + 1) };
                assert_eq!((removed.0, removed.1), (log.files[next.0].clone(), next.1));
            }
            let doubled = named(log.after(file, |l| l.insert(at, l[at].clone())), "inserted");
            assert_eq!((doubled.0, doubled.1), (log.files[file].clone(), at as u64 + 2));
            let foreign = named(log.after(file, |l| l.insert(at, "{}".into())), "inserted");
            assert_eq!(foreign, (log.files[file].clone(), at as u64 + 1, Why::NotAnEntry));
            if at + 1 < count {
                let swapped = named(log.after(file, |l| l.swap(at, at + 1)), "swapped");
                assert_eq!((swapped.0, swapped.1), (log.files[file].clone(), at as u64 + 1));
            }
        }
    }
    assert_eq!(log.verdict().broken, None, "everything was put back");
}

/// The last line is a signature over the one before. Removed, the line before is still named in
/// `audit.heads`, and nothing that was signed is missing: that end is as good as before it was signed.
#[tokio::test]
async fn the_end_cut_off_after_a_signed_point_is_found() {
    let log = log().await;
    let open = log.files.len() - 1;
    let count = log.lines(open);
    for keep in 1..count - 1 {
        let verdict = log.after(open, |l| l.truncate(keep));
        let broken = verdict.broken.unwrap_or_else(|| panic!("{keep} of {count} lines kept"));
        assert!(matches!(broken.why, Why::CutOff { .. }), "{broken:?}");
        assert_eq!((broken.file.unwrap(), broken.line), (log.files[open].clone(), keep as u64 + 1));
    }
    // The whole open file, and the last closed one with it.
    fs::write(&log.files[open], "").unwrap();
    assert!(matches!(log.verdict().broken.unwrap().why, Why::CutOff { .. }));
    fs::remove_file(&log.files[open]).unwrap();
    assert!(matches!(log.verdict().broken.unwrap().why, Why::CutOff { .. }));
    fs::remove_file(&log.files[open - 1]).unwrap();
    assert!(matches!(log.verdict().broken.unwrap().why, Why::CutOff { .. }));
}

/// What somebody with the files and without the key does best: changes a line, and computes every
/// hash after it again.
fn forge(lines: &mut Vec<String>, at: usize, drop_signatures: bool) {
    let first = Entry::parse(lines[at].as_bytes()).unwrap();
    let mut head = Head { seq: first.seq - 1, hash: first.prev.to_owned() };
    let mut forged = Vec::new();
    for (n, line) in lines[at..].iter().enumerate() {
        let entry = Entry::parse(line.as_bytes()).unwrap();
        let body = String::from_utf8(entry.body.to_vec()).unwrap();
        if drop_signatures && body.contains("audit.signed") {
            continue;
        }
        let body = if n == 0 { body.replacen("alumno1", "alumno2", 1) } else { body };
        let mut out = Vec::new();
        head.seal(entry.time, &body, &mut out);
        out.pop();
        forged.push(String::from_utf8(out).unwrap());
    }
    lines.truncate(at);
    lines.extend(forged);
}

#[tokio::test]
async fn forged_tails_are_found_by_their_signatures() {
    let log = log().await;
    let open = log.files.len() - 1;
    for file in 0..=open {
        let text = fs::read_to_string(&log.files[file]).unwrap();
        for at in 0..log.lines(file) - 2 {
            for drop_signatures in [false, true] {
                if text.lines().nth(at).unwrap().contains("audit.signed") {
                    continue;
                }
                let verdict = log.after(file, |l| forge(l, at, drop_signatures));
                assert!(verdict.broken.is_some(), "{at} of file {file}, {drop_signatures}");
            }
        }
    }
    // And written anew by a puerta with another key, which signs what it finds.
    let text = fs::read_to_string(&log.files[open]).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.truncate(2);
    fs::write(&log.files[open], lines.join("\n") + "\n").unwrap();
    let other = log.folder.open_with(signing(&key()));
    for _ in 0..20 {
        other.begin(login("alumno9")).await.unwrap();
    }
    other.close().await;
    let broken = log.verdict().broken.unwrap();
    assert!(matches!(broken.why, Why::NotWhatWasSigned { .. } | Why::Signature), "{broken:?}");
}

/// The same with the right key: puerta started again after somebody cut the end off.
#[tokio::test]
async fn a_restart_does_not_heal_a_cut_end() {
    let log = log().await;
    let open = &log.files[log.files.len() - 1];
    let text = fs::read_to_string(open).unwrap();
    fs::write(open, text.lines().next().unwrap().to_owned() + "\n").unwrap();
    let audit = log.folder.open_with(signing(&log.key));
    for _ in 0..20 {
        audit.begin(login("alumno9")).await.unwrap();
    }
    audit.close().await;
    let broken = log.verdict().broken.unwrap();
    assert!(matches!(broken.why, Why::NotWhatWasSigned { .. }), "{broken:?}");
}

#[tokio::test]
async fn changed_heads_are_found() {
    let log = log().await;
    let path = log.folder.0.join("audit.heads");
    let text = fs::read_to_string(&path).unwrap();
    let count = text.lines().count();
    for at in 0..count {
        for (from, to) in [("\"hash\":\"", "\"hash\":\"0"), ("time\":\"2", "time\":\"3"), ("{", "")] {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            lines[at] = lines[at].replacen(from, to, 1);
            fs::write(&path, lines.join("\n") + "\n").unwrap();
            let broken = log.verdict().broken.unwrap();
            assert_eq!(
                (broken.file.unwrap(), broken.line, broken.why),
                (path.clone(), at as u64 + 1, Why::Heads)
            );
        }
    }
    // Without them a cut-off end would not show, and that is said.
    assert!(!log.verdict().unremembered);
    fs::remove_file(&path).unwrap();
    let verdict = log.verdict();
    assert_eq!((verdict.broken, verdict.unremembered), (None, true));
    // A torn last line is a crash's.
    fs::write(&path, text.clone() + "{\"kind\":\"he").unwrap();
    assert_eq!(log.verdict().broken, None);
    fs::write(&path, &text).unwrap();
    assert_eq!(log.verdict().broken, None);
}

/// After the first line that does not fit, the rest is counted.
#[tokio::test]
async fn the_rest_is_counted() {
    let log = log().await;
    let total = log.verdict().lines;
    let verdict = log.after(1, |l| {
        l[1] = l[1].replacen("alumno1", "alumno2", 1);
        l[3] = "nonsense".into();
        l[4] = "x".repeat(100_000);
    });
    let before = log.lines(0) as u64 + 1;
    assert_eq!(
        (verdict.lines, verdict.rest.lines, verdict.rest.intact),
        (before, total - before, total - before - 3)
    );
    assert_eq!(verdict.broken.unwrap().line, 2);
}

/// The recipe of docs/audit.md: OpenSSH says the same as puerta.
#[tokio::test]
async fn ssh_keygen_checks_a_signature() {
    use std::io::Write as _;
    let log = log().await;
    let text = fs::read_to_string(&log.files[0]).unwrap();
    let line = text.lines().last().unwrap();
    let entry = Entry::parse(line.as_bytes()).unwrap();
    let value: Value = serde_json::from_str(line).unwrap();
    let signature = value["detail"]["signature"].as_str().unwrap();
    fs::write(log.folder.0.join("sig"), puerta_keys::audit::armour(signature)).unwrap();
    let allowed = format!("audit {}\n", log.key.public_line());
    fs::write(log.folder.0.join("allowed"), allowed).unwrap();
    let verified = |text: String| {
        let mut child = std::process::Command::new("ssh-keygen")
            .args(["-Y", "verify", "-n", "puerta-audit", "-I", "audit", "-f"])
            .arg(log.folder.0.join("allowed"))
            .arg("-s")
            .arg(log.folder.0.join("sig"))
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        child.wait().unwrap().success()
    };
    let text = |seq: u64| format!("puerta audit head\nseq {seq}\nhash {}\ntime {}\n", entry.prev, entry.time);
    assert!(verified(text(entry.seq - 1)));
    assert!(!verified(text(entry.seq)));
}
