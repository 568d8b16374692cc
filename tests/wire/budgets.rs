//! What one person may take of puerta, over all their connections.

use crate::canary::{Canary, rss};
use crate::client::{AUTH_FAILURE, Client, EOF, FIRST_WINDOW, INFO_RESPONSE, PK_OK, REQUEST};
use crate::packet::Packet;
use crate::support::{House, wait};
use std::time::Duration;

const MIB: usize = 1 << 20;
/// Channels that talk before they ask: what waits is bounded by person, whose clients wait, and nobody is closed for it.
#[test]
fn what_waits_is_counted_by_person() {
    let house = House::new("[ssh]\nmax_channels_per_person = 5000\n");
    let mut canary = Canary::new(&house);
    let before = rss(&house);
    let mut clients: Vec<Client> = (0..30).map(|_| Client::login(&house, "alumno1")).collect();
    let mut sent = 0;
    for client in &mut clients {
        let theirs: Vec<u32> = (0..50).map(|n| client.session(n)).collect();
        for (ours, theirs) in theirs.iter().enumerate() {
            sent += client.push(ours as u32, *theirs, 60 << 10, Duration::ZERO);
        }
    }
    let grown = rss(&house).saturating_sub(before);
    assert!(grown < 60 * MIB, "{} MiB", grown / MIB);
    assert!(sent >= 30 * 50 * FIRST_WINDOW, "{} MiB were taken", sent / MIB);
    // Neither others nor they themselves are shut out by it.
    canary.unharmed();
    assert!(clients[0].exec(99, "whoami").unwrap().contains("alumno1"));
    drop(clients);
    wait("they have ended", || house.sockets() < 30);
    canary.unharmed_within(50);
}

/// The same for what a command reads, whether its person may give it or not.
#[test]
fn what_a_command_reads_is_counted_by_person() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let before = rss(&house);
    let mut clients: Vec<Client> = (0..4).map(|_| Client::login(&house, "alumno1")).collect();
    for client in &mut clients {
        for ours in 0..20 {
            let theirs = client.session(ours);
            let asked = Packet::new(REQUEST).u32(theirs).string("exec").bool(false);
            client.send(&asked.string("course enrol demo-2026")).unwrap();
            client.push(ours, theirs, 3 * MIB / 2, Duration::from_millis(100));
        }
    }
    let grown = rss(&house).saturating_sub(before);
    assert!(grown < 60 * MIB, "{} MiB", grown / MIB);
    canary.unharmed();
}

/// What has no bytes, or hardly any, is not free: nothing of it is kept, or it is counted.
#[test]
fn many_messages_of_nothing_are_no_memory() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    house.make_key("more");
    let key = std::fs::read(house.key("more").with_extension("pub")).unwrap();
    let mut client = Client::login(&house, "alumno1");
    assert!(client.exec(1, "whoami").unwrap().contains("alumno1"));
    let before = rss(&house);
    let grown = || rss(&house).saturating_sub(before) / MIB;
    // Empty pieces of a key; and the key is read all the same.
    let theirs = client.session(2);
    client.send(&Client::request_packet(theirs, "exec", false).string("key add")).unwrap();
    client.send_all((0..200_000).map(|_| Packet::new(94).u32(theirs).string(""))).unwrap();
    client.data(theirs, &key).unwrap();
    assert!(client.exec(3, "key list").is_ok(), "they have been heard");
    assert!(grown() < 12, "{} MiB for nothing", grown());
    client.send(&Packet::new(EOF).u32(theirs)).unwrap();
    client.hear(2, "SHA256:").unwrap();
    // Ends of what nobody asked for yet.
    let theirs = client.session(4);
    client.send_all((0..500_000).map(|_| Packet::new(EOF).u32(theirs))).unwrap();
    assert!(client.request(4, &Client::request_packet(theirs, "exec", true).string("whoami")).unwrap());
    assert!(client.hear(4, "alumno1").is_ok());
    assert!(grown() < 12, "{} MiB for ends", grown());
    // Letter by letter, to whom nobody listens: no more than its bytes.
    for ours in 5..45 {
        let theirs = client.session(ours);
        client.send_all((0..FIRST_WINDOW).map(|_| Packet::new(94).u32(theirs).string("x"))).unwrap();
    }
    assert!(client.exec(50, "whoami").is_ok(), "they have been heard");
    assert!(grown() < 12, "{} MiB for letters", grown());
    // What sets a session up that nothing runs on has no window: who says it over and over goes.
    let theirs = client.session(60);
    let env = || Client::request_packet(theirs, "env", false).string("LANG").string("es");
    let _ = client.send_all((0..100_000).map(|_| env()));
    wait("they are told", || house.audit().iter().any(|e| e["detail"]["reason"] == "too much waiting"));
    canary.unharmed();
}

/// A terminal of 200 KiB is none, and a command of 200 KiB is one that is too long; none of it stays.
#[test]
fn long_requests_are_no_memory() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let long = "x".repeat(200 * 1024);
    let mut client = Client::login(&house, "alumno1");
    let before = rss(&house);
    for n in 0..50 {
        let theirs = client.session(n);
        let pty = Client::request_packet(theirs, "pty-req", true).string(&long);
        let pty = pty.u32(80).u32(24).u32(0).u32(0).string("");
        assert!(client.request(n, &pty).unwrap(), "ignored is granted");
    }
    let grown = rss(&house).saturating_sub(before);
    assert!(grown < 5 * MIB, "{} KiB", grown / 1024);
    let mut other = Client::login(&house, "alumno1");
    let theirs = other.session(1);
    other.send(&Client::request_packet(theirs, "exec", false).string(&long)).unwrap();
    let said = other.expect(crate::client::EXTENDED_DATA).unwrap();
    assert!(String::from_utf8_lossy(&said).contains("8192"), "{said:?}");
    canary.unharmed();
}

/// A stranger's name of 200 KiB is heard, refused and written down by its beginning.
#[test]
fn long_names_are_no_memory() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let long = "x".repeat(200 * 1024);
    let mut stranger = Client::knocking(house.port).unwrap();
    stranger.send(&Client::auth(&long, "keyboard-interactive").string("").string("")).unwrap();
    assert_eq!(stranger.receive().unwrap()[0], PK_OK, "asked as anybody");
    stranger.send(&Packet::new(INFO_RESPONSE).u32(1).string("wrong")).unwrap();
    assert_eq!(stranger.receive().unwrap()[0], AUTH_FAILURE);
    let kept = &long[..128];
    wait("it is written down", || house.audit().iter().any(|e| e["code"] == "login" && e["actor"] == kept));
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
