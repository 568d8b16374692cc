//! Published ports: who reaches them, and when that ends.

use crate::Subject;
use crate::house::{AWAY, CAMPUS, House, shell, tcp};
use crate::place::{exchange, is_alive};
use puerta_firewall::{Done, FirewallError};
use puerta_lab::network::Protocol;

const DOOR: &str = "192.0.2.1:50001";

pub(crate) fn a_machine_sees_the_clients_own_address(subject: &dyn Subject) {
    let mut house = House::new(subject);
    let heard = house.web1.serve("10.0.0.66:80");
    house.publish(50_001, "10.0.0.66:80", &[]);
    house.reconcile();
    let mut stream = house.outside.reaches(CAMPUS, DOOR);
    assert!(is_alive(&mut stream));
    assert_eq!(heard.addresses(), ["192.0.2.10".parse::<std::net::IpAddr>().unwrap()]);
}

pub(crate) fn udp_is_carried(subject: &dyn Subject) {
    let mut house = House::new(subject);
    let heard = house.web1.serve_udp("10.0.0.66:9000");
    let tcp_heard = house.web1.serve("10.0.0.66:9000");
    house.publish(50_001, "10.0.0.66:9000", &[]);
    if let Some(target) = house.desired.publications.get_mut(&50_001) {
        target.protocol = Protocol::Udp;
    }
    house.reconcile();
    assert!(house.outside.is_answered(CAMPUS, DOOR, 8));
    assert_eq!(heard.addresses()[0], "192.0.2.10".parse::<std::net::IpAddr>().unwrap());
    house.outside.cannot_reach(CAMPUS, DOOR);
    assert!(!house.outside.is_answered(AWAY, DOOR, 1));
    assert!(tcp_heard.addresses().is_empty());
}

pub(crate) fn named_networks_and_nobody_else(subject: &dyn Subject) {
    let mut house = House::new(subject);
    house.web1.serve("10.0.0.66:80");
    house.publish(50_001, "10.0.0.66:80", &["203.0.113.0/24"]);
    house.publish(50_002, "10.0.0.66:80", &["203.0.113.0/24", "203.0.113.10/32", "192.0.2.10/32"]);
    house.publish(50_003, "10.0.0.66:80", &["0.0.0.0/0"]);
    house.reconcile();
    house.outside.reaches(AWAY, DOOR);
    house.outside.cannot_reach(CAMPUS, DOOR);
    house.outside.reaches(AWAY, "192.0.2.1:50002");
    house.outside.reaches(CAMPUS, "192.0.2.1:50002");
    house.outside.cannot_reach("192.0.2.53:0", "192.0.2.1:50002");
    house.outside.reaches(AWAY, "192.0.2.1:50003");
    assert_eq!(house.reconcile().done, Done::Nothing, "overlapping and whole networks are read back");
}

pub(crate) fn the_campus_is_who_may_when_nothing_is_said(subject: &dyn Subject) {
    let mut house = House::new(subject);
    house.web1.serve("10.0.0.66:80");
    house.publish(50_001, "10.0.0.66:80", &[]);
    house.reconcile();
    house.outside.reaches(CAMPUS, DOOR);
    house.outside.cannot_reach(AWAY, DOOR);
    let mut house = House::with(subject, |site| site.campus.clear());
    house.web1.serve("10.0.0.66:80");
    house.publish(50_001, "10.0.0.66:80", &[]);
    house.reconcile();
    house.outside.reaches(AWAY, DOOR);
}

