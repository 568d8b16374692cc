//! The audit as professors and students read it, over the real ssh, and as the technician checks it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use support::pty::Pty;
use support::{House, Killed, Said, wait};

fn json(house: &House, login: &str, words: &[&str]) -> Vec<Value> {
    let words = [words, &["--json"]].concat();
    serde_json::from_str(&house.ok(login, &words)).unwrap()
}

fn verify(house: &House, words: &[&str]) -> Said {
    house.puerta(&[&["audit", "verify"], words].concat())
}

/// A house where something happened: each made a machine, and alumno2 tried alumno1's.
fn lived_in(extra: &str) -> House {
    let house = House::new(extra);
    for login in ["alumno1", "alumno2"] {
        house.ok(login, &["vm", "create", "web1", "--template", "mini"]);
    }
    assert_eq!(house.run("alumno2", &["vm", "stop", "web1.alumno1"]).code, 1);
    house.ok("profesor", &["vm", "stop", "web1.alumno1"]);
    house
}

#[test]
fn every_filter_filters() {
    let house = lived_in("");
    let all =
        |words: &[&str]| json(&house, "profesor", &[&["audit", "list", "--limit", "1000"], words].concat());
    let holds = |words: &[&str], field: &str, wanted: &str| {
        let lines = all(words);
        assert!(!lines.is_empty() && lines.len() < all(&[]).len(), "{words:?}: {}", lines.len());
        for line in &lines {
            let found = line.pointer(field).and_then(Value::as_str).unwrap_or_default();
            assert!(found.contains(wanted), "{words:?}: {line}");
        }
    };
    holds(&["--person", "alumno2"], "/actor", "alumno2");
    holds(&["--seat", "alumno1"], "/vm", ".alumno1");
    holds(&["--vm", "web1.alumno2"], "/vm", "web1.alumno2");
    holds(&["--action", "vm-st"], "/action", "vm-st");
    holds(&["--from", "127.0.0.0/8"], "/source", "127.0.0.1:");
    for outcome in ["allowed", "denied", "done"] {
        holds(&["--outcome", outcome], "/outcome", outcome);
    }
    assert!(all(&["--from", "192.0.2.0/24"]).is_empty());
    let denied = all(&["--outcome", "denied", "--person", "alumno2"]);
    assert_eq!(denied[0]["vm"], "web1.alumno1", "the attempt is there: {denied:#?}");
    let connection = denied[0]["connection"].as_str().unwrap();
    holds(&["--connection", connection], "/connection", connection);
    assert!(all(&["--until", "2h"]).is_empty());
    assert!(all(&["--since", "2h"]).len() > 50);
    let found = json(&house, "profesor", &["audit", "search", "stop", "web1.alumno1"]);
    assert!(!found.is_empty());
    assert!(found.iter().all(|line| line.to_string().contains("stop web1.alumno1")), "{found:#?}");
    assert_eq!(house.run("profesor", &["audit", "list", "--outcome", "ok"]).code, 1);
}

#[test]
fn pages_are_whole_and_say_how_to_go_on() {
    let house = lived_in("");
    let text = house.ok("profesor", &["audit", "list", "--limit", "3"]);
    let hint = text.lines().last().unwrap();
    let words: Vec<&str> = hint.split('`').nth(1).unwrap().split(' ').collect();
    assert_eq!(words[..2], ["--page", "2"], "{hint}");
    let mut seqs = Vec::new();
    for page in 1..5 {
        let page = page.to_string();
        let words = ["audit", "list", "--limit", "3", "--page", &page, words[2], words[3]];
        let lines = json(&house, "profesor", &words);
        assert_eq!(lines.len(), 3);
        seqs.splice(..0, lines.iter().map(|line| line["seq"].as_u64().unwrap()));
    }
    let whole: Vec<_> = (seqs[0]..=seqs[11]).collect();
    assert_eq!(seqs, whole, "no line twice, none missing, whatever is written meanwhile");
}

#[test]
fn a_spreadsheet_gets_no_formulas() {
    let house = House::new("");
    // A stranger's name for themselves is text of theirs.
    let mut ssh = house.ssh("stranger");
    ssh.arg("-l").arg("=1+1").arg("127.0.0.1").arg("whoami");
    assert_eq!(ssh.output().unwrap().status.code(), Some(255));
    let text = house.ok("profesor", &["audit", "list", "--csv", "--limit", "1000"]);
    let mut lines = text.split("\r\n");
    assert_eq!(
        lines.next(),
        Some("seq,time,connection,source,actor,code,phase,action,vm,outcome,failure,policies,detail")
    );
    assert!(text.contains("\"'=1+1\""), "{text}");
    assert!(!text.contains(",=") && !text.contains(",\"="), "{text}");
}

