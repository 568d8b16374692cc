//! The firewall's helper, on a real kernel: who holds which capability, what ends it, what it refuses,
//! and what it reports. Each test has namespaces of its own without a way out, and wants root, ip(8),
//! setpriv(1) and nft(8).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod support;
#[path = "helper/technician.rs"]
mod technician;
#[path = "helper/world.rs"]
mod world;

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use support::{House, Killed, Said, text, wait};
use world::{MACHINE, USER, World, sh};

/// A house in the namespace: its program and its folder are the user's.
fn house(extra: &str) -> House {
    let firewall = format!("[firewall]\noutside = [\"pub\"]\ninside = \"lan\"\n{extra}");
    let house = House::founded(&firewall);
    std::fs::copy(env!("CARGO_BIN_EXE_puerta"), program(&house)).unwrap();
    sh(&format!("chown -R {USER}:{USER} {:?}", house.dir.join("state")));
    house
}

fn program(house: &House) -> PathBuf {
    house.dir.join("puerta")
}

fn started(world: &World, house: &mut House, capabilities: &str) {
    let mut words = world.as_user(capabilities);
    words.push(text(&program(house)).to_owned());
    house.start_by(&words.iter().map(String::as_str).collect::<Vec<_>>());
}

/// A line of `/proc/PID/status`.
fn status(pid: u32, key: &str) -> String {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    line.unwrap_or_else(|| panic!("{key} in {text}")).trim().to_owned()
}

fn children(pid: u32) -> Vec<u32> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    text.split_whitespace().map(|pid| pid.parse().unwrap()).collect()
}

fn words(pid: u32) -> Vec<String> {
    let words = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&words).split_terminator('\0').map(str::to_owned).collect()
}

fn the_starter_of(house: &House) -> u32 {
    let children = children(house.pid());
    assert_eq!(children.len(), 1, "{children:?}");
    assert_eq!(words(children[0]).last().unwrap(), "firewall-starter");
    children[0]
}

/// The one helper that runs.
fn the_helper_of(house: &House) -> u32 {
    let starter = the_starter_of(house);
    let mut helper = None;
    wait("there is a helper", || {
        let helpers = children(starter);
        assert!(helpers.len() <= 1, "{helpers:?}");
        helper = helpers.first().copied().filter(|pid| words(*pid).contains(&"firewall-helper".to_owned()));
        helper.is_some()
    });
    helper.unwrap()
}

/// `capabilities(7)` by number: 10 binds ports below 1024, 12 administers the network.
fn mask(numbers: &[u32]) -> String {
    format!("{:016x}", numbers.iter().map(|number| 1_u64 << number).sum::<u64>())
}

fn assert_capabilities(pid: u32, kept: &[u32], inherited: &[u32], bounding: &[u32]) {
    for (set, wanted) in [
        ("CapPrm", kept),
        ("CapEff", kept),
        ("CapInh", inherited),
        ("CapAmb", inherited),
        ("CapBnd", bounding),
    ] {
        assert_eq!(status(pid, set), mask(wanted), "{set} of {pid}");
    }
    assert_eq!(status(pid, "NoNewPrivs"), "1");
    for task in std::fs::read_dir(format!("/proc/{pid}/task")).unwrap() {
        let task = task.unwrap().file_name().into_string().unwrap().parse().unwrap();
        assert_eq!(status(task, "CapPrm"), mask(kept), "thread {task} of {pid}");
    }
}

/// One command over ssh, from inside the gateway.
fn typed(world: &World, house: &House, login: &str, words: &[&str]) -> Said {
    let mut ssh = house.ssh(login);
    ssh.arg(House::at(login)).args(words);
    let output: Output = world.inside("", &ssh).stdin(Stdio::null()).output().unwrap();
    output.into()
}

fn ok(world: &World, house: &House, login: &str, words: &[&str]) -> String {
    let said = typed(world, house, login, words);
    assert_eq!(said.code, 0, "{login}: {words:?}: {said:?}\n{}", house.log());
    said.out
}

