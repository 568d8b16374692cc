//! Two labs that differ only in what is hidden from `alumno1`: their every verb, list, refusal, completion and own
//! audit are the same bytes. What is shared by nature is left out by name (`docs/boundary.md`).

use super::*;
use puerta::shell::words;
use std::fmt::Write as _;
use support::pty::Pty;

/// A port that nobody has: one that is taken is told by nature.
const PORT: &str = "55123";

/// Verbs that hold a terminal or end the line: each is asked by itself, for others' things only.
const ALONE: [&str; 7] =
    ["vm console", "console", "session watch", "audit tail", "passwd", "totp add", "exit"];

/// What a word of the grammar is given: one's own, what is hidden in the second lab only, and what is in neither.
fn values(word: &str) -> &'static [&'static str] {
    match word {
        "vm" => &["web1", "secreta.alumno2", "SECRETA", "nada.nadie9"],
        "name" => &["nueva", "secreta.alumno2", "nada.nadie9"],
        "beside" => &["junto", "secreta"],
        "backup" => &["OWN_BACKUP", "HIDDEN_BACKUP"],
        "login" | "person" => &["alumno1", "alumno2", "alumno3", "nadie9"],
        "member" => &["alumno3"],
        "seat" => &["alumno1", "alumno2", "alumno3", "equipo9", "nadie9"],
        "course" => &["demo-2026", "otro-2026"],
        "to" => &["alumno2", "alumno3", "equipo9", "otro-2026"],
        "job" => &["1", "1.alumno2", "3.alumno2", "99"],
        "session" | "connection" => &["HIDDEN_SESSION", "1"],
        "key" => &["HIDDEN_KEY", "SHA256:nada"],
        "line" => &["ssh-ed25519"],
        "template" => &["mini", "nada"],
        "service" => &["80"],
        "port" => &[PORT, "55999"],
        "from" | "since" | "until" | "at" => &["2026-01-01"],
        "topic" | "policy" | "verb" | "target" | "text" | "node" | "rule" | "egress" | "folder" => &["vm"],
        "quota" => &["machines"],
        "value" | "cpus" | "limit" | "page" | "lines" | "speed" => &["1"],
        "memory" | "disk" => &["64MiB"],
        "action" => &["vm-create"],
        "outcome" => &["denied"],
        "note" | "description" | "reason" => &["nota"],
        _ => &["x"],
    }
}

/// Every line that the grammar knows, by verb: each word with each of its values, the others being one's own.
fn lines(command: &clap::Command, path: &str, all: &mut Vec<(String, Vec<String>)>) {
    for sub in command.get_subcommands() {
        lines(sub, &format!("{path} {}", sub.get_name()), all);
    }
    if command.has_subcommands() {
        return;
    }
    let path = path.trim_start().to_owned();
    let (always, maybe): (Vec<_>, Vec<_>) = command
        .get_arguments()
        .filter(|arg| arg.get_id() != "json" && arg.get_id() != "said")
        .partition(|arg| arg.is_required_set());
    let spelled = |arg: &clap::Arg, value: &str| match arg.get_long() {
        Some(long) if arg.get_action().takes_values() => format!("--{long} {value}"),
        Some(long) => format!("--{long}"),
        None => value.to_owned(),
    };
    let yes = if command.get_arguments().any(|arg| arg.get_id() == "said") { " --yes" } else { "" };
    let own = |arg: &clap::Arg| spelled(arg, values(arg.get_id().as_str())[0]);
    let mut said = Vec::new();
    let mut say = |words: Vec<String>| said.push(format!("{path} {}{yes}", words.join(" ")));
    say(always.iter().map(|arg| own(arg)).collect());
    for (at, arg) in always.iter().enumerate() {
        for value in values(arg.get_id().as_str()) {
            let one = |(other, word): (usize, &&clap::Arg)| {
                if other == at { spelled(word, value) } else { own(word) }
            };
            say(always.iter().enumerate().map(one).collect());
        }
    }
    for arg in maybe {
        for value in values(arg.get_id().as_str()) {
            say(always.iter().map(|arg| own(arg)).chain([spelled(arg, value)]).collect());
        }
    }
    all.push((path, said));
}

