//! Published ports on a real kernel: what a person types, what a visitor gets, what is counted and
//! written down, and what happens when somebody else touches the rules. Each test has namespaces of its own
//! without a way out, and wants root, ip(8), nft(8), curl and python3.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod support;
use serde_json::Value;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use support::{House, Killed, Said, wait};

fn sh(script: &str) {
    let output = Command::new("sh").args(["-ec", script]).output().unwrap();
    assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
}

/// A gateway with a puerta in it, between a client and the lab.
struct World {
    name: String,
    house: House,
}

impl World {
    fn new(name: &str) -> Self {
        let name = format!("pp-{name}-{}", std::process::id());
        let parts = ["", "c", "m"].map(|part| format!("{name}{part}"));
        let [gate, client, machine] = &parts;
        sh(&format!(
            "for n in {gate} {client} {machine}; do ip netns add $n; ip -n $n link set lo up; done
             ip -n {gate} link add pub type veth peer name eth0 netns {client}
             ip -n {gate} link add lan type veth peer name eth0 netns {machine}
             for l in pub lan; do ip -n {gate} link set $l up; done
             ip -n {gate} addr add 192.0.2.1/24 dev pub; ip -n {gate} addr add 10.0.0.1/8 dev lan
             ip -n {client} link set eth0 up; ip -n {client} addr add 192.0.2.7/24 dev eth0
             ip -n {machine} link set eth0 up; ip -n {machine} addr add 10.255.255.1/8 dev eth0
             ip -n {machine} route add default via 10.0.0.1
             ip netns exec {gate} sysctl -qw net.ipv4.ip_forward=1"
        ));
        let house = House::founded("[firewall]\noutside = [\"pub\"]\ninside = \"lan\"\n");
        let mut world = Self { name, house };
        world.start();
        world.ok("profesor", &["course", "create", "demo-2026"]);
        for login in ["alumno1", "alumno2"] {
            let key = std::fs::read_to_string(world.house.key(login).with_extension("pub")).unwrap();
            let key = format!("'{}'", key.trim());
            world.ok("profesor", &["person", "add", login, "--course", "demo-2026", "--key", &key]);
        }
        world
    }

    fn start(&mut self) {
        self.house.start_by(&["ip", "netns", "exec", &self.name, env!("CARGO_BIN_EXE_puerta")]);
    }

    /// The same command inside the gateway (`""`), the client (`c`) or the machine (`m`).
    fn inside(&self, part: &str, command: &Command) -> Command {
        let mut inside = Command::new("ip");
        inside.args(["netns", "exec", &format!("{}{part}", self.name)]);
        inside.arg(command.get_program()).args(command.get_args()).stdin(Stdio::null());
        inside
    }

    fn run(&self, login: &str, words: &[&str]) -> Said {
        let mut ssh = self.house.ssh(login);
        self.inside("", ssh.arg(House::at(login)).args(words)).output().unwrap().into()
    }

    fn ok(&self, login: &str, words: &[&str]) -> String {
        let said = self.run(login, words);
        assert_eq!(said.code, 0, "{login}: {words:?}: {said:?}\n{}", self.house.log());
        said.out
    }

    /// The helper that runs: the child of its starter.
    fn helper(&self) -> u32 {
        let child = |of: u32| {
            let found = Command::new("pgrep").args(["-P", &of.to_string()]).output().unwrap().stdout;
            String::from_utf8(found).unwrap().trim().parse().ok()
        };
        let mut helper = None;
        wait("there is a helper", || {
            helper = child(self.house.pid()).and_then(child);
            helper.is_some()
        });
        helper.unwrap()
    }

    fn ports(&self) -> Vec<Value> {
        serde_json::from_str(&self.ok("profesor", &["port", "list", "--all", "--json"])).unwrap()
    }

    fn error(&self, login: &str, words: &[&str]) -> String {
        let said = self.run(login, &[words, &["--json"]].concat());
        let document: Value = serde_json::from_str(&said.err).unwrap_or_else(|_| panic!("{said:?}"));
        document["error"]["id"].as_str().unwrap().to_owned()
    }