#[test]
fn a_connection_has_a_story() {
    let house = lived_in("");
    let line =
        json(&house, "profesor", &["audit", "list", "--action", "vm-create", "--limit", "1"]).remove(0);
    let connection = line["connection"].as_str().unwrap();
    let lines = json(&house, "profesor", &["audit", "show", connection]);
    let codes: Vec<_> = lines.iter().map(|line| line["code"].as_str().unwrap()).collect();
    assert_eq!((codes[0], codes[codes.len() - 1]), ("login", "login"), "{codes:?}");
    assert!(lines.iter().all(|line| line["connection"] == *connection));
    let text = house.ok("profesor", &["audit", "show", connection]);
    assert!(text.contains("vm-create") && text.contains("reason=closed"), "{text}");
    let said = house.run("profesor", &["audit", "show", "6a1b00000000"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("6a1b00000000"), "{said:?}");
}

#[test]
fn mine_is_mine() {
    let house = lived_in("");
    house.ok("profesor", &["vm", "start", "web1.alumno1"]);
    let lines = json(&house, "alumno1", &["audit", "mine", "--limit", "1000"]);
    for line in &lines {
        let (actor, vm) = (line["actor"].as_str().unwrap(), line["vm"].as_str().unwrap_or_default());
        assert!(actor == "alumno1" || vm == "web1.alumno1", "{line}");
        if actor != "alumno1" {
            for hidden in ["source", "connection", "policies", "hash", "prev"] {
                assert!(line.get(hidden).is_none(), "{hidden}: {line}");
            }
            assert!(line["detail"].get("words").is_none(), "{line}");
        }
    }
    let by = |actor: &str, action: &str| {
        lines.iter().any(|line| line["actor"] == actor && line["action"] == action)
    };
    assert!(by("profesor", "vm-stop") && by("profesor", "vm-start"), "who did what to my machine");
    assert!(by("alumno1", "vm-create") && !by("profesor", "person-add"));
    assert!(lines.iter().any(|line| line["actor"] == "alumno2" && line["outcome"] == "denied"));
    // Filters narrow, and open nothing.
    let others = json(&house, "alumno1", &["audit", "mine", "--person", "alumno2", "--limit", "1000"]);
    assert!(others.iter().all(|line| line["vm"] == "web1.alumno1"), "{others:#?}");
    assert!(json(&house, "alumno1", &["audit", "mine", "--vm", "web1.alumno2"]).is_empty());
    assert!(json(&house, "alumno1", &["audit", "mine", "--seat", "alumno2"]).is_empty());
    // What is not shown of others cannot be asked for either.
    let connection = json(&house, "profesor", &["audit", "list", "--action", "vm-start"]).remove(0);
    let connection = connection["connection"].as_str().unwrap();
    for asked in [["--from", "127.0.0.0/8"], ["--connection", connection]] {
        let words = [&["audit", "mine", "--limit", "1000"][..], &asked].concat();
        assert!(json(&house, "alumno1", &words).iter().all(|line| line["actor"] == "alumno1"), "{asked:?}");
    }
    assert!(json(&house, "profesor", &["audit", "mine"]).iter().all(|line| line["actor"] == "profesor"));
}

#[test]
fn students_read_nothing_else() {
    let house = House::new("");
    for words in [
        &["list"][..],
        &["search", "login"],
        &["show", "6a1bc2d30007"],
        &["tail"],
        &["tail", "-f"],
        &["verify"],
        &["export"],
    ] {
        let said = house.run("alumno1", &[&["audit"], words].concat());
        assert_eq!((said.code, said.out.as_str()), (1, ""), "{words:?}: {said:?}");
    }
    let denied = json(&house, "profesor", &["audit", "list", "--person", "alumno1", "--outcome", "denied"]);
    assert_eq!(denied.len(), 7, "and every attempt is written down: {denied:#?}");
}

/// `audit tail -f` on its own, its lines as they come.
fn follower(house: &House, words: &[&str]) -> (Killed, BufReader<std::process::ChildStdout>) {
    let mut ssh = house.ssh("profesor");
    ssh.arg(House::at("profesor")).args(["audit", "tail", "-f"]).args(words);
    let mut child = ssh.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap());
    (Killed(child), lines)
}

fn next(lines: &mut impl BufRead) -> Value {
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
}