struct World {
    house: House,
    /// What stands for what, in what is typed.
    typed: Vec<(&'static str, String)>,
}

/// `alumno1` with `web1`; in the second lab also everything that is none of theirs.
fn worlds() -> [World; 2] {
    let [bare, full] = [(), ()].map(|()| {
        let house = House::new("[audit]\nacts_per_person_s = 1000000\n[backup]\nkeep = 3\n");
        vm_up(&house, "alumno1", "web1");
        house.ok("alumno1", &["vm", "backup", "web1"]);
        house
    });
    vm_up(&full, "alumno2", "secreta");
    full.ok("alumno2", &["vm", "backup", "secreta"]);
    full.ok("alumno2", &["port", "publish", "secreta", "80", "--port", "55999"]);
    full.ok("profesor", &["course", "create", "otro-2026"]);
    full.make_key("alumno3");
    let key = std::fs::read_to_string(full.key("alumno3").with_extension("pub")).unwrap();
    full.ok(
        "profesor",
        &["person", "add", "alumno3", "--course", "demo-2026", "--key", &format!("'{}'", key.trim())],
    );
    full.ok(
        "profesor",
        &["seat", "create", "equipo9", "--course", "demo-2026", "--member", "alumno2", "--member", "alumno3"],
    );
    vm_up(&full, "alumno3", "otra");
    vm_up(&full, "alumno3", "secreta.equipo9");
    let hidden = ask(&full, "alumno2", &["backup", "list"])[0]["name"].as_str().unwrap().to_owned();
    let hidden_key = ask(&full, "alumno3", &["key", "list"])[0]["fingerprint"].as_str().unwrap().to_owned();
    let session =
        full.audit().iter().rfind(|line| line["actor"] == "alumno2").unwrap()["connection"].to_string();
    [bare, full].map(|house| {
        let own = ask(&house, "alumno1", &["backup", "list"])[0]["name"].as_str().unwrap().to_owned();
        let key = ask(&house, "alumno1", &["key", "list"])[0]["fingerprint"].as_str().unwrap().to_owned();
        let web1 = ask(&house, "alumno1", &["vm", "show", "web1"])["address"].as_str().unwrap().to_owned();
        // Seats follow each other: the first machine of the next one.
        let parts: Vec<u8> = web1.split('.').map(|part| part.parse().unwrap()).collect();
        let next = u32::from_be_bytes(parts.try_into().unwrap()) + 128;
        let secreta = std::net::Ipv4Addr::from(next).to_string();
        let typed = vec![
            ("OWN_BACKUP", own),
            ("HIDDEN_BACKUP", hidden.clone()),
            ("OWN_KEY", key),
            ("HIDDEN_KEY", hidden_key.clone()),
            ("HIDDEN_SESSION", session.clone()),
            ("SECRETA", secreta),
            ("10.LAB.", format!("10.{}.", web1.split('.').nth(1).unwrap())),
        ];
        World { house, typed }
    })
}

impl World {
    /// A line as it is typed here.
    fn typed(&self, line: &str) -> String {
        self.typed.iter().fold(line.to_owned(), |line, (token, value)| line.replace(token, value))
    }

    /// What was read, without what differs by time or house.
    fn read(&self, text: &str) -> String {
        let mut text = text.replace(&self.house.port.to_string(), "PORT");
        for (token, value) in &self.typed {
            text = text.replace(value, token);
        }
        // The simulated engine makes host keys of a machine's internal number, which nobody is told; a real one throws dice.
        let text = masked(&text, "AAAAC3NzaC1lZDI1NTE5AAAAI", "HOST_KEY");
        untimed(&masked(&text, "SHA256:", "FINGERPRINT"))
    }

    fn line(&self, line: &str) -> String {
        let words = self.typed(line);
        let said = self.house.run("alumno1", &words.split_whitespace().collect::<Vec<_>>());
        self.read(&format!("{} {}{}", said.code, said.out, said.err))
    }

    /// Everything that one verb answers to these lines, one after the other.
    fn verb(&self, verb: &str, lines: &[String]) -> String {
        if ALONE.contains(&verb) {
            return lines.iter().filter(|line| !line.contains("web1")).map(|line| self.line(line)).collect();
        }
        let mut input = String::from("vm create web1 --template mini\nvm start web1\n");
        for line in lines {
            let line = self.typed(line);
            writeln!(input, "{line}\n{line} --json").unwrap();
        }
        let said = self.house.feed("alumno1", &[], &input);
        self.read(&format!("{} {}{}", said.code, said.out, said.err))
    }