    /// A machine of the simulated engine, stood in for by the namespace: a page that says who asks.
    fn machine(&self, login: &str, name: &str) -> Killed {
        self.ok(login, &["vm", "create", name, "--template", "mini"]);
        let vms: Vec<Value> = serde_json::from_str(&self.ok(login, &["vm", "list", "--json"])).unwrap();
        let vm = vms.iter().find(|vm| vm["name"] == name).unwrap();
        let address = vm["address"].as_str().unwrap();
        sh(&format!("ip -n {}m addr replace {address}/32 dev eth0", self.name));
        let page = "import http.server,sys
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(self.client_address[0].encode())
http.server.HTTPServer((sys.argv[1], 80), Page).serve_forever()";
        let mut server = Command::new("python3");
        let mut server = self.inside("m", server.args(["-c", page, address]));
        let server = Killed(server.stderr(Stdio::null()).spawn().unwrap());
        let mut curl = Command::new("curl");
        curl.args(["-sf", "-o", "/dev/null", &format!("http://{address}/")]);
        wait("the page is there", || self.inside("m", &curl).status().unwrap().success());
        server
    }

    /// What a visitor gets at a port of puerta.
    fn visit(&self, port: u16) -> Option<String> {
        let mut curl = Command::new("curl");
        curl.args(["-sf", "-m", "2", &format!("http://192.0.2.1:{port}/")]);
        let said: Said = self.inside("c", &curl).output().unwrap().into();
        (said.code == 0).then_some(said.out)
    }

    fn nft(&self, words: &[&str]) {
        let said: Said = self.inside("", Command::new("nft").args(words)).output().unwrap().into();
        assert_eq!(said.code, 0, "{said:?}");
    }

    fn events(&self, code: &str) -> Vec<Value> {
        // To read the audit brings what waits for its writer into the file.
        self.ok("profesor", &["audit", "list", "--limit", "1"]);
        self.house.audit().into_iter().filter(|line| line["code"] == code).collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.house.kill9();
        for part in ["", "c", "m"] {
            let name = format!("{}{part}", self.name);
            let _ = Command::new("ip").args(["netns", "del", &name]).stderr(Stdio::null()).status();
        }
    }
}

#[test]
fn a_visitor_reaches_the_page_and_everything_is_counted_once() {
    let mut world = World::new("page");
    let _page = world.machine("alumno1", "web1");
    assert_eq!(world.ok("alumno1", &["port", "publish", "web1", "80"]), "puerta:50000 -> web1:80\n");
    assert_eq!(world.visit(50_000).as_deref(), Some("192.0.2.7"), "the machine sees who asks");
    assert_eq!(world.visit(50_001), None);
    wait("the visit is in the audit", || !world.events("publication").is_empty());
    let visit = &world.events("publication")[0];
    assert!(visit["source"].as_str().unwrap().starts_with("192.0.2.7:"), "{visit}");
    assert_eq!(visit["vm"], "web1.alumno1");
    let detail = &visit["detail"];
    assert_eq!((&detail["publisher"], &detail["port"]), (&"alumno1".into(), &50_000.into()), "{visit}");

    world.visit(50_000).unwrap();
    world.ok("profesor", &["firewall", "check"]);
    world.ok("profesor", &["firewall", "apply"]);
    let before = world.ports()[0].clone();
    assert_eq!(before["connections"], 2, "{before}");
    assert!(before["bytes_in"].as_u64() > Some(100) && before["bytes_out"].as_u64() > Some(100), "{before}");
    assert!(before["counted"].is_string());

    // Visited while puerta is away; counted when it comes back, and not twice.
    assert_eq!(world.house.stop(), 0);
    world.visit(50_000).unwrap();
    world.start();
    let after = world.ports()[0].clone();
    assert_eq!(after["connections"], 3, "{after}");
    world.ok("profesor", &["firewall", "apply"]);
    assert_eq!(world.ports()[0]["connections"], 3);
    assert!(world.events("firewall").is_empty(), "{:?}", world.events("firewall"));

    // Somebody else empties the table: noticed, mended, written down; the sums stay.
    world.nft(&["flush", "table", "inet", "puerta"]);
    assert_eq!(world.visit(50_000), None);
    assert_eq!(world.error("profesor", &["firewall", "check"]), "error-firewall-differs");
    let applied = world.ok("profesor", &["firewall", "apply", "--json"]);
    assert!(applied.contains("drift"), "{applied}");
    assert_eq!(world.visit(50_000).as_deref(), Some("192.0.2.7"));
    assert_eq!(world.events("firewall")[0]["detail"]["what"], "drift");
    world.nft(&["delete", "table", "inet", "puerta"]);
    world.ok("profesor", &["firewall", "apply"]);
    assert_eq!(world.events("firewall").len(), 2);
    assert!(world.ports()[0]["connections"].as_u64() >= Some(3));

    world.ok("profesor", &["egress", "set", "deny", "--course", "demo-2026"]);
    world.ok("profesor", &["egress", "set", "192.0.2.0/24:443,192.0.2.7:53/udp", "--seat", "alumno1"]);
    world.ok("profesor", &["firewall", "check"]);
    assert!(world.visit(50_000).is_some(), "egress is not about who comes in");
    let shown = world.ok("profesor", &["firewall", "show"]);
    assert!(shown.contains("50000") && shown.contains("192.0.2.7"), "{shown}");

    let gone = world.ok("alumno1", &["port", "unpublish", "50000"]);
    assert!(gone.contains("puerta:50000"), "{gone}");
    assert_eq!(world.visit(50_000), None);
    // A machine that is removed takes its ports with it at once.
    world.ok("alumno1", &["port", "publish", "web1", "80"]);
    assert!(world.visit(50_001).is_some());
    world.ok("alumno1", &["vm", "delete", "web1", "--yes"]);
    assert_eq!(world.visit(50_001), None);
    world.ok("profesor", &["firewall", "check"]);
    assert_eq!(world.events("firewall").len(), 2, "what we did ourselves is no drift");
}

