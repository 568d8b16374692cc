//! The second factor as people meet it: real `ssh` and `plink`, at a terminal and without, on every
//! path into the house.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "a test may panic")]

mod support;
use serde_json::Value;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use support::factor::Telephone;
use support::pty::Pty;
use support::{House, Said, text};

/// The simulated machine's port that says everything back.
const ECHO: u16 = 7007;
const ASKED: &str = "Verification code: ";

fn proved(said: &Said) -> bool {
    assert_eq!(said.code, 0, "{said:?}");
    let who: Value = serde_json::from_str(&said.out).unwrap();
    who["second_factor"]["proved"] == true
}

/// The lines of the audit about logins of theirs: method, and outcome or why it failed.
fn logins(house: &House, login: &str) -> Vec<(String, String)> {
    let audit = house.audit();
    let of = audit.iter().filter(|event| event["code"] == "login" && event["actor"] == login);
    of.filter(|event| event["phase"] != "finish")
        .map(|event| {
            let why = event["failure"].as_str().or(event["outcome"].as_str()).unwrap();
            (event["detail"]["method"].as_str().unwrap().to_owned(), why.to_owned())
        })
        .collect()
}

fn english(mut ssh: Command) -> Command {
    ssh.args(["-o", "SetEnv=LC_MESSAGES=en_US.UTF-8"]);
    ssh
}

/// A terminal that asked for the code was given it.
fn at_terminal(house: &House, login: &str, code: &str, words: &[&str]) -> Pty {
    let mut ssh = english(house.keyless());
    ssh.arg("-tt").arg("-i").arg(house.key(login)).arg(House::at(login)).args(words);
    let mut terminal = Pty::new(&ssh);
    terminal.until(ASKED);
    terminal.send(&format!("{code}\r"));
    terminal
}

