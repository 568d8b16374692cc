//! Every way in asks: by key, password and one-time code, and whatever is done then.

use crate::support::{self, House, Said};
use crate::{ECHO, at_terminal, logins, proved};
use serde_json::Value;
use std::io::{Read, Write};
use std::process::Stdio;

/// The Bastion CVE-2023-45140: a way in that does not ask.
#[test]
fn every_path_asks() {
    let house = House::new("");
    house.ok("alumno1", &["vm", "create", "web1", "--template", "mini"]);
    let mut telephone = house.add_factor("profesor");
    let echo = format!("web1.alumno1:{ECHO}");
    // The key alone, on every path.
    let paths: [&[&str]; 5] = [&["whoami"], &["-tt"], &["-T"], &["-s", "sftp"], &["-W", &echo]];
    for path in paths {
        let mut ssh = house.ssh("profesor");
        let (before, after) = if path[0].starts_with('-') { (path, &[][..]) } else { (&[][..], path) };
        let said: Said = match path {
            ["-s", subsystem] => {
                ssh.arg("-s").arg(House::at("profesor")).arg(subsystem).output().unwrap().into()
            }
            _ => ssh.args(before).arg(House::at("profesor")).args(after).output().unwrap().into(),
        };
        assert_eq!(said.code, 255, "{path:?}: {said:?}");
        assert!(said.err.contains("Permission denied (keyboard-interactive)"), "{path:?}: {said:?}");
    }
    // With a code, exec...
    assert!(proved(&house.run_with("profesor", &telephone.next_of_paper(), &["whoami", "--json"])));
    // ... a shell, where it is typed and seen ...
    let mut shell = at_terminal(&house, "profesor", &telephone.next_of_paper(), &[]);
    shell.until("puerta> ");
    shell.send("whoami\r");
    shell.until("yes, in this login; 8 recovery codes are left");
    shell.send("exit\r");
    assert_eq!(shell.end().code, 0);
    // ... a forward ...
    let mut ssh = house.ssh_with("profesor", "", &telephone.next_of_paper());
    ssh.args(["-W", &echo]).arg(House::at("profesor")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut tunnel = ssh.spawn().unwrap();
    tunnel.stdin.take().unwrap().write_all(b"hello\n").unwrap();
    let mut heard = [0; 6];
    tunnel.stdout.take().unwrap().read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"hello\n");
    assert!(support::Killed(tunnel).0.try_wait().is_ok());
    // ... and one connection that carries many sessions and is asked once.
    let control = format!("ControlPath={}", house.dir.join("mux").display());
    let mut master = house.ssh_with("profesor", "", &telephone.next_of_paper());
    master.args(["-o", &control, "-M", "-N"]).arg(House::at("profesor")).stdin(Stdio::null());
    let master = support::Killed(master.spawn().unwrap());
    support::wait("the master is there", || house.dir.join("mux").exists());
    for _ in 0..3 {
        let mut slave = house.keyless();
        slave.args(["-o", &control, "-o", "BatchMode=yes"]).arg(House::at("profesor"));
        assert!(proved(&slave.args(["whoami", "--json"]).output().unwrap().into()));
    }
    drop(master);
    let half = |(method, why): &(String, String)| method == "publickey" && why == "no second factor";
    support::wait("each half is in the audit", || {
        logins(&house, "profesor").iter().filter(|one| half(one)).count() == 5
    });
    let logins = logins(&house, "profesor");
    let first = logins.iter().position(half).unwrap();
    let allowed: Vec<_> = logins[first..].iter().filter(|one| !half(one)).collect();
    let both = ("publickey+recovery code".to_owned(), "allowed".to_owned());
    assert_eq!(allowed, [&both; 4], "{logins:?}");
}

#[test]
fn it_follows_passwords_and_one_time_codes_too() {
    let house = House::new("");
    let mut telephone = house.add_factor("profesor");
    let paper = telephone.paper.clone();
    let mut ssh = at_terminal(&house, "profesor", &telephone.next_of_paper(), &["passwd"]);
    for prompt in ["New password: ", "Again: "] {
        ssh.until(prompt);
        ssh.send("una llave de laboratorio\r");
    }
    assert_eq!(ssh.end().code, 0);
    let with = |secret: &str, code: &str| -> Said {
        let mut ssh = house.ssh_with("profesor", secret, code);
        ssh.arg(House::at("profesor")).args(["whoami", "--json"]).stdin(Stdio::null());
        ssh.output().unwrap().into()
    };
    let code = telephone.shows(0);
    assert!(!proved_or_refused(&with("una llave de otro sitio", &code)));
    assert!(!proved_or_refused(&with("una llave de laboratorio", &telephone.wrong())));
    assert!(proved_or_refused(&with("una llave de laboratorio", &code)));
    assert!(!proved_or_refused(&with("una llave de laboratorio", &code)), "the same code twice");
    // By the method `password`, then the question.
    let mut ssh = house.ssh_with("profesor", "una llave de laboratorio", &telephone.shows(1));
    ssh.args([
        "-o",
        "PasswordAuthentication=yes",
        "-o",
        "PreferredAuthentications=password,keyboard-interactive",
    ]);
    let said: Said = ssh.arg(House::at("profesor")).args(["whoami", "--json"]).output().unwrap().into();
    assert!(proved(&said));
    // A one-time code, once.
    house.make_key("admin2");
    let line = std::fs::read_to_string(house.key("admin2").with_extension("pub")).unwrap();
    let add = format!("person add admin2 --role admin --key '{}'", line.trim());
    assert_eq!(house.run_with("profesor", &telephone.next_of_paper(), &[&add]).code, 0);
    let said = house.ok("admin2", &["person", "code", "profesor", "--json"]);
    let once: Value = serde_json::from_str(&said).unwrap();
    let once = once["code"].as_str().unwrap();
    assert!(proved_or_refused(&with(once, &telephone.next_of_paper())));
    assert!(!proved_or_refused(&with(once, &telephone.next_of_paper())));
    let logins = logins(&house, "profesor");
    let methods: Vec<&str> = logins.iter().map(|(method, _)| &**method).collect();
    for method in ["password+totp", "password+second factor", "one-time code+recovery code"] {
        assert!(methods.contains(&method), "{method}: {methods:?}");
    }
    let mut secrets =
        vec![code, telephone.shows(1), telephone.wrong(), once.to_owned(), telephone.secret.clone()];
    secrets.extend(paper);
    house.nowhere_written(&secrets);
}

fn proved_or_refused(said: &Said) -> bool {
    if said.code == 255 {
        assert!(said.err.contains("Permission denied"), "{said:?}");
        return false;
    }
    proved(said)
}
