//! The program as a service: when it opens and when it refuses to, how it says that it is ready, how it ends.

use super::*;

#[test]
fn sigterm_tells_who_is_there_and_ends_in_time() {
    let mut house = House::new("[ssh]\ndrain_s = 5");
    vm_up(&house, "alumno1", "web1");
    let mut ssh = house.ssh("alumno1");
    let mut shell = Pty::new(ssh.arg("-tt").arg(House::at("alumno1")));
    shell.until("puerta> ");
    let tunnel = forward(&house, "alumno1", "web1:7007");
    // Somebody who says nothing at all cannot hold it either.
    let _silent = std::net::TcpStream::connect(("127.0.0.1", house.port)).unwrap();
    let begun = Instant::now();
    assert_eq!(house.stop(), 0);
    assert!(begun.elapsed() < Duration::from_secs(7), "{:?}", begun.elapsed());
    assert!(std::net::TcpStream::connect(("127.0.0.1", house.port)).is_err(), "it still accepts");
    shell.until("se reinicia");
    shell.end();
    ended(tunnel, Duration::from_secs(2));
    let audit = house.audit();
    // The end is signed.
    let end: Vec<_> = audit[audit.len() - 2..].iter().map(|line| line["code"].clone()).collect();
    assert_eq!(end, ["stop", "audit.signed"]);
    assert_eq!(lines(&audit, "login", &[("/phase", "finish"), ("/detail/reason", "shutdown")]).len(), 2);
    assert_eq!(house.puerta(&["audit", "verify"]).code, 0);
    house.start();
    house.ok("alumno1", &["vm", "list"]);
}

/// The socket is made by somebody else, and readiness is said on a socket of theirs.
#[test]
fn sockets_are_inherited_and_readiness_is_told() {
    let house = House::founded("");
    let notify = house.dir.join("notify");
    let told = std::os::unix::net::UnixDatagram::bind(&notify).unwrap();
    told.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
    // It listens already, on a port that the configuration does not know.
    let launcher = "import os,socket,sys\n\
        s=socket.socket(); s.bind(('127.0.0.1',0)); s.listen(64)\n\
        print(s.getsockname()[1],flush=True)\n\
        s.fileno()==3 or os.dup2(s.fileno(),3)\n\
        os.set_inheritable(3,True)\n\
        os.environ.update(LISTEN_FDS='1',LISTEN_PID=str(os.getpid()))\n\
        os.execv(sys.argv[1],sys.argv[1:])\n";
    let mut python = Command::new("python3");
    python.args(["-c", launcher, env!("CARGO_BIN_EXE_puerta"), "--config", text(&house.config()), "serve"]);
    python.env("NOTIFY_SOCKET", &notify).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = Killed(python.spawn().expect("python3 is not installed"));
    let mut line = Vec::new();
    let out = child.0.stdout.as_mut().unwrap();
    while line.last() != Some(&b'\n') {
        let mut byte = [0];
        out.read_exact(&mut byte).unwrap();
        line.push(byte[0]);
    }
    let port: u16 = String::from_utf8(line).unwrap().trim().parse().unwrap();
    let mut buffer = [0; 256];
    let n = told.recv(&mut buffer).unwrap();
    assert!(buffer[..n].starts_with(b"READY=1"), "{:?}", String::from_utf8_lossy(&buffer[..n]));
    // Ready means that somebody answers now.
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut greeting = [0; 8];
    stream.read_exact(&mut greeting).unwrap();
    assert_eq!(&greeting, b"SSH-2.0-");
    assert!(std::net::TcpStream::connect(("127.0.0.1", house.port)).is_err(), "it also made its own");
}

/// Not ready before the port accepts: here it cannot, and nobody is told that it does.
#[test]
fn a_port_that_is_taken_is_never_ready() {
    let house = House::founded("");
    let _taken = std::net::TcpListener::bind(("127.0.0.1", house.port)).unwrap();
    let notify = house.dir.join("notify");
    let told = std::os::unix::net::UnixDatagram::bind(&notify).unwrap();
    told.set_nonblocking(true).unwrap();
    let mut serve = Command::new(env!("CARGO_BIN_EXE_puerta"));
    serve.args(["--config", text(&house.config()), "serve"]).env("NOTIFY_SOCKET", &notify);
    let said = said(&mut serve);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains(&format!("127.0.0.1:{}", house.port)), "which port: {said:?}");
    assert!(told.recv(&mut [0; 64]).is_err(), "ready was told");
}

#[test]
fn a_door_that_is_not_safe_does_not_open() {
    let house = House::founded("");
    let key = house.dir.join("state/ssh_host_ed25519_key");
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&key), 0o600);
    assert_eq!(mode(&house.dir.join("state")), 0o700);
    assert_eq!(mode(&house.dir.join("state/puerta.sqlite")), 0o600);
    let others = |mode| std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode)).unwrap();
    others(0o644);
    let open = house.puerta(&["serve"]);
    assert_eq!(open.code, 1, "{open:?}");
    assert!(open.err.contains("0644") && open.err.contains("chmod 0600"), "{open:?}");
    others(0o600);

    sql(
        &house,
        "UPDATE _sqlx_migrations SET version = 9000 WHERE version = (SELECT max(version) FROM _sqlx_migrations)",
    );
    let newer = house.puerta(&["serve"]);
    assert_eq!(newer.code, 1, "{newer:?}");
    assert!(newer.err.contains("newer puerta"), "{newer:?}");
}

#[test]
fn a_wrong_configuration_is_64_with_its_line() {
    let house = House::founded("");
    let good = std::fs::read_to_string(house.config()).unwrap();
    std::fs::write(house.config(), format!("colour = 1\n{good}")).unwrap();
    for words in [&["serve"][..], &["config", "check"], &["audit", "verify"]] {
        let said = house.puerta(words);
        assert_eq!(said.code, 64, "{words:?}: {said:?}");
        assert!(said.err.contains("line 1") && said.err.contains("colour"), "{words:?}: {said:?}");
    }
    let dir = house.dir.join("policy");
    std::fs::create_dir(&dir).unwrap();
    std::fs::write(house.config(), format!("{good}[policy]\ndir = {dir:?}\n")).unwrap();
    std::fs::write(dir.join("mine.cedar"), "@id(\"x\")\npermit (principal, action, ressource);\n").unwrap();
    for words in [&["serve"][..], &["config", "check"]] {
        let said = house.puerta(words);
        assert_eq!(said.code, 64, "{words:?}: {said:?}");
        assert!(said.err.contains("mine.cedar:2"), "{words:?}: {said:?}");
    }
    // An empty folder permits nothing: it is refused or it denies, but it never opens.
    std::fs::remove_file(dir.join("mine.cedar")).unwrap();
    let empty = house.puerta(&["config", "check"]);
    assert_eq!(empty.code, 64, "{empty:?}");
}