/// `alumno1` with a key and the machine `web1`.
fn enrolled(world: &World, house: &House) {
    let key = std::fs::read_to_string(house.key("alumno1").with_extension("pub")).unwrap();
    let key = format!("'{}'", key.trim());
    ok(world, house, "profesor", &["course", "create", "demo-2026"]);
    ok(world, house, "profesor", &["person", "add", "alumno1", "--course", "demo-2026", "--key", &key]);
    ok(world, house, "alumno1", &["vm", "create", "web1", "--template", "mini"]);
}

fn says(world: &World, house: &House) -> Said {
    typed(world, house, "profesor", &["whoami", "--json"])
}

#[test]
fn the_door_may_bind_ports_and_the_helper_may_change_the_network() {
    let world = World::new("caps");
    let mut house = house("");
    started(&world, &mut house, "+net_bind_service,+net_admin");
    let helper = the_helper_of(&house);
    // Without CAP_SETPCAP the bounding set is the one it was started with; no_new_privs makes up for it.
    assert_capabilities(house.pid(), &[10], &[], &[10, 12]);
    let starter = the_starter_of(&house);
    for process in [helper, starter] {
        assert_capabilities(process, &[12], &[12], &[10, 12]);
    }
    assert_eq!(says(&world, &house).code, 0, "{}", house.log());
    for process in [helper, starter] {
        let environment = std::fs::read(format!("/proc/{process}/environ")).unwrap();
        let environment = String::from_utf8_lossy(&environment);
        assert!(
            environment.split_terminator('\0').all(|entry| entry.starts_with("RUST_LOG=")),
            "{environment}"
        );
    }
    // Reading the other's memory is what ptrace(2) would be allowed: its own it may, the helper's not.
    let reads = |pid: u32| {
        let mut words = world.as_user("+net_bind_service");
        words.extend(["head", "-c0"].map(str::to_owned));
        words.push(format!("/proc/{pid}/mem"));
        Said::from(Command::new(&words[0]).args(&words[1..]).output().unwrap())
    };
    assert_eq!(reads(house.pid()).code, 0);
    for process in [helper, starter] {
        let said = reads(process);
        assert!(said.err.contains("Permission denied"), "{said:?}");
    }
    assert_eq!(house.stop(), 0);
    wait("both end with the door", || !alive(helper) && !alive(starter));
}

/// As in a lab: root, with sockets that were opened by somebody else.
#[test]
fn root_gives_the_network_up_too_and_keeps_its_sockets_to_itself() {
    let world = World::new("root");
    let mut house = house("");
    sh(&format!("chown -R 0:0 {:?}", house.dir.join("state")));
    let launcher = format!(
        "import os,socket,sys\ns=socket.socket(); s.setsockopt(1,2,1); s.bind(('127.0.0.1',{})); s.listen(64)\n\
         s.fileno()==3 or os.dup2(s.fileno(),3)\nos.set_inheritable(3,True)\n\
         os.environ.update(LISTEN_FDS='1',LISTEN_PID=str(os.getpid()))\nos.execv(sys.argv[1],sys.argv[1:])\n",
        house.port
    );
    let words =
        ["ip", "netns", "exec", &world.name, "python3", "-c", &launcher, env!("CARGO_BIN_EXE_puerta")];
    house.start_by(&words);
    // 1 enters folders of others.
    assert_capabilities(house.pid(), &[1, 10], &[], &[1, 10]);
    let helper = the_helper_of(&house);
    let starter = the_starter_of(&house);
    for process in [helper, starter] {
        assert_capabilities(process, &[12], &[12], &[12]);
    }
    let sockets = |pid: u32| -> BTreeSet<String> {
        let held = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
        let names =
            held.map(|entry| std::fs::read_link(entry.unwrap().path()).unwrap().display().to_string());
        names.filter(|name| name.starts_with("socket:")).collect()
    };
    assert!(sockets(house.pid()).len() > 2, "nothing to keep");
    for process in [helper, starter] {
        assert!(sockets(house.pid()).is_disjoint(&sockets(process)), "{process} has sockets of the door");
    }
    assert_eq!(says(&world, &house).code, 0, "{}", house.log());
    assert_eq!(house.stop(), 0);
}

fn alive(pid: u32) -> bool {
    // A zombie is not.
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|text| !text.contains(") Z "))
}

