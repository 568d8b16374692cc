//! A practice on a real engine: its machines know each other by name, whatever becomes of them, and a killed puerta goes on.

use crate::house::{Lab, wait};
use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

const PAIR: &str = include_str!("../../contrib/practices/pareja.toml");

fn publish(lab: &Lab, file: &str) {
    let mut ssh = lab.verb("profesor", "practice publish --course demo-2026");
    let mut child = ssh.stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(file.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}

/// Where `name` is to a program inside `vm`.
fn known(lab: &Lab, vm: &str, name: &str) -> String {
    let script = format!("ping -c 1 -W 2 {name} | sed -n 's/^PING [^(]*(\\([0-9.]*\\)).*/\\1/p'");
    lab.inside_new(vm, &script).out.trim().to_owned()
}

fn address(lab: &Lab, name: &str) -> String {
    lab.vm(name).unwrap()["address"].as_str().unwrap().to_owned()
}

pub(crate) fn practice(lab: &Lab) {
    publish(lab, PAIR);
    let begun = lab.ok("alumno1", "practice start pareja");
    assert!(begun.contains("2 of 2"), "{begun}");
    assert_eq!(known(lab, "web", "db"), address(lab, "db"));
    assert_eq!(known(lab, "db", "web"), address(lab, "web"));
    // What the owner writes there stays, and wins.
    lab.inside_new("web", "sed -i '1i 127.0.0.9 mine' /etc/hosts").well();

    // Made again somewhere else it is known there, by those that were there all the time.
    let before = address(lab, "db");
    lab.ok("alumno1", "vm delete db --yes");
    wait("nobody calls its old address by its name", Duration::from_secs(30), || {
        known(lab, "web", "db").is_empty()
    });
    lab.ok("alumno1", "vm create other --template mini");
    let mended = lab.ok("alumno1", "practice start pareja");
    assert!(mended.contains("1 of 1"), "{mended}");
    assert_ne!(address(lab, "db"), before);
    wait("web knows where db is now", Duration::from_secs(30), || {
        known(lab, "web", "db") == address(lab, "db")
    });
    assert_eq!(lab.inside_new("web", "head -n 1 /etc/hosts").out, "127.0.0.9 mine\n");
    lab.ok("alumno1", "vm delete other --yes");
    lab.ok("alumno1", "practice stop pareja");
    assert_eq!(lab.state("web"), "stopped");

    // Killed in the middle, it goes on: both are there, whole, and nobody asked again.
    for name in ["web", "db"] {
        lab.ok("alumno1", &format!("vm delete {name} --yes"));
    }
    let mut asking = lab.verb("alumno1", "practice start pareja").stdout(Stdio::null()).spawn().unwrap();
    wait("both are being made", Duration::from_secs(30), || lab.instances().len() == 2);
    lab.kill9();
    asking.wait().unwrap();
    lab.lab("restart", &[]).well();
    lab.settled();
    for name in ["web", "db"] {
        assert_eq!(lab.state(name), "running", "{name}");
    }
    assert_eq!(known(lab, "web", "db"), address(lab, "db"));
    let parents = lab.json("alumno1", "job list");
    assert_eq!(parents[0]["machines"], serde_json::json!([2, 2, 0]), "{parents}");
    for name in ["web", "db"] {
        lab.ok("alumno1", &format!("vm delete {name} --yes"));
    }
    lab.ok("profesor", "practice remove pareja --course demo-2026 --yes");
}
