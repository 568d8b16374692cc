//! Killed (-9) at any step, puerta leaves the machine old or new and nothing half.

use crate::house::Lab;
use std::process::Stdio;
use std::time::Duration;

/// Moments of one act at which puerta is killed; `PUERTA_TEST_MOMENTS` says another number.
fn moments() -> u32 {
    std::env::var("PUERTA_TEST_MOMENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(6)
}

#[test]
fn killed_at_any_moment_nothing_is_half() {
    let lab = Lab::up("killed", &[]);
    lab.step("a machine with something in it", || {
        lab.ok("alumno1", "vm create web1 --template mini");
        content(&lab, "web1", "old");
        lab.ok("alumno1", "vm backup web1 --yes");
        content(&lab, "web1", "new");
    });
    lab.step("killed in a backup", || {
        at_moments(&lab, "vm backup web1 --yes", |lab, _| {
            assert_eq!(read(lab, "web1"), "new");
            lab.ok("alumno1", "vm backup web1 --yes");
        });
    });
    lab.step("killed in a restore", || {
        content(&lab, "web1", "old");
        lab.ok("alumno1", "vm backup web1 --yes");
        at_moments(&lab, "vm restore web1 --yes", |lab, job| {
            let state = job["state"].as_str().unwrap();
            let content_now = read(lab, "web1");
            // Undone: as before. Done: as in the backup.
            assert!(
                matches!((state, content_now.as_str()), ("done", "old") | ("undone", "new")),
                "{job} left {content_now}"
            );
            content(lab, "web1", "old");
            lab.ok("alumno1", "vm backup web1 --yes");
        });
    });
    lab.step("killed in a creation", || {
        at_moments(&lab, "vm create web2 --template mini", |lab, _| {
            if lab.vm("web2").is_some() {
                assert_eq!(lab.state("web2"), "running");
                let name = lab.inside_new("web2", "hostname; grep -v ^# /root/.ssh/authorized_keys").well();
                assert!(name.starts_with("web2\nssh-ed25519 "), "{name}");
                lab.ok("alumno1", "vm backup web2 --yes");
                lab.ok("alumno1", "vm delete web2 --yes");
            }
        });
    });
    lab.step("killed in a removal", || {
        at_moments(&lab, "vm delete web2 --yes", |lab, job| {
            if job["kind"] == "delete" {
                assert_eq!(lab.state("web2"), "none");
            }
            assert_eq!(read(lab, "web1"), "old");
        });
    });
}

/// Something that takes a moment to copy, and a word that tells which.
fn content(lab: &Lab, vm: &str, word: &str) {
    let script = format!(
        "test -s /root/much || dd if=/dev/urandom of=/root/much bs=1M count=24 2>/dev/null; echo {word} >/root/word; sync"
    );
    lab.inside(vm, &script).well();
}

fn read(lab: &Lab, vm: &str) -> String {
    lab.inside(vm, "cat /root/word").well().trim().to_owned()
}

/// The act at the longest once undisturbed, to know how long it takes; then killed at moments all
/// over that time, each time with a look at what is left and, after it, `look`.
fn at_moments(lab: &Lab, act: &str, look: impl Fn(&Lab, &serde_json::Value)) {
    let prepare = || {
        if act.starts_with("vm delete") && lab.vm("web2").is_none() {
            lab.ok("alumno1", "vm create web2 --template mini");
        }
        if act.starts_with("vm restore") {
            lab.inside("web1", "echo new >/root/word; sync").well();
        }
    };
    prepare();
    let whole = lab.run("alumno1", act);
    let took = whole.took;
    whole.well();
    look(lab, &lab.last_job());
    let mut ends: Vec<String> = Vec::new();
    for moment in 0..moments() {
        prepare();
        // The first part of it is ssh coming in.
        let delay =
            Duration::from_millis(60) + took.saturating_sub(Duration::from_millis(60)) * moment / moments();
        let before = lab.last_job();
        let mut ssh = lab.verb("alumno1", act);
        let ssh = ssh.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(delay);
        lab.kill9();
        let heard = ssh.wait_with_output().unwrap();
        lab.lab("start", &[]).well();
        if moment % 3 == 1 {
            // And again, while it settles what the first one left.
            std::thread::sleep(Duration::from_millis(u64::from(moment) * 20));
            lab.kill9();
            lab.lab("start", &[]).well();
        }
        lab.settled();
        let job = lab.last_job();
        let begun = job != before;
        let what = format!("killed after {} ms of `{act}`", delay.as_millis());
        lab.named(&what, || {
            lab.nothing_half();
            if begun {
                assert!(job["state"] == "done" || job["state"] == "undone", "{job}");
                look(lab, &job);
                lab.nothing_half();
            }
            assert!(heard.status.code() != Some(0) || job["state"] == "done", "{heard:?} but {job}");
        });
        let end = if begun { job["state"].as_str().unwrap() } else { "not begun" };
        ends.push(format!("{} ms {end}", delay.as_millis()));
    }
    eprintln!("           {act} ({} ms): {}", took.as_millis(), ends.join(", "));
}
