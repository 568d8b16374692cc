//! What may no longer be ends soon, and says why: by suspension, by removal of the member, by
//! deletion of the machine, by a tightened policy; shell, console, `-J`, and a shared connection.

use super::recorded::copy_policy;
use super::*;

/// Everything of alumno1 that can be open.
struct Open {
    shell: Pty,
    console: Pty,
    jump: Child,
    alone: Forward,
    streams: [TcpStream; 2],
    /// A master with a shell and a forward of its own, over one connection.
    shared: Pty,
    _shared: Forward,
}

fn everything(house: &House) -> Open {
    let mut shell = terminal(house, "alumno1", &[]);
    shell.until("puerta> ");
    let mut console = terminal(house, "alumno1", &["vm", "console", "web1"]);
    console.until("sim# ");
    let jump = jump(house, "alumno1");
    let alone = forwarding(house.ssh("alumno1"), "alumno1");
    let control = format!("ControlPath={}", house.dir.join("mux").display());
    let mut master = house.ssh("alumno1");
    master.env("LC_MESSAGES", "en_GB.UTF-8").args(["-o", "SendEnv=LC_MESSAGES", "-o", &control]);
    master.args(["-o", "ControlMaster=yes", "-tt"]).arg(House::at("alumno1"));
    let mut shared = Pty::new(&master);
    shared.until("puerta> ");
    let mut slave = house.ssh("alumno1");
    slave.args(["-o", &control]);
    let (port, through_master) = {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        slave.args(["-O", "forward", "-L", &format!("{port}:web1:{ECHO}")]).arg(House::at("alumno1"));
        let child = slave.stdin(Stdio::null()).spawn().unwrap();
        (port, child)
    };
    wait("the shared forward listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
    let shared_forward = Forward { child: Killed(through_master), port };
    let streams = [through(&alone), through(&shared_forward)];
    Open { shell, console, jump, alone, streams, shared, _shared: shared_forward }
}

/// It ends, and in time: within [`SOON`] of `begun`, which is after `ssh` of the professor returned.
fn closes(what: &str, stream: &mut TcpStream, begun: Instant) {
    let ended = matches!(stream.read(&mut [0; 8]), Ok(0) | Err(_));
    assert!(ended && begun.elapsed() < SOON, "{what}: {:?}", begun.elapsed());
}

#[test]
fn a_suspended_person_loses_everything_and_reads_why() {
    let house = house("");
    let Open { shell, console, jump, mut alone, mut streams, shared, _shared } = everything(&house);
    house.ok("profesor", &["person", "suspend", "alumno1", "--yes"]);
    let begun = Instant::now();
    for stream in &mut streams {
        closes("a forward", stream, begun);
    }
    let said = ended("ssh -W", jump);
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    assert!(said.contains("Tu puerta se ha cerrado") && said.contains("Your door is closed"), "{said}");
    let mut said = String::new();
    alone.child.0.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(said.contains("Your door is closed"), "{said}");
    for (what, terminal) in [("shell", shell), ("console", console), ("shared", shared)] {
        let said = terminal.end();
        assert!(said.out.contains("Your door is closed: talk to your teacher"), "{what}: {said:?}");
    }
    assert!(sessions(&house, "profesor", "alumno1").is_empty());
}

#[test]
fn a_removed_person_loses_everything() {
    let house = house("");
    // First a member of no seat any more: the connection stays, what it had of the seat does not.
    let mut shell = terminal(&house, "alumno1", &[]);
    shell.until("puerta> ");
    let jump = jump(&house, "alumno1");
    let code = "import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); d.execute(\"DELETE FROM members WHERE person = (SELECT id FROM persons WHERE login = 'alumno1')\"); d.commit()";
    let database = house.dir.join("state/puerta.sqlite");
    assert!(Command::new("python3").args(["-c", code]).arg(&database).status().unwrap().success());
    // What every change of puerta's own does: everything open is judged again.
    house.signal("HUP");
    let begun = Instant::now();
    let said = ended("ssh -W", jump);
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    assert!(said.contains("no longer allowed") && said.contains("ya no esta permitida"), "{said}");
    // Out altogether.
    house.ok("profesor", &["vm", "delete", "web1.alumno1", "--yes"]);
    house.ok("profesor", &["person", "remove", "alumno1", "--yes"]);
    let begun = Instant::now();
    assert!(shell.end().out.contains("Your door is closed"));
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
}

#[test]
fn a_key_that_is_removed_closes_what_came_in_by_it() {
    let house = house("");
    house.make_key("second");
    let key = std::fs::read_to_string(house.key("second").with_extension("pub")).unwrap();
    house.feed("alumno1", &["key", "add"], &key);
    let by_second = |words: &[&str]| {
        let mut ssh = house.ssh("second");
        ssh.env("LC_MESSAGES", "en_GB.UTF-8").args(["-o", "SendEnv=LC_MESSAGES", "-tt"]);
        Pty::new(ssh.arg(House::at("alumno1")).args(words))
    };
    let fingerprint =
        json(&house, "alumno1", &["key", "list"])[1]["fingerprint"].as_str().unwrap().to_owned();
    let (mut other, mut asks) = (by_second(&[]), by_second(&[]));
    let mut console = by_second(&["vm", "console", "web1"]);
    let mut first = terminal(&house, "alumno1", &[]);
    for (shell, prompt) in
        [(&mut other, "puerta> "), (&mut asks, "puerta> "), (&mut first, "puerta> "), (&mut console, "sim# ")]
    {
        shell.until(prompt);
    }
    asks.send(&format!("key remove {fingerprint} --yes\r"));
    // In rows, as the terminal's width wants them.
    let said = asks.until("came in by it too").replace("\r\n", " ");
    let wanted = "2 other sessions that came in by it are closed; this one came in by it too";
    assert!(said.contains(wanted), "{said}");
    let begun = Instant::now();
    for (what, terminal) in [("shell", other), ("console", console)] {
        let said = terminal.end();
        assert!(said.out.contains("The key that you came in with was removed"), "{what}: {said:?}");
    }
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    // Where it was asked for one goes on, and by another key as well.
    for shell in [&mut asks, &mut first] {
        shell.send("whoami\r");
        shell.until("SHA256:");
    }
    let mut ssh = house.ssh("second");
    assert_eq!(ssh.arg(House::at("alumno1")).arg("whoami").output().unwrap().status.code(), Some(255));
    wait("the audit says why", || {
        let audit = house.audit();
        audit.iter().filter(|line| line["detail"]["reason"] == "key removed").count() == 2
    });
}

/// A shell of alumno1 by a second key, that key's line, and its fingerprint.
fn by_a_second_key(house: &House) -> (Pty, String, String) {
    house.make_key("second");
    let key = std::fs::read_to_string(house.key("second").with_extension("pub")).unwrap();
    house.feed("alumno1", &["key", "add"], &key);
    let fingerprint = json(house, "alumno1", &["key", "list"])[1]["fingerprint"].as_str().unwrap().to_owned();
    let mut ssh = house.ssh("second");
    ssh.env("LC_MESSAGES", "en_GB.UTF-8").args(["-o", "SendEnv=LC_MESSAGES", "-tt"]);
    let mut shell = Pty::new(ssh.arg(House::at("alumno1")));
    shell.until("puerta> ");
    (shell, key, fingerprint)
}

/// Removed where it stays, and given back: who has it then has no more than others.
#[test]
fn a_key_that_comes_back_can_be_removed_again() {
    let house = house("");
    let (mut shell, key, fingerprint) = by_a_second_key(&house);
    shell.send(&format!("key remove {fingerprint} --yes\r"));
    // The words before it are broken into rows.
    shell.until("until you leave");
    house.feed("alumno1", &["key", "add"], &key);
    shell.send("whoami\r");
    shell.until("SHA256:");
    let said = house.ok("alumno1", &["key", "remove", &fingerprint, "--yes"]);
    assert!(said.contains("se cierra otra sesión"), "{said}");
    assert!(shell.end().out.contains("The key that you came in with was removed"));
}

/// A registry that could not say so when it changed says it later.
#[test]
fn a_revocation_that_met_a_broken_registry_is_looked_at_again() {
    let house = house("");
    let (mut shell, _, fingerprint) = by_a_second_key(&house);
    let change = |sql: &str| {
        let code = "import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); d.executescript(sys.argv[2])";
        let database = house.dir.join("state/puerta.sqlite");
        let mut python = Command::new("python3");
        assert!(python.args(["-c", code]).arg(database).arg(sql).status().unwrap().success());
    };
    change("ALTER TABLE authorized_keys RENAME TO away");
    house.signal("HUP");
    wait("nobody can judge it", || house.log().contains("no such table: authorized_keys"));
    shell.send("lang\r");
    shell.until("puerta> ");
    change(&format!(
        "BEGIN; ALTER TABLE away RENAME TO authorized_keys;
         DELETE FROM authorized_keys WHERE fingerprint = '{fingerprint}'; COMMIT"
    ));
    assert!(shell.end().out.contains("The key that you came in with was removed"));
}

#[test]
fn a_deleted_machine_takes_its_forwards_and_consoles_with_it() {
    let house = house("");
    let Open { mut shell, console, jump, mut alone, mut streams, mut shared, _shared } = everything(&house);
    house.ok("profesor", &["vm", "delete", "web1.alumno1", "--yes"]);
    let begun = Instant::now();
    for stream in &mut streams {
        closes("a forward", stream, begun);
    }
    let said = ended("ssh -W", jump);
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    assert!(said.contains("no longer allowed, or the machine was removed"), "{said}");
    let mut said = String::new();
    alone.child.0.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(said.contains("no longer allowed"), "a connection with nothing else: {said}");
    let said = console.end();
    assert!(said.out.contains("the console was cut"), "{said:?}");
    assert_eq!(said.code, 1);
    // Shells go on, and say it.
    for shell in [&mut shell, &mut shared] {
        shell.until("The connection to port 7007 of `web1.alumno1` was cut");
        shell.send("vm list\r");
        shell.until("vm create");
    }
}

#[test]
fn a_stopped_machine_ends_its_console_and_says_how_to_start_it() {
    let house = house("");
    let mut console = terminal(&house, "alumno1", &["vm", "console", "web1"]);
    console.until("sim# ");
    house.ok("alumno1", &["vm", "stop", "web1"]);
    let said = console.end();
    assert!(said.out.contains("vm start web1"), "{said:?}");
    assert_eq!(said.code, 2);
}

#[test]
fn a_restart_ends_a_console_and_says_that_the_machine_comes_back() {
    let mut house = house("");
    let config = std::fs::read_to_string(house.config()).unwrap();
    std::fs::write(house.config(), config.replace("driver = \"sim\"", "driver = \"sim\"\ndelay_ms = 2000"))
        .unwrap();
    house.stop();
    house.start();
    let mut console = terminal(&house, "alumno1", &["vm", "console", "web1"]);
    console.until("sim# ");
    let restart =
        house.ssh("profesor").arg(House::at("profesor")).args(["vm", "restart", "web1.alumno1"]).spawn();
    let said = console.end();
    assert!(said.out.contains("`web1` is busy: restart since"), "{said:?}");
    assert_eq!(said.code, 1);
    assert!(restart.unwrap().wait().unwrap().success());
}

#[test]
fn a_tightened_policy_cuts_what_it_covers() {
    let mut house = house("");
    let policy = house.dir.join("policy");
    copy_policy(&policy);
    let config = std::fs::read_to_string(house.config()).unwrap();
    std::fs::write(house.config(), format!("{config}[policy]\ndir = {policy:?}\n")).unwrap();
    house.stop();
    house.start();
    let Open { mut shell, console, jump, alone: _alone, mut streams, mut shared, _shared } =
        everything(&house);
    let rule = "@id(\"exam\") forbid (principal in Puerta::Role::\"alumno\", action in [Puerta::Action::\"vm-forward\", Puerta::Action::\"vm-console\"], resource);";
    std::fs::write(policy.join("exam.cedar"), rule).unwrap();
    house.signal("HUP");
    let begun = Instant::now();
    for stream in &mut streams {
        closes("a forward", stream, begun);
    }
    let said = ended("ssh -W", jump);
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    assert!(said.contains("no longer allowed"), "{said}");
    assert!(console.end().out.contains("you may no longer use it"));
    for shell in [&mut shell, &mut shared] {
        shell.until("The connection to port 7007 of `web1.alumno1` was cut");
    }
    shell.send("exit\r");
    assert_eq!(shell.end().code, 0);
}

#[test]
fn a_stop_of_puerta_ends_consoles() {
    let mut house = house("");
    let mut console = terminal(&house, "alumno1", &["vm", "console", "web1"]);
    console.until("sim# ");
    let begun = Instant::now();
    house.stop();
    let said = console.end();
    assert!(said.out.contains("puerta restarts"), "{said:?}");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}
