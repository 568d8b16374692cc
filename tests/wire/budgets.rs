//! What one person may take of puerta, over all their connections.

use crate::canary::{Canary, rss};
use crate::client::{Client, OPEN_CONFIRMATION, REQUEST};
use crate::packet::Packet;
use crate::support::{House, wait};

const MIB: usize = 1 << 20;
/// A piece of what nobody asked for yet.
static PIECE: [u8; 31 * 1024] = [b'x'; 31 * 1024];

/// Channels that talk before they ask: what waits is the person's, who is told, and no more than a few MiB.
#[test]
fn what_waits_is_counted_by_person() {
    let house = House::new("[ssh]\nmax_channels_per_person = 5000\n");
    let mut canary = Canary::new(&house);
    let before = rss(&house);
    let mut clients: Vec<Client> = (0..30).map(|_| Client::login(&house, "alumno1")).collect();
    for client in &mut clients {
        let packets = (0..50).map(|n| Client::open_packet("session", n, 1 << 20));
        // Who is over is closed while it talks.
        if client.send_all(packets).is_err() {
            continue;
        }
        let theirs: Vec<u32> = (0..50)
            .map_while(|_| client.expect(OPEN_CONFIRMATION).ok())
            .map(|packet| u32::from_be_bytes(*packet[5..].first_chunk().unwrap()))
            .collect();
        let data = |n: &u32| Packet::new(94).u32(*n).string(&PIECE[..]);
        let _ = client.send_all(theirs.iter().chain(&theirs).map(data));
    }
    wait("some are told", || house.audit().iter().any(|e| e["detail"]["reason"] == "too much waiting"));
    let grown = rss(&house).saturating_sub(before);
    assert!(grown < 60 * MIB, "{} MiB of {}", grown / MIB, 30 * 50 * 2 * PIECE.len() / MIB);
    // Neither others nor they themselves are shut out by it.
    canary.unharmed();
    drop(clients);
    wait("the rest have ended", || house.sockets() < 30);
    canary.unharmed_within(50);
}

/// The same for what a command reads, whether its person may give it or not.
#[test]
fn what_a_command_reads_is_counted_by_person() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let before = rss(&house);
    let mut clients: Vec<Client> = (0..4).map(|_| Client::login(&house, "alumno1")).collect();
    let mut channels = Vec::new();
    for client in &mut clients {
        for n in 0..20 {
            let theirs = client.session(n);
            let asked = Packet::new(REQUEST).u32(theirs).string("exec").bool(false);
            client.send(&asked.string("course enrol demo-2026")).unwrap();
            channels.push(theirs);
        }
    }
    // Turn by turn, 1.5 MiB on each of eighty, or until they are all closed.
    for _ in 0..48 {
        for (at, client) in clients.iter_mut().enumerate() {
            let data = |theirs: &u32| Packet::new(94).u32(*theirs).string(&PIECE[..]);
            let _ = client.send_all(channels[at * 20..][..20].iter().map(data));
        }
    }
    wait("they are told", || house.audit().iter().any(|e| e["detail"]["reason"] == "too much waiting"));
    let grown = rss(&house).saturating_sub(before);
    assert!(grown < 60 * MIB, "{} MiB", grown / MIB);
    canary.unharmed();
}

/// Who has as many keys as there may be is told so, and those that are there go on.
#[test]
fn keys_are_counted() {
    let house = House::new("");
    let add = |n: u32| {
        let name = format!("more{n}");
        house.make_key(&name);
        let key = std::fs::read_to_string(house.key(&name).with_extension("pub")).unwrap();
        house.run("alumno1", &["key", "add", &format!("'{}'", key.trim())])
    };
    for n in 1..32 {
        assert_eq!(add(n).code, 0, "{n}");
    }
    let said = add(32);
    assert!(said.code == 1 && said.err.contains("ya hay 32 claves"), "{said:?}");
    house.ok("alumno1", &["whoami"]);
    house.ok("alumno1", &["key", "remove", "32", "--yes"]);
    assert_eq!(add(33).code, 0);
}
