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
    wait("the size arrives", Duration::from_secs(5), || {
        inside.send("stty size\r");
        inside.until("stty size\r\n");
        inside.until("\r\n").contains("50 132")
    });
    // Ctrl-C stops what runs; the shell that still reads the line takes the first ones.
    inside.send("sleep 100; echo status $?\r");
    inside.until("status $?\r\n");
    wait("Ctrl-C stops it", Duration::from_secs(5), || {
        inside.send("\x03");
        std::thread::sleep(Duration::from_millis(200));
        inside.all().contains("status 130")
            || lab.incus(&["exec", &instance, "--", "ps"]).matches("sleep 100").count() == 0
    });
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