#[test]
fn what_was_counted_outlives_rules_that_are_written_anew() {
    let mut world = World::new("anew");
    let _page = world.machine("alumno1", "web1");
    world.ok("alumno1", &["port", "publish", "web1", "80"]);
    let visits = |world: &World, count: usize| {
        (0..count).for_each(|_| drop(world.visit(50_000).unwrap()));
    };
    visits(&world, 4);
    // Another list of egress is another text of the rules.
    world.ok("profesor", &["egress", "set", "192.0.2.0/24:443", "--seat", "alumno1"]);
    assert_eq!(world.ports()[0]["connections"], 4);
    visits(&world, 5);
    world.ok("profesor", &["firewall", "apply"]);
    assert_eq!(world.ports()[0]["connections"], 9);

    // The technician's hand, with puerta away: the same.
    assert_eq!(world.house.stop(), 0);
    visits(&world, 10);
    world.nft(&["add", "chain", "inet", "puerta", "theirs"]);
    let mut apply = Command::new(env!("CARGO_BIN_EXE_puerta"));
    apply.arg("--config").arg(world.house.config()).args(["firewall", "apply"]);
    let said: Said = world.inside("", &apply).output().unwrap().into();
    assert!(said.code == 0 && said.out.contains("written anew"), "{said:?}");
    visits(&world, 12);
    world.start();
    assert_eq!(world.ports()[0]["connections"], 31);
}

#[test]
fn who_is_suspended_is_not_reached_and_who_is_removed_leaves_nothing() {
    let world = World::new("out");
    let _page = world.machine("alumno1", "web1");
    world.ok("alumno1", &["port", "publish", "web1", "80"]);
    assert!(world.visit(50_000).is_some());
    world.ok("profesor", &["person", "suspend", "alumno1", "--yes"]);
    assert_eq!(world.visit(50_000), None);
    let publish = ["port", "publish", "web1.alumno1", "81"];
    assert_eq!(world.error("profesor", &publish), "error-seat-suspended");
    world.ok("profesor", &["firewall", "check"]);
    world.ok("profesor", &["person", "suspend", "alumno1", "--resume"]);
    assert!(world.visit(50_000).is_some());
    assert!(world.events("firewall").is_empty(), "what we did ourselves is no drift");

    world.ok("profesor", &["egress", "set", "deny", "--seat", "alumno2"]);
    world.ok("profesor", &["person", "remove", "alumno2", "--yes"]);
    world.ok("profesor", &["firewall", "check"]);
}