#[test]
fn tail_follows_live() {
    let mut house = House::new("");
    house.ok("alumno1", &["whoami"]);
    let (_ssh, mut lines) = follower(&house, &["-n", "1", "--person", "alumno1", "--json"]);
    assert_eq!(next(&mut lines)["actor"], "alumno1");
    house.ok("alumno2", &["whoami"]);
    house.ok("alumno1", &["whoami"]);
    let mut seen = Vec::new();
    while !seen.contains(&"login finish".to_owned()) {
        let line = next(&mut lines);
        assert_eq!(line["actor"], "alumno1");
        seen.push(format!("{} {}", line["code"].as_str().unwrap(), line["phase"].as_str().unwrap()));
    }
    assert_eq!(seen[0], "login begin", "{seen:?}");
    // A stop ends it with a word, and the log is whole.
    house.stop();
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    assert_eq!(verify(&house, &[]).code, 0);
}

/// Who does not read holds nobody up, and hears how much went by.
#[test]
fn a_slow_reader_of_tail_is_told_what_it_missed() {
    let house = House::new("");
    let mut ssh = house.ssh("profesor");
    ssh.arg(House::at("profesor")).args(["audit", "tail", "-f", "-n", "1", "--json"]);
    let missed = std::fs::File::create(house.dir.join("missed")).unwrap();
    let child = ssh.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(missed).spawn().unwrap();
    let mut ssh = Killed(child);
    let mut lines = BufReader::new(ssh.0.stdout.take().unwrap());
    next(&mut lines);
    // Twice as many lines as client, channel and queue hold together, about.
    let said = house.feed("alumno1", &[], &"whoami\n".repeat(6000));
    assert_eq!(said.code, 0);
    assert_eq!(said.out.matches("rol").count(), 6000, "nobody was held up");
    let before = std::fs::read_to_string(house.dir.join("missed")).unwrap();
    assert_eq!(before, "", "it has not read that far");
    let mut seen = 0;
    wait("the loss is told", || {
        // Something to read while there is nothing else.
        house.ok("alumno1", &["whoami"]);
        for _ in 0..1000 {
            next(&mut lines);
            seen += 1;
            if std::fs::read_to_string(house.dir.join("missed")).unwrap().contains("sin verse") {
                return true;
            }
        }
        false
    });
    assert!(seen < 12_000, "{seen}");
}

#[test]
fn tail_at_a_terminal_ends_with_ctrl_c_and_the_shell_goes_on() {
    let house = House::new("");
    let mut ssh = house.ssh("profesor");
    let mut pty = Pty::new(ssh.arg("-tt").arg(House::at("profesor")));
    pty.until("puerta> ");
    pty.send("audit tail -f --person alumno1\r");
    wait("it follows", || {
        house.audit().iter().any(|line| line["detail"]["words"] == "audit tail -f --person alumno1")
    });
    house.ok("alumno1", &["whoami"]);
    pty.until("whoami");
    pty.send("\u{3}");
    pty.until("puerta> ");
    pty.send("audit export\r");
    pty.until("audit export > ");
    pty.send("exit\r");
}

#[test]
fn who_is_suspended_follows_no_longer() {
    let house = House::new("");
    let key = std::fs::read_to_string(house.key("stranger").with_extension("pub")).unwrap();
    let key = format!("'{}'", key.trim());
    house.ok("profesor", &["person", "add", "ayudante", "--role", "profesor", "--key", &key]);
    let mut ssh = house.ssh("stranger");
    ssh.arg(House::at("ayudante")).args(["audit", "tail", "-f", "--json"]);
    let child = ssh.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut ssh = Killed(child);
    let mut lines = BufReader::new(ssh.0.stdout.take().unwrap());
    next(&mut lines);
    house.ok("profesor", &["person", "suspend", "ayudante", "--yes"]);
    wait("ssh ends", || ssh.0.try_wait().unwrap().is_some());
    let mut said = String::new();
    ssh.0.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(said.contains("se ha cerrado"), "{said}");
}