#[test]
fn a_killed_door_takes_its_helper_along() {
    let world = World::new("door");
    let mut house = house("");
    started(&world, &mut house, "+net_bind_service,+net_admin");
    let (helper, starter) = (the_helper_of(&house), the_starter_of(&house));
    // Signals that a whole group gets, or a whole unit, do not end it before its parent.
    for signal in ["-INT", "-TERM", "-HUP"] {
        sh(&format!("kill {signal} {helper} {starter}"));
    }
    std::thread::sleep(Duration::from_millis(200));
    assert!(alive(helper) && alive(starter));
    house.kill9();
    wait("both end", || !alive(helper) && !alive(starter));
    // NFLOG's group is free again, and the next one has it.
    started(&world, &mut house, "+net_bind_service,+net_admin");
    assert!(alive(the_helper_of(&house)));
}

/// As `firewall check` sees it, once the helper is there again.
fn mended(world: &World, house: &House) {
    wait("the rules are what they should be", || {
        let said = typed(world, house, "profesor", &["firewall", "check"]);
        assert!(said.code != 2 || said.err.contains("no responde"), "{said:?}");
        said.code == 0
    });
}

#[test]
fn a_killed_helper_is_followed_by_another_one() {
    let world = World::new("gone");
    let mut house = house("");
    started(&world, &mut house, "+net_bind_service,+net_admin");
    let ok = |words: &[&str]| ok(&world, &house, "alumno1", words);
    enrolled(&world, &house);
    let answer = ok(&["port", "publish", "web1", "80"]);
    assert!(answer.contains("puerta:50000"), "{answer}");
    let first = the_helper_of(&house);
    sh(&format!("kill -KILL {first}"));
    wait("the door notices", || house.log().contains("the firewall has a helper again"));
    let second = the_helper_of(&house);
    assert_ne!(first, second);
    assert!(words(second).contains(&"--owner".to_owned()), "it takes anybody's rules: {:?}", words(second));
    assert_capabilities(second, &[12], &[12], &[10, 12]);
    ok(&["port", "publish", "web1", "81"]);
    mended(&world, &house);
    let mut nft = Command::new("nft");
    let rules = world.inside("", nft.args(["list", "ruleset"])).output().unwrap();
    let rules = String::from_utf8_lossy(&rules.stdout);
    assert!(rules.contains("50000") && rules.contains("50001"), "{rules}");
    assert_eq!(house.stop(), 0);
    wait("it ends with the door", || !alive(second));
}

/// SIGSTOP: it lives, holds its pipes, and says nothing.
#[test]
fn a_helper_that_hangs_is_told_of_within_seconds_and_followed_by_another_one() {
    let world = World::new("stop");
    let mut house = house("");
    started(&world, &mut house, "+net_bind_service,+net_admin");
    enrolled(&world, &house);
    ok(&world, &house, "alumno1", &["port", "publish", "web1", "80"]);
    for (login, words) in [
        ("alumno1", &["port", "publish", "web1", "81"][..]),
        ("profesor", &["firewall", "show"]),
        ("alumno1", &["vm", "delete", "web1", "--yes"]),
    ] {
        let helper = the_helper_of(&house);
        sh(&format!("kill -STOP {helper}"));
        let begun = std::time::Instant::now();
        let said = typed(&world, &house, login, words);
        assert!(begun.elapsed() < Duration::from_secs(15), "{words:?}: {:?}", begun.elapsed());
        assert!(said.code == 2 && said.err.contains("cortafuegos no responde"), "{words:?}: {said:?}");
        wait("it is ended", || !alive(helper));
        assert_ne!(the_helper_of(&house), helper);
        // What was refused is not half done.
        let list = ok(&world, &house, "alumno1", &["port", "list"]);
        assert!(list.contains("50000") && !list.contains("50001"), "{list}");
        mended(&world, &house);
    }
    assert!(
        house.log().contains("the firewall's helper is gone, and another one is started"),
        "{}",
        house.log()
    );
    ok(&world, &house, "alumno1", &["vm", "delete", "web1", "--yes"]);
    assert_eq!(house.stop(), 0);
}