    /// What is asked without a verb: forwards, Tab, and the own audit of all this.
    fn beside(&self) -> Vec<String> {
        let mut heard = Vec::new();
        for to in ["SECRETA:22", "secreta.alumno2:22", "secreta:22", "otra.alumno3:80", "nada:22", "web1:1"] {
            heard.push(self.read(&refused(&self.house, "alumno1", &self.typed(to))));
        }
        for typed in [
            "vm show ",
            "vm show s",
            "person show ",
            "message ",
            "backup show ",
            "vm list --seat ",
            "job watch ",
        ] {
            let mut ssh = self.house.ssh("alumno1");
            let mut tab = Pty::new(ssh.arg("-tt").arg(House::at("alumno1")));
            tab.until("puerta> ");
            // Two Tabs show all; an empty line and `exit` show that nothing more comes.
            tab.send(&format!("{typed}\t\t\x15exit\r"));
            let end = tab.end();
            heard.push(self.read(&format!("{typed}{}", end.out)));
        }
        // Each by a connection of its own: what one repeats is summed, as it comes in time.
        for line in
            ["vm show secreta.alumno2", "vm stop nada.nadie9", "backup show HIDDEN_BACKUP --seat alumno2"]
        {
            heard.push(self.line(line));
        }
        heard.push(self.line("audit mine --limit 60 --all"));
        heard.push(self.line("audit mine --limit 60 --all --json"));
        heard
    }
}

/// The text without moments, durations, sizes of archives, and connections: those differ between any two labs.
fn untimed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // Progress is told as often as there is time for.
    for line in text.lines().filter(|line| !line.starts_with("tarea ")) {
        let mut last = String::new();
        let mut rest = line;
        while let Some(first) = rest.chars().next() {
            let in_word = |c: char| c.is_ascii_alphanumeric() || ":.-_".contains(c);
            let end = if in_word(first) {
                rest.find(|c| !in_word(c)).unwrap_or(rest.len())
            } else {
                first.len_utf8()
            };
            let (word, behind) = rest.split_at(end);
            if first != ' ' || !out.ends_with(' ') {
                out.push_str(&plain(word, &last, behind));
            }
            if in_word(first) {
                word.clone_into(&mut last);
            }
            rest = behind;
        }
        out.push('\n');
    }
    out
}

/// Base64 that begins so is only a name.
fn masked(text: &str, begins: &str, name: &str) -> String {
    let mut parts = text.split(begins);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(name);
        out.push_str(part.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "+/=".contains(c)));
    }
    out
}

fn plain(word: &str, before: &str, behind: &str) -> String {
    let digits =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || ".:".contains(c));
    let hex = |text: &str| text.len() >= 12 && text.chars().all(|c| c.is_ascii_hexdigit());
    let parts: Vec<_> = word.splitn(4, '-').collect();
    let measured = ["took_ms", "seconds", "size", "bytes_up", "bytes_down", "sha256", "audit.written"];
    match parts[..] {
        _ if word.starts_with("127.0.0.1:") => "SOURCE".into(),
        [year, _, _, ..] if year.len() == 4 && digits(year) => "DAY".into(),
        [_, day, time, ..] if day.len() == 8 && digits(day) && digits(time) => "BACKUP".into(),
        [id, ..] if hex(id) => word.replace(id, "ID"),
        _ if digits(word.trim_end_matches('-')) && measured.contains(&before) => {
            word.replace(|c: char| c.is_ascii_digit() || c == '.', "")
        }
        _ if digits(word) && word.len() > 4 && word.contains(':') => "TIME".into(),
        _ if digits(word) && [" B", " ms", " s", " KiB"].iter().any(|unit| behind.starts_with(unit)) => {
            "N".into()
        }
        _ => word.into(),
    }
}

#[test]
fn what_is_hidden_changes_no_byte() {
    let worlds = worlds();
    let mut all = Vec::new();
    lines(&words::grammar(), "", &mut all);
    // First, while it holds no sums of denials, which come as there is time.
    all.sort_by_key(|(verb, _)| verb != "audit mine");
    let heard = |world: &World| -> Vec<String> {
        all.iter().map(|(verb, lines)| world.verb(verb, lines)).chain(world.beside()).collect()
    };
    let [bare, full] = std::thread::scope(|scope| {
        let asked = worlds.each_ref().map(|world| scope.spawn(|| heard(world)));
        asked.map(|thread| thread.join().unwrap())
    });
    assert!(all.len() > 90 && bare.len() > all.len(), "{} verbs", all.len());
    let mut differ = String::new();
    let named = all.iter().map(|(verb, _)| verb.as_str()).chain(std::iter::repeat("beside"));
    for ((bare, full), verb) in bare.iter().zip(&full).zip(named) {
        assert!(!bare.trim().is_empty(), "`{verb}` is asked");
        if bare != full {
            let same = bare.bytes().zip(full.bytes()).take_while(|(bare, full)| bare == full).count();
            let around = |text: &str| {
                let bytes = &text.as_bytes()[same.saturating_sub(80)..text.len().min(same + 80)];
                String::from_utf8_lossy(bytes).into_owned()
            };
            writeln!(differ, "{verb}, byte {same}\n - {}\n + {}", around(bare), around(full)).unwrap();
        }
    }
    assert!(differ.is_empty(), "{differ}");
}