#[test]
fn an_export_is_checked_with_the_public_key_alone() {
    let mut house = lived_in("");
    let file = house.dir.join("export.jsonl");
    let mut ssh = house.ssh("profesor");
    ssh.arg(House::at("profesor")).args(["audit", "export", "--since", "2h"]);
    let status = ssh.stdin(Stdio::null()).stdout(std::fs::File::create(&file).unwrap()).status().unwrap();
    assert!(status.success());
    let public = house.dir.join("audit.pub");
    let said = house.puerta(&["audit", "key"]);
    assert_eq!(said.code, 0, "{said:?}");
    std::fs::write(&public, said.out.lines().next().unwrap()).unwrap();
    house.stop();

    // Offline: no configuration, no state.
    let check = |text: &str| -> Said {
        std::fs::write(house.dir.join("checked.jsonl"), text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_puerta"));
        command.args(["--config", "/nonexistent", "audit", "verify"]).arg(house.dir.join("checked.jsonl"));
        command.arg("--key").arg(&public).output().unwrap().into()
    };
    let good = std::fs::read_to_string(&file).unwrap();
    let said = check(&good);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("the chain is whole") && said.out.contains("signed up to line"), "{said:?}");
    let lines: Vec<&str> = good.lines().collect();
    let without = |at: usize| [&lines[..at], &lines[at + 1..]].concat().join("\n") + "\n";
    for (edited, named) in [
        (good.replacen("alumno1", "alumno9", 1), ""),
        (without(5), "line 6:"),
        (lines[..lines.len() - 1].join("\n") + "\n", "the proof of the export should stand here"),
        (lines[..7].join("\n") + "\n", "line 8:"),
    ] {
        let said = check(&edited);
        assert_eq!(said.code, 1, "{said:?}");
        assert!(said.err.contains(named), "{named}: {said:?}");
    }
    let other = house.key("stranger").with_extension("pub");
    std::fs::copy(other, &public).unwrap();
    assert_eq!(check(&good).code, 1, "another key");
}

