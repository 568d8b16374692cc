//! What went through publications, and very many of them.

use crate::Subject;
use crate::house::{AWAY, CAMPUS, House, shell, tcp};
use puerta_firewall::Done;
use puerta_lab::network::{Protocol, Traffic};
use std::io::{Read, Write};
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

const DOOR: &str = "192.0.2.1:50001";
const SENT: usize = 200_000;

/// Sends, and has it back.
fn carry(house: &House, door: &str) {
    let mut stream = house.outside.reaches(CAMPUS, door);
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut buffer = vec![7; 20_000];
    for _ in 0..SENT / buffer.len() {
        stream.write_all(&buffer).unwrap();
        stream.read_exact(&mut buffer).unwrap();
    }
}

#[track_caller]
fn went(house: &mut House, port: u16) -> Traffic {
    let report = house.reconcile();
    report.traffic.get(&port).copied().unwrap_or_default()
}

pub(crate) fn connections_and_bytes_are_counted(subject: &dyn Subject) {
    let mut house = House::new(subject);
    house.web1.serve("10.0.0.66:80");
    house.web1.serve_udp("10.0.0.66:9000");
    house.publish(50_001, "10.0.0.66:80", &[]);
    house.publish(50_002, "10.0.0.66:9000", &[]);
    if let Some(target) = house.desired.publications.get_mut(&50_002) {
        target.protocol = Protocol::Udp;
    }
    house.reconcile();
    assert_eq!(went(&mut house, 50_001), Traffic::default());
    for _ in 0..5 {
        carry(&house, DOOR);
    }
    house.outside.cannot_reach(AWAY, DOOR);
    assert!(house.outside.is_answered(CAMPUS, "192.0.2.1:50002", 1));
    let traffic = went(&mut house, 50_001);
    let whole = 5 * SENT as u64;
    assert_eq!(traffic.connections, 5);
    for bytes in [traffic.bytes_in, traffic.bytes_out] {
        assert!((whole..whole * 5 / 4).contains(&bytes), "{traffic:?}");
    }
    // IPv4 and UDP headers, and `hello`.
    assert_eq!(went(&mut house, 50_002), Traffic { connections: 1, bytes_in: 33, bytes_out: 33 });
}

pub(crate) fn counters_outlive_changes_of_others(subject: &dyn Subject) {
    let mut house = House::new(subject);
    house.web1.serve("10.0.0.66:80");
    house.publish(50_001, "10.0.0.66:80", &[]);
    house.reconcile();
    carry(&house, DOOR);
    let before = went(&mut house, 50_001);
    assert!(before.bytes_in > SENT as u64);
    house.change(50_002, Some(tcp("10.0.0.66:80", &[])));
    house.publish(50_003, "10.0.0.66:80", &["203.0.113.0/24"]);
    house.desired.egress.seats.insert("10.0.0.64/26".parse().unwrap(), "deny".parse().unwrap());
    assert!(matches!(house.reconcile().done, Done::Members { .. }));
    let after = went(&mut house, 50_001);
    assert!(after.connections == 1 && after.bytes_in >= before.bytes_in, "{after:?}");
    // Another circle of the same port.
    house.change(50_001, Some(tcp("10.0.0.66:80", &["192.0.2.0/24"])));
    assert!(went(&mut house, 50_001).bytes_in >= before.bytes_in);
    // What is taken back and given again begins anew.
    house.change(50_001, None);
    house.change(50_001, Some(tcp("10.0.0.66:80", &[])));
    assert_eq!(went(&mut house, 50_001), Traffic::default());
    // The last word of what is written anew.
    carry(&house, "192.0.2.1:50002");
    shell(subject.meddling().iter().find(|(what, _)| *what == "a rule goes").unwrap().1);
    let report = house.reconcile();
    assert!(matches!(report.done, Done::Whole { .. }), "{report:?}");
    assert!(report.traffic[&50_002].bytes_out > SENT as u64);
    assert_eq!(went(&mut house, 50_002), Traffic::default());
}

pub(crate) fn fifteen_thousand_load_in_seconds(subject: &dyn Subject) {
    let mut house = House::new(subject);
    house.web1.serve("10.0.0.66:80");
    for count in 0..15_000_u16 {
        let address = Ipv4Addr::from(0x0a00_1000 + u32::from(count / 4) * 64 + 2 + u32::from(count % 4));
        let sources: &[&str] = if count % 8 == 0 { &["192.0.2.0/24", "203.0.113.7/32"] } else { &[] };
        house.publish(50_000 + count, &format!("{address}:80"), sources);
    }
    house.publish(64_999, "10.0.0.66:80", &[]);
    let timed = |what: &str, most: u64, act: &mut dyn FnMut()| {
        let start = Instant::now();
        act();
        println!("{what}: {:?}", start.elapsed());
        assert!(start.elapsed() < Duration::from_secs(most), "{what}: {:?}", start.elapsed());
    };
    timed("a whole load", 40, &mut || {
        house.reconcile();
    });
    house.outside.reaches(CAMPUS, "192.0.2.1:64999");
    timed("a look that finds nothing", 30, &mut || {
        assert_eq!(house.reconcile().done, Done::Nothing);
    });
    timed("one more", 3, &mut || {
        let report = house.change(65_000, Some(tcp("10.0.0.66:80", &[])));
        assert!(matches!(report.done, Done::Members { .. }));
    });
    house.outside.reaches(CAMPUS, "192.0.2.1:65000");
    shell(subject.meddling().iter().find(|(what, _)| *what == "a rule goes").unwrap().1);
    timed("a whole load in place of the other", 60, &mut || {
        assert!(matches!(house.reconcile().done, Done::Whole { .. }));
    });
    house.outside.reaches(CAMPUS, "192.0.2.1:64999");
}
