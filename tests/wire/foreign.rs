//! What is not written as it should be is refused by itself: the connection goes on, and the right login after it.

use crate::canary::Canary;
use crate::client::{AUTH_FAILURE, AUTH_SUCCESS, Client, DATA, Key, OPEN_FAILURE, REQUEST, SERVICE_REQUEST};
use crate::packet::{Packet, Reader};
use crate::support::House;

/// No UTF-8, and nobody's name.
const LATIN: &[u8] = b"jos\xe9";

/// A signed login whose key and signature are these, whatever they are.
fn signed(key: &[u8], signature: &[u8]) -> Packet {
    Client::auth("alumno1", "publickey").bool(true).string("ssh-ed25519").string(key).string(signature)
}

#[test]
fn names_and_passwords_of_any_bytes_are_failed_tries() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let mut client = Client::knocking(house.port).unwrap();
    let of = |user: &[u8], method: &str| Packet::new(50).string(user).string("ssh-connection").string(method);
    for packet in [
        of(LATIN, "none"),
        of(LATIN, "password").bool(false).string("wrong"),
        of(b"alumno1", "password").bool(false).string(b"contrase\xf1a"),
        of(LATIN, "publickey").bool(false).string("ssh-ed25519").string(Key::read(&house, "alumno1").blob()),
        Packet::new(50).string("alumno1").string("ssh-connection").string(b"m\xe9todo"),
    ] {
        client.send(&packet).unwrap();
        assert_eq!(client.receive().unwrap()[0], AUTH_FAILURE);
    }
    assert_eq!(client.sign("alumno1", &Key::read(&house, "alumno1")).unwrap(), AUTH_SUCCESS);
    canary.unharmed();
}

#[test]
fn keys_and_signatures_that_are_none_are_failed_tries() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let key = Key::read(&house, "alumno1");
    let good = &key.blob()[..];
    let signature = |algorithm: &str, bytes: &[u8]| Packet(Vec::new()).string(algorithm).string(bytes).0;
    let longer = [good, b"and more"].concat();
    let mut client = Client::knocking(house.port).unwrap();
    for packet in [
        signed(b"", b""),
        signed(&good[..20], b""),
        signed(b"\xff\xff\xff\xff", b""),
        signed(good, b""),
        signed(good, b"\0\0\0\x0bssh-ed25519"),
        signed(good, &signature("ssh-ed25519", &[1; 63])),
        signed(good, &[&signature("ssh-ed25519", &[1; 64])[..], b"more"].concat()),
        signed(good, &signature("no-such", &[1; 64])),
        // An offer: a key with bytes behind it is nobody's.
        Client::auth("alumno1", "publickey").bool(false).string("ssh-ed25519").string(&longer),
        Client::auth("alumno1", "publickey").bool(false).string(b"\xff\xfe").string(good),
    ] {
        client.send(&packet).unwrap();
        assert_eq!(client.receive().unwrap()[0], AUTH_FAILURE);
    }
    assert_eq!(client.sign("alumno1", &key).unwrap(), AUTH_SUCCESS);
    canary.unharmed();
}

#[test]
fn strings_of_any_bytes_on_channels_are_refused_by_themselves() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let mut client = Client::login(&house, "alumno1");
    // Where to.
    for host in [LATIN, b"web\xff1", b"\xc3\x28"] {
        let refused = client.open(&Client::tcpip_packet(1, 1 << 20, host, 22), 1).unwrap();
        assert_eq!(refused.unwrap_err().0, 1, "administratively prohibited");
    }
    client.send(&Client::open_packet("sesión", 2, 1 << 20)).unwrap();
    client.send(&Packet::new(90).string(LATIN).u32(3).u32(1 << 20).u32(1 << 15)).unwrap();
    for _ in 0..2 {
        assert_eq!(client.receive().unwrap()[0], OPEN_FAILURE);
    }
    // What sets a session up.
    let theirs = client.session(4);
    let ask = |kind: &[u8]| Packet::new(REQUEST).u32(theirs).string(kind).bool(true);
    let refused = [
        ask(b"env").string("LANG").string(b"es_ES.\xff"),
        ask(b"env").string(b"L\xc1NG").string("es"),
        ask(b"pty-req").string(LATIN).u32(80).u32(24).u32(0).u32(0).string(""),
        ask(b"subsystem").string(LATIN),
        ask(b"\xe9xec").string("whoami"),
    ];
    for packet in &refused {
        assert!(!client.request(4, packet).unwrap());
    }
    // A command line of any bytes is heard, and said to be none.
    client.send(&ask(b"exec").string(b"vm show web\xe9")).unwrap();
    let mut said = Vec::new();
    while let Ok(packet) = client.receive() {
        match packet[0] {
            DATA => said.extend_from_slice(Reader(&packet[5..]).string()),
            95 => said.extend_from_slice(Reader(&packet[9..]).string()),
            97 => break,
            _ => {}
        }
    }
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains("UTF-8"), "{said}");
    assert!(client.exec(5, "whoami").unwrap().contains("alumno1"));
    canary.unharmed();
}

/// A message that nobody knows is answered with its number, and everything goes on; also before keys are exchanged.
#[test]
fn unknown_messages_are_answered_with_their_number() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let mut client = Client::knocking(house.port).unwrap();
    for message in [6, 8, 19, 51, 53, 62, 79, 83, 101, 127, 128, 191, 192, 255] {
        client.unimplemented(&Packet::new(message).string("whatever it is"));
    }
    assert_eq!(client.sign("alumno1", &Key::read(&house, "alumno1")).unwrap(), AUTH_SUCCESS);
    for message in [5, 6, 8, 19, 40, 83, 89, 101, 127, 192, 255] {
        client.unimplemented(&Packet::new(message).u32(0));
    }
    // What comes too late of a login is not answered (RFC 4252, 5.1); what is no answer to anything is not either.
    for message in [50, 61, 79, 81, 82] {
        client.send(&Packet::new(message)).unwrap();
    }
    for message in [99, 100] {
        client.send(&Packet::new(message).u32(7)).unwrap();
    }
    let theirs = client.session(1);
    client.send(&Packet::new(3).u32(1)).unwrap();
    let whoami = Client::request_packet(theirs, "exec", true).string("whoami");
    assert!(client.request(1, &whoami).unwrap());
    client.hear(1, "alumno1").unwrap();
    canary.unharmed();
}

/// As paramiko does it: one SERVICE_REQUEST before each try.
#[test]
fn the_service_is_granted_as_often_as_it_is_asked_for() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let mut client = Client::knocking(house.port).unwrap();
    let again = |client: &mut Client| {
        client.send(&Packet::new(SERVICE_REQUEST).string("ssh-userauth")).unwrap();
        client.expect(6).unwrap();
    };
    again(&mut client);
    assert_eq!(client.sign("alumno1", &Key::read(&house, "stranger")).unwrap(), AUTH_FAILURE);
    again(&mut client);
    assert_eq!(client.password("alumno1", "wrong").unwrap(), AUTH_FAILURE);
    again(&mut client);
    assert_eq!(client.sign("alumno1", &Key::read(&house, "alumno1")).unwrap(), AUTH_SUCCESS);
    // Afterwards it is no more.
    client.unimplemented(&Packet::new(SERVICE_REQUEST).string("ssh-userauth"));
    assert!(client.exec(1, "whoami").unwrap().contains("alumno1"));
    // Another service is not there.
    let mut client = Client::knocking(house.port).unwrap();
    client.send(&Packet::new(SERVICE_REQUEST).string("ssh-connection")).unwrap();
    client.ends();
    canary.unharmed();
}
