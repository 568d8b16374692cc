//! The three defects of stock russh (docs/cves.md): somebody does not read, and somebody is killed.

use crate::canary::{Canary, rss};
use crate::client::Client;
use crate::forwards::address;
use crate::packet::Packet;
use crate::support::{House, wait};
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

const PIECE: usize = 32 * 1024;
/// Descriptors that the database's pool may have opened meanwhile.
const POOL: usize = 6;

/// A house where alumno1's machine also has this listener, whose connections do what we say.
fn with_machine(stall_limit: u32) -> (House, TcpListener) {
    let house = House::new(&format!("[ssh]\nstall_limit_s = {stall_limit}\n"));
    house.ok("alumno1", &["vm", "create", "web1", "--template", "mini"]);
    let shown = house.ok("alumno1", &["vm", "show", "web1", "--json"]);
    let address = address(&serde_json::from_str(&shown).unwrap());
    let loopback = address.replacen("10.", "127.", 1);
    let listener = TcpListener::bind((loopback.as_str(), 0)).unwrap();
    (house, listener)
}

/// A forward to the listener: both ends.
fn forward(client: &mut Client, listener: &TcpListener, ours: u32, window: u32) -> (u32, TcpStream) {
    let port = listener.local_addr().unwrap().port();
    let open = Client::tcpip_packet(ours, window, b"web1", port.into());
    let theirs = client.open(&open, ours).unwrap().unwrap();
    (theirs, listener.accept().unwrap().0)
}

/// Sends until the server takes no more, or this many bytes.
fn push(client: &mut Client, theirs: u32, bytes: usize) -> usize {
    client.stream.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
    let piece = vec![b'x'; PIECE];
    let mut sent = 0;
    while sent < bytes && client.send(&Packet::new(94).u32(theirs).string(&piece)).is_ok() {
        sent += PIECE;
    }
    sent
}

/// Defect 2: a client killed while its machine does not read is noticed, ten times.
#[test]
fn a_killed_upload_leaves_nothing() {
    let (house, listener) = with_machine(5);
    let mut canary = Canary::new(&house);
    let before = house.descriptors();
    let machines: Vec<TcpStream> = (0..10)
        .map(|_| {
            let mut client = Client::login(&house, "alumno1");
            let (theirs, machine) = forward(&mut client, &listener, 1, 1 << 20);
            assert!(push(&mut client, theirs, 64 << 20) < 64 << 20, "nobody reads");
            machine
        })
        .collect();
    let begun = Instant::now();
    wait("descriptors come back", || house.descriptors() <= before + POOL);
    assert!(begun.elapsed() < Duration::from_secs(11), "after {:?}", begun.elapsed());
    canary.unharmed_within(32);
    drop(machines);
}

/// Defects 2 and 3: a client killed while it does not read, with and without a window.
#[test]
fn a_killed_download_leaves_nothing() {
    let (house, listener) = with_machine(5);
    let mut canary = Canary::new(&house);
    let before = house.descriptors();
    let machines: Vec<TcpStream> = (0..10)
        .map(|n| {
            let mut client = Client::login(&house, "alumno1");
            let window = if n % 2 == 0 { 0 } else { u32::MAX };
            let (_, mut machine) = forward(&mut client, &listener, 1, window);
            machine.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
            let piece = vec![b'x'; PIECE];
            let mut sent = 0;
            while sent < 64 << 20 && machine.write_all(&piece).is_ok() {
                sent += PIECE;
            }
            assert!(sent < 64 << 20, "nobody reads");
            machine
        })
        .collect();
    let begun = Instant::now();
    wait("descriptors come back", || house.descriptors() <= before + POOL);
    assert!(begun.elapsed() < Duration::from_secs(11), "after {:?}", begun.elapsed());
    canary.unharmed_within(32);
    drop(machines);
}

