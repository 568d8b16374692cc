//! Recordings, playing them, and looking on.

use super::*;
use puerta_engine::sim::HOSTILE;
use std::os::unix::fs::PermissionsExt;

const RECORD: &str = "[console]\nrecord = true\n";

/// The parsed lines of a recording.
fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A recorded console of alumno1, and its id.
fn record(house: &House) -> String {
    let mut console = terminal(house, "alumno1", &["vm", "console", "web1"]);
    let head = console.until("sim# ");
    assert!(head.find("is recorded").unwrap() < head.find("sim# ").unwrap(), "{head}");
    console.send("año\r");
    console.until("año\r\naño\r\n");
    console.resize(40, 100);
    console.send("hostile\r");
    console.until("done\r\n");
    let id = open(house, "alumno1", "console")[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(open(house, "alumno1", "console")[0]["recorded"], true);
    console.send("exit 3\r");
    assert_eq!(console.end().code, 3);
    id
}

#[test]
fn a_recording_is_an_asciicast_that_only_the_professor_plays() {
    let house = house(RECORD);
    let id = record(&house);
    let file = house.dir.join(format!("state/recordings/{id}.cast"));
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(file.parent().unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o700);
    let text = std::fs::read_to_string(&file).unwrap();
    let cast = lines(&text);
    assert_eq!(cast[0]["version"], 3);
    assert_eq!(cast[0]["term"], serde_json::json!({ "cols": 80, "rows": 24, "type": "xterm" }));
    assert_eq!(cast[0]["title"], "web1.alumno1");
    assert!(cast[1..].iter().all(|event| event[0].as_f64().unwrap() >= 0.0 && event[2].is_string()));
    let of = |code: &str| {
        cast[1..].iter().filter(|e| e[1] == code).map(|e| e[2].as_str().unwrap()).collect::<Vec<_>>()
    };
    assert!(of("o").concat().contains("año\r\naño\r\n"), "{text}");
    assert!(of("o").concat().contains(HOSTILE), "a recording is what the machine said");
    assert_eq!((of("r"), of("x")), (vec!["100x40"], vec!["3"]));
    assert_eq!(cast.last().unwrap()[1], "x");

    // Without a terminal: the file as it is. With one: harmless.
    assert_eq!(house.ok("profesor", &["session", "play", &id]), text);
    let played = terminal(&house, "profesor", &["session", "play", &id, "--speed", "100"]).end();
    assert_eq!(played.code, 0, "{played:?}");
    assert!(played.out.contains("año\r\naño\r\n") && played.out.contains("\x1b[31mred\x1b[0m"), "{played:?}");
    assert!(played.out.contains("End of the recording"), "{played:?}");
    for bad in ["\x1b]", "\x1b[6n", "\x1b[c", "\x1bP", "\x07", "title", "cm0g"] {
        assert!(!played.out.contains(bad), "{bad:?} came through: {played:?}");
    }
    // Nobody else's; not even one's own, unless policy says so.
    for login in ["alumno1", "alumno2"] {
        let said = house.run(login, &["session", "play", &id]);
        assert_eq!(said.code, 1, "{said:?}");
        let none = house.run(login, &["session", "play", "0123456789ab-1"]);
        assert_eq!(said.err.replace(&id, "X"), none.err.replace("0123456789ab-1", "X"));
        assert_eq!(json(&house, login, &["session", "recordings"]), serde_json::json!([]));
        for of in ["alumno1", "nadie"] {
            let said = house.run(login, &["session", "recordings", "--person", of]);
            assert!(said.code == 1 && said.err.contains("no puede"), "{said:?}");
        }
    }
    let listed = json(&house, "profesor", &["session", "recordings", "--person", "alumno1"]);
    assert_eq!((&listed[0]["id"], &listed[0]["vm"]), (&id.clone().into(), &"web1.alumno1".into()));
    assert_eq!(listed[0]["size"], text.len());
    assert_eq!(
        json(&house, "profesor", &["session", "recordings", "--person", "alumno2"]),
        serde_json::json!([])
    );
    let audit = house.audit();
    let plays = audit
        .iter()
        .filter(|line| line["code"] == "session.play" && line["detail"]["console"] == id.as_str());
    assert_eq!(plays.count(), 2);
    let recorded = audit.iter().find(|line| line["code"] == "console").unwrap();
    assert_eq!((&recorded["detail"]["recorded"], &recorded["detail"]["console"]), (&true.into(), &id.into()));
}

#[test]
fn playing_stops_by_a_key_and_pauses_are_short() {
    let house = house(RECORD);
    let id = record(&house);
    let file = house.dir.join(format!("state/recordings/{id}.cast"));
    let text = std::fs::read_to_string(&file).unwrap();
    let head = text.lines().next().unwrap();
    let event = |at: &str, text: &str| format!("[{at},\"o\",\"{text}\"]\n");
    // A day between two words; then many more pauses than a test has time; and a line that was cut.
    let slow: String = (0..100).map(|_| event("5", ".")).collect();
    std::fs::write(
        &file,
        format!("{head}\n{}{}{slow}[0.1,\"o\",\"cu", event("0.1", "one"), event("86400", "two")),
    )
    .unwrap();
    for stop in ["q", "\x03"] {
        let mut playing = terminal(&house, "profesor", &["session", "play", &id]);
        playing.until("one");
        playing.until("two");
        playing.send(stop);
        playing.until("Playing stopped");
        assert_eq!(playing.end().code, 0);
    }
}

#[test]
fn what_cannot_be_recorded_is_not_done() {
    let house = house(&format!("{RECORD}max_mib = 1\n"));
    let mut console = terminal(&house, "alumno1", &["vm", "console", "web1"]);
    console.until("sim# ");
    console.send("flood\r");
    let said = console.end();
    assert!(
        said.out.contains("the recording has reached 1 MiB"),
        "{:?}",
        &said.out[said.out.len().saturating_sub(400)..]
    );
    assert_eq!(said.code, 1);
    let folder = house.dir.join("state/recordings");
    let size = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().metadata().unwrap().len();
    assert!(size <= 1 << 20, "{size}");
    // A folder that is none: the console does not open.
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::write(&folder, "").unwrap();
    let said = terminal(&house, "alumno1", &["vm", "console", "web1"]).end();
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.out.contains("cannot be written") && !said.out.contains("sim# "), "{said:?}");
    assert_eq!(json(&house, "profesor", &["session", "recordings"]).as_array().unwrap().len(), 1);
}

