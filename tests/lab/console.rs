//! A machine that nobody can get into any more, and its console.

use crate::house::{Lab, wait};
use crate::support::pty::Pty;
use std::process::Command;
use std::time::Duration;

fn console(lab: &Lab) -> Pty {
    let mut ssh = Command::new("ssh");
    ssh.arg("-F").arg(lab.dir.join("ssh_config")).args(["-o", "BatchMode=yes", "-tt", "alumno1@puerta"]);
    ssh.args(["vm", "console", "web1"]);
    Pty::new(&ssh)
}

pub(crate) fn without_network(lab: &Lab) {
    let instance = lab.instances()[0]["name"].as_str().unwrap().to_owned();
    let script = "killall dropbear sshd; ip link set eth0 down; true";
    lab.incus(&["exec", &instance, "--", "sh", "-c", script]);
    assert_ne!(lab.inside("web1", "true").code, 0, "there is a way in still");

    let mut inside = console(lab);
    inside.until("# ");
    inside.send("stty size\r");
    inside.until("\r\n24 80\r\n");
    inside.resize(50, 132);
    // The machine's shell redraws its line as it likes: only what the commands themselves say is looked at.
    wait("the size arrives", Duration::from_secs(10), || {
        inside.send("stty size\r");
        std::thread::sleep(Duration::from_millis(200));
        inside.all().contains("\r\n50 132\r\n")
    });
    let sleeps = || lab.incus(&["exec", &instance, "--", "ps"]).contains("sleep 100");
    inside.send("sleep 100\r");
    wait("it runs", Duration::from_secs(10), sleeps);
    inside.send("\x03");
    wait("Ctrl-C stops it", Duration::from_secs(10), || !sleeps());
    inside.send("\rexit 7\r");
    assert_eq!(inside.end().code, 7);

    // Left by its key, the machine goes on; deleted or stopped, the console ends.
    let mut left = console(lab);
    left.until("# ");
    left.send("\x1d");
    assert_eq!(left.end().code, 0);
    let mut stopped = console(lab);
    stopped.until("# ");
    lab.ok("alumno1", "vm stop web1 --force");
    let said = stopped.end();
    assert!(said.out.contains("vm start web1"), "{said:?}");
    lab.ok("alumno1", "vm start web1");
    wait("sshd answers again", Duration::from_secs(20), || lab.inside("web1", "true").code == 0);
}