#[test]
fn it_is_set_up_at_a_terminal_and_counts_once_confirmed() {
    let house = House::new("");
    for words in [&["totp", "add"][..], &["totp", "remove"], &["totp", "codes", "--json"]] {
        let said = house.run("profesor", words);
        assert_eq!(said.code, 1, "{said:?}");
        assert!(said.err.contains("ssh -t"), "{said:?}");
    }
    let begin = || {
        let mut ssh = english(house.ssh("profesor"));
        ssh.arg("-tt").arg(House::at("profesor")).args(["totp", "add"]);
        let mut terminal = Pty::new(&ssh);
        let shown = terminal.until("otpauth://totp/puerta:profesor?secret=");
        let secret = terminal.until("&issuer=puerta").replace("&issuer=puerta", "");
        let telephone = Telephone::of(&secret);
        let key = terminal.until(ASKED);
        (terminal, telephone, shown + &key, secret)
    };
    // Given up before it was confirmed: there is none.
    let (mut terminal, ..) = begin();
    terminal.send("\u{3}");
    terminal.until("Nothing was done");
    assert_eq!(terminal.end().code, 1);
    // Three wrong codes: none.
    let (mut terminal, telephone, _, first) = begin();
    for again in [true, true, false] {
        terminal.send(&format!("{}\r", telephone.wrong()));
        terminal.until("that code is not right");
        if again {
            terminal.until(ASKED);
        }
    }
    assert_eq!(terminal.end().code, 1);
    assert!(house.ok("profesor", &["whoami", "--json"]).contains("\"second_factor\":null"));

    let (mut terminal, telephone, shown, secret) = begin();
    assert_ne!(first, secret);
    let groups: Vec<_> = (0..8).map(|n| &secret[n * 4..n * 4 + 4]).collect();
    assert!(shown.contains(&groups.join(" ")) && shown.contains("█▀▀▀"), "{shown}");
    let lines = shown.lines().filter(|line| line.contains("\u{1b}[97;40m"));
    assert!(lines.clone().count() >= 18 && lines.clone().all(|line| line.trim_end().ends_with("\u{1b}[0m")));
    terminal.send(&format!("{}\r", telephone.wrong()));
    terminal.until("that code is not right");
    terminal.until(ASKED);
    terminal.send(&format!("{}\r", telephone.shows(-1)));
    terminal.until("leave and come in again");
    assert_eq!(terminal.end().code, 0);

    // Whoever has one sets up no other, and it shows to a professor.
    let mut again = at_terminal(&house, "profesor", &telephone.shows(0), &["totp", "add"]);
    again.until("you have a second factor already");
    assert_eq!(again.end().code, 1);
    assert!(proved(&house.run_with("profesor", &telephone.shows(1), &["whoami", "--json"])));
    // Nothing secret was written down anywhere but in the registry.
    let audit = std::fs::read_to_string(house.dir.join("state/audit.jsonl")).unwrap();
    assert!(!(audit + &house.log()).contains(&secret));
    let database = std::fs::metadata(house.dir.join("state/puerta.sqlite")).unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&database.permissions()) & 0o777, 0o600);
}

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
    assert!(proved(&house.run_with("profesor", &telephone.from_paper(), &["whoami", "--json"])));
    // ... a shell, where it is typed and seen ...
    let mut shell = at_terminal(&house, "profesor", &telephone.from_paper(), &[]);
    shell.until("puerta> ");
    shell.send("whoami\r");
    shell.until("yes, in this login; 8 recovery codes are left");
    shell.send("exit\r");
    assert_eq!(shell.end().code, 0);
    // ... a forward ...
    let mut ssh = house.ssh_with("profesor", "", &telephone.from_paper());
    ssh.args(["-W", &echo]).arg(House::at("profesor")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut tunnel = ssh.spawn().unwrap();
    tunnel.stdin.take().unwrap().write_all(b"hello\n").unwrap();
    let mut heard = [0; 6];
    tunnel.stdout.take().unwrap().read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"hello\n");
    assert!(support::Killed(tunnel).0.try_wait().is_ok());
    // ... and one connection that carries many sessions and is asked once.
    let control = format!("ControlPath={}", house.dir.join("mux").display());
    let mut master = house.ssh_with("profesor", "", &telephone.from_paper());
    master.args(["-o", &control, "-M", "-N"]).arg(House::at("profesor")).stdin(Stdio::null());
    let master = support::Killed(master.spawn().unwrap());
    support::wait("the master is there", || house.dir.join("mux").exists());
    for _ in 0..3 {
        let mut slave = house.keyless();
        slave.args(["-o", &control, "-o", "BatchMode=yes"]).arg(House::at("profesor"));
        assert!(proved(&slave.args(["whoami", "--json"]).output().unwrap().into()));
    }
    drop(master);
    let logins = logins(&house, "profesor");
    let first = logins.iter().position(|(_, why)| why == "no second factor").unwrap();
    let (refused, allowed): (Vec<_>, Vec<_>) =
        logins[first..].iter().partition(|(method, _)| method == "publickey");
    assert_eq!(refused.len(), 5, "{logins:?}");
    assert!(refused.iter().all(|(_, why)| why == "no second factor"), "{logins:?}");
    let both = ("publickey+recovery code".to_owned(), "allowed".to_owned());
    assert_eq!(allowed, [&both; 4], "{logins:?}");
}

#[test]
fn it_follows_passwords_and_one_time_codes_too() {
    let house = House::new("");
    let mut telephone = house.add_factor("profesor");
    let mut ssh = at_terminal(&house, "profesor", &telephone.from_paper(), &["passwd"]);
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
    assert_eq!(house.run_with("profesor", &telephone.from_paper(), &[&add]).code, 0);
    let said = house.ok("admin2", &["person", "code", "profesor", "--json"]);
    let once: Value = serde_json::from_str(&said).unwrap();
    let once = once["code"].as_str().unwrap();
    assert!(proved_or_refused(&with(once, &telephone.from_paper())));
    assert!(!proved_or_refused(&with(once, &telephone.from_paper())));
    let logins = logins(&house, "profesor");
    let methods: Vec<&str> = logins.iter().map(|(method, _)| &**method).collect();
    for method in ["password+totp", "password+second factor", "one-time code+recovery code"] {
        assert!(methods.contains(&method), "{method}: {methods:?}");
    }
}

fn proved_or_refused(said: &Said) -> bool {
    if said.code == 255 {
        assert!(said.err.contains("Permission denied"), "{said:?}");
        return false;
    }
    proved(said)
}

