//! Somebody who writes the audit full: repeats are counted, who is too fast is told so, and when the disk is full
//! nothing begins, but what has begun is written to its end.

use super::*;

/// A tunnel to what is refused, and a port at which each connection is one more try.
fn tunnel(house: &House, login: &str, target: &str) -> (Killed, u16) {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut ssh = house.ssh(login);
    ssh.args(["-N", "-L", &format!("127.0.0.1:{port}:{target}")]).arg(House::at(login));
    let child = Killed(ssh.stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    wait("the tunnel is there", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    (child, port)
}

/// How many refusals the lines with this destination say that there were, and how many lines.
fn told(house: &House, destination: &str) -> (u64, usize) {
    let audit = house.audit();
    let lines = audit.iter().filter(|line| line["detail"]["destination"] == destination);
    let counts: Vec<_> = lines.map(records::times).collect();
    (counts.iter().sum(), counts.len())
}

#[test]
fn repeats_of_a_refusal_are_counted_and_none_is_lost() {
    let house = House::new("");
    let (tunnel, port) = tunnel(&house, "alumno1", "web1.alumno2:22");
    for _ in 0..300 {
        // Refused, it is closed.
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
        let _ = stream.read(&mut [0]);
    }
    wait("the first is written", || told(&house, "web1.alumno2:22").0 > 0);
    drop(tunnel);
    // One more that only looked whether the tunnel is there.
    wait("all are written at the end of the connection", || told(&house, "web1.alumno2:22").0 == 301);
    let (_, lines) = told(&house, "web1.alumno2:22");
    assert!(lines < 20, "{lines} lines");
    let mine = house.ok("alumno1", &["audit", "mine"]);
    assert!(mine.contains("denied ×"), "{mine}");
}

#[test]
fn strangers_who_try_on_are_counted_by_the_place_they_come_from() {
    let mut house = House::new("");
    house.ok("alumno1", &["whoami"]);
    let knock = |login: &str| {
        let said: Said = house.ssh("stranger").arg(House::at(login)).arg("whoami").output().unwrap().into();
        assert_eq!(said.code, 255, "{said:?}");
    };
    for _ in 0..40 {
        knock("alumno1");
    }
    // Of so many names one line each, and one for all that follow.
    for name in 0..60 {
        knock(&format!("nobody{name}"));
    }
    let told = |house: &House, which: &dyn Fn(&Value) -> bool| {
        let audit = house.audit();
        let lines = audit.iter().filter(|line| line["code"] == "login" && line["outcome"] == "failed");
        let lines = lines.filter(|line| which(line));
        let counts: Vec<_> = lines.map(records::times).collect();
        (counts.iter().sum::<u64>(), counts.len())
    };
    let one = |line: &Value| line["actor"] == "alumno1";
    wait("all of one name", || told(&house, &one).0 == 40);
    wait("all of all names", || told(&house, &|_| true).0 == 100);
    assert!(told(&house, &one).1 < 20, "{:?}", told(&house, &one));
    // The end of puerta writes what is left.
    for _ in 0..3 {
        knock("alumno2");
    }
    wait("the first of these", || told(&house, &|_| true).0 > 100);
    assert_eq!(house.stop(), 0);
    assert_eq!(told(&house, &|_| true).0, 103);
}

#[test]
fn who_does_too_much_at_once_is_told_to_slow_down_and_nobody_else_is() {
    let house = House::new("[audit]\nacts_per_person_s = 1\n");
    let said = house.feed("alumno1", &[], &"whoami\n".repeat(200));
    let text = said.out + &said.err;
    assert!(text.contains("demasiadas cosas a la vez"), "{text}");
    let by = |login: &str| house.audit().iter().filter(|line| line["actor"] == login).count();
    // A login, and a minute's worth of commands, each with its end.
    assert!(by("alumno1") < 200, "{}", by("alumno1"));
    let said = house.run("alumno1", &["whoami"]);
    assert!(said.code != 0 && said.err.contains("demasiadas cosas a la vez"), "{said:?}");
    house.ok("alumno2", &["whoami"]);
    // A login and a command are two acts, and who tries on and on uses up what comes back.
    wait("they may again", || {
        std::thread::sleep(std::time::Duration::from_secs(3));
        house.run("alumno1", &["whoami"]).code == 0
    });
}

/// Its state on a small disk.
struct Small(PathBuf);

impl Small {
    fn under(house: &House) -> Self {
        let state = house.dir.join("state");
        let (from, aside) = (text(&state), text(&house.dir).to_owned() + "/aside");
        let script = format!(
            "mv {from} {aside}; mkdir {from}; mount -t tmpfs -o size=48m,mode=0700 none {from}; cp -a {aside}/. {from}"
        );
        assert!(Command::new("sh").args(["-ec", &script]).status().unwrap().success());
        Self(state)
    }

    /// Takes all but so many bytes.
    fn fill(&self, but: u64) {
        let free = rustix::fs::statvfs(&self.0).unwrap();
        let size = (free.f_bavail * free.f_frsize).saturating_sub(but);
        let ballast = self.0.join("ballast");
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(ballast).unwrap();
        // The last of it may not fit.
        let _ = std::io::copy(&mut std::io::Read::take(std::io::repeat(7), size), &mut file);
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_is_told_before_and_keeps_room_for_the_ends_of_what_has_begun() {
    let mut house = House::new("");
    assert_eq!(house.stop(), 0);
    let small = Small::under(&house);
    house.start();
    house.ok("alumno1", &["vm", "create", "web1", "--template", "mini"]);
    let (tunnel, port) = tunnel(&house, "alumno1", "web1:7007");
    let stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    let of = |house: &House, phase: &str| {
        let audit = house.audit();
        audit.iter().filter(|line| line["code"] == "forward" && line["phase"] == phase).count()
    };
    wait("the forward is open", || of(&house, "begin") >= 2);
    small.fill(3 << 20);
    wait("it is told before", || house.log().contains("little room is left for the audit"));
    let mut ssh = house.ssh("profesor");
    let mut shell = Pty::new(ssh.arg("-tt").arg(House::at("profesor")));
    shell.until("MiB en el disco de la auditoría");
    shell.until("puerta> ");
    let mut ssh = house.ssh("alumno1");
    let mut student = Pty::new(ssh.arg("-tt").arg(House::at("alumno1")));
    student.until("puerta> ");

    small.fill(0);
    wait("nothing begins", || {
        small.fill(0);
        house.run("alumno1", &["whoami"]).code != 0
    });
    student.send("vm stop web1\r");
    student.until("no se puede anotar en el registro de auditoría");
    // What strangers do is counted: it takes no room of what has begun.
    let stranger: Said =
        house.ssh("stranger").arg(House::at("alumno1")).arg("whoami").output().unwrap().into();
    assert_eq!(stranger.code, 255, "{stranger:?}");
    let ends = of(&house, "finish");
    drop((stream, tunnel));
    wait("what had begun is written to its end", || of(&house, "finish") > ends);
    assert_ne!(house.run("alumno1", &["whoami"]).code, 0, "the room is kept for that");
    student.send("exit\r");

    std::fs::remove_file(small.0.join("ballast")).unwrap();
    wait("there is room again", || house.run("alumno1", &["whoami"]).code == 0);
    wait("what was counted", || house.audit().iter().any(|line| line["code"] == "audit.lost"));
    assert!(house.audit().iter().all(|line| line["detail"]["method"] != "none"), "{}", house.log());
    wait("it is told", || house.audit().iter().any(|line| line["detail"]["what"] == "enough"));
    assert_eq!(house.stop(), 0);
    assert_eq!(house.puerta(&["audit", "verify"]).code, 0);
}
