//! What a person types and reads, however they type it: real `ssh` (and PuTTY's `plink`) against
//! the real program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "a test may panic")]

mod support;
#[path = "shell/terminal.rs"]
mod terminal;
use serde_json::Value;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use support::pty::Pty;
use support::{House, Killed, Said, text, wait};

fn said(command: &mut Command) -> Said {
    command.stdin(Stdio::null()).output().expect("a program is not installed").into()
}

/// A command with a language.
fn run_in(house: &House, login: &str, lang: &str, words: &[&str]) -> Said {
    let mut ssh = house.ssh(login);
    ssh.args(["-o", "SendEnv=LANG"]).env("LANG", lang).arg(House::at(login)).args(words);
    said(&mut ssh)
}

fn json(said: &Said) -> Value {
    let text = if said.code == 0 { &said.out } else { &said.err };
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {said:?}"))
}

fn vm_up(house: &House, login: &str, name: &str) {
    house.ok(login, &["vm", "create", name, "--template", "mini"]);
}

/// The prompt on a row of its own; later keys draw the row again, without the new line.
const PROMPT: &str = "\n\rpuerta> ";

/// An interactive shell that has shown its first prompt.
fn shell(house: &House, login: &str) -> Pty {
    let mut ssh = house.ssh(login);
    let mut shell = Pty::new(ssh.arg("-tt").arg(House::at(login)));
    shell.until("puerta> ");
    shell
}

/// A master connection to share.
struct Master<'a> {
    house: &'a House,
    login: &'a str,
    _child: Killed,
}

impl<'a> Master<'a> {
    fn new(house: &'a House, login: &'a str) -> Self {
        let path = house.dir.join("master");
        let mut ssh = house.ssh(login);
        ssh.args(["-M", "-N", "-S", text(&path)]).arg(House::at(login));
        let child = Killed(ssh.stdin(Stdio::null()).spawn().unwrap());
        wait("the master answers", || path.exists());
        Self { house, login, _child: child }
    }

    fn start(&self, words: &[&str]) -> Child {
        let mut ssh = self.house.ssh(self.login);
        ssh.args(["-S", text(&self.house.dir.join("master"))]).arg(House::at(self.login)).args(words);
        ssh.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }
}

