//! What a professor has open (looking on, playing, following the audit) ends with the permission for it
//! and says why; and what somebody is told comes whatever their terminal shows.

use super::recorded::copy_policy;
use super::*;

/// A second professor, with a key.
fn colleague(house: &House) {
    house.make_key("profe2");
    let key = std::fs::read_to_string(house.key("profe2").with_extension("pub")).unwrap();
    house.ok(
        "profesor",
        &["person", "add", "profe2", "--role", "profesor", "--key", &format!("'{}'", key.trim())],
    );
}

/// A recording of alumno1 that plays for longer than a test has time.
fn long_recording(house: &House) -> String {
    let mut console = terminal(house, "alumno1", &["vm", "console", "web1"]);
    console.until("sim# ");
    let id = open(house, "alumno1", "console")[0]["id"].as_str().unwrap().to_owned();
    console.send("exit\r");
    console.end();
    let file = house.dir.join(format!("state/recordings/{id}.cast"));
    let text = std::fs::read_to_string(&file).unwrap();
    let head = text.lines().next().unwrap();
    std::fs::write(&file, format!("{head}\n[0.1,\"o\",\"playing\"]\n{}", "[5,\"o\",\".\"]\n".repeat(100)))
        .unwrap();
    id
}

/// Everything of profe2 that looks: each with what it shows when it is open.
fn everything(house: &House, console: &str, recording: &str) -> Vec<Pty> {
    let looking: [(&[&str], &str); 3] = [
        (&["session", "watch", console], "You only look"),
        (&["session", "play", recording], "playing"),
        (&["audit", "tail", "-f"], "session-"),
    ];
    let mut all = Vec::new();
    for (words, shown) in looking {
        let mut one = terminal(house, "profe2", words);
        one.until(shown);
        let mut shell = terminal(house, "profe2", &[]);
        shell.until("puerta> ");
        shell.send(&(words.join(" ") + "\r"));
        shell.until(shown);
        all.extend([one, shell]);
    }
    all
}

#[test]
fn a_suspended_professor_sees_no_more_and_reads_why() {
    let house = house("[console]\nrecord = true\n");
    colleague(&house);
    let recording = long_recording(&house);
    let mut console = terminal(&house, "alumno1", &["vm", "console", "web1"]);
    console.until("sim# ");
    let id = open(&house, "alumno1", "console")[0]["id"].as_str().unwrap().to_owned();
    let all = everything(&house, &id, &recording);
    let mut piped = house.ssh("profe2");
    piped.env("LC_MESSAGES", "en_GB.UTF-8").args(["-o", "SendEnv=LC_MESSAGES"]).arg(House::at("profe2"));
    let mut piped =
        piped.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    piped.stdin.as_mut().unwrap().write_all(b"whoami\n").unwrap();
    let mut shown = [0; 64];
    assert!(piped.stdout.as_mut().unwrap().read(&mut shown).unwrap() > 0);
    house.ok("profesor", &["person", "suspend", "profe2", "--yes"]);
    let begun = Instant::now();
    for one in all {
        let said = one.end();
        assert!(said.out.contains("Your door is closed: talk to your teacher"), "{said:?}");
        let once = said.out.matches("Your door is closed: talk").count();
        assert!(once == 1 && said.code == 1, "{said:?}");
    }
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    // A shell without a terminal that waits for its next line.
    let said = ended("a pipe", piped);
    assert!(said.contains("Your door is closed: talk to your teacher"), "{said}");
    console.until("profe2 does not look on any more");
}

#[test]
fn a_tightened_policy_ends_looking_and_leaves_the_shell() {
    let mut house = house("[console]\nrecord = true\n");
    colleague(&house);
    let policy = house.dir.join("policy");
    copy_policy(&policy);
    let config = std::fs::read_to_string(house.config()).unwrap();
    std::fs::write(house.config(), format!("{config}[policy]\ndir = {policy:?}\n")).unwrap();
    house.stop();
    house.start();
    let recording = long_recording(&house);
    let mut console = terminal(&house, "alumno1", &["vm", "console", "web1"]);
    console.until("sim# ");
    let id = open(&house, "alumno1", "console")[0]["id"].as_str().unwrap().to_owned();
    let all = everything(&house, &id, &recording);
    let actions =
        ["session-watch", "session-play", "audit-list"].map(|name| format!("Puerta::Action::\"{name}\""));
    let rule =
        format!("@id(\"no-looking\") forbid (principal, action in [{}], resource);", actions.join(", "));
    std::fs::write(policy.join("looking.cedar"), rule).unwrap();
    house.signal("HUP");
    let begun = Instant::now();
    for (at, mut one) in all.into_iter().enumerate() {
        one.until("you may not do that");
        assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
        if at % 2 == 0 {
            assert_eq!(one.end().code, 1);
        } else {
            one.until("puerta> ");
            one.send("exit\r");
            one.end();
        }
    }
    console.send("echo\r");
    console.until("echo\r\necho\r\n");
}

#[test]
fn a_recording_cut_by_kill_9_has_an_end_and_plays() {
    let mut house = house("[console]\nrecord = true\n");
    let mut console = terminal(&house, "alumno1", &["vm", "console", "web1"]);
    console.until("sim# ");
    console.send("hola\r");
    console.until("hola\r\nhola\r\n");
    house.kill9();
    assert_eq!(console.end().code, 255);
    house.start();
    let listed = json(&house, "profesor", &["session", "recordings"]);
    let id = listed[0]["id"].as_str().unwrap();
    let file = std::fs::read_to_string(house.dir.join(format!("state/recordings/{id}.cast"))).unwrap();
    assert_eq!(listed[0]["size"], file.len());
    assert!(listed[0]["finished"].as_str().unwrap() >= listed[0]["started"].as_str().unwrap(), "{listed:#}");
    assert_eq!(house.ok("profesor", &["session", "play", id]), file);
}

#[test]
fn a_message_comes_whatever_the_terminal_shows() {
    let house = house("[console]\nrecord = true\n");
    colleague(&house);
    let recording = long_recording(&house);
    let mut shell = terminal(&house, "alumno1", &[]);
    shell.until("puerta> ");
    shell.send("vm console web1\r");
    shell.until("sim# ");
    let id = open(&house, "alumno1", "console")[0]["id"].as_str().unwrap().to_owned();
    let mut console = terminal(&house, "alumno1", &["vm", "console", "web1"]);
    console.until("sim# ");
    let sent = json(&house, "profesor", &["message", "alumno1", "fuego"]);
    assert_eq!((&sent["shells"], &sent["without"]), (&2.into(), &serde_json::json!([])), "{sent:#}");
    for one in [&mut shell, &mut console] {
        one.until("** Message from profesor: fuego\r\n");
        one.send("echo\r");
        one.until("echo\r\necho\r\n");
    }
    // Not recorded: it is no word of the machine.
    let text = std::fs::read_to_string(house.dir.join(format!("state/recordings/{id}.cast"))).unwrap();
    assert!(!text.contains("fuego"), "{text}");
    let all = everything(&house, &id, &recording);
    assert_eq!(json(&house, "profesor", &["message", "profe2", "fuego"])["shells"], 6);
    for mut one in all {
        one.until("** Message from profesor: fuego\r\n");
    }
}
