//! The side door: `ssh -W`, `-L` and `-J` to one's own machines, and to nothing else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "a test may panic")]

#[path = "forward/bytes.rs"]
mod bytes;
#[path = "forward/helping.rs"]
mod helping;
#[path = "forward/renamed.rs"]
mod renamed;
mod support;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use support::{House, Killed, records, text, wait};

/// The simulated machine's ports: says back, never reads, speaks first, never stops.
const ECHO: u16 = 7007;
const DEAF: u16 = 7008;
const GREETING: u16 = 7009;
const SOURCE: u16 = 7010;

/// A machine of theirs that runs; its address.
fn vm_up(house: &House, login: &str, name: &str) -> String {
    let json = house.ok(login, &["vm", "create", name, "--template", "mini", "--json"]);
    let vm: Value = serde_json::from_str(&json).unwrap();
    vm["address"].as_str().unwrap().to_owned()
}

/// `ssh -W` to there.
struct Tunnel {
    child: Killed,
    up: Option<ChildStdin>,
    down: ChildStdout,
}

impl Tunnel {
    fn new(house: &House, login: &str, to: &str) -> Self {
        let mut ssh = house.ssh(login);
        ssh.args(["-W", to]).arg(House::at(login));
        Self::of(ssh)
    }

    fn of(mut ssh: Command) -> Self {
        ssh.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = ssh.spawn().unwrap();
        let (up, down) = (child.stdin.take(), child.stdout.take().unwrap());
        Self { child: Killed(child), up, down }
    }

    /// Says something and hears it back.
    fn echoes(&mut self, text: &str) {
        self.up.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
        let mut heard = vec![0; text.len()];
        self.down.read_exact(&mut heard).unwrap();
        assert_eq!(heard, text.as_bytes());
    }

    /// Waits for its end; what stood on standard error.
    fn ended(mut self, within: Duration) -> String {
        let begun = Instant::now();
        while self.child.0.try_wait().unwrap().is_none() {
            if begun.elapsed() > within {
                self.child.0.kill().unwrap();
                let mut err = String::new();
                self.child.0.stderr.take().unwrap().read_to_string(&mut err).unwrap();
                panic!("still there after {within:?}: {err}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let mut err = String::new();
        self.child.0.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        err
    }
}

/// One `-W` that is refused; why, as ssh tells it.
fn refused(house: &House, login: &str, to: &str) -> String {
    let tunnel = Tunnel::new(house, login, to);
    let err = tunnel.ended(Duration::from_secs(10));
    assert!(err.contains("open failed"), "{to}: {err}");
    err
}

/// A master with `-L` ports of its own; each of `to` gets one, in order.
struct Ports {
    child: Killed,
    ports: Vec<u16>,
}

impl Ports {
    fn new(house: &House, login: &str, to: &[&str]) -> Self {
        let mut ssh = house.ssh(login);
        // Several tests do this at once: a port that somebody took makes ssh say so.
        ssh.args(["-N", "-o", "ExitOnForwardFailure=yes"]);
        let mut ports = Vec::new();
        for to in to {
            let free = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = free.local_addr().unwrap().port();
            ssh.args(["-L", &format!("127.0.0.1:{port}:{to}")]);
            ports.push(port);
        }
        ssh.arg(House::at(login)).stdin(Stdio::null()).stderr(Stdio::null());
        let child = Killed(ssh.spawn().unwrap());
        // Every look is a forward, so only the last port is looked at, and once.
        let last = *ports.last().unwrap();
        wait("the ports listen", || listens(last));
        Self { child, ports }
    }

    fn connect(&self, index: usize) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.ports[index])).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.set_write_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }
}

/// Is there a listener on 127.0.0.1:`port`? Asked of the kernel, without a connection.
fn listens(port: u16) -> bool {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    table.lines().any(|line| line.contains(&format!(" 0100007F:{port:04X} 00000000:0000 0A ")))
}

/// Descriptors of puerta, without those of the simulated machines that live in the same process.
fn descriptors(house: &House) -> usize {
    let machines: BTreeSet<String> = std::fs::read_to_string("/proc/net/tcp")
        .unwrap()
        .lines()
        .skip(1)
        .filter_map(|line| {
            let fields: Vec<_> = line.split_whitespace().collect();
            let (_, port) = fields[1].split_once(':')?;
            let port = u16::from_str_radix(port, 16).ok()?;
            (ECHO..=SOURCE).contains(&port).then(|| format!("socket:[{}]", fields[9]))
        })
        .collect();
    let folder = std::fs::read_dir(format!("/proc/{}/fd", house.pid())).unwrap();
    let links = folder.filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok());
    links.filter(|link| !machines.contains(text(link))).count()
}

fn forwards<'a>(audit: &'a [Value], phase: &str) -> Vec<&'a Value> {
    audit.iter().filter(|line| line["code"] == "forward" && line["phase"] == phase).collect()
}