#[test]
fn where_no_helper_can_be_started_puerta_ends_to_be_started_again_as_a_whole() {
    let world = World::new("both");
    let mut house = house("");
    started(&world, &mut house, "+net_bind_service,+net_admin");
    let (helper, starter) = (the_helper_of(&house), the_starter_of(&house));
    sh(&format!("kill -KILL {starter} {helper}"));
    let mut code = None;
    wait("it ends", || {
        code = house.ended();
        code.is_some()
    });
    assert_eq!(code, Some(1));
    assert!(house.log().contains("puerta: cannot go on: the firewall's helper"), "{}", house.log());
    started(&world, &mut house, "+net_bind_service,+net_admin");
    assert_eq!(house.stop(), 0);
}

#[test]
fn what_is_missing_is_named_at_start() {
    let world = World::new("less");
    let house = house("");
    let fails = |words: &[String], what: &str| {
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).arg(program(&house)).arg("--config").arg(house.config()).arg("serve");
        let said: Said = command.stdin(Stdio::null()).output().unwrap().into();
        assert_eq!(said.code, 1, "{said:?}");
        assert!(said.err.contains(what), "{what}: {}", said.err);
    };
    fails(&world.as_user("+net_bind_service"), "CAP_NET_ADMIN");
    let hidden = "mount -t tmpfs none /usr/sbin; exec \"$@\"";
    let words = ["unshare", "--mount", "--net", "sh", "-ec", hidden, "sh"].map(str::to_owned);
    fails(&words, "`nft` is not installed");
    let mut other = Spoken::to(&world, &house);
    assert_eq!(other.hears(), json!({ "start": { "Ok": null } }));
    fails(&world.as_user("+net_bind_service,+net_admin"), "NFLOG group 27 is taken");
}

/// A helper that the test speaks to in the door's place.
struct Spoken {
    _child: Killed,
    to: Option<ChildStdin>,
    lines: Receiver<Value>,
}

impl Spoken {
    fn to(world: &World, house: &House) -> Self {
        let words = world.as_user("+net_bind_service,+net_admin");
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).arg(program(house)).arg("--config").arg(house.config());
        command.arg("firewall-helper").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child: Child = command.spawn().unwrap();
        let (to, from) = (child.stdin.take(), child.stdout.take().unwrap());
        let (heard, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(from).lines().map_while(Result::ok) {
                let _ = heard.send(serde_json::from_str(&line).unwrap());
            }
        });
        Self { _child: Killed(child), to, lines }
    }

    fn hears(&mut self) -> Value {
        self.lines.recv_timeout(Duration::from_secs(20)).expect("the helper says nothing")
    }

    fn asked(&mut self, line: &str) -> Value {
        self.to.as_mut().unwrap().write_all(format!("{line}\n").as_bytes()).unwrap();
        self.hears()
    }
}

fn desired(publications: &Value) -> Value {
    let egress = json!({ "default": "deny", "seats": {} });
    json!({ "owner": "00000000000000aa", "publications": publications, "egress": egress })
}

fn target(address: &str) -> Value {
    json!({ "protocol": "tcp", "address": address, "port": 80, "sources": null })
}

const SERVER: &str = "
import socket as s
l=s.create_server(('',80))
while 1:
 c,a=l.accept()
 c.sendall(a[0].encode())
 c.close()";
const CLIENT: &str = "
import socket as s
u=s.socket(type=s.SOCK_DGRAM)
u.bind(('192.0.2.7',40124))
u.sendto(b'hello',('192.0.2.1',50002))
c=s.socket()
c.settimeout(5)
c.bind(('192.0.2.7',40123))
c.connect(('192.0.2.1',50001))
print(c.recv(99).decode())";

#[test]
fn a_real_connection_is_reported_with_its_clients_address() {
    let world = World::new("log");
    let house = house("");
    let mut helper = Spoken::to(&world, &house);
    assert_eq!(helper.hears(), json!({ "start": { "Ok": null } }));
    let mut udp = target(MACHINE);
    udp["protocol"] = "udp".into();
    let wanted = json!({ "reconcile": desired(&json!({ "50001": target(MACHINE), "50002": udp })) });
    let answer = helper.asked(&wanted.to_string());
    assert_eq!(answer["answer"]["Ok"]["report"]["done"]["done"], "whole", "{answer}");

    let python =
        |part: &str, program: &str| world.inside(part, Command::new("python3").args(["-c", program]));
    let _server = Killed(python("m", SERVER).spawn().unwrap());
    let mut seen = String::new();
    wait("the machine answers", || {
        let said: Said = python("c", CLIENT).output().unwrap().into();
        seen = said.out;
        said.code == 0
    });
    // The machine's own log has the client's address too.
    assert_eq!(seen.trim(), "192.0.2.7");
    for (protocol, source, port) in [("udp", "192.0.2.7:40124", 50_002), ("tcp", "192.0.2.7:40123", 50_001)] {
        let wanted = json!({ "connection": { "protocol": protocol, "source": source, "port": port } });
        assert_eq!(helper.hears(), wanted);
    }
}