#[test]
fn new_codes_and_no_more_want_a_code() {
    let house = House::new("");
    let mut telephone = house.add_factor("profesor");
    let old = telephone.from_paper();
    let mut codes = at_terminal(&house, "profesor", &telephone.from_paper(), &["totp", "codes"]);
    codes.until(ASKED);
    codes.send(&format!("{}\r", telephone.wrong()));
    codes.until("that code is not right");
    assert_eq!(codes.end().code, 1);
    let mut codes = at_terminal(&house, "profesor", &telephone.from_paper(), &["totp", "codes"]);
    codes.until(ASKED);
    codes.send(&format!("{}\r", telephone.from_paper()));
    let said = codes.until("not shown again");
    assert_eq!(codes.end().code, 0);
    let new: Vec<&str> =
        said.split_whitespace().filter(|word| word.len() == 14 && word.contains('-')).collect();
    assert_eq!(new.len(), 10, "{said}");
    assert_eq!(house.run_with("profesor", &old, &["whoami"]).code, 255);

    let mut remove = at_terminal(&house, "profesor", new[0], &["totp", "remove"]);
    remove.until(ASKED);
    remove.send("\r");
    remove.until("that code is not right");
    assert_eq!(remove.end().code, 1);
    let mut remove = at_terminal(&house, "profesor", new[1], &["totp", "remove"]);
    remove.until(ASKED);
    remove.send(&format!("{}\r", new[2]));
    remove.until("is removed");
    assert_eq!(remove.end().code, 0);
    assert!(house.ok("profesor", &["whoami", "--json"]).contains("\"second_factor\":null"));
    let mut none = english(house.ssh("profesor"));
    none.arg("-tt").arg(House::at("profesor")).args(["totp", "remove"]);
    let mut none = Pty::new(&none);
    none.until("you have no second factor");
    assert_eq!(none.end().code, 1);
}

#[test]
fn a_lost_telephone_is_taken_away_by_another_or_by_the_technician() {
    let mut house = House::new("");
    house.make_key("admin2");
    let line = std::fs::read_to_string(house.key("admin2").with_extension("pub")).unwrap();
    house.ok(
        "profesor",
        &["person", "add", "admin2", "--role", "admin", "--key", &format!("'{}'", line.trim())],
    );
    house.add_factor("profesor");
    let reset = ["person", "totp-reset", "profesor", "--yes"];
    // Whoever may not is told nothing.
    let denied = house.run("alumno1", &reset);
    assert_eq!((denied.code, house.run("profesor", &["whoami"]).code), (1, 255), "{denied:?}");
    let asked = house.run("admin2", &reset[..3]);
    assert!(asked.code == 1 && asked.err.contains("--yes"), "{asked:?}");
    assert!(house.run("admin2", &["person", "totp-reset", "admin2", "--yes"]).err.contains("totp remove"));
    assert!(house.ok("admin2", &["person", "show", "profesor", "--json"]).contains("\"second_factor\":true"));
    house.ok("admin2", &reset);
    assert!(
        house.ok("admin2", &["person", "show", "profesor", "--json"]).contains("\"second_factor\":false")
    );
    assert_eq!(house.run("admin2", &reset).code, 1);
    house.ok("profesor", &["whoami"]);

    // Nobody is left who could: at the host, while puerta is stopped.
    house.add_factor("profesor");
    let busy = house.puerta(&["person", "totp-reset", "profesor"]);
    assert_eq!(busy.code, 1, "{busy:?}");
    assert_eq!(house.run("profesor", &["whoami"]).code, 255);
    assert_eq!(house.stop(), 0);
    for wrong in ["nobody", "alumno1", "A b"] {
        assert_eq!(house.puerta(&["person", "totp-reset", wrong]).code, 1);
    }
    let said = house.puerta(&["person", "totp-reset", "profesor"]);
    assert_eq!(said.code, 0, "{said:?}");
    house.start();
    house.ok("profesor", &["whoami"]);
    let audit = house.audit();
    let by_host = audit.iter().filter(|event| event["code"] == "person.totp-reset");
    assert_eq!(
        by_host.map(|event| event["detail"]["login"].as_str().unwrap()).collect::<Vec<_>>(),
        ["profesor"]
    );
    assert_eq!(house.puerta(&["audit", "verify"]).code, 0);
}

