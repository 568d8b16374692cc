//! iptables in both flavours, and how one meddles with it.

use crate::house::{CAMPUS, House, desired, shell, site, tcp};
use crate::place::{Place, enter, exchange};
use crate::{CHILD, Subject};
use puerta_firewall::iptables::{Flavour, Iptables};
use puerta_firewall::reconcile::Reconciler;
use puerta_firewall::{Backend, Desired, Done};
use puerta_lab::network::Protocol;
use std::io::ErrorKind;
use std::net::{SocketAddrV4, UdpSocket};
use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::thread;

pub(crate) struct Tables(pub(crate) Flavour);

fn word(flavour: Flavour) -> &'static str {
    match flavour {
        Flavour::Nft => "nft",
        Flavour::Legacy => "legacy",
    }
}

impl Tables {
    /// `ipt`, `ip6t`, and `set_of NAME`, which finds the generation of a set.
    fn line(&self, line: &str) -> &'static str {
        let flavour = word(self.0);
        let words = format!(
            "ipt() {{ iptables-{flavour} -w \"$@\"; }}; ip6t() {{ ip6tables-{flavour} -w \"$@\"; }}; \
             set_of() {{ ipset list -n | grep \"^PUERTA-$1[.]\"; }}; {line}"
        );
        words.leak()
    }
}

impl Subject for Tables {
    fn backend(&self) -> Box<dyn Backend> {
        Box::new(Iptables::new(self.0))
    }

    fn meddling(&self) -> Vec<(&'static str, &'static str)> {
        let lines = [
            ("a rule goes", "ipt -D PUERTA-LEAVE -m conntrack --ctdir REPLY -j DROP"),
            ("a rule of IPv6 goes", "ip6t -D PUERTA-FORWARD -i lab0 -j DROP"),
            ("a chain is emptied", "ipt -F PUERTA-LEAVE"),
            ("a chain comes", "ipt -N PUERTA-extra"),
            ("a rule comes", "ipt -I PUERTA-FORWARD -j ACCEPT"),
            ("we are called no more", "ipt -D FORWARD -j PUERTA-FORWARD"),
            ("we are called twice", "ipt -A FORWARD -j PUERTA-FORWARD"),
            ("somebody stands before us", "ipt -I FORWARD -i lab0 -j ACCEPT"),
            ("somebody translates before us", "ipt -t nat -I PREROUTING -i lab0 -j RETURN"),
            ("all rules go", "ipt -F"),
            ("all translations go", "ipt -t nat -F"),
            ("all access goes", "ipt -t mangle -F"),
            (
                "everything goes",
                "for table in nat mangle filter; do ipt -t $table -F; ipt -t $table -X; done; ip6t -F; ip6t -X; \
                 for name in $(ipset list -n); do ipset destroy $name; done",
            ),
            ("an element goes", "ipset del $(set_of in) 50001"),
            ("an element comes", "ipset add $(set_of campus-tcp) 50001"),
            ("a network comes", "ipset add $(set_of from) 198.51.100.0/24,tcp:50001"),
            ("the members go", "ipset flush $(set_of from)"),
            ("a translation goes", "ipt -t nat -F PUERTA-D-195"),
            (
                "a port leads elsewhere",
                "ipt -t nat -R PUERTA-D-195 1 -p tcp --dport 50001 -j DNAT --to-destination 10.0.0.130:80",
            ),
            (
                "a port leads elsewhere before it leads where it should",
                "ipt -t nat -I PUERTA-D-195 -p tcp --dport 50001 -j DNAT --to-destination 10.0.0.130:80",
            ),
            (
                "a port comes",
                "ipt -t nat -A PUERTA-D-195 -p tcp --dport 50009 -j DNAT --to-destination 10.0.0.130:80",
            ),
            ("nobody answers", "ipt -D PUERTA-B-1 1"),
            ("nobody is asked", "ipt -D PUERTA-F-1 1"),
            ("the stamp goes", "ipt -t mangle -F PUERTA-STAMP"),
            ("the stamp and its chain go", "ipt -t mangle -F PUERTA-STAMP; ipt -t mangle -X PUERTA-STAMP"),
        ];
        lines.map(|(what, line)| (what, self.line(line))).into()
    }

    fn foreign(&self) -> (&'static str, &'static str) {
        (
            self.line(
                "ipt -P FORWARD DROP; ipt -A INPUT -p tcp --dport 4444 -j REJECT; ipt -t mangle -N guest; \
                 ipt -t mangle -A guest -j RETURN; ipt -t mangle -A POSTROUTING -j guest; ipset create guest hash:ip",
            ),
            self.line(
                "for table in nat mangle filter; do ipt -t $table -S | grep -v PUERTA-; done; \
                 ipset save | grep -v PUERTA- | grep ' guest '",
            ),
        )
    }

