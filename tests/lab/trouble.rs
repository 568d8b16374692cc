//! What breaks around puerta: the engine away, no room, machines too large to keep.

use crate::house::{Lab, Said, wait};
use std::process::Stdio;
use std::time::Duration;

const AWAY: &str = "the engine does not answer";

#[test]
fn trouble_around_it() {
    let lab = Lab::up("trouble", &[]);
    let lab = &lab;
    lab.step("two machines and a backup", || {
        lab.ok("alumno1", "vm create web1 --template mini");
        lab.ok("alumno1", "vm create web2 --template mini");
        lab.inside(
            "web1",
            "dd if=/dev/urandom of=/root/much bs=1M count=40 2>/dev/null; echo uno >/root/word",
        )
        .well();
        lab.ok("alumno1", "vm backup web1 --yes");
    });
    lab.step("the engine is away", || away(lab));
    lab.step("what a killed start left on the node", || held(lab));
    lab.step("the engine goes away during a backup", || cut(lab, "vm backup web1 --yes"));
    lab.step("... during a restore", || cut(lab, "vm restore web1 --yes"));
    lab.step("... during a creation", || cut(lab, "vm create web3 --template mini"));
    lab.step("... during a removal", || cut(lab, "vm delete web2 --yes"));
    lab.step("the backups' disk is full", || full(lab));
    lab.step("bounds of a backup", || bounds(lab));
}

fn away(lab: &Lab) {
    lab.lab("stop", &["nodo01"]).well();
    for verb in [
        "vm create web9 --template mini",
        "vm start web1",
        "vm stop web1",
        "vm restart web1",
        "vm backup web1 --yes",
        "template list",
    ] {
        let said = lab.run("alumno1", verb).fails(2, AWAY);
        assert!(said.took < Duration::from_secs(10), "{verb}: {said:?}");
    }
    assert_eq!(lab.state("web1"), "unreachable");
    assert!(lab.ok("alumno1", "whoami").contains("alumno1"));
    lab.ok("alumno1", "vm show web1");
    lab.ok("alumno1", "job list");
    lab.ok("alumno1", "backup list");
    let mut add = lab.verb("alumno1", "key add");
    let key = std::fs::File::open(lab.dir.join("keys/profesor.pub")).unwrap();
    let added = add.stdin(Stdio::from(key)).output().unwrap();
    assert!(added.status.success(), "{added:?}");
    lab.ok("alumno1", "key list");
    lab.ok("alumno1", "key remove 2 --yes");
    // Machines go on without their daemon, and so does the way to them.
    assert_eq!(lab.inside("web1", "cat /root/word").well(), "uno\n");
    lab.lab("start", &["nodo01"]).well();
    lab.settled();
    for verb in ["vm stop web1", "vm start web1", "vm backup web1 --yes"] {
        lab.ok("alumno1", verb);
    }
    assert!(lab.vm("web9").is_none());
    lab.nothing_half();
}

/// An incusd killed in the middle of a start leaves a pair of veths and the route to the machine's
/// address; the node's sweep takes them away before incusd starts again.
fn held(lab: &Lab) {
    let address = lab.vm("web2").unwrap()["address"].as_str().unwrap().to_owned();
    let on_node = |words: &str| {
        let mut all = vec!["nodo01", "--", "ip"];
        all.extend(words.split(' '));
        lab.lab("exec", &all).well()
    };
    lab.ok("alumno1", "vm stop web2");
    on_node("link add veth0badcafe type veth peer name veth1badcafe");
    on_node("link set veth0badcafe up");
    on_node(&format!("route add {address}/32 dev veth0badcafe"));
    lab.run("alumno1", "vm start web2").fails(2, "its address is still held on its node");
    assert_eq!(lab.state("web2"), "stopped");
    lab.lab("restart", &["nodo01"]).well();
    lab.ok("alumno1", "vm start web2");
    lab.inside("web1", "true").well();
    assert!(!on_node("-o link show type veth").contains("badcafe"));
}

/// The engine's daemon is killed in the middle of a job, and comes back.
fn cut(lab: &Lab, act: &str) {
    let archive = act.starts_with("vm backup") || act.starts_with("vm restore");
    for &delay in if archive { &[250, 600][..] } else { &[400] } {
        if act.starts_with("vm delete") && lab.vm("web2").is_none() {
            lab.ok("alumno1", "vm create web2 --template mini");
        }
        let mut ssh = lab.verb("alumno1", act);
        let ssh = ssh.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(delay));
        let pid = std::fs::read_to_string(lab.dir.join("n1.pid")).unwrap();
        let pid = rustix::process::Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
        std::thread::sleep(Duration::from_millis(1500));
        assert!(lab.ok("alumno1", "vm list").contains("web1"));
        lab.lab("start", &["nodo01"]).well();
        let heard = ssh.wait_with_output().unwrap();
        lab.settled();
        let job = lab.last_job();
        let text = String::from_utf8_lossy(&heard.stderr);
        eprintln!(
            "           {act}, {delay} ms: {:?} {} {}",
            heard.status.code(),
            job["state"],
            text.lines().last().unwrap_or_default()
        );
        lab.nothing_half();
        match heard.status.code() {
            Some(0) => assert_eq!(job["state"], "done"),
            // It failed and left nothing, or it went on when the engine was back.
            Some(2) => assert!(text.contains(AWAY), "{text}"),
            other => panic!("{other:?}: {text}"),
        }
        assert_eq!(lab.state("web1"), "running");
        wait("ssh answers", Duration::from_secs(10), || lab.inside("web1", "true").code == 0);
        assert_eq!(lab.inside("web1", "cat /root/word").well(), "uno\n");
        lab.ok("alumno1", "vm backup web1 --yes");
        if lab.vm("web3").is_some() {
            lab.ok("alumno1", "vm delete web3 --yes");
        }
    }
}