#[test]
fn professors_verify_too_and_a_broken_line_is_named_and_the_rest_counted() {
    let mut house = lived_in("");
    let said = house.run("profesor", &["audit", "verify"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("la auditoría es la que se escribió"), "{said:?}");
    house.stop();
    let path = house.dir.join("state/audit.jsonl");
    let good = std::fs::read_to_string(&path).unwrap();
    let total = good.lines().count();
    let third = good.lines().nth(2).unwrap();
    std::fs::write(&path, good.replacen(third, &third.replacen("20", "21", 1), 1)).unwrap();
    let said = verify(&house, &[]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("audit.jsonl: line 3: "), "{said:?}");
    let counted = format!("2 lines fit before it; of {} from there on, {} are intact", total - 2, total - 3);
    assert!(said.out.contains(&counted), "{said:?}");
    house.start();
    let said = house.run("profesor", &["audit", "verify", "--json"]);
    assert_eq!(said.code, 1, "{said:?}");
    let verdict: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((&verdict["broken"]["line"], &verdict["broken"]["file"]), (&3.into(), &"audit.jsonl".into()));
    let said = house.run("profesor", &["audit", "export"]);
    assert_eq!(said.code, 2, "nobody signs for it: {said:?}");
    assert!(!said.out.contains("\"proof\""));
    // What is older than the line is not asked for.
    std::fs::write(
        &path,
        std::fs::read_to_string(&path).unwrap().lines().take(5).collect::<Vec<_>>().join("\n") + "\n",
    )
    .unwrap();
    house.kill9();
    assert!(verify(&house, &[]).err.contains("line 3"), "still the first");
}

#[test]
fn an_end_cut_off_is_found() {
    let mut house = lived_in("");
    house.stop();
    let path = house.dir.join("state/audit.jsonl");
    let good = std::fs::read_to_string(&path).unwrap();
    assert_eq!(verify(&house, &[]).code, 0);
    let cut: Vec<&str> = good.lines().collect();
    std::fs::write(&path, cut[..cut.len() - 4].join("\n") + "\n").unwrap();
    let said = verify(&house, &[]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("the end is cut off"), "{said:?}");
    // A restart writes on, and does not heal it.
    house.start();
    house.ok("alumno1", &["whoami"]);
    house.stop();
    let said = verify(&house, &[]);
    assert!(said.err.contains("the log was cut off and written anew"), "{said:?}");
}

#[test]
fn the_key_is_apart_and_private() {
    use std::os::unix::fs::PermissionsExt;
    let house = House::founded("");
    let state = house.dir.join("state");
    let mode = std::fs::metadata(state.join("audit_ed25519_key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let public = |name: &str| std::fs::read_to_string(state.join(name)).unwrap();
    assert_ne!(public("audit_ed25519_key.pub"), public("ssh_host_ed25519_key.pub"));
    let said = house.puerta(&["audit", "key"]);
    assert!(said.out.starts_with(&public("audit_ed25519_key.pub")), "{said:?}");
    assert!(said.out.lines().nth(1).unwrap().starts_with("SHA256:"));
    std::fs::set_permissions(state.join("audit_ed25519_key"), std::fs::Permissions::from_mode(0o644))
        .unwrap();
    let said = house.puerta(&["serve"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("others may read it"), "{said:?}");
}

#[test]
fn a_key_that_was_replaced_still_vouches_for_what_it_signed() {
    let mut house = lived_in("");
    house.stop();
    let state = house.dir.join("state");
    let public = state.join("audit_ed25519_key.pub");
    let old = std::fs::read_to_string(&public).unwrap();
    std::fs::remove_file(state.join("audit_ed25519_key")).unwrap();
    std::fs::remove_file(&public).unwrap();
    house.start();
    // Nobody said that there was another one.
    assert_eq!(house.run("profesor", &["audit", "export"]).code, 2);
    house.stop();
    let new = std::fs::read_to_string(&public).unwrap();
    assert_ne!(new, old);
    std::fs::write(&public, new + &old).unwrap();
    house.start();
    house.ok("profesor", &["audit", "verify"]);
    let file = house.dir.join("export.jsonl");
    std::fs::write(&file, house.ok("profesor", &["audit", "export"])).unwrap();
    let said = verify(&house, &[file.to_str().unwrap(), "--key", public.to_str().unwrap()]);
    assert_eq!(said.code, 0, "{said:?}");
}

/// Nothing happens unwritten: not a login, a command, a forward or a publication, and each says so.
#[test]
fn what_cannot_be_written_does_not_happen() {
    let house = lived_in("[audit]\ncopy = \"/nonexistent/copy.jsonl\"\n");
    // A folder in the log's place, once it is open: as good as a full disk, and it can be undone.
    let path = house.dir.join("state/audit.jsonl");
    let mut open = house.ssh("alumno1");
    let mut open = Pty::new(open.arg("-tt").arg(House::at("alumno1")));
    open.until("puerta> ");
    let (free, sock) = (std::net::TcpListener::bind("127.0.0.1:0").unwrap(), house.dir.join("mux"));
    let port = free.local_addr().unwrap().port();
    drop(free);
    let mut master = house.ssh("alumno1");
    master.args(["-M", "-N", "-S"]).arg(&sock).arg("-L").arg(format!("{port}:web1:22"));
    let errors = std::fs::File::create(house.dir.join("errors")).unwrap();
    let master = master.arg(House::at("alumno1")).stdin(Stdio::null()).stderr(errors).spawn().unwrap();
    let _master = Killed(master);
    wait("the master is there", || sock.exists());
    std::fs::rename(&path, house.dir.join("moved")).unwrap();
    std::fs::create_dir(&path).unwrap();
    open.send("vm start web1\r");
    open.until("no se puede anotar en el registro de auditoría");
    open.send("port publish web1 80\r");
    open.until("no se puede anotar en el registro de auditoría");
    // A forward and an exec on a connection that is there.
    wait("the forward's port listens", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    wait("the refusal says why", || {
        let errors = std::fs::read_to_string(house.dir.join("errors")).unwrap();
        errors.contains("open failed: connect failed") && errors.contains("the audit log cannot be written")
    });
    let mut exec = house.ssh("alumno1");
    let said: Said =
        exec.arg("-S").arg(&sock).arg(House::at("alumno1")).arg("whoami").output().unwrap().into();
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.err.contains("no se puede anotar en el registro de auditoría"), "{said:?}");
    let said = house.run("alumno1", &["whoami"]);
    assert_eq!(said.code, 255, "no login: {said:?}");
    let mut login = house.keyless();
    login.arg("-i").arg(house.key("alumno1")).arg(House::at("alumno1"));
    // OpenSSH hears nothing while it asks for a password.
    let mut login = Pty::new(&login);
    login.until("Password or code: ");
    std::thread::sleep(std::time::Duration::from_secs(2));
    login.send("x\r");
    login.until("nobody comes in unwritten");
    std::fs::remove_dir(&path).unwrap();
    std::fs::rename(house.dir.join("moved"), &path).unwrap();
    house.ok("alumno1", &["whoami"]);
    assert_eq!(json(&house, "alumno1", &["vm", "list"])[0]["state"], "stopped");
    assert!(json(&house, "alumno1", &["port", "list"]).is_empty());
    let lost = json(&house, "profesor", &["audit", "search", "audit.not-copied"]);
    assert_eq!(lost[0]["detail"]["to"], "copy", "the copy that fails is said, and stops nobody");
}
