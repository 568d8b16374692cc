//! Once in: what a student's own client could send to hurt the others.

use crate::canary::{Canary, rss};
use crate::client::{
    CLOSE, Client, DATA, EOF, EXTENDED_DATA, FIRST_WINDOW, GLOBAL_REQUEST, KEXINIT, OPEN, OPEN_CONFIRMATION,
    REQUEST, REQUEST_FAILURE, kexinit,
};
use crate::packet::Packet;
use crate::support::{House, wait};
use std::time::{Duration, Instant};

/// GHSA-h5rc-j5f5-3gcm: a window that overflows.
#[test]
fn a_window_does_not_overflow() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let mut client = Client::login(&house, "alumno1");
    let theirs = client.session_window(1, u32::MAX);
    for _ in 0..4 {
        client.adjust(theirs, u32::MAX).unwrap();
    }
    let exec = Client::request_packet(theirs, "exec", true).string("help");
    // Closed or carried on: never a panic.
    let _ = client.request(1, &exec);
    let _ = client.hear(1, "vm");
    drop(client);
    canary.unharmed();
}

/// A packet size of nothing, and of one byte.
#[test]
fn a_packet_size_of_zero_or_one() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    for size in [0, 1, u32::MAX] {
        let mut client = Client::login(&house, "alumno1");
        let open = Packet::new(OPEN).string("session").u32(1).u32(1 << 20).u32(size);
        // Nothing fits into packets of nothing: the connection may end at once.
        let Ok(Ok(theirs)) = client.open(&open, 1) else {
            assert_eq!(size, 0);
            continue;
        };
        client.send(&Client::request_packet(theirs, "exec", false).string("whoami")).unwrap();
        let closed = client.expect_that(|packet| packet[0] == CLOSE || (packet[0] == DATA && size > 0));
        assert!(closed.is_ok(), "{size}: {closed:?}");
    }
    canary.unharmed();
}

/// CVE-2026-68930: channels that nobody opened, or that are closed, or not yet confirmed.
#[test]
fn channels_never_opened_reach_nothing() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let mut client = Client::login(&house, "alumno1");
    // Theirs: the canary's goes on, and the setup's may end only now.
    let theirs = |event: &&serde_json::Value| event["code"] == "session" && event["actor"] == "alumno1";
    let sessions = || house.audit().iter().filter(theirs).count();
    let before = sessions();
    for channel in [999, 0, 2, u32::MAX] {
        for kind in ["exec", "shell", "pty-req", "subsystem", "env", "window-change", "signal"] {
            client.send(&Client::request_packet(channel, kind, true).string("whoami")).unwrap();
        }
        client.data(channel, b"whoami\n").unwrap();
        client.send(&Packet::new(EXTENDED_DATA).u32(channel).u32(1).string("x")).unwrap();
        client.adjust(channel, u32::MAX).unwrap();
        for message in [EOF, CLOSE, 99, 100] {
            client.send(&Packet::new(message).u32(channel)).unwrap();
        }
    }
    assert_eq!(sessions(), before);
    // A channel that was refused, and one that was closed, are the same.
    assert!(client.open(&Client::tcpip_packet(5, 1 << 20, b"nowhere", 22), 5).unwrap().is_err());
    assert!(client.exec(1, "whoami").unwrap().contains("alumno1"));
    for channel in 0..4 {
        client.send(&Client::request_packet(channel, "exec", true).string("whoami")).unwrap();
        client.data(channel, b"whoami\n").unwrap();
    }
    assert!(client.exec(2, "whoami").unwrap().contains("alumno1"));
    crate::support::wait("two commands, each with its beginning and end", || sessions() == before + 4);
    // A confirmation of what the server never asked for ends the connection.
    client.send(&Packet::new(OPEN_CONFIRMATION).u32(999).u32(1).u32(1).u32(1)).unwrap();
    client.ends();
    canary.unharmed();
}

/// CVE-2026-73489: more terminal modes than there are, and modes cut short.
#[test]
fn too_many_terminal_modes() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let modes = |n: usize| [[1, 0, 0, 0, 3].repeat(n), vec![0]].concat();
    let pty = |theirs, modes: &[u8]| {
        let packet = Client::request_packet(theirs, "pty-req", true).string("xterm");
        packet.u32(80).u32(24).u32(0).u32(0).string(modes)
    };
    let mut client = Client::login(&house, "alumno1");
    let theirs = client.session(1);
    assert!(client.request(1, &pty(theirs, &modes(130))).unwrap());
    for modes in [modes(131), modes(50_000), vec![1, 2, 3], vec![255; 40]] {
        let mut client = Client::login(&house, "alumno1");
        let theirs = client.session(1);
        match client.request(1, &pty(theirs, &modes)) {
            Ok(granted) => assert!(granted, "ignored modes are granted modes"),
            Err(gone) => assert!(!gone.was_silent()),
        }
    }
    canary.unharmed();
}