pub(crate) fn admission_comes_before_everything(subject: &dyn Subject) {
    let mut house = House::with(subject, |site| {
        site.admission = ["192.0.2.0/24", "2001:db8::/120"].map(|network| network.parse().unwrap()).into();
    });
    house.web1.serve("10.0.0.66:80");
    house.puerta.serve("0.0.0.0:2222");
    house.puerta.serve("[2001:db8::1]:2222");
    house.outside.reaches(AWAY, "192.0.2.1:2222");
    house.publish(50_001, "10.0.0.66:80", &["0.0.0.0/0"]);
    house.reconcile();
    for port in [2222, 50_001] {
        house.outside.reaches(CAMPUS, &format!("192.0.2.1:{port}"));
        house.outside.cannot_reach(AWAY, &format!("192.0.2.1:{port}"));
    }
    house.outside.reaches("[2001:db8::10]:0", "[2001:db8::1]:2222");
    let mut house = House::with(subject, |site| site.admission = vec!["203.0.113.0/24".parse().unwrap()]);
    house.puerta.serve("[2001:db8::1]:2222");
    house.outside.reaches("[2001:db8::10]:0", "[2001:db8::1]:2222");
    house.reconcile();
    house.outside.cannot_reach("[2001:db8::10]:0", "[2001:db8::1]:2222");
}

pub(crate) fn what_is_taken_back_ends_at_once(subject: &dyn Subject) {
    let mut house = House::new(subject);
    house.web1.serve("10.0.0.66:80");
    house.publish(50_001, "10.0.0.66:80", &[]);
    house.publish(50_002, "10.0.0.66:80", &[]);
    house.reconcile();
    let mut stream = house.outside.reaches(CAMPUS, DOOR);
    let mut other = house.outside.reaches(CAMPUS, "192.0.2.1:50002");
    assert!(is_alive(&mut stream) && is_alive(&mut other));
    house.change(50_001, None);
    assert!(!is_alive(&mut stream));
    assert!(is_alive(&mut other));
    house.outside.cannot_reach(CAMPUS, DOOR);
}

pub(crate) fn a_narrower_circle_ends_what_is_outside_it(subject: &dyn Subject) {
    let mut house = House::new(subject);
    house.web1.serve("10.0.0.66:80");
    house.publish(50_001, "10.0.0.66:80", &["203.0.113.0/24", "192.0.2.0/24"]);
    house.reconcile();
    let mut stream = house.outside.reaches(CAMPUS, DOOR);
    let mut other = house.outside.reaches(AWAY, DOOR);
    assert!(is_alive(&mut stream) && is_alive(&mut other));
    house.change(50_001, Some(tcp("10.0.0.66:80", &["203.0.113.0/25"])));
    assert!(!is_alive(&mut stream));
    assert!(is_alive(&mut other));
}

pub(crate) fn a_number_given_anew_wakes_nothing_old(subject: &dyn Subject) {
    let mut house = House::new(subject);
    house.web1.serve("10.0.0.66:80");
    house.web1.serve("10.0.0.66:81");
    house.publish(50_001, "10.0.0.66:80", &[]);
    house.reconcile();
    let mut stream = house.outside.reaches(CAMPUS, DOOR);
    house.change(50_001, None);
    assert!(!is_alive(&mut stream));
    house.change(50_001, Some(tcp("10.0.0.66:81", &[])));
    assert!(!is_alive(&mut stream), "it led to another port of the machine");
    house.outside.reaches(CAMPUS, DOOR);
}

