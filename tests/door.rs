//! Who comes in, and who does not; how the door opens and closes: real `ssh` against the real program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "a test may panic")]

#[path = "door/ground.rs"]
mod ground;
#[path = "door/kept_out.rs"]
mod kept_out;
#[path = "door/log.rs"]
mod log;
#[path = "door/login.rs"]
mod login;
#[path = "door/rebuild.rs"]
mod rebuild;
#[path = "door/registry.rs"]
mod registry;
#[path = "door/serving.rs"]
mod serving;
#[path = "door/soak.rs"]
mod soak;
mod support;
#[path = "door/watchdog.rs"]
mod watchdog;
use serde_json::Value;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use support::pty::Pty;
use support::{House, Killed, Said, records, text, wait, wait_for};

const PASSWORD: &str = "una mesa verde";

fn said(command: &mut Command) -> Said {
    command.stdin(Stdio::null()).output().expect("a program is not installed").into()
}

/// Sets a password as a person does.
fn set_password(house: &House, login: &str) {
    let mut ssh = house.ssh(login);
    let mut terminal = Pty::new(ssh.arg("-tt").arg(House::at(login)).arg("passwd"));
    terminal.until("Contraseña nueva: ");
    terminal.send(&format!("{PASSWORD}\r"));
    terminal.until("Otra vez: ");
    terminal.send(&format!("{PASSWORD}\r"));
    let end = terminal.end();
    assert_eq!(end.code, 0, "{end:?}");
    assert!(!end.out.contains(PASSWORD), "the password was shown: {end:?}");
}

/// A person without a key; their one-time code.
fn enrol(house: &House, login: &str) -> String {
    let json = house.ok("profesor", &["person", "add", login, "--course", "demo-2026", "--json"]);
    let reply: Value = serde_json::from_str(&json).unwrap();
    reply["code"].as_str().unwrap_or_else(|| panic!("no code: {json}")).to_owned()
}

/// The database, touched behind puerta's back.
fn sql(house: &House, statement: &str) {
    let code = "import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); d.execute(sys.argv[2]); d.commit()";
    let database = house.dir.join("state/puerta.sqlite");
    let said = said(Command::new("python3").args(["-c", code, text(&database), statement]));
    assert_eq!(said.code, 0, "{said:?}");
}

/// The lines of the audit with this code and these values.
fn lines<'a>(audit: &'a [Value], code: &str, with: &[(&str, &str)]) -> Vec<&'a Value> {
    let fits = |line: &&Value| with.iter().all(|(key, value)| line.pointer(key).is_some_and(|v| v == value));
    audit.iter().filter(|line| line["code"] == code).filter(fits).collect()
}

fn vm_up(house: &House, login: &str, name: &str) {
    house.ok(login, &["vm", "create", name, "--template", "mini"]);
}

/// A forward that stays open, through which one byte went.
fn forward(house: &House, login: &str, to: &str) -> Killed {
    use std::io::Write;
    let mut ssh = house.ssh(login);
    ssh.args(["-W", to]).arg(House::at(login)).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = Killed(ssh.stderr(Stdio::piped()).spawn().unwrap());
    child.0.stdin.as_mut().unwrap().write_all(b"!").unwrap();
    let mut heard = [0];
    child.0.stdout.as_mut().unwrap().read_exact(&mut heard).unwrap();
    child
}

/// Waits for the end, and says how long it took and what stood on standard error.
fn ended(mut child: Killed, within: Duration) -> String {
    let begun = Instant::now();
    while child.0.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < within, "still there after {within:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
    let mut err = String::new();
    child.0.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    err
}

