//! PuTTY, and one puerta behind another.

use crate::support::pty::Pty;
use crate::support::{House, Said, text};
use crate::{ASKED, at_terminal, proved};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

/// One puerta as the jump, another as what is reached through it; each asks for its own code.
#[test]
fn as_the_jump_and_as_the_destination() {
    let jump = House::new("");
    jump.ok("alumno1", &["vm", "create", "web1", "--template", "mini"]);
    let shown = jump.ok("alumno1", &["vm", "show", "web1", "--json"]);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    // The simulated machine's address on loopback: the other puerta listens there.
    let address = shown["address"].as_str().unwrap().replacen("10.", "127.", 1);
    let mut house = House::founded("");
    let toml = std::fs::read_to_string(house.config()).unwrap();
    let here = format!("\"127.0.0.1:{}\"", house.port);
    let both = toml.replace(&here, &format!("{here}, \"{address}:{}\"", house.port));
    std::fs::write(house.config(), both).unwrap();
    house.start();
    let (mut outer, mut inner) = (jump.add_factor("profesor"), house.add_factor("profesor"));
    let part = |name: &str, house: &House, host: &str| {
        format!(
            "Host {name}\n HostName {host}\n Port {}\n User profesor\n IdentityFile {}\n \
             HostKeyAlias [127.0.0.1]:{}\n UserKnownHostsFile {}\n",
            house.port,
            text(&house.key("profesor")),
            house.port,
            text(&house.dir.join("known_hosts")),
        )
    };
    let rest = "Host *\n IdentitiesOnly yes\n StrictHostKeyChecking yes\n PasswordAuthentication no\n \
                NumberOfPasswordPrompts 1\n";
    let config = part("jump", &jump, "127.0.0.1") + &part("there", &house, "web1.alumno1") + rest;
    std::fs::write(jump.dir.join("config"), config).unwrap();
    // The question names the host by its alias, so by its port.
    let answer =
        format!("#!/bin/sh\ncase \"$1\" in *:{}*) echo \"$INNER\";; *) echo \"$OUTER\";; esac\n", house.port);
    let asked = jump.dir.join("answer-both");
    std::fs::write(&asked, answer).unwrap();
    std::fs::set_permissions(&asked, std::fs::Permissions::from_mode(0o755)).unwrap();
    let ssh = |outer: &str, inner: &str| -> Said {
        let mut ssh = Command::new("ssh");
        ssh.arg("-F").arg(jump.dir.join("config")).env_remove("SSH_AUTH_SOCK");
        ssh.env("SSH_ASKPASS", &asked).env("SSH_ASKPASS_REQUIRE", "force");
        ssh.env("OUTER", outer).env("INNER", inner);
        ssh.args(["-J", "jump", "there", "whoami", "--json"]).stdin(Stdio::null()).output().unwrap().into()
    };
    assert!(proved(&ssh(&outer.next_of_paper(), &inner.next_of_paper())));
    let wrong = ssh(&outer.next_of_paper(), &outer.next_of_paper());
    assert!(wrong.code == 255 && wrong.err.contains("web1.alumno1: Permission denied"), "{wrong:?}");
    let wrong = ssh(&inner.next_of_paper(), &inner.next_of_paper());
    assert!(wrong.code == 255 && wrong.err.contains("127.0.0.1: Permission denied"), "{wrong:?}");
}

#[test]
fn putty_is_asked_too() {
    let house = House::new("");
    let mut telephone = house.add_factor("profesor");
    let mut ssh = at_terminal(&house, "profesor", &telephone.next_of_paper(), &["passwd"]);
    for prompt in ["New password: ", "Again: "] {
        ssh.until(prompt);
        ssh.send("una llave de laboratorio\r");
    }
    assert_eq!(ssh.end().code, 0);
    let ppk = house.key("profesor").with_extension("ppk");
    let made = Command::new("puttygen")
        .arg(house.key("profesor"))
        .args(["-O", "private", "-o", text(&ppk)])
        .status();
    assert!(made.unwrap().success());
    let host = house.dir.join("state/ssh_host_ed25519_key.pub");
    let known: Said = Command::new("ssh-keygen").args(["-lf", text(&host)]).output().unwrap().into();
    let fingerprint = known.out.split(' ').nth(1).unwrap().to_owned();
    let port = house.port.to_string();
    let plink = |more: &[&str]| {
        let mut plink = Command::new("plink");
        plink.args(["-ssh", "-noagent", "-no-antispoof", "-P", &port, "-hostkey", &fingerprint]).args(more);
        plink
            .env("HOME", &house.dir)
            .env_remove("LANG")
            .arg(House::at("profesor"))
            .args(["whoami", "--json"]);
        plink
    };
    // With a key, and with the password on its command line: the code is asked for at the terminal.
    for first in [&["-i", text(&ppk)][..], &["-pw", "una llave de laboratorio"]] {
        let mut terminal = Pty::new(&plink(first));
        terminal.until(ASKED);
        terminal.send(&format!("{}\r", telephone.next_of_paper()));
        terminal.until("\"proved\":true");
        assert_eq!(terminal.end().code, 0);
    }
    let mut batch = plink(&["-batch", "-i", text(&ppk)]);
    let said: Said = batch.stdin(Stdio::null()).output().unwrap().into();
    assert_ne!(said.code, 0, "{said:?}");
}
