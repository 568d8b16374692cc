//! Templates of real machines: what goes into one, what two clones have in common, and what stays in the
//! engine.

use crate::house::{Lab, Said, wait};
use std::process::Stdio;
use std::time::Duration;

/// Root of a machine, by the key of its seat's owner, whatever its host key is now.
fn root(lab: &Lab, login: &str, vm: &str, script: &str) -> Said {
    let mut ssh = lab.client("ssh");
    ssh.arg("-i").arg(lab.dir.join("keys").join(login));
    ssh.args(["-o", "UserKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=accept-new"]);
    Said::of(ssh.args(["-J", &format!("{login}@puerta"), &format!("root@{vm}"), script]))
}

fn answers(lab: &Lab, login: &str, vm: &str) {
    wait("ssh answers", Duration::from_secs(60), || root(lab, login, vm, "true").code == 0);
}

/// The template's images in the engine.
fn images(lab: &Lab) -> Vec<String> {
    let all = lab.query("/1.0/images?recursion=1&project=puerta");
    let published =
        all.as_array().unwrap().iter().map(|image| image["properties"]["puerta.published"].clone());
    let mut names: Vec<_> = published.filter_map(|name| name.as_str().map(str::to_owned)).collect();
    names.sort();
    names
}

#[test]
fn templates_of_machines() {
    let lab = Lab::up("template", &["--debian"]);
    let lab = &lab;
    lab.ok("profesor", "person add profesor --course demo-2026");
    lab.step("debian-12", || debian(lab));
    lab.step("mini", || mini(lab));
    lab.step("a version in use stays", || in_use(lab));
    lab.step("killed", || killed(lab));
    lab.step("nothing is left", || lab.nothing_half());
}

/// What identifies a Debian: machine-id and host keys.
const WHO: &str =
    "cat /etc/machine-id /var/lib/dbus/machine-id 2>/dev/null; cut -d' ' -f2 /etc/ssh/ssh_host_*.pub";

fn debian(lab: &Lab) {
    lab.ok("profesor", "vm create deb --template debian-12");
    answers(lab, "profesor", "deb");
    let script =
        "set -e; mkdir -p /home/ana/.ssh /srv/git/.ssh; echo git:x:9:9::/srv/git:/bin/sh >>/etc/passwd
        cp /root/.ssh/authorized_keys /home/ana/.ssh; cp /root/.ssh/authorized_keys /srv/git/.ssh
        echo secreto >/root/.bash_history; echo secreto >/tmp/resto; echo bueno >/root/word
        ln /etc/ssh/ssh_host_rsa_key /root/copia; ln -s /etc/ssh/ssh_host_rsa_key /root/enlace
        mv /etc/ssh/ssh_host_ecdsa_key /srv/llave; ln -s /srv/llave /etc/ssh/ssh_host_ecdsa_key
        rm /etc/systemd/system/multi-user.target.wants/ssh-host-keys.service
        echo address 10.0.0.0 >/root/otra; sync";
    root(lab, "profesor", "deb", script).well();
    let mut known: Vec<String> = vec![root(lab, "profesor", "deb", WHO).well()];
    assert!(known[0].lines().count() > 4, "{known:?}");
    let publish = "template publish deb --name tomcat --ports 8080 --description 'Tomcat 10'";
    lab.run("profesor", publish).fails(1, "vm stop");
    lab.ok("profesor", "vm stop deb");
    let begun = std::time::Instant::now();
    let said = lab.ok("profesor", publish);
    eprintln!("    published in {:.1} s: {}", begun.elapsed().as_secs_f32(), said.trim());
    assert!(said.starts_with("`tomcat:1` is published"), "{said}");
    assert_eq!(images(lab), ["tomcat:1"]);
    assert!(lab.archives().is_empty(), "the archive of the template is still there");

    for login in ["alumno1", "alumno2"] {
        let said = lab.ok(login, "vm create clon --template tomcat");
        assert!(said.contains("-> clon:8080"), "{said}");
        answers(lab, login, "clon");
        known.push(root(lab, login, "clon", WHO).well());
        let said =
            root(lab, login, "clon", "cat /root/word /root/otra; hostname; systemctl is-system-running")
                .well();
        assert!(said.starts_with("bueno\naddress 10.0.0.0\nclon\n"), "{said}");
        let gone = "find /home/ana /srv/git /srv/llave /root/copia /tmp/resto /root/.bash_history -type f; \
                    grep -v '^#' /root/.ssh/authorized_keys | cut -d' ' -f2";
        let said = root(lab, login, "clon", gone).out;
        let key = std::fs::read_to_string(lab.dir.join(format!("keys/{login}.pub"))).unwrap();
        assert_eq!(
            said,
            format!("{}\n", key.split(' ').nth(1).unwrap()),
            "something of the professor's is there"
        );
    }
    // Not one key and not one id is in two of them.
    let mut lines: Vec<String> = Vec::new();
    for machine in &known {
        let mut own: Vec<_> = machine.lines().map(str::to_owned).collect();
        own.sort();
        own.dedup();
        assert!(own.len() >= 3, "{own:?}");
        lines.extend(own);
    }
    let all = lines.len();
    lines.sort();
    lines.dedup();
    assert_eq!(lines.len(), all, "{known:#?}");
    // What it was made of goes on as it was.
    lab.ok("profesor", "vm start deb");
    answers(lab, "profesor", "deb");
    assert_eq!(root(lab, "profesor", "deb", WHO).well(), known[0]);
    lab.ok("profesor", "vm stop deb");
}

