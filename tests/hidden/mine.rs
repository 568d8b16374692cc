//! `audit mine`: what somebody did, a line for each, and nothing of what they may not know.

use super::*;

fn lines(house: &House, login: &str, words: &[&str]) -> Vec<Value> {
    ask(house, login, &[&["audit", "mine", "--limit", "1000"], words].concat()).as_array().unwrap().clone()
}

#[test]
fn the_own_audit_shows_what_was_typed() {
    let house = House::new("");
    vm_up(&house, "alumno2", "secreta");
    let address = ask(&house, "alumno2", &["vm", "show", "secreta"])["address"].as_str().unwrap().to_owned();
    refused(&house, "alumno1", &format!("{address}:22"));
    refused(&house, "alumno1", "nada.alumno2:22");
    assert_eq!(house.run("alumno1", &["vm", "stop", "secreta.alumno2"]).code, 1);
    assert_eq!(house.run("alumno1", &["vm", "stop", "nada.alumno2"]).code, 1);
    let denied = lines(&house, "alumno1", &["--outcome", "denied"]);
    assert_eq!(denied.len(), 4, "{denied:#?}");
    for line in &denied {
        assert!(
            line.get("vm").is_none() && line.get("meant").is_none() && line.get("policies").is_none(),
            "{line}"
        );
        assert!(["words", "destination"].iter().any(|typed| line["detail"].get(typed).is_some()), "{line}");
    }
    for all in [&[][..], &["--all"]] {
        let text = house.ok("alumno1", &[&["audit", "mine", "--limit", "1000"], all].concat());
        assert!(!text.contains("secreta"), "by an address nobody learns a name: {text}");
        // Filters know no more than what is shown: neither lines, nor how many, nor pages.
        for filter in [["--vm", "secreta.alumno2"], ["--vm", "nada.alumno2"], ["--seat", "alumno2"]] {
            assert_eq!(lines(&house, "alumno1", &[all, &filter].concat()).len(), 0, "{filter:?}");
        }
    }
    let shown: Vec<_> = lines(&house, "alumno1", &["--action", "vm-stop"])
        .iter()
        .map(|line| {
            let mut line = line.clone();
            let fields = line.as_object_mut().unwrap();
            fields.retain(|name, _| !["time", "connection", "source"].contains(&name.as_str()));
            line.to_string().replace("nada", "secreta")
        })
        .collect();
    assert_eq!((shown.len(), &shown[0]), (2, &shown[1]));
    // Who reads the whole audit reads what was meant, and finds it.
    let found = ask(&house, "profesor", &["audit", "list", "--vm", "secreta.alumno2", "--outcome", "denied"]);
    assert_eq!(found.as_array().unwrap().len(), 2, "{found:#}");
    for line in found.as_array().unwrap() {
        assert_eq!(line["meant"]["target"], "secreta.alumno2", "{line}");
    }
    let table = house.ok("profesor", &["audit", "list", "--person", "alumno1", "--outcome", "denied"]);
    assert_eq!(table.matches("secreta.alumno2").count(), 2, "{table}");
    // And so does the owner, of a machine of theirs.
    let tried = lines(&house, "alumno2", &["--person", "alumno1"]);
    assert_eq!(tried.len(), 2, "{tried:#?}");
    assert!(tried.iter().all(|line| line["vm"] == "secreta.alumno2" && line.get("detail").is_none()));
}

#[test]
fn one_command_is_one_line() {
    let house = House::new("");
    vm_up(&house, "alumno1", "web1");
    house.ok("alumno1", &["vm", "stop", "web1"]);
    assert_eq!(house.run("alumno1", &["vm", "backup", "web2"]).code, 1);
    house.ok("alumno1", &["vm", "backup", "web1"]);
    house.ok("alumno1", &["whoami"]);
    let of = |lines: &[Value], action: &str| -> Vec<Value> {
        lines.iter().filter(|line| line["action"] == action).cloned().collect()
    };
    let folded = lines(&house, "alumno1", &[]);
    for action in ["vm-create", "vm-stop", "vm-backup", "whoami"] {
        let found = of(&folded, action);
        let wanted = if action == "vm-backup" { 2 } else { 1 };
        assert_eq!(found.len(), wanted, "{action}: {found:#?}");
        let last = found.last().unwrap();
        assert_eq!(
            (&last["outcome"], &last["phase"]),
            (&"done".into(), &"finish".into()),
            "{action}: {last}"
        );
        assert!(
            last["detail"]["words"].as_str().unwrap().contains(action.trim_start_matches("vm-")),
            "{last}"
        );
    }
    assert!(folded.iter().all(|line| line["detail"]["kind"] != "exec"), "{folded:#?}");
    // How it came out is the job's.
    assert_eq!(of(&folded, "vm-stop")[0]["detail"]["kind"], "stop");
    let all = lines(&house, "alumno1", &["--all"]);
    assert_eq!(of(&all, "vm-stop").len(), 4, "command and job begin and end: {all:#?}");
    // Pages count what they show.
    let whole: Vec<String> = folded.iter().map(|line| line["time"].to_string()).collect();
    let until = folded.last().unwrap()["time"].as_str().unwrap().to_owned();
    let mut paged = Vec::new();
    for page in 1..=whole.len() {
        let page = page.to_string();
        let words = ["audit", "mine", "--until", &until, "--limit", "1", "--page", &page];
        let one = ask(&house, "alumno1", &words).as_array().unwrap().clone();
        assert_eq!(one.len(), 1, "page {page}");
        paged.insert(0, one[0]["time"].to_string());
    }
    assert_eq!(paged, whole);
}

#[test]
fn a_forward_is_one_line_with_what_went_through() {
    use std::io::{Read as _, Write as _};
    let house = House::new("");
    vm_up(&house, "alumno1", "web1");
    let mut ssh = house.ssh("alumno1");
    ssh.args(["-W", "web1:7007"]).arg(House::at("alumno1")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut tunnel = support::Killed(ssh.spawn().unwrap());
    let mut heard = [0; 4];
    tunnel.0.stdin.as_mut().unwrap().write_all(b"hola").unwrap();
    tunnel.0.stdout.as_mut().unwrap().read_exact(&mut heard).unwrap();
    let open = lines(&house, "alumno1", &["--action", "vm-forward"]);
    assert_eq!((open.len(), &open[0]["outcome"]), (1, &"allowed".into()), "{open:#?}");
    drop(tunnel);
    wait("its end is written", || {
        let lines = lines(&house, "alumno1", &["--action", "vm-forward"]);
        assert_eq!(lines.len(), 1, "{lines:#?}");
        lines[0]["detail"]["bytes_up"] == 4 && lines[0]["detail"]["seconds"].is_number()
    });
}
