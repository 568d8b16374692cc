//! A real Debian 12, with systemd and OpenSSH, in a machine.

use crate::house::{Lab, wait};
use std::time::Duration;

#[test]
fn debian_12() {
    let lab = Lab::up("debian", &["--debian"]);
    lab.step("create", || {
        lab.ok("alumno1", "vm create deb --template debian-12");
        wait("ssh answers", Duration::from_secs(60), || lab.inside("deb", "true").code == 0);
    });
    let key = || {
        let known = std::fs::read_to_string(lab.dir.join("known_machines")).unwrap();
        known.lines().find(|line| line.starts_with("deb ")).unwrap().to_owned()
    };
    let before = key();
    lab.step("it is what it says", || {
        let script =
            "hostname; . /etc/os-release; echo $VERSION_ID; cat /proc/1/comm; ip -4 -o addr show dev eth0";
        let said = lab.inside("deb", script).well();
        assert!(said.starts_with("deb\n12\nsystemd\n"), "{said}");
        assert!(said.contains(lab.vm("deb").unwrap()["address"].as_str().unwrap()), "{said}");
    });
    lab.step("backup and restore", || {
        lab.inside("deb", "echo bueno >/root/word").well();
        lab.ok("alumno1", "vm backup deb --yes");
        lab.inside("deb", "rm -rf /root/word /usr/lib/systemd /etc/ssh").well();
        lab.ok("alumno1", "vm restore deb --yes");
        wait("ssh answers", Duration::from_secs(60), || lab.inside("deb", "true").code == 0);
        assert_eq!(lab.inside("deb", "cat /root/word; systemctl is-active ssh").well(), "bueno\nactive\n");
        assert_eq!(key(), before);
    });
    lab.step("stop asks systemd", || {
        let begun = std::time::Instant::now();
        lab.ok("alumno1", "vm stop deb");
        assert!(begun.elapsed() < Duration::from_secs(9), "it was forced");
        lab.ok("alumno1", "vm delete deb --yes");
        lab.nothing_half();
    });
}