/// CVE-2026-102821: opens while a key exchange is kept from ending.
#[test]
fn opens_during_a_stalled_rekey() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let mut client = Client::login(&house, "alumno1");
    assert!(client.exec(1, "whoami").unwrap().contains("alumno1"));
    client.send(&kexinit("curve25519-sha256", "aes128-gcm@openssh.com")).unwrap();
    let opens = (0..100_000).map(|n| Client::open_packet("session", n + 10, 1 << 20));
    let _ = client.send_all(opens);
    client.ends();
    // An honest change of keys goes on, also with work on the way.
    let mut client = Client::login(&house, "alumno1");
    for n in 0..3 {
        client.exchange(&kexinit("curve25519-sha256", "aes128-gcm@openssh.com")).unwrap();
        assert!(client.exec(n, "whoami").unwrap().contains("alumno1"));
    }
    canary.unharmed();
}

/// A rekey that never ends holds nothing but its own connection.
#[test]
fn a_rekey_that_never_ends_is_alone() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let mut client = Client::login(&house, "alumno1");
    let theirs = client.session(1);
    client.send(&Client::request_packet(theirs, "exec", false).string("help")).unwrap();
    client.send(&kexinit("curve25519-sha256", "aes128-gcm@openssh.com")).unwrap();
    client.expect(KEXINIT).unwrap();
    canary.unharmed();
    drop(client);
}

/// RFC 4254, 5.4 and 4: what nobody knows is answered with a failure where an answer is wanted.
#[test]
fn unknown_requests_are_refused_with_an_answer() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let mut client = Client::login(&house, "alumno1");
    let theirs = client.session(1);
    let ask = |kind| Client::request_packet(theirs, kind, true);
    for (what, packet) in [
        ("unknown", ask("make-coffee@example.org")),
        ("empty", ask("")),
        ("agent", ask("auth-agent-req@openssh.com")),
        ("x11", ask("x11-req").bool(false).string("MIT-MAGIC-COOKIE-1").string("00").u32(0)),
        ("subsystem", ask("subsystem").string("../../bin/sh")),
        ("PATH", ask("env").string("PATH").string("/tmp")),
        ("LD_PRELOAD", ask("env").string("LD_PRELOAD").string("/tmp/x.so")),
        ("long LANG", ask("env").string("LANG").string("x".repeat(10_000))),
    ] {
        assert!(!client.request(1, &packet).unwrap(), "{what} was granted");
    }
    assert!(client.request(1, &ask("env").string("LC_ALL").string("en_US.UTF-8")).unwrap());
    for (what, rest) in [
        ("make-coffee@example.org", Packet::default()),
        ("tcpip-forward", Packet::default().string("0.0.0.0").u32(0)),
        ("tcpip-forward", Packet::default().string("").u32(22)),
        ("cancel-tcpip-forward", Packet::default().string("").u32(22)),
        ("streamlocal-forward@openssh.com", Packet::default().string("/tmp/socket")),
        ("cancel-streamlocal-forward@openssh.com", Packet::default().string("/tmp/socket")),
        ("no-more-sessions@openssh.com", Packet::default()),
        ("hostkeys-prove-00@openssh.com", Packet::default().string("x")),
    ] {
        client.send(&Packet::new(GLOBAL_REQUEST).string(what).bool(true).bytes(&rest.0)).unwrap();
        assert_eq!(client.receive().unwrap()[0], REQUEST_FAILURE, "{what}");
    }
    for kind in ["x11", "forwarded-tcpip", "auth-agent@openssh.com", "tun@openssh.com", "nonsense", ""] {
        let open = Client::open_packet(kind, 9, 1 << 20);
        let rest = match kind {
            "x11" => Packet::default().string("127.0.0.1").u32(6000),
            "forwarded-tcpip" => Packet::default().string("a").u32(1).string("b").u32(2),
            _ => Packet::default(),
        };
        let refused = client.open(&open.bytes(&rest.0), 9).unwrap();
        assert!(refused.is_err(), "{kind} was opened");
    }
    let path = Client::open_packet("direct-streamlocal@openssh.com", 9, 1 << 20);
    let path = path.string("/var/lib/incus/unix.socket").string("").u32(0);
    assert!(client.open(&path, 9).unwrap().is_err());
    assert!(client.exec(2, "whoami").unwrap().contains("alumno1"));
    canary.unharmed();
}

