//! A house for one test: outside, puerta, `web1` and `web2` of two seats, and a node.

use crate::Subject;
use crate::place::{Place, enter};
use puerta_firewall::reconcile::Reconciler;
use puerta_firewall::{Desired, EgressTable, Report, Site, Target};
use puerta_lab::network::{Egress, PortRange, Protocol};
use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// The puerta of every test.
pub(crate) const OWNER: &str = "0123456789abcdef";
/// On campus, and not.
pub(crate) const CAMPUS: &str = "192.0.2.10:0";
pub(crate) const AWAY: &str = "203.0.113.10:0";
/// Machines of seats 1 and 2, and slot 1 of seat 1.
pub(crate) const WEB1: &str = "10.0.0.66:0";
pub(crate) const WEB2: &str = "10.0.0.130:0";
pub(crate) const NODE: &str = "10.0.0.65:0";

pub(crate) struct House {
    _namespaces: Namespaces,
    pub(crate) desired: Desired,
    pub(crate) reconciler: Reconciler,
    pub(crate) outside: Place,
    pub(crate) puerta: Place,
    pub(crate) web1: Place,
    pub(crate) web2: Place,
    pub(crate) node: Place,
}

impl House {
    pub(crate) fn new(subject: &dyn Subject) -> Self {
        Self::with(subject, |_| ())
    }

    /// With another configuration.
    pub(crate) fn with(subject: &dyn Subject, change: impl FnOnce(&mut Site)) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("pf{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let namespaces = Namespaces(name.clone());
        build(&name);
        enter(&format!("{name}-puerta"));
        let mut site = site();
        change(&mut site);
        let place = |what: &str| Place { namespace: format!("{name}-{what}") };
        Self {
            reconciler: Reconciler::new(site, subject.backend()).unwrap(),
            desired: desired(),
            outside: place("outside"),
            puerta: place("puerta"),
            web1: place("web1"),
            web2: place("web2"),
            node: place("node"),
            _namespaces: namespaces,
        }
    }

    #[track_caller]
    pub(crate) fn reconcile(&mut self) -> Report {
        self.reconciler.reconcile(&self.desired).unwrap()
    }

    /// `sources` empty: the campus.
    pub(crate) fn publish(&mut self, port: u16, to: &str, sources: &[&str]) {
        let target = tcp(to, sources);
        self.desired.publications.insert(port, target);
    }

    #[track_caller]
    pub(crate) fn change(&mut self, port: u16, target: Option<Target>) -> Report {
        let report = self.reconciler.change(port, target.as_ref()).unwrap();
        match target {
            Some(target) => self.desired.publications.insert(port, target),
            None => self.desired.publications.remove(&port),
        };
        report
    }
}

/// They go however the test ends.
struct Namespaces(String);

impl Drop for Namespaces {
    fn drop(&mut self) {
        for place in PLACES {
            let _ = Command::new("ip").args(["netns", "del", &format!("{}-{place}", self.0)]).status();
        }
    }
}

pub(crate) fn tcp(to: &str, sources: &[&str]) -> Target {
    let to: std::net::SocketAddrV4 = to.parse().unwrap();
    let sources: Vec<_> = sources.iter().map(|network| network.parse().unwrap()).collect();
    Target {
        protocol: Protocol::Tcp,
        address: *to.ip(),
        port: to.port(),
        sources: (!sources.is_empty()).then_some(sources),
    }
}

pub(crate) fn site() -> Site {
    Site {
        outside: vec!["campus0".into()],
        inside: "lab0".into(),
        lab: "10.0.0.0/8".parse().unwrap(),
        ssh_ports: vec![2222],
        admission: Vec::new(),
        campus: vec!["192.0.2.0/24".parse().unwrap()],
        dns: vec!["192.0.2.53".parse().unwrap()],
        machine_services: vec![(Protocol::Tcp, 3142), (Protocol::Udp, 123)],
        ports: PortRange { first: 50_000, last: 65_000 },
        log_group: 27,
    }
}

pub(crate) fn desired() -> Desired {
    let egress = EgressTable { default: Egress::Allow, seats: BTreeMap::new() };
    Desired { owner: OWNER.into(), publications: BTreeMap::new(), egress }
}

/// What a person would type in puerta's namespace; must succeed.
#[track_caller]
pub(crate) fn shell(line: &str) -> String {
    let output = Command::new("sh").args(["-ec", line]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

const PLACES: [&str; 5] = ["outside", "puerta", "web1", "web2", "node"];

fn build(name: &str) {
    for place in PLACES {
        ip(&[], &format!("netns add {name}-{place}\n"));
        ip(&["-n", &format!("{name}-{place}")], "link set lo up\n");
    }
    let puerta = format!("{name}-puerta");
    let mut script = format!(
        "link add campus0 type veth peer name eth0 netns {name}-outside
addr add 192.0.2.1/24 dev campus0
addr add 203.0.113.1/24 dev campus0
addr add 2001:db8::1/64 dev campus0 nodad
link set campus0 up
link add lab0 type bridge
addr add 10.0.0.1/8 dev lab0
addr add fd00::1/64 dev lab0 nodad
link set lab0 up
"
    );
    for machine in ["web1", "web2", "node"] {
        script += &format!(
            "link add {machine} type veth peer name eth0 netns {name}-{machine}
link set {machine} master lab0 up
"
        );
    }
    ip(&["-n", &puerta], &script);
    // Neither the kernel's own check of sources nor redirects do the firewall's work.
    let sysctls = [
        "net.ipv4.ip_forward=1",
        "net.ipv6.conf.all.forwarding=1",
        "net.ipv4.conf.all.rp_filter=0",
        "net.ipv4.conf.campus0.rp_filter=0",
        "net.ipv4.conf.lab0.rp_filter=0",
        "net.ipv4.conf.all.send_redirects=0",
        "net.ipv4.conf.lab0.send_redirects=0",
    ];
    let done =
        Command::new("ip").args(["netns", "exec", &puerta, "sysctl", "-qw"]).args(sysctls).status().unwrap();
    assert!(done.success());
    ip(
        &["-n", &format!("{name}-outside")],
        "addr add 192.0.2.10/24 dev eth0
addr add 192.0.2.53/24 dev eth0
addr add 203.0.113.10/24 dev eth0
addr add 203.0.113.53/24 dev eth0
addr add 2001:db8::10/64 dev eth0 nodad
link set eth0 up
route add 10.0.0.0/8 via 192.0.2.1
route add fd00::/64 via 2001:db8::1
",
    );
    for (machine, number) in [("web1", 66), ("web2", 130), ("node", 65)] {
        ip(
            &["-n", &format!("{name}-{machine}")],
            &format!(
                "addr add 10.0.0.{number}/32 dev eth0
addr add fd00::{number}/64 dev eth0 nodad
link set eth0 up
route add 10.0.0.1 dev eth0
route add default via 10.0.0.1 src 10.0.0.{number}
route add default via fd00::1
"
            ),
        );
    }
}

#[track_caller]
fn ip(options: &[&str], script: &str) {
    let mut child =
        Command::new("ip").args(options).args(["-batch", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "wants root and iproute2:\n{script}");
}