#[test]
fn what_somebody_else_does_is_mended_within_the_minute() {
    let world = World::new("minute");
    let _page = world.machine("alumno1", "web1");
    world.ok("alumno1", &["port", "publish", "web1", "80", "--from", "192.0.2.8"]);
    assert_eq!(world.visit(50_000), None, "192.0.2.7 is not among them");
    world.ok("alumno1", &["port", "unpublish", "50000"]);
    world.ok("alumno1", &["port", "publish", "web1", "80", "--from", "192.0.2.0/29"]);
    assert!(world.visit(50_001).is_some());
    world.nft(&["flush", "set", "inet", "puerta", "from"]);
    assert_eq!(world.visit(50_001), None);
    let begun = Instant::now();
    while world.visit(50_001).is_none() {
        assert!(begun.elapsed() < Duration::from_secs(70), "{}", world.house.log());
        std::thread::sleep(Duration::from_secs(1));
    }
    // It is written down once it has been looked at again, a moment after it holds.
    let mut events = world.events("firewall");
    while events.is_empty() && begun.elapsed() < Duration::from_secs(80) {
        std::thread::sleep(Duration::from_millis(100));
        events = world.events("firewall");
    }
    assert_eq!(events[0]["detail"]["what"], "drift", "{events:?}");
    // Read by a professor in the table.
    assert!(world.ok("profesor", &["audit", "list", "--limit", "1000"]).contains("drift"));
}

#[test]
fn a_flood_is_counted_whole_and_written_down_as_a_sample_and_a_number() {
    let world = World::new("flood");
    let _page = world.machine("alumno1", "web1");
    // Nothing listens there: each connection is refused at once.
    world.ok("alumno1", &["port", "publish", "web1", "81"]);
    let flood = "import socket
for n in range(5000):
    s = socket.socket(); s.connect_ex(('192.0.2.1', 50000)); s.close()";
    let mut python = Command::new("python3");
    let said: Said = world.inside("c", python.args(["-c", flood])).output().unwrap().into();
    assert_eq!(said.code, 0, "{said:?}");
    std::thread::sleep(Duration::from_secs(1));
    // The first reading counts them, the second one settles what never got a line.
    world.ok("profesor", &["firewall", "apply"]);
    world.ok("profesor", &["firewall", "apply"]);
    let counted = world.ports()[0]["connections"].as_u64().unwrap();
    assert_eq!(counted, 5000);
    let events = world.events("publication");
    let lines = events.iter().filter(|line| line["source"].is_string()).count() as u64;
    let left_out: u64 = events.iter().filter_map(|line| line["detail"]["left_out"].as_u64()).sum();
    assert_eq!(lines + left_out, 5000);
    assert!(lines > 0 && lines < 5000, "{lines}");
}

#[test]
fn what_the_firewall_does_not_do_is_not_in_the_registry_either() {
    let mut world = World::new("gone");
    let page = world.machine("alumno1", "web1");
    world.ok("alumno1", &["port", "publish", "web1", "80"]);
    // It hangs for each of them anew: another one follows.
    for (login, words) in [
        ("alumno1", &["port", "publish", "web1", "81"][..]),
        ("alumno1", &["port", "unpublish", "50000"]),
        ("profesor", &["egress", "set", "deny", "--seat", "alumno1"]),
        ("alumno1", &["vm", "delete", "web1", "--yes"]),
    ] {
        let again = || world.house.log().matches("the firewall has a helper again").count();
        let before = again();
        sh(&format!("kill -STOP {}", world.helper()));
        assert_eq!(world.error(login, words), "error-firewall-away", "{words:?}");
        wait("another helper follows", || again() > before);
    }
    let ports = world.ports();
    assert_eq!((ports.len(), &ports[0]["port"]), (1, &50_000.into()), "{ports:?}");
    let rules: Vec<Value> =
        serde_json::from_str(&world.ok("profesor", &["egress", "list", "--json"])).unwrap();
    assert_eq!(rules.len(), 1, "{rules:?}");
    assert!(world.visit(50_000).is_some(), "the old rules stay");
    let failed = world.events("firewall");
    assert!(failed.iter().any(|line| line["outcome"] == "failed"), "{failed:?}");

    // Once it can be closed the machine goes, and the next one with its address is nobody's page.
    world.house.stop();
    world.start();
    world.ok("alumno1", &["vm", "delete", "web1", "--yes"]);
    drop(page);
    let _page = world.machine("alumno1", "otra");
    assert_eq!(world.visit(50_000), None);
}