    fn is_whole(&self) -> bool {
        let text = shell(self.line("for table in nat mangle filter; do ipt -t $table -S; done"));
        let lines = [
            "-A FORWARD -j PUERTA-FORWARD",
            "-A INPUT -j PUERTA-INPUT",
            "-A PREROUTING -j PUERTA-PREROUTING",
            "-A POSTROUTING -j PUERTA-POSTROUTING",
            "-A PUERTA-FORWARD -i lab0 -j DROP",
            "-A PUERTA-ENTER -m conntrack --ctdir ORIGINAL -j DROP",
            "-A PUERTA-tcp -j DROP",
            "-A PUERTA-D-195 -p tcp -m tcp --dport 50001 -j DNAT --to-destination 10.0.0.66:80",
            "-A PUERTA-B-1 -s 10.0.0.66/32 -m conntrack --ctproto 6 --ctreplsrc 10.0.0.66 --ctorigdstport 50001 --ctreplsrcport 80 -j RETURN",
            "-A PUERTA-F-1 -d 10.0.0.66/32 -m conntrack --ctproto 6 --ctreplsrc 10.0.0.66 --ctorigdstport 50001 --ctreplsrcport 80 -j RETURN",
        ];
        lines.iter().all(|line| text.lines().any(|there| there == *line))
    }
}

/// Writes once, as whoever it is started.
fn writes_once(subject: &Tables) {
    let mut reconciler = Reconciler::new(site(), subject.backend()).unwrap();
    assert!(matches!(reconciler.reconcile(&desired()).unwrap().done, Done::Whole { .. }));
    assert_eq!(reconciler.reconcile(&desired()).unwrap().done, Done::Nothing);
}

/// CAP_NET_ADMIN, CAP_NET_RAW (a rule that names a set is asked of a raw socket); legacy takes its lock too.
#[test]
fn two_capabilities_are_enough() {
    if let Some(flavour) = std::env::var_os(CHILD) {
        let flavours = [Flavour::Nft, Flavour::Legacy].into_iter();
        return flavours.filter(|one| *flavour == *word(*one)).for_each(|one| writes_once(&Tables(one)));
    }
    for subject in [Tables(Flavour::Nft), Tables(Flavour::Legacy)] {
        let mut house = House::new(&subject);
        let run = |capabilities: &str| {
            let only = format!("-all{capabilities}");
            let status = Command::new("unshare")
                .args([
                    "--mount",
                    "sh",
                    "-ec",
                    "touch /run/xtables.lock; mount -t tmpfs none /mnt; touch /mnt/lock; \
                    chmod 666 /mnt/lock; mount --bind /mnt/lock /run/xtables.lock; exec setpriv \"$@\"",
                    "sh",
                ])
                .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"])
                .args(["--inh-caps", &only, "--ambient-caps", &only, "--bounding-set", &only])
                .arg(std::env::current_exe().unwrap())
                .args(["--exact", thread::current().name().unwrap()])
                .env(CHILD, word(subject.0))
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            status.unwrap().success()
        };
        assert!(!run(",+net_admin"), "{:?}", subject.0);
        assert!(run(",+net_admin,+net_raw"), "{:?}", subject.0);
        assert_eq!(house.reconcile().done, Done::Nothing);
    }
}

/// Two that saw nothing: one writes, the other fails; whatever it left, the one's next reconcile mends.
#[test]
fn of_two_that_begin_at_once_one_has_it() {
    for flavour in [Flavour::Nft, Flavour::Legacy] {
        let subject = Tables(flavour);
        let house = House::new(&subject);
        let namespace = &house.puerta.namespace;
        for round in 0..6 {
            let start = Barrier::new(2);
            let begin = |owner: &str| {
                enter(namespace);
                let mut reconciler = Reconciler::new(site(), subject.backend()).unwrap();
                let desired = Desired { owner: owner.into(), ..desired() };
                start.wait();
                reconciler.reconcile(&desired).map(|_| (reconciler, desired))
            };
            let (one, other) = thread::scope(|scope| {
                let one = scope.spawn(|| begin("1111111111111111"));
                let other = scope.spawn(|| begin("2222222222222222"));
                (one.join().unwrap(), other.join().unwrap())
            });
            let Some((mut reconciler, desired)) = one.ok().xor(other.ok()) else {
                panic!("{flavour:?}, round {round}")
            };
            assert_eq!(reconciler.reconcile(&desired).unwrap().done, Done::Nothing, "{flavour:?}, {round}");
            reconciler.remove().unwrap();
        }
    }
}