/// The ready rule `second-factor`, as a professor turns it on.
const RULE: &str = r#"
@id("rule-1-second-factor")
forbid (principal, action, resource)
when {
  !context.secondFactor &&
  (principal in Puerta::Role::"profesor" || principal in Puerta::Role::"admin")
}
unless {
  action in [Puerta::Action::"account", Puerta::Action::"login", Puerta::Action::"whoami"]
};
"#;

#[test]
fn where_policy_wants_it_every_refusal_says_what_to_do() {
    let dir = std::env::temp_dir().join(format!("puerta-factor-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/policy/cedar")).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), dir.join(file.file_name())).unwrap();
    }
    let house = House::new(&format!("[policy]\ndir = {dir:?}"));
    house.ok("alumno1", &["vm", "create", "web1", "--template", "mini"]);
    std::fs::write(dir.join("rule-1-second-factor.cedar"), RULE).unwrap();
    house.signal("HUP");
    support::wait("the rule holds", || house.run("profesor", &["person", "list"]).code == 1);

    let hint = |said: &Said| said.code == 1 && said.err.contains("hace falta un segundo factor");
    for words in [
        &["person", "list"][..],
        &["vm", "list"],
        &["vm", "list", "--all"],
        &["vm", "show", "web1.alumno1"],
        &["vm", "create", "web2"],
        &["port", "publish", "web1.alumno1", "80"],
        &["person", "totp-reset", "alumno1", "--yes"],
        &["audit", "list"],
    ] {
        let said = house.run("profesor", words);
        // Machines of their own they have none, with a second factor or without: an empty list is true.
        assert!(
            hint(&said) || words == ["vm", "list"] || words == ["vm", "create", "web2"],
            "{words:?}: {said:?}"
        );
    }
    let error = house.run("profesor", &["person", "list", "--json"]).err;
    let error: Value = serde_json::from_str(&error).unwrap();
    assert_eq!(
        (&error["error"]["id"], &error["error"]["code"]),
        (&"error-second-factor-needed".into(), &"denied".into())
    );
    // What is not there reads as ever.
    assert!(house.run("profesor", &["vm", "show", "nope.alumno1"]).err.contains("nope"));
    let mut shell = english(house.ssh("profesor"));
    shell.arg("-tt").arg(House::at("profesor"));
    let mut shell = Pty::new(&shell);
    shell.until("puerta> ");
    shell.send("vm list --all\r");
    shell.until("this needs a second factor");
    shell.until("puerta> ");
    shell.send("whoami\r");
    shell.until("second factor  no");
    shell.send("exit\r");
    shell.end();
    let echo = format!("web1.alumno1:{ECHO}");
    let mut forward = house.ssh("profesor");
    let said: Said = forward.args(["-W", &echo]).arg(House::at("profesor")).output().unwrap().into();
    assert_eq!(said.code, 255);
    assert!(said.err.contains("this needs a second factor") && said.err.contains("totp add"), "{said:?}");
    // Students are none of its business, and learn nothing by it.
    house.ok("alumno1", &["vm", "show", "web1"]);
    let other = house.run("alumno2", &["vm", "show", "web1.alumno1"]);
    assert!(other.err.contains("web1.alumno1") && !other.err.contains("factor"), "{other:?}");

    // Set up, and proved from the next login on.
    let mut telephone = house.add_factor("profesor");
    assert_eq!(house.run_with("profesor", &telephone.from_paper(), &["person", "list"]).code, 0);
    let said = house.run_with("profesor", &telephone.from_paper(), &["vm", "list", "--all"]);
    assert!(said.out.contains("web1"), "{said:?}");
    let mut ssh = house.ssh_with("profesor", "", &telephone.from_paper());
    ssh.args(["-W", &echo]).arg(House::at("profesor")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut tunnel = ssh.spawn().unwrap();
    tunnel.stdin.take().unwrap().write_all(b"hello\n").unwrap();
    let mut heard = [0; 6];
    tunnel.stdout.take().unwrap().read_exact(&mut heard).unwrap();
    drop(support::Killed(tunnel));
    std::fs::remove_dir_all(&dir).unwrap();
}

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
    let config = part("jump", &jump, "127.0.0.1") + &part("there", &house, "web1.alumno1");
    let config =
        config + "Host *\n IdentitiesOnly yes\n StrictHostKeyChecking yes\n PasswordAuthentication no\n";
    std::fs::write(jump.dir.join("config"), config).unwrap();
    let ssh = |outer: &str, inner: &str| -> Said {
        let mut ssh = jump.ssh_with("profesor", "", "");
        let answer =
            "#!/bin/sh\ncase \"$1\" in *@web1.alumno1*) echo \"$INNER\";; *) echo \"$OUTER\";; esac\n";
        std::fs::write(jump.dir.join("answer-code"), answer).unwrap();
        let envs: Vec<_> =
            ssh.get_envs().map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned))).collect();
        ssh = Command::new("ssh");
        for (name, value) in envs {
            match value {
                Some(value) => ssh.env(name, value),
                None => ssh.env_remove(name),
            };
        }
        ssh.arg("-F").arg(jump.dir.join("config")).args(["-o", "NumberOfPasswordPrompts=1"]);
        ssh.env("OUTER", outer).env("INNER", inner);
        ssh.args(["-J", "jump", "there", "whoami", "--json"]).stdin(Stdio::null()).output().unwrap().into()
    };
    assert!(proved(&ssh(&outer.from_paper(), &inner.from_paper())));
    let wrong = ssh(&outer.from_paper(), &outer.from_paper());
    assert!(wrong.code == 255 && wrong.err.contains("web1.alumno1: Permission denied"), "{wrong:?}");
    let wrong = ssh(&inner.from_paper(), &inner.from_paper());
    assert!(wrong.code == 255 && wrong.err.contains("127.0.0.1: Permission denied"), "{wrong:?}");
}

