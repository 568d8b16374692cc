//! The side door: destinations that are none, each refused in the same words.

use crate::canary::Canary;
use crate::client::Client;
use crate::support::House;
use std::time::Duration;

/// Every destination that a direct-tcpip must refuse (LESSONS: Teleport 10.3.11, JumpServer koko).
#[test]
fn hostile_destinations_are_prohibited() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    house.ok("alumno1", &["vm", "create", "web1", "--template", "mini"]);
    house.ok("alumno2", &["vm", "create", "db1", "--template", "mini"]);
    let shown: serde_json::Value =
        serde_json::from_str(&house.ok("alumno2", &["vm", "show", "db1", "--json"])).unwrap();
    let theirs = address(&shown);
    let mapped = format!("::ffff:{theirs}");
    let long = [b'a'; 300];
    let longer = [b'a'; 30_000];
    let hosts: Vec<&[u8]> = vec![
        b"",
        &long,
        &longer,
        b"db1.alumno2",
        b"db1.alumno2.virtuales",
        theirs.as_bytes(),
        mapped.as_bytes(),
        b"localhost",
        b"LOCALHOST",
        b"localhost.",
        b"127.0.0.1",
        b"127.1",
        b"127.0.0.1.",
        b"::1",
        b"[::1]",
        b"0.0.0.0",
        b"::",
        b"::ffff:127.0.0.1",
        b"::ffff:10.0.0.2",
        b"::ffff:a00:2",
        b"10.1",
        b"10.0.2",
        b"0x0a000002",
        b"0x0a.0.0.2",
        b"167772162",
        b"012.0.0.2",
        b"10.0.0.02",
        b"10.0.0.2 ",
        b" 10.0.0.2",
        b"10.0.0.2\0",
        b"10.0.0.0",
        b"10.255.255.255",
        b"169.254.169.254",
        b"224.0.0.1",
        b"255.255.255.255",
        b"192.168.0.1",
        b"fe80::1%eth0",
        b"web1\0",
        b"web1\n",
        b"\x1b[2Jweb1",
        b"web1/../db1",
        b"web1 ",
        b"web1;id",
        b"$(id)",
        b"..",
        b".",
        b"-oProxyCommand=id",
        b"web1.alumno1.virtuales.evil",
        b"xn--web1",
        "wéb1".as_bytes(),
        "\u{202e}1bew".as_bytes(),
        b"*",
        b"%2e",
        b"puerta",
        b"nodo01",
        b"/var/lib/incus/unix.socket",
        b"http://web1",
        b"web1:22",
        b"alumno1@web1",
        b"incus",
        b"_gateway",
    ];
    let mut client = Client::login(&house, "alumno1");
    let mut words = None;
    let mut cases: Vec<(&[u8], u32)> = hosts.iter().map(|host| (*host, 7007)).collect();
    cases.extend([0, 65_536, 70_000, u32::MAX].map(|port| (&b"web1"[..], port)));
    for (n, (host, port)) in cases.into_iter().enumerate() {
        let n = n as u32;
        let name = String::from_utf8_lossy(host).into_owned();
        let refused = client.open(&Client::tcpip_packet(n, 1 << 20, host, port), n).unwrap();
        let (code, text) = refused.expect_err(&name);
        assert_eq!(code, 1, "administratively prohibited: {name:.40}:{port}: {text}");
        let first = words.get_or_insert_with(|| text.clone());
        assert_eq!(*first, text, "{name:.40} is told apart");
    }
    // The honest one, in the same connection.
    let own = client.open(&Client::tcpip_packet(500, 1 << 20, b"web1", 7007), 500).unwrap().unwrap();
    client.data(own, b"hello").unwrap();
    client.hear(500, "hello").unwrap();
    // Hostile originators are data as well.
    let packet = Client::open_packet("direct-tcpip", 501, 1 << 20).string("nowhere").u32(22);
    assert!(client.open(&packet.string("\x1b]0;owned\x07").u32(u32::MAX), 501).unwrap().is_err());
    // Text that is no text ends the connection, or is refused.
    let mut client = Client::login(&house, "alumno1");
    if let Ok(opened) = client.open(&Client::tcpip_packet(1, 1 << 20, b"\xff\xfe\x80", 22), 1) {
        assert!(opened.is_err());
    }
    canary.unharmed();
    assert!(house.audit().iter().any(|event| event["code"] == "denial"));
    for bytes in [house.log().into_bytes(), std::fs::read(house.dir.join("state/audit.jsonl")).unwrap()] {
        let text = String::from_utf8(bytes).unwrap();
        let control = text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
        assert_eq!(control, None);
    }
}

/// The address in what `vm show --json` prints.
pub fn address(shown: &serde_json::Value) -> String {
    let text = shown.to_string();
    let at = text.find("\"10.").expect("an address") + 1;
    text[at..].split(['"', '/']).next().unwrap().to_owned()
}

/// A machine that does not answer holds a place, not the connection: others open beside it.
#[test]
fn opens_that_hang_do_not_hold_the_others() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    house.ok("alumno1", &["vm", "create", "web1", "--template", "mini"]);
    let mut client = Client::login(&house, "alumno1");
    client.send_all((100..140).map(|n| Client::tcpip_packet(n, 1 << 20, b"web1", 9))).unwrap();
    let own = client.open(&Client::tcpip_packet(1, 1 << 20, b"web1", 7007), 1).unwrap().unwrap();
    client.data(own, b"hello").unwrap();
    client.hear(1, "hello").unwrap();
    // A port where nothing listens: refused by the machine, and the places come back.
    for n in 100..140 {
        let packet = client.expect_that(|packet| packet[0] == 92 && packet[1..5] == u32::to_be_bytes(n));
        assert_eq!(packet.unwrap()[5..9], [0, 0, 0, 2], "connect failed");
    }
    std::thread::sleep(Duration::from_millis(100));
    let again = client.open(&Client::tcpip_packet(2, 1 << 20, b"web1", 7007), 2).unwrap();
    assert!(again.is_ok());
    canary.unharmed();
}
