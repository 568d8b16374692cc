//! A client that has nothing but what `ssh-config` printed enters its machines without a question or a warning, whatever
//! becomes of them.

use crate::house::{Lab, Said, wait};
use std::time::Duration;

/// What is printed, with what this client knows of the lab before it: where the door is, and with which key it comes in.
fn client(lab: &Lab, words: &str) -> String {
    let dir = lab.dir.display();
    let port = std::fs::read_to_string(lab.dir.join("port")).unwrap();
    let port = port.trim();
    let before = format!(
        "Host puerta\n    HostName 127.0.0.1\n    Port {port}\n    HostKeyAlias [127.0.0.1]:{port}\n    \
         UserKnownHostsFile {dir}/known_hosts\nHost *\n    IdentityFile {dir}/keys/alumno1\n    IdentitiesOnly yes\n    \
         ControlPath {dir}/m-%C\n\n"
    );
    let file = format!("{dir}/printed");
    let printed = lab.ok("alumno1", words);
    // It is no file of this account's, as it would be a person's.
    let printed = printed.replace("/usr/bin/ssh -T", &format!("/usr/bin/ssh -F {file} -o BatchMode=yes -T"));
    let printed = printed.replace("~/.ssh/known_hosts.puerta", &format!("{dir}/known_hosts.puerta"));
    std::fs::write(&file, before + &printed).unwrap();
    file
}

/// A login that is right once the machine's sshd is there; nothing is said beside it.
fn enters(file: &str, name: &str) {
    let ssh = || {
        let mut ssh = std::process::Command::new("ssh");
        ssh.args(["-F", file, "-o", "BatchMode=yes", "-o", "ConnectTimeout=15", name, "echo in"]);
        Said::of(ssh.env_remove("SSH_AUTH_SOCK"))
    };
    wait("it enters", Duration::from_secs(30), || {
        let said = ssh();
        assert!(!said.err.contains("WARNING") && !said.err.contains("Permanently added"), "{name}: {said:?}");
        (said.code, said.out.as_str()) == (0, "in\n")
    });
}

pub(crate) fn known(lab: &Lab) {
    lab.ok("alumno1", "vm create web1 --template mini");
    let file = client(lab, "ssh-config");
    let keys = |name: &str| lab.json("alumno1", &format!("known-hosts {name}"))[0]["keys"].clone();
    for name in ["web1", "web1.alumno1", "web1.alumno1.virtuales"] {
        enters(&file, name);
    }
    let first = keys("web1");
    assert_eq!(first[0]["algorithm"], "ssh-ed25519");
    assert!(lab.ok("alumno1", "vm show web1").contains(first[0]["fingerprint"].as_str().unwrap()));

    // A stopped one says its keys too.
    lab.ok("alumno1", "vm backup web1 --yes");
    lab.ok("alumno1", "vm stop web1");
    assert_eq!(keys("web1"), first);
    lab.ok("alumno1", "vm start web1");
    enters(&file, "web1");

    // Made again: its old key, which it has and not only puerta. With a new one: known as well. Restored beside: another
    // machine, by its pattern.
    for (words, same) in [("", true), (" --new-keys", false)] {
        lab.ok("alumno1", "vm delete web1 --yes");
        lab.ok("alumno1", &format!("vm create web1 --template mini{words}"));
        enters(&file, "web1");
        assert_eq!(keys("web1") == first, same, "{words}");
    }
    lab.ok("alumno1", "vm backup web1 --yes");
    lab.ok("alumno1", "vm restore web1 --yes");
    enters(&file, "web1");
    lab.ok("alumno1", "vm restore web1 --as copia --yes");
    enters(&file, "copia.alumno1.virtuales");
    lab.ok("alumno1", "vm delete copia --yes");

    // Its root writes what they like: it is no key, or theirs, and nothing is opened that is no file.
    let key = "/etc/dropbear/dropbear_ecdsa_host_key";
    for made in ["head -c 100000 /dev/urandom >", "mkfifo", "ln -s /dev/zero", "mkdir"] {
        lab.inside_new("web1", &format!("rm -rf {key}; {made} {key}")).well();
        assert_eq!(keys("web1").as_array().unwrap().len(), 1, "{made}");
    }
    lab.inside_new("web1", &format!("rm -rf {key}")).well();

    // The same with a file, for a client that cannot ask.
    let file = client(lab, "ssh-config --file");
    std::fs::write(lab.dir.join("known_hosts.puerta"), lab.ok("alumno1", "known-hosts")).unwrap();
    enters(&file, "web1");
    lab.run("alumno2", "known-hosts web1.alumno1").fails(1, "no machine");

    lab.ok("alumno1", "vm delete web1 --yes");
    for backup in lab.backups("web1") {
        lab.ok("alumno1", &format!("backup delete {backup} --yes"));
    }
    let _ = std::fs::remove_file(lab.dir.join("known_machines"));
}