#[test]
fn ones_own_machine_by_any_of_its_names() {
    let house = House::new("");
    let address = vm_up(&house, "alumno1", "web1");
    for name in ["web1", "web1.alumno1", "web1.alumno1.virtuales", "WEB1", "Web1.Alumno1", "web1.", &address]
    {
        Tunnel::new(&house, "alumno1", &format!("{name}:{ECHO}")).echoes("hola\r\n");
    }
    Tunnel::new(&house, "profesor", &format!("web1.alumno1:{ECHO}")).echoes("hola\r\n");
    // Who speaks first is heard, also on the first try of many.
    for _ in 0..10 {
        let mut tunnel = Tunnel::new(&house, "alumno1", &format!("web1:{GREETING}"));
        let mut heard = [0; 9];
        tunnel.down.read_exact(&mut heard).unwrap();
        assert_eq!(&heard, b"220 sim\r\n");
    }
}

#[test]
fn nothing_else_through_it() {
    let house = House::new("");
    let own = vm_up(&house, "alumno1", "web1");
    let other = vm_up(&house, "alumno2", "web2");
    let open = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    open.set_nonblocking(true).unwrap();
    let port = open.local_addr().unwrap().port();
    let number = u32::from(own.parse::<std::net::Ipv4Addr>().unwrap());
    let [_, b, c, d] = own.parse::<std::net::Ipv4Addr>().unwrap().octets();
    let odd = [
        format!("{number}"),
        format!("0x{number:08x}"),
        format!("012.{b}.{c}.{d}"),
        format!("0x0a.{b}.{c}.{d}"),
        format!("10.{b}.{}", u32::from(c) * 256 + u32::from(d)),
        format!("10.{b}.{c}.0{d}"),
        format!("::ffff:{own}"),
        format!("127.{b}.{c}.{d}"),
    ];
    let long = "a".repeat(300);
    let hosts = [
        "web2",
        "web2.alumno2",
        "web2.alumno2.virtuales",
        "WEB2.ALUMNO2",
        "nada",
        "alumno1",
        "puerta",
        "localhost",
        "LOCALHOST.",
        "127.0.0.1",
        "127.1",
        "127.255.255.254",
        "::1",
        "::ffff:127.0.0.1",
        "0.0.0.0",
        "::",
        "0",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "10.0.0.1",
        "10.0.0.65",
        "10.0.1.1",
        "10.1",
        "10.255.255.255",
        "10.0.0.0",
        "169.254.169.254",
        "224.0.0.1",
        "255.255.255.255",
        "8.8.8.8",
        "fe80::1",
        "example.com",
        "web1.alumno1.example.com",
        "web1.alumno1.virtuales.example.com",
        "web1..",
        ".web1",
        "web1 ",
        " web1",
        "web1/",
        "../web1",
        "web1\t",
        "web1\u{7f}",
        "wéb1",
        "*",
        "%s",
        "web1%eth0",
        "-oX",
        &long,
    ];
    let hosts = hosts.into_iter().chain([&*other]).chain(odd.iter().map(String::as_str));
    // All through one connection, as a client with `-D` would: one line of SOCKS5 for each.
    let socks = Socks::new(&house, "alumno1");
    let mut count = 0;
    for host in hosts {
        let to = if host.parse::<std::net::Ipv4Addr>().is_ok_and(|a| a.is_loopback()) { port } else { ECHO };
        assert!(!socks.opens(host, to), "{host:?} was opened");
        count += 1;
    }
    assert!(!socks.opens("web1", 0), "port 0");
    assert!(socks.opens("web1", ECHO), "the way itself works");
    assert!(open.accept().is_err(), "somebody came");
    wait("the attempts are written down", || {
        let audit = house.audit();
        let own = audit.iter().filter(|line| line["code"] == "denial" && line["actor"] == "alumno1");
        // What repeats is one line with a count.
        own.map(records::times).sum::<u64>() > count
    });
    // One text for all of them; `-W` shows it.
    let why = |to: &str| {
        let err = refused(&house, "alumno1", &format!("{to}:{ECHO}"));
        assert!(err.contains("administratively prohibited"), "{to}: {err}");
        err.lines().find(|line| line.contains("open failed")).unwrap().to_owned()
    };
    let first = why("nada");
    for to in ["web2.alumno2", &other, "localhost", "10.0.0.1", "8.8.8.8", "[::1]", &odd[0]] {
        assert_eq!(why(to), first, "{to}");
    }
    let audit = house.audit();
    let attempt =
        audit.iter().find(|line| line["code"] == "denial" && line["meant"]["target"] == "web2.alumno2");
    assert_eq!(attempt.unwrap()["actor"], "alumno1");
    // And none of it made a connection.
    assert_eq!(forwards(&audit, "begin").len(), 1);
}

/// `ssh -D`, and just enough of SOCKS5 (RFC 1928) to name any host byte by byte.
struct Socks(Ports);