#[test]
fn putty_is_asked_too() {
    let house = House::new("");
    let mut telephone = house.add_factor("profesor");
    let mut ssh = at_terminal(&house, "profesor", &telephone.from_paper(), &["passwd"]);
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
        terminal.send(&format!("{}\r", telephone.from_paper()));
        terminal.until("\"proved\":true");
        assert_eq!(terminal.end().code, 0);
    }
    let mut batch = plink(&["-batch", "-i", text(&ppk)]);
    let said: Said = batch.stdin(Stdio::null()).output().unwrap().into();
    assert_ne!(said.code, 0, "{said:?}");
}

/// Five wrong codes: their second factor is closed for a while, and theirs alone.
#[test]
fn guessing_closes_it_and_an_admin_opens_it() {
    let house = House::new("");
    house.make_key("admin2");
    let line = std::fs::read_to_string(house.key("admin2").with_extension("pub")).unwrap();
    house.ok(
        "profesor",
        &["person", "add", "admin2", "--role", "admin", "--key", &format!("'{}'", line.trim())],
    );
    let mut telephone = house.add_factor("profesor");
    let mut other = house.add_factor("admin2");
    for _ in 0..5 {
        let said = house.run_with("profesor", &telephone.wrong(), &["whoami"]);
        assert!(said.err.contains("Permission denied"), "{said:?}");
    }
    let said = house.run_with("profesor", &telephone.from_paper(), &["whoami"]);
    assert!(said.code == 255 && said.err.contains("Too many wrong verification codes"), "{said:?}");
    assert!(said.err.contains("Demasiados codigos"), "{said:?}");
    assert!(house.puerta(&["audit", "verify"]).code == 0);
    assert!(proved(&house.run_with("admin2", &other.from_paper(), &["whoami", "--json"])));
    let reset = ["person", "totp-reset", "profesor", "--yes"];
    assert_eq!(house.run_with("admin2", &other.from_paper(), &reset).code, 0);
    house.ok("profesor", &["whoami"]);
    let mut telephone = house.add_factor("profesor");
    assert!(proved(&house.run_with("profesor", &telephone.from_paper(), &["whoami", "--json"])));
}