fn mini(lab: &Lab) {
    lab.ok("profesor", "vm create m --template mini");
    answers(lab, "profesor", "m");
    let key = "dropbearkey -y -f /etc/dropbear/dropbear_ed25519_host_key | grep ^ssh";
    let mut keys = vec![root(lab, "profesor", "m", key).well()];
    root(lab, "profesor", "m", "echo secreto >/root/.ash_history; echo hola >/www/hola").well();
    lab.ok("profesor", "vm stop m");
    lab.ok("profesor", "template publish m --name web");
    for login in ["alumno1", "alumno2"] {
        lab.ok(login, "vm create pequena --template web");
        answers(lab, login, "pequena");
        keys.push(root(lab, login, "pequena", key).well());
        let said = root(lab, login, "pequena", "cat /www/hola; hostname; ls /root/.ash_history 2>&1").out;
        assert!(said.starts_with("hola\npequena\n") && said.contains("No such file"), "{said}");
    }
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 3, "{keys:?}");
}

fn in_use(lab: &Lab) {
    lab.ok("profesor", "template publish deb --name tomcat");
    assert_eq!(images(lab), ["tomcat:1", "tomcat:2", "web:1"]);
    lab.run("alumno1", "template retire tomcat --yes").fails(1, "help");
    let said = lab.ok("profesor", "template retire tomcat --yes");
    assert!(said.contains("`tomcat:1`") && said.contains("2 machines"), "{said}");
    wait("the one that nobody uses goes", Duration::from_secs(30), || images(lab) == ["tomcat:1", "web:1"]);
    lab.run("alumno1", "vm create otra --template tomcat").fails(1, "choose one of these");
    lab.ok("alumno1", "vm delete clon --yes");
    assert_eq!(images(lab), ["tomcat:1", "web:1"]);
    lab.kill9();
    lab.lab("restart", &[]).well();
    assert_eq!(images(lab), ["tomcat:1", "web:1"]);
    lab.ok("alumno2", "vm delete clon --yes");
    wait("its image goes with the last machine", Duration::from_secs(30), || images(lab) == ["web:1"]);
}

/// Killed while it publishes, there is a whole version or none.
fn killed(lab: &Lab) {
    for after in [100, 700, 1500, 2500] {
        let mut publish = lab.verb("profesor", "template publish deb --name corta");
        publish.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut publish = publish.spawn().unwrap();
        std::thread::sleep(Duration::from_millis(after));
        lab.kill9();
        publish.wait().unwrap();
        lab.lab("restart", &[]).well();
        wait("the job is settled", Duration::from_secs(60), || {
            let jobs = lab.json("profesor", "job list");
            jobs.as_array().unwrap().iter().all(|job| job["state"] != "running")
        });
        let listed = lab.json("profesor", "template list");
        let listed = listed.as_array().unwrap().iter().filter(|one| one["name"] == "corta").count();
        let there = || images(lab).iter().filter(|name| name.starts_with("corta:")).count();
        wait("the engine has what is listed", Duration::from_secs(30), || there() == listed);
        assert!(lab.archives().is_empty(), "an archive is left");
        if listed > 0 {
            lab.ok("profesor", "template retire corta --yes");
            wait("its image goes", Duration::from_secs(30), || there() == 0);
        }
    }
    lab.ok("profesor", "template publish deb --name corta");
    lab.ok("profesor", "vm start deb");
}