/// Rules that a site wrote itself, in the same tables, stay as they are and where they are among themselves.
#[test]
fn rules_of_others_stay() {
    for flavour in [Flavour::Nft, Flavour::Legacy] {
        let subject = Tables(flavour);
        let mut house = House::new(&subject);
        shell(subject.line(
            "ipt -N DOCKER; ipt -A FORWARD -o docker0 -j DOCKER; ipt -A FORWARD -i docker0 -j ACCEPT; \
             ipt -A INPUT -p tcp --dport 9 -m comment --comment 'not PUERTA-INPUT' -j ACCEPT; \
             ipt -t nat -A POSTROUTING -s 172.17.0.0/16 -j MASQUERADE; ipt -t raw -A PREROUTING -i docker0 -j RETURN; \
             ip6t -A FORWARD -i docker0 -j ACCEPT",
        ));
        let print = subject.line(
            "for table in raw nat mangle filter; do ipt -t $table -S; done | grep -v '^-[AN] PUERTA-' | \
             grep -v -- '-j PUERTA-[A-Z]*$'; ip6t -S | grep -v PUERTA-",
        );
        let before = shell(print);
        assert!(before.contains("DOCKER") && before.contains("not PUERTA-INPUT"), "{before}");
        house.reconcile();
        assert_eq!(shell(print), before, "beside ours");
        house.desired.egress.default = "deny".parse().unwrap();
        house.reconcile();
        house.reconciler.remove().unwrap();
        assert_eq!(shell(print), before);
    }
}

/// A kernel carries out both flavours at once: what the other one drops is said, what puerta left there too.
#[test]
fn the_other_flavour_is_said() {
    for (flavour, other) in [(Flavour::Nft, Flavour::Legacy), (Flavour::Legacy, Flavour::Nft)] {
        let (subject, before) = (Tables(flavour), Tables(other));
        let mut house = House::new(&before);
        assert!(house.reconcile().foreign.is_empty());
        let mut reconciler = Reconciler::new(site(), subject.backend()).unwrap();
        let foreign = reconciler.reconcile(&house.desired).unwrap().foreign;
        let line = format!(
            "{}-save, table filter, chain PUERTA-LEAVE: has rules that drop or reject",
            format_args!("iptables-{}", word(other))
        );
        assert!(foreign.contains(&line), "{foreign:?}");
        house.reconciler.remove().unwrap();
        assert!(reconciler.reconcile(&house.desired).unwrap().foreign.is_empty());
        shell(before.line("ip6t -P FORWARD DROP"));
        let foreign = reconciler.reconcile(&house.desired).unwrap().foreign;
        assert!(matches!(&foreign[..], [line] if line.ends_with("table filter, chain FORWARD: policy DROP")));
    }
}

/// A flood of one port is reported a little, and the first connection to another one all the same.
#[test]
fn a_flood_hides_no_other_port() {
    for flavour in [Flavour::Nft, Flavour::Legacy] {
        let subject = Tables(flavour);
        let mut house = House::new(&subject);
        house.web1.serve("10.0.0.66:80");
        house.publish(50_001, "10.0.0.66:80", &[]);
        house.publish(50_002, "10.0.0.66:80", &[]);
        house.reconcile();
        let reported = || {
            let text = shell(subject.line("ipt -t nat -nvxL PUERTA-REPORT | grep NFLOG"));
            text.split_whitespace().next().unwrap().parse::<u32>().unwrap()
        };
        for _ in 0..400 {
            house.outside.reaches(CAMPUS, "192.0.2.1:50001");
        }
        let before = reported();
        assert!((20..200).contains(&before), "{flavour:?}: {before}");
        house.outside.reaches(CAMPUS, "192.0.2.1:50002");
        assert_eq!(reported(), before + 1, "{flavour:?}");
    }
}