fn full(lab: &Lab) {
    let original = lab.config();
    // A small disk of its own for the backups, in puerta's own mounts and nowhere else: the lab has none
    // of its own in this host's, so the file system is a quota of puerta's on a file instead.
    let small = lab.dir.join("small");
    std::fs::create_dir_all(&small).unwrap();
    let mut mount = std::process::Command::new("mount");
    Said::of(mount.args(["-t", "tmpfs", "-o", "size=64m,mode=0700", "tmpfs"]).arg(&small)).well();
    let mounted = Mounted(&small);
    let before = lab.backups("web1");
    // Where there are backups their folder is not made by a start: it might be unmounted. Its mark says that
    // this empty one is meant.
    std::fs::create_dir(small.join("b")).unwrap();
    std::fs::write(small.join("b/puerta-backups"), "").unwrap();
    lab.configure(&original, &format!("[backup]\ndir = {:?}", small.join("b")));
    lab.inside("web1", "rm /root/much; dd if=/dev/urandom of=/root/some bs=1M count=12 2>/dev/null").well();
    lab.ok("alumno1", "vm backup web1 --yes");
    lab.ok("alumno1", "vm backup web1 --yes");
    let kept = || -> Vec<_> {
        let mut files: Vec<_> =
            std::fs::read_dir(small.join("b/1")).unwrap().map(|file| file.unwrap().path()).collect();
        files.retain(|file| !file.ends_with("seat.json"));
        files.sort();
        files
    };
    let old = kept();
    assert_eq!(old.len(), 2, "{old:?}");
    lab.inside("web1", "dd if=/dev/urandom of=/root/more bs=1M count=40 2>/dev/null").well();
    lab.run("alumno1", "vm backup web1 --yes").fails(2, "disk is full");
    assert_eq!(kept(), old, "a backup is gone, or a part is left");
    assert_eq!(lab.state("web1"), "running");
    assert!(lab.backups("web1").iter().filter(|name| !before.contains(name)).count() == 2);
    lab.inside("web1", "rm /root/more").well();
    for name in lab.backups("web1") {
        if !before.contains(&name) {
            lab.ok("alumno1", &format!("backup delete {name} --yes"));
        }
    }
    lab.configure(&original, "");
    drop(mounted);
    for name in lab.backups("web1") {
        lab.ok("alumno1", &format!("backup delete {name} --yes"));
    }
    for file in lab.archives() {
        // Those that `keep` let go while the archives lay elsewhere.
        std::fs::remove_file(file).unwrap();
    }
    lab.ok("alumno1", "vm backup web1 --yes");
    lab.nothing_half();
}

struct Mounted<'a>(&'a std::path::Path);

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(self.0).status();
    }
}

fn bounds(lab: &Lab) {
    let original = lab.config();
    let ticking = |what: &str| {
        assert_eq!(lab.state("web1"), "running", "{what}");
        lab.inside("web1", "true").well();
        lab.nothing_half();
        assert_eq!(lab.backups("web1").len(), 1, "{what}");
    };
    lab.configure(&original, "[backup]\nmax_mib = 8");
    lab.inside("web1", "dd if=/dev/urandom of=/root/more bs=1M count=40 2>/dev/null").well();
    lab.run("alumno1", "vm backup web1 --yes").fails(1, "more than the lab allows for one backup");
    ticking("larger than max_mib");
    lab.inside("web1", "rm /root/more").well();

    lab.configure(&original, "[backup]\nmax_unpacked_mib = 64");
    lab.inside("web1", "dd if=/dev/zero of=/root/zeros bs=1M count=100 2>/dev/null").well();
    lab.run("alumno1", "vm backup web1 --yes").fails(1, "more than the lab allows for one backup");
    ticking("larger than max_unpacked_mib");
    lab.inside("web1", "rm /root/zeros").well();

    // A hole: quick to make, slow to pack. (20 GB by hand: the same, and Incus packs on for minutes.)
    lab.configure(&original, "[backup]\ndeadline_s = 10");
    lab.inside("web1", "truncate -s 4G /root/hole").well();
    let said = lab.run("alumno1", "vm backup web1 --yes");
    eprintln!(
        "           a hole of 4 GB: {} in {:.1} s: {}",
        said.code,
        said.took.as_secs_f32(),
        said.err.trim()
    );
    let said = said.fails(1, "more than the lab allows for one backup");
    assert!(said.took < Duration::from_secs(25), "{said:?}");
    // It must go on at once, whatever the engine still does with the copy.
    assert_eq!(lab.inside("web1", "rm /root/hole; echo va").well(), "va\n");
    lab.settled();
    ticking("the deadline");
    lab.configure(&original, "");
    lab.ok("alumno1", "vm backup web1 --yes");
    lab.nothing_half();
}
