//! Who proved who they are and may not come in is told why, on whatever they open; who proved nothing is not.

use super::*;
use std::collections::BTreeSet;

const WHY: &str = "tu cuenta está suspendida: habla con tu profesor";
/// As OpenSSH and PuTTY show what is said outside of a channel.
const BOTH: &str =
    "tu cuenta esta suspendida: habla con tu profesor / your account is suspended: talk to your teacher";

fn suspended(house: &House) {
    house.ok("profesor", &["person", "suspend", "alumno1", "--yes"]);
}

/// A line of the audit a login, and nothing else of any of their connections.
fn only_denied(house: &House, logins: usize, methods: &[&str]) {
    let audit = house.audit();
    let of = |line: &&Value| line["actor"] == "alumno1" && line["code"] == "login";
    let denied: Vec<_> = audit.iter().filter(of).filter(|line| line["outcome"] == "denied").collect();
    assert_eq!(denied.len(), logins, "{denied:#?}");
    let connections: BTreeSet<_> = denied.iter().map(|line| line["connection"].as_str().unwrap()).collect();
    assert_eq!(connections.len(), logins);
    let known: BTreeSet<_> = denied.iter().map(|line| line["detail"]["method"].as_str().unwrap()).collect();
    assert_eq!(known, methods.iter().copied().collect());
    for line in &denied {
        assert_eq!((&line["phase"], &line["policies"][0]), (&"note".into(), &"suspended".into()), "{line}");
    }
    let more =
        audit.iter().filter(|line| line["connection"].as_str().is_some_and(|of| connections.contains(of)));
    assert_eq!(more.count(), logins, "something else was done");
}

#[test]
fn whatever_they_open_says_why() {
    let house = House::new("");
    vm_up(&house, "alumno1", "web1");
    suspended(&house);
    let at = House::at("alumno1");
    let command = house.run("alumno1", &["vm", "delete", "web1", "--yes"]);
    assert_eq!((command.code, &*command.out, &*command.err), (1, "", &*format!("{WHY}\n")));
    let json = house.run("alumno1", &["vm", "list", "--json"]);
    let error: Value = serde_json::from_str(&json.err).unwrap();
    assert_eq!((&error["error"]["id"], json.code), (&"error-barred-suspended".into(), 1));
    let mut english = house.ssh("alumno1");
    english.env("LC_ALL", "en_GB.UTF-8").args(["-o", "SendEnv=LC_ALL"]);
    let english = said(english.arg(&at).arg("whoami"));
    assert_eq!(english.err, "your account is suspended: talk to your teacher\n");
    // Without a command the end of the connection says it once more: some windows close with their channel.
    for arguments in [&["-T"][..], &["-s"]] {
        let mut ssh = house.ssh("alumno1");
        let said = said(ssh.args(arguments).arg(&at).args((arguments == ["-s"]).then_some("sftp")));
        assert_eq!((said.code, &*said.out), (255, ""), "{arguments:?}: {said:?}");
        assert!(said.err.contains(WHY) && said.err.contains(BOTH), "{arguments:?}: {said:?}");
    }
    let mut shell = Pty::new(house.ssh("alumno1").arg("-tt").arg(&at));
    shell.until(WHY);
    let shell = shell.end();
    assert!(shell.code == 255 && !shell.out.contains("puerta>"), "{shell:?}");
    // As a jump, and with nothing but a forward.
    let jump = said(house.ssh("alumno1").args(["-W", "web1:7007"]).arg(&at));
    assert!(jump.code == 255 && jump.err.contains("prohibited") && jump.err.contains(BOTH), "{jump:?}");
    let nothing = said(house.ssh("alumno1").args(["-N"]).arg(&at));
    assert!(nothing.code == 255 && nothing.err.contains(BOTH), "{nothing:?}");
    only_denied(&house, 8, &["publickey"]);
    assert!(house.ok("profesor", &["vm", "list", "--all"]).contains("web1"));
}

/// PuTTY closes its window with its channel, and shows a box for the end of a connection.
#[test]
fn putty_shows_it_too() {
    let house = House::new("");
    suspended(&house);
    let ppk = house.key("alumno1").with_extension("ppk");
    let made =
        said(Command::new("puttygen").arg(house.key("alumno1")).args(["-O", "private", "-o", text(&ppk)]));
    assert_eq!(made.code, 0, "{made:?}");
    let host = house.dir.join("state/ssh_host_ed25519_key.pub");
    let known = said(Command::new("ssh-keygen").args(["-lf", text(&host)]));
    let fingerprint = known.out.split(' ').nth(1).unwrap().to_owned();
    let program = |name: &str| {
        let mut program = Command::new(name);
        program.args(["-batch", "-noagent", "-P", &house.port.to_string(), "-hostkey", &fingerprint]);
        program.args(["-i", text(&ppk)]).env("HOME", &house.dir).env_remove("LANG");
        program
    };
    let exec = said(program("plink").arg(House::at("alumno1")).arg("whoami"));
    assert!(exec.code == 1 && exec.err.contains(WHY), "{exec:?}");
    for mut program in [program("plink"), program("psftp")] {
        let other = said(program.arg(House::at("alumno1")));
        let shown = format!("{}{}", other.out, other.err);
        assert!(other.code == 1 && shown.contains(BOTH), "{other:?}");
    }
}

#[test]
fn by_password_and_by_a_code_that_stays_good() {
    let house = House::new("");
    set_password(&house, "alumno1");
    suspended(&house);
    for method in ["password", "keyboard-interactive"] {
        let right = house.run_secret(method, "alumno1", PASSWORD, &["whoami"]);
        assert!(right.code == 1 && right.err.contains(WHY), "{method}: {right:?}");
        // A wrong one is what it is for everybody.
        let wrong = house.run_secret(method, "alumno1", "una mesa azul", &["whoami"]);
        assert!(wrong.code == 255 && !wrong.err.contains("suspend"), "{method}: {wrong:?}");
    }
    let stranger = said(house.ssh("stranger").args(["-l", "alumno1", "127.0.0.1", "whoami"]));
    assert!(stranger.code == 255 && stranger.err.contains("Permission denied"), "{stranger:?}");
    only_denied(&house, 2, &["password"]);

    let code = enrol(&house, "nuevo");
    house.ok("profesor", &["person", "suspend", "nuevo", "--yes"]);
    let kept = house.run_secret("password", "nuevo", &code, &["whoami"]);
    assert!(kept.code == 1 && kept.err.contains(WHY), "{kept:?}");
    house.ok("profesor", &["person", "suspend", "nuevo", "--resume"]);
    assert_eq!(house.run_secret("password", "nuevo", &code, &["whoami"]).code, 0);
}

/// Many at once are among those who are not in.
#[test]
fn who_is_kept_out_keeps_nobody_out() {
    let house = House::new("[ssh]\nmax_startups = 3\n");
    suspended(&house);
    let mut kept: Vec<_> = (0..3)
        .map(|_| {
            let mut ssh = house.ssh("alumno1");
            ssh.arg("-N").arg(House::at("alumno1")).stdin(Stdio::null()).stderr(Stdio::piped());
            Killed(ssh.spawn().unwrap())
        })
        .collect();
    wait("three are known", || {
        let audit = house.audit();
        lines(&audit, "login", &[("/actor", "alumno1"), ("/outcome", "denied")]).len() == 3
    });
    // Who comes has the place of the oldest of them; all were told.
    house.ok("profesor", &["whoami"]);
    let told = kept.drain(..).map(|kept| ended(kept, Duration::from_secs(15)));
    assert_eq!(told.filter(|said| said.contains(BOTH)).count(), 3);
}
