//! The three defects of stock russh (docs/cves.md): somebody does not read, and somebody is killed.

use crate::canary::{Canary, rss};
use crate::client::{Client, FIRST_WINDOW};
use crate::forwards::address;
use crate::packet::Packet;
use crate::support::{House, wait};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

const PIECE: usize = 32 * 1024;
/// Descriptors that the database's pool may have opened meanwhile.
const POOL: usize = 6;

/// A house where alumno1's machine also has this listener, whose connections do what we say.
fn with_machine() -> (House, TcpListener) {
    let house = House::new("");
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

/// Long enough for a window to come, if one comes.
const PATIENCE: Duration = Duration::from_millis(500);

/// Defect 2: a client killed while its machine does not read is noticed, ten times.
#[test]
fn a_killed_upload_leaves_nothing() {
    let (house, listener) = with_machine();
    let mut canary = Canary::new(&house);
    let before = house.descriptors();
    let machines: Vec<TcpStream> = (0..10)
        .map(|_| {
            let mut client = Client::login(&house, "alumno1");
            let (theirs, machine) = forward(&mut client, &listener, 1, 1 << 20);
            assert!(client.push(1, theirs, 64 << 20, PATIENCE) < 64 << 20, "nobody reads");
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
    let (house, listener) = with_machine();
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
    let (house, listener) = with_machine();
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

/// Defect 1: a channel whose machine does not read stands still alone: its neighbours answer, new ones open, and it is
/// waited for.
#[test]
fn neighbours_of_a_stalled_upload_go_on() {
    let (house, listener) = with_machine();
    let mut canary = Canary::new(&house);
    let mut client = Client::login(&house, "alumno1");
    let echo = client.open(&Client::tcpip_packet(1, 1 << 20, b"web1", 7007), 1).unwrap().unwrap();
    let (stalled, mut machine) = forward(&mut client, &listener, 2, 1 << 20);
    let sent = client.push(2, stalled, 64 << 20, PATIENCE);
    assert!(sent < 64 << 20, "nobody reads");
    let mut times = Vec::new();
    for round in 0..50 {
        let begun = Instant::now();
        let text = format!("round {round}");
        client.data(echo, text.as_bytes()).unwrap();
        client.hear(1, &text).unwrap();
        times.push(begun.elapsed());
    }
    times.sort();
    assert!(times[25] < Duration::from_millis(100), "the neighbour waited {:?}", times[25]);
    assert!(client.exec(3, "whoami").unwrap().contains("alumno1"));
    let ended = |event: &serde_json::Value| event["code"] == "forward" && event["phase"] == "finish";
    assert!(!house.audit().iter().any(ended), "nothing is closed for being slow");
    // It goes on when the machine reads, with every byte.
    client.send(&Packet::new(96).u32(stalled)).unwrap();
    let mut all = Vec::new();
    machine.read_to_end(&mut all).unwrap();
    assert_eq!(all.len(), sent);
    canary.unharmed();
}

/// One client, sixteen channels that all stall in both directions: memory is bounded.
#[test]
fn memory_is_bounded_while_stalled() {
    let (house, listener) = with_machine();
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
    for (n, (theirs, _)) in ends.iter().enumerate() {
        let sent = client.push(n as u32, *theirs, 64 << 20, PATIENCE);
        assert!(sent < 64 << 20, "nobody reads");
    }
    let grown = rss(&house).saturating_sub(before);
    eprintln!("{} KiB", grown / 1024);
    assert!(grown < 32 << 20, "memory grew by {} KiB", grown / 1024);
    canary.unharmed();
}

/// One channel alone that stalls is back-pressure, not an error: it goes on when the machine reads.
#[test]
fn alone_a_stalled_upload_just_waits() {
    let (house, listener) = with_machine();
    let mut client = Client::login(&house, "alumno1");
    let (theirs, mut machine) = forward(&mut client, &listener, 1, 1 << 20);
    let total = 32 << 20;
    let reading = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(3));
        let mut read = 0;
        let mut buffer = vec![0; 1 << 20];
        while read < total {
            match machine.read(&mut buffer).unwrap() {
                0 => break,
                n => read += n,
            }
        }
        read
    });
    assert_eq!(client.push(1, theirs, total, Duration::from_secs(10)), total);
    assert_eq!(reading.join().unwrap(), total);
}

/// Who sends more than they were given is ended, after a tenth of patience.
#[test]
fn who_ignores_their_window_is_ended() {
    let (house, listener) = with_machine();
    let mut canary = Canary::new(&house);
    let mut client = Client::login(&house, "alumno1");
    let (theirs, mut machine) = forward(&mut client, &listener, 1, 1 << 20);
    // A little too much is taken.
    client.data(theirs, &[b'x'; FIRST_WINDOW + FIRST_WINDOW / 20]).unwrap();
    machine.read_exact(&mut [0; FIRST_WINDOW + FIRST_WINDOW / 20]).unwrap();
    let (deaf, _machine) = forward(&mut client, &listener, 2, 1 << 20);
    let piece = [b'x'; PIECE];
    let _ = client.send_all((0..512).map(|_| Packet::new(94).u32(deaf).string(piece)));
    client.ends();
    canary.unharmed();
}
