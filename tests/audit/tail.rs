//! `audit tail -f`: lines as they are written, to those who read and to those who do not.

use super::*;

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
    const LINES: usize = 4500;
    let house = House::new("[audit]\nacts_per_person_s = 1000\n");
    let mut ssh = house.ssh("profesor");
    ssh.arg(House::at("profesor")).args(["audit", "tail", "-f", "-n", "1", "--json"]);
    let missed = std::fs::File::create(house.dir.join("missed")).unwrap();
    let child = ssh.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(missed).spawn().unwrap();
    let mut ssh = Killed(child);
    let mut lines = BufReader::new(ssh.0.stdout.take().unwrap());
    next(&mut lines);
    // Twice as much as client, channel and queue hold together, about; long lines, so that few will do.
    let line = format!("lang # {}\n", "x".repeat(490));
    let said = house.feed("alumno1", &[], &line.repeat(LINES));
    assert_eq!(said.code, 0);
    assert_eq!(said.out.lines().count(), LINES, "nobody was held up");
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
    assert!(seen < 2 * LINES, "{seen}");
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