#[test]
fn a_closed_door_closes_what_is_open() {
    let house = House::new("");
    vm_up(&house, "alumno1", "web1");
    for words in [&["person", "suspend", "alumno1", "--yes"][..], &["person", "remove", "alumno2", "--yes"]] {
        let login = words[2];
        let mut ssh = house.ssh(login);
        let mut shell = Pty::new(ssh.arg("-tt").arg(House::at(login)));
        shell.until("puerta> ");
        let tunnel = (login == "alumno1").then(|| forward(&house, login, "web1:7007"));
        let begun = Instant::now();
        let reply = house.ok("profesor", &[words, &["--json"]].concat());
        let reply: Value = serde_json::from_str(&reply).unwrap();
        let open = if login == "alumno1" { 2 } else { 1 };
        assert_eq!(reply["sessions_closed"], open, "{reply}");
        shell.until("habla con tu profesor");
        shell.end();
        if let Some(tunnel) = tunnel {
            ended(tunnel, Duration::from_secs(2));
        }
        assert!(begun.elapsed() < Duration::from_secs(3), "{words:?} took {:?}", begun.elapsed());
        // One is known and told; the other is nobody any more.
        let said = house.run(login, &["whoami"]);
        let (code, says) = if login == "alumno1" { (1, "suspendida") } else { (255, "Permission denied") };
        assert!(said.code == code && said.err.contains(says), "{words:?}: {said:?}");
    }
    house.ok("profesor", &["person", "suspend", "alumno1", "--resume"]);
    house.ok("alumno1", &["whoami"]);
    wait("three ends are written down", || {
        let cut = [("/phase", "finish"), ("/detail/reason", "suspended")];
        lines(&house.audit(), "login", &cut).len() == 3
    });
}

#[test]
fn nobody_closes_their_own_door() {
    let house = House::new("");
    for verb in ["suspend", "remove"] {
        let said = house.run("profesor", &["person", verb, "profesor", "--yes"]);
        assert_eq!(said.code, 1, "{said:?}");
        assert!(house.run("alumno1", &["person", verb, "alumno2", "--yes"]).code == 1);
    }
    house.ok("profesor", &["whoami"]);
    house.ok("alumno2", &["whoami"]);
    let audit = house.audit();
    let denied = lines(&audit, "denial", &[("/action", "person-suspend"), ("/actor", "profesor")]);
    assert!(denied[0]["meant"]["policies"].to_string().contains("not-oneself"), "{denied:#?}");
}