/// Says to `to` as `by` that what went from `from` to `there` by UDP did not arrive, whether that is true or not.
fn forge(place: &Place, by: &str, to: &str, from: &str, there: &str) {
    let [from, there]: [SocketAddrV4; 2] = [from, there].map(|address| address.parse().unwrap());
    let mut quoted = vec![0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0];
    quoted.extend([from.ip().octets(), there.ip().octets()].concat());
    quoted.extend([from.port().to_be_bytes(), there.port().to_be_bytes(), [0, 8], [0, 0]].concat());
    let mut packet = [vec![3, 3, 0, 0, 0, 0, 0, 0], quoted].concat();
    let words = packet.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1]));
    let sum: u32 = words.sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    let check = !u16::try_from((folded & 0xffff) + (folded >> 16)).unwrap();
    packet[2..4].copy_from_slice(&check.to_be_bytes());
    let socket = place.run(|| {
        socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::RAW, Some(socket2::Protocol::ICMPV4))
            .unwrap()
    });
    socket.bind(&SocketAddrV4::new(by.parse().unwrap(), 0).into()).unwrap();
    let to = SocketAddrV4::new(to.parse().unwrap(), 0);
    socket.send_to(&packet, &to.into()).unwrap();
}

/// Does a connected socket hear that something did not arrive?
fn is_told(socket: &UdpSocket) -> bool {
    socket.recv(&mut [0; 64]).is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
}

/// About a publication: from the machine that it leads to, while it does.
#[test]
fn errors_come_from_whom_they_are_about() {
    for flavour in [Flavour::Nft, Flavour::Legacy] {
        let mut house = House::new(&Tables(flavour));
        let heard = house.web1.serve_udp("10.0.0.66:9000");
        house.publish(50_001, "10.0.0.66:9000", &[]);
        house.desired.publications.get_mut(&50_001).unwrap().protocol = Protocol::Udp;
        house.reconcile();
        let client = house.outside.udp("192.0.2.10:7001");
        assert!((0..8).any(|_| exchange(&client, "192.0.2.1:50001")));
        client.connect("192.0.2.1:50001").unwrap();
        let places = [(&house.web1, "10.0.0.66"), (&house.node, "10.0.0.65"), (&house.web2, "10.0.0.130")];
        let [web1, node, web2] = places.map(|(place, by)| (place.clone(), by));
        let says =
            |(place, by): &(Place, &str)| forge(place, by, "192.0.2.10", "192.0.2.10:7001", "10.0.0.66:9000");
        says(&web1);
        assert!(is_told(&client), "{flavour:?}");
        says(&node);
        assert!(is_told(&client), "{flavour:?}");
        says(&web2);
        assert!(!is_told(&client), "{flavour:?}");
        // The number leads to another port of the same machine, then to another machine.
        for there in ["10.0.0.66:9001", "10.0.0.130:9000"] {
            let count = heard.addresses().len();
            let target = puerta_firewall::Target { protocol: Protocol::Udp, ..tcp(there, &[]) };
            house.change(50_001, Some(target));
            says(&web1);
            client.send(b"hello").unwrap();
            assert!(!is_told(&client), "{flavour:?}");
            assert_eq!(heard.addresses().len(), count, "{flavour:?}");
        }
    }
}

/// About what machines begin: from anywhere on the way, as long as they may; never from machines.
#[test]
fn errors_are_judged_as_what_they_are_about() {
    for flavour in [Flavour::Nft, Flavour::Legacy] {
        let mut house = House::new(&Tables(flavour));
        for (egress, may) in [("allow", true), ("192.0.2.10:7000/udp", true), ("deny", false)] {
            house.desired.egress.default = "allow".parse().unwrap();
            house.reconcile();
            let (far, near) = (house.outside.udp("192.0.2.10:7000"), house.web1.udp("10.0.0.66:50001"));
            near.connect("192.0.2.10:7000").unwrap();
            near.send(b"hello").unwrap();
            let (_, back) = far.recv_from(&mut [0; 64]).unwrap();
            assert!(!(50_000..=65_000).contains(&back.port()), "{flavour:?}: {back}");
            far.connect(back).unwrap();
            far.send(b"hello").unwrap();
            near.recv(&mut [0; 64]).unwrap();
            house.desired.egress.default = egress.parse().unwrap();
            house.reconcile();
            forge(&house.outside, "203.0.113.10", "192.0.2.1", &back.to_string(), "192.0.2.10:7000");
            assert_eq!(is_told(&near), may, "{flavour:?}, {egress}");
            let places = [
                (&house.web1, "10.0.0.66", false),
                (&house.web2, "10.0.0.130", false),
                (&house.node, "10.0.0.65", true),
            ];
            for (place, by, told) in places {
                forge(place, by, "192.0.2.10", "192.0.2.10:7000", "10.0.0.66:50001");
                assert_eq!(is_told(&far), told, "{flavour:?}, {egress}, {by}");
            }
        }
    }
}