#[test]
fn policy_says_who_is_recorded_and_old_ones_go() {
    let mut house = house("");
    let policy = house.dir.join("policy");
    copy_policy(&policy);
    std::fs::write(
        policy.join("record.cedar"),
        "@id(\"quietly\") permit (principal in Puerta::Role::\"profesor\", action == Puerta::Action::\"session-watch-unannounced\", resource);
         @id(\"record\") permit (principal in Puerta::Role::\"alumno\", action == Puerta::Action::\"vm-console-record\", resource);",
    )
    .unwrap();
    let config = std::fs::read_to_string(house.config()).unwrap();
    std::fs::write(house.config(), format!("{config}[policy]\ndir = {policy:?}\n")).unwrap();
    house.stop();
    house.start();
    let id = record(&house);
    let file = house.dir.join(format!("state/recordings/{id}.cast"));
    // The professor's console in the same machine is not: nothing allows that.
    let mut console = terminal(&house, "profesor", &["vm", "console", "web1.alumno1"]);
    assert!(!console.until("sim# ").contains("recorded"));
    console.send("exit\r");
    console.end();
    assert_eq!(json(&house, "profesor", &["session", "recordings"]).as_array().unwrap().len(), 1);
    // Nor is it told that somebody looks on, where policy allows that.
    let mut console = terminal(&house, "alumno1", &["vm", "console", "web1"]);
    console.until("sim# ");
    let watched = open(&house, "alumno1", "console")[0]["id"].as_str().unwrap().to_owned();
    let mut watching = terminal(&house, "profesor", &["session", "watch", &watched]);
    watching.until("You only look");
    console.send("hola\r");
    watching.until("hola\r\nhola\r\n");
    console.send("exit\r");
    assert!(!console.end().out.contains("looking on"));
    let audit = house.audit();
    let line = audit.iter().find(|line| line["code"] == "session.watch").unwrap();
    assert_eq!(
        (&line["detail"]["announced"], &line["detail"]["machine"]),
        (&false.into(), &"web1.alumno1".into())
    );
    // Nor does it read so of its machine.
    let mine = house.ok("alumno1", &["audit", "mine", "--json"]);
    assert!(mine.contains("vm-console") && !mine.contains("session-watch"), "{mine}");
    assert!(!mine.contains("session.watch"), "{mine}");
    // A month later, and the clock ran evenly for the last week of it.
    let code = "import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); d.execute('UPDATE recordings SET started = started - 31*86400000'); d.execute('UPDATE clock SET even = 7*86400000'); d.commit()";
    let database = house.dir.join("state/puerta.sqlite");
    assert!(Command::new("python3").args(["-c", code]).arg(database).status().unwrap().success());
    assert!(file.exists());
    house.stop();
    house.start();
    wait("the old recording goes", || !file.exists());
    wait("and is forgotten", || {
        json(&house, "profesor", &["session", "recordings"]) == serde_json::json!([])
    });
}

/// The built-in policy as a folder.
pub(crate) fn copy_policy(folder: &std::path::Path) {
    std::fs::create_dir_all(folder).unwrap();
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/policy/cedar");
    for entry in std::fs::read_dir(source).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "cedar") {
            std::fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
        }
    }
}

