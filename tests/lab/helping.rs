//! A teacher in a student's machine: their key is in it while they are, and only then.

use crate::house::{Lab, Said, wait};
use std::process::Command;
use std::time::Duration;

/// `ssh -J profesor@puerta root@web1.alumno1` with the teacher's key and no other.
fn teacher(lab: &Lab, script: &str) -> Said {
    let proxy = format!("ssh -F {}/ssh_config -o BatchMode=yes -W %h:%p profesor@puerta", lab.dir.display());
    let mut ssh = Command::new("ssh");
    ssh.args(["-F", "none", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-i"]);
    ssh.arg(lab.dir.join("keys/profesor")).env_remove("SSH_AUTH_SOCK");
    ssh.args(["-o", "UserKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=accept-new"]);
    ssh.arg("-o").arg(format!("ProxyCommand={proxy}")).args(["root@web1.alumno1", script]);
    Said::of(&mut ssh)
}

pub(crate) fn by_a_teacher(lab: &Lab) {
    let key = std::fs::read_to_string(lab.dir.join("keys/profesor.pub")).unwrap();
    let key: Vec<_> = key.split(' ').take(2).collect();
    let key = key.join(" ");
    let inside = "cat /root/.ssh/authorized_keys";
    assert!(!lab.inside("web1", inside).well().contains(&key), "it is there before");
    let keys = teacher(lab, inside).well();
    assert!(keys.contains(&key), "{keys}");
    wait("the key is out", Duration::from_secs(20), || !lab.inside("web1", inside).well().contains(&key));
    let mine = lab.json("alumno1", "audit mine").to_string();
    assert!(mine.contains("vm-enter") && mine.contains("profesor"), "{mine}");
    // Killed while they are in: the next puerta takes it out.
    let mut ssh = lab.client("ssh");
    ssh.args(["-W", "web1.alumno1:22", "profesor@puerta"]);
    let mut there =
        ssh.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::null()).spawn().unwrap();
    wait("the key is in", Duration::from_secs(20), || lab.inside("web1", inside).well().contains(&key));
    lab.kill9();
    let _ = there.wait();
    lab.lab("start", &[]).well();
    wait("the key is out", Duration::from_secs(30), || !lab.inside("web1", inside).well().contains(&key));
}
