//! The lab program itself: twice, killed half-way, two at once, and nothing left.

use crate::house::{Lab, Said, folder, program};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

#[test]
fn the_lab_itself() {
    let lab = Lab::up("itself", &[]);
    lab.step("up again changes nothing", || {
        lab.ok("alumno1", "vm create web1 --template mini");
        let before = lab.env();
        lab.lab("up", &[]).well();
        assert_eq!(lab.env(), before);
        assert_eq!(lab.state("web1"), "running");
        let status = lab.lab("status", &[]).well();
        assert!(status.contains("incusd answers") && status.contains("process"), "{status}");
    });
    lab.step("up after the end of everything, machines included", || {
        // What a reboot of this computer leaves: DIR, and no process and no namespace.
        let pids = Said::of(
            Command::new("grep").args(["-lsz", &format!("^PUERTA_LAB={}$", tag(&lab.dir))]).args(environs()),
        );
        for pid in pids.out.lines().filter_map(|line| line.split('/').nth(2)) {
            let pid = rustix::process::Pid::from_raw(pid.parse().unwrap()).unwrap();
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
        for namespace in namespaces(&lab.dir) {
            Said::of(Command::new("ip").args(["netns", "del", &namespace])).well();
        }
        lab.lab("up", &[]).well();
        lab.settled();
        crate::house::wait("the machine is back", Duration::from_secs(20), || lab.state("web1") == "running");
        crate::house::wait("and answers", Duration::from_secs(10), || lab.inside("web1", "true").code == 0);
    });
    lab.step("another lab beside it, killed at many moments of its `up`", || {
        for moment in 0..6 {
            let other = Other { dir: folder("other") };
            let mut up = other.command("up");
            // A group of its own, as a terminal's Ctrl-C or a closed window would end it.
            let mut up = up.process_group(0).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            std::thread::sleep(Duration::from_millis(100 + 450 * moment));
            up.kill().unwrap();
            up.wait().unwrap();
            Said::of(&mut other.command("down")).well();
            nothing_left(&other.dir);
        }
        assert_eq!(lab.inside("web1", "hostname").well().trim(), "web1");
    });
    lab.step("killed half-way, `up` completes it; two at once", || {
        let other = Other { dir: folder("other") };
        let mut up = other.command("up");
        let mut up = up.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(1200));
        up.kill().unwrap();
        up.wait().unwrap();
        let said = Said::of(&mut other.command("up"));
        assert_eq!(said.code, 0, "{said:?}");
        assert!(said.out.contains("ready in"), "{said:?}");
        lab.ok("alumno1", "vm backup web1 --yes");
        lab.nothing_half();
        Said::of(&mut other.command("down")).well();
        nothing_left(&other.dir);
    });
    lab.step("a frozen machine does not hold `down` up", || {
        lab.incus(&["pause", "vm-66"]);
        lab.lab("down", &[]).well();
        nothing_left(&lab.dir);
    });
    let dir = lab.dir.clone();
    drop(lab);
    nothing_left(&dir);
}

struct Other {
    dir: std::path::PathBuf,
}

impl Other {
    fn command(&self, verb: &str) -> Command {
        let mut command = Command::new(program());
        command.arg(verb).arg("--dir").arg(&self.dir).stdin(Stdio::null());
        command.env("PUERTA_BIN", env!("CARGO_BIN_EXE_puerta"));
        command
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.command("down").status();
    }
}

/// What everything of a lab outside its folder is named after.
fn tag(dir: &Path) -> String {
    use sha2::{Digest, Sha256};
    let sum = Sha256::digest(dir.to_str().unwrap().as_bytes());
    sum.iter().take(3).map(|byte| format!("{byte:02x}")).collect()
}

fn environs() -> Vec<String> {
    let all =
        std::fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    all.filter(|name| name.parse::<u32>().is_ok()).map(|pid| format!("/proc/{pid}/environ")).collect()
}

fn namespaces(dir: &Path) -> Vec<String> {
    let prefix = format!("puerta-{}-", tag(dir));
    let Ok(all) = std::fs::read_dir("/run/netns") else { return Vec::new() };
    let names = all.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with(&prefix)).collect()
}

#[track_caller]
fn nothing_left(dir: &Path) {
    assert!(!dir.exists(), "{} is there", dir.display());
    assert_eq!(namespaces(dir), Vec::<String>::new());
    let tag = tag(dir);
    let mark = format!("PUERTA_LAB={tag}");
    let marked = environs().into_iter().filter(|file| {
        std::fs::read(file).is_ok_and(|all| all.split(|byte| *byte == 0).any(|one| one == mark.as_bytes()))
    });
    assert_eq!(marked.collect::<Vec<_>>(), Vec::<String>::new(), "processes are left");
    let mounts = std::fs::read_to_string("/proc/mounts").unwrap();
    assert!(!mounts.contains(dir.to_str().unwrap()), "{mounts}");
    let etc = std::fs::read_dir("/etc/netns").into_iter().flatten();
    let etc = etc.filter(|entry| entry.as_ref().unwrap().file_name().to_str().unwrap().contains(&tag));
    assert_eq!(etc.count(), 0, "/etc/netns");
}