#[test]
fn looking_on_is_live_harmless_announced_and_read_only() {
    let house = house("");
    let mut console = terminal(&house, "alumno1", &["vm", "console", "web1"]);
    console.until("sim# ");
    let id = open(&house, "alumno1", "console")[0]["id"].as_str().unwrap().to_owned();
    for login in ["alumno1", "alumno2"] {
        let said = terminal(&house, login, &["session", "watch", &id]).end();
        assert_eq!(said.code, 1, "{said:?}");
        assert!(said.out.contains("no open console"), "{said:?}");
    }
    assert!(house.run("profesor", &["session", "watch", &id]).err.contains("ssh -t"));
    // The connection's id will do, while it has one console only.
    let mut watching = terminal(&house, "profesor", &["session", "watch", id.split('-').next().unwrap()]);
    watching.until("Console of alumno1 in `web1.alumno1`, 80 columns and 24 rows");
    console.until("profesor is looking on");
    console.send("hola\r");
    watching.until("hola\r\nhola\r\nsim# ");
    console.send("hostile\r");
    let shown = watching.until("done\r\n");
    assert!(
        shown.contains("\x1b[31mred") && !shown.contains("\x1b]") && !shown.contains("\x1b[6n"),
        "{shown:?}"
    );
    // What is typed by who looks on goes nowhere.
    watching.send("xyz");
    console.resize(30, 90);
    watching.until("90 columns and 30 rows");
    console.send("echo\r");
    assert!(!console.until("echo\r\necho\r\n").contains("xyz"));
    watching.send("q");
    watching.until("You do not look on any more");
    assert_eq!(watching.end().code, 0);
    console.until("profesor does not look on any more");
    // It ends with the console.
    let mut watching = terminal(&house, "profesor", &["session", "watch", &id]);
    watching.until("You only look");
    console.send("exit\r");
    watching.until("You do not look on any more");
    let audit = house.audit();
    let lines: Vec<_> = audit.iter().filter(|line| line["code"] == "session.watch").collect();
    assert!(lines.len() >= 3, "{lines:#?}");
    assert_eq!(
        (&lines[0]["detail"]["person"], &lines[0]["detail"]["announced"]),
        (&"alumno1".into(), &true.into())
    );
}

/// Who does not read loses frames; the console does not wait for them.
#[test]
fn a_slow_onlooker_slows_nobody() {
    let house = house("");
    let mut console = terminal(&house, "alumno1", &["vm", "console", "web1"]);
    console.until("sim# ");
    let id = open(&house, "alumno1", "console")[0]["id"].as_str().unwrap().to_owned();
    let mut ssh = house.ssh("profesor");
    ssh.arg("-tt").arg(House::at("profesor")).args(["session", "watch", &id]);
    // Its output is a pipe that nobody reads.
    let watching = ssh.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let _watching = Killed(watching);
    console.until("profesor is looking on");
    console.send("flood\r");
    // More than every buffer between the two together.
    wait("16 MiB went by", || {
        open(&house, "alumno1", "console")[0]["bytes_down"].as_u64().unwrap() > 16 << 20
    });
    console.send("\x03");
    console.until("^C\r\n");
    console.send("exit\r");
    assert_eq!(console.end().code, 0);
}