/// RFC 4254, 6.5: one program a channel; and none on a forward.
#[test]
fn one_program_a_channel_and_none_on_a_forward() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    house.ok("alumno1", &["vm", "create", "web1", "--template", "mini"]);
    let mut client = Client::login(&house, "alumno1");
    let shell = client.session(1);
    assert!(client.request(1, &Client::request_packet(shell, "shell", true)).unwrap());
    assert!(!client.request(1, &Client::request_packet(shell, "exec", true).string("whoami")).unwrap());
    assert!(!client.request(1, &Client::request_packet(shell, "shell", true)).unwrap());
    let forward = client.open(&Client::tcpip_packet(2, 1 << 20, b"web1", 7007), 2).unwrap().unwrap();
    assert!(!client.request(2, &Client::request_packet(forward, "exec", true).string("whoami")).unwrap());
    assert!(!client.request(2, &Client::request_packet(forward, "shell", true)).unwrap());
    client.data(forward, b"echo").unwrap();
    client.hear(2, "echo").unwrap();
    canary.unharmed();
}

/// More channels than one connection may have: refused, and a place comes back.
#[test]
fn channels_of_a_connection_are_counted() {
    let house = House::new("[ssh]\nmax_channels = 8\n");
    let mut canary = Canary::new(&house);
    let mut client = Client::login(&house, "alumno1");
    let open: Vec<u32> = (0..8).map(|n| client.session(n)).collect();
    for n in 8..40 {
        let refused = client.open(&Client::open_packet("session", n, 1 << 20), n).unwrap();
        let (code, words) = refused.unwrap_err();
        assert_eq!(code, 4, "resource shortage");
        assert!(words.contains("el maximo es 8") && words.contains("the most is 8"), "{words}");
        let refused = client.open(&Client::tcpip_packet(n, 1 << 20, b"web1", 22), n).unwrap();
        assert_eq!(refused.unwrap_err(), (4, words));
    }
    client.send(&Packet::new(CLOSE).u32(open[0])).unwrap();
    client.expect(CLOSE).unwrap();
    let begun = Instant::now();
    while client.open(&Client::open_packet("session", 50, 1 << 20), 50).unwrap().is_err() {
        assert!(begun.elapsed() < Duration::from_secs(5), "the place did not come back");
    }
    canary.unharmed();
}

/// Over all of their connections, so that a hundred of them are not a hundred times as many.
#[test]
fn channels_of_a_person_are_counted() {
    let house = House::new("[ssh]\nmax_channels = 8\nmax_channels_per_person = 12\n");
    let mut canary = Canary::new(&house);
    let mut clients: Vec<Client> = (0..3).map(|_| Client::login(&house, "alumno1")).collect();
    let [first, second, third] = &mut clients[..] else { unreachable!() };
    let open: Vec<u32> = (0..8).map(|n| first.session(n)).collect();
    let _more: Vec<u32> = (0..4).map(|n| second.session(n)).collect();
    for packet in [Client::open_packet("session", 9, 1 << 20), Client::tcpip_packet(9, 1 << 20, b"web1", 22)]
    {
        let (code, words) = third.open(&packet, 9).unwrap().unwrap_err();
        assert!(code == 4 && words.contains("the most is 12"), "{code} {words}");
    }
    first.send(&Packet::new(CLOSE).u32(open[0])).unwrap();
    wait("the place comes back", || {
        third.open(&Client::open_packet("session", 10, 1 << 20), 10).unwrap().is_ok()
    });
    drop(clients);
    canary.unharmed();
}

/// What nobody may open says so.
#[test]
fn other_kinds_of_channels_are_refused_in_words() {
    let house = House::new("");
    let mut client = Client::login(&house, "alumno1");
    let unix = Client::open_packet("direct-streamlocal@openssh.com", 1, 1 << 20);
    let unix = unix.string("/run/sock").string("").u32(0);
    let (code, words) = client.open(&unix, 1).unwrap().unwrap_err();
    assert!(code == 1 && words.contains("sockets de Unix") && words.contains("Unix sockets"), "{words}");
    for kind in ["x11", "forwarded-tcpip"] {
        let packet = Client::open_packet(kind, 2, 1 << 20).string("127.0.0.1").u32(6000);
        let packet = if kind == "x11" { packet } else { packet.string("127.0.0.1").u32(1) };
        let (code, words) = client.open(&packet, 2).unwrap().unwrap_err();
        assert!(code == 1 && words.contains("canales de esa clase"), "{kind}: {words}");
    }
}

/// So many channels, one after another; sessions that this client does not close.
const CHANNELS: usize = 400;
const SESSIONS: usize = 1_000;