#[test]
fn exec_pipe_and_terminal_say_the_same() {
    let house = House::new("");
    vm_up(&house, "alumno1", "web1");
    let exec = house.ok("alumno1", &["vm", "list"]);
    assert!(exec.contains("web1") && !exec.contains('\x1b') && !exec.contains('\r'), "{exec:?}");
    let mut ssh = house.ssh("alumno1");
    ssh.arg("-T").arg(House::at("alumno1")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = ssh.stderr(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"vm list\r\nvm show nada\n").unwrap();
    let pipe: Said = child.wait_with_output().unwrap().into();
    assert_eq!(pipe.out, exec);
    assert_eq!(pipe.code, 1, "the last command's: {pipe:?}");
    assert!(pipe.err.contains("`nada`") && !pipe.err.contains('\x1b'), "{pipe:?}");
    let mut terminal = shell(&house, "alumno1");
    terminal.send("vm list\r");
    let shown = terminal.until("puerta> ");
    for line in exec.lines() {
        assert!(shown.contains(line.trim_end()), "{line:?} not in {shown:?}");
    }
    terminal.send("exit\r");
    let end = terminal.end();
    assert_eq!(end.code, 0);
    assert!(end.out.contains("Hasta luego."), "{end:?}");
    // Without standard input the same, and the whole of it.
    let closed = said(house.ssh("alumno1").arg("-n").arg(House::at("alumno1")).args(["vm", "list"]));
    assert_eq!((closed.code, closed.out), (0, exec));
}

#[test]
fn every_verb_answers_programs() {
    let house = House::new("");
    let both: &[&[&str]] = &[
        &["vm", "create", "web1", "--template", "mini"],
        &["vm", "list"],
        &["list"],
        &["vm", "show", "web1"],
        &["vm", "stop", "web1"],
        &["vm", "start", "web1"],
        &["vm", "restart", "web1"],
        &["vm", "rename", "web1", "web2"],
        &["vm", "rename", "web2", "web1"],
        &["vm", "backup", "web1"],
        &["backup", "list"],
        &["vm", "restore", "web1", "--yes"],
        &["job", "list"],
        &["job", "watch", "1"],
        &["template", "list"],
        &["template", "show", "mini"],
        &["quota", "show"],
        &["key", "list"],
        &["whoami"],
        &["help"],
        &["vm", "delete", "web1", "--yes"],
    ];
    for words in both {
        let said = house.run("alumno1", &[*words, &["--json"]].concat());
        assert_eq!(said.code, 0, "{words:?}: {said:?}");
        json(&said);
        assert_eq!(said.err, "", "{words:?}: nothing but the document");
    }
    let backup = json(&house.run("alumno1", &["backup", "list", "--json"]))[0]["name"].clone();
    let backup = backup.as_str().unwrap();
    for words in [&["backup", "show", backup][..], &["backup", "delete", backup, "--yes"]] {
        json(&house.run("alumno1", &[words, &["--json"]].concat()));
    }
    let staff: &[&[&str]] = &[
        &["course", "create", "otro-2027", "--year", "2027"],
        &["course", "list"],
        &["person", "add", "nuevo", "--course", "demo-2026"],
        &["person", "list"],
        &["person", "show", "nuevo"],
        &["person", "suspend", "nuevo", "--yes"],
        &["person", "suspend", "nuevo", "--resume"],
        &["person", "remove", "nuevo", "--yes"],
        &["seat", "list"],
        &["node", "list"],
        &["quota", "show", "--role", "alumno"],
        &["quota", "set", "machines", "8", "--role", "alumno"],
        &["vm", "list", "--all"],
        &["vm", "list", "--seat", "alumno1"],
        &["backup", "list", "--all"],
        &["audit", "list", "--person", "alumno1", "--limit", "5"],
    ];
    for words in staff {
        let words = [*words, &["--json"][..]].concat();
        let said = house.run("profesor", &words);
        assert_eq!(said.code, 0, "{words:?}: {said:?}");
        json(&said);
    }
    // What professors do is denied to students, and the audit has each time by which policies it
    // would have been allowed: none.
    for words in staff {
        let said = house.run("alumno1", &[*words, &["--json"][..]].concat());
        let own = words.contains(&"--seat");
        assert_eq!(said.code, i32::from(!own), "{words:?}: {said:?}");
        if !own {
            assert_eq!(json(&said)["error"]["code"], "denied", "{words:?}");
        }
    }
    let audit = house.audit();
    let denied = audit.iter().filter(|line| line["code"] == "denial" && line["actor"] == "alumno1");
    assert_eq!(denied.count(), staff.len() - 1);
}

#[test]
fn statuses_and_languages() {
    let house = House::new("");
    for (lang, hello, wrong) in [
        ("", "no es una orden", "¿querías decir `list`?"),
        ("C.UTF-8", "no es una orden", "¿querías decir `list`?"),
        ("fr_FR.UTF-8", "no es una orden", "¿querías decir `list`?"),
        ("es_ES.UTF-8", "no es una orden", "¿querías decir `list`?"),
        ("en_GB.UTF-8", "is not a command", "did you mean `list`?"),
    ] {
        let said = run_in(&house, "alumno1", lang, &["vm", "lsit"]);
        assert_eq!(said.code, 1, "{said:?}");
        assert!(said.err.contains(hello) && said.err.contains(wrong), "{lang}: {said:?}");
        assert_eq!(said.out, "");
    }
    let none = house.run("alumno1", &["vm", "show", "nada"]);
    assert_eq!((none.code, none.out.as_str()), (1, ""), "{none:?}");
    assert!(!none.err.contains('\x1b'));
    // Ours to mend is 2: the archive that the registry knows is not there.
    vm_up(&house, "alumno1", "web1");
    house.ok("alumno1", &["vm", "backup", "web1"]);
    let sim = house.dir.join("state/backups");
    std::fs::remove_dir_all(&sim).unwrap();
    std::fs::write(&sim, "in the way").unwrap();
    let ours = house.run("alumno1", &["vm", "backup", "web1"]);
    assert_eq!(ours.code, 2, "{ours:?}");
    // Other variables are refused, and the session goes on.
    let mut ssh = house.ssh("alumno1");
    ssh.args(["-v", "-o", "SetEnv=LD_PRELOAD=x PATH=/tmp LC_ALL=en_US.UTF-8"]);
    let said = said(ssh.arg(House::at("alumno1")).args(["vm", "lsit"]));
    assert_eq!(said.code, 1);
    assert!(said.err.contains("did you mean"), "{said:?}");
}

#[test]
fn what_cannot_be_undone_is_asked_about() {
    let house = House::new("");
    vm_up(&house, "alumno1", "web1");
    let delete = &["vm", "delete", "web1"];
    let unasked = house.run("alumno1", delete);
    assert_eq!(unasked.code, 1);
    assert!(unasked.err.contains("--yes"), "{unasked:?}");
    let ask = |answer: &str| {
        let mut ssh = house.ssh("alumno1");
        let mut terminal = Pty::new(ssh.arg("-tt").arg(House::at("alumno1")).args(delete));
        terminal.until("[s/N] ");
        terminal.send(answer);
        terminal.end()
    };
    for no in ["\r", "n\r", "\x03", "\x04"] {
        let end = ask(no);
        assert_eq!(end.code, 1, "{no:?}: {end:?}");
        assert!(end.out.contains("No se ha hecho nada."), "{no:?}: {end:?}");
    }
    house.ok("alumno1", &["vm", "show", "web1"]);
    let end = ask("sí\r");
    assert_eq!(end.code, 0, "{end:?}");
    assert_eq!(house.run("alumno1", &["vm", "show", "web1"]).code, 1);
}

#[test]
fn a_machine_that_nobody_could_enter_is_not_made() {
    let house = House::new("");
    house.ok("profesor", &["person", "add", "nuevo", "--course", "demo-2026"]);
    let said = house.run("profesor", &["vm", "create", "web1.nuevo", "--template", "mini"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("`key add"), "{said:?}");
    assert!(
        json(&house.run("profesor", &["vm", "list", "--seat", "nuevo", "--json"]))
            .as_array()
            .unwrap()
            .is_empty()
    );
}

#[test]
fn twenty_at_once_on_one_connection() {
    let house = House::new("");
    vm_up(&house, "alumno1", "web1");
    let exec = house.ok("alumno1", &["vm", "list"]);
    let master = Master::new(&house, "alumno1");
    let begun = Instant::now();
    let children: Vec<_> = (0..20).map(|_| master.start(&["vm", "list"])).collect();
    for child in children {
        let said: Said = child.wait_with_output().unwrap().into();
        assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (0, exec.as_str(), ""));
    }
    assert!(begun.elapsed() < Duration::from_secs(10));
}

/// What ssh can ask for and puerta does not do: refused, and nothing hangs.
#[test]
fn what_is_not_for_here_is_refused_at_once() {
    let house = House::new("");
    let within = |what: &str, ssh: &mut Command| {
        let begun = Instant::now();
        let mut child =
            ssh.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        while child.try_wait().unwrap().is_none() {
            if begun.elapsed() > Duration::from_secs(5) {
                child.kill().unwrap();
                panic!("{what}: hangs: {:?}", Said::from(child.wait_with_output().unwrap()));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Said::from(child.wait_with_output().unwrap())
    };
    let at = House::at("alumno1");
    let sftp = within("sftp", house.ssh("alumno1").args(["-s", &at, "sftp"]));
    assert!(sftp.code != 0 && sftp.err.contains("subsystem request failed"), "{sftp:?}");
    let remote = ["-o", "ExitOnForwardFailure=yes", "-R", "0:127.0.0.1:22", &at, "whoami"];
    let remote = within("-R", house.ssh("alumno1").args(remote));
    assert!(remote.code != 0 && remote.err.contains("forwarding failed"), "{remote:?}");
    let unix = house.dir.join("remote");
    let unix = format!("{}:127.0.0.1:22", unix.display());
    let remote = ["-o", "ExitOnForwardFailure=yes", "-R", &unix, &at, "whoami"];
    let remote = within("-R unix", house.ssh("alumno1").args(remote));
    assert!(remote.code != 0, "{remote:?}");

    // x11 and the agent: asked for and not given, and the command runs.
    let socket = house.dir.join("agent");
    let mut agent = Command::new("ssh-agent");
    let _agent = Killed(agent.args(["-D", "-a", text(&socket)]).stdout(Stdio::null()).spawn().unwrap());
    wait("the agent answers", || socket.exists());
    let mut ssh = house.ssh("alumno1");
    let said = within("-A", ssh.args(["-A", &at, "whoami"]).env("SSH_AUTH_SOCK", &socket));
    assert_eq!(said.code, 0, "{said:?}");
    let mut ssh = house.ssh("alumno1");
    ssh.args(["-X", "-o", "ForwardX11Trusted=yes", "-o", "XAuthLocation=/none", &at, "whoami"]);
    let said = within("-X", ssh.env("DISPLAY", ":7"));
    assert_eq!(said.code, 0, "{said:?}");

    // A local socket to a socket of the gateway's.
    let local = house.dir.join("local");
    let mut ssh = house.ssh("alumno1");
    ssh.args(["-N", "-L", &format!("{}:/run/puerta.sock", text(&local)), &at]);
    let _tunnel = Killed(ssh.stderr(Stdio::null()).spawn().unwrap());
    wait("the tunnel's local side", || local.exists());
    let mut stream = std::os::unix::net::UnixStream::connect(&local).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let n = std::io::Read::read(&mut stream, &mut [0; 1]).expect("it hangs");
    assert_eq!(n, 0);
    // No layer-2 or layer-3 tunnel either (tun@openssh.com would need root on our side).
    house.ok("alumno1", &["whoami"]);
}

/// What `alumno1` hears about `alumno2`'s things while they exist, and when they do not.
#[test]
fn somebody_elses_is_as_absent_as_nothing() {
    let house = House::new("");
    vm_up(&house, "alumno2", "web2");
    house.ok("alumno2", &["vm", "backup", "web2"]);
    let backups = json(&house.run("alumno2", &["backup", "list", "--json"]));
    let backup = backups[0]["name"].as_str().unwrap().to_owned();
    let all: Vec<Vec<&str>> = vec![
        vec!["vm", "show", "web2"],
        vec!["vm", "show", "web2.alumno2"],
        vec!["vm", "show", "web2.alumno2.virtuales"],
        vec!["vm", "start", "web2.alumno2"],
        vec!["vm", "stop", "web2.alumno2"],
        vec!["vm", "stop", "web2.alumno2", "--force"],
        vec!["vm", "restart", "web2.alumno2"],
        vec!["vm", "delete", "web2.alumno2", "--yes"],
        vec!["vm", "backup", "web2.alumno2"],
        vec!["vm", "restore", "web2.alumno2", "--yes"],
        vec!["vm", "restore", "web2.alumno2", "--backup", &backup, "--yes"],
        vec!["vm", "list"],
        vec!["vm", "list", "--all"],
        vec!["vm", "list", "--seat", "alumno2"],
        vec!["backup", "list"],
        vec!["backup", "list", "web2"],
        vec!["backup", "list", "--all"],
        vec!["backup", "list", "--seat", "alumno2"],
        vec!["backup", "show", &backup],
        vec!["backup", "show", &backup, "--seat", "alumno2"],
        vec!["backup", "delete", &backup, "--seat", "alumno2", "--yes"],
        vec!["job", "list"],
        vec!["isolation", "check", "web2.alumno2"],
    ];
    let hear = |words: &Vec<&str>| {
        let plain = house.run("alumno1", words);
        let json = house.run("alumno1", &[words, &["--json"][..]].concat());
        (words.join(" "), plain.code, plain.out, plain.err, json.code, json.out, json.err)
    };
    let there: Vec<_> = all.iter().map(hear).collect();
    let denials = house.audit().iter().filter(|line| line["code"] == "denial").count();
    // Each of the attempts at what exists is in the audit, with the machine and who tried.
    let audit = house.audit();
    let attempts = |action: &str| {
        let is = |line: &&Value| line["code"] == "denial" && line["action"] == action;
        let found: Vec<_> = audit.iter().filter(is).collect();
        assert!(!found.is_empty(), "no denial of {action}");
        for line in found {
            assert_eq!((&line["actor"], &line["outcome"]), (&"alumno1".into(), &"denied".into()), "{line}");
            assert!(line["policies"].is_array() || line.get("policies").is_none(), "{line}");
        }
    };
    for action in ["vm-view", "vm-start", "vm-stop", "vm-delete", "vm-backup", "vm-restore", "backup-delete"]
    {
        attempts(action);
    }
    house.ok("alumno2", &["vm", "show", "web2"]);
    house.ok("alumno2", &["backup", "delete", &backup, "--yes"]);
    house.ok("alumno2", &["vm", "delete", "web2", "--yes"]);
    let gone: Vec<_> = all.iter().map(hear).collect();
    for (there, gone) in there.iter().zip(&gone) {
        assert_eq!(there, gone);
    }
    assert!(denials >= 17, "{denials}");
    // A seat, a person and a job that are somebody else's read as those that are not there.
    for (theirs, none) in [("alumno2", "nadie99"), ("profesor", "nadie98")] {
        for words in [
            &["vm", "list", "--seat", "X"][..],
            &["backup", "list", "--seat", "X"],
            &["vm", "create", "web1.X", "--template", "mini"],
            &["person", "show", "X"],
            &["person", "suspend", "X", "--yes"],
            &["person", "remove", "X", "--yes"],
        ] {
            let hear = |name: &str| {
                let words: Vec<_> = words.iter().map(|word| word.replace('X', name)).collect();
                let words: Vec<_> = words.iter().map(String::as_str).collect();
                let said = house.run("alumno1", &words);
                (said.code, said.out.replace(name, "X"), said.err.replace(name, "X"))
            };
            assert_eq!(hear(theirs), hear(none), "{words:?}");
        }
    }
    let job = |number: &str| {
        let said = house.run("alumno1", &["job", "watch", number]);
        (said.code, said.out, said.err.replace(number, "N"))
    };
    assert_eq!(job("1"), job("77"));
    assert_eq!(job("1").0, 1);
}

#[test]
fn an_engine_without_nodes_and_programs_says_so() {
    let house = House::new("");
    let nodes = json(&house.run("profesor", &["node", "list", "--json"]));
    assert_eq!(nodes[0]["rules"], serde_json::json!({ "state": "unknown", "version": null }));
    let refused = |words: &[&str]| {
        let said = house.run("profesor", &[&["isolation", "check"], words, &["--json"]].concat());
        (said.code, json(&said)["error"]["id"].as_str().unwrap().to_owned())
    };
    assert_eq!(refused(&[]), (1, "error-isolation-seats".into()));
    vm_up(&house, "alumno1", "web1");
    vm_up(&house, "alumno2", "web1");
    assert_eq!(refused(&[]), (2, "error-isolation-engine".into()));
    assert_eq!(refused(&["web1.alumno1", "web1.alumno1"]), (1, "error-isolation-seats".into()));
    assert_eq!(refused(&["web1.alumno1", "web9.alumno2"]), (1, "error-no-vm".into()));
    house.ok("alumno2", &["vm", "stop", "web1"]);
    assert_eq!(refused(&["web1.alumno1", "web1.alumno2"]), (1, "error-isolation-stopped".into()));
    // Each machine that programs were to run in is in the audit, with who wanted it.
    let audit = house.audit();
    let begun = audit.iter().filter(|line| line["action"] == "isolation-check" && line["phase"] == "begin");
    let machines: Vec<_> = begun.map(|line| line["vm"].as_str().unwrap().to_owned()).collect();
    assert_eq!(machines, ["web1.alumno1", "web1.alumno2"]);
    let said = json(&house.run("alumno1", &["isolation", "check", "web1", "--json"]));
    assert_eq!(said["error"]["code"], "denied");
}

#[test]
fn alumno1_is_not_alumno10() {
    let house = House::new("");
    let key = std::fs::read_to_string(house.key("alumno2").with_extension("pub")).unwrap();
    let key = format!("'{}'", key.trim());
    house.ok("profesor", &["person", "add", "alumno10", "--course", "demo-2026", "--key", &key]);
    let mut ssh = house.ssh("alumno2");
    let made = said(ssh.arg(House::at("alumno10")).args(["vm", "create", "web1", "--template", "mini"]));
    assert_eq!(made.code, 0, "{made:?}");
    vm_up(&house, "alumno1", "web10");
    let list = house.ok("alumno1", &["vm", "list", "--json"]);
    let list: Value = serde_json::from_str(&list).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 1, "{list}");
    assert_eq!(list[0]["name"], "web10");
    assert_eq!(house.run("alumno1", &["vm", "show", "web1"]).code, 1);
    let seat = house.ok("profesor", &["vm", "list", "--seat", "alumno1"]);
    assert!(seat.contains("web10") && !seat.contains("alumno10"), "{seat}");
    let audit = house.ok("profesor", &["audit", "list", "--person", "alumno1", "--json"]);
    let audit: Value = serde_json::from_str(&audit).unwrap();
    assert!(audit.as_array().unwrap().iter().all(|line| line["actor"] == "alumno1"), "{audit}");
}

#[test]
fn quotas_hold_when_ten_race() {
    let house = House::new("[quota]\nmachines = 3\nmemory_mib = 1024\nbackups = 2");
    let create = |name: &str| {
        let mut ssh = house.ssh("alumno1");
        ssh.arg(House::at("alumno1")).args(["vm", "create", name, "--template", "mini", "--json"]);
        ssh.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let racing: Vec<_> = (0..10).map(|n| create(&format!("web{n}"))).collect();
    let ends: Vec<Said> = racing.into_iter().map(|c| c.wait_with_output().unwrap().into()).collect();
    assert_eq!(ends.iter().filter(|end| end.code == 0).count(), 3, "{ends:#?}");
    for end in ends.iter().filter(|end| end.code != 0) {
        let error = &json(end)["error"];
        assert_eq!((&error["code"], &error["args"]["quota"]), (&"limited".into(), &"machines".into()));
        assert!(error["message"].as_str().unwrap().contains("3 de 3 máquinas"), "{error}");
    }
    let list: Value = serde_json::from_str(&house.ok("alumno1", &["vm", "list", "--json"])).unwrap();
    let vms = list.as_array().unwrap();
    assert_eq!(vms.len(), 3);
    let mut addresses: Vec<_> = vms.iter().map(|vm| vm["address"].to_string()).collect();
    addresses.dedup();
    assert_eq!(addresses.len(), 3, "{addresses:?}");
    // Memory: three machines have 768 of 1024 MiB. A machine makes room in number only.
    let name = vms[0]["name"].as_str().unwrap();
    house.ok("alumno1", &["vm", "delete", name, "--yes"]);
    let said =
        house.run("alumno1", &["vm", "create", "big", "--template", "mini", "--memory", "600M", "--json"]);
    assert_eq!(json(&said)["error"]["args"]["quota"], "memory", "{said:?}");
    let said =
        house.run("alumno1", &["vm", "create", "big", "--template", "mini", "--memory", "64G", "--json"]);
    assert_eq!(json(&said)["error"]["id"], "error-limits", "{said:?}");
    let web = vms[1]["name"].as_str().unwrap();
    let other = vms[2]["name"].as_str().unwrap();
    house.ok("alumno1", &["vm", "backup", web]);
    house.ok("alumno1", &["vm", "backup", other]);
    let said = house.run("alumno1", &["vm", "backup", web, "--json"]);
    assert_eq!(json(&said)["error"]["args"]["quota"], "backups", "{said:?}");
}

#[test]
fn putty_comes_in_too() {
    let house = House::new("");
    // PuTTY reads its own kind of key file.
    let ppk = house.key("alumno1").with_extension("ppk");
    let made =
        said(Command::new("puttygen").arg(house.key("alumno1")).args(["-O", "private", "-o", text(&ppk)]));
    assert_eq!(made.code, 0, "{made:?}");
    let host = house.dir.join("state/ssh_host_ed25519_key.pub");
    let known: Said = Command::new("ssh-keygen").args(["-lf", text(&host)]).output().unwrap().into();
    let fingerprint = known.out.split(' ').nth(1).unwrap().to_owned();
    let port = house.port.to_string();
    let mut plink = Command::new("plink");
    plink.args(["-batch", "-ssh", "-noagent", "-P", &port, "-hostkey", &fingerprint, "-i", text(&ppk)]);
    plink.env("HOME", &house.dir).env_remove("LANG").arg(House::at("alumno1")).arg("whoami");
    let exec = said(&mut plink);
    assert_eq!(exec.code, 0, "{exec:?}");
    assert!(exec.out.contains("alumno1"), "{exec:?}");
    let mut plink = Command::new("plink");
    plink.args(["-ssh", "-noagent", "-P", &port, "-hostkey", &fingerprint, "-i", text(&ppk), "-t"]);
    plink.env("HOME", &house.dir).arg(House::at("alumno1"));
    let mut terminal = Pty::new(&plink);
    // Against servers that pretend to be plink itself.
    terminal.until("Press Return to begin session. ");
    terminal.send("\r");
    terminal.until("puerta> ");
    terminal.send("whoami\r");
    terminal.until("SHA256:");
    terminal.send("exit\r");
    assert_eq!(terminal.end().code, 0);
}