/// The whole way: typed over SSH, written by the helper, used by a client, told to the audit.
#[test]
fn a_published_port_is_used_and_the_audit_says_by_whom() {
    let world = World::new("whole");
    let mut house = house("");
    started(&world, &mut house, "+net_bind_service,+net_admin");
    enrolled(&world, &house);
    let list: Value =
        serde_json::from_str(&ok(&world, &house, "alumno1", &["vm", "list", "--json"])).unwrap();
    let address = list[0]["address"].as_str().unwrap_or_else(|| panic!("{list}"));
    sh(&format!("ip -n {}m addr add {address}/8 dev eth0", world.name));
    ok(&world, &house, "alumno1", &["port", "publish", "web1", "80", "--port", "50001"]);
    let python =
        |part: &str, program: &str| world.inside(part, Command::new("python3").args(["-c", program]));
    let _server = Killed(python("m", SERVER).spawn().unwrap());
    wait("the machine answers", || python("c", CLIENT).output().unwrap().stdout == b"192.0.2.7\n");
    let told = |source: &str| {
        let audit = house.audit();
        audit.into_iter().find(|line| line["code"] == "publication" && line["source"] == source)
    };
    wait("the audit has it", || told("192.0.2.7:40123").is_some());
    let line = told("192.0.2.7:40123").unwrap();
    assert_eq!(line["vm"], "web1.alumno1");
    assert_eq!(house.stop(), 0);
    let said = technician::firewall(&world, &house, &["check"]);
    assert_eq!(said.code, 0, "the rules stay when puerta stops: {said:?}");
    // Root looked into the registry, and left nothing there that is closed to the user.
    started(&world, &mut house, "+net_bind_service,+net_admin");
    ok(&world, &house, "alumno1", &["port", "unpublish", "50001"]);
    assert!(technician::firewall(&world, &house, &["check"]).out.contains("has what it should"));
}

#[test]
fn a_stolen_door_gets_nothing_but_publications() {
    let world = World::new("theft");
    let house = house("");
    let mut helper = Spoken::to(&world, &house);
    helper.hears();
    let reconcile = |publications: Value| json!({ "reconcile": desired(&publications) }).to_string();
    let good = helper.asked(&reconcile(json!({ "50001": target(MACHINE) })));
    assert!(good["answer"]["Ok"].is_object(), "{good}");
    let rules = || {
        let mut nft = Command::new("nft");
        nft.args(["-s", "list", "ruleset"]);
        String::from_utf8(world.inside("", &nft).output().unwrap().stdout).unwrap()
    };
    let before = rules();
    let mut other = desired(&json!({}));
    other["owner"] = "00000000000000bb".into();
    for request in [
        json!({ "change": { "port": 22, "target": target(MACHINE) } }).to_string(),
        "flush ruleset".to_owned(),
        "{\"remove\":null}".to_owned(),
        "[]".to_owned(),
        reconcile(json!({ "22": target(MACHINE) })),
        reconcile(json!({ "50002": target("192.0.2.9") })),
        reconcile(json!({ "50002": target("10.0.0.1") })),
        reconcile(json!({ "50002": target("10.0.0.66; flush ruleset") })),
        json!({ "reconcile": other }).to_string(),
    ] {
        let answer = helper.asked(&request);
        assert!(answer["answer"]["Err"]["Refused"].is_string(), "{request}: {answer}");
        assert_eq!(rules(), before, "{request}");
    }
    // The end of its input is its end, and the rules stay.
    helper.to = None;
    assert!(helper.lines.recv_timeout(Duration::from_secs(20)).is_err());
    assert_eq!(rules(), before);
}