/// What a machine begins never comes from a published number: what the client sends to it would go to that machine.
pub(crate) fn a_machine_takes_nobodys_number(subject: &dyn Subject) {
    let mut house = House::new(subject);
    let heard = house.web2.serve_udp("10.0.0.130:9000");
    let mut target = tcp("10.0.0.130:9000", &[]);
    target.protocol = puerta_lab::network::Protocol::Udp;
    house.desired.publications.insert(50_001, target);
    house.reconcile();
    let (thief, client) = (house.web1.udp("10.0.0.66:50001"), house.outside.udp("192.0.2.10:7000"));
    let mut buffer = [0; 64];
    let (_, seen) = (0..8)
        .find_map(|_| {
            thief.send_to(b"mine", "192.0.2.10:7000").unwrap();
            client.recv_from(&mut buffer).ok()
        })
        .unwrap();
    assert_eq!(seen.ip().to_string(), "192.0.2.1");
    assert!(house.desired.publications.keys().all(|port| *port != seen.port()), "{seen}");
    client.send_to(b"for web2", "192.0.2.1:50001").unwrap();
    let end = std::time::Instant::now() + std::time::Duration::from_secs(2);
    while heard.addresses().is_empty() && std::time::Instant::now() < end {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(heard.addresses().len(), 1);
}

/// A machine may say that a port of its publication is closed, and nothing of what it began itself.
pub(crate) fn what_icmp_says_is_judged_too(subject: &dyn Subject) {
    let mut house = House::new(subject);
    let mut target = tcp("10.0.0.66:9009", &[]);
    target.protocol = puerta_lab::network::Protocol::Udp;
    house.desired.publications.insert(50_001, target);
    house.reconcile();
    let refused = |socket: &std::net::UdpSocket, to: &str| {
        socket.connect(to).unwrap();
        (0..4).any(|_| {
            let _ = socket.send(b"hello");
            socket.recv(&mut [0; 8]).is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionRefused)
        })
    };
    assert!(refused(&house.outside.udp("192.0.2.10:7001"), "192.0.2.1:50001"));
    let (near, far) = (house.web1.udp("10.0.0.66:7100"), house.outside.udp("192.0.2.10:7000"));
    let mut buffer = [0; 64];
    let (_, back) = (0..8)
        .find_map(|_| {
            near.send_to(b"hello", "192.0.2.10:7000").unwrap();
            far.recv_from(&mut buffer).ok()
        })
        .unwrap();
    drop(near);
    assert!(!refused(&far, &back.to_string()), "the machine spoke out of turn");
    house.change(50_001, None);
    assert!(!refused(&house.outside.udp("192.0.2.10:7002"), "192.0.2.1:50001"));
}

pub(crate) fn a_port_that_leads_elsewhere_ends_what_led_there(subject: &dyn Subject) {
    let mut house = House::new(subject);
    house.web1.serve("10.0.0.66:80");
    let heard = house.web2.serve("10.0.0.130:80");
    house.publish(50_001, "10.0.0.66:80", &[]);
    house.reconcile();
    let mut stream = house.outside.reaches(CAMPUS, DOOR);
    assert!(is_alive(&mut stream));
    house.change(50_001, Some(tcp("10.0.0.130:80", &[])));
    assert!(!is_alive(&mut stream));
    assert!(is_alive(&mut house.outside.reaches(CAMPUS, DOOR)));
    assert_eq!(heard.addresses().len(), 1);
}

pub(crate) fn what_is_not_published_is_not_there(subject: &dyn Subject) {
    let mut house = House::new(subject);
    house.web1.serve("10.0.0.66:80");
    let own = house.puerta.serve("0.0.0.0:50009");
    house.outside.reaches(CAMPUS, "192.0.2.1:50009");
    house.publish(50_001, "10.0.0.66:80", &[]);
    house.reconcile();
    house.outside.reaches(CAMPUS, DOOR);
    house.outside.cannot_reach(CAMPUS, "192.0.2.1:50009");
    house.outside.cannot_reach(CAMPUS, "192.0.2.1:50000");
    assert!(!house.outside.is_answered(CAMPUS, DOOR, 1), "the same number of UDP");
    assert_eq!(own.addresses().len(), 1);
}

