//! What machines reach of puerta and, through it, of each other.

use crate::Subject;
use crate::house::{CAMPUS, House, NODE, WEB1, shell};
use crate::place::is_alive;
use std::thread;
use std::time::Duration;

pub(crate) fn puertas_services_are_closed_but_the_configured(subject: &dyn Subject) {
    let mut house = House::new(subject);
    for port in [2222, 3142] {
        house.puerta.serve(&format!("0.0.0.0:{port}"));
    }
    for port in [123, 161] {
        house.puerta.serve_udp(&format!("10.0.0.1:{port}"));
    }
    house.web2.serve("10.0.0.130:80");
    house.publish(50_001, "10.0.0.130:80", &["0.0.0.0/0"]);
    let mut before = house.web1.reaches(WEB1, "10.0.0.1:2222");
    assert!(house.web1.is_answered(WEB1, "10.0.0.1:161", 8));
    assert!(house.web1.is_pinged("10.0.0.66", "10.0.0.1"));
    house.reconcile();
    house.outside.reaches(CAMPUS, "192.0.2.1:50001");
    house.web1.reaches(WEB1, "10.0.0.1:3142");
    assert!(house.web1.is_answered(WEB1, "10.0.0.1:123", 8));
    for closed in ["10.0.0.1:2222", "192.0.2.1:2222", "192.0.2.1:50001", "10.0.0.1:50001"] {
        house.web1.cannot_reach(WEB1, closed);
    }
    assert!(!is_alive(&mut before), "nor what was open");
    assert!(!house.web1.is_answered(WEB1, "10.0.0.1:161", 1));
    assert!(!house.web1.is_pinged("10.0.0.66", "10.0.0.1"));
    // A node is no machine, and no friend either.
    assert!(house.node.is_pinged("10.0.0.65", "10.0.0.1"));
    house.node.reaches(NODE, "10.0.0.1:3142");
    house.node.cannot_reach(NODE, "10.0.0.1:2222");
}

pub(crate) fn machines_do_not_meet_through_puerta(subject: &dyn Subject) {
    let mut house = House::new(subject);
    let heard = house.web2.serve("10.0.0.130:80");
    house.web2.serve_udp("10.0.0.130:9000");
    let mut before = house.web1.reaches(WEB1, "10.0.0.130:80");
    assert!(house.web1.is_answered(WEB1, "10.0.0.130:9000", 8));
    assert!(house.web1.is_pinged("10.0.0.66", "10.0.0.130"));
    house.reconcile();
    house.web1.cannot_reach(WEB1, "10.0.0.130:80");
    house.node.cannot_reach(NODE, "10.0.0.130:80");
    assert!(!is_alive(&mut before));
    assert!(!house.web1.is_answered(WEB1, "10.0.0.130:9000", 1));
    assert!(!house.web1.is_pinged("10.0.0.66", "10.0.0.130"));
    assert_eq!(heard.addresses().len(), 1);
}

pub(crate) fn another_interface_is_no_way_around(subject: &dyn Subject) {
    let mut house = House::new(subject);
    let outside = &house.outside.namespace;
    shell(&format!(
        "ip link add other0 type veth peer name other1 netns {outside}
         ip addr add 198.51.100.1/24 dev other0; ip link set other0 up
         ip -n {outside} addr add 198.51.100.10/24 dev other1; ip -n {outside} link set other1 up
         ip -n {outside} route change 10.0.0.0/8 via 198.51.100.1
         sysctl -qw net.ipv4.conf.other0.rp_filter=0"
    ));
    house.web1.serve("10.0.0.66:80");
    house.outside.serve("198.51.100.10:8080");
    house.web1.reaches(WEB1, "198.51.100.10:8080");
    house.outside.reaches("198.51.100.10:0", "10.0.0.66:80");
    house.reconcile();
    house.web1.cannot_reach(WEB1, "198.51.100.10:8080");
    house.outside.cannot_reach("198.51.100.10:0", "10.0.0.66:80");
}

pub(crate) fn a_forged_source_goes_nowhere(subject: &dyn Subject) {
    let mut house = House::new(subject);
    let heard = house.outside.serve_udp("192.0.2.10:9000");
    let machine = house.web1.serve_udp("10.0.0.66:9000");
    house.web1.run(|| shell("ip addr add 203.0.113.99/32 dev eth0"));
    house.outside.run(|| shell("ip addr add 10.0.0.200/32 dev eth0"));
    let forged = house.web1.udp("203.0.113.99:0");
    let stranger = house.outside.udp("10.0.0.200:0");
    let settle = || thread::sleep(Duration::from_millis(400));
    let send = |to: &str| (forged.send_to(b"hello", to).unwrap(), settle());
    send("192.0.2.10:9000");
    assert_eq!(heard.addresses().len(), 1, "it would arrive");
    house.publish(50_001, "10.0.0.66:9000", &["0.0.0.0/0"]);
    if let Some(target) = house.desired.publications.get_mut(&50_001) {
        target.protocol = puerta_lab::network::Protocol::Udp;
    }
    house.reconcile();
    send("192.0.2.10:9000");
    assert_eq!(heard.addresses().len(), 1);
    assert!(house.web1.is_answered(WEB1, "192.0.2.10:9000", 8));
    // And from outside as one of the lab.
    stranger.send_to(b"hello", "192.0.2.1:50001").unwrap();
    settle();
    assert!(machine.addresses().is_empty());
    assert!(house.outside.is_answered(CAMPUS, "192.0.2.1:50001", 8));
}

pub(crate) fn ipv6_ends_at_puerta(subject: &dyn Subject) {
    const WEB1_V6: &str = "[fd00::66]:0";
    let mut house = House::new(subject);
    house.puerta.serve("[fd00::1]:3142");
    house.web1.serve("[fd00::66]:80");
    house.web2.serve("[fd00::130]:80");
    house.outside.serve("[2001:db8::10]:8080");
    let mut before = house.web1.reaches(WEB1_V6, "[2001:db8::10]:8080");
    house.web1.reaches(WEB1_V6, "[fd00::1]:3142");
    house.outside.reaches("[2001:db8::10]:0", "[fd00::66]:80");
    house.reconcile();
    house.web1.cannot_reach(WEB1_V6, "[2001:db8::10]:8080");
    house.web1.cannot_reach(WEB1_V6, "[fd00::1]:3142");
    house.outside.cannot_reach("[2001:db8::10]:0", "[fd00::66]:80");
    assert!(!is_alive(&mut before));
}

pub(crate) fn puerta_reaches_its_machines(subject: &dyn Subject) {
    let mut house = House::new(subject);
    house.web1.serve("10.0.0.66:22");
    house.node.serve("10.0.0.65:8443");
    house.reconcile();
    assert!(is_alive(&mut house.puerta.reaches("10.0.0.1:0", "10.0.0.66:22")));
    assert!(is_alive(&mut house.puerta.reaches("10.0.0.1:0", "10.0.0.65:8443")));
    assert!(house.puerta.is_pinged("10.0.0.1", "10.0.0.66"));
}