/// Hundreds of channels one after another on one connection, closed by us first: next to nothing stays of them.
#[test]
fn channels_one_after_another_leave_little() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    house.ok("alumno1", &["vm", "create", "web1", "--template", "mini"]);
    let mut client = Client::login(&house, "alumno1");
    assert!(client.exec(1, "whoami").unwrap().contains("alumno1"));
    let before = rss(&house);
    for n in 0..SESSIONS as u32 {
        let theirs = client.session(n);
        client.send(&Client::request_packet(theirs, "exec", false).string("lang")).unwrap();
        // We close first, and this client never answers.
        client.expect(CLOSE).unwrap();
    }
    let sessions = rss(&house).saturating_sub(before) / SESSIONS;
    let before = rss(&house);
    for n in 0..CHANNELS as u32 {
        let theirs = client.open(&Client::tcpip_packet(n, 1 << 20, b"web1", 7007), n).unwrap().unwrap();
        client.send(&Packet::new(EOF).u32(theirs)).unwrap();
        client.expect(EOF).unwrap();
        client.send(&Packet::new(CLOSE).u32(theirs)).unwrap();
        client.expect(CLOSE).unwrap();
    }
    let forwards = rss(&house).saturating_sub(before) / CHANNELS;
    eprintln!("{sessions} bytes a session, {forwards} bytes a forward");
    assert!(sessions < 512, "{sessions} bytes a session");
    assert!(forwards < 1024, "{forwards} bytes a forward");
    canary.unharmed();
}

/// Talking before asking: a client's unread bytes and ends of file are bounded, in every channel.
#[test]
fn talking_before_asking_is_bounded() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let mut client = Client::login(&house, "alumno1");
    let channels: Vec<u32> = (0..24).map(|n| client.session(n)).collect();
    for (ours, theirs) in channels.iter().enumerate() {
        // Who says as much as a session keeps of it is closed.
        client.push(ours as u32, *theirs, 2 << 20, Duration::from_millis(300));
    }
    canary.unharmed_within(24);
    let mut client = Client::login(&house, "alumno1");
    let theirs = client.session(1);
    client.send_all((0..300_000).map(|_| Packet::new(EOF).u32(theirs))).unwrap();
    canary.unharmed_within(24);
}

/// A packet larger than was announced (RFC 4254, 5.2) ends the connection: queues count packets.
#[test]
fn a_larger_packet_than_announced_ends_the_connection() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let mut client = Client::login(&house, "alumno1");
    let theirs = client.session(1);
    client.data(theirs, &[0; FIRST_WINDOW]).unwrap();
    assert!(client.exec(2, "whoami").unwrap().contains("alumno1"));
    let _ = client.data(theirs, &vec![0; 200 * 1024]);
    client.ends();
    canary.unharmed();
}

/// A session whose client never reads, and talks: its neighbours go on, and it is waited for.
#[test]
fn a_session_that_is_never_read_lets_the_others_go_on() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let mut client = Client::login(&house, "alumno1");
    let mute = client.session_window(1, 0);
    assert!(client.request(1, &Client::request_packet(mute, "exec", true).string("help")).unwrap());
    // It waits for a window; the others do not.
    assert!(client.exec(2, "whoami").unwrap().contains("alumno1"));
    // It waits, and is talked to.
    let sent = client.push(1, mute, 64 << 20, Duration::from_millis(300));
    assert!(sent < 1 << 20, "{sent} bytes of it are kept");
    assert!(client.exec(3, "whoami").unwrap().contains("alumno1"));
    // It is heard again when it reads.
    client.adjust(mute, 1 << 20).unwrap();
    client.hear(1, "whoami").unwrap();
    canary.unharmed();
    // And ten such clients, gone: nothing of them stays.
    let before = house.sockets();
    for _ in 0..10 {
        let mut client = Client::login(&house, "alumno1");
        let mute = client.session_window(1, 0);
        client.send(&Client::request_packet(mute, "exec", false).string("help")).unwrap();
        client.send_all((0..100).map(|_| Packet::new(DATA).u32(mute).string("x"))).unwrap();
    }
    crate::support::wait("their sockets are closed", || house.sockets() <= before);
    let begun = || house.audit().iter().filter(|event| event["code"] == "session").count();
    crate::support::wait("every session has an end", || begun() % 2 == 1);
    canary.unharmed();
}

/// Nobody has to be polite: requests of every kind with an answer wanted, and nobody reads them.
#[test]
fn answers_that_nobody_reads_are_not_kept() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let mut client = Client::login(&house, "alumno1");
    client.stream.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    let requests = (0..300_000).map(|n| match n % 3 {
        0 => Packet::new(GLOBAL_REQUEST).string("x").bool(true),
        1 => Client::open_packet("session\0", n, 1),
        _ => Packet::new(REQUEST).u32(0).string("x").bool(true),
    });
    let _ = client.send_all(requests);
    canary.unharmed();
}