impl Socks {
    fn new(house: &House, login: &str) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let mut ssh = house.ssh(login);
        ssh.args(["-N", "-D", &format!("127.0.0.1:{port}")]).arg(House::at(login));
        let child = Killed(ssh.stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        wait("the SOCKS port listens", || listens(port));
        Self(Ports { child, ports: vec![port] })
    }

    fn opens(&self, host: &str, port: u16) -> bool {
        let mut stream = self.0.connect(0);
        let host = &host.as_bytes()[..host.len().min(255)];
        let mut ask = vec![5, 1, 0, 5, 1, 0, 3, host.len() as u8];
        ask.extend_from_slice(host);
        ask.extend_from_slice(&port.to_be_bytes());
        stream.write_all(&ask).unwrap();
        let mut chosen = [0; 2];
        stream.read_exact(&mut chosen).unwrap();
        // OpenSSH says yes before it knows; a refused channel is closed without a byte.
        let mut answer = [0; 10];
        if stream.read_exact(&mut answer).is_err() || stream.write_all(b"!").is_err() {
            return false;
        }
        matches!(stream.read(&mut [0; 1]), Ok(1))
    }
}

#[test]
fn what_does_not_answer_is_told_apart() {
    let house = House::new("");
    vm_up(&house, "alumno1", "web1");
    let closed = refused(&house, "alumno1", "web1:81");
    assert!(closed.contains("connect failed") && closed.contains("81"), "{closed}");
    house.ok("alumno1", &["vm", "stop", "web1"]);
    let begun = Instant::now();
    let stopped = refused(&house, "alumno1", &format!("web1:{ECHO}"));
    assert!(stopped.contains("connect failed") && stopped.contains("vm start web1"), "{stopped}");
    assert!(begun.elapsed() < Duration::from_secs(3));
    house.ok("alumno1", &["vm", "start", "web1"]);
    Tunnel::new(&house, "alumno1", &format!("web1:{ECHO}")).echoes("hola");
}

#[test]
fn permission_is_for_now() {
    let house = House::new("");
    let address = vm_up(&house, "alumno1", "web1");
    let mut tunnel = Tunnel::new(&house, "alumno1", &format!("web1:{ECHO}"));
    tunnel.echoes("mine");
    house.ok("alumno1", &["vm", "delete", "web1", "--yes"]);
    tunnel.ended(Duration::from_secs(3));
    // The slot is somebody else's next machine: the same seat's here, with the same address.
    assert_eq!(vm_up(&house, "alumno1", "web9"), address);
    refused(&house, "alumno1", &format!("web1:{ECHO}"));
    let mut tunnel = Tunnel::new(&house, "alumno1", &format!("{address}:{ECHO}"));
    tunnel.echoes("mine again");

    // The whole seat goes, and its number is given to the next person, address and all.
    let mut old = Tunnel::new(&house, "profesor", &format!("{address}:{ECHO}"));
    old.echoes("looking");
    house.ok("profesor", &["vm", "delete", "web9.alumno1", "--yes"]);
    house.ok("profesor", &["person", "remove", "alumno1", "--yes"]);
    tunnel.ended(Duration::from_secs(3));
    old.ended(Duration::from_secs(3));
    let audit = house.audit();
    let cut = forwards(&audit, "finish");
    let cut = cut.iter().filter(|line| line["failure"] == "no longer allowed");
    assert!(cut.count() >= 2, "{:#?}", forwards(&audit, "finish"));
}

#[test]
fn caps_hold_and_come_back() {
    let house = House::new("[ssh]\nmax_channels = 4\nmax_forwards = 6");
    vm_up(&house, "alumno1", "web1");
    let to = format!("web1:{ECHO}");
    let ports = Ports::new(&house, "alumno1", &[&to]);
    let open = |ports: &Ports| {
        let mut stream = ports.connect(0);
        let heard = stream.write_all(b"!").is_ok() && matches!(stream.read(&mut [0]), Ok(1));
        heard.then_some(stream)
    };
    let mut held: Vec<_> = (0..4).map(|_| open(&ports).expect("there is room")).collect();
    assert!(open(&ports).is_none(), "a fifth channel on one connection");
    let more = Ports::new(&house, "alumno1", &[&to]);
    held.extend((0..2).map(|_| open(&more).expect("there is room on another connection")));
    assert!(open(&more).is_none(), "a seventh forward of one person");
    let why = refused(&house, "alumno1", &to);
    assert!(why.contains("resource shortage") && why.contains('6'), "{why}");
    // Somebody else's are not counted.
    Tunnel::new(&house, "profesor", &format!("web1.alumno1:{ECHO}")).echoes("hola");
    drop(held);
    wait("the places come back", || open(&ports).is_some());
    // A client that goes away gives back all it had.
    let _held: Vec<_> = (0..3).map(|_| open(&more)).collect();
    let mut more = more;
    more.child.0.kill().unwrap();
    wait("the person's places come back", || {
        let four: Vec<_> = (0..4).map(|_| open(&ports)).collect();
        four.iter().all(Option::is_some)
    });
}
