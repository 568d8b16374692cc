//! What a person types and reads, however they type it: real `ssh` (and PuTTY's `plink`) against
//! the real program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "a test may panic")]

#[path = "shell/backups.rs"]
mod backups;
#[path = "shell/known.rs"]
mod known;
#[path = "shell/others.rs"]
mod others;
#[path = "shell/practice.rs"]
mod practice;
#[path = "shell/spoken.rs"]
mod spoken;
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
        &["known-hosts"],
        &["known-hosts", "web1"],
        &["ssh-config"],
        &["lang"],
        &["lang", "es"],
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
    let denied = |line: &&Value| line["code"] == "denial" && line["actor"] == "alumno1";
    // The answer does not wait for its line.
    wait("each is written", || house.audit().iter().filter(denied).count() == staff.len() - 1);
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
    assert!(sftp.code != 0 && sftp.err.contains("usa `sftp -J alumno1@"), "{sftp:?}");
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

#[test]
fn words_of_other_systems_are_understood_or_led() {
    let house = House::new("[ssh]\npublic_name = \"puerta.uni.example:2222\"\n");
    let at = |words: &[&str]| house.run("alumno1", words);
    let none = at(&["nc", "web1", "22"]);
    let says = "crea una con `vm create web1` y, desde tu ordenador, usa `ssh -J alumno1@puerta.uni.example:2222 root@web1`";
    assert!(none.code == 1 && none.err.contains(says), "{none:?}");
    let made = house.ok("alumno1", &["vm", "create", "ux1", "--template", "mini"]);
    assert!(made.contains("`ssh -J alumno1@puerta.uni.example:2222 root@ux1`"), "{made}");
    for program in ["sh", "bash", "rsync --server .", "git-upload-pack x", "scp -t .", "ssh ux1", "ssh"] {
        let said = at(&[program]);
        let says = "-J alumno1@puerta.uni.example:2222";
        assert!(
            said.code == 1 && said.err.contains(says) && said.err.contains("root@ux1"),
            "{program}: {said:?}"
        );
    }
    assert!(at(&["scp", "-t", "."]).err.contains("usa `scp -J alumno1@"));
    for listed in ["status", "ps", "ls", "vm ls", "VM LIST", "LIST"] {
        let said = at(&[listed]);
        assert!(said.code == 0 && said.out.contains("ux1"), "{listed}: {said:?}");
    }
    assert!(at(&["?"]).out.contains("vm create"));
    for (typed, command) in [
        ("rm ux1", "`vm delete ux1`"),
        ("reboot ux1", "`vm restart ux1`"),
        ("backup create ux1", "`vm backup ux1`"),
        ("key add '<' id.pub", "`ssh -p 2222 alumno1@puerta.uni.example key add < FICHERO.pub`"),
    ] {
        let said = at(&[typed]);
        assert!(said.code == 1 && said.err.contains(command), "{typed}: {said:?}");
    }
    assert!(at(&["vm", "create", "web1.local"]).err.contains("mira los tuyos con `whoami`"));
    assert!(house.ok("alumno1", &["vm", "list"]).contains("ux1"), "nothing was done by a guess");
    let mut shell = house.ssh("alumno1");
    let mut shell = Pty::new(shell.arg("-tt").arg(House::at("alumno1")));
    for (typed, says) in [("key add < id.pub", "pega la l"), ("clear", "Ctrl-L"), ("logout", "Hasta luego")] {
        shell.until("puerta> ");
        shell.send(&format!("{typed}\r"));
        shell.until(says);
    }
    // As a shell does: the status of the last command.
    assert_eq!(shell.end().code, 1);
}