fn copy_policy(to: &std::path::Path) {
    let from = concat!(env!("CARGO_MANIFEST_DIR"), "/policy/cedar");
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

#[test]
fn a_policy_is_replaced_whole_or_not_at_all() {
    let dir = std::env::temp_dir().join(format!("puerta-policy-{}", std::process::id()));
    copy_policy(&dir);
    let house = House::new(&format!("[policy]\ndir = {dir:?}"));
    vm_up(&house, "alumno1", "web1");
    let tunnel = forward(&house, "alumno1", "web1:7007");
    let reloads = |result: &str| lines(&house.audit(), "policy.reload", &[("/detail/result", result)]).len();

    std::fs::write(dir.join("broken.cedar"), "forbid (principal, action, resource)").unwrap();
    house.signal("HUP");
    wait("the refusal is written down", || reloads("refused") == 1);
    let audit = house.audit();
    let refused = lines(&audit, "policy.reload", &[])[0];
    assert!(refused["detail"]["errors"].to_string().contains("broken.cedar"), "{refused}");
    house.ok("alumno1", &["vm", "list"]);

    // A good one: forwards end, and then logins.
    let shut = |text: &str| std::fs::write(dir.join("broken.cedar"), text).unwrap();
    let exam = "@id(\"exam\")\nforbid (principal in Puerta::Role::\"alumno\", action == Puerta::Action::\"vm-forward\", resource);\n";
    shut(exam);
    house.signal("HUP");
    ended(tunnel, Duration::from_secs(5));
    house.ok("alumno1", &["vm", "list"]);
    let mut ssh = house.ssh("alumno1");
    let mut shell = Pty::new(ssh.arg("-tt").arg(House::at("alumno1")));
    shell.until("puerta> ");
    shut("@id(\"closed\")\nforbid (principal in Puerta::Role::\"alumno\", action, resource);\n");
    house.signal("HUP");
    shell.until("pregunta a tu profesor");
    shell.end();
    let said = house.run("alumno1", &["vm", "list"]);
    assert!(said.code == 1 && said.err.contains("habla con tu profesor"), "{said:?}");
    house.ok("profesor", &["vm", "list", "--all"]);
    assert_eq!(reloads("replaced"), 2);
    drop(house);
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn the_audit_tells_who_came_how_and_from_where() {
    let house = House::new("");
    let known: Said =
        Command::new("ssh-keygen").arg("-lf").arg(house.key("alumno1")).output().unwrap().into();
    let fingerprint = known.out.split(' ').nth(1).unwrap().to_owned();
    house.ok("alumno1", &["vm", "list"]);
    let refused = said(house.ssh("stranger").arg(House::at("alumno1")).arg("whoami"));
    assert_eq!(refused.code, 255);
    wait("the goodbye is written", || {
        lines(&house.audit(), "login", &[("/detail/method", "none")]).len() == 1
            && lines(&house.audit(), "login", &[("/actor", "alumno1"), ("/phase", "finish")]).len() == 1
    });
    let audit = house.audit();
    let came = lines(&audit, "login", &[("/actor", "alumno1"), ("/phase", "begin")]);
    assert_eq!(came.len(), 1, "{came:#?}");
    assert_eq!(came[0]["detail"]["fingerprint"], *fingerprint);
    assert_eq!(came[0]["detail"]["method"], "publickey");
    assert!(came[0]["source"].as_str().unwrap().starts_with("127.0.0.1:"));
    let connection = came[0]["connection"].clone();
    // From the login to the goodbye, one connection's lines have one id.
    let its: Vec<_> = audit.iter().filter(|line| line["connection"] == connection).collect();
    let codes: Vec<_> = its.iter().map(|line| line["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["login", "session", "session", "login"], "{its:#?}");
    assert_eq!(its.last().unwrap()["detail"]["reason"], "closed");
    // The stranger left a line with the key they tried, and another id.
    let strange = lines(&audit, "login", &[("/detail/method", "none")]);
    assert_eq!(strange.len(), 1, "{strange:#?}");
    assert_eq!(strange[0]["actor"], "alumno1");
    assert_ne!(strange[0]["connection"], connection);
    assert!(strange[0]["detail"]["offered"][0].as_str().unwrap().starts_with("SHA256:"));
    for line in &audit {
        let inside =
            ["start", "stop", "person.init", "audit.signed"].iter().any(|code| line["code"] == *code);
        assert!(inside || line["connection"].is_string(), "no connection: {line}");
    }
}

#[test]
fn a_changed_line_of_the_audit_is_found() {
    let mut house = House::new("");
    house.ok("alumno1", &["whoami"]);
    house.stop();
    let whole = house.puerta(&["audit", "verify"]);
    assert_eq!(whole.code, 0, "{whole:?}");
    let path = house.dir.join("state/audit.jsonl");
    let good = std::fs::read_to_string(&path).unwrap();
    let count = good.lines().count();
    let line = |n: usize| good.lines().nth(n).unwrap().to_owned();
    // What came before it (puerta init) is not this test's to number.
    let at = good.lines().position(|line| line.contains(r#""code":"start""#)).unwrap();
    let begin = line(at);
    let changed = |bad: String, n: usize| {
        std::fs::write(&path, &bad).unwrap();
        let said = house.puerta(&["audit", "verify"]);
        assert_eq!(said.code, 1, "{said:?}");
        assert!(said.err.contains(&format!("line {n}:")), "{n}: {said:?}");
    };
    let number = at + 1;
    changed(good.replacen(&begin, &begin.replacen("start", "stare", 1), 1), number);
    changed(good.replacen(&format!("{begin}\n"), "", 1), number);
    let next = line(at + 1);
    changed(good.replacen(&format!("{begin}\n{next}"), &format!("{next}\n{begin}"), 1), number);
    let last = line(count - 1);
    changed(good.replacen(&last, &last.replacen("audit.signed", "audit.sighed", 1), 1), count);
}

#[test]
fn an_admin_is_made_once_and_missed_when_there_is_none() {
    let mut house = House::founded("");
    let key = |name: &str| house.key(name).with_extension("pub").to_str().unwrap().to_owned();
    let init = |login: &str, name: &str| house.puerta(&["init", "--admin", login, "--key", &key(name)]);
    let said = init("profesor", "profesor");
    assert!(said.code == 0 && said.out.contains("`profesor` is there already\n"), "{said:?}");
    let said = house.puerta(&["init", "--admin", "profesor"]);
    assert!(said.code == 0 && said.out.contains("`profesor` is there already\n"), "{said:?}");
    let said = init("profesor", "stranger");
    assert!(said.code == 0 && said.out.contains("may log in with the key from now on"), "{said:?}");
    house.start();
    assert!(!house.log().contains("nobody administers"), "{}", house.log());
    let mut ssh = house.ssh("stranger");
    let said: support::Said = ssh.arg(House::at("profesor")).arg("whoami").output().unwrap().into();
    assert_eq!(said.code, 0, "{said:?}");
    house.ok("profesor", &["person", "add", "eva"]);
    house.stop();
    let key = house.key("stranger").with_extension("pub").to_str().unwrap().to_owned();
    let said = house.puerta(&["init", "--admin", "eva", "--key", &key]);
    assert!(said.code == 1 && said.err.contains("is no admin (alumno)"), "{said:?}");

    // Another registry, with nobody in it.
    let config = std::fs::read_to_string(house.config()).unwrap();
    std::fs::write(house.config(), config.replacen("/state\"", "/empty\"", 1)).unwrap();
    assert_eq!(house.puerta(&["init"]).code, 0);
    house.start();
    wait("it says that nobody administers it", || {
        house.log().contains("nobody administers this lab: stop puerta, type `puerta --config")
    });
}

/// A professor who could add a key to somebody who is there already would be that somebody.
#[test]
fn nobody_gives_a_key_to_somebody_elses_door() {
    let house = House::new("");
    house.ok("profesor", &["course", "create", "red-2026"]);
    house.ok("profesor", &["person", "add", "ayudante", "--role", "admin"]);
    let key = std::fs::read_to_string(house.key("stranger").with_extension("pub")).unwrap();
    for login in ["ayudante", "alumno1"] {
        let key = format!("'{}'", key.trim());
        let said = house.run("profesor", &["person", "add", login, "--course", "red-2026", "--key", &key]);
        assert_eq!(said.code, 1, "{said:?}");
        let mut ssh = house.ssh("stranger");
        let said: support::Said = ssh.arg(House::at(login)).arg("whoami").output().unwrap().into();
        assert_eq!(said.code, 255, "{said:?}");
    }
    house.ok("profesor", &["person", "add", "alumno1", "--course", "red-2026"]);
    assert!(house.ok("alumno1", &["whoami"]).contains("alumno1-red-2026"));
}

/// What a job does while lines still wait on the pipe must not cost the lines.
#[test]
fn a_pipe_keeps_its_lines_while_a_job_runs() {
    let house = House::new("");
    let lines = "vm create web1 --template mini\nvm backup web1\nvm list\nwhoami\n";
    let said = house.feed("alumno1", &["-T"][..0], lines);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("web1") && said.out.contains("alumno1"), "{said:?}");
    assert_eq!(
        house
            .audit()
            .iter()
            .filter(|line| line["code"] == "command" && line["action"] == "vm-backup")
            .count(),
        2
    );
}

#[test]
fn a_lost_code_is_replaced_by_who_may() {
    let house = House::new("");
    let denied = house.run("alumno2", &["person", "code", "alumno1"]);
    assert_eq!(denied.code, 1, "{denied:?}");
    let reply: Value =
        serde_json::from_str(&house.ok("profesor", &["person", "code", "alumno1", "--json"])).unwrap();
    let code = reply["code"].as_str().unwrap();
    assert_eq!(code.len(), 14, "{reply}");
    let stored = std::fs::read(house.dir.join("state/puerta.sqlite-wal")).unwrap();
    assert!(!stored.windows(code.len()).any(|window| window == code.as_bytes()), "the code itself is kept");
}
