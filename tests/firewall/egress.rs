//! What machines may reach outside.

use crate::Subject;
use crate::house::{CAMPUS, House, NODE, WEB1, WEB2};
use crate::place::is_alive;
use puerta_firewall::{Done, Why};
use puerta_lab::network::Egress;
use std::net::IpAddr;

const SITE: &str = "192.0.2.10:8080";
const SEAT1: &str = "10.0.0.64/26";
const SEAT2: &str = "10.0.0.128/26";

fn open(subject: &dyn Subject, default: &str) -> House {
    let mut house = House::new(subject);
    house.outside.serve(SITE);
    house.desired.egress.default = default.parse().unwrap();
    house.reconcile();
    house
}

fn say(house: &mut House, place: &str, egress: &str) {
    let (network, egress): (ipnet::Ipv4Net, Egress) = (place.parse().unwrap(), egress.parse().unwrap());
    house.desired.egress.seats.insert(network, egress);
}

pub(crate) fn a_machine_leaves_as_puerta(subject: &dyn Subject) {
    let mut house = House::new(subject);
    let heard = house.outside.serve(SITE);
    let heard_udp = house.outside.serve_udp("203.0.113.10:8080");
    house.reconcile();
    assert!(is_alive(&mut house.web1.reaches(WEB1, SITE)));
    assert!(house.web1.is_answered(WEB1, "203.0.113.10:8080", 8));
    assert!(house.web1.is_pinged("10.0.0.66", "192.0.2.10"));
    assert_eq!(heard.addresses(), ["192.0.2.1".parse::<IpAddr>().unwrap()]);
    assert_eq!(heard_udp.addresses()[0], "203.0.113.1".parse::<IpAddr>().unwrap());
}

pub(crate) fn the_default_denies(subject: &dyn Subject) {
    let house = open(subject, "deny");
    house.outside.serve_udp("192.0.2.53:53");
    house.web1.cannot_reach(WEB1, SITE);
    assert!(!house.web1.is_answered(WEB1, "192.0.2.53:53", 1));
    assert!(!house.web1.is_pinged("10.0.0.66", "192.0.2.10"));
}

pub(crate) fn a_list_is_all_there_is(subject: &dyn Subject) {
    let house = open(subject, "192.0.2.10:8080,203.0.113.0/24:5000-5001/udp,192.0.2.53");
    for address in ["192.0.2.10:8081", "203.0.113.10:8080", "203.0.113.10:5000", "192.0.2.53:99"] {
        house.outside.serve(address);
    }
    for address in ["203.0.113.10:5000", "203.0.113.10:5001", "203.0.113.10:5002", "192.0.2.53:53"] {
        house.outside.serve_udp(address);
    }
    assert!(is_alive(&mut house.web1.reaches(WEB1, SITE)));
    assert!(is_alive(&mut house.web2.reaches(WEB2, "192.0.2.53:99")));
    for address in ["203.0.113.10:5000", "203.0.113.10:5001", "192.0.2.53:53"] {
        assert!(house.web1.is_answered(WEB1, address, 8), "{address}");
    }
    for address in ["192.0.2.10:8081", "203.0.113.10:8080", "203.0.113.10:5000"] {
        house.web1.cannot_reach(WEB1, address);
    }
    assert!(!house.web1.is_answered(WEB1, "203.0.113.10:5002", 1));
    assert!(house.web1.is_pinged("10.0.0.66", "192.0.2.53"), "no port is every protocol");
    assert!(!house.web1.is_pinged("10.0.0.66", "192.0.2.10"));
}

pub(crate) fn a_seats_word_before_the_default(subject: &dyn Subject) {
    let mut house = open(subject, "deny");
    for seat in [SEAT1, SEAT2] {
        say(&mut house, seat, "allow");
    }
    house.reconcile();
    house.web1.reaches(WEB1, SITE);
    say(&mut house, SEAT1, "deny");
    house.reconcile();
    house.web1.cannot_reach(WEB1, SITE);
    house.web2.reaches(WEB2, SITE);
    say(&mut house, SEAT2, "deny");
    say(&mut house, SEAT1, "192.0.2.0/24:8080");
    house.reconcile();
    house.web1.reaches(WEB1, SITE);
    house.web2.cannot_reach(WEB2, SITE);
    house.desired.egress.seats.clear();
    house.desired.egress.default = Egress::Allow;
    house.reconcile();
    house.web2.reaches(WEB2, SITE);
    assert_eq!(house.reconcile().done, Done::Nothing);
}

pub(crate) fn a_change_bites_what_is_open(subject: &dyn Subject) {
    for (place, wanted) in [(SEAT1, "deny"), ("", "203.0.113.0/24")] {
        let mut house = open(subject, "allow");
        let mut stream = house.web1.reaches(WEB1, SITE);
        assert!(is_alive(&mut stream));
        let (far, near) = (house.outside.udp("192.0.2.10:7000"), house.web1.udp(WEB1));
        let mut buffer = [0; 64];
        let (_, back) = (0..8)
            .find_map(|_| {
                near.send_to(b"hello", "192.0.2.10:7000").unwrap();
                far.recv_from(&mut buffer).ok()
            })
            .unwrap();
        far.send_to(b"hello", back).unwrap();
        assert!(near.recv_from(&mut buffer).is_ok());
        match place {
            "" => house.desired.egress.default = wanted.parse().unwrap(),
            place => say(&mut house, place, wanted),
        }
        let report = house.reconcile();
        let whole = Done::Whole { why: Why::Changed };
        assert_eq!(report.done == whole, place.is_empty(), "a seat's own is one member: {report:?}");
        assert!(!is_alive(&mut stream), "{place} {wanted}");
        // Nor what only the far end says.
        far.send_to(b"hello", back).unwrap();
        assert!(near.recv_from(&mut buffer).is_err(), "{place} {wanted}");
    }
}

pub(crate) fn names_are_asked_of_the_configured_servers_only(subject: &dyn Subject) {
    let mut house = open(subject, "allow");
    for server in ["192.0.2.53:53", "203.0.113.53:53"] {
        house.outside.serve_udp(server);
        house.outside.serve(server);
    }
    for default in ["allow", "203.0.113.0/24,192.0.2.10"] {
        house.desired.egress.default = default.parse().unwrap();
        house.reconcile();
        assert!(house.web1.is_answered(WEB1, "192.0.2.53:53", 8), "{default}");
        house.web1.reaches(WEB1, "192.0.2.53:53");
        assert!(!house.web1.is_answered(WEB1, "203.0.113.53:53", 1), "{default}");
        house.web1.cannot_reach(WEB1, "203.0.113.53:53");
    }
    house.reconcile();
    house.outside.cannot_reach(CAMPUS, "10.0.0.66:53");
}

pub(crate) fn nodes_are_not_machines(subject: &dyn Subject) {
    let mut house = open(subject, "deny");
    say(&mut house, SEAT1, "deny");
    house.reconcile();
    house.web1.cannot_reach(WEB1, SITE);
    assert!(is_alive(&mut house.node.reaches(NODE, SITE)));
}