pub(crate) fn no_route_leads_around_the_ports(subject: &dyn Subject) {
    let mut house = House::new(subject);
    let heard = house.web1.serve("10.0.0.66:80");
    house.web1.serve_udp("10.0.0.66:9000");
    house.puerta.serve("10.0.0.1:3142");
    house.outside.reaches(CAMPUS, "10.0.0.1:3142");
    house.outside.reaches(CAMPUS, "10.0.0.66:80");
    let socket = house.outside.udp(CAMPUS);
    assert!((0..8).any(|_| exchange(&socket, "10.0.0.66:9000")));
    assert!(house.outside.is_pinged("192.0.2.10", "10.0.0.66"));
    let mut open = house.outside.reaches(CAMPUS, "10.0.0.66:80");
    assert!(is_alive(&mut open));
    house.publish(50_001, "10.0.0.66:80", &[]);
    house.reconcile();
    house.outside.cannot_reach(CAMPUS, "10.0.0.66:80");
    house.outside.cannot_reach(CAMPUS, "10.0.0.1:3142");
    assert!(!house.outside.is_answered(CAMPUS, "10.0.0.66:9000", 1));
    assert!(!house.outside.is_pinged("192.0.2.10", "10.0.0.66"));
    // What was open before puerta came.
    assert!(!is_alive(&mut open));
    assert!(!exchange(&socket, "10.0.0.66:9000"));
    assert_eq!(heard.addresses().len(), 2);
}

pub(crate) fn puertas_own_connections_go_out(subject: &dyn Subject) {
    let mut house = House::with(subject, |site| site.admission = vec!["203.0.113.0/24".parse().unwrap()]);
    house.outside.serve("192.0.2.10:50500");
    house.outside.serve_udp("192.0.2.10:53");
    house.reconcile();
    // From a port of the publications, as any system chooses some day.
    let mut stream = house.puerta.reaches("192.0.2.1:50123", "192.0.2.10:50500");
    assert!(is_alive(&mut stream));
    assert!(house.puerta.is_answered("192.0.2.1:50124", "192.0.2.10:53", 8));
    house.reconcile();
    assert!(is_alive(&mut stream));
}

pub(crate) fn one_publication_is_a_small_change(subject: &dyn Subject) {
    let mut house = House::new(subject);
    house.web1.serve("10.0.0.66:80");
    let early = house.reconciler.change(50_001, None);
    assert!(matches!(early, Err(FirewallError::Other(_))), "{early:?}");
    house.reconcile();
    let report = house.change(50_001, Some(tcp("10.0.0.66:80", &[])));
    assert!(matches!(report.done, Done::Members { added: 1.., removed: 0 }), "{report:?}");
    house.outside.reaches(CAMPUS, DOOR);
    let again = house.change(50_001, Some(tcp("10.0.0.66:80", &[])));
    assert_eq!(again.done, Done::Nothing);
    assert_eq!(house.reconcile().done, Done::Nothing);
    let report = house.change(50_001, None);
    assert!(matches!(report.done, Done::Members { added: 0, removed: 1.. }), "{report:?}");
    assert_eq!(house.reconcile().done, Done::Nothing);
    // What was left is not there any more: the short way mends it.
    house.change(50_001, Some(tcp("10.0.0.66:80", &[])));
    shell(subject.meddling().iter().find(|(what, _)| *what == "everything goes").unwrap().1);
    house.change(50_001, None);
    assert_eq!(house.reconcile().done, Done::Nothing);
    assert!(house.outside.is_pinged("192.0.2.10", "192.0.2.1"));
}

pub(crate) fn nonsense_is_refused_and_nothing_is_touched(subject: &dyn Subject) {
    let mut house = House::new(subject);
    house.web1.serve("10.0.0.66:80");
    house.publish(50_001, "10.0.0.66:80", &[]);
    house.reconcile();
    for (port, to) in [(22, "10.0.0.66:80"), (50_002, "10.0.0.65:80"), (50_002, "192.0.2.10:80")] {
        let refused = house.reconciler.change(port, Some(&tcp(to, &[])));
        assert!(matches!(refused, Err(FirewallError::Refused(_))), "{refused:?}");
        let mut desired = house.desired.clone();
        desired.publications.insert(port, tcp(to, &[]));
        let refused = house.reconciler.reconcile(&desired);
        assert!(matches!(refused, Err(FirewallError::Refused(_))), "{refused:?}");
        house.outside.reaches(CAMPUS, DOOR);
        assert_eq!(house.reconcile().done, Done::Nothing);
    }
}