/// Defect 3: a close while the machine has more to say than the client's window takes.
#[test]
fn a_close_wakes_a_writer_that_waits_for_window() {
    let (house, listener) = with_machine(5);
    let mut client = Client::login(&house, "alumno1");
    let before = house.descriptors();
    for n in 0..10 {
        let (theirs, mut machine) = forward(&mut client, &listener, n, 10);
        machine.write_all(&[b'x'; 1000]).unwrap();
        client.hear(n, "xxxxxxxxxx").unwrap();
        client.send(&Packet::new(97).u32(theirs)).unwrap();
    }
    wait("the machines' sockets close", || house.descriptors() <= before + POOL);
    assert!(client.exec(20, "whoami").unwrap().contains("alumno1"));
}

/// Defect 1: beside a channel whose machine does not read, the others go on after `stall_limit`,
/// and the one that stalled is closed, in the audit with its reason.
#[test]
fn neighbours_of_a_stalled_upload_go_on() {
    let (house, listener) = with_machine(2);
    let mut canary = Canary::new(&house);
    let mut client = Client::login(&house, "alumno1");
    let echo = client.open(&Client::tcpip_packet(1, 1 << 20, b"web1", 7007), 1).unwrap().unwrap();
    client.data(echo, b"before").unwrap();
    client.hear(1, "before").unwrap();
    let (stalled, _machine) = forward(&mut client, &listener, 2, 1 << 20);
    let piece = vec![b'x'; PIECE];
    // As much as the kernel's buffers and our queue take, and more; then the neighbour's line.
    let begun = Instant::now();
    client.send_all((0..512).map(|_| Packet::new(94).u32(stalled).string(&piece))).unwrap();
    client.data(echo, b"after").unwrap();
    client.hear(1, "after").unwrap();
    let took = begun.elapsed();
    assert!(took > Duration::from_secs(1), "nothing stalled ({took:?}): the test is wrong");
    assert!(took < Duration::from_secs(6), "the neighbour waited {took:?}");
    client.expect(97).unwrap();
    wait("the audit says why", || {
        house.audit().iter().any(|event| event["code"] == "forward" && event["failure"] == "stalled")
    });
    // And then all is as before.
    let begun = Instant::now();
    client.data(echo, b"again").unwrap();
    client.hear(1, "again").unwrap();
    assert!(begun.elapsed() < Duration::from_secs(1));
    canary.unharmed();
}

/// One client, sixteen channels that all stall in both directions: memory is bounded.
#[test]
fn memory_is_bounded_while_stalled() {
    let (house, listener) = with_machine(600);
    let mut canary = Canary::new(&house);
    let mut client = Client::login(&house, "alumno1");
    let ends: Vec<(u32, TcpStream)> = (0..16).map(|n| forward(&mut client, &listener, n, 0)).collect();
    let before = rss(&house);
    let piece = vec![b'x'; PIECE];
    for (_, machine) in &ends {
        let mut machine = machine;
        machine.set_write_timeout(Some(Duration::from_millis(50))).unwrap();
        while machine.write_all(&piece).is_ok() {}
    }
    // In turns, so that every queue fills before one of them stops the loop.
    client.stream.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    'all: for _ in 0..400 {
        for (theirs, _) in &ends {
            if client.send(&Packet::new(94).u32(*theirs).string(&piece)).is_err() {
                break 'all;
            }
        }
    }
    let grown = rss(&house).saturating_sub(before);
    eprintln!("{} KiB", grown / 1024);
    assert!(grown < 32 << 20, "memory grew by {} KiB", grown / 1024);
    canary.unharmed();
}

/// One channel alone that stalls is back-pressure, not an error: it goes on when the machine reads.
#[test]
fn alone_a_stalled_upload_just_waits() {
    let (house, listener) = with_machine(1);
    let mut client = Client::login(&house, "alumno1");
    let (theirs, mut machine) = forward(&mut client, &listener, 1, 1 << 20);
    let total = 32 << 20;
    let reading = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(3));
        let mut read = 0;
        let mut buffer = vec![0; 1 << 20];
        while read < total {
            match std::io::Read::read(&mut machine, &mut buffer).unwrap() {
                0 => break,
                n => read += n,
            }
        }
        read
    });
    let piece = vec![b'x'; PIECE];
    client.send_all((0..total / PIECE).map(|_| Packet::new(94).u32(theirs).string(&piece))).unwrap();
    assert_eq!(reading.join().unwrap(), total);
}
